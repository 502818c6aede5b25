//! The open connections: HTTP/1.1, so many, and none that stalls in its head for ever.

use axum::extract::Request;
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::{Router, body::Body};
use http::{HeaderValue, StatusCode, header::CONNECTION};
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use std::{sync::Arc, time::Duration};
use tokio::net::TcpStream;
use tokio::sync::Semaphore;
use tower::ServiceExt;

/// Connections that may send events. A soft limit of 1,024 open files leaves room for those to the bucket and others.
const MOST: usize = 512;

/// Further ones, on which only probes are answered, so that the kubelet does not restart a process that is busy.
const SPARE: usize = 64;

/// The time for a whole head, which counts from the last answer on. The Broker closes idle connections after 90 s. If
/// this were shorter, its next event could meet a connection that is just being closed.
const HEAD: Duration = Duration::from_secs(100);

/// The same for a spare connection.
const SPARE_HEAD: Duration = Duration::from_secs(2);

/// Bytes of a head. The attributes of an event are headers, and some are long.
const HEAD_BYTES: usize = 64 * 1024;

/// The open connections.
pub(crate) struct Connections {
    events: Kind,
    probes: Kind,
    open: GracefulShutdown,
}

/// Connections with the same limits.
struct Kind {
    places: Arc<Semaphore>,
    router: Router,
    http: http1::Builder,
}

impl Connections {
    pub(crate) fn new(router: Router) -> Self {
        let probes = router.clone().layer(middleware::from_fn(only_probes));
        Self {
            events: Kind::new(MOST, router, HEAD),
            probes: Kind::new(SPARE, probes, SPARE_HEAD),
            open: GracefulShutdown::new(),
        }
    }

    /// Serves a connection, for probes alone if there are many, or closes it if there are too many.
    pub(crate) fn take(&mut self, connection: TcpStream) {
        // Answers are small and written immediately. A connection that does not take the option still works.
        let _ = connection.set_nodelay(true);
        if let Err(connection) = self.events.serve(connection, &self.open)
            && self.probes.serve(connection, &self.open).is_err()
        {
            tracing::debug!("a connection is closed, since there are too many");
        }
    }

    /// Answers what is in flight and closes all.
    pub(crate) async fn finish(self) {
        self.open.shutdown().await;
    }
}

impl Kind {
    fn new(places: usize, router: Router, head: Duration) -> Self {
        let mut http = http1::Builder::new();
        http.timer(TokioTimer::new()).header_read_timeout(head).max_buf_size(HEAD_BYTES);
        Self { places: Arc::new(Semaphore::new(places)), router, http }
    }

    /// Serves the connection, or returns it if there is no place for it.
    fn serve(&self, connection: TcpStream, open: &GracefulShutdown) -> Result<(), TcpStream> {
        let Ok(place) = self.places.clone().try_acquire_owned() else { return Err(connection) };
        let service = TowerToHyperService::new(self.router.clone().map_request(|it: Request<_>| it.map(Body::new)));
        let served = open.watch(self.http.serve_connection(TokioIo::new(connection), service));
        tokio::spawn(async move {
            if let Err(error) = served.await {
                tracing::debug!(%error, "a connection ended early");
            }
            drop(place);
        });
        Ok(())
    }
}

/// Answers probes, and turns all other requests away, so that the place is free again.
async fn only_probes(request: Request, next: Next) -> Response {
    let mut response = if request.uri().path().starts_with("/health/") {
        next.run(request).await
    } else {
        (StatusCode::SERVICE_UNAVAILABLE, "too many connections are open").into_response()
    };
    response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
    response
}
