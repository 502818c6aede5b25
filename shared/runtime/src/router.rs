//! The way of a request: read, decode, judge within the time there is, answer.

use crate::body::Bodies;
use crate::change::Change;
use crate::metrics::Metrics;
use crate::outcome::Outcome;
use crate::parent::Parent;
use crate::telemetry::static_words;
use crate::{Args, Handler, incoming, outgoing};
use axum::body::Body;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Router, extract::Request};
use cloudevents::{AttributesReader, Event};
use events::{Nack, Reply, Verdict, known_type};
use futures::FutureExt;
use http::{StatusCode, request::Parts};
use std::any::Any;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::SemaphorePermit;
use tokio::time::timeout_at;
use tracing::{Instrument, Span, field::Empty};

/// Serves a function at `POST /`, and the probes. Made after [`telemetry::init`](crate::telemetry::init), otherwise it
/// counts nothing.
pub fn router(handler: impl Handler, args: &Args) -> Router {
    let bodies = Bodies::new(args.max_body);
    let endpoint = Arc::new(Endpoint { handler, timeout: args.timeout, bodies, metrics: Metrics::new() });
    let asked = endpoint.clone();
    let receive = post(move |request: Request| async move { endpoint.receive(request).await });
    Router::new()
        .route("/", receive)
        .route("/health/liveness", get(StatusCode::OK))
        .route("/health/readiness", get(async move || asked.readiness()))
}

struct Endpoint<H> {
    handler: H,
    timeout: Duration,
    bodies: Bodies,
    metrics: Metrics,
}

impl<H: Handler> Endpoint<H> {
    async fn receive(&self, request: Request) -> Response {
        let started = Instant::now();
        let dealt_with = self.deal_with(request, started + self.timeout).await;
        let (ty, outcome) = dealt_with.unwrap_or_else(|refusal| {
            refusal.log();
            (known_type(""), refusal)
        });
        self.metrics.record(self.handler.name(), ty, outcome.verdict(), started.elapsed());
        outcome.into_response()
    }

    fn readiness(&self) -> Result<(), (StatusCode, String)> {
        self.handler.ready().map_err(|why| (StatusCode::SERVICE_UNAVAILABLE, Outcome::line(&why)))
    }

    /// The type of the event and how it ended, or why there was none.
    async fn deal_with(&self, request: Request, deadline: Instant) -> Result<(&'static str, Outcome), Outcome> {
        let arrived = timeout_at(deadline.into(), self.arrived(request)).await;
        let (event, head, memory) = arrived.map_err(|_| self.late("the event did not arrive"))??;
        let parent = Parent::of(&head.headers, &event);
        let ty = known_type(event.ty());
        let outcome = self.observed(event, parent, deadline).await;
        drop(memory);
        Ok((ty, outcome))
    }

    /// The event, and the memory that it takes until it is handled.
    async fn arrived(&self, request: Request) -> Result<(Event, Parts, SemaphorePermit<'_>), Outcome> {
        let (head, body) = request.into_parts();
        let (body, _unparsed) = self.bodies.read(body).await?;
        let memory = self.bodies.parse(incoming::json(&head.headers, &body)).await?;
        let event = incoming::event(&head.headers, body).map_err(Outcome::BadRequest)?;
        Ok((event, head, memory))
    }

    fn late(&self, what: &str) -> Outcome {
        Outcome::Retry(format!("{what} within {:?}", self.timeout))
    }

    /// Judges an event within a span and logs how it ended.
    async fn observed(&self, event: Event, parent: Parent, deadline: Instant) -> Outcome {
        // At this level so that warnings carry the span's fields even where RUST_LOG keeps nothing but warnings.
        let span = tracing::error_span!(
            "callboard.handle",
            otel.kind = "consumer",
            otel.status_code = Empty,
            function = self.handler.name(),
            cloudevents.event_id = event.id(),
            cloudevents.event_type = event.ty(),
            cloudevents.event_source = event.source().as_str(),
            cloudevents.event_subject = event.subject(),
            trace_id = Empty,
            verdict = Empty,
        );
        parent.adopt(&span);
        async {
            let outcome = self.judged(event, parent, deadline).await;
            outcome.log();
            Span::current().record("verdict", outcome.verdict());
            if matches!(outcome, Outcome::Retry(_) | Outcome::Panicked(_)) {
                Span::current().record("otel.status_code", "ERROR");
            }
            outcome
        }
        .instrument(span)
        .await
    }

    async fn judged(&self, event: Event, parent: Parent, deadline: Instant) -> Outcome {
        // Boxed: with a function's own layers in it, the type would be too deep for the compiler.
        let handled = AssertUnwindSafe(async { self.handler.handle(event).await }).catch_unwind().boxed();
        match timeout_at(deadline.into(), handled).await {
            Ok(Ok(verdict)) => outcome(verdict, parent),
            Ok(Err(panic)) => Outcome::Panicked(panic_message(&*panic)),
            Err(_) => self.late("the event was not dealt with"),
        }
    }
}

fn outcome(verdict: Verdict, parent: Parent) -> Outcome {
    match verdict {
        Ok(Reply::Changed(event)) => replied(event, parent, Outcome::Changed),
        Ok(Reply::Omitted(event)) => replied(event, parent, Outcome::Omitted),
        Ok(Reply::Nothing(nothing)) => Outcome::Nothing(nothing),
        Err(Nack::Reject(why) | Nack::Refused(why)) => Outcome::Rejected(why),
        Err(Nack::Retry(why)) => Outcome::Retry(why),
    }
}

fn replied(mut event: Box<Event>, parent: Parent, ended: fn(Change, Box<Response>) -> Outcome) -> Outcome {
    parent.hand_on(&mut event);
    let change = Change::of(&event);
    match outgoing::binary(*event) {
        Ok((headers, body)) => ended(change, Box::new((headers, Body::from(body)).into_response())),
        Err(error) => Outcome::Panicked(format!("failed to send the reply event: {error}")),
    }
}

fn panic_message(panic: &dyn Any) -> String {
    format!("the function panicked: {}", static_words(panic).unwrap_or("the log says where"))
}
