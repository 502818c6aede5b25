//! What Callboard costs beyond the raw S3 calls it makes: by the same client, on the same server, in the same run, the
//! raw call and ours in turn. Run it with `just bench`.

#![allow(clippy::print_stdout, reason = "the figures are the result")]

use anyhow::{Context as _, ensure};
use bucket::{Body, Condition, Conditional, S3, Store};
use callboard::{cli::Cli, serving::Functions};
use clap::Parser;
use serde_json::json;
use std::{
    collections::BTreeMap,
    net::{Ipv4Addr, SocketAddr},
    process::{Command, Stdio},
    sync::Arc,
    time::{Duration, Instant},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};

/// How often each case is run.
const ROUNDS: u64 = 400;

/// How many events are under way at once where throughput is measured, and how many each of them makes in turn.
const AT_ONCE: u64 = 64;
const EACH: u64 = 25;

fn main() -> anyhow::Result<()> {
    if !std::env::args().any(|arg| arg == "--bench") {
        return Ok(()); // `cargo test --all-targets` runs benches without it
    }
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(ratios())?;
    let Ok(binary) = std::env::var("CALLBOARD_BIN") else {
        println!("CALLBOARD_BIN is not set: start, memory and size of the binary are not measured");
        return Ok(());
    };
    the_binary(&binary)
}

/// What the cases run on: the function over HTTP, and the store below it.
struct Bench {
    address: SocketAddr,
    store: S3,
    run: String,
    began: Instant,
}

async fn ratios() -> anyhow::Result<()> {
    let bench = Bench::start().await?;
    println!("{:<44} {:>9} {:>9} {:>7}", "p50 at concurrency 1", "raw", "ours", "ratio");
    bench.case("new object (HEAD, PUT, GET)", Case::Create).await?;
    bench.case("changed object (HEAD, PUT, GET)", Case::Update).await?;
    bench.case("unchanged event of a new version (HEAD)", Case::Unchanged).await?;
    bench.case("event of a version already seen (none, vs HEAD)", Case::Seen).await?;
    bench.case("event of others (HTTP alone, vs HEAD)", Case::Foreign).await?;
    bench.case("deleted object (HEAD, PUT, DELETE)", Case::Delete).await?;
    bench.throughput().await
}

#[derive(Clone, Copy)]
enum Case {
    Create,
    Update,
    Unchanged,
    Seen,
    Foreign,
    Delete,
}

impl Bench {
    async fn start() -> anyhow::Result<Self> {
        let endpoint = std::env::var("CALLBOARD_TEST_S3_ENDPOINT").context("no server: run it with `just bench`")?;
        let bucket = std::env::var("CALLBOARD_TEST_S3_BUCKET")?;
        let run = format!("bench-{}", std::process::id());
        let line = ["callboard", "--endpoint", &endpoint, "--bucket", &bucket, "--owner", "bench", "--prefix", &run];
        let Cli::Serve(args) = Cli::parse_from(line) else { anyhow::bail!("these are the arguments of a command") };
        let functions = Functions { serving: args.function, context: Arc::new(args.catalog.context()?) };
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        tokio::spawn(runtime::serve(listener, runtime::router(functions, &args.runtime), std::future::pending()));
        let bench = Self { address, store: S3::new(args.catalog.bucket.clone()), run, began: Instant::now() };
        let mut client = bench.connect().await?;
        bench.send(&mut client, "add", "warm-up", 1, "x").await?;
        Ok(bench)
    }

