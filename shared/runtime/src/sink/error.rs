//! Why an event of Callboard did not get to the sink.

use http::StatusCode;
use std::io;

/// An event that was not taken.
#[derive(Debug, thiserror::Error)]
#[error("failed to send event {id} ({ty}) to {sink}: {fault}")]
pub struct SinkError {
    pub(crate) ty: String,
    pub(crate) id: String,
    /// As everybody may see it.
    pub(crate) sink: String,
    pub(crate) fault: Fault,
}

/// What went wrong.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Fault {
    #[error("it cannot stand in HTTP headers: {0}")]
    Unsendable(#[from] cloudevents::message::Error),
    #[error("failed to read the token from {0}: {1}; see CALLBOARD_SINK_TOKEN_FILE")]
    Token(String, io::Error),
    #[error("{0}; is the Broker up, and are K_SINK and K_CA_CERTS its own?")]
    Unreached(String),
    /// Without what it says, which may repeat the request with its token.
    #[error("{0}; {advice}", advice = advice(.0))]
    Refused(StatusCode),
}

impl Fault {
    /// The value of the metric attribute `outcome`.
    pub(crate) fn as_str(&self) -> &'static str {
        match self {
            Self::Unsendable(_) => "unsendable",
            Self::Token(..) | Self::Unreached(_) => "unreached",
            Self::Refused(_) => "refused",
        }
    }

    /// Whether Knative would try again.
    pub(crate) fn may_pass(&self) -> bool {
        match self {
            Self::Unsendable(_) | Self::Token(..) => false,
            Self::Unreached(_) => true,
            Self::Refused(status) => status.is_server_error() || matches!(status.as_u16(), 404 | 408 | 409 | 429),
        }
    }
}

fn advice(status: &StatusCode) -> &'static str {
    match *status {
        StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => {
            "let the SinkBinding give us a token, and an EventPolicy of the Broker let us in"
        }
        StatusCode::NOT_FOUND => "is there a Broker at K_SINK?",
        _ => "the log of the Broker says why",
    }
}
