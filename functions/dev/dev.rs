//! `callboard dev`: all functions in one process, with a bucket of their own, and a story of events to begin with.

mod consumers;
mod defaults;
mod done;
pub mod endpoint;
mod hints;
mod objects;
mod story;
mod table;
mod third_party;
mod why;

use crate::{
    context::Context,
    output::Quiet,
    preview::{Folder, OWNER},
    serving::{Functions, Serving},
};
use anyhow::{Context as _, ensure};
use bucket::{Bucket, Honours, S3, Wanted};
use catalog::Settings;
use defaults::BUCKET;
use endpoint::{Credentials, Endpoint};
use events::{Object, Version};
use runtime::Handler;
use std::{
    io::{Write, stdout},
    net::Ipv4Addr,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};
use table::{Shown, Table};
use tokio::net::TcpListener;

/// Where to write and to listen.
#[derive(Debug, Clone, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    /// Folder for the bucket, with one file per bucket object. Each start empties it
    #[arg(long, env = "CALLBOARD_DEV_DIR", default_value = "./catalog")]
    pub dir: PathBuf,
    /// Port to listen on, at 127.0.0.1
    #[arg(long, env = "PORT", default_value_t = 8080)]
    pub port: u16,
    /// Port of the S3 endpoint for Backstage, at 127.0.0.1
    #[arg(long, env = "CALLBOARD_DEV_S3_PORT", default_value_t = 8333)]
    pub s3_port: u16,
    /// Exit after the story
    #[arg(long)]
    pub once: bool,
    /// The entities.
    #[command(flatten)]
    pub entities: crate::args::Entities,
}

const EXAMPLES: &str = "Examples:
  # Replay the story, then listen for your own events on port 8080
  callboard dev

  # Replay the story and exit
  callboard dev --once --dir /tmp/catalog";

/// Replays the story. Then it serves until the process is asked to end, unless it must end there.
///
/// # Errors
/// If the port or the folder cannot be used, or if an event of the story had another result than expected and the process
/// ends there. Settings such as opt-in cause that.
#[tokio::main]
pub async fn run(args: Args) -> anyhow::Result<()> {
    let Args { dir, port, s3_port, once, entities } = args;
    let settings = entities.settings(OWNER)?;
    let mut out = Quiet(stdout());
    // The port comes first, since the folder is emptied after that.
    let listener = if once { None } else { Some(listen(port, "--port").await?) };
    let s3 = listen(if once { 0 } else { s3_port }, "--s3-port").await?;
    let mut table = Table::new(&mut out);
    let Played { endpoint, functions, unexpected } = perform(&dir, &entities.prefix, &settings, s3, &mut table).await?;
    let table = table.onto(Quiet(stdout()));
    out.write_all(hints::files(&dir, &entities).as_bytes())?;
    let Some(listener) = listener else {
        ensure!(unexpected.is_empty(), "the story had other results than expected: {}", unexpected.join("; "));
        return Ok(());
    };
    let port = listener.local_addr().context("failed to read the own address")?.port();
    out.write_all(hints::serving(&dir, &entities, port, &endpoint).as_bytes())?;
    let cx = functions.context.clone();
    let why = Box::new(move |object: &Object| why::no_entities(&cx, object));
    let mut shown = Shown { function: functions, table: Mutex::new(table), why };
    shown.table.get_mut().unwrap_or_else(PoisonError::into_inner).head()?;
    serve(listener, port, shown).await
}

/// What is there after the story.
struct Played {
    endpoint: Endpoint,
    /// They know the event mesh only from its events.
    functions: Functions<S3>,
    /// The events that had another result than expected.
    unexpected: Vec<String>,
}

/// Sets up folder and bucket, replays the story, and prints who consumes what.
async fn perform(
    dir: &Path,
    prefix: &str,
    settings: &Settings,
    s3: TcpListener,
    table: &mut Table<impl Write>,
) -> anyhow::Result<Played> {
    let folder = Folder::claim(dir, "--dir", &[prefix, "state"])?;
    let credentials = Credentials { access_key: "callboard".into(), secret_key: "callboard-dev".into() };
    let endpoint = endpoint::start(s3, BUCKET, Some(folder), credentials).await?;
    let functions = functions(&endpoint, settings);
    for entity in third_party::entities(settings) {
        let wanted = entity.descriptor.as_ref().map_or(Wanted::Nothing, Wanted::Is);
        functions.context.bucket.sync(&entity.key, wanted, &Version::default(), "dev").await?;
    }
    let unexpected = story::play(&story::SCENES, &functions, table).await?;
    let entities = consumers::entities(&endpoint.client(), prefix).await?;
    table.out.write_all(consumers::table(&entities).as_bytes())?;
    Ok(Played { endpoint, functions, unexpected })
}