    async fn case(&self, name: &str, case: Case) -> anyhow::Result<()> {
        let mut client = self.connect().await?;
        let (mut raw, mut ours) = (Vec::new(), Vec::new());
        let app = format!("app-{}", case as u8);
        let mut etag = self.raw_create(&app).await?;
        self.send(&mut client, "add", &app, 1, "0").await?;
        for round in 0..ROUNDS {
            let fresh = format!("{app}-{round}");
            if matches!(case, Case::Delete) {
                self.raw_create(&fresh).await?;
                self.send(&mut client, "add", &fresh, 1, "0").await?;
            }
            let began = Instant::now();
            match case {
                Case::Create => drop(self.raw_create(&fresh).await?),
                Case::Update => etag = self.raw_update(&app, &format!("{round}"), &etag).await?,
                Case::Unchanged | Case::Seen | Case::Foreign => drop(self.store.head(&self.key(&app)).await?),
                Case::Delete => self.raw_delete(&fresh).await?,
            }
            raw.push(began.elapsed());
            let version = round + 2;
            let request = match case {
                Case::Create => self.request("add", &fresh, version, "0"),
                Case::Update => self.request("update", &app, version, &format!("{version}")),
                Case::Unchanged => self.request("update", &app, version, "0"),
                Case::Seen => self.request("update", &app, 1, "0"),
                Case::Foreign => self.request("patch", &app, version, "0"),
                Case::Delete => self.request("delete", &fresh, version, "0"),
            };
            let began = Instant::now();
            client.write_all(request.as_bytes()).await?;
            let status = answer(&mut client).await?;
            ours.push(began.elapsed());
            let wanted = if matches!(case, Case::Unchanged | Case::Seen | Case::Foreign) { 204 } else { 200 };
            ensure!(status == wanted, "{name}: {status} instead of {wanted}");
        }
        let (raw, ours) = (p50(&mut raw), p50(&mut ours));
        println!("{name:<44} {:>7.0}us {:>7.0}us {:>7.2}", micros(raw), micros(ours), micros(ours) / micros(raw));
        Ok(())
    }

    /// Events of new objects, and the three calls each of them makes, in blocks by turns.
    async fn throughput(&self) -> anyhow::Result<()> {
        let (mut raw, mut ours) = (Vec::new(), Vec::new());
        for block in 0..5 {
            let began = Instant::now();
            let all = (0..AT_ONCE).map(|worker| async move {
                for round in 0..EACH {
                    self.raw_create(&format!("raw-{block}-{worker}-{round}")).await?;
                }
                anyhow::Ok(())
            });
            futures::future::try_join_all(all).await?;
            raw.push(began.elapsed());
            let began = Instant::now();
            let all = (0..AT_ONCE).map(|worker| async move {
                let mut client = self.connect().await?;
                for round in 0..EACH {
                    let status =
                        self.send(&mut client, "add", &format!("ours-{block}-{worker}-{round}"), 1, "0").await?;
                    ensure!(status == 200, "{status} instead of 200");
                }
                anyhow::Ok(())
            });
            futures::future::try_join_all(all).await?;
            ours.push(began.elapsed());
        }
        let rate = |took: Duration| (AT_ONCE * EACH) as f64 / took.as_secs_f64();
        let (raw, ours) = (rate(p50(&mut raw)), rate(p50(&mut ours)));
        println!("{:<44} {raw:>7.0}/s {ours:>7.0}/s {:>7.2}", "new objects, 64 at once", ours / raw);
        Ok(())
    }

    /// As deep as the keys of ours, since a store may look up each folder.
    fn key(&self, name: &str) -> String {
        format!("{}-raw/main/marketplace.kratix.io/app/default/{name}.yaml", self.run)
    }

    async fn put(&self, key: &str, text: &str, condition: Condition<'_>) -> anyhow::Result<String> {
        let metadata = BTreeMap::from(
            ["uid", "resource-version", "sha256", "cause", "outcome"].map(|key| (key.into(), "x".repeat(50))),
        );
        let bytes = format!("{text:<1500}").into_bytes();
        match self.store.put(key, Body { bytes, content_type: "application/yaml", metadata }, condition).await? {
            Conditional::Done(etag) => Ok(etag),
            Conditional::Lost => anyhow::bail!("a raw PUT of {key} lost"),
        }
    }

    async fn raw_create(&self, name: &str) -> anyhow::Result<String> {
        self.store.head(&self.key(name)).await?;
        let etag = self.put(&self.key(name), "raw", Condition::Absent).await?;
        self.store.get(&format!("{}.json", self.key(name)), 1000).await?;
        Ok(etag)
    }

    async fn raw_update(&self, name: &str, text: &str, etag: &str) -> anyhow::Result<String> {
        self.store.head(&self.key(name)).await?;
        let etag = self.put(&self.key(name), text, Condition::Is(etag)).await?;
        self.store.get(&format!("{}.json", self.key(name)), 1000).await?;
        Ok(etag)
    }

    async fn raw_delete(&self, name: &str) -> anyhow::Result<()> {
        let head = self.store.head(&self.key(name)).await?.context("nothing to delete")?;
        self.put(&format!("{}.json", self.key(name)), "tombstone", Condition::Absent).await?;
        self.store.delete(&self.key(name), Condition::Is(&head.etag)).await?;
        Ok(())
    }

