//! A bucket in memory behind HTTP, whose wire can break in every way; spoken to by the real client.

use crate::memory::Memory;
use bucket::{Body, Condition, Conditional};
use std::{
    collections::BTreeMap,
    net::SocketAddr,
    sync::{Arc, Mutex},
};
use tokio::{
    io::{self, AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
    net::{TcpListener, TcpStream},
};

/// How a call goes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    /// Nothing happens but an error of this status and code.
    Refused(u16, &'static str),
    /// Nothing happens and no answer comes.
    Hang,
    /// What was asked for happens; the connection breaks in the middle of the answer.
    Cut,
    /// What was asked for happens; the answer stops in the middle and the connection stays.
    Stall,
    /// Nothing happens; the answer is no HTTP.
    Garbage,
}

/// A server of one bucket, `catalog`.
#[derive(Debug, Clone)]
pub(crate) struct Wire {
    pub(crate) address: SocketAddr,
    pub(crate) store: Memory,
    plan: Arc<Mutex<Plan>>,
}

#[derive(Debug, Default)]
struct Plan {
    calls: Vec<String>,
    fault: Option<(String, Fault, usize)>,
}

impl Wire {
    pub(crate) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let wire = Self { address, store: Memory::default(), plan: Arc::default() };
        let server = wire.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let server = server.clone();
                // A client that goes away in between is what some tests are about.
                tokio::spawn(async move { server.converse(stream).await.ok() });
            }
        });
        wire
    }

    /// From now on so many calls go wrong that are named so; `*` is any.
    pub(crate) fn break_off(&self, call: &str, fault: Fault, times: usize) {
        self.plan.lock().unwrap().fault = Some((call.to_owned(), fault, times));
    }

    pub(crate) fn recover(&self) {
        self.plan.lock().unwrap().fault = None;
    }

    /// The calls since this was last asked, such as `PUT entities/main/...`.
    pub(crate) fn calls(&self) -> Vec<String> {
        std::mem::take(&mut self.plan.lock().unwrap().calls)
    }

    async fn converse(&self, stream: TcpStream) -> io::Result<()> {
        let mut stream = BufReader::new(stream);
        while let Some(request) = Request::read(&mut stream).await? {
            let answer = match self.fault(&request) {
                None => self.answer(&request),
                Some(Fault::Refused(status, code)) => refused(request.is_head(), status, code),
                Some(Fault::Hang) => return std::future::pending().await,
                Some(Fault::Cut) => {
                    let answer = self.answer(&request);
                    return stream.write_all(&answer[..middle(&answer)]).await;
                }
                Some(Fault::Stall) => {
                    let answer = self.answer(&request);
                    stream.write_all(&answer[..middle(&answer)]).await?;
                    return std::future::pending().await;
                }
                Some(Fault::Garbage) => return stream.write_all(b"\0\xff<html>\r\n\r\n").await,
            };
            stream.write_all(&answer).await?;
        }
        Ok(())
    }

    fn fault(&self, request: &Request) -> Option<Fault> {
        let mut plan = self.plan.lock().unwrap();
        let call = request.name();
        let broken = match &mut plan.fault {
            Some((wanted, fault, times)) if *times > 0 && (*wanted == call || wanted == "*") => {
                *times -= 1;
                Some(*fault)
            }
            _ => None,
        };
        plan.calls.push(call);
        broken
    }

    fn answer(&self, request: &Request) -> Vec<u8> {
        let condition = match (request.header("if-none-match"), request.header("if-match")) {
            (Some(_), _) => Condition::Absent,
            (None, Some(etag)) => Condition::Is(etag),
            (None, None) => Condition::Always,
        };
        let (key, head) = (request.key.as_str(), request.is_head());
        let done = match request.method.as_str() {
            "PUT" => match self.store.write(key, request.object(), condition) {
                Conditional::Done(etag) => Some(written(200, &[("etag".to_owned(), etag)], b"")),
                Conditional::Lost => None,
            },
            "DELETE" => match self.store.remove(key, condition) {
                Conditional::Done(()) => Some(written(204, &[], b"")),
                Conditional::Lost => None,
            },
            _ => return self.found(key, head),
        };
        done.unwrap_or_else(|| refused(head, 412, "PreconditionFailed"))
    }

    fn found(&self, key: &str, is_head: bool) -> Vec<u8> {
        let Some((head, bytes)) = self.store.find(key) else { return refused(is_head, 404, "NoSuchKey") };
        let mut headers = vec![("etag".to_owned(), head.etag)];
        headers.extend(head.metadata.into_iter().map(|(name, value)| (format!("x-amz-meta-{name}"), value)));
        if is_head { written(200, &headers, b"") } else { written(200, &headers, &bytes) }
    }
}

struct Request {
    method: String,
    key: String,
    headers: BTreeMap<String, String>,
    body: Vec<u8>,
}

impl Request {
    async fn read(stream: &mut BufReader<TcpStream>) -> io::Result<Option<Self>> {
        let mut lines = Vec::new();
        loop {
            let mut line = String::new();
            if stream.read_line(&mut line).await? == 0 {
                return Ok(None);
            }
            match line.trim_end() {
                "" => break,
                line => lines.push(line.to_owned()),
            }
        }
        let mut first = lines[0].split([' ', '?']);
        let (method, path) = (first.next().unwrap(), first.next().unwrap());
        let headers = lines[1..].iter().filter_map(|line| line.split_once(": "));
        let headers: BTreeMap<_, _> = headers.map(|(name, value)| (name.to_lowercase(), value.to_owned())).collect();
        let length = headers.get("content-length").map_or(0, |length| length.parse().unwrap());
        let mut body = vec![0; length];
        stream.read_exact(&mut body).await?;
        let key = path.strip_prefix("/catalog/").unwrap();
        Ok(Some(Self { method: method.to_owned(), key: key.to_owned(), headers, body }))
    }

    /// The probe's object has a new name each time.
    fn name(&self) -> String {
        let key = self.key.find("/probe-").map_or(self.key.as_str(), |at| &self.key[..at + "/probe".len()]);
        format!("{} {key}", self.method)
    }

    fn is_head(&self) -> bool {
        self.method == "HEAD"
    }

    fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(String::as_str)
    }

    fn object(&self) -> Body {
        let metadata = self.headers.iter().filter_map(|(name, value)| Some((name.strip_prefix("x-amz-meta-")?, value)));
        let metadata = metadata.map(|(name, value)| (name.to_owned(), value.clone())).collect();
        Body { bytes: self.body.clone(), content_type: "application/octet-stream", metadata }
    }
}

fn refused(is_head: bool, status: u16, code: &str) -> Vec<u8> {
    let error = format!("<Error><Code>{code}</Code><Message>the test said so</Message></Error>");
    written(status, &[], if is_head { b"" } else { error.as_bytes() })
}

fn written(status: u16, headers: &[(String, String)], body: &[u8]) -> Vec<u8> {
    let headers: String = headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
    let length = if status == 204 { String::new() } else { format!("content-length: {}\r\n", body.len()) };
    [format!("HTTP/1.1 {status} x\r\n{headers}{length}\r\n").as_bytes(), body].concat()
}

/// The middle of the content, if there is some, otherwise of the head; a refusal would be one without its words, too.
fn middle(answer: &[u8]) -> usize {
    let head = answer.windows(4).position(|end| end == b"\r\n\r\n").map_or(0, |at| at + 4);
    if head < answer.len() && answer.starts_with(b"HTTP/1.1 200") { (head + answer.len()) / 2 } else { head / 2 }
}