async fn serve(listener: TcpListener, port: u16, functions: impl Handler) -> anyhow::Result<()> {
    let args = runtime::Args {
        port,
        max_body: 2 * 1024 * 1024,
        timeout: Duration::from_secs(20),
        log_format: runtime::LogFormat::Text,
    };
    let telemetry = runtime::telemetry::init("callboard-dev", &args)?;
    let router = runtime::router(functions, &args);
    runtime::serve(listener, router, runtime::terminated()).await;
    telemetry.shutdown().await;
    Ok(())
}

async fn listen(port: u16, option: &str) -> anyhow::Result<TcpListener> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await;
    listener.with_context(|| format!("failed to listen on 127.0.0.1:{port}, choose another port by {option}"))
}

fn functions(endpoint: &Endpoint, settings: &Settings) -> Functions<S3> {
    let bucket = Bucket::new(endpoint.client(), settings.layout.clone(), Honours::Unknown);
    let context = Context::new(settings.clone(), bucket).with_mesh_of_events();
    Functions { serving: Serving::All, context: Arc::new(context) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use bucket::Store;
    use clap::Parser;
    use cloudevents::{EventBuilder, EventBuilderV10};
    use serde_json::{Value, json};
    use std::collections::{BTreeSet, HashSet};

    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        args: Args,
    }

    fn settings() -> Settings {
        let Line { args } = Line::parse_from(["callboard dev", "--once"]);
        assert!(args.once);
        args.entities.settings(OWNER).unwrap()
    }

    async fn played(dir: &Path) -> (Endpoint, String) {
        let mut table = Table::new(Vec::new());
        let s3 = listen(0, "--s3-port").await.unwrap();
        let played = perform(dir, "entities", &settings(), s3, &mut table).await.unwrap();
        assert_eq!(played.unexpected, Vec::<String>::new());
        (played.endpoint, String::from_utf8(table.out).unwrap())
    }

    #[tokio::test]
    async fn every_reference_of_the_story_leads_to_an_entity() {
        let dir = tempfile::tempdir().unwrap();
        let (endpoint, _) = played(dir.path()).await;
        let entities = consumers::entities(&endpoint.client(), "entities").await.unwrap();
        let known: BTreeSet<_> = entities.iter().map(consumers::entity_ref).collect();
        assert_eq!(known.len(), entities.len(), "each ref is there once");
        for entity in &entities {
            let fields = ["owner", "system", "providesApis", "consumesApis", "dependsOn", "dependencyOf"];
            let named = fields.iter().flat_map(|field| match &entity["spec"][field] {
                Value::String(text) => vec![text.clone()],
                _ => consumers::list(entity, &format!("/spec/{field}")).map(str::to_owned).collect(),
            });
            let dangling: Vec<_> = named.filter(|it| !known.contains(it)).collect();
            assert!(dangling.is_empty(), "{}: {dangling:?}", consumers::entity_ref(entity));
        }
    }

    #[tokio::test]
    async fn after_the_story_the_mesh_is_known() {
        let dir = tempfile::tempdir().unwrap();
        let s3 = listen(0, "--s3-port").await.unwrap();
        let mut table = Table::new(Vec::new());
        let played = perform(dir.path(), "entities", &settings(), s3, &mut table).await.unwrap();
        let named = json!({"apiVersion": "eventing.knative.dev/v1beta2", "kind": "EventType",
            "metadata": {"name": "received", "namespace": "payment", "resourceVersion": "99999"}});
        let deleted = "dev.knative.apiserver.resource.delete";
        let event = EventBuilderV10::new().id("1").source("/me").ty(deleted).data("application/json", named);
        let verdict = played.functions.handle(event.build().unwrap()).await;
        let details = done::Report::of(&verdict, &mut HashSet::new()).details;
        let touched = [
            "api:payment/received",
            "component:payment/broker-default",
            "component:payment/trigger-to-shop",
            "component:payment/service-processor",
            "component:payment/containersource-terminal",
        ];
        assert_eq!(details, touched);
    }

    #[tokio::test]
    async fn the_story_shows_who_consumes_what() {
        let dir = tempfile::tempdir().unwrap();
        let (_, table) = played(dir.path()).await;
        let (_, table) = table.split_once("consumed by\n").unwrap();
        let words: Vec<_> = table.split_whitespace().skip(1).collect();
        let wanted = "api:payment/fraud component:payment/broker-default component:default/logger (may) component:team-a/app-shop \
            api:payment/processed component:payment/broker-default component:payment/service-detector component:team-a/app-shop \
            api:payment/received component:payment/broker-default component:payment/service-processor \
            component:payment/containersource-terminal component:team-a/app-shop";
        assert_eq!(words, wanted.split_whitespace().collect::<Vec<_>>());
    }

    #[tokio::test]
    async fn the_story_ends_as_expected_and_leaves_what_exists() {
        let dir = tempfile::tempdir().unwrap();
        let (endpoint, table) = played(dir.path()).await;
        assert!(table.lines().all(|line| line.chars().count() <= 132), "{table}");
        let page = endpoint.client().list("", None).await.unwrap();
        let keys: Vec<_> = page.objects.into_iter().map(|object| object.key).collect();
        let living = [
            "entities/main/backstage.io/component/logger.yaml",
            "entities/main/backstage.io/group/guests.yaml",
            "entities/main/backstage.io/group/team-a.yaml",
            "entities/main/core/namespace/payment.yaml",
            "entities/main/eventing.knative.dev/broker/payment/default.yaml",
            "entities/main/eventing.knative.dev/eventtype/payment/fraud.yaml",
            "entities/main/eventing.knative.dev/eventtype/payment/processed.yaml",
            "entities/main/eventing.knative.dev/eventtype/payment/received.yaml",
            "entities/main/eventing.knative.dev/trigger/payment/to-detector.yaml",
            "entities/main/eventing.knative.dev/trigger/payment/to-logger.yaml",
            "entities/main/eventing.knative.dev/trigger/payment/to-processor.yaml",
            "entities/main/eventing.knative.dev/trigger/payment/to-shop.yaml",
            "entities/main/marketplace.kratix.io/app/team-a/cart.yaml",
            "entities/main/marketplace.kratix.io/app/team-a/shop.yaml",
            "entities/main/platform.kratix.io/promise/app.yaml",
            "entities/main/platform.kratix.io/promise/ingress.yaml",
            "entities/main/serving.knative.dev/service/payment/detector.yaml",
            "entities/main/serving.knative.dev/service/payment/processor.yaml",
            "entities/main/sources.knative.dev/containersource/payment/terminal.yaml",
            "state/entities/main/conditional-writes.json",
            "state/entities/main/tombstones/marketplace.kratix.io/app/default/todoer.json",
        ];
        assert_eq!(keys, living);
        assert!(living.iter().all(|key| dir.path().join(key).is_file()));
    }

    #[tokio::test]
    async fn a_second_run_begins_again_in_the_same_folder() {
        let dir = tempfile::tempdir().unwrap();
        let (_, first) = played(dir.path()).await;
        let (_, second) = played(dir.path()).await;
        assert_eq!(first, second);
    }

    #[tokio::test]
    async fn an_event_with_another_result_is_reported() {
        let dir = tempfile::tempdir().unwrap();
        let (endpoint, _) = played(dir.path()).await;
        // In this bucket the App has been deleted already.
        let scenes = &story::SCENES[2..3];
        let unexpected =
            story::play(scenes, &functions(&endpoint, &settings()), &mut Table::new(Vec::new())).await.unwrap();
        assert_eq!(unexpected, ["event 1 was late, not created"]);
    }

    #[tokio::test]
    async fn a_port_that_is_taken_is_named_with_the_way_out() {
        let taken = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = taken.local_addr().unwrap().port();
        let refused = format!("{:#}", listen(port, "--port").await.unwrap_err());
        assert!(refused.contains(&port.to_string()) && refused.contains("--port"), "{refused}");
    }
}
