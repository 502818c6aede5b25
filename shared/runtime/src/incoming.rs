//! From an HTTP request to a CloudEvent, in binary or structured mode.

use bytes::Bytes;
use cloudevents::event::SpecVersion;
use cloudevents::message::{
    BinaryDeserializer, BinarySerializer, Error, MessageAttributeValue, Result as MessageResult,
};
use cloudevents::{AttributesReader, Data, Event};
use http::{HeaderMap, HeaderValue, header::CONTENT_TYPE};
use percent_encoding::percent_decode_str;
use serde_json::Value;

/// The CloudEvent 1.0 which a request carries. Its data, if it is JSON, is parsed only here.
pub(crate) fn event(headers: &HeaderMap, body: Bytes) -> Result<Event, String> {
    let media_type = media_type(headers);
    let mut event = match media_type.as_str() {
        "application/cloudevents+json" => {
            serde_json::from_slice(&body).map_err(|error| format!("not a valid CloudEvent: {error}"))?
        }
        other if other.starts_with("application/cloudevents") => {
            return Err(format!(
                "{other} is not taken: send one event in binary mode or as application/cloudevents+json"
            ));
        }
        _ => Binary { headers, body }.into_event().map_err(|error| format!("not a valid CloudEvent: {error}"))?,
    };
    if event.specversion() != SpecVersion::V10 {
        return Err(format!("CloudEvents {} is not supported: send specversion 1.0", event.specversion()));
    }
    for (attribute, value) in [("id", event.id()), ("source", event.source()), ("type", event.ty())] {
        if value.is_empty() {
            return Err(format!("not a valid CloudEvent: {attribute} is empty"));
        }
    }
    if is_json(&media_type)
        && let Some(Data::Binary(data)) = event.data()
        && let Ok(data) = serde_json::from_slice::<Value>(data)
    {
        event.set_data_unchecked(data);
    }
    Ok(event)
}

/// What of the body is parsed as JSON: all or nothing.
pub(crate) fn json<'a>(headers: &HeaderMap, body: &'a [u8]) -> &'a [u8] {
    if is_json(&media_type(headers)) { body } else { &[] }
}

fn is_json(media_type: &str) -> bool {
    media_type.is_empty() || media_type == "application/json" || media_type.ends_with("+json")
}

/// The media type without its parameters, in lower case; empty if there is none.
fn media_type(headers: &HeaderMap) -> String {
    let value = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    value.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
}

/// A request in binary mode. The SDK's own reader refuses raw UTF-8, which Knative sends, and decodes no percents.
struct Binary<'a> {
    headers: &'a HeaderMap,
    body: Bytes,
}

impl BinaryDeserializer for Binary<'_> {
    fn deserialize_binary<R: Sized, V: BinarySerializer<R>>(self, visitor: V) -> MessageResult<R> {
        let version =
            self.headers.get("ce-specversion").ok_or_else(|| other("the header ce-specversion is missing"))?;
        let version = SpecVersion::try_from(attribute(version)?.as_str())?;
        let known = version.attribute_names();
        let mut visitor = visitor.set_spec_version(version)?;
        for (name, value) in self.headers {
            let Some(name) = name.as_str().strip_prefix("ce-").filter(|name| *name != "specversion") else { continue };
            let value = MessageAttributeValue::String(attribute(value)?);
            visitor = match known.contains(&name) {
                true => visitor.set_attribute(name, value)?,
                false => visitor.set_extension(name, value)?,
            };
        }
        if let Some(value) = self.headers.get(CONTENT_TYPE) {
            visitor =
                visitor.set_attribute("datacontenttype", MessageAttributeValue::String(utf8(value)?.to_owned()))?;
        }
        if self.body.is_empty() { visitor.end() } else { visitor.end_with_data(self.body.into()) }
    }
}

/// The value of an attribute by section 3.1.3.2 of the HTTP binding: unquoted, then percent-decoded.
fn attribute(value: &HeaderValue) -> MessageResult<String> {
    let text = utf8(value)?;
    let text = match text.strip_prefix('"').and_then(|text| text.strip_suffix('"')) {
        Some(quoted) => unescaped(quoted),
        None => text.to_owned(),
    };
    Ok(percent_decode_str(&text).decode_utf8().map_err(other)?.into_owned())
}

fn unescaped(quoted: &str) -> String {
    let mut chars = quoted.chars();
    std::iter::from_fn(|| chars.next().and_then(|c| if c == '\\' { chars.next() } else { Some(c) })).collect()
}

fn utf8(value: &HeaderValue) -> MessageResult<&str> {
    str::from_utf8(value.as_bytes()).map_err(other)
}

fn other(error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Error {
    Error::Other { source: error.into() }
}
