//! A function as a process of its own, since environment, signals and OpenTelemetry's globals are one per process.

use crate::{Function, args};
use events::{Nothing, Reply};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::process::{Child, ChildStdout, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};
use tokio::net::TcpListener;

pub(crate) struct Process {
    child: Child,
    stdout: BufReader<ChildStdout>,
    pub(crate) address: SocketAddr,
}

impl Process {
    pub(crate) fn start(variables: &[(&str, &str)]) -> Self {
        let mut child = command(variables).spawn().unwrap();
        let mut stdout = BufReader::new(child.stdout.take().unwrap());
        let address = said(&mut stdout, "listening on ").parse().unwrap();
        Self { child, stdout, address }
    }

    /// Waits until a line of its stdout has these words; returns what follows them.
    pub(crate) fn wait_for(&mut self, words: &str) -> String {
        said(&mut self.stdout, words)
    }

    /// Sends one event and returns the whole answer.
    pub(crate) fn send(&self, headers: &str, body: &str) -> String {
        send(self.address, headers, body)
    }

    pub(crate) fn terminate(&self) {
        assert!(Command::new("kill").args(["-TERM", &self.child.id().to_string()]).status().unwrap().success());
    }

    /// How it ended within the time, and what it wrote to stderr.
    pub(crate) fn ended(mut self, within: Duration) -> (ExitStatus, String) {
        let deadline = Instant::now() + within;
        let status = loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                break status;
            }
            assert!(Instant::now() < deadline, "it has not ended within {within:?}");
            std::thread::sleep(Duration::from_millis(10));
        };
        let mut stderr = String::new();
        self.child.stderr.take().unwrap().read_to_string(&mut stderr).unwrap();
        (status, stderr)
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It has ended already where the test went well.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The function of `served.rs`; it says on stdout where it listens and when a slow event has begun.
fn command(variables: &[(&str, &str)]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_served"));
    command.env_clear().envs(variables.iter().copied()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

fn said(stdout: &mut impl BufRead, words: &str) -> String {
    let mut lines = stdout.lines().map(Result::unwrap);
    lines.find_map(|line| line.split_once(words).map(|(_, rest)| rest.to_owned())).unwrap()
}

/// One event in binary mode over a connection of its own; `headers` end with CRLF each.
pub(crate) fn send(address: SocketAddr, headers: &str, body: &str) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    let length = body.len();
    let head = "POST / HTTP/1.1\r\nhost: callboard\r\nconnection: close\r\nce-specversion: 1.0\r\nce-source: /test\r\n";
    write!(stream, "{head}content-type: application/json\r\ncontent-length: {length}\r\n{headers}\r\n{body}").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

#[test]
fn an_event_in_flight_is_finished_before_the_end() {
    let mut process = Process::start(&[]);
    let address = process.address;
    let slow = std::thread::spawn(move || send(address, "ce-id: slow\r\nce-type: t\r\n", ""));
    process.wait_for("handling slow");
    process.terminate();
    assert!(slow.join().unwrap().starts_with("HTTP/1.1 204"));
    let (status, _) = process.ended(Duration::from_secs(20));
    assert!(status.success(), "{status}");
    assert!(TcpStream::connect(address).is_err());
}

#[test]
fn a_panic_is_a_line_that_says_where_and_nothing_of_the_event() {
    let process = Process::start(&[]);
    let answer = process.send("ce-id: panic\r\nce-type: t\r\n", "");
    assert!(answer.starts_with("HTTP/1.1 500") && !answer.contains("secret"), "{answer}");
    process.terminate();
    let (_, stderr) = process.ended(Duration::from_secs(20));
    let line =
        stderr.lines().find(|line| line.contains("\"panicked\"")).unwrap_or_else(|| panic!("no line in {stderr}"));
    assert!(line.starts_with('{') && line.contains("served.rs:"), "{line}");
    assert!(!stderr.contains("secret"), "{stderr}");
}

#[tokio::test(start_paused = true)]
async fn a_client_that_stalls_does_not_keep_the_process_alive() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let mut client = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
    client.write_all(b"POST / HTTP/1.1\r\nhost: ").unwrap();
    let router = runtime::router(Function(|_| async { Ok(Reply::Nothing(Nothing::Unchanged)) }), &args());
    runtime::serve(listener, router, tokio::time::sleep(Duration::from_secs(1))).await;
}

#[test]
fn half_heads_and_many_connections_keep_no_probe_waiting() {
    let process = Process::start(&[]);
    let half: Vec<_> = (0..512)
        .map(|_| {
            let mut connection = TcpStream::connect(process.address).unwrap();
            connection.write_all(b"POST / HTTP/1.1\r\nhost: x\r\n").unwrap();
            connection
        })
        .collect();
    let ask = |request: &str| {
        let mut connection = TcpStream::connect(process.address).unwrap();
        connection.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        connection.write_all(request.as_bytes()).unwrap();
        let mut answer = String::new();
        connection.read_to_string(&mut answer).unwrap();
        answer
    };
    for _ in 0..3 {
        let answer = ask("GET /health/liveness HTTP/1.1\r\nhost: x\r\n\r\n");
        assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    }
    let answer = send(process.address, "ce-id: late\r\nce-type: t\r\n", "");
    assert!(answer.starts_with("HTTP/1.1 503") && answer.ends_with("too many connections are open"), "{answer}");
    assert_eq!(ask("GET /health/liveness HTTP/1.1\r\nhost: "), "", "a half head on a spare connection is dropped");
    drop(half);
}

#[test]
fn a_head_that_is_too_long_is_refused_and_http_2_is_not_spoken() {
    let process = Process::start(&[]);
    let answer = send(process.address, &format!("ce-id: {}\r\n", "x".repeat(70_000)), "");
    assert!(answer.starts_with("HTTP/1.1 431"), "{answer}");
    let mut connection = TcpStream::connect(process.address).unwrap();
    connection.write_all(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n").unwrap();
    let mut answer = Vec::new();
    connection.read_to_end(&mut answer).unwrap();
    assert!(answer.is_empty() || answer.starts_with(b"HTTP/1.1 4"), "{}", String::from_utf8_lossy(&answer));
}

#[test]
fn a_setting_that_cannot_be_followed_ends_the_start() {
    let endpoint = ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:1");
    for (variables, says) in [
        (&[endpoint, ("OTEL_EXPORTER_OTLP_PROTOCOL", "http/protobuf")][..], "set it to grpc"),
        (&[("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "not an endpoint")][..], "failed to set up traces"),
        (&[("RUST_LOG", "callboard=loud")][..], "RUST_LOG"),
    ] {
        let output = command(variables).output().unwrap();
        assert!(!output.status.success());
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert!(stderr.contains(says), "{stderr}");
    }
}
