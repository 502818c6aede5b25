//! Backstage: whether it answers us, and whether it reads and takes what lies in the bucket.

use super::{
    bucket::Place,
    finding::{Area, Finding, State},
    provider,
};
use crate::{context::Context, refresh};
use backstage::{Backstage, Error};
use bucket::{Listed, Store};
use catalog::Key;
use events::{Refusal, Scope};
use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

pub(super) const AREA: Area = Area::Backstage;

/// Of which objects one each is read: together they hold every kind that we write.
const SAMPLES: [&str; 5] = [
    "platform.kratix.io/promise/",
    "core/namespace/",
    "eventing.knative.dev/trigger/",
    "eventing.knative.dev/eventtype/",
    "eventing.knative.dev/broker/",
];

/// Every kind that we write.
const KINDS: [&str; 5] = ["Component", "API", "Resource", "System", "Template"];

/// How long is waited.
#[derive(Debug, Clone, Copy)]
pub struct Patience {
    /// For a run of the provider to end.
    pub run: Duration,
    /// For what it brought to be in the catalog.
    pub shown: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self { run: Duration::from_secs(20), shown: Duration::from_secs(5) }
    }
}

/// Checks it. `listed`: what lies below the prefix.
pub(super) async fn examine<S: Store>(
    cx: &Context<S>,
    place: &Place,
    backstage: &Backstage,
    listed: &[Listed],
    patience: Patience,
) -> Vec<Finding> {
    let tasks = match backstage.tasks().await {
        Ok(tasks) => tasks,
        Err(error) => return vec![denied(backstage, &error)],
    };
    let mut found = vec![AREA.ok("token", format!("taken by {}", backstage.url()))];
    let provider = provider::Provider { backstage, place, layout: &cx.settings.layout };
    let (told, is_there) = provider.task(&tasks);
    found.extend(told);
    let keys: Vec<_> = listed.iter().filter_map(|it| Some(cx.settings.layout.read(&it.key)?.key)).collect();
    if keys.is_empty() {
        found.push(AREA.unknown("what Backstage takes", "the bucket is empty: `callboard resync` fills it"));
        return found;
    }
    let locations = if is_there { Some(provider.locations(&keys, patience).await) } else { None };
    let is_listed = locations.as_ref().is_some_and(|it| it.state == State::Ok);
    found.extend(locations);
    let looked = refused(cx, backstage, &keys, is_listed.then_some(patience)).await;
    found.extend(looked.unwrap_or_else(|error| vec![AREA.unknown("what Backstage takes", format!("{error:#}"))]));
    found
}

/// Why no call can be made, and the line for it.
fn denied(backstage: &Backstage, error: &Error) -> Finding {
    let url = format!("export CALLBOARD_BACKSTAGE_URL=...   # now {}", backstage.url());
    match error {
        Error::Unreached(why) | Error::Refused(why) => AREA.wrong("URL", why, url),
        Error::Denied(why) if why.contains("(403") => {
            let restrictions =
                "accessRestrictions: [{plugin: catalog}]   # in app-config, beside the options of the token";
            AREA.wrong("token", why, restrictions)
        }
        Error::Denied(why) if why.contains("(401") => {
            let token = "{type: static, options: {token: '${CALLBOARD_TOKEN}', subject: callboard}, accessRestrictions: [{plugin: catalog}]}";
            AREA.wrong("token", why, format!("backend: {{auth: {{externalAccess: [{token}]}}}}   # in app-config"))
        }
        Error::Denied(why) => AREA.wrong("token", why, "export CALLBOARD_BACKSTAGE_TOKEN_FILE=..."),
    }
}

