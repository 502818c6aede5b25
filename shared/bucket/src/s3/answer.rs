//! What the store's refusals mean.

use super::S3;
use crate::{Condition, Fault};
use aws_sdk_s3::{
    error::{ProvideErrorMetadata, SdkError},
    primitives::{DateTime, DateTimeFormat},
};
use aws_smithy_runtime_api::http::Response;
use std::{
    error::Error,
    time::{Duration, SystemTime},
};

/// What a store says of a signature of another time.
const SKEWED: &str = "RequestTimeTooSkewed";

/// From here on a refusal is blamed on the clock. Stores refuse signatures from 15 minutes on.
const SKEW: Duration = Duration::from_secs(10 * 60);

/// What a store answers with 400 although the call would succeed if it came again.
const TRANSIENT: [&str; 3] = ["RequestTimeout", "IncompleteBody", "BadDigest"];

/// `Ok` if the call found no object at the key.
pub(crate) fn missing_or<E>(error: &SdkError<E, Response>, s3: &S3) -> Result<(), Fault>
where
    E: ProvideErrorMetadata + Error + 'static,
{
    match (status(error), code(error)) {
        (Some(404), code) if code != "NoSuchBucket" => Ok(()),
        _ => Err(fault(error, s3)),
    }
}

/// `Ok` if a conditional write did not happen because of its condition.
///
/// AWS answers 409 where conditional writes meet, and 404 where an ETag is asked for and the object was deleted.
pub(crate) fn lost_or<E>(error: &SdkError<E, Response>, condition: Condition<'_>, s3: &S3) -> Result<(), Fault>
where
    E: ProvideErrorMetadata + Error + 'static,
{
    match (condition, status(error)) {
        (Condition::Absent | Condition::Is(_), Some(412 | 409)) => Ok(()),
        (Condition::Is(_), Some(404)) => missing_or(error, s3),
        _ => Err(fault(error, s3)),
    }
}

/// Why the call to this store failed.
pub(crate) fn fault<E>(error: &SdkError<E, Response>, s3: &S3) -> Fault
where
    E: ProvideErrorMetadata + Error + 'static,
{
    let store = s3.store();
    let Some(response) = error.raw_response() else {
        return match error {
            SdkError::TimeoutError(_) => s3.late(),
            SdkError::DispatchFailure(failure) if failure.is_timeout() => s3.late(),
            SdkError::DispatchFailure(failure) if failure.is_io() => {
                Fault::Unusable(format!("no answer from {store}: {}", unusable(&chain(error))))
            }
            _ => Fault::Unusable(unusable(&chain(error))),
        };
    };
    let (status, word) = (response.status().as_u16(), code(error));
    let code = if word.is_empty() { status.to_string() } else { format!("{status} {word}") };
    if word == SKEWED || matches!(status, 400 | 403) && skew(response).is_some_and(|(skew, _)| skew > SKEW) {
        let skew = skew(response).map(|(skew, side)| format!("{} s {side}", skew.as_secs()));
        return Fault::Clock { store: store.to_owned(), skew: skew.unwrap_or_else(|| "far from".to_owned()), code };
    }
    let message =
        || cut(error.as_service_error().and_then(ProvideErrorMetadata::message).unwrap_or("without a message"));
    match status {
        200..=299 => match error {
            SdkError::ServiceError(_) => s3.no_store(format!("its answer cannot be read: {}", cut(&chain(error)))),
            _ => Fault::Unusable(unusable(&chain(error))),
        },
        403 => Fault::Denied { code },
        404 if word == "NoSuchBucket" => Fault::NoBucket,
        429 | 503 => Fault::Busy { code },
        400 | 404 | 405 | 410 | 411 | 413..=417 | 422 | 431 if !TRANSIENT.contains(&word) => {
            Fault::Refused { code, message: message() }
        }
        _ => Fault::Answer { code, message: message() },
    }
}

/// How far this clock is from that of the store, and on which side.
fn skew(response: &Response) -> Option<(Duration, &'static str)> {
    let date = DateTime::from_str(response.headers().get("date")?, DateTimeFormat::HttpDate).ok()?;
    Some(match SystemTime::now().duration_since(SystemTime::try_from(date).ok()?) {
        Ok(ahead) => (ahead, "ahead of"),
        Err(behind) => (behind.duration(), "behind"),
    })
}

/// The value of the metric's attribute `outcome`: no object and a lost condition are answers, not errors.
pub(crate) fn outcome_of<E>(error: &SdkError<E, Response>) -> &'static str {
    match status(error) {
        Some(404) => "missing",
        Some(409 | 412) => "lost",
        _ => "error",
    }
}

fn status<E>(error: &SdkError<E, Response>) -> Option<u16> {
    error.raw_response().map(|response| response.status().as_u16())
}

fn code<E: ProvideErrorMetadata + Error + 'static>(error: &SdkError<E, Response>) -> &str {
    error.as_service_error().and_then(ProvideErrorMetadata::code).unwrap_or_default()
}

/// Why there was no answer, and what to do if that is known.
fn unusable(why: &str) -> String {
    let way_out = if why.contains("UnknownIssuer") { ": set AWS_CA_BUNDLE to a file with its authority" } else { "" };
    format!("{}{way_out}", cut(why))
}

/// The error and what led to it, each once.
fn chain(error: &dyn Error) -> String {
    let causes: Vec<_> =
        std::iter::successors(Some(error), |error: &&dyn Error| (*error).source()).map(ToString::to_string).collect();
    let said_below = |n: usize, text: &String| causes.get(n + 1).is_some_and(|below| below.contains(text.as_str()));
    let kept = causes.iter().enumerate().filter(|(n, text)| !said_below(*n, text)).map(|(_, text)| text.as_str());
    kept.collect::<Vec<_>>().join(": ")
}

/// As much of third-party words as an error shows: one may repeat a request with its credentials.
fn cut(text: &str) -> String {
    trust::shown(&catalog::masked(text)).chars().take(300).collect()
}
