//! What all scenarios have: the cluster, the bucket, and servers of the suite that listen to the Broker and the functions.

use crate::{
    catalog::Catalog,
    cluster::{self, Cluster},
    eventually::eventually,
    http::{self, Target},
    metrics::Metrics,
    recorder::{Recorded, Recorder},
};
use anyhow::{Context, Result, bail, ensure};
use chrono::Utc;
use std::{env, fs, path::PathBuf, process::Command};

/// Where the install lives.
pub(crate) const NAMESPACE: &str = "callboard";

/// The functions that a tick wakes up.
pub(crate) const TICKED: [&str; 2] = ["resync", "mesh"];

/// Where the requests live.
pub(crate) const SHOP: &str = "shop";

/// Where the example of an event mesh lives.
pub(crate) const PAYMENTS: &str = "payments";

/// Ticks come from the suite alone.
pub(crate) const QUIET: &str = "\
patches:
- target: {kind: PingSource, name: tick}
  patch: |-
    - {op: replace, path: /spec/schedule, value: \"0 0 1 1 *\"}
";

/// The bucket of deploy/components/bucket, and its key that everybody knows.
const BUCKET: &str = "catalog";
const KEY: [&str; 2] = ["callboard", "callboard-first-look"];

/// What asks for a resync.
pub(crate) const REQUESTED: &str = "dev.callboard.resync.requested";
const EVENTS_PORT: u16 = 28_080;
const METRICS_PORT: u16 = 28_317;

pub(crate) struct Suite {
    pub(crate) cluster: Cluster,
    pub(crate) recorder: Recorder,
    pub(crate) metrics: Metrics,
    /// This machine as pods see it.
    host: String,
}

/// How many requests for a resync a function has dealt with, and how many it has left to a run that went on.
#[derive(Debug)]
pub(crate) struct Ticks {
    pub(crate) finished: u64,
    busy: u64,
}

/// A run that the suite asked for, and that is over.
pub(crate) struct Tick {
    run: String,
    mark: usize,
}

impl Suite {
    pub(crate) async fn start() -> Result<Self> {
        let cluster = Cluster;
        let nodes = cluster.list(&["nodes"])?;
        let addresses = nodes.first().and_then(|node| node["status"]["addresses"].as_array());
        let internal = addresses.into_iter().flatten().find(|address| address["type"] == "InternalIP");
        let internal = internal.and_then(|address| address["address"].as_str()).unwrap_or_default();
        let host = env::var("CALLBOARD_E2E_HOST").unwrap_or_else(|_| internal.to_owned());
        let (recorder, metrics) = (Recorder::start(EVENTS_PORT).await?, Metrics::start(METRICS_PORT).await?);
        let suite = Self { cluster, recorder, metrics, host };
        suite.is_reachable().await?;
        suite.is_free()?;
        Ok(suite)
    }

    /// A cluster in which somebody uses what the suite makes and deletes is left alone.
    fn is_free(&self) -> Result<()> {
        let promises = ["app", "cache", "redis", "queue"].map(|name| ("promises.platform.kratix.io", name));
        let namespaces = [NAMESPACE, SHOP, PAYMENTS].map(|name| ("namespaces", name));
        for (kind, name) in namespaces.into_iter().chain(promises) {
            let found = self.cluster.get(&[kind, name])?;
            let ours = found.is_null() || found["metadata"]["labels"]["e2e.callboard.dev/suite"] == "true";
            ensure!(ours, "{kind} {name} is there and not of the suite, which would delete it: use another cluster");
        }
        Ok(())
    }

    /// An overlay of deploy/ with the images of this run: the folder for `--kustomize`.
    pub(crate) fn overlay(&self, name: &str, more: &str) -> Result<String> {
        let folder = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/target/e2e")).join(name);
        fs::create_dir_all(&folder).with_context(|| format!("failed to make {}", folder.display()))?;
        let (callboard, seaweedfs) = (image("CALLBOARD", "callboard"), image("SEAWEEDFS", "seaweedfs"));
        let images = [("ghcr.io/callboard-dev/callboard", callboard), ("chrislusf/seaweedfs", seaweedfs)];
        let images = images.map(|(name, image)| {
            let (new, tag) = image.rsplit_once(':').unwrap_or((&image, "latest"));
            format!("- {{name: {name}, newName: {new}, newTag: {tag}}}\n")
        });
        let text = format!(
            "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\n\
             labels: [{{pairs: {{e2e.callboard.dev/suite: \"true\"}}}}]\nimages:\n{}{more}",
            images.concat()
        );
        fs::write(folder.join("kustomization.yaml"), text)?;
        fs::write(folder.join("recorder.yaml"), self.trigger())?;
        Ok(folder.display().to_string())
    }

    /// deploy/examples/first-look, with the suite as a subscriber and as a collector, and perhaps more.
    pub(crate) fn first_look(&self, more: &str) -> Result<String> {
        let settings = self.settings();
        self.overlay(
            "first-look",
            &format!("resources: [../../../deploy/examples/first-look, recorder.yaml]\n{settings}{more}"),
        )
    }

    /// That the functions tell the suite what they count; literals may follow.
    pub(crate) fn settings(&self) -> String {
        let host = &self.host;
        format!(
            "configMapGenerator:\n- name: callboard\n  namespace: callboard\n  behavior: merge\n  literals:\n  \
             - OTEL_EXPORTER_OTLP_METRICS_ENDPOINT=http://{host}:{METRICS_PORT}\n  \
             - OTEL_METRIC_EXPORT_INTERVAL=500\n"
        )
    }

    /// A Trigger that sends every event to the suite.
    fn trigger(&self) -> String {
        format!(
            "apiVersion: eventing.knative.dev/v1\nkind: Trigger\nmetadata: {{name: recorder, namespace: {NAMESPACE}}}\n\
             spec: {{broker: callboard, subscriber: {{uri: 'http://{}:{EVENTS_PORT}/'}}}}\n",
            self.host
        )
    }

    /// YAML of the fixtures, with the images and the listener of this run.
    pub(crate) fn filled(&self, yaml: &str) -> String {
        let shell = image("PIPELINE", "busybox");
        let port = EVENTS_PORT.to_string();
        yaml.replace("SHELL_IMAGE", &shell).replace("SUITE_HOST", &self.host).replace("SUITE_PORT", &port)
    }

    /// The bucket of the install.
    pub(crate) fn catalog(&self) -> Result<Catalog> {
        Ok(Catalog::new(&self.endpoint()?, BUCKET, KEY[0], KEY[1]))
    }

    /// A command of `callboard`, for this catalog.
    pub(crate) fn callboard(&self, command: &str) -> Result<String> {
        self.callboard_with(command, &[])
    }

    /// The same with more arguments.
    pub(crate) fn callboard_with(&self, command: &str, more: &[&str]) -> Result<String> {
        let mut callboard = Command::new(env!("CARGO_BIN_EXE_callboard"));
        callboard.args([command, "--bucket", BUCKET, "--owner", "group:default/platform"]);
        callboard.args(["--endpoint", &self.endpoint()?]).args(more);
        callboard.env("AWS_ACCESS_KEY_ID", KEY[0]).env("AWS_SECRET_ACCESS_KEY", KEY[1]);
        cluster::run(&mut callboard, "")
    }

    fn endpoint(&self) -> Result<String> {
        let s3 = self.cluster.target(&format!("http://seaweedfs.{NAMESPACE}:8333"))?;
        Ok(format!("http://{}", s3.address))
    }

    /// Where the Broker takes events.
    pub(crate) fn broker(&self) -> Result<Target> {
        self.address_of("broker", NAMESPACE, "callboard")
    }

    /// Where a Broker or Channel takes events.
    pub(crate) fn address_of(&self, kind: &str, namespace: &str, name: &str) -> Result<Target> {
        let hub = self.cluster.get(&[kind, name, "--namespace", namespace])?;
        let url = hub["status"]["address"]["url"].as_str();
        self.cluster.target(url.with_context(|| format!("{kind} {namespace}/{name} has no address"))?)
    }

    /// Sends an event of this type to the Broker, which must take it; returns its id.
    pub(crate) async fn send(&self, ty: &str, data: &str) -> Result<String> {
        self.send_to(&self.broker()?, ty, data).await
    }

    /// The same where the Broker was looked up before.
    pub(crate) async fn send_to(&self, broker: &Target, ty: &str, data: &str) -> Result<String> {
        let id = format!("e2e-{}", Utc::now().timestamp_micros());
        let time = Utc::now().to_rfc3339();
        let headers = [
            ("ce-specversion", "1.0"),
            ("ce-id", &id),
            ("ce-source", "/e2e"),
            ("ce-type", ty),
            ("ce-time", &time),
            ("content-type", "application/json"),
        ];
        let status = http::post(broker, &headers, data).await?;
        ensure!(status == 202, "the Broker answered {status} to an event of the type {ty}");
        Ok(id)
    }

    /// Asks for a resync and waits until it is over, that of the mesh, too.
    pub(crate) async fn tick(&self) -> Result<Tick> {
        for _ in 0..5 {
            let (mark, before) = (self.recorder.mark(), TICKED.map(|function| self.ticks(function)));
            let id = self.send(REQUESTED, "{}").await?;
            for (function, before) in TICKED.into_iter().zip(&before) {
                eventually(&format!("{function} is done"), 90, async || self.ticked(function, before, 1)).await?;
            }
            if TICKED.into_iter().zip(&before).all(|(function, before)| self.ticks(function).finished > before.finished)
            {
                let run = events::Cause::new("/e2e", &id, REQUESTED).sha256[..16].to_owned();
                return Ok(Tick { run, mark });
            }
        }
        bail!("a function was busy five times")
    }

    /// What became of the requests that a function got. Each one that a scenario sends is awaited, so that the next one that
    /// ends is the next one that is sent.
    pub(crate) fn ticks(&self, function: &str) -> Ticks {
        let (service, ty) = (format!("service={function}"), format!("type={REQUESTED}"));
        let count = |verdict: &[&str]| {
            self.count("callboard_events_total", &[&[service.as_str(), ty.as_str()], verdict].concat()) as u64
        };
        let busy = count(&["verdict=busy"]);
        // The next slice of a run of `resync` is not for the others.
        let passed = count(&["verdict=retry"]) + count(&["verdict=not_ours"]);
        Ticks { finished: count(&[]) - passed - busy, busy }
    }

    /// An error as long as a function has not answered this many requests since then.
    pub(crate) fn ticked(&self, function: &str, before: &Ticks, requests: u64) -> Result<()> {
        let now = self.ticks(function);
        let answered = now.finished + now.busy - before.finished - before.busy;
        let dump = || self.metrics.dump("callboard_events_total");
        ensure!(answered >= requests, "{function} answered {answered} of {requests}:\n{}", dump());
        Ok(())
    }

    /// What a counter of the functions says.
    pub(crate) fn count(&self, name: &str, parts: &[&str]) -> f64 {
        self.metrics.total(name, parts).count
    }

    /// Waits until a counter has grown since then.
    pub(crate) async fn grew(&self, name: &str, parts: &[&str], before: f64) -> Result<()> {
        eventually(&format!("{name}{parts:?} is above {before}"), 15, async || {
            let now = self.count(name, parts);
            ensure!(now > before, "it is {now}:\n{}", self.metrics.dump(name));
            Ok(())
        })
        .await
    }

    /// The event of this type of a run of `resync`.
    pub(crate) async fn reported(&self, tick: &Tick, ty: &str) -> Result<Recorded> {
        self.reported_by("resync", tick, ty).await
    }

    /// The event of this type of a function's run.
    pub(crate) async fn reported_by(&self, function: &str, tick: &Tick, ty: &str) -> Result<Recorded> {
        let asked =
            |event: &Recorded| event.ty() == ty && event.is_of(function) && event.data["run"] == tick.run.as_str();
        eventually(&format!("a {ty} of this run"), 10, async || self.recorder.find(tick.mark, asked)).await
    }

    /// What helps to understand a failure: pods, events and logs.
    pub(crate) fn trouble(&self) -> String {
        let show = |arguments: &[&str]| {
            let text = self.cluster.kubectl(arguments).unwrap_or_else(|error| format!("{error:#}"));
            let lines: Vec<_> = text.lines().collect();
            lines[lines.len().saturating_sub(60)..].join("\n")
        };
        let namespace = ["--namespace", NAMESPACE];
        let kinds = "pods,ksvc,apiserversources,pingsources,triggers,brokers";
        let logs =
            ["logs", "--selector=serving.knative.dev/service", "--container=user-container", "--tail=20", "--prefix"];
        [
            show(&[&["get", kinds][..], &namespace].concat()),
            show(&[&["get", "events", "--sort-by=.lastTimestamp"][..], &namespace].concat()),
            show(&[&logs[..], &namespace].concat()),
            self.metrics.dump("callboard_events_total"),
        ]
        .join("\n\n")
    }

    /// Whether pods can reach the suite under its address; a wrong one would show only as silence.
    async fn is_reachable(&self) -> Result<()> {
        let address = format!("{}:{EVENTS_PORT}", self.host);
        let connected = tokio::net::TcpStream::connect(&address).await;
        let hint = "set CALLBOARD_E2E_HOST to an address of this machine that pods can reach";
        connected.map(drop).with_context(|| format!("the suite does not reach itself at {address}: {hint}"))
    }
}

impl Tick {
    /// Where the run began among what the recorder heard.
    pub(crate) fn mark(&self) -> usize {
        self.mark
    }
}

/// An image of this run.
pub(crate) fn image(variable: &str, name: &str) -> String {
    env::var(format!("CALLBOARD_E2E_{variable}_IMAGE")).unwrap_or_else(|_| format!("dev.local/{name}:e2e"))
}

/// The key of a request.
pub(crate) fn key(group: &str, kind: &str, name: &str) -> String {
    format!("entities/main/{group}/{kind}/{SHOP}/{name}.yaml")
}

/// The key of an App.
pub(crate) fn app_key(name: &str) -> String {
    key("marketplace.kratix.io", "app", name)
}

/// The key of a Cache.
pub(crate) fn cache_key(name: &str) -> String {
    key("e2e.callboard.dev", "cache", name)
}

/// The key of a Promise.
pub(crate) fn promise_key(name: &str) -> String {
    format!("entities/main/platform.kratix.io/promise/{name}.yaml")
}
