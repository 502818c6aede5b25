//! The image's binary as `FUNCTION=mesh`: how soon it is ready, what it takes, how fast it goes through what it knows.

use crate::{
    api_server::ApiServer,
    http::{self, Client},
    listed,
    objects::{Objects, Route, in_bucket},
    until,
};
use anyhow::{Context as _, ensure};
use bucket::S3;
use std::{
    collections::HashSet,
    fs::File,
    io::{Read, Write},
    net::{Ipv4Addr, SocketAddr},
    path::PathBuf,
    process::{Child, Command},
    time::{Duration, Instant},
};
use tempfile::TempDir;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

/// How many EventTypes there are, and how many Triggers.
pub(crate) const EACH: usize = 10_000;

/// How many events are under way at once.
const AT_ONCE: usize = 64;

/// What the binary runs on.
pub(crate) struct Surroundings<'a> {
    pub(crate) binary: PathBuf,
    pub(crate) args: &'a bucket::Args,
    pub(crate) prefix: &'a str,
    pub(crate) objects: &'a Objects,
    cluster: ApiServer,
    store: S3,
    folder: TempDir,
}

/// A running binary.
pub(crate) struct Process {
    child: Child,
    address: SocketAddr,
    /// From its start until the first 200 of the readiness probe.
    pub(crate) ready: Duration,
}

/// In bytes.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Memory {
    pub(crate) now: u64,
    pub(crate) peak: u64,
}

impl<'a> Surroundings<'a> {
    pub(crate) fn new(
        binary: PathBuf,
        args: &'a bucket::Args,
        prefix: &'a str,
        objects: &'a Objects,
    ) -> anyhow::Result<Self> {
        let (cluster, folder) = (objects.cluster(EACH)?, TempDir::new()?);
        std::fs::write(folder.path().join("kubeconfig"), cluster.kubeconfig())?;
        Ok(Self { binary, args, prefix, objects, cluster, store: S3::new(args.clone()), folder })
    }

    /// Starts the binary and waits until it is ready; and how long the same lists take raw.
    pub(crate) async fn start(&self) -> anyhow::Result<(Process, Duration)> {
        self.asked()?;
        let process = self.spawn()?;
        let pages: Vec<_> = self.asked()?.into_iter().filter(|page| page.contains("limit=")).collect();
        let began = Instant::now();
        for page in &pages {
            self.get(page).await?;
        }
        let raw = began.elapsed();
        ensure!(pages.len() > 2 * EACH / 500, "{} pages are not the whole mesh", pages.len());
        Ok((process, raw))
    }

    fn spawn(&self) -> anyhow::Result<Process> {
        let address = std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?;
        let mut command = Command::new(&self.binary);
        command.args(["--function=mesh", "--owner=bench", "--prefix", self.prefix]);
        command.arg("--kubeconfig").arg(self.folder.path().join("kubeconfig")).arg("--bucket").arg(&self.args.bucket);
        command.args(self.args.endpoint.iter().flat_map(|it| ["--endpoint", it]));
        let log = File::create(self.folder.path().join("log"))?;
        command.env("PORT", address.port().to_string()).stdout(log.try_clone()?).stderr(log);
        let began = Instant::now();
        let mut process = Process { child: command.spawn()?, address, ready: Duration::ZERO };
        while !is_ready(address) {
            let ended = process.child.try_wait()?;
            ensure!(ended.is_none(), "the binary ended: {}", self.log()?);
            ensure!(began.elapsed() < Duration::from_secs(120), "it is not ready: {}", self.log()?);
            std::thread::sleep(Duration::from_millis(2));
        }
        process.ready = began.elapsed();
        Ok(process)
    }

    fn log(&self) -> anyhow::Result<String> {
        Ok(std::fs::read_to_string(self.folder.path().join("log"))?)
    }

