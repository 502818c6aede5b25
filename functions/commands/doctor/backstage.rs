//! Backstage: whether it answers, and whether it reads and takes what the bucket has.

use super::{
    finding::{Area, Finding, State},
    patience::Patience,
    place::Place,
    provider,
};
use crate::{context::Context, kinds::kind_name, refresh};
use backstage::{Backstage, Error, Trouble};
use bucket::{Listed, Store};
use catalog::Key;
use events::{Refusal, Scope};
use std::{
    cmp::Reverse,
    collections::{BTreeMap, BTreeSet},
};

const AREA: Area = Area::Backstage;

/// One object of each of these is read. Together they have every kind of entity that Callboard writes.
const SAMPLES: [&str; 4] = [
    "platform.kratix.io/promise/",
    "core/namespace/",
    "eventing.knative.dev/eventtype/",
    "eventing.knative.dev/broker/",
];

const TOKEN: &str = "token";

const TAKES: &str = "what Backstage takes";

/// A refusal says nothing about rules and reader if the provider has not listed the object.
const UNLISTED: &str = "Backstage can be asked after its provider has listed the bucket";

/// The rule for all that Callboard writes, and for what Backstage allows without rules.
const RULE: &str =
    "- allow: [Component, API, System, Template, Location]   # for all of it, in app-config, below catalog.rules";

/// Every kind that Callboard writes.
const KINDS: [&str; 4] = ["Component", "API", "System", "Template"];

/// Checks it. `listed`: what is below the prefix, if that is known.
pub(super) async fn examine<S: Store>(
    cx: &Context<S>,
    place: &Place,
    backstage: &Backstage,
    listed: Option<Vec<Listed>>,
    patience: Patience,
) -> Vec<Finding> {
    let tasks = match backstage.tasks().await {
        Ok(tasks) => tasks,
        Err(error) => return vec![denied(backstage, &error)],
    };
    let mut found = vec![AREA.ok(TOKEN, format!("accepted by {}", backstage.url()))];
    let provider = provider::Provider { backstage, place, layout: &cx.settings.layout };
    let (findings, is_there) = provider.task(&tasks);
    found.extend(findings);
    let is_listed = match newest(cx, listed) {
        Err(why) => Err(why),
        Ok(_) if !is_there => Err(UNLISTED),
        Ok(keys) => {
            found.push(provider.locations(&keys, patience).await);
            if found.last().is_some_and(|it| it.state == State::Ok) { Ok(keys) } else { Err(UNLISTED) }
        }
    };
    match is_listed {
        Err(why) => found.push(AREA.unknown(TAKES, why)),
        Ok(keys) => match refused(cx, backstage, &keys, patience).await {
            Ok(refused) => found.extend(refused),
            Err(error) => found.push(AREA.unknown(TAKES, format!("{error:#}"))),
        },
    }
    found
}

/// Whether a finding says that calls can be made.
pub(super) fn is_open(finding: &Finding) -> bool {
    (finding.area, finding.subject.as_str(), finding.state) == (AREA, TOKEN, State::Ok)
}

/// The keys of Callboard's objects, the newest first, or why there are none.
fn newest<S: Store>(cx: &Context<S>, listed: Option<Vec<Listed>>) -> Result<Vec<Key>, &'static str> {
    let mut listed = listed.ok_or("the bucket cannot be listed")?;
    listed.sort_by_key(|it| Reverse(it.modified));
    let keys: Vec<_> = listed.iter().filter_map(|it| Some(cx.settings.layout.read(&it.key)?.key)).collect();
    if keys.is_empty() { Err("the bucket is empty. `callboard resync` fills it") } else { Ok(keys) }
}

/// Why no call can be made, and the fix.
fn denied(backstage: &Backstage, error: &Error) -> Finding {
    let url = format!("export CALLBOARD_BACKSTAGE_URL=...   # now {}", backstage.url());
    match error {
        Error::Unreached(why) | Error::Refused(why) => AREA.wrong("URL", why, url),
        Error::Denied(why) if why.contains("(403") => {
            let restrictions = "accessRestrictions: [{plugin: catalog}]   # in app-config, below backend.auth.externalAccess, next to the options of the token";
            AREA.wrong("token", why, restrictions)
        }
        Error::Denied(why) if why.contains("(401") => {
            let token = "- {type: static, options: {token: '${CALLBOARD_TOKEN}', subject: callboard}, accessRestrictions: [{plugin: catalog}]}";
            AREA.wrong("token", why, format!("{token}   # in app-config, below backend.auth.externalAccess"))
        }
        Error::Denied(why) => AREA.wrong("token", why, "export CALLBOARD_BACKSTAGE_TOKEN_FILE=..."),
    }
}

