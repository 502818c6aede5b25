//! A subscriber of the suite: a Trigger without filters feeds it every event of the Broker.

use anyhow::{Context, Result};
use axum::{
    Router,
    body::Bytes,
    http::{HeaderMap, Uri},
};
use chrono::{DateTime, Utc};
use serde_json::Value;
use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
};

/// An event as the Broker delivered it.
#[derive(Debug, Clone)]
pub(crate) struct Recorded {
    /// When it arrived here.
    pub(crate) at: DateTime<Utc>,
    /// Who was asked for, with the path.
    pub(crate) to: String,
    /// Attributes and extensions, without `ce-`.
    pub(crate) attributes: BTreeMap<String, String>,
    pub(crate) data: Value,
}

impl Recorded {
    /// An attribute or extension; empty where there is none.
    pub(crate) fn attribute(&self, name: &str) -> &str {
        self.attributes.get(name).map_or("", String::as_str)
    }

    pub(crate) fn ty(&self) -> &str {
        self.attribute("type")
    }

    /// Whether this function sent it.
    pub(crate) fn is_of(&self, function: &str) -> bool {
        self.attribute("source").strip_prefix("/callboard/") == Some(function)
    }

    /// An attribute that is a time.
    pub(crate) fn time(&self, name: &str) -> Result<DateTime<Utc>> {
        let text = self.attribute(name);
        Ok(DateTime::parse_from_rfc3339(text).with_context(|| format!("{name} is {text:?}, no time"))?.to_utc())
    }

    /// Whether a reply speaks of this bucket object, and did this to its entities.
    pub(crate) fn says(&self, action: &str, key: &str) -> bool {
        let changes = self.data["changes"].as_array().into_iter().flatten();
        let mut entities =
            changes.filter(|change| change["key"] == key).flat_map(|c| c["entities"].as_array().into_iter().flatten());
        entities.any(|entity| entity["action"] == action)
    }
}

#[derive(Debug, Clone, Default)]
pub(crate) struct Recorder(Arc<Mutex<Vec<Recorded>>>);

impl Recorder {
    /// Serves on this port of every address, so that pods reach it.
    pub(crate) async fn start(port: u16) -> Result<Self> {
        let recorder = Self::default();
        let listener = tokio::net::TcpListener::bind(("0.0.0.0", port)).await;
        let listener = listener.with_context(|| format!("failed to listen on port {port} for events"))?;
        let keep = recorder.clone();
        let router = Router::new().fallback(move |uri: Uri, headers: HeaderMap, body: Bytes| async move {
            keep.keep(uri.path(), &headers, &body);
            axum::http::StatusCode::NO_CONTENT
        });
        tokio::spawn(axum::serve(listener, router).into_future());
        Ok(recorder)
    }

    fn keep(&self, path: &str, headers: &HeaderMap, body: &[u8]) {
        let attribute = |(name, value): (&axum::http::HeaderName, &axum::http::HeaderValue)| {
            Some((name.as_str().strip_prefix("ce-")?.to_owned(), value.to_str().ok()?.to_owned()))
        };
        let attributes = headers.iter().filter_map(attribute).collect();
        let host = headers.get("host").and_then(|host| host.to_str().ok()).unwrap_or_default();
        let data = serde_json::from_slice(body).unwrap_or_default();
        self.lock().push(Recorded { at: Utc::now(), to: format!("{host}{path}"), attributes, data });
    }

    /// How many there were: what came later is `since` this.
    pub(crate) fn mark(&self) -> usize {
        self.lock().len()
    }

    pub(crate) fn since(&self, mark: usize) -> Vec<Recorded> {
        self.lock()[mark..].to_vec()
    }

    /// The first one since then that is as asked; the error tells which types came.
    pub(crate) fn find(&self, mark: usize, asked: impl Fn(&Recorded) -> bool) -> Result<Recorded> {
        let events = self.since(mark);
        let types = || {
            let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
            events.iter().for_each(|event| *counts.entry(event.ty()).or_default() += 1);
            format!("no such event, but {counts:?}")
        };
        events.iter().find(|event| asked(event)).cloned().with_context(types)
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Vec<Recorded>> {
        self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}
