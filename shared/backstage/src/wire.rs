//! One request, bounded in time and bytes, and measured. The client's types end here.

use crate::{
    Args, Error,
    line::line,
    refusal::{SAID, WHERE, refusal},
    token_source::TokenSource,
};
use anyhow::Context;
use http::{
    Method, StatusCode,
    header::{AUTHORIZATION, CONTENT_TYPE},
};
use opentelemetry::{KeyValue, global, metrics::Histogram};
use reqwest::{Client, Response, redirect::Policy};
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::time::{Duration, Instant};
use tracing::{Instrument, field::Empty};
use trust::CaBundle;
use url::Url;

const CONNECT: Duration = Duration::from_secs(1);

/// Shorter than Node keeps a connection that is idle (5 s), so that no call begins on one that is about to end.
const IDLE: Duration = Duration::from_secs(4);

/// How long a request may take for which Backstage reads nothing.
const POST: Duration = Duration::from_secs(3);

/// How long what Backstage has to read something for may take.
const ASK: Duration = Duration::from_secs(10);

/// The most bytes of an answer.
const ANSWER: usize = 16 << 20;

/// The most bytes that are read of a refusal.
const REFUSAL: usize = 1 << 20;

/// OpenTelemetry's own bounds are made for milliseconds.
const BOUNDS: [f64; 10] = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.5, 1.0, 5.0];

/// Backstage's backend, and how long it takes.
#[derive(Debug, Clone)]
pub(crate) struct Wire {
    pub(crate) url: Url,
    client: Client,
    token: TokenSource,
    durations: Histogram<f64>,
}

/// A request to send.
pub(crate) struct Call<'a> {
    name: &'static str,
    what: String,
    method: Method,
    path: &'a [&'a str],
    query: Vec<(&'static str, &'a str)>,
    body: Option<Value>,
    within: Duration,
    also: &'static [StatusCode],
}

/// A success, or another status that was to be expected.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    body: Vec<u8>,
    tried: String,
}

