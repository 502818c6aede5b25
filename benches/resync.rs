//! What `callboard resync` costs beyond the raw lists and the raw S3 calls, in the same run. The bucket is a real S3 server,
//! the cluster a wire-level fake with 10,000 Apps, ours the image's binary as a process. Run it with `just bench-resync`.

#![allow(clippy::print_stdout, reason = "the figures are the result")]

mod api_server;
#[path = "resync/apps.rs"]
mod apps;

use anyhow::{Context as _, ensure};
use api_server::ApiServer;
use apps::APPS;
use bucket::{Body, Condition, Conditional, Listed, S3, Store};
use futures::{StreamExt, TryStreamExt, stream};
use serde_json::Value;
use std::{
    collections::{BTreeMap, HashSet},
    fs::File,
    path::PathBuf,
    process::{Command, Stdio},
    time::{Duration, Instant},
};
use tempfile::TempDir;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

/// How many Apps there are.
const APPS_IN_ALL: usize = 10_000;

/// How often each case is run, raw and ours in turn; the median counts.
const ROUNDS: usize = 3;

/// How many calls are under way at once, as in a resync.
const AT_ONCE: usize = 64;

fn main() -> anyhow::Result<()> {
    if !std::env::args().any(|arg| arg == "--bench") {
        return Ok(()); // `cargo test --all-targets` runs benches without it
    }
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async { Bench::start()?.run().await })
}

/// What the cases run on.
struct Bench {
    cluster: ApiServer,
    bucket: bucket::Args,
    store: S3,
    binary: PathBuf,
    folder: TempDir,
    run: String,
}

/// One run of the binary.
struct Ran {
    took: Duration,
    /// Peak resident memory in bytes.
    peak: u64,
}

/// What was measured of one case.
#[derive(Default)]
struct Case {
    raw: Vec<Duration>,
    ours: Vec<Duration>,
    peak: u64,
}

impl Bench {
    fn start() -> anyhow::Result<Self> {
        let variable =
            |name| std::env::var(name).with_context(|| format!("{name} is not set: run `just bench-resync`"));
        let (endpoint, bucket) = (variable("CALLBOARD_TEST_S3_ENDPOINT")?, variable("CALLBOARD_TEST_S3_BUCKET")?);
        let endpoint = Some(endpoint);
        let bucket = bucket::Args { bucket, endpoint, path_style: None, ca_bundle: None, unconditional: false };
        let (cluster, folder) = (apps::cluster(APPS_IN_ALL)?, TempDir::new()?);
        std::fs::write(folder.path().join("kubeconfig"), cluster.kubeconfig())?;
        let (binary, run) = (variable("CALLBOARD_BIN")?.into(), format!("resync-{}", std::process::id()));
        Ok(Self { cluster, store: S3::new(bucket.clone()), bucket, binary, folder, run })
    }

    async fn run(&self) -> anyhow::Result<()> {
        let warm_up = format!("{}-warm-up", self.run);
        self.ours(&warm_up, APPS_IN_ALL + 1)?;
        let sizes: Vec<_> = self.listed(&warm_up).await?.iter().map(|it| it.size as usize).collect();
        let size = sizes.iter().sum::<usize>() / sizes.len();
        let app_bytes = self.cluster.app_bytes();
        println!("{APPS_IN_ALL} Apps of {app_bytes} bytes from a wire-level fake, {size} bytes each in the bucket");
        line(&format!("median of {ROUNDS}"), "raw", "ours", "", "limit");
        self.missing(size).await?;
        self.unchanged(&warm_up).await?;
        self.changed(&warm_up, size).await
    }

    /// A new install: ours is the whole run, with its start and its lists, raw the calls that write.
    async fn missing(&self, size: usize) -> anyhow::Result<()> {
        let mut case = Case::default();
        for round in 0..ROUNDS {
            let keys = (0..APPS_IN_ALL).map(|nth| self.raw_key(round, nth)).collect();
            let began = Instant::now();
            at_once(keys, |key| self.raw_write(key, size, Condition::Absent)).await?;
            case.add(began.elapsed(), &self.ours(&format!("{}-{round}", self.run), APPS_IN_ALL + 1)?);
        }
        let [raw, ours] = case.medians().map(|seconds| APPS_IN_ALL as f64 / seconds);
        let (raw, ours, ratio) = (format!("{raw:.0}/s"), format!("{ours:.0}/s"), format!("{:.2}x", ours / raw));
        line("all missing (HEAD, PUT, GET each)", &raw, &ours, &ratio, "0.8x at least");
        case.print_peak();
        Ok(())
    }

