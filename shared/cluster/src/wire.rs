//! One request, bounded in time, tries and bytes, and measured. The client's types end here.

use crate::Error;
use http::{
    HeaderMap, Method, Request, Response, StatusCode,
    header::{ACCEPT, CONTENT_TYPE, RETRY_AFTER, USER_AGENT},
};
use http_body_util::BodyExt;
use kube::{Client, client::Body};
use opentelemetry::{KeyValue, global, metrics::Histogram};
use serde::Deserialize;
use serde_json::Value;
use std::{error::Error as StdError, pin::pin, time::Duration};
use tokio::time::{Instant, sleep, timeout};
use tracing::{Instrument, field::Empty};

/// How long one object may take, retries included.
pub(crate) const GET: Duration = Duration::from_secs(10);

/// How long a page may take, retries included.
const PAGE: Duration = Duration::from_secs(30);

/// The most bytes of an answer. A store of Kubernetes takes objects of up to 1.5 MiB.
pub(crate) const ANSWER: usize = 4 << 20;

/// The most bytes that are read of a refusal.
const REFUSAL: usize = 64 << 10;

/// How often a request is sent again where the API server says when.
const RETRIES: u32 = 2;

/// The longest wait between two of them.
const WAIT: Duration = Duration::from_secs(5);

/// The media type of what is sent and asked for.
const JSON: &str = "application/json";

/// OpenTelemetry's own bounds are made for milliseconds.
const BOUNDS: [f64; 10] = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.1, 0.5, 1.0, 5.0, 30.0];

/// The API server, and how long it takes.
pub(crate) struct Wire {
    client: Client,
    /// What errors call it: its URL, if that is known.
    server: String,
    durations: Histogram<f64>,
}

/// A request to send.
pub(crate) struct Call {
    operation: &'static str,
    path: String,
    accept: &'static str,
    within: Duration,
    /// What is sent; a GET has none.
    body: Option<Vec<u8>>,
}

/// Why there is no answer.
#[derive(Debug)]
pub(crate) enum Refusal {
    /// 403.
    Forbidden(String),
    /// 404 of the named object; of the path if there is no name.
    Missing(Option<String>),
    /// 410.
    Expired,
    /// The answer has too many bytes.
    TooLong,
    /// 429 or 503, and after which time to come back if that is known and short.
    Busy(String, Option<Duration>),
    /// No answer in time.
    Late(String),
    /// Any other answer.
    Other(String),
}

/// What Kubernetes says when it refuses.
#[derive(Default, Deserialize)]
struct Status {
    #[serde(default)]
    message: String,
    details: Option<Details>,
}

#[derive(Deserialize)]
struct Details {
    name: Option<String>,
}

impl Call {
    /// What the API server serves.
    pub(crate) fn discover(path: String) -> Self {
        Self { operation: "discover", path, accept: JSON, within: GET, body: None }
    }

    /// A whole object.
    pub(crate) fn get(path: String) -> Self {
        Self { operation: "get", path, accept: JSON, within: GET, body: None }
    }

    /// An object's metadata.
    pub(crate) fn metadata(path: String) -> Self {
        let accept = "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1";
        Self { operation: "get_metadata", path, accept, within: GET, body: None }
    }

    /// A list of one object at most.
    pub(crate) fn find(path: String) -> Self {
        Self { operation: "find", path, accept: JSON, within: GET, body: None }
    }

    /// A page of a list.
    pub(crate) fn list(path: String) -> Self {
        Self { operation: "list", path, accept: JSON, within: PAGE, body: None }
    }

    /// A page of a list, of each object its metadata.
    pub(crate) fn list_metadata(path: String) -> Self {
        let accept = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1";
        Self { operation: "list_metadata", path, accept, within: PAGE, body: None }
    }

    /// A question that is put as an object, of which nothing is kept.
    pub(crate) fn review(path: String, question: &Value) -> Self {
        Self { operation: "review", path, accept: JSON, within: GET, body: Some(question.to_string().into_bytes()) }
    }
}

impl Wire {
    pub(crate) fn new(client: Client, server: String) -> Self {
        let meter = global::meter("callboard");
        let histogram = meter.f64_histogram("callboard_cluster_duration_seconds").with_unit("s");
        Self { client, server, durations: histogram.with_boundaries(BOUNDS.to_vec()).build() }
    }

    /// Sends the request and again where the API server says when, in a span and with its duration recorded.
    pub(crate) async fn send(&self, call: &Call) -> Result<Vec<u8>, Refusal> {
        let span = tracing::info_span!(
            "cluster",
            otel.name = format!("cluster.{}", call.operation),
            otel.kind = "client",
            otel.status_code = Empty,
            url.path = call.path.split('?').next()
        );
        let began = Instant::now();
        let tries = timeout(call.within, self.tries(call, began + call.within)).instrument(span.clone());
        let late = || Refusal::Late(format!("{} did not answer within {} s", self.server, call.within.as_secs()));
        let answer = Box::pin(tries).await.unwrap_or_else(|_| Err(late()));
        let outcome = answer.as_ref().map_or_else(Refusal::outcome, |_| "ok");
        if outcome == "error" {
            span.record("otel.status_code", "ERROR");
        }
        let attributes = [KeyValue::new("operation", call.operation), KeyValue::new("outcome", outcome)];
        self.durations.record(began.elapsed().as_secs_f64(), &attributes);
        answer
    }

