//! Logs to stderr; traces and metrics by OTLP over gRPC if an endpoint is set, and without any cost if none is.

use crate::{Args, LogFormat};
use anyhow::{Context, ensure};
use opentelemetry::{global, trace::TracerProvider};
use opentelemetry_otlp::{MetricExporter, SpanExporter};
use opentelemetry_sdk::{Resource, metrics::SdkMeterProvider, trace::SdkTracerProvider};
use std::any::Any;
use std::env;
use std::ffi::OsStr;
use std::io::{IsTerminal, stderr};
use std::panic::{self, PanicHookInfo};
use std::time::Duration;
use tokio::sync::oneshot;
use tracing_subscriber::filter::{EnvFilter, LevelFilter};
use tracing_subscriber::{Layer, Registry, fmt, prelude::*};

/// The most time that telemetry gets to leave the process at its end.
const FLUSH: Duration = Duration::from_secs(6);

/// What must be flushed before the process ends.
#[must_use = "what is not shut down is not flushed"]
#[derive(Debug)]
pub struct Telemetry {
    traces: Option<SdkTracerProvider>,
    metrics: Option<SdkMeterProvider>,
}

/// Sets up logs, traces and metrics for the process, from the variables `RUST_LOG` and `OTEL_*`; called once, within
/// the runtime. `service` is the name of the service unless `OTEL_SERVICE_NAME` gives another.
///
/// # Errors
/// If a variable has a value that cannot be followed, or on the second call.
pub fn init(service: &str, args: &Args) -> anyhow::Result<Telemetry> {
    let traces = endpoint("TRACES")?.then(|| tracer_provider(service)).transpose()?;
    let metrics = endpoint("METRICS")?.then(|| meter_provider(service)).transpose()?;
    if let Some(metrics) = &metrics {
        global::set_meter_provider(metrics.clone());
    }
    // Below this level our exporter's own HTTP client would be traced too, and export itself for ever.
    let spans = traces.as_ref().map(|traces| {
        tracing_opentelemetry::layer().with_tracer(traces.tracer("callboard")).with_filter(LevelFilter::INFO)
    });
    let subscriber = tracing_subscriber::registry().with(logs(args.log_format)?).with(spans);
    subscriber.try_init().context("failed to set up logs")?;
    panic::set_hook(Box::new(log_panic));
    Ok(Telemetry { traces, metrics })
}

impl Telemetry {
    /// Flushes traces and metrics, for 6 seconds at most.
    pub async fn shutdown(self) {
        let (done, is_done) = oneshot::channel::<()>();
        // Both block. They get their own thread, since a runtime waits for its blocking tasks when it ends.
        std::thread::spawn(move || {
            let _traces = self.traces.map(|traces| traces.shutdown_with_timeout(FLUSH / 2));
            let _metrics = self.metrics.map(|metrics| metrics.shutdown_with_timeout(FLUSH / 2));
            drop(done);
        });
        if tokio::time::timeout(FLUSH, is_done).await.is_err() {
            tracing::warn!("telemetry was not flushed in time, its end is lost");
        }
    }
}

/// A panic is one line. Words that were put together may have a part of an object in them, and are left out.
fn log_panic(panic: &PanicHookInfo<'_>) {
    let place = panic.location().map(ToString::to_string);
    tracing::error!(place, words = static_words(panic.payload()), "panicked");
}

/// What a panic says, if that is a text of the code.
pub(crate) fn static_words(payload: &dyn Any) -> Option<&'static str> {
    payload.downcast_ref::<&'static str>().copied()
}

fn logs(format: LogFormat) -> anyhow::Result<Box<dyn Layer<Registry> + Send + Sync>> {
    // The Kubernetes client calls each failed request an error of its own, which our functions judge and log.
    let wanted = env::var("RUST_LOG").ok().filter(|wanted| !wanted.is_empty());
    let directives = format!("kube_client=off,{}", wanted.as_deref().unwrap_or("info"));
    let filter = EnvFilter::builder().parse(directives).context("RUST_LOG is no filter")?;
    let layer = fmt::layer().with_writer(stderr);
    Ok(match format {
        LogFormat::Json => layer.json().flatten_event(true).with_current_span(false).with_filter(filter).boxed(),
        LogFormat::Text => {
            let is_colored = colored(stderr().is_terminal(), env::var_os("NO_COLOR").as_deref());
            layer.with_ansi(is_colored).with_filter(filter).boxed()
        }
    })
}

/// Whether a terminal gets colours: not if `NO_COLOR` has any value (<https://no-color.org>).
fn colored(is_terminal: bool, no_color: Option<&OsStr>) -> bool {
    is_terminal && no_color.is_none_or(OsStr::is_empty)
}

/// Whether a signal has an endpoint to go to.
fn endpoint(signal: &str) -> anyhow::Result<bool> {
    let setting = |name: &str| {
        let both = [format!("OTEL_EXPORTER_OTLP_{signal}_{name}"), format!("OTEL_EXPORTER_OTLP_{name}")];
        both.into_iter().find_map(|name| env::var(name).ok().filter(|value| !value.is_empty()))
    };
    let is_set = setting("ENDPOINT").is_some();
    if let Some(protocol) = setting("PROTOCOL").filter(|_| is_set) {
        ensure!(
            protocol == "grpc",
            "OTEL_EXPORTER_OTLP_PROTOCOL is {protocol:?}: set it to grpc, the one that is spoken"
        );
    }
    Ok(is_set)
}

fn tracer_provider(service: &str) -> anyhow::Result<SdkTracerProvider> {
    let exporter = SpanExporter::builder().with_tonic().build().context("failed to set up traces")?;
    Ok(SdkTracerProvider::builder().with_batch_exporter(exporter).with_resource(resource(service)).build())
}

fn meter_provider(service: &str) -> anyhow::Result<SdkMeterProvider> {
    let exporter = MetricExporter::builder().with_tonic().build().context("failed to set up metrics")?;
    Ok(SdkMeterProvider::builder().with_periodic_exporter(exporter).with_resource(resource(service)).build())
}

fn resource(service: &str) -> Resource {
    let name = env::var("OTEL_SERVICE_NAME").ok().filter(|name| !name.is_empty());
    Resource::builder().with_service_name(name.unwrap_or_else(|| service.to_owned())).build()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_terminal_that_may_have_them_gets_colours() {
        let any = |value: &'static str| Some(OsStr::new(value));
        for (is_terminal, no_color, wanted) in [
            (true, None, true),
            (true, any(""), true),
            (true, any("1"), false),
            (true, any("0"), false),
            (false, None, false),
        ] {
            assert_eq!(colored(is_terminal, no_color), wanted, "{is_terminal} {no_color:?}");
        }
    }
}