    /// Ours is the whole run, raw the lists of cluster and bucket.
    async fn unchanged(&self, prefix: &str) -> anyhow::Result<()> {
        let (mut case, state) = (Case::default(), format!("state/{prefix}"));
        let (entities, kept) = (self.listed(prefix).await?, self.listed(&state).await?);
        for _ in 0..ROUNDS {
            case.add(self.raw_lists(prefix).await?, &self.ours(prefix, 0)?);
        }
        case.print_beyond("nothing changed", "3 s at most");
        case.print_peak();
        let entities = differ(&entities, &self.listed(prefix).await?);
        let written = format!("{entities}, {}", differ(&kept, &self.listed(&state).await?));
        line("  written: entities, files of our state", "", "", &written, "no entity");
        Ok(())
    }

    /// Ours is the whole run, raw the lists and the calls that write.
    async fn changed(&self, prefix: &str, size: usize) -> anyhow::Result<()> {
        let mut case = Case::default();
        let all = self.listed(&format!("{}-raw", self.run)).await?.into_iter().map(|it| (it.key, it.etag));
        let mut some: Vec<_> = all.step_by(100).take(APPS_IN_ALL / 100).collect();
        for round in 1..=ROUNDS {
            self.cluster.change_one_percent(round)?;
            let lists = self.raw_lists(prefix).await?;
            let began = Instant::now();
            let writes = |(key, etag): (String, String)| async move {
                let etag = self.raw_write(key.clone(), size + round, Condition::Is(&etag)).await?;
                Ok((key, etag))
            };
            some = at_once(some, writes).await?;
            case.add(lists + began.elapsed(), &self.ours(prefix, APPS_IN_ALL / 100)?);
        }
        case.print_beyond("one of a hundred changed", "");
        case.print_peak();
        Ok(())
    }

    /// Runs the binary, which has to change so many bucket objects.
    fn ours(&self, prefix: &str, changes: usize) -> anyhow::Result<Ran> {
        let out = self.folder.path().join("out");
        let kubeconfig = self.folder.path().join("kubeconfig");
        let mut command = Command::new(&self.binary);
        command.args(["resync", "--output=json", "--owner=bench", "--prefix", prefix]);
        command.arg("--kubeconfig").arg(kubeconfig).arg("--bucket").arg(&self.bucket.bucket);
        command.args(self.bucket.endpoint.iter().flat_map(|it| ["--endpoint", it]));
        let began = Instant::now();
        let mut child = command.stdout(Stdio::from(File::create(&out)?)).spawn()?;
        let (status, mut peak) = (format!("/proc/{}/status", child.id()), 0);
        let ended = loop {
            if let Some(ended) = child.try_wait()? {
                break ended;
            }
            peak = std::fs::read_to_string(&status).ok().and_then(|it| high_water(&it)).unwrap_or_default().max(peak);
            std::thread::sleep(Duration::from_millis(2));
        };
        let took = began.elapsed();
        ensure!(ended.success(), "callboard resync failed: {}", std::fs::read_to_string(&out)?);
        let report: Value = serde_json::from_slice(&std::fs::read(&out)?)?;
        let changed = report["changes"].as_array().context("it reported no changes")?.len();
        ensure!(report["compared"] == APPS_IN_ALL + 1, "{} objects were compared", report["compared"]); // and the Promise
        ensure!(changed == changes, "{changed} changes instead of {changes}");
        Ok(Ran { took, peak })
    }