    async fn tries(&self, call: &Call, until: Instant) -> Result<Vec<u8>, Refusal> {
        for _ in 0..RETRIES {
            match self.once(call).await {
                Err(Refusal::Busy(_, Some(wait))) if Instant::now() + wait < until => sleep(wait).await,
                answer => return answer,
            }
        }
        self.once(call).await
    }

    async fn once(&self, call: &Call) -> Result<Vec<u8>, Refusal> {
        let unusable =
            |error: &dyn StdError| Refusal::Other(format!("no answer from {}: {}", self.server, chain(error)));
        let method = if call.body.is_some() { Method::POST } else { Method::GET };
        let request = Request::builder().method(method).uri(&call.path).header(ACCEPT, call.accept);
        let request = request.header(USER_AGENT, concat!("callboard/", env!("CARGO_PKG_VERSION")));
        let request = match &call.body {
            Some(body) => request.header(CONTENT_TYPE, JSON).body(Body::from(body.clone())),
            None => request.body(Body::empty()),
        };
        let request = request.map_err(|error| unusable(&error))?;
        // kube's own words only say that there is a cause.
        let answer =
            self.client.send(request).await.map_err(|error| unusable(StdError::source(&error).unwrap_or(&error)))?;
        if answer.status().is_success() {
            return read(answer, ANSWER).await;
        }
        let (status, wait) = (answer.status(), wait(answer.headers()));
        // Half a refusal is as good as none: the status code says most.
        let body = read(answer, REFUSAL).await.unwrap_or_default();
        Err(Refusal::of(status, wait, serde_json::from_slice(&body).unwrap_or_default()))
    }
}

impl Refusal {
    fn of(status: StatusCode, wait: Option<Duration>, said: Status) -> Self {
        let message: String = said.message.chars().take(500).collect();
        let answer = format!("the API server answered {status}: {message}").trim_end_matches(": ").to_owned();
        match status {
            StatusCode::FORBIDDEN => Self::Forbidden(if message.is_empty() { answer } else { message }),
            StatusCode::NOT_FOUND => Self::Missing(said.details.and_then(|details| details.name)),
            StatusCode::GONE => Self::Expired,
            StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE => Self::Busy(answer, wait),
            StatusCode::UNAUTHORIZED => Self::Other(format!("{answer}: the token or certificate is not accepted")),
            _ => Self::Other(answer),
        }
    }

    /// The same as an error of what was tried.
    pub(crate) fn on(self, what: &str) -> Error {
        let what = what.to_owned();
        match self {
            Self::Forbidden(why) => Error::Forbidden { what, why },
            Self::Missing(None) => Error::Unserved { what },
            Self::Missing(Some(name)) => Error::Failed { what, why: format!("the API server has no {name}") },
            Self::Expired => Error::Expired { what },
            Self::Late(why) => Error::Late { what, why },
            Self::TooLong => Error::Failed { what, why: format!("the answer is longer than {ANSWER} bytes") },
            Self::Busy(why, _) | Self::Other(why) => Error::Failed { what, why },
        }
    }

    /// The value of the metric's attribute: what is missing is an answer, not an error.
    fn outcome(&self) -> &'static str {
        match self {
            Self::Missing(_) => "missing",
            Self::Forbidden(_) => "forbidden",
            Self::Expired => "expired",
            Self::TooLong => "too_long",
            Self::Busy(..) | Self::Late(_) | Self::Other(_) => "error",
        }
    }
}

/// The body, of which never more than `limit` bytes and one piece are in memory.
async fn read(answer: Response<Body>, limit: usize) -> Result<Vec<u8>, Refusal> {
    let mut body = pin!(answer.into_body());
    let mut bytes = Vec::new();
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|error| Refusal::Other(format!("the answer broke off: {}", chain(&error))))?;
        let piece = frame.into_data().unwrap_or_default();
        if bytes.len() + piece.len() > limit {
            return Err(Refusal::TooLong);
        }
        bytes.extend_from_slice(&piece);
    }
    Ok(bytes)
}

/// When to come back; `None` if that is not said or too long.
fn wait(headers: &HeaderMap) -> Option<Duration> {
    let seconds = headers.get(RETRY_AFTER)?.to_str().ok()?.parse().ok()?;
    Some(Duration::from_secs(seconds)).filter(|wait| *wait <= WAIT)
}

/// The error and what led to it, each once.
fn chain(error: &dyn StdError) -> String {
    let mut text = error.to_string();
    for cause in std::iter::successors(error.source(), |error: &&dyn StdError| (*error).source()) {
        let cause = cause.to_string();
        if !text.contains(&cause) {
            text = format!("{text}: {cause}");
        }
    }
    text.chars().take(500).collect()
}
