//! Events over HTTP, on connections that stay.

use anyhow::{Context as _, ensure};
use chrono::{DateTime, SecondsFormat};
use serde_json::Value;
use std::{
    net::SocketAddr,
    sync::atomic::{AtomicU64, Ordering},
    time::{SystemTime, UNIX_EPOCH},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

/// No two events have one id.
static SENT: AtomicU64 = AtomicU64::new(0);

/// One connection.
pub(crate) struct Client(TcpStream);

/// An answer.
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) body: Vec<u8>,
}

impl Client {
    pub(crate) async fn connect(address: SocketAddr) -> anyhow::Result<Self> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        Ok(Self(stream))
    }

    pub(crate) async fn send(&mut self, request: &[u8]) -> anyhow::Result<Answer> {
        self.0.write_all(request).await?;
        let mut read = Vec::with_capacity(4096);
        loop {
            ensure!(self.0.read_buf(&mut read).await? > 0, "the connection was closed");
            let Some(end) = read.windows(4).position(|it| it == b"\r\n\r\n") else { continue };
            let head = str::from_utf8(&read[..end])?;
            let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
            if read.len() >= end + 4 + length.map_or(Ok(0), str::parse::<usize>)? {
                let status = head.get(9..12).context("no status")?.parse()?;
                return Ok(Answer { status, body: read.split_off(end + 4) });
            }
        }
    }
}

/// The event by which an ApiServerSource tells how an object is.
pub(crate) fn update(object: &Value) -> anyhow::Result<Vec<u8>> {
    event("dev.knative.apiserver.resource.update", &object.to_string())
}

/// An event of now.
pub(crate) fn event(ty: &str, body: &str) -> anyhow::Result<Vec<u8>> {
    let now = SystemTime::now().duration_since(UNIX_EPOCH)?.as_millis();
    let now = DateTime::from_timestamp_millis(i64::try_from(now)?).context("now is no time")?;
    let time = now.to_rfc3339_opts(SecondsFormat::Millis, true);
    let id = SENT.fetch_add(1, Ordering::Relaxed);
    Ok(format!(
        "POST / HTTP/1.1\r\nhost: callboard\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\
         ce-specversion: 1.0\r\nce-id: {id}\r\nce-source: https://10.96.0.1:443\r\nce-type: {ty}\r\nce-time: {time}\r\n\
         ce-callboard: mesh\r\n\r\n{body}",
        body.len()
    )
    .into_bytes())
}
