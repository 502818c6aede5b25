//! The real store, through the AWS SDK. Its types end here.

mod answer;
mod client;
mod versioning;

pub use versioning::Versioning;

use crate::{Args, Body, Condition, Conditional, Fault, Head, Listed, Page, Store};
use aws_sdk_s3::{
    Client, config::Credentials, error::SdkError, operation::get_object::GetObjectOutput, primitives::ByteStream,
};
use opentelemetry::{KeyValue, global, metrics::Histogram};
use std::{
    collections::HashMap,
    fmt::Debug,
    time::{Duration, Instant, SystemTime},
};
use tokio::{sync::OnceCell, time::timeout};
use tracing::{Instrument, field::Empty};

/// How long the body of an answer may take after its head.
const BODY_TIMEOUT: Duration = Duration::from_secs(5);

/// OpenTelemetry's own bounds are made for milliseconds.
const BOUNDS: [f64; 10] = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.5, 1.0, 5.0];

/// One bucket of an S3-compatible store. The client is made at the first call, so that a start costs nothing.
#[derive(Debug)]
pub struct S3 {
    args: Args,
    credentials: Option<Credentials>,
    client: OnceCell<Client>,
    durations: Histogram<f64>,
}

impl S3 {
    /// The bucket that the arguments name.
    pub fn new(args: Args) -> Self {
        let meter = global::meter("callboard");
        let durations = meter
            .f64_histogram("callboard_s3_duration_seconds")
            .with_unit("s")
            .with_boundaries(BOUNDS.to_vec())
            .build();
        Self { args, credentials: None, client: OnceCell::new(), durations }
    }

    /// The same with these keys, whatever the SDK would find.
    pub fn with_credentials(args: Args, access_key: &str, secret_key: &str) -> Self {
        let credentials = Credentials::new(access_key, secret_key, None, None, "callboard");
        Self { credentials: Some(credentials), ..Self::new(args) }
    }

    fn bucket(&self) -> &str {
        &self.args.bucket
    }

    /// What errors call the store: its URL, or AWS.
    fn store(&self) -> &str {
        self.args.endpoint().unwrap_or("AWS")
    }

    fn late(&self) -> Fault {
        Fault::Timeout { store: self.store().to_owned() }
    }

    /// An answer that no store gives, and why.
    fn no_store(&self, why: String) -> Fault {
        Fault::NoStore { store: self.name(), why }
    }

    /// Whatever answers every call with 200 gives no ETag.
    fn etag_of(&self, method: &str, etag: Option<String>) -> Result<String, Fault> {
        etag.filter(|etag| !etag.is_empty())
            .ok_or_else(|| self.no_store(format!("its answer to a {method} has no ETag")))
    }

    fn head_of(
        &self,
        method: &str,
        etag: Option<String>,
        metadata: Option<HashMap<String, String>>,
    ) -> Result<Head, Fault> {
        let metadata = metadata.unwrap_or_default().into_iter().map(|(key, value)| (key.to_ascii_lowercase(), value));
        Ok(Head { etag: self.etag_of(method, etag)?, metadata: metadata.collect() })
    }

    async fn client(&self) -> Result<&Client, Fault> {
        self.client
            .get_or_try_init(|| client::connect(&self.args, self.credentials.as_ref()))
            .await
            .map_err(Fault::Unusable)
    }

    /// Sends one call, in a span and with its duration recorded.
    async fn call<T, E>(
        &self,
        operation: &'static str,
        key: &str,
        send: impl Future<Output = Result<T, SdkError<E>>> + Send,
    ) -> Result<T, SdkError<E>> {
        let span = tracing::info_span!(
            "s3",
            otel.name = format!("s3.{operation}"),
            otel.kind = "client",
            otel.status_code = Empty,
            aws.s3.bucket = self.args.bucket,
            aws.s3.key = key
        );
        let began = Instant::now();
        // The SDK's future is some kilobytes long and dozens of layers deep.
        let answer = Box::pin(send).instrument(span.clone()).await;
        let outcome = match &answer {
            Ok(_) => "ok",
            Err(error) => answer::outcome_of(error),
        };
        if outcome == "error" {
            span.record("otel.status_code", "ERROR");
        }
        let attributes = [KeyValue::new("operation", operation), KeyValue::new("outcome", outcome)];
        self.durations.record(began.elapsed().as_secs_f64(), &attributes);
        answer
    }
}

