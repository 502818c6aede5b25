//! How a request ended, and the one table that turns it into a status.

use crate::change::Change;
use axum::response::{IntoResponse, Response};
use events::Nothing;
use http::{StatusCode, header::CONNECTION};
use trust::shown;

/// How a request ended.
pub(crate) enum Outcome {
    /// Something changed; what that is, and the event that says so, ready to be sent.
    Changed(Change, Box<Response>),
    /// The object stays as it is in the bucket, as the event says; which object that is.
    Omitted(Change, Box<Response>),
    /// Nothing to report.
    Nothing(Nothing),
    /// The event is at fault.
    Rejected(String),
    /// The environment is at fault.
    Retry(String),
    /// We are at fault.
    Panicked(String),
    /// It was not a valid CloudEvent.
    BadRequest(String),
    /// It was too large.
    TooLarge(String),
}

impl Outcome {
    /// The most bytes of a body that is no event: the Broker copies 1024 at most into the dead letter, in base64.
    const MAX_LINE: usize = 512;

    /// The value of the metric attribute `verdict`.
    pub(crate) fn verdict(&self) -> &'static str {
        match self {
            Self::Changed(..) => "changed",
            Self::Omitted(..) => "omitted",
            Self::Nothing(nothing) => nothing.as_str(),
            Self::Rejected(_) => "rejected",
            Self::Retry(_) => "retry",
            Self::Panicked(_) => "panic",
            Self::BadRequest(_) => "bad_request",
            Self::TooLarge(_) => "too_large",
        }
    }

    /// The one log line of an event.
    pub(crate) fn log(&self) {
        let verdict = self.verdict();
        match self {
            Self::Changed(Change { object, entities }, _) => {
                tracing::info!(verdict, k8s.object = object, entities, "event changed the catalog");
            }
            // The function says why.
            Self::Omitted(Change { object, .. }, _) => {
                tracing::warn!(verdict, k8s.object = object, "an object is left as it is in the bucket");
            }
            Self::Nothing(_) => tracing::debug!(verdict, "event changed nothing"),
            Self::Rejected(error) => tracing::warn!(verdict, error = shown(error), "event rejected"),
            Self::Retry(error) => tracing::warn!(verdict, error = shown(error), "event returned for retry"),
            Self::Panicked(error) => {
                tracing::error!(verdict, error = shown(error), "function failed on an event, which is a bug");
            }
            Self::BadRequest(error) | Self::TooLarge(error) => {
                tracing::warn!(verdict, error = shown(error), "request refused");
            }
        }
    }

    /// One line of printable text that everybody may see, cut if it is too long.
    pub(crate) fn line(text: &str) -> String {
        let mut line: String = shown(text).chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
        line.truncate(line.floor_char_boundary(Self::MAX_LINE));
        line
    }
}

impl IntoResponse for Outcome {
    fn into_response(self) -> Response {
        match self {
            Self::Changed(_, response) | Self::Omitted(_, response) => *response,
            Self::Nothing(_) => StatusCode::NO_CONTENT.into_response(),
            Self::Rejected(why) => (StatusCode::UNPROCESSABLE_ENTITY, Self::line(&why)).into_response(),
            Self::Retry(why) => (StatusCode::SERVICE_UNAVAILABLE, Self::line(&why)).into_response(),
            Self::Panicked(why) => (StatusCode::INTERNAL_SERVER_ERROR, Self::line(&why)).into_response(),
            Self::BadRequest(why) => (StatusCode::BAD_REQUEST, Self::line(&why)).into_response(),
            // Its rest is not read, so the connection cannot be used again.
            Self::TooLarge(why) => (StatusCode::PAYLOAD_TOO_LARGE, [(CONNECTION, "close")], why).into_response(),
        }
    }
}
