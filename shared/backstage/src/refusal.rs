//! What Backstage, or whatever is in its place, says when it refuses, and what to do then.

use crate::{Error, line::line};
use http::{HeaderMap, StatusCode, header::LOCATION};
use serde_json::Value;
use trust::{Token, shown};

/// The most bytes of a refusal that an error says.
pub(crate) const SAID: usize = 512;

/// What to do if something answers that is not Backstage.
pub(crate) const WHERE: &str = "is CALLBOARD_BACKSTAGE_URL the URL of its backend, without /api?";

/// The error of an answer that was not to be expected, without the token that was sent.
pub(crate) fn refusal(status: StatusCode, headers: &HeaderMap, body: &[u8], token: &Token) -> Error {
    let said = shown(&token.redacted(&said(body)));
    let said = format!("{status}: {}", line(&said, SAID)).trim_end_matches(": ").to_owned();
    match status.as_u16() {
        401 => Error::Denied(format!(
            "it does not know the token ({said}); give it one of backend.auth.externalAccess in app-config, see CALLBOARD_BACKSTAGE_TOKEN_FILE"
        )),
        403 => Error::Denied(format!(
            "it does not allow that ({said}); let accessRestrictions of the token in app-config's backend.auth.externalAccess have `plugin: catalog`"
        )),
        404 => Error::Refused(format!("there is no such path ({said}); {WHERE}")),
        502..=504 => Error::Unreached(format!("it is not there ({said})")),
        300..=399 => {
            let to = headers.get(LOCATION).and_then(|it| it.to_str().ok()).unwrap_or_default();
            let to = shown(&token.redacted(to.split(['?', '#']).next().unwrap_or_default()));
            Error::Refused(format!("it redirects to {} ({status}), which is not followed; {WHERE}", line(&to, SAID)))
        }
        _ => Error::Refused(format!("it answered {said}")),
    }
}

/// The error in the answer, as Backstage has it. Without one, all of it.
fn said(body: &[u8]) -> String {
    let json: Value = serde_json::from_slice(body).unwrap_or_default();
    match (json["error"]["name"].as_str(), json["error"]["message"].as_str()) {
        (Some(name), Some(message)) => format!("{name}: {message}"),
        _ => String::from_utf8_lossy(body).into_owned(),
    }
}
