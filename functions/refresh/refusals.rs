//! What Backstage did not take of bucket objects, in its own words.

use super::looks::PART;
use crate::{comparison::is_asked, context::Context, kinds::kind_name};
use backstage::{Backstage, Error, Location, Pending, Seen, Trouble};
use bucket::{BucketObject, Store};
use catalog::Located;
use events::{Refusal, Scope};
use futures::{StreamExt, TryStreamExt, stream};
use std::collections::{BTreeMap, BTreeSet};

/// How many objects are looked up in parallel.
pub(super) const AT_ONCE: usize = 16;

/// The most objects that Backstage is asked to read for a command, to hear what it has against them.
const MOST_ASKED: usize = 50;

/// A bucket object: its key and the refs of its entities.
pub(super) type Written = (String, Vec<String>);

/// What Backstage made of an object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Taken {
    /// It has all of it, from there, without errors.
    All,
    /// It lacks some of it, and has said nothing against it: it may not have processed it yet.
    NotYet(Vec<Refusal>),
    /// It says what is wrong.
    Refused(Vec<Refusal>),
}

/// What Backstage refused, or lacks, of what is in the bucket and asked for.
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
    let standing = stream::iter(asked).map(|key| async move { Ok((key.to_string(), cx.bucket.object(&key).await?)) });
    let standing: Result<Vec<(String, Option<BucketObject>)>, bucket::Error> =
        standing.buffered(AT_ONCE).try_collect().await;
    let written: Vec<Written> = standing?.into_iter().filter_map(|(key, it)| Some((key, it?.entities))).collect();
    let pending = backstage.pending().await?.unwrap_or_default();
    let (mut refused, mut asked) = (BTreeMap::new(), 0);
    for part in written.chunks(PART) {
        for ((key, _), taken) in part.iter().zip(taken(backstage, part, &pending).await?) {
            let refusals = match taken {
                Taken::All => continue,
                Taken::Refused(refusals) => refusals,
                Taken::NotYet(lacking) if asked == MOST_ASKED => lacking,
                Taken::NotYet(lacking) => {
                    asked += 1;
                    objections(backstage, &backstage.location(key)).await?.unwrap_or(lacking)
                }
            };
            refused.insert(key.clone(), refusals);
        }
    }
    Ok(refused)
}

fn is_in(scope: &Scope, it: &Located) -> bool {
    let kind = kind_name(&it.kind, &it.group);
    scope.kind.as_ref().is_none_or(|asked| *asked == kind) && is_asked(scope, it.namespace.as_deref(), &it.name)
}

/// What Backstage made of these objects, in their order.
///
/// # Errors
/// If Backstage does not answer.
pub(super) async fn taken(
    backstage: &Backstage,
    written: &[Written],
    pending: &[Pending],
) -> Result<Vec<Taken>, Error> {
    let located: Vec<Location> = written.iter().map(|(key, _)| backstage.location(key)).collect();
    let locations = located.iter().map(|location| location.reference.clone());
    let references: Vec<_> = locations.chain(written.iter().flat_map(|(_, entities)| entities.clone())).collect();
    let mut seen = backstage.by_refs(&references).await?.into_iter();
    let locations: Vec<Option<Seen>> = seen.by_ref().take(written.len()).collect();
    let of_one = |((location, (_, references)), found): ((&Location, &Written), Option<Seen>)| {
        let entities: Vec<_> = seen.by_ref().take(references.len()).collect();
        match found {
            None => absent(location, None, pending),
            Some(found) => of_object(location, &found, references, &entities, pending),
        }
    };
    Ok(located.iter().zip(written).zip(locations).map(of_one).collect())
}

/// What Backstage says when it reads an object now, in addition to what it read before; `None` if it says nothing against it.
pub(super) async fn objections(backstage: &Backstage, location: &Location) -> Result<Option<Vec<Refusal>>, Error> {
    let troubles = backstage.validate(location).await?;
    let said = || troubles.iter().map(|trouble| said(trouble, None)).collect();
    Ok((!troubles.is_empty()).then(said))
}

fn of_object(
    location: &Location,
    seen: &Seen,
    references: &[String],
    entities: &[Option<Seen>],
    pending: &[Pending],
) -> Taken {
    let mut refused: BTreeSet<_> = seen.troubles.iter().map(|trouble| said(trouble, None)).collect();
    let mut lacking = BTreeSet::new();
    for (reference, entity) in references.iter().zip(entities) {
        match entity {
            Some(entity) if entity.target != location.target => {
                refused.insert(kept(reference, entity));
            }
            Some(entity) => refused.extend(entity.troubles.iter().map(|trouble| said(trouble, Some(reference)))),
            None => match absent(location, Some(reference), pending) {
                Taken::Refused(said) => refused.extend(said),
                Taken::NotYet(without) => lacking.extend(without),
                Taken::All => {}
            },
        }
    }
    match (refused.is_empty(), lacking.is_empty()) {
        (false, _) => Taken::Refused(refused.into_iter().collect()),
        (true, false) => Taken::NotYet(lacking.into_iter().collect()),
        (true, true) => Taken::All,
    }
}

/// An entity that Backstage does not have; without a reference, the Location itself.
fn absent(location: &Location, reference: Option<&String>, pending: &[Pending]) -> Taken {
    let asked = reference.unwrap_or(&location.reference);
    let of_it = pending.iter().filter(|pending| pending.reference.eq_ignore_ascii_case(asked));
    let refused: Vec<_> = of_it.flat_map(|pending| &pending.troubles).map(|trouble| said(trouble, reference)).collect();
    match (refused.is_empty(), reference) {
        (false, _) => Taken::Refused(refused),
        (true, Some(reference)) => Taken::NotYet(vec![without_a_word(reference)]),
        (true, None) => Taken::NotYet(vec![unlisted(location)]),
    }
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
            "remove that one from the catalog; Backstage takes Callboard's when it reads its Location again".to_owned(),
        ),
    }
}

fn without_a_word(reference: &str) -> Refusal {
    let advice = "its log may, with @backstage/plugin-catalog-backend-module-logs; \
                  @backstage/plugin-catalog-backend-module-unprocessed would show it here";
    Refusal {
        entity: Some(reference.to_owned()),
        reason: "Backstage does not have it, and does not say why".to_owned(),
        advice: Some(advice.to_owned()),
    }
}
