//! What it takes to move one Trigger, from the event to the reply, beyond the raw S3 calls of that move.

use crate::{
    api_server::ApiServer,
    http::{self, Client},
    objects::{Objects, Route, SUBSCRIBERS, in_bucket},
    recorder::{Raw, Recorder},
    until,
};
use anyhow::{bail, ensure};
use bucket::{Bucket, Honours, S3};
use callboard::{cli::Cli, context::Context, serving::Functions};
use clap::Parser;
use cluster::Cluster;
use serde_json::Value;
use std::{
    collections::BTreeMap,
    ffi::OsStr,
    net::Ipv4Addr,
    sync::Arc,
    time::{Duration, Instant},
};
use tempfile::TempDir;
use tokio::{net::TcpListener, task::JoinHandle};

/// How many Triggers move in turn.
const MOVING: usize = 100;

/// How often each case is run.
const ROUNDS: usize = 200;

/// The same for a Trigger that lets all pass. Each EventType names it then.
const ROUNDS_OF_ALL: usize = 4;

/// A mesh of `n` EventTypes and `n` Triggers, kept in this process.
pub(crate) struct Moves<'a> {
    n: usize,
    prefix: &'a str,
    objects: &'a Objects,
    context: Arc<Context<Recorder>>,
    server: JoinHandle<()>,
    client: Client,
    routes: BTreeMap<usize, Route>,
    version: usize,
    _cluster: ApiServer,
}

/// What is changed about a Trigger.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Move {
    /// The next subscriber gets its events.
    Subscriber,
    /// It lets the next type pass.
    Type,
    /// It lets all pass, or its own type again.
    All,
}

/// What was measured of a case.
pub(crate) struct Measured {
    pub(crate) raw: Vec<Duration>,
    pub(crate) ours: Vec<Duration>,
    /// The most of a move.
    pub(crate) calls: usize,
    /// The most of a move.
    pub(crate) descriptors: usize,
}

impl<'a> Moves<'a> {
    /// Fills the bucket, and waits until nothing is done any more.
    pub(crate) async fn start(
        n: usize,
        objects: &'a Objects,
        store: &bucket::Args,
        prefix: &'a str,
    ) -> anyhow::Result<Self> {
        let (cluster, folder) = (objects.cluster(n)?, TempDir::new()?);
        let kubeconfig = folder.path().join("kubeconfig");
        std::fs::write(&kubeconfig, cluster.kubeconfig())?;
        let line = ["callboard", "--function=mesh", "--owner=bench", "--bucket", &store.bucket, "--prefix", prefix];
        let line = line.map(OsStr::new).into_iter().chain([OsStr::new("--kubeconfig"), kubeconfig.as_os_str()]);
        let Cli::Serve(args) = Cli::parse_from(line) else { bail!("these are the arguments of a command") };
        let settings = args.catalog.entities.settings(&args.catalog.owner)?;
        let (recorder, layout) = (Recorder::new(S3::new(store.clone())), settings.layout.clone());
        let context = Context::new(settings, Bucket::new(recorder, layout, Honours::Unknown));
        let context = context.with_cluster(Cluster::of_user(&args.cluster).await?);
        let functions = Functions::start(args.function, context)?;
        let context = functions.context.clone();
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        let router = runtime::router(functions, &args.runtime);
        let server = tokio::spawn(runtime::serve(listener, router, std::future::pending()));
        let recorder = context.bucket.store();
        until(async || {
            let calls = recorder.count();
            tokio::time::sleep(Duration::from_secs(1)).await;
            Ok(recorder.count() == calls && crate::listed(&recorder.store, prefix).await?.len() == in_bucket(n))
        })
        .await?;
        let (client, routes) = (Client::connect(address).await?, BTreeMap::new());
        Ok(Self { n, prefix, objects, context, server, client, routes, version: 0, _cluster: cluster })
    }

    /// All objects once more, as they are: no call at the store.
    pub(crate) async fn replay(&mut self) -> anyhow::Result<()> {
        self.recorder().take();
        for nth in 0..self.n {
            let update = http::update(&self.objects.event_type(nth))?;
            ensure!(self.client.send(&update).await?.status == 204, "an unchanged EventType changed something");
            let update = http::update(&self.objects.trigger(nth, Route::of(nth), nth))?;
            ensure!(self.client.send(&update).await?.status == 204, "an unchanged Trigger changed something");
        }
        let calls = self.recorder().take().len();
        ensure!(calls == 0, "a replay made {calls} calls at the store");
        Ok(())
    }

    /// Moves Triggers, ours and raw by turns.
    pub(crate) async fn measure(&mut self, case: Move) -> anyhow::Result<Measured> {
        let (prefix, context) = (self.prefix, self.context.clone());
        let mut raw = Raw::new(&context.bucket.store().store, prefix);
        let moving = if case == Move::All { 1 } else { self.n.min(MOVING) };
        let rounds = if case == Move::All { ROUNDS_OF_ALL } else { ROUNDS };
        let mut measured = Measured { raw: Vec::new(), ours: Vec::new(), calls: 0, descriptors: 0 };
        for round in 0..rounds {
            let update = http::update(&self.moved(round % moving, case))?;
            self.recorder().take();
            let began = Instant::now();
            let mut answer = self.client.send(&update).await?;
            // There was no more time: the Broker sends it again.
            while answer.status == 503 {
                answer = self.client.send(&update).await?;
            }
            measured.ours.push(began.elapsed());
            ensure!(answer.status == 200, "a move ended in {}", answer.status);
            let calls = self.recorder().take();
            measured.calls = measured.calls.max(calls.len());
            measured.descriptors = measured.descriptors.max(changes(&answer.body)?);
            measured.raw.push(raw.again(calls).await?);
        }
        Ok(measured)
    }

    fn moved(&mut self, nth: usize, case: Move) -> Value {
        let mut route = self.routes.get(&nth).copied().unwrap_or(Route::of(nth));
        match case {
            Move::Subscriber => route.subscriber = (route.subscriber + 1) % SUBSCRIBERS,
            Move::Type => route.ty = route.ty.map(|ty| (ty + 1) % self.n),
            Move::All => route.ty = if route.ty.is_some() { None } else { Some(nth) },
        }
        self.routes.insert(nth, route);
        self.version += 1;
        self.objects.trigger(nth, route, self.n + self.version)
    }

    fn recorder(&self) -> &Recorder {
        self.context.bucket.store()
    }
}

impl Drop for Moves<'_> {
    fn drop(&mut self) {
        self.server.abort();
    }
}

/// How many bucket objects a reply names.
fn changes(body: &[u8]) -> anyhow::Result<usize> {
    let reply: Value = serde_json::from_slice(body)?;
    let changes = reply.pointer("/changes").or_else(|| reply.pointer("/data/changes"));
    Ok(changes.and_then(Value::as_array).map_or(0, Vec::len))
}
