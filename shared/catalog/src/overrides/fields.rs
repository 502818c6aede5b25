//! The annotations that override fields of an entity.

use super::{
    links,
    parse::{self, many, one},
    values::Overrides,
};
use crate::entity::EntityRef;

/// Takes a value, and returns what is wrong with it. The namespace completes refs.
pub(super) type Take = fn(&mut Overrides, &str, &str) -> Vec<String>;

/// The vocabulary. Of the annotations of a line, the first that the object has counts.
pub(super) const FIELDS: [(&[&str], Take); 12] = [
    (&["callboard.dev/title", "ske.backstage.component/title", "terasky.backstage.io/title"], |overrides, text, _| {
        one(&mut overrides.title, parse::text(text, 200))
    }),
    (
        &["callboard.dev/description", "ske.backstage.component/description", "terasky.backstage.io/description"],
        |overrides, text, _| one(&mut overrides.description, parse::text(text, 2000)),
    ),
    (&["callboard.dev/owner", "ske.backstage.component/owner", "terasky.backstage.io/owner"], |overrides, text, _| {
        one(&mut overrides.owner, parse::owner(text))
    }),
    (
        &["callboard.dev/system", "ske.backstage.component/system", "terasky.backstage.io/system"],
        |overrides, text, namespace| one(&mut overrides.system, parse::reference(text, "system", namespace)),
    ),
    (
        &["callboard.dev/lifecycle", "ske.backstage.component/lifecycle", "terasky.backstage.io/lifecycle"],
        |overrides, text, _| one(&mut overrides.lifecycle, parse::text(text, 100)),
    ),
    (
        &["callboard.dev/type", "ske.backstage.component/type", "terasky.backstage.io/component-type"],
        |overrides, text, _| one(&mut overrides.ty, parse::text(text, 100)),
    ),
    (
        &["callboard.dev/tags", "ske.backstage.component/tags", "terasky.backstage.io/backstage-tags"],
        |overrides, text, _| many(&mut overrides.tags, parse::items(text).map(parse::tag)),
    ),
    (&["callboard.dev/links", "terasky.backstage.io/links"], |overrides, text, _| {
        many(&mut overrides.links, links::read(text))
    }),
    (
        &["callboard.dev/depends-on", "ske.backstage.component/dependsOn", "terasky.backstage.io/dependsOn"],
        |overrides, text, namespace| {
            many(&mut overrides.depends_on, parse::items(text).map(|item| parse::with_kind(item, namespace)))
        },
    ),
    (
        &["callboard.dev/provides-apis", "ske.backstage.component/providesApis", "terasky.backstage.io/providesApis"],
        |overrides, text, namespace| many(&mut overrides.provides_apis, apis(text, namespace)),
    ),
    (
        &["callboard.dev/consumes-apis", "ske.backstage.component/consumesApis", "terasky.backstage.io/consumesApis"],
        |overrides, text, namespace| many(&mut overrides.consumes_apis, apis(text, namespace)),
    ),
    (&["terasky.backstage.io/kubernetes-label-selector"], |overrides, text, _| {
        let mut selector: Option<String> = None;
        let wrong = one(&mut selector, parse::text(text, 253));
        overrides.annotations.extend(selector.map(|selector| (SELECTOR.to_owned(), selector)));
        wrong
    }),
];

pub(super) const SELECTOR: &str = "backstage.io/kubernetes-label-selector";

fn apis(text: &str, namespace: &str) -> impl Iterator<Item = Result<EntityRef, String>> {
    parse::items(text).map(move |item| parse::reference(item, "api", namespace))
}
