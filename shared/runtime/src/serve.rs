//! Serving until told to stop, then finishing what is in flight.

use crate::Args;
use anyhow::Context;
use axum::{Router, serve::ListenerExt};
use std::{net::Ipv4Addr, time::Duration};
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::oneshot;

/// The most time that open connections get after `shutdown`; a client that stalls in its headers would else hold us.
const DRAIN: Duration = Duration::from_secs(45);

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
///
/// # Errors
/// If the listener fails.
pub async fn serve(
    listener: TcpListener,
    router: Router,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> anyhow::Result<()> {
    let listener = listener.tap_io(|connection| {
        // Answers are small and written at once; a connection that cannot be told so still works.
        let _ = connection.set_nodelay(true);
    });
    let (stop, stopped) = oneshot::channel();
    let shutdown = async move {
        shutdown.await;
        // Nobody listens any more only where serving has ended already.
        let _ = stop.send(());
    };
    let drained = async {
        if stopped.await.is_err() {
            std::future::pending::<()>().await;
        }
        tokio::time::sleep(DRAIN).await;
    };
    tokio::select! {
        served = axum::serve(listener, router).with_graceful_shutdown(shutdown).into_future() => {
            served.context("failed to serve HTTP")
        }
        () = drained => {
            tracing::warn!(seconds = DRAIN.as_secs(), "connections were still open at the end and are cut");
            Ok(())
        }
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
            tracing::warn!(%error, "failed to listen for {name}, which will end the process at once");
            std::future::pending().await
        }
    }
}
