//! What keeping an event mesh costs beyond the raw S3 calls and the raw lists, in the same run, and how that grows with the
//! mesh. The bucket is a real S3 server, the cluster a wire-level fake. Run it with `just bench-mesh`.

#![allow(clippy::print_stdout, reason = "the figures are the result")]

mod api_server;
#[path = "mesh/http.rs"]
mod http;
#[path = "mesh/moves.rs"]
mod moves;
#[path = "mesh/objects.rs"]
mod objects;
#[path = "mesh/process.rs"]
mod process;
#[path = "mesh/recorder.rs"]
mod recorder;

use anyhow::{Context as _, ensure};
use bucket::{Listed, Store};
use moves::{Measured, Move, Moves};
use objects::Objects;
use process::{EACH, Process, Surroundings};
use std::time::{Duration, Instant};

/// How many EventTypes there are, and how many Triggers.
const SIZES: [usize; 4] = [10, 100, 1_000, 10_000];

/// How often the binary is started.
const STARTS: usize = 3;

/// How often it gets what it knows already.
const REPLAYS: usize = 3;

/// How long anything may take.
const PATIENCE: Duration = Duration::from_secs(300);

fn main() -> anyhow::Result<()> {
    if !std::env::args().any(|arg| arg == "--bench") {
        return Ok(()); // `cargo test --all-targets` runs benches without it
    }
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(bench())
}

async fn bench() -> anyhow::Result<()> {
    let variable = |name| std::env::var(name).with_context(|| format!("{name} is not set: run `just bench-mesh`"));
    let (endpoint, bucket) = (Some(variable("CALLBOARD_TEST_S3_ENDPOINT")?), variable("CALLBOARD_TEST_S3_BUCKET")?);
    let store = bucket::Args { bucket, endpoint, path_style: None, ca_bundle: None, unconditional: false };
    let (objects, run) = (Objects::new()?, format!("mesh-{}", std::process::id()));
    move_triggers(&objects, &store, &run).await?;
    let Ok(binary) = variable("CALLBOARD_BIN") else {
        println!("CALLBOARD_BIN is not set: start, memory and replay are not measured");
        return Ok(());
    };
    the_binary(&Surroundings::new(binary.into(), &store, &run, &objects)?).await
}

/// The curve over the size of the mesh.
async fn move_triggers(objects: &Objects, store: &bucket::Args, run: &str) -> anyhow::Result<()> {
    println!("One of N Triggers is moved, over N EventTypes: from the event to the reply, and the same S3 calls raw.");
    println!(
        "{:<22} {:>6} {:>6} {:>12} {:>8} {:>8} {:>8} {:>8} {:>8}   limit",
        "", "N", "calls", "descriptors", "raw p50", "ours p50", "beyond", "raw p99", "ours p99"
    );
    for n in SIZES {
        let prefix = format!("{run}-{n}");
        let mut moves = Moves::start(n, objects, store, &prefix).await?;
        moves.replay().await?;
        let limit = match n {
            10_000.. => "30 ms at most",
            1_000.. => "20 ms at most",
            _ => "",
        };
        for (name, case, limit) in [
            ("to another subscriber", Move::Subscriber, limit),
            ("to another type", Move::Type, limit),
            ("to all types, and back", Move::All, ""),
        ] {
            let Measured { mut raw, mut ours, calls, descriptors } = moves.measure(case).await?;
            let [raw, ours] = [&mut raw, &mut ours].map(|them| [at(them, 50), at(them, 99)]);
            let figures = [raw[0], ours[0], ours[0] - raw[0], raw[1], ours[1]].map(|it| format!("{it:>6.2}ms"));
            println!("{name:<22} {n:>6} {calls:>6} {descriptors:>12} {}   {limit}", figures.join(" "));
        }
    }
    Ok(())
}

async fn the_binary(surroundings: &Surroundings<'_>) -> anyhow::Result<()> {
    println!("\n{EACH} EventTypes and {EACH} Triggers, the image's binary as FUNCTION=mesh");
    let (mut ready, mut raw) = (Vec::new(), Vec::new());
    for start in 0..STARTS {
        let (process, lists) = surroundings.start().await?;
        ready.push(process.ready);
        raw.push(lists);
        if start == 0 {
            the_first(surroundings, &process).await?;
        }
    }
    let [raw, ready] = [at(&mut raw, 50), at(&mut ready, 50)].map(|it| it / 1e3);
    let beyond = format!("{ready:.2}s, lists raw {raw:.2}s, +{:.2}s", ready - raw);
    line("start to ready", &beyond, "3 s at most beyond the lists");
    Ok(())
}

/// What a process takes that fills an empty bucket, and then finds nothing to do.
async fn the_first(surroundings: &Surroundings<'_>, process: &Process) -> anyhow::Result<()> {
    line("memory when it is ready", &megabytes(process.memory()?.now), "");
    line("an empty bucket is full after", &seconds(surroundings.filled().await?), "");
    line("a tick that finds nothing", &seconds(surroundings.tick(process).await?), "");
    let mut rates = Vec::new();
    for _ in 0..REPLAYS {
        rates.push(surroundings.replay(process).await?);
    }
    rates.sort_by(f64::total_cmp);
    let rate = format!("{:.0}/s", rates[REPLAYS / 2]);
    line("replay of 10,000 unchanged objects", &rate, "5000/s at least, and no PUT");
    let memory = process.memory()?;
    line("memory after that", &megabytes(memory.now), "150 MB at most");
    line("peak memory", &megabytes(memory.peak), "150 MB at most");
    Ok(())
}

fn line(name: &str, figure: &str, limit: &str) {
    println!("{name:<44} {figure:>9}   {limit}");
}

fn seconds(duration: Duration) -> String {
    format!("{:.1}s", duration.as_secs_f64())
}

fn megabytes(bytes: u64) -> String {
    format!("{:.0}MB", bytes as f64 / 1e6)
}

/// The percentile, in milliseconds.
fn at(durations: &mut [Duration], percentile: usize) -> f64 {
    durations.sort_unstable();
    durations[(durations.len() * percentile / 100).min(durations.len() - 1)].as_secs_f64() * 1e3
}

/// Asks until it is so.
async fn until(mut is_so: impl AsyncFnMut() -> anyhow::Result<bool>) -> anyhow::Result<()> {
    let began = Instant::now();
    while !is_so().await? {
        ensure!(began.elapsed() < PATIENCE, "it did not come to that within {} s", PATIENCE.as_secs());
    }
    Ok(())
}

/// All that lies under a prefix.
async fn listed(store: &impl Store, prefix: &str) -> anyhow::Result<Vec<Listed>> {
    let (prefix, mut listed, mut from) = (format!("{prefix}/"), Vec::new(), None);
    loop {
        let page = store.list(&prefix, from.as_deref()).await?;
        listed.extend(page.objects);
        match page.next {
            None => return Ok(listed),
            next => from = next,
        }
    }
}
