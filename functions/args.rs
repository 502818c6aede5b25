//! The settings that serving and commands share. Each argument has an environment variable, and is read once.

use crate::context::Context;
use anyhow::Context as _;
use backstage::Backstage;
use bucket::{Bucket, S3};
use catalog::{
    AnnotationKeys, ComponentNamespace, EntityRef, EventTypes, Internals, Layout, RequestKinds, Selection, Settings,
    SourceUrl,
};

/// The catalog: its bucket, its owner, its entities, and whose objects it has.
#[derive(Debug, clap::Args)]
pub struct Catalog {
    /// The bucket.
    #[command(flatten)]
    pub bucket: bucket::Args,
    /// Default owner, e.g. group:default/platform
    #[arg(long, env = "CALLBOARD_OWNER", value_name = "CALLBOARD_OWNER", help_heading = "Catalog")]
    pub owner: String,
    /// The entities.
    #[command(flatten)]
    pub entities: Entities,
    /// Whose objects.
    #[command(flatten)]
    pub namespaces: Namespaces,
}

impl Catalog {
    /// The surroundings of a function that keeps the catalog, without a cluster and a sink. Call it after telemetry is set
    /// up, or it counts nothing.
    ///
    /// # Errors
    /// Names the setting that cannot be used.
    pub fn context(&self) -> anyhow::Result<Context<S3>> {
        if let Some((why, _)) = self.bucket.misplaced() {
            anyhow::bail!("AWS_ENDPOINT_URL_S3 cannot be used: {why}");
        }
        let settings = self.entities.settings(&self.owner)?;
        let bucket = Bucket::new(S3::new(self.bucket.clone()), settings.layout.clone(), self.bucket.honours());
        Ok(Context::new(settings, bucket).with_namespaces(self.namespaces.chosen()))
    }

    /// The Backstage that reads this bucket, if one is named.
    ///
    /// # Errors
    /// Names the setting that cannot be used.
    pub fn backstage(&self, args: &backstage::Args) -> anyhow::Result<Option<Backstage>> {
        let url = self.bucket.url().context("AWS_ENDPOINT_URL_S3 and the bucket do not make a valid URL")?;
        Backstage::new(args, url.as_ref())
    }
}

/// Whose objects are cataloged.
#[derive(Debug, Clone, clap::Args)]
#[command(next_help_heading = "Catalog")]
#[group(id = "namespaces-args")]
pub struct Namespaces {
    /// Comma-separated namespaces to catalog. Default: all. Sources and RBAC must match, see `callboard sources`
    #[arg(long, env = "CALLBOARD_NAMESPACES", value_delimiter = ',', value_parser = namespace)]
    pub namespaces: Vec<String>,
}

impl Namespaces {
    /// The chosen namespaces, sorted; empty: all.
    pub fn chosen(&self) -> Vec<String> {
        let mut chosen: Vec<_> = self.namespaces.iter().filter(|it| !it.is_empty()).cloned().collect();
        chosen.sort();
        chosen.dedup();
        chosen
    }
}

/// Takes the name of a namespace, or nothing, as an unset variable of a ConfigMap may be.
fn namespace(text: &str) -> Result<String, String> {
    let text = text.trim();
    let is_name = text.is_empty() || events::names::is_label(text);
    if is_name { Ok(text.to_owned()) } else { Err("not a valid name of a namespace".to_owned()) }
}

