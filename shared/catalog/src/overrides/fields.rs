//! The annotations that override fields of an entity.

use super::{
    bearer::Bearer,
    links,
    parse::{self, many, one},
    values::Overrides,
};
use crate::entity::EntityRef;

/// Takes a value, and returns what is wrong with it. The namespace completes refs.
type Take = fn(&mut Overrides, &str, &str) -> Vec<String>;

/// A row of the vocabulary.
pub(super) struct Field {
    /// Its annotations. The first that the object has counts.
    pub(super) keys: &'static [&'static str],
    /// The objects on which it has no effect.
    pub(super) not_on: &'static [Bearer],
    pub(super) take: Take,
}

/// The vocabulary.
pub(super) const FIELDS: [Field; 12] = [
    Field {
        keys: &["callboard.dev/title", "ske.backstage.component/title", "terasky.backstage.io/title"],
        not_on: &[],
        take: |overrides, text, _| one(&mut overrides.title, parse::text(text, 200)),
    },
    Field {
        keys: &["callboard.dev/description", "ske.backstage.component/description", "terasky.backstage.io/description"],
        not_on: &[],
        take: |overrides, text, _| one(&mut overrides.description, parse::text(text, 2000)),
    },
    Field {
        keys: &["callboard.dev/owner", "ske.backstage.component/owner", "terasky.backstage.io/owner"],
        not_on: &[],
        take: |overrides, text, _| one(&mut overrides.owner, parse::owner(text)),
    },
    Field {
        keys: &["callboard.dev/system", "ske.backstage.component/system", "terasky.backstage.io/system"],
        not_on: &[Bearer::Namespace],
        take: |overrides, text, namespace| one(&mut overrides.system, parse::reference(text, "system", namespace)),
    },
    Field {
        keys: &["callboard.dev/lifecycle", "ske.backstage.component/lifecycle", "terasky.backstage.io/lifecycle"],
        not_on: &[Bearer::Namespace],
        take: |overrides, text, _| one(&mut overrides.lifecycle, parse::text(text, 100)),
    },
    Field {
        keys: &["callboard.dev/type", "ske.backstage.component/type", "terasky.backstage.io/component-type"],
        not_on: &[Bearer::Namespace],
        take: |overrides, text, _| one(&mut overrides.ty, parse::text(text, 100)),
    },
    Field {
        keys: &["callboard.dev/tags", "ske.backstage.component/tags", "terasky.backstage.io/backstage-tags"],
        not_on: &[],
        take: |overrides, text, _| many(&mut overrides.tags, parse::items(text).map(parse::tag)),
    },
    Field {
        keys: &["callboard.dev/links", "terasky.backstage.io/links"],
        not_on: &[],
        take: |overrides, text, _| many(&mut overrides.links, links::read(text)),
    },
    Field {
        keys: &["callboard.dev/depends-on", "ske.backstage.component/dependsOn", "terasky.backstage.io/dependsOn"],
        not_on: &[Bearer::Namespace, Bearer::EventType],
        take: |overrides, text, namespace| {
            many(&mut overrides.depends_on, parse::items(text).map(|item| parse::with_kind(item, namespace)))
        },
    },
    Field {
        keys: &[
            "callboard.dev/provides-apis",
            "ske.backstage.component/providesApis",
            "terasky.backstage.io/providesApis",
        ],
        not_on: &[Bearer::Namespace, Bearer::EventType],
        take: |overrides, text, namespace| many(&mut overrides.provides_apis, apis(text, namespace)),
    },
    Field {
        keys: &[
            "callboard.dev/consumes-apis",
            "ske.backstage.component/consumesApis",
            "terasky.backstage.io/consumesApis",
        ],
        not_on: &[Bearer::Namespace, Bearer::EventType],
        take: |overrides, text, namespace| many(&mut overrides.consumes_apis, apis(text, namespace)),
    },
    Field {
        keys: &["terasky.backstage.io/kubernetes-label-selector"],
        not_on: &[],
        take: |overrides, text, _| {
            let mut selector: Option<String> = None;
            let wrong = one(&mut selector, parse::text(text, 253));
            overrides.annotations.extend(selector.map(|selector| (SELECTOR.to_owned(), selector)));
            wrong
        },
    },
];

pub(super) const SELECTOR: &str = "backstage.io/kubernetes-label-selector";

fn apis(text: &str, namespace: &str) -> impl Iterator<Item = Result<EntityRef, String>> {
    parse::items(text).map(move |item| parse::reference(item, "api", namespace))
}