    /// Both lists, of which nothing is parsed but where the next page begins.
    async fn raw_lists(&self, prefix: &str) -> anyhow::Result<Duration> {
        let began = Instant::now();
        self.listed(prefix).await?;
        let mut next = String::new();
        loop {
            let page = self.get(&format!("{APPS}?limit=500&continue={next}")).await?;
            let token = page.split("\"continue\":\"").nth(1).and_then(|rest| rest.split('"').next());
            match token.context("the API server answered with no list")? {
                "" => return Ok(began.elapsed()),
                token => next = token.to_owned(),
            }
        }
    }

    async fn get(&self, path: &str) -> anyhow::Result<String> {
        let mut stream = TcpStream::connect(self.cluster.address).await?;
        stream.write_all(format!("GET {path} HTTP/1.1\r\nhost: bench\r\nconnection: close\r\n\r\n").as_bytes()).await?;
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).await?;
        Ok(String::from_utf8(answer)?)
    }

    /// All entity files under a prefix.
    async fn listed(&self, prefix: &str) -> anyhow::Result<Vec<Listed>> {
        let (prefix, mut listed, mut from) = (format!("{prefix}/"), Vec::new(), None);
        loop {
            let page = self.store.list(&prefix, from.as_deref()).await?;
            listed.extend(page.objects);
            match page.next {
                None => return Ok(listed),
                next => from = next,
            }
        }
    }

    /// As deep as the keys of ours, since a store may look up each folder.
    fn raw_key(&self, round: usize, nth: usize) -> String {
        format!("{}-raw/main-{round}/workshop.kratix.io/app/team-{:03}/todo-{nth:05}.yaml", self.run, nth / 200)
    }

    /// The calls that a new or changed object takes.
    async fn raw_write(&self, key: String, size: usize, condition: Condition<'_>) -> anyhow::Result<String> {
        let metadata =
            ["uid", "resource-version", "sha256", "cause", "outcome"].map(|name| (name.to_owned(), "x".repeat(50)));
        let body =
            Body { bytes: vec![b'x'; size], content_type: "application/yaml", metadata: BTreeMap::from(metadata) };
        self.store.head(&key).await?;
        let written = self.store.put(&key, body, condition).await?;
        self.store.get(&format!("state/{key}.json"), 1000).await?;
        match written {
            Conditional::Done(etag) => Ok(etag),
            Conditional::Lost => anyhow::bail!("a raw PUT of {key} lost"),
        }
    }
}

impl Case {
    fn add(&mut self, raw: Duration, ours: &Ran) {
        self.raw.push(raw);
        self.ours.push(ours.took);
        self.peak = self.peak.max(ours.peak);
    }

    /// In seconds.
    fn medians(&mut self) -> [f64; 2] {
        [&mut self.raw, &mut self.ours].map(|durations| {
            durations.sort_unstable();
            durations[durations.len() / 2].as_secs_f64()
        })
    }

    fn print_beyond(&mut self, name: &str, limit: &str) {
        let [raw, ours] = self.medians();
        line(name, &format!("{raw:.2}s"), &format!("{ours:.2}s"), &format!("+{:.2}s", ours - raw), limit);
    }

    fn print_peak(&self) {
        line("  peak memory", "", "", &format!("{:.0}MB", self.peak as f64 / 1e6), "150 MB at most");
    }
}

async fn at_once<T, R, F>(of: Vec<T>, call: impl Fn(T) -> F) -> anyhow::Result<Vec<R>>
where
    F: Future<Output = anyhow::Result<R>>,
{
    stream::iter(of).map(call).buffer_unordered(AT_ONCE).try_collect().await
}

/// How many objects were written, by ETag and time.
fn differ(before: &[Listed], after: &[Listed]) -> usize {
    let before: HashSet<_> = before.iter().collect();
    after.iter().filter(|object| !before.contains(object)).count()
}

/// The most memory that a process ever had, of its /proc/PID/status; a process that ended has none.
fn high_water(status: &str) -> Option<u64> {
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    Some(line.trim().strip_suffix(" kB")?.parse::<u64>().ok()? * 1024)
}

fn line(name: &str, raw: &str, ours: &str, figure: &str, limit: &str) {
    println!("{name:<44} {raw:>9} {ours:>9} {figure:>9}   {limit}");
}
