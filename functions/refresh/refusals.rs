//! What Backstage did not take of bucket objects, in its own words.

use crate::{context::Context, now::kind_name, resync::scope::is_asked};
use backstage::{Backstage, Error, Location, Pending, Seen, Trouble};
use bucket::{Standing, Store};
use catalog::Located;
use events::{Refusal, Scope};
use futures::{StreamExt, TryStreamExt, stream};
use std::collections::{BTreeMap, BTreeSet};

/// How many objects are looked at together, and looked up at once.
const PART: usize = 100;
const AT_ONCE: usize = 16;

/// A bucket object: its key and the refs of its entities.
pub(super) type Written = (String, Vec<String>);

/// What Backstage refused of what is in the bucket and asked for.
///
/// # Errors
/// If bucket or Backstage do not answer.
pub(crate) async fn refused<S: Store>(
    cx: &Context<S>,
    backstage: &Backstage,
    scope: &Scope,
) -> anyhow::Result<BTreeMap<String, Vec<Refusal>>> {
    let located = cx.bucket.entities().await?.into_keys().filter_map(|key| cx.settings.layout.read(&key));
    let asked = located.filter(|it| is_in(scope, it)).map(|it| it.key);
    let standing = stream::iter(asked).map(|key| async move { Ok((key.to_string(), cx.bucket.standing(&key).await?)) });
    let standing: Vec<(String, Option<Standing>)> =
        standing.buffered(AT_ONCE).try_collect().await.map_err(|error: bucket::Error| error)?;
    let written: Vec<Written> = standing.into_iter().filter_map(|(key, it)| Some((key, it?.entities))).collect();
    let mut refused = BTreeMap::new();
    for part in written.chunks(PART) {
        refused.extend(refusals(backstage, part).await?);
    }
    Ok(refused)
}

fn is_in(scope: &Scope, it: &Located) -> bool {
    let kind = kind_name(&it.kind, &it.group);
    scope.kind.as_ref().is_none_or(|asked| *asked == kind) && is_asked(scope, it.namespace.as_deref(), &it.name)
}

/// What Backstage refused of these objects; what it took all of is left out.
///
/// # Errors
/// If Backstage does not answer.
pub(super) async fn refusals(
    backstage: &Backstage,
    written: &[Written],
) -> Result<BTreeMap<String, Vec<Refusal>>, Error> {
    let located: Vec<Location> = written.iter().map(|(key, _)| backstage.location(key)).collect();
    let locations = located.iter().map(|location| location.reference.clone());
    let references: Vec<_> = locations.chain(written.iter().flat_map(|(_, entities)| entities.clone())).collect();
    let mut seen = backstage.by_refs(&references).await?.into_iter();
    let locations: Vec<Option<Seen>> = seen.by_ref().take(written.len()).collect();
    let entities: Vec<Vec<Option<Seen>>> =
        written.iter().map(|(_, entities)| seen.by_ref().take(entities.len()).collect()).collect();
    let pending = match entities.iter().flatten().any(Option::is_none) {
        true => pending(backstage).await,
        false => Vec::new(),
    };
    let mut refused = BTreeMap::new();
    for (((written, location), seen), entities) in written.iter().zip(&located).zip(&locations).zip(&entities) {
        let of_one: BTreeSet<_> = match seen {
            None => [unlisted(location)].into(),
            Some(seen) => of_object(location, seen, written, entities, &pending),
        };
        if !of_one.is_empty() {
            refused.insert(written.0.clone(), of_one.into_iter().collect());
        }
    }
    Ok(refused)
}

/// What was never accepted, as far as that is told: where it is not, the entities are missing all the same.
async fn pending(backstage: &Backstage) -> Vec<Pending> {
    let pending = backstage.pending().await.unwrap_or_else(|error| {
        tracing::warn!(%error, "why entities are missing is not known");
        None
    });
    pending.unwrap_or_default()
}

fn of_object(
    location: &Location,
    seen: &Seen,
    (_, references): &Written,
    entities: &[Option<Seen>],
    pending: &[Pending],
) -> BTreeSet<Refusal> {
    let mut refused: BTreeSet<_> = seen.troubles.iter().map(|trouble| said(trouble, None)).collect();
    for (reference, entity) in references.iter().zip(entities) {
        match entity {
            Some(entity) if entity.target != location.target => {
                refused.insert(kept(reference, entity));
            }
            Some(entity) => refused.extend(entity.troubles.iter().map(|trouble| said(trouble, Some(reference)))),
            // The whole object is refused, or that is why.
            None if !seen.troubles.is_empty() => {}
            None => refused.extend(never_accepted(reference, pending)),
        }
    }
    refused
}

fn said(trouble: &Trouble, reference: Option<&String>) -> Refusal {
    let entity = trouble.entity.clone().or_else(|| reference.cloned());
    Refusal { entity, reason: trouble.words.clone(), advice: trouble.advice() }
}

fn unlisted(location: &Location) -> Refusal {
    let advice = "callboard doctor: is CALLBOARD_BACKSTAGE_BUCKET_URL the bucket as Backstage sees it, and do bucketName, prefix and \
                  aws.mainAccount let its provider list it?";
    Refusal {
        entity: None,
        reason: format!("Backstage has no Location for {}", location.target),
        advice: Some(advice.to_owned()),
    }
}

fn kept(reference: &str, seen: &Seen) -> Refusal {
    let other = if seen.target.is_empty() { "elsewhere" } else { &seen.target };
    Refusal {
        entity: Some(reference.to_owned()),
        reason: format!("Backstage keeps the one of this name that comes from {other}"),
        advice: Some(
            "remove that one from the catalog; Backstage takes ours when it reads its Location again".to_owned(),
        ),
    }
}

fn never_accepted(reference: &str, pending: &[Pending]) -> Vec<Refusal> {
    let of_it = pending.iter().filter(|pending| pending.reference.eq_ignore_ascii_case(reference));
    let refused: Vec<_> =
        of_it.flat_map(|pending| &pending.troubles).map(|trouble| said(trouble, Some(&reference.to_owned()))).collect();
    if !refused.is_empty() {
        return refused;
    }
    let advice = "its log does, with @backstage/plugin-catalog-backend-module-logs; \
                  with @backstage/plugin-catalog-backend-module-unprocessed it would be said here";
    vec![Refusal {
        entity: Some(reference.to_owned()),
        reason: "Backstage does not have it, and does not say why".to_owned(),
        advice: Some(advice.to_owned()),
    }]
}
