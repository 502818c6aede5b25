//! Serving until the process is asked to end, then finishing what is in flight.

use crate::Args;
use crate::connections::Connections;
use anyhow::Context;
use axum::Router;
use std::{net::Ipv4Addr, time::Duration};
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};

/// The most time that open connections get after `shutdown`. A client that stalls in its body would hold the process.
const DRAIN: Duration = Duration::from_secs(45);

/// The pause after a connection could not be accepted, since there are too many open files.
const PAUSE: Duration = Duration::from_millis(200);

/// Listens on all addresses of the machine at the port of the arguments.
///
/// # Errors
/// If the port is taken or not allowed.
pub async fn listen(args: &Args) -> anyhow::Result<TcpListener> {
    let address = (Ipv4Addr::UNSPECIFIED, args.port);
    TcpListener::bind(address)
        .await
        .with_context(|| format!("failed to listen on port {}: set PORT to another one", args.port))
}

/// Serves until `shutdown` resolves, then takes no more connections and returns when those in flight are answered.
pub async fn serve(listener: TcpListener, router: Router, shutdown: impl Future<Output = ()> + Send) {
    let mut connections = Connections::new(router);
    tokio::pin!(shutdown);
    loop {
        tokio::select! {
            // First, so that a signal is heard from the first connection on.
            biased;
            () = &mut shutdown => break,
            accepted = listener.accept() => match accepted {
                Ok((connection, _)) => connections.take(connection),
                Err(error) => {
                    tracing::warn!(%error, "failed to accept a connection");
                    tokio::time::sleep(PAUSE).await;
                }
            },
        }
    }
    drop(listener);
    if tokio::time::timeout(DRAIN, connections.finish()).await.is_err() {
        tracing::warn!(seconds = DRAIN.as_secs(), "connections were still open at the end and are cut");
    }
}

/// Resolves when the process is asked to end, by SIGTERM or SIGINT.
pub async fn terminated() {
    tokio::select! {
        () = received(SignalKind::terminate(), "SIGTERM") => {}
        () = received(SignalKind::interrupt(), "SIGINT") => {}
    }
}

async fn received(kind: SignalKind, name: &str) {
    match signal(kind) {
        Ok(mut signal) => {
            signal.recv().await;
        }
        Err(error) => {
            tracing::warn!(%error, "failed to listen for {name}, which will end the process immediately");
            std::future::pending().await
        }
    }
}