impl Store for S3 {
    async fn head(&self, key: &str) -> Result<Option<Head>, Fault> {
        let call = self.client().await?.head_object().bucket(&self.args.bucket).key(key);
        match self.call("head", key, call.send()).await {
            Ok(found) => Ok(Some(self.head_of("HEAD", found.e_tag, found.metadata)?)),
            Err(error) => answer::missing_or(&error, self).map(|()| None),
        }
    }

    async fn get(&self, key: &str, limit: usize) -> Result<Option<(Head, Vec<u8>)>, Fault> {
        let call = self.client().await?.get_object().bucket(&self.args.bucket).key(key);
        let found = match self.call("get", key, call.send()).await {
            Ok(found) => found,
            Err(error) => return answer::missing_or(&error, self).map(|()| None),
        };
        let (found, bytes) = timeout(BODY_TIMEOUT, read(found, limit)).await.map_err(|_| self.late())??;
        Ok(Some((self.head_of("GET", found.e_tag, found.metadata)?, bytes)))
    }

    async fn put(&self, key: &str, body: Body, condition: Condition<'_>) -> Result<Conditional<String>, Fault> {
        let call = self.client().await?.put_object().bucket(&self.args.bucket).key(key).content_type(body.content_type);
        let call = call.set_metadata(Some(body.metadata.into_iter().collect())).body(ByteStream::from(body.bytes));
        let call = match condition {
            Condition::Always => call,
            Condition::Absent => call.if_none_match("*"),
            Condition::Is(etag) => call.if_match(etag),
        };
        match self.call("put", key, call.send()).await {
            Ok(written) => Ok(Conditional::Done(self.etag_of("PUT", written.e_tag)?)),
            Err(error) => answer::lost_or(&error, condition, self).map(|()| Conditional::Lost),
        }
    }

    async fn delete(&self, key: &str, condition: Condition<'_>) -> Result<Conditional<()>, Fault> {
        let call = self.client().await?.delete_object().bucket(&self.args.bucket).key(key);
        let call = match condition {
            Condition::Always | Condition::Absent => call,
            Condition::Is(etag) => call.if_match(etag),
        };
        match self.call("delete", key, call.send()).await {
            Ok(_) => Ok(Conditional::Done(())),
            Err(error) => answer::lost_or(&error, condition, self).map(|()| Conditional::Lost),
        }
    }

    async fn list(&self, prefix: &str, from: Option<&str>) -> Result<Page, Fault> {
        let call = self.client().await?.list_objects_v2().bucket(&self.args.bucket).prefix(prefix);
        let call = call.set_continuation_token(from.map(str::to_owned));
        let page = self.call("list", prefix, call.send()).await.map_err(|error| answer::fault(&error, self))?;
        if page.is_truncated.is_none() && page.name.is_none() && page.key_count.is_none() {
            return Err(self.no_store("its answer to a listing is none".to_owned()));
        }
        let next = match (page.is_truncated, page.next_continuation_token) {
            (Some(true), None) => {
                return Err(Fault::Unusable("its listing is truncated without a continuation token".to_owned()));
            }
            (Some(false), _) => None,
            (_, next) => next,
        };
        let objects = page.contents.unwrap_or_default().into_iter().filter_map(|object| {
            let size = object.size.and_then(|size| u64::try_from(size).ok()).unwrap_or_default();
            let modified = object.last_modified.and_then(|at| SystemTime::try_from(at).ok());
            // Unknown is new: only what is old is swept.
            let modified = modified.unwrap_or_else(SystemTime::now);
            Some(Listed { key: object.key?, etag: object.e_tag.unwrap_or_default(), size, modified })
        });
        Ok(Page { objects: objects.collect(), next })
    }

    fn name(&self) -> String {
        format!("{} at {}", self.args.bucket, self.store())
    }
}

/// The body, of which never more than `limit` bytes and one piece are in memory.
async fn read(mut found: GetObjectOutput, limit: usize) -> Result<(GetObjectOutput, Vec<u8>), Fault> {
    let unusable = |error: &dyn Debug| Fault::Unusable(format!("its answer broke off: {error:?}"));
    let mut bytes = Vec::new();
    while let Some(piece) = found.body.try_next().await.map_err(|error| unusable(&error))? {
        if bytes.len() + piece.len() > limit {
            return Err(Fault::TooLong { limit });
        }
        bytes.extend_from_slice(&piece);
    }
    Ok((found, bytes))
}