/// What Backstage refuses: one object for each kind in a dry run, and all objects as its catalog reports.
async fn refused<S: Store>(
    cx: &Context<S>,
    backstage: &Backstage,
    keys: &[Key],
    patience: Patience,
) -> anyhow::Result<Vec<Finding>> {
    let (mut refused, mut kinds) = (Refused::default(), BTreeSet::new());
    let of_cluster = cx.settings.layout.entities();
    for sample in SAMPLES.map(|sample| format!("{of_cluster}{sample}")) {
        let Some(key) = keys.iter().find(|key| key.to_string().starts_with(&sample)) else { continue };
        let entities = cx.bucket.object(key).await?.map(|it| it.entities).unwrap_or_default();
        kinds.extend(entities.iter().filter_map(|entity| KINDS.into_iter().find(|kind| is_of(entity, kind))));
        for trouble in backstage.validate(&backstage.location(&key.to_string())).await? {
            refused.add(&key.to_string(), &trouble.words, trouble.advice());
        }
    }
    let is_read = refused.0.is_empty();
    for (key, refusals) in lasting(cx, backstage, patience).await? {
        for Refusal { reason, advice, .. } in refusals {
            refused.add(&key, &reason, advice);
        }
    }
    let mut found = refused.findings(backstage);
    if is_read && !kinds.is_empty() {
        let read: Vec<_> = kinds.iter().copied().collect();
        found.push(AREA.ok("catalog.rules and reader", format!("take {}", read.join(", "))));
    }
    let unseen: Vec<_> = KINDS.into_iter().filter(|kind| !kinds.contains(kind)).collect();
    if !unseen.is_empty() {
        found.push(AREA.skipped("catalog.rules", format!("no object that was read has {}", unseen.join(", "))));
    }
    Ok(found)
}

/// What Backstage refuses. It is asked twice, as it may be about to take an object.
async fn lasting<S: Store>(
    cx: &Context<S>,
    backstage: &Backstage,
    patience: Patience,
) -> anyhow::Result<BTreeMap<String, Vec<Refusal>>> {
    let refused = refresh::refused(cx, backstage, &Scope::default()).await?;
    if refused.is_empty() {
        return Ok(refused);
    }
    tokio::time::sleep(patience.shown).await;
    let located = refused.keys().filter_map(|key| cx.settings.layout.read(key));
    let kinds: BTreeSet<_> = located.map(|it| kind_name(&it.kind, &it.group)).collect();
    let mut still = BTreeMap::new();
    for kind in kinds {
        still.extend(refresh::refused(cx, backstage, &Scope { kind: Some(kind), ..Scope::default() }).await?);
    }
    still.retain(|key, _| refused.contains_key(key));
    Ok(still)
}

fn is_of(entity: &str, kind: &str) -> bool {
    entity.split(':').next().is_some_and(|it| it.eq_ignore_ascii_case(kind))
}

/// Refusals by what fixes them: the first key and words, and all keys.
#[derive(Default)]
struct Refused(BTreeMap<Option<String>, (String, BTreeSet<String>)>);

impl Refused {
    fn add(&mut self, key: &str, words: &str, advice: Option<String>) {
        let (_, keys) = self.0.entry(advice).or_insert_with(|| (words.to_owned(), BTreeSet::new()));
        keys.insert(key.to_owned());
    }

    fn findings(self, backstage: &Backstage) -> Vec<Finding> {
        let finding = |(advice, (words, keys)): (Option<String>, (String, BTreeSet<String>))| {
            let more = keys.len().saturating_sub(1);
            let more = if more == 0 { String::new() } else { format!(" and {more} more") };
            let subject = format!("{}{more}", keys.first().map(String::as_str).unwrap_or_default());
            AREA.wrong(subject, words, fix_of(backstage, advice))
        };
        self.0.into_iter().map(finding).collect()
    }
}

/// The fix for what is refused.
fn fix_of(backstage: &Backstage, advice: Option<String>) -> String {
    match advice {
        Some(advice) if [Trouble::KEYS, Trouble::STORE].contains(&advice.as_str()) => {
            reader(&backstage.location("x").target)
        }
        Some(advice) if advice.contains("catalog.rules") => format!("{advice}\n{RULE}"),
        Some(advice) => advice,
        None => "callboard drift   # lists each refusal".to_owned(),
    }
}

/// The configuration by which Backstage reads the store. It knows where AWS is.
fn reader(target: &str) -> String {
    let endpoint = target.split('/').take(3).collect::<Vec<_>>().join("/");
    let store = match endpoint.ends_with(".amazonaws.com") {
        true => String::new(),
        false => format!("endpoint: '{endpoint}', s3ForcePathStyle: true, "),
    };
    format!("- {{{store}accessKeyId: ..., secretAccessKey: ...}}   # in app-config, the first below integrations.awsS3")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_store_of_aws_needs_no_endpoint() {
        let aws = "- {accessKeyId: ..., secretAccessKey: ...}   # in app-config, the first below integrations.awsS3";
        assert_eq!(reader("https://catalog.s3.eu-central-1.amazonaws.com/x"), aws);
        let other = reader("http://minio:9000/catalog/x");
        assert!(
            other.starts_with("- {endpoint: 'http://minio:9000', s3ForcePathStyle: true, accessKeyId: "),
            "{other}"
        );
    }
}