    /// The pages that were asked for since the last time.
    fn asked(&self) -> anyhow::Result<Vec<String>> {
        let mut asked = self.cluster.served.asked.lock().ok().context("who answers lists panicked")?;
        Ok(std::mem::take(&mut *asked))
    }

    /// Of which nothing is parsed.
    async fn get(&self, path: &str) -> anyhow::Result<usize> {
        let mut stream = TcpStream::connect(self.cluster.address).await?;
        stream.write_all(format!("GET {path} HTTP/1.1\r\nhost: bench\r\nconnection: close\r\n\r\n").as_bytes()).await?;
        let mut answer = Vec::new();
        Ok(stream.read_to_end(&mut answer).await?)
    }

    /// Waits until the whole mesh is in the bucket, and nobody writes any more.
    pub(crate) async fn filled(&self) -> anyhow::Result<Duration> {
        let began = Instant::now();
        until(async || {
            tokio::time::sleep(Duration::from_millis(500)).await;
            Ok(listed(&self.store, self.prefix).await?.len() == in_bucket(EACH))
        })
        .await?;
        let took = began.elapsed();
        tokio::time::sleep(Duration::from_secs(3)).await;
        Ok(took)
    }

    /// Half of the EventTypes and half of the Triggers as they are; none of it is written. How many events a second.
    pub(crate) async fn replay(&self, process: &Process) -> anyhow::Result<f64> {
        let state = format!("state/{}", self.prefix);
        let before = [listed(&self.store, self.prefix).await?, listed(&self.store, &state).await?].concat();
        let event_types = (0..EACH / 2).map(|nth| http::update(&self.objects.event_type(nth)));
        let triggers = (0..EACH / 2).map(|nth| http::update(&self.objects.trigger(nth, Route::of(nth), nth)));
        let events: Vec<_> = event_types.chain(triggers).collect::<anyhow::Result<_>>()?;
        let began = Instant::now();
        let sent = events.chunks(events.len().div_ceil(AT_ONCE)).map(|events| async move {
            let mut client = Client::connect(process.address).await?;
            for event in events {
                let status = client.send(event).await?.status;
                ensure!(status == 204, "an unchanged object ended in {status}");
            }
            Ok(())
        });
        futures::future::try_join_all(sent).await?;
        let took = began.elapsed();
        let after = [listed(&self.store, self.prefix).await?, listed(&self.store, &state).await?].concat();
        let before: HashSet<_> = before.into_iter().collect();
        let written = after.iter().filter(|it| !before.contains(it)).count();
        ensure!(written == 0, "a replay of unchanged objects made {written} PUTs");
        Ok(events.len() as f64 / took.as_secs_f64())
    }

    /// A tick that finds nothing to do.
    pub(crate) async fn tick(&self, process: &Process) -> anyhow::Result<Duration> {
        let tick = http::event("dev.callboard.resync.requested", "{}")?;
        let mut client = Client::connect(process.address).await?;
        let began = Instant::now();
        let status = client.send(&tick).await?.status;
        ensure!(status == 204, "a tick ended in {status}: {}", self.log()?);
        Ok(began.elapsed())
    }
}

impl Process {
    pub(crate) fn memory(&self) -> anyhow::Result<Memory> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id()))?;
        let of = |name| kilobytes(&status, name).with_context(|| format!("the binary has no {name}"));
        Ok(Memory { now: of("VmRSS:")? * 1024, peak: of("VmHWM:")? * 1024 })
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn kilobytes(status: &str, name: &str) -> Option<u64> {
    let line = status.lines().find_map(|line| line.strip_prefix(name))?;
    line.trim().strip_suffix(" kB")?.parse().ok()
}

fn is_ready(address: SocketAddr) -> bool {
    let Ok(mut stream) = std::net::TcpStream::connect(address) else { return false };
    let mut answer = [0; 12];
    stream.write_all(b"GET /health/readiness HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").is_ok()
        && stream.read_exact(&mut answer).is_ok()
        && &answer == b"HTTP/1.1 200"
}
