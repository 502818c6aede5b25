//! From a CloudEvent to headers and a body, in HTTP's binary mode.

use cloudevents::Event;
use cloudevents::event::SpecVersion;
use cloudevents::message::{BinaryDeserializer, BinarySerializer, Error, MessageAttributeValue, Result};
use http::{HeaderMap, HeaderName, HeaderValue, header::CONTENT_TYPE};
use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};

/// What section 3.1.3.2 of the HTTP binding wants encoded, in addition to everything that is not ASCII.
const ENCODED: &AsciiSet = &CONTROLS.add(b' ').add(b'"').add(b'%');

/// The event as a message.
///
/// # Errors
/// If an attribute's name or the content type cannot be in a header.
pub(crate) fn binary(event: Event) -> Result<(HeaderMap, Vec<u8>)> {
    event.deserialize_binary(Headers(HeaderMap::new()))
}

struct Headers(HeaderMap);

impl Headers {
    fn with(mut self, name: &str, value: &str) -> Result<Self> {
        let name = HeaderName::from_bytes(name.as_bytes()).map_err(other)?;
        self.0.insert(name, HeaderValue::from_str(value).map_err(other)?);
        Ok(self)
    }
}

impl BinarySerializer<(HeaderMap, Vec<u8>)> for Headers {
    fn set_spec_version(self, version: SpecVersion) -> Result<Self> {
        self.with("ce-specversion", version.as_str())
    }

    fn set_attribute(self, name: &str, value: MessageAttributeValue) -> Result<Self> {
        match name {
            "datacontenttype" => self.with(CONTENT_TYPE.as_str(), &value.to_string()),
            _ => self.set_extension(name, value),
        }
    }

    fn set_extension(self, name: &str, value: MessageAttributeValue) -> Result<Self> {
        let value = value.to_string();
        self.with(&format!("ce-{name}"), &utf8_percent_encode(&value, ENCODED).to_string())
    }

    fn end_with_data(self, bytes: Vec<u8>) -> Result<(HeaderMap, Vec<u8>)> {
        Ok((self.0, bytes))
    }

    fn end(self) -> Result<(HeaderMap, Vec<u8>)> {
        self.end_with_data(Vec::new())
    }
}

fn other(error: impl std::error::Error + Send + Sync + 'static) -> Error {
    Error::Other { source: Box::new(error) }
}
