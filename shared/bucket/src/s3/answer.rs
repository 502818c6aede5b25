//! What the store's refusals mean.

use crate::{Condition, Fault};
use aws_sdk_s3::error::{ProvideErrorMetadata, SdkError};
use aws_smithy_runtime_api::http::Response;
use std::error::Error;

/// `Ok` if the call found no object at the key.
pub(crate) fn missing_or<E>(error: &SdkError<E, Response>, store: &str) -> Result<(), Fault>
where
    E: ProvideErrorMetadata + Error + 'static,
{
    match (status(error), code(error)) {
        (Some(404), code) if code != "NoSuchBucket" => Ok(()),
        _ => Err(fault(error, store)),
    }
}

/// `Ok` if a conditional write did not happen because of its condition.
///
/// AWS answers 409 where conditional writes meet, and 404 where an ETag is asked for and the object was deleted.
pub(crate) fn lost_or<E>(error: &SdkError<E, Response>, condition: Condition<'_>, store: &str) -> Result<(), Fault>
where
    E: ProvideErrorMetadata + Error + 'static,
{
    match (condition, status(error)) {
        (Condition::Absent | Condition::Is(_), Some(412 | 409)) => Ok(()),
        (Condition::Is(_), Some(404)) => missing_or(error, store),
        _ => Err(fault(error, store)),
    }
}

/// Why the call to this store failed.
pub(crate) fn fault<E>(error: &SdkError<E, Response>, store: &str) -> Fault
where
    E: ProvideErrorMetadata + Error + 'static,
{
    let Some(status) = status(error) else {
        return match error {
            SdkError::TimeoutError(_) => Fault::Timeout { store: store.to_owned() },
            SdkError::DispatchFailure(failure) if failure.is_timeout() => Fault::Timeout { store: store.to_owned() },
            SdkError::DispatchFailure(failure) if failure.is_io() => {
                Fault::Unusable(format!("no answer from {store}: {}", unusable(&chain(error))))
            }
            _ => Fault::Unusable(unusable(&chain(error))),
        };
    };
    let code = code(error);
    let code = if code.is_empty() { status.to_string() } else { format!("{status} {code}") };
    match status {
        403 => Fault::Denied { code },
        404 if code.contains("NoSuchBucket") => Fault::NoBucket,
        429 | 503 => Fault::Busy { code },
        _ => {
            let message =
                error.as_service_error().and_then(ProvideErrorMetadata::message).unwrap_or("without a message");
            Fault::Answer { code, message: cut(message) }
        }
    }
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