impl<'a> Call<'a> {
    /// Makes Backstage do something. `what` follows "failed to", and the path is one below `/api/catalog`.
    pub(crate) fn post(name: &'static str, what: String, path: &'a [&'a str]) -> Self {
        Self { name, what, method: Method::POST, path, query: Vec::new(), body: None, within: POST, also: &[] }
    }

    /// Asks for what it has at hand.
    pub(crate) fn get(name: &'static str, what: String, path: &'a [&'a str]) -> Self {
        Self { method: Method::GET, ..Self::post(name, what, path) }
    }

    pub(crate) fn query(mut self, name: &'static str, value: &'a str) -> Self {
        self.query.push((name, value));
        self
    }

    pub(crate) fn body(self, body: Value) -> Self {
        Self { body: Some(body), ..self }
    }

    /// May take longer, since Backstage has to read for it.
    pub(crate) fn patient(self) -> Self {
        Self { within: ASK, ..self }
    }

    /// These statuses are answers, too.
    pub(crate) fn or(self, also: &'static [StatusCode]) -> Self {
        Self { also, ..self }
    }
}

impl Wire {
    /// Nothing is called yet.
    pub(crate) fn new(url: Url, args: &Args) -> anyhow::Result<Self> {
        let meter = global::meter("callboard");
        let histogram = meter.f64_histogram("callboard_backstage_duration_seconds").with_unit("s");
        Ok(Self {
            client: client(&url, args.ca_bundle.as_ref())?,
            url,
            token: args.source()?,
            durations: histogram.with_boundaries(BOUNDS.to_vec()).build(),
        })
    }

    /// Sends the request, in a span and with its duration recorded.
    pub(crate) async fn send(&self, call: Call<'_>) -> Result<Answer, Error> {
        let url = self.at(&call);
        let span = tracing::info_span!(
            "backstage",
            otel.name = format!("backstage.{}", call.name),
            otel.kind = "client",
            otel.status_code = Empty,
            url.path = url.path()
        );
        let began = Instant::now();
        let answer = Box::pin(self.once(&call, url)).instrument(span.clone()).await;
        let outcome = match &answer {
            Ok(answer) => answer.outcome(),
            Err(error) => {
                span.record("otel.status_code", "ERROR");
                error.as_str()
            }
        };
        let attributes = [KeyValue::new("call", call.name), KeyValue::new("outcome", outcome)];
        self.durations.record(began.elapsed().as_secs_f64(), &attributes);
        answer.map_err(|error| error.on(&self.tried(&call)))
    }

    async fn once(&self, call: &Call<'_>, url: Url) -> Result<Answer, Error> {
        let token = self.token.token().map_err(Error::Denied)?;
        let request = self.client.request(call.method.clone(), url).header(AUTHORIZATION, token.header());
        let request = call.body.iter().fold(request.timeout(call.within), |request, body| request.json(body));
        let mut response = request.send().await.map_err(|error| unreached(call, error))?;
        let (status, mut body) = (response.status(), Vec::new());
        if !status.is_success() && !call.also.contains(&status) {
            // Half a refusal is as good as none: the status says most.
            let _ = read(&mut response, &mut body, REFUSAL).await;
            return Err(refusal(status, response.headers(), &body, &token));
        }
        if !read(&mut response, &mut body, ANSWER).await.map_err(|error| unreached(call, error))? {
            return Err(Error::Refused(format!("its answer is longer than {ANSWER} bytes")));
        }
        let content = response.headers().get(CONTENT_TYPE).and_then(|it| it.to_str().ok()).unwrap_or_default();
        if status.is_success() && content.starts_with("text/html") {
            return Err(Error::Refused(format!("it answered with a web page; {WHERE}")));
        }
        Ok(Answer { status, body, tried: self.tried(call) })
    }

    /// The URL of a call.
    fn at(&self, call: &Call<'_>) -> Url {
        let mut url = self.url.clone();
        url.path_segments_mut()
            .expect("an http URL has a path")
            .pop_if_empty()
            .extend(["api", "catalog"].iter().chain(call.path));
        if !call.query.is_empty() {
            url.query_pairs_mut().extend_pairs(&call.query);
        }
        url
    }

    fn tried(&self, call: &Call<'_>) -> String {
        format!("{} on Backstage at {}", call.what, self.url)
    }
}

impl Answer {
    /// What it says.
    pub(crate) fn json<T: DeserializeOwned>(&self) -> Result<T, Error> {
        // No more of the error: it quotes the answer.
        serde_json::from_slice(&self.body).map_err(|error| {
            let (line, column) = (error.line(), error.column());
            self.refused(&format!("its answer is not as documented, line {line} column {column}; {WHERE}"))
        })
    }

    /// Whether it is Backstage itself that says there is no such thing: a wrong path is 404, too.
    pub(crate) fn is_not_found(&self) -> bool {
        let said: Value = serde_json::from_slice(&self.body).unwrap_or_default();
        self.status == StatusCode::NOT_FOUND && said["error"]["name"] == "NotFoundError" && said["request"].is_object()
    }

    /// The same as an error.
    pub(crate) fn refused(&self, why: &str) -> Error {
        Error::Refused(why.to_owned()).on(&self.tried)
    }

    /// The error that there is nothing at the path.
    pub(crate) fn astray(&self) -> Error {
        self.refused(&format!("there is no such path (404); {WHERE}"))
    }

    /// The value of the metric attribute `outcome`.
    fn outcome(&self) -> &'static str {
        match self.status {
            StatusCode::NOT_FOUND => "missing",
            StatusCode::CONFLICT => "busy",
            StatusCode::BAD_REQUEST => "invalid",
            _ => "ok",
        }
    }
}

fn unreached(call: &Call<'_>, error: reqwest::Error) -> Error {
    if error.is_timeout() && !error.is_connect() {
        return Error::Unreached(format!("no answer within {} s", call.within.as_secs()));
    }
    let why = format!("{:#}", anyhow::Error::new(error.without_url()));
    let own = "is it up, and are CALLBOARD_BACKSTAGE_URL and CALLBOARD_BACKSTAGE_CA_BUNDLE its own?";
    Error::Unreached(format!("{}; {own}", line(&why, SAID)))
}

/// Reads up to `limit` bytes and one piece; whether that is all.
async fn read(response: &mut Response, bytes: &mut Vec<u8>, limit: usize) -> reqwest::Result<bool> {
    while let Some(piece) = response.chunk().await? {
        bytes.extend_from_slice(&piece);
        if bytes.len() > limit {
            return Ok(false);
        }
    }
    Ok(true)
}

/// No redirect and no proxy: the token goes to Backstage alone.
fn client(url: &Url, ca_bundle: Option<&CaBundle>) -> anyhow::Result<Client> {
    let tls = trust::client_config(url.scheme(), ca_bundle).context("failed to set up TLS for Backstage")?;
    let client = Client::builder().tls_backend_preconfigured(tls).no_proxy().redirect(Policy::none());
    let client = client.connect_timeout(CONNECT).pool_idle_timeout(IDLE).tcp_nodelay(true);
    let client = client.user_agent(concat!("callboard/", env!("CARGO_PKG_VERSION")));
    client.build().context("failed to set up the client of Backstage")
}
