//! A server in Backstage's place.

use axum::{Router, body::Body, body::to_bytes, extract::Request, response::Response};
use backstage::{Args, Backstage};
use clap::Parser;
use http::{StatusCode, header::AUTHORIZATION};
use serde_json::{Value, json};
use std::sync::{Arc, Mutex};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};
use trust::Token;

/// The token that the clients of this file send.
pub(crate) const TOKEN: &str = "geheim.nis";

/// How Backstage sees the bucket.
pub(crate) const BUCKET: &str = "http://store:9000/catalog";

/// A request as it came.
#[derive(Debug, Clone)]
pub(crate) struct Asked {
    /// Method, path and query.
    pub(crate) line: String,
    pub(crate) authorization: String,
    pub(crate) length: usize,
    pub(crate) body: Value,
}

/// A server and what it was asked.
pub(crate) struct Fake {
    pub(crate) url: String,
    asked: Arc<Mutex<Vec<Asked>>>,
}

impl Fake {
    /// One that answers so.
    pub(crate) async fn start(answer: impl Fn(&Asked) -> Response + Clone + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let asked: Arc<Mutex<Vec<Asked>>> = Arc::default();
        let known = asked.clone();
        let handle = move |request: Request| {
            let (answer, known) = (answer.clone(), known.clone());
            async move {
                let request = read(request).await;
                known.lock().unwrap().push(request.clone());
                answer(&request)
            }
        };
        tokio::spawn(async { axum::serve(listener, Router::new().fallback(handle)).await });
        Self { url, asked }
    }

    /// One that answers all the same: status and body.
    pub(crate) async fn always(status: u16, body: impl Into<String>) -> Self {
        let body = body.into();
        Self::start(move |_| response(status, "application/json; charset=utf-8", body.clone())).await
    }

    pub(crate) fn client(&self) -> Backstage {
        client(&self.url)
    }

    /// What it was asked since this was last called.
    pub(crate) fn asked(&self) -> Vec<Asked> {
        std::mem::take(&mut self.asked.lock().unwrap())
    }

    /// The same, each only by its method, path and query.
    pub(crate) fn lines(&self) -> Vec<String> {
        self.asked().into_iter().map(|asked| asked.line).collect()
    }
}

/// A client of what is at this URL.
pub(crate) fn client(url: &str) -> Backstage {
    Backstage::new(&args(url), Some(&BUCKET.parse().unwrap())).unwrap().unwrap()
}

/// Its arguments.
pub(crate) fn args(url: &str) -> Args {
    #[derive(Parser)]
    struct Cli {
        #[command(flatten)]
        backstage: Args,
    }
    let args = Cli::try_parse_from(["callboard", "--backstage-url", url]).unwrap().backstage;
    Args { token: Token::new(TOKEN).unwrap(), ..args }
}

/// What Backstage's error middleware answers.
pub(crate) fn error(status: u16, name: &str, message: &str) -> Response {
    let error = json!({"name": name, "message": message});
    let request = json!({"method": "POST", "url": "/refresh"});
    json_of(status, &json!({"error": error, "request": request, "response": {"statusCode": status}}))
}

pub(crate) fn json_of(status: u16, value: &Value) -> Response {
    response(status, "application/json; charset=utf-8", value.to_string())
}

/// `res.status(200).end()`
pub(crate) fn empty() -> Response {
    Response::new(Body::empty())
}

pub(crate) fn response(status: u16, content: &str, body: impl Into<Body>) -> Response {
    let response = Response::builder().status(StatusCode::from_u16(status).unwrap()).header("content-type", content);
    response.body(body.into()).unwrap()
}

/// The URL of a server that answers these bytes and then the last ones again and again, until nobody listens.
pub(crate) async fn raw(once: &'static str, again: &'static str) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(pour(stream, once, again));
        }
    });
    url
}

async fn pour(mut stream: TcpStream, once: &'static str, again: &'static str) {
    let _ = stream.read(&mut [0; 4096]).await;
    let mut open = stream.write_all(once.as_bytes()).await.is_ok();
    if again.is_empty() {
        // It stays open, and nothing comes.
        let _ = stream.read_to_end(&mut Vec::new()).await;
    }
    while open && !again.is_empty() {
        open = stream.write_all(again.as_bytes()).await.is_ok();
    }
}

async fn read(request: Request) -> Asked {
    let line = format!("{} {}", request.method(), request.uri());
    let authorization = request.headers().get(AUTHORIZATION).map(|it| it.to_str().unwrap().to_owned());
    let body = to_bytes(request.into_body(), 1 << 20).await.unwrap();
    let authorization = authorization.unwrap_or_default();
    Asked { line, authorization, length: body.len(), body: serde_json::from_slice(&body).unwrap_or_default() }
}