/// What the platform engineer decides about entities.
#[derive(Debug, Clone, clap::Args)]
#[command(next_help_heading = "Catalog")]
pub struct Entities {
    /// Prefix of the entities in the bucket
    #[arg(long, env = "CALLBOARD_PREFIX", default_value = "entities")]
    pub prefix: String,
    /// Name of this cluster. Any name but main becomes part of the entity namespaces, so that several clusters can fill one Backstage
    #[arg(long, env = "CALLBOARD_CLUSTER", default_value = "main")]
    pub cluster: String,
    /// Default system, e.g. system:default/shop
    #[arg(long, env = "CALLBOARD_SYSTEM")]
    pub system: Option<String>,
    /// Comma-separated fields of an object that may name its owner, e.g. spec.owner
    #[arg(long, env = "CALLBOARD_OWNER_PATHS", value_delimiter = ',')]
    pub owner_paths: Vec<String>,
    /// URL of a page about a Kubernetes object, e.g. of a dashboard, with {cluster}, {group}, {kind}, {namespace} and {name}. Entities link to it
    #[arg(long, env = "CALLBOARD_SOURCE_URL")]
    pub source_url: Option<SourceUrl>,
    /// Comma-separated annotations that entities of the event mesh take over from their objects, e.g. github.com/project-slug,example.org/*. Those of Knative and the pages of Backstage need no entry
    #[arg(long, env = "CALLBOARD_ANNOTATIONS", value_delimiter = ',')]
    pub annotations: Vec<AnnotationKeys>,
    /// Kinds of resource requests, separated by semicolons: KIND.GROUP=PROMISE, or KIND.GROUP=PROMISE:SELECTOR with the label selector of the workload
    #[arg(long, env = "CALLBOARD_KINDS", value_delimiter = ';')]
    pub kinds: Vec<String>,
    /// Catalog only objects that opt in with kratix.io/backstage or callboard.dev/ignore=false
    #[arg(long, env = "CALLBOARD_OPT_IN", default_value_t = false, action = clap::ArgAction::Set, value_name = "BOOL")]
    pub opt_in: bool,
    /// Entity namespace of third-party Components that are known only by a backstage.io/kubernetes-id, maybe with {cluster} and the Kubernetes {namespace}
    #[arg(long, env = "CALLBOARD_COMPONENT_NAMESPACE", default_value = "default")]
    pub component_namespace: ComponentNamespace,
    /// Type of the API entity of an EventType
    #[arg(long, env = "CALLBOARD_EVENT_TYPES", value_enum, default_value_t = EventTypeApis::AsyncApi)]
    pub event_types: EventTypeApis,
    /// Also catalog the objects that Knative creates for its own use, e.g. the Channel of a Broker
    #[arg(long, env = "CALLBOARD_INTERNALS", default_value_t = false, action = clap::ArgAction::Set, value_name = "BOOL")]
    pub internals: bool,
}

/// The type of the API of an EventType.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum EventTypeApis {
    /// Type asyncapi: a document that Backstage renders
    #[value(name = "asyncapi")]
    AsyncApi,
    /// Type eventType: the schema unchanged
    #[value(name = "eventType")]
    EventType,
}

impl Entities {
    /// The settings, with this default owner.
    ///
    /// # Errors
    /// Names the setting that cannot be used.
    pub fn settings(&self, owner: &str) -> anyhow::Result<Settings> {
        let layout = Layout::new(&self.prefix, &self.cluster)?;
        let owner = EntityRef::parse(owner, "group", "default").context("CALLBOARD_OWNER cannot be used")?;
        let system = self.system.as_deref().map(|system| EntityRef::parse(system, "system", "default"));
        let mut kinds = RequestKinds::default();
        for line in self.kinds.iter().filter(|line| !line.trim().is_empty()) {
            kinds.add(line.trim()).context("CALLBOARD_KINDS cannot be used")?;
        }
        Ok(Settings {
            system: system.transpose().context("CALLBOARD_SYSTEM cannot be used")?,
            owner_paths: self.owner_paths.iter().map(|path| pointer(path.trim())).collect::<anyhow::Result<_>>()?,
            annotations: self.annotations.clone(),
            source_url: self.source_url.clone(),
            selection: if self.opt_in { Selection::OptIn } else { Selection::All },
            kinds,
            component_namespace: self.component_namespace.clone(),
            event_types: match self.event_types {
                EventTypeApis::AsyncApi => EventTypes::AsyncApi,
                EventTypeApis::EventType => EventTypes::EventType,
            },
            internals: if self.internals { Internals::Shown } else { Internals::Hidden },
            ..Settings::new(layout, owner)
        })
    }
}

/// `spec.owner` as a JSON pointer.
fn pointer(path: &str) -> anyhow::Result<String> {
    let named =
        |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'));
    anyhow::ensure!(
        path.split('.').all(named),
        "CALLBOARD_OWNER_PATHS cannot be used: {path:?} is not a valid path such as spec.owner"
    );
    Ok(path.split('.').map(|part| format!("/{part}")).collect())
}
