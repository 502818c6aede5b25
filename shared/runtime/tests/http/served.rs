//! The function that the tests run as a process of its own.

#![allow(clippy::print_stdout, clippy::panic, reason = "it speaks to its test, and fails for it")]

use clap::Parser;
use cloudevents::{AttributesReader, Event, EventBuilder, EventBuilderV10};
use events::{Action, Nack, Nothing, Reply, Verdict};
use runtime::{Args, EntityCounter, Handler, LogFormat, Sink, SinkArgs, telemetry};
use std::time::Duration;
use tokio::net::TcpListener;
use tracing::Instrument;

struct Served {
    entities: EntityCounter,
    sink: Option<Sink>,
}

#[derive(Parser)]
struct Cli {
    #[command(flatten)]
    sink: SinkArgs,
}

impl Handler for Served {
    fn name(&self) -> &'static str {
        "apps"
    }

    async fn handle(&self, event: Event) -> Verdict {
        match event.id() {
            "retry" => Err(Nack::Retry("the bucket is away".to_owned())),
            "panic" => panic!("the event {} is a secret", event.id()),
            "nothing" => Ok(Reply::Nothing(Nothing::Unchanged)),
            "slow" => {
                println!("handling slow");
                tokio::time::sleep(Duration::from_millis(300)).await;
                Ok(Reply::Nothing(Nothing::Unchanged))
            }
            "send" => {
                let event = EventBuilderV10::new().id("d").source("/callboard/resync");
                let event = event.ty("dev.callboard.catalog.drifted").build();
                let event = event.map_err(|error| Nack::Retry(error.to_string()))?;
                let sink = self.sink.as_ref().ok_or_else(|| Nack::Reject("K_SINK is not set".to_owned()))?;
                sink.send(event).await.map_err(|error| Nack::Retry(error.to_string()))?;
                Ok(Reply::Nothing(Nothing::Unchanged))
            }
            _ => {
                self.entities.changed(Action::Created, 3);
                self.entities.omitted(1);
                tokio::task::yield_now().instrument(tracing::info_span!("s3.put")).await;
                let reply = EventBuilderV10::new().id("r").source("/callboard/apps").ty("dev.callboard.app.cataloged");
                let reply = reply.build().map_err(|error| Nack::Retry(error.to_string()))?;
                Ok(Reply::Changed(Box::new(reply)))
            }
        }
    }
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let args = Args { port: 0, max_body: 1024, timeout: Duration::from_secs(5), log_format: LogFormat::Json };
    let telemetry = telemetry::init("apps", &args)?;
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    println!("listening on {}", listener.local_addr()?);
    let served = Served { entities: EntityCounter::new(), sink: Sink::new(&Cli::parse().sink)? };
    let router = runtime::router(served, &args);
    runtime::serve(listener, router, runtime::terminated()).await;
    telemetry.shutdown().await;
    Ok(())
}
