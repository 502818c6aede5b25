//! HTTP as bytes: what a capture holds is what the Broker gets.

use anyhow::{Context, Result, ensure};
use std::{net::SocketAddr, time::Duration};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::timeout,
};

/// A Service of the cluster, where this machine reaches it.
#[derive(Debug, Clone)]
pub(crate) struct Target {
    pub(crate) address: SocketAddr,
    pub(crate) host: String,
    pub(crate) path: String,
}

/// Sends a request of these headers (no `Host`, no length) and this body; returns the status.
pub(crate) async fn post(to: &Target, headers: &[(&str, &str)], body: &str) -> Result<u16> {
    let lines: String = headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
    let Target { host, path, .. } = to;
    let length = body.len();
    let request = format!("POST {path} HTTP/1.1\r\nHost: {host}\r\n{lines}Content-Length: {length}\r\n\r\n{body}");
    send(to, request.as_bytes()).await
}

/// Sends a captured request as it is, except its path and host.
pub(crate) async fn replay(to: &Target, capture: &str) -> Result<u16> {
    let (head, body) = capture.split_once("\r\n\r\n").context("the capture has no end of its head")?;
    let kept = head.split("\r\n").skip(1).filter(|line| !line.to_ascii_lowercase().starts_with("host:"));
    let lines: String = kept.map(|line| format!("{line}\r\n")).collect();
    let request = format!("POST {} HTTP/1.1\r\nHost: {}\r\n{lines}\r\n{body}", to.path, to.host);
    send(to, request.as_bytes()).await
}

async fn send(to: &Target, request: &[u8]) -> Result<u16> {
    let exchange = async {
        let mut stream = TcpStream::connect(to.address).await?;
        stream.write_all(request).await?;
        let mut answer = vec![0; 1024];
        let mut filled = 0;
        while filled < 12 {
            let read = stream.read(&mut answer[filled..]).await?;
            ensure!(read > 0, "the connection ended before the status");
            filled += read;
        }
        let status = std::str::from_utf8(&answer[9..12])?;
        status.parse().with_context(|| format!("{status:?} is not a status"))
    };
    let to = &to.host;
    timeout(Duration::from_secs(60), exchange).await.with_context(|| format!("{to} did not answer in 60 s"))?
}
