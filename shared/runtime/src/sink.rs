//! Where Callboard's own events go that are not replies: `K_SINK`, as Knative's SinkBinding sets it.

mod args;
mod error;
mod overrides;

pub use args::SinkArgs;
pub use error::SinkError;
pub use overrides::Overrides;

use crate::outgoing;
use crate::parent::{self, Parent};
use anyhow::Context;
use bytes::Bytes;
use cloudevents::{AttributesReader, Event};
use error::Fault;
use http::{HeaderMap, Method, Request, Uri, header::AUTHORIZATION};
use http_body_util::Full;
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::{Client, connect::HttpConnector};
use hyper_util::rt::TokioExecutor;
use opentelemetry::{KeyValue, global, metrics::Counter};
use std::io::ErrorKind;
use std::path::PathBuf;
use std::time::Duration;
use tokio::time::{Instant, sleep, timeout_at};
use tracing::{Instrument, field::Empty};
use trust::{CaBundle, Token};

const CONNECT: Duration = Duration::from_secs(3);

/// The most time of one try.
const TRY: Duration = Duration::from_secs(5);

/// The most time of all tries: who sends has an event of its own to answer.
const ALL: Duration = Duration::from_secs(8);

/// Before the second and the third try.
const BACKOFF: [Duration; 2] = [Duration::from_millis(200), Duration::from_millis(600)];

/// Where Callboard's own events go that are not replies.
pub struct Sink {
    uri: Uri,
    overrides: Overrides,
    token_file: PathBuf,
    client: Client<HttpsConnector<HttpConnector>, Full<Bytes>>,
    /// `callboard_sink_total{type,outcome}`
    sent: Counter<u64>,
}

impl Sink {
    /// The sink, if one is set. Made after [`telemetry::init`](crate::telemetry::init), otherwise it counts nothing.
    /// Nothing is called yet.
    ///
    /// # Errors
    /// If TLS cannot be set up.
    pub fn new(args: &SinkArgs) -> anyhow::Result<Option<Self>> {
        let Some(uri) = args.sink.clone() else { return Ok(None) };
        let meter = global::meter("callboard");
        let sent = meter.u64_counter("callboard_sink_total").with_description("Events to K_SINK, by how that ended.");
        Ok(Some(Self {
            client: client(&uri, args.sink_ca_certs.as_ref())?,
            uri,
            overrides: args.sink_overrides.clone().unwrap_or_default(),
            token_file: args.sink_token_file.clone(),
            sent: sent.build(),
        }))
    }

    /// Sends one event of a type of Callboard, up to three times if that may help. It then arrives more than once if only
    /// the answer was lost. It continues the current span. Without one, its own extension `traceparent`.
    ///
    /// # Errors
    /// If the event was not taken.
    pub async fn send(&self, event: Event) -> Result<(), SinkError> {
        let (ty, id) = (event.ty().to_owned(), event.id().to_owned());
        let span = tracing::info_span!(
            "callboard.send",
            otel.kind = "producer",
            otel.status_code = Empty,
            cloudevents.event_id = id,
            cloudevents.event_type = ty,
        );
        let sent = self.deliver(event).instrument(span.clone()).await;
        let outcome = match &sent {
            Ok(()) => "sent",
            Err(fault) => {
                span.record("otel.status_code", "ERROR");
                fault.as_str()
            }
        };
        self.sent.add(1, &[KeyValue::new("type", ty.clone()), KeyValue::new("outcome", outcome)]);
        sent.map_err(|fault| SinkError { ty, id, sink: trust::shown(&self.uri.to_string()), fault })
    }

    async fn deliver(&self, event: Event) -> Result<(), Fault> {
        let (request, end) = (self.request(event)?, Instant::now() + ALL);
        for wait in BACKOFF {
            match self.attempt(request.clone(), end).await {
                Err(fault) if fault.may_pass() && Instant::now() + wait < end => sleep(wait).await,
                ended => return ended,
            }
        }
        self.attempt(request, end).await
    }

    fn request(&self, mut event: Event) -> Result<Request<Full<Bytes>>, Fault> {
        self.overrides.apply(&mut event);
        Parent::of(&HeaderMap::new(), &event).hand_on(&mut event);
        let trace = parent::headers(&event);
        let (mut headers, body) = outgoing::binary(event)?;
        headers.extend(trace);
        match Token::read(&self.token_file) {
            Ok(token) => drop(headers.insert(AUTHORIZATION, token.header())),
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            Err(error) => return Err(Fault::Token(self.token_file.display().to_string(), error)),
        }
        let mut request = Request::new(Full::from(body));
        *request.method_mut() = Method::POST;
        *request.uri_mut() = self.uri.clone();
        *request.headers_mut() = headers;
        Ok(request)
    }

    async fn attempt(&self, request: Request<Full<Bytes>>, end: Instant) -> Result<(), Fault> {
        let deadline = end.min(Instant::now() + TRY);
        let response = timeout_at(deadline, self.client.request(request)).await;
        let response = response.map_err(|_| Fault::Unreached("no answer in time".to_owned()))?;
        let why = |error| trust::shown(&format!("{:#}", anyhow::Error::new(error)));
        let response = response.map_err(|error| Fault::Unreached(why(error)))?;
        if response.status().is_success() { Ok(()) } else { Err(Fault::Refused(response.status())) }
    }
}

fn client(
    uri: &Uri,
    ca_certs: Option<&CaBundle>,
) -> anyhow::Result<Client<HttpsConnector<HttpConnector>, Full<Bytes>>> {
    let scheme = uri.scheme_str().unwrap_or_default();
    let tls = trust::client_config(scheme, ca_certs).context("failed to set up TLS for K_SINK")?;
    let mut tcp = HttpConnector::new();
    tcp.enforce_http(false);
    tcp.set_nodelay(true);
    tcp.set_connect_timeout(Some(CONNECT));
    let connector =
        HttpsConnectorBuilder::new().with_tls_config(tls).https_or_http().enable_http1().wrap_connector(tcp);
    Ok(Client::builder(TokioExecutor::new()).build(connector))
}
