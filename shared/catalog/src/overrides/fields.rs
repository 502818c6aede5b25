//! The annotations that override fields of an entity.

use super::{
    links,
    parse::{self, many, one},
    values::Overrides,
};
use crate::entity::EntityRef;

/// Takes a value and says what is wrong with it; refs are completed by the namespace.
pub(super) type Take = fn(&mut Overrides, &str, &str) -> Vec<String>;

/// The vocabulary: the first annotation of a line that the object carries counts.
pub(super) const FIELDS: [(&[&str], Take); 12] = [
    (&["callboard.dev/title", "ske.backstage.component/title", "terasky.backstage.io/title"], |wishes, text, _| {
        one(&mut wishes.title, parse::text(text, 200))
    }),
    (
        &["callboard.dev/description", "ske.backstage.component/description", "terasky.backstage.io/description"],
        |wishes, text, _| one(&mut wishes.description, parse::text(text, 2000)),
    ),
    (&["callboard.dev/owner", "ske.backstage.component/owner", "terasky.backstage.io/owner"], |wishes, text, _| {
        one(&mut wishes.owner, parse::owner(text))
    }),
    (
        &["callboard.dev/system", "ske.backstage.component/system", "terasky.backstage.io/system"],
        |wishes, text, namespace| one(&mut wishes.system, parse::reference(text, "system", namespace)),
    ),
    (
        &["callboard.dev/lifecycle", "ske.backstage.component/lifecycle", "terasky.backstage.io/lifecycle"],
        |wishes, text, _| one(&mut wishes.lifecycle, parse::text(text, 100)),
    ),
    (
        &["callboard.dev/type", "ske.backstage.component/type", "terasky.backstage.io/component-type"],
        |wishes, text, _| one(&mut wishes.ty, parse::text(text, 100)),
    ),
    (
        &["callboard.dev/tags", "ske.backstage.component/tags", "terasky.backstage.io/backstage-tags"],
        |wishes, text, _| many(&mut wishes.tags, parse::items(text).map(parse::tag)),
    ),
    (&["callboard.dev/links", "terasky.backstage.io/links"], |wishes, text, _| {
        many(&mut wishes.links, links::wished(text))
    }),
    (
        &["callboard.dev/depends-on", "ske.backstage.component/dependsOn", "terasky.backstage.io/dependsOn"],
        |wishes, text, namespace| {
            many(&mut wishes.depends_on, parse::items(text).map(|item| parse::with_kind(item, namespace)))
        },
    ),
    (
        &["callboard.dev/provides-apis", "ske.backstage.component/providesApis", "terasky.backstage.io/providesApis"],
        |wishes, text, namespace| many(&mut wishes.provides_apis, apis(text, namespace)),
    ),
    (
        &["callboard.dev/consumes-apis", "ske.backstage.component/consumesApis", "terasky.backstage.io/consumesApis"],
        |wishes, text, namespace| many(&mut wishes.consumes_apis, apis(text, namespace)),
    ),
    (&["terasky.backstage.io/kubernetes-label-selector"], |wishes, text, _| {
        let mut selector: Option<String> = None;
        let wrong = one(&mut selector, parse::text(text, 253));
        wishes.annotations.extend(selector.map(|selector| (SELECTOR.to_owned(), selector)));
        wrong
    }),
];

pub(super) const SELECTOR: &str = "backstage.io/kubernetes-label-selector";

fn apis(text: &str, namespace: &str) -> impl Iterator<Item = Result<EntityRef, String>> {
    parse::items(text).map(move |item| parse::reference(item, "api", namespace))
}
