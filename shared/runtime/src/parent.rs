//! The trace that an event continues, and that its reply continues in turn.

use cloudevents::Event;
use http::{HeaderMap, HeaderName, HeaderValue};
use opentelemetry::{Context, propagation::TextMapPropagator, trace::TraceContextExt};
use opentelemetry_sdk::propagation::TraceContextPropagator;
use std::collections::HashMap;
use tracing::Span;
use tracing_opentelemetry::OpenTelemetrySpanExt;

const TRACEPARENT: &str = "traceparent";
const TRACESTATE: &str = "tracestate";

/// The W3C trace context that came with an event; empty if none that is valid came.
#[derive(Default)]
pub(crate) struct Parent {
    carrier: HashMap<String, String>,
    context: Context,
}

impl Parent {
    /// Taken from the headers, otherwise from the event's extensions, otherwise from what Kratix wrote into its object.
    pub(crate) fn of(headers: &HeaderMap, event: &Event) -> Self {
        let header = |name| headers.get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
        let extension = |name| event.extension(name).map(ToString::to_string);
        Self::parsed(header(TRACEPARENT), header(TRACESTATE))
            .or_else(|| Self::parsed(events::trace_parent(event), extension(TRACESTATE)))
            .unwrap_or_default()
    }

    fn parsed(traceparent: Option<String>, tracestate: Option<String>) -> Option<Self> {
        let mut carrier = HashMap::from([(TRACEPARENT.to_owned(), traceparent?)]);
        carrier.extend(tracestate.map(|state| (TRACESTATE.to_owned(), state)));
        let context = TraceContextPropagator::new().extract_with_context(&Context::new(), &carrier);
        context.span().span_context().is_valid().then_some(Self { carrier, context })
    }

    /// Makes a new span a child of this, and has it say its trace in the logs.
    pub(crate) fn adopt(&self, span: &Span) {
        // Fails only if OpenTelemetry is off.
        let _ = span.set_parent(self.context.clone());
        let ours = span.context();
        let known = [&ours, &self.context].into_iter().find(|context| context.span().span_context().is_valid());
        if let Some(context) = known {
            span.record("trace_id", tracing::field::display(context.span().span_context().trace_id()));
        }
    }

    /// Lets an event of Callboard continue the current span, or what came if OpenTelemetry is off.
    pub(crate) fn hand_on(mut self, event: &mut Event) {
        TraceContextPropagator::new().inject_context(&Span::current().context(), &mut self.carrier);
        for name in [TRACEPARENT, TRACESTATE] {
            if let Some(value) = self.carrier.remove(name).filter(|value| !value.is_empty()) {
                event.set_extension(name, value);
            }
        }
    }
}

/// The trace context of an event of Callboard as HTTP headers.
pub(crate) fn headers(event: &Event) -> HeaderMap {
    let header = |name| {
        let value = HeaderValue::from_str(&event.extension(name)?.to_string()).ok()?;
        Some((HeaderName::from_static(name), value))
    };
    [TRACEPARENT, TRACESTATE].into_iter().filter_map(header).collect()
}