/// What Backstage does not take: of one object for each kind by a dry run, and where it lists the bucket, of all objects as
/// it says itself.
async fn refused<S: Store>(
    cx: &Context<S>,
    backstage: &Backstage,
    keys: &[Key],
    listed: Option<Patience>,
) -> anyhow::Result<Vec<Finding>> {
    let (mut refused, mut kinds) = (Refused::default(), BTreeSet::new());
    let of_cluster = cx.settings.layout.entities();
    for sample in SAMPLES.map(|sample| format!("{of_cluster}{sample}")) {
        let Some(key) = keys.iter().find(|key| key.to_string().starts_with(&sample)) else { continue };
        let entities = cx.bucket.standing(key).await?.map(|it| it.entities).unwrap_or_default();
        kinds.extend(entities.iter().filter_map(|entity| KINDS.into_iter().find(|kind| is_of(entity, kind))));
        for trouble in backstage.validate(&backstage.location(&key.to_string())).await? {
            refused.add(&key.to_string(), &trouble.words, trouble.advice());
        }
    }
    let is_read = refused.0.is_empty();
    for (key, refusals) in standing(cx, backstage, listed).await? {
        for Refusal { reason, advice, .. } in refusals {
            refused.add(&key, &reason, advice);
        }
    }
    let mut found = refused.told(backstage);
    if is_read && !kinds.is_empty() {
        let read: Vec<_> = kinds.iter().copied().collect();
        found.push(AREA.ok("catalog.rules and reader", format!("take {}", read.join(", "))));
    }
    let unseen: Vec<_> = KINDS.into_iter().filter(|kind| !kinds.contains(kind)).collect();
    if !unseen.is_empty() {
        found.push(AREA.unknown("catalog.rules", format!("no object that was read holds {}", unseen.join(", "))));
    }
    Ok(found)
}

/// What Backstage refuses. What it may just be about to take is asked for twice.
async fn standing<S: Store>(
    cx: &Context<S>,
    backstage: &Backstage,
    listed: Option<Patience>,
) -> anyhow::Result<BTreeMap<String, Vec<Refusal>>> {
    let Some(patience) = listed else { return Ok(BTreeMap::new()) };
    let scope = Scope::default();
    let refused = refresh::refused(cx, backstage, &scope).await?;
    if refused.is_empty() {
        return Ok(refused);
    }
    tokio::time::sleep(patience.shown).await;
    refresh::refused(cx, backstage, &scope).await
}

fn is_of(entity: &str, kind: &str) -> bool {
    entity.split(':').next().is_some_and(|it| it.eq_ignore_ascii_case(kind))
}

/// Refusals by what mends them: the first key and words, and which keys there are.
#[derive(Default)]
struct Refused(BTreeMap<Option<String>, (String, BTreeSet<String>)>);

impl Refused {
    fn add(&mut self, key: &str, words: &str, advice: Option<String>) {
        let (_, keys) = self.0.entry(advice).or_insert_with(|| (words.to_owned(), BTreeSet::new()));
        keys.insert(key.to_owned());
    }

    fn told(self, backstage: &Backstage) -> Vec<Finding> {
        let told = |(advice, (words, keys)): (Option<String>, (String, BTreeSet<String>))| {
            let more = keys.len().saturating_sub(1);
            let more = if more == 0 { String::new() } else { format!(" and {more} more") };
            let subject = format!("{}{more}", keys.first().map(String::as_str).unwrap_or_default());
            AREA.wrong(subject, words, mends(backstage, advice))
        };
        self.0.into_iter().map(told).collect()
    }
}

/// The line for what is refused.
fn mends(backstage: &Backstage, advice: Option<String>) -> String {
    match advice {
        Some(advice) if advice.contains("integrations.awsS3") => {
            let target = backstage.location("x").target;
            let endpoint = target.split('/').take(3).collect::<Vec<_>>().join("/");
            format!(
                "integrations: {{awsS3: [{{endpoint: '{endpoint}', s3ForcePathStyle: true, accessKeyId: ..., secretAccessKey: ...}}]}}   # in app-config"
            )
        }
        Some(advice) => advice,
        None => "callboard drift   # names each".to_owned(),
    }
}