    async fn connect(&self) -> anyhow::Result<TcpStream> {
        let stream = TcpStream::connect(self.address).await?;
        stream.set_nodelay(true)?;
        Ok(stream)
    }

    async fn send(
        &self,
        client: &mut TcpStream,
        verb: &str,
        name: &str,
        version: u64,
        endpoint: &str,
    ) -> anyhow::Result<u16> {
        client.write_all(self.request(verb, name, version, endpoint).as_bytes()).await?;
        answer(client).await
    }

    /// An event as ApiServerSource sends it; what `endpoint` says is what the entity shows.
    fn request(&self, verb: &str, name: &str, version: u64, endpoint: &str) -> String {
        let app = json!({
            "apiVersion": "marketplace.kratix.io/v1", "kind": "app",
            "metadata": {"name": name, "namespace": "default", "uid": "7a0f", "resourceVersion": version.to_string(), "generation": 1,
                "labels": {"kratix.io/promise-name": "app"}},
            "spec": {"name": name, "image": "registry.example/todo:v1", "dbDriver": "postgresql", "service": {"port": 8080}},
            "status": {"endpoint": format!("http://todo.example/{endpoint}"), "observedGeneration": 1}
        });
        let (body, nanos) = (app.to_string(), self.began.elapsed().as_nanos());
        format!(
            "POST / HTTP/1.1\r\nhost: callboard\r\ncontent-type: application/json\r\ncontent-length: {}\r\nce-specversion: 1.0\r\n\
             ce-id: {verb}-{name}-{version}-{nanos}\r\nce-source: https://10.96.0.1:443\r\nce-type: dev.knative.apiserver.resource.{verb}\r\n\r\n{body}",
            body.len()
        )
    }
}

/// The status of an answer, whose body is read and thrown away.
async fn answer(client: &mut TcpStream) -> anyhow::Result<u16> {
    let mut read = Vec::with_capacity(2048);
    loop {
        ensure!(client.read_buf(&mut read).await? > 0, "the connection was closed");
        let text = String::from_utf8_lossy(&read);
        let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
        let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
        if body.len() >= length.map_or(Ok(0), str::parse)? {
            return Ok(head.get(9..12).context("no status")?.parse()?);
        }
    }
}

/// Start to the first 200, memory when idle, and size, of the binary without `dev`.
fn the_binary(binary: &str) -> anyhow::Result<()> {
    let mut starts = Vec::new();
    let mut memory = Vec::new();
    for _ in 0..40 {
        let port = std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port();
        let began = Instant::now();
        let mut child = Command::new(binary)
            .args(["--owner", "bench", "--bucket", "catalog", "--endpoint", "http://127.0.0.1:9"])
            .env("PORT", port.to_string())
            .stderr(Stdio::null())
            .spawn()?;
        while !ready(port) {
            ensure!(began.elapsed() < Duration::from_secs(10), "{binary} did not become ready");
            std::thread::sleep(Duration::from_micros(100));
        }
        starts.push(began.elapsed());
        std::thread::sleep(Duration::from_millis(50));
        let statm = std::fs::read_to_string(format!("/proc/{}/statm", child.id()))?;
        let pages: u64 = statm.split(' ').nth(1).context("no statm")?.parse()?;
        memory.push(pages * 4096);
        child.kill()?;
        child.wait()?;
    }
    memory.sort_unstable();
    let size = std::fs::metadata(binary)?.len();
    println!("{:<44} {:>7.2}ms", "start to first 200, median of 40", p50(&mut starts).as_secs_f64() * 1e3);
    println!("{:<44} {:>7.1}MB", "idle memory, median of 40", memory[memory.len() / 2] as f64 / 1e6);
    println!("{:<44} {:>7.1}MB", "binary", size as f64 / 1e6);
    Ok(())
}

fn ready(port: u16) -> bool {
    use std::io::{Read, Write};
    let Ok(mut stream) = std::net::TcpStream::connect((Ipv4Addr::LOCALHOST, port)) else { return false };
    let mut answer = [0; 12];
    stream.write_all(b"GET /health/readiness HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").is_ok()
        && stream.read_exact(&mut answer).is_ok()
        && &answer == b"HTTP/1.1 200"
}

fn p50(durations: &mut [Duration]) -> Duration {
    durations.sort_unstable();
    durations[durations.len() / 2]
}

fn micros(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1e6
}
