//! A sink of the test's own, which answers as the test says and keeps what it was sent, byte for byte.

use crate::authority::certified;
use std::io::{self, ErrorKind};
use std::sync::{Arc, Mutex};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;

pub(crate) struct Server {
    pub(crate) url: String,
    requests: Arc<Mutex<Vec<String>>>,
}

impl Server {
    /// Answers one request after the other, each on its own connection; those after the last answer wait for ever.
    pub(crate) async fn start(answers: &[&str]) -> Self {
        Self::serve("http", answers, None).await
    }

    /// With a certificate of a new authority; returns that one's own, too.
    pub(crate) async fn start_tls(answers: &[&str]) -> (Self, String) {
        let (pem, config) = certified();
        (Self::serve("https", answers, Some(TlsAcceptor::from(Arc::new(config)))).await, pem)
    }

    /// Each as its head and its body.
    pub(crate) fn requests(&self) -> Vec<(String, String)> {
        let requests = self.requests.lock().unwrap().clone();
        let split = |request: String| request.split_once("\r\n\r\n").map(|(a, b)| (a.to_owned(), b.to_owned()));
        requests.into_iter().map(|request| split(request).unwrap()).collect()
    }

    async fn serve(scheme: &str, answers: &[&str], tls: Option<TlsAcceptor>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("{scheme}://{}/callboard/callboard", listener.local_addr().unwrap());
        let requests = Arc::<Mutex<Vec<String>>>::default();
        let seen = requests.clone();
        let mut answers = answers.iter().map(|answer| format!("HTTP/1.1 {answer}")).collect::<Vec<_>>().into_iter();
        tokio::spawn(async move {
            let mut held = Vec::new();
            while let Ok((stream, _)) = listener.accept().await {
                // A client that does not trust us goes away.
                let Ok(mut stream) = opened(stream, tls.as_ref()).await else { continue };
                let Ok(request) = read(&mut stream).await else { continue };
                seen.lock().unwrap().push(request);
                let answer = answers.next().unwrap_or_default();
                stream.write_all(answer.as_bytes()).await.unwrap();
                stream.flush().await.unwrap();
                held.push(stream);
            }
        });
        Self { url, requests }
    }
}

trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}

impl<S: AsyncRead + AsyncWrite + Send + Unpin> Stream for S {}

async fn opened(stream: TcpStream, tls: Option<&TlsAcceptor>) -> io::Result<Box<dyn Stream>> {
    Ok(match tls {
        None => Box::new(stream),
        Some(tls) => Box::new(tls.accept(stream).await?),
    })
}

/// A request whole.
async fn read(stream: &mut Box<dyn Stream>) -> io::Result<String> {
    let mut request = String::new();
    while !is_whole(&request) {
        let mut bytes = [0; 4096];
        let read = stream.read(&mut bytes).await?;
        if read == 0 {
            return Err(ErrorKind::UnexpectedEof.into());
        }
        request.push_str(str::from_utf8(&bytes[..read]).unwrap());
    }
    Ok(request)
}

fn is_whole(request: &str) -> bool {
    let Some((head, body)) = request.split_once("\r\n\r\n") else { return false };
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")).unwrap_or("0");
    body.len() == length.parse::<usize>().unwrap()
}
