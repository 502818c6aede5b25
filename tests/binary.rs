//! The binary as an operator runs it, with no variables but those of the test.

use crate::kubernetes::Kubernetes;
use callboard::dev::endpoint::Endpoint;
use std::{
    fs::{self, File},
    io::{Read, Seek, Write},
    net::{SocketAddr, TcpListener, TcpStream},
    path::Path,
    process::{self, Child, Command, ExitStatus, Output, Stdio},
    sync::atomic::{AtomicU16, Ordering},
    thread::sleep,
    time::{Duration, Instant},
};

/// The most time that a start or an end may take.
const PATIENCE: Duration = Duration::from_secs(20);

/// What must be set.
pub(crate) const NEEDED: [(&str, &str); 2] =
    [("CALLBOARD_BUCKET", "catalog"), ("CALLBOARD_OWNER", "group:default/platform")];

pub(crate) fn callboard(variables: &[(&str, &str)]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_callboard"));
    command.env_clear().envs(variables.iter().copied()).stdin(Stdio::null());
    command
}

/// How a command ends, and what it prints.
pub(crate) async fn output_of(arguments: &[&str], kubernetes: &Kubernetes, store: &Endpoint) -> (bool, String) {
    let output = ended(arguments, &NEEDED, kubernetes, store).await;
    (output.status.success(), String::from_utf8([output.stdout, output.stderr].concat()).unwrap())
}

/// How a command ends that knows the cluster, the store and these variables.
pub(crate) async fn ended(
    arguments: &[&str],
    variables: &[(&str, &str)],
    kubernetes: &Kubernetes,
    store: &Endpoint,
) -> Output {
    let kubeconfig = kubernetes.serve().await;
    let mut command_line = callboard(&[&access(kubeconfig.path(), store)[..], variables].concat());
    command_line.args(arguments);
    tokio::task::spawn_blocking(move || command_line.output().unwrap()).await.unwrap()
}

/// The variables by which a command reaches the cluster and the store.
pub(crate) fn access<'a>(kubeconfig: &'a Path, store: &'a Endpoint) -> [(&'static str, &'a str); 4] {
    let keys = store.credentials();
    [
        ("KUBECONFIG", kubeconfig.to_str().unwrap()),
        ("AWS_ENDPOINT_URL_S3", store.url()),
        ("AWS_ACCESS_KEY_ID", &keys.access_key),
        ("AWS_SECRET_ACCESS_KEY", &keys.secret_key),
    ]
}

/// An address on which nothing listens. Its port is below those that Linux gives to a listener on port 0 and to a client, so
/// no other test takes it before the process listens.
fn free_address() -> SocketAddr {
    static NEXT: AtomicU16 = AtomicU16::new(0);
    let first = 10_000 + u16::try_from(process::id() % 20_000).expect("it is below 20,000");
    let mut candidates =
        (0..100).map(|_| SocketAddr::from(([127, 0, 0, 1], first + NEXT.fetch_add(1, Ordering::Relaxed))));
    candidates.find(|it| TcpListener::bind(it).is_ok()).unwrap()
}

/// A process that serves, until it is dropped.
pub(crate) struct Served {
    child: Child,
    /// A file, since a pipe would have to be read all the time.
    stderr: File,
    pub(crate) address: SocketAddr,
}

impl Served {
    /// Starts it on a free port and waits until it is ready.
    pub(crate) fn start(variables: &[(&str, &str)]) -> Self {
        let address = free_address();
        let port = address.port().to_string();
        let variables = [&NEEDED[..], &[("PORT", port.as_str())], variables].concat();
        let stderr = tempfile::tempfile().unwrap();
        let into = stderr.try_clone().unwrap();
        let child = callboard(&variables).stdout(Stdio::null()).stderr(into).spawn().unwrap();
        let mut served = Self { child, stderr, address };
        let deadline = Instant::now() + PATIENCE;
        while TcpStream::connect(address).is_err() {
            assert_eq!(served.child.try_wait().unwrap(), None, "it has ended");
            assert!(Instant::now() < deadline, "it does not listen");
            sleep(Duration::from_millis(10));
        }
        served
    }

    /// The status line and the rest of the answer to a request without a body.
    pub(crate) fn ask(&self, method: &str, path: &str) -> String {
        self.converse(&format!("{method} {path}"), "\r\n")
    }

    /// The same for an event in binary mode; each of its headers ends with CRLF.
    pub(crate) fn send(&self, headers: &str, data: &str) -> String {
        let length = data.len();
        let head = format!("ce-specversion: 1.0\r\ncontent-type: application/json\r\ncontent-length: {length}\r\n");
        self.converse("POST /", &format!("{head}{headers}\r\n{data}"))
    }

    fn converse(&self, what: &str, rest: &str) -> String {
        let mut stream = TcpStream::connect(self.address).unwrap();
        write!(stream, "{what} HTTP/1.1\r\nhost: callboard\r\nconnection: close\r\n{rest}").unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    }

    /// A figure of `/proc/<pid>/status`.
    pub(crate) fn kibibytes(&self, name: &str) -> u64 {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':')).unwrap();
        line.trim_end_matches("kB").trim().parse().unwrap()
    }

    /// How it ends on SIGTERM, and what it wrote to stderr.
    pub(crate) fn terminated(mut self) -> (ExitStatus, String) {
        assert!(Command::new("kill").args(["-TERM", &self.child.id().to_string()]).status().unwrap().success());
        let deadline = Instant::now() + PATIENCE;
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                let mut stderr = String::new();
                self.stderr.rewind().unwrap();
                self.stderr.read_to_string(&mut stderr).unwrap();
                return (status, stderr);
            }
            assert!(Instant::now() < deadline, "it has not ended");
            sleep(Duration::from_millis(10));
        }
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        // It has ended already where the test went well.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
