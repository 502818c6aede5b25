//! What the annotations and labels of a source object wish for its entity.

pub(crate) mod parse;
pub(crate) mod template;

use crate::{
    descriptor::Notes,
    entity::{EntityNamespace, EntityRef, Link},
    settings::{Selection, Settings},
    status::links,
};
use events::Object;
use parse::{many, one};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// Wishes that are valid; the others are noted.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Overrides {
    /// `callboard.dev/title`
    pub title: Option<String>,
    /// `callboard.dev/description`
    pub description: Option<String>,
    /// `callboard.dev/owner`
    pub owner: Option<EntityRef>,
    /// `callboard.dev/system`
    pub system: Option<EntityRef>,
    /// `callboard.dev/lifecycle`
    pub lifecycle: Option<String>,
    /// `callboard.dev/type`
    pub ty: Option<String>,
    /// `callboard.dev/tags`
    pub tags: BTreeSet<String>,
    /// `callboard.dev/links`
    pub links: BTreeSet<Link>,
    /// `callboard.dev/depends-on`
    pub depends_on: BTreeSet<EntityRef>,
    /// `callboard.dev/provides-apis`
    pub provides_apis: BTreeSet<EntityRef>,
    /// `callboard.dev/consumes-apis`
    pub consumes_apis: BTreeSet<EntityRef>,
    /// Annotations of Backstage that the object carries itself, such as `backstage.io/kubernetes-id`.
    pub annotations: BTreeMap<String, String>,
}

impl Overrides {
    /// Reads the wishes of an object whose entity lies in this namespace.
    pub fn of(object: &Object, namespace: &EntityNamespace, notes: &mut Notes) -> Self {
        let mut wishes = Self::default();
        for (keys, take) in &FIELDS {
            if let Some((key, text)) = keys.iter().find_map(|key| Some((key, value(object, key)?))) {
                take(&mut wishes, text, namespace.as_str()).iter().for_each(|why| notes.ignore(key, why));
            }
        }
        note_unknown(object, notes);
        let kept = KEPT.iter().filter_map(|key| Some((*key, object.annotation(key).or_else(|| object.label(key))?)));
        for (key, text) in kept {
            match parse::text(text, 253) {
                Ok(text) => drop(wishes.annotations.insert(key.to_owned(), text)),
                Err(why) => notes.ignore(key, why),
            }
        }
        wishes
    }
}

/// Who answers for the entities of an object; the answer of the settings if nobody else is named.
pub(crate) fn owner(object: &Object, wishes: &Overrides, settings: &Settings, notes: &mut Notes) -> EntityRef {
    let mut at = |path: &String| match object.at(path)? {
        Value::Null => None,
        Value::String(text) if text.trim().is_empty() => None,
        Value::String(text) => parse::owner(text).map_err(|why| notes.ignore(path, why)).ok(),
        _ => {
            notes.ignore(path, "names no owner, since it is no text");
            None
        }
    };
    let wished = wishes.owner.clone().or_else(|| settings.owner_paths.iter().find_map(&mut at));
    wished.unwrap_or_else(|| settings.owner.clone())
}

/// Whether the object shall be in the catalog at all.
///
/// `callboard.dev/ignore` decides; else one "no" is enough, then one "yes"; else the settings decide.
pub(crate) fn is_wanted(object: &Object, settings: &Settings, notes: &mut Notes) -> bool {
    let mut said = |&(key, meaning): &(&str, bool)| match object.annotation(key).or_else(|| object.label(key))? {
        "true" => Some(meaning),
        "false" => Some(!meaning),
        _ => {
            notes.ignore(key, "is neither \"true\" nor \"false\"");
            None
        }
    };
    if let Some(wanted) = said(&("callboard.dev/ignore", false)) {
        return wanted;
    }
    let others: Vec<_> = SWITCHES.iter().filter_map(said).collect();
    if others.is_empty() { settings.selection == Selection::All } else { others.iter().all(|wanted| *wanted) }
}

/// Annotations or labels of others that switch an object on or off, and what `true` means.
const SWITCHES: [(&str, bool); 4] = [
    ("kratix.io/backstage", true),
    ("kratix.io/portal-backstage", true),
    ("terasky.backstage.io/add-to-catalog", true),
    ("terasky.backstage.io/exclude-from-catalog", false),
];

/// Annotations (or labels) that are taken over as they are.
const KEPT: [&str; 4] =
    ["backstage.io/kubernetes-cluster", "backstage.io/kubernetes-id", SELECTOR, "backstage.io/kubernetes-namespace"];

const SELECTOR: &str = "backstage.io/kubernetes-label-selector";

/// Takes a value and says what is wrong with it; refs are completed by the namespace.
type Take = fn(&mut Overrides, &str, &str) -> Vec<String>;

/// The vocabulary: the first annotation of a line that the object carries counts.
const FIELDS: [(&[&str], Take); 12] = [
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

fn apis(text: &str, namespace: &str) -> impl Iterator<Item = Result<EntityRef, String>> {
    parse::items(text).map(move |item| parse::reference(item, "api", namespace))
}

/// The annotation's value; an owner may stand in a label, too.
fn value<'a>(object: &'a Object, key: &str) -> Option<&'a str> {
    object.annotation(key).or_else(|| if key == "callboard.dev/owner" { object.label(key) } else { None })
}

/// Notes the annotations and labels which look like wishes and are none.
fn note_unknown(object: &Object, notes: &mut Notes) {
    let labels = object.at("/metadata/labels").and_then(Value::as_object);
    for key in labels.into_iter().flat_map(|labels| labels.keys()) {
        if key.starts_with(OURS) && !matches!(key.as_str(), "callboard.dev/ignore" | "callboard.dev/owner") {
            notes.ignore(key, "is not read as a label; write it as an annotation");
        }
    }
    let known: Vec<_> = FIELDS
        .iter()
        .flat_map(|(keys, _)| *keys)
        .chain(SWITCHES.iter().map(|(key, _)| key))
        .chain(&ELSEWHERE)
        .collect();
    for (key, _) in object.annotations().filter(|(key, _)| known.iter().all(|known| known != &key)) {
        if key.starts_with(OURS) {
            let ours: Vec<_> = known.iter().filter_map(|key| key.strip_prefix(OURS)).collect();
            notes.ignore(key, format!("is unknown; there are {}", ours.join(", ")));
        } else if key.starts_with("ske.backstage.component/") || key.starts_with("terasky.backstage.io/") {
            notes.ignore(key, "is not followed by Callboard");
        }
    }
}

/// What our own annotations begin with.
pub(crate) const OURS: &str = "callboard.dev/";

/// Annotations of ours that are read elsewhere: whether there is an entity at all, and who a subscriber is.
const ELSEWHERE: [&str; 2] = ["callboard.dev/ignore", "callboard.dev/component"];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::naming::Layout;
    use serde_json::json;

    fn object(labels: &Value, annotations: &Value) -> Object {
        let metadata = json!({"name": "x", "namespace": "shop", "labels": labels, "annotations": annotations});
        let spec = json!({"team": "Payments", "count": 5, "none": null});
        Object::try_from(json!({"apiVersion": "example.org/v1", "kind": "App", "metadata": metadata, "spec": spec}))
            .unwrap()
    }

    fn read(labels: &Value, annotations: &Value) -> (Overrides, String) {
        let mut notes = Notes::default();
        let wishes = Overrides::of(&object(labels, annotations), &EntityNamespace::fit("shop"), &mut notes);
        (wishes, format!("{notes:?}"))
    }

    fn settings(paths: &[&str], selection: Selection) -> Settings {
        let layout = Layout::new("entities", "main").unwrap();
        let mut settings = Settings::new(layout, EntityRef::parse("group:default/platform", "", "").unwrap());
        settings.owner_paths = paths.iter().map(ToString::to_string).collect();
        settings.selection = selection;
        settings
    }

    #[test]
    fn our_own_word_comes_before_that_of_others() {
        let (wishes, _) = read(
            &json!({"callboard.dev/owner": "label"}),
            &json!({"ske.backstage.component/title": "ske", "terasky.backstage.io/title": "terasky", "ske.backstage.component/owner": "ske",
                "terasky.backstage.io/component-type": "website"}),
        );
        assert_eq!(wishes.title.as_deref(), Some("ske"));
        assert_eq!(wishes.owner.unwrap().as_str(), "group:default/label");
        assert_eq!(wishes.ty.as_deref(), Some("website"));
    }

    #[test]
    fn a_wrong_item_does_not_take_the_right_ones_with_it() {
        let (wishes, notes) = read(
            &json!({}),
            &json!({"callboard.dev/tags": "java,Not A Tag,web", "callboard.dev/provides-apis": "a/b/c,orders"}),
        );
        assert_eq!(wishes.tags.into_iter().collect::<Vec<_>>(), ["java", "web"]);
        assert_eq!(wishes.provides_apis.into_iter().map(|it| it.to_string()).collect::<Vec<_>>(), ["api:shop/orders"]);
        assert!(notes.contains("Not A Tag") && notes.contains("a/b/c"), "{notes}");
    }

    #[test]
    fn no_note_quotes_a_secret() {
        for (keys, _) in &FIELDS {
            for text in ["https://jane:hunter2@a.example/ x", "x?token=hunter2/ x"] {
                let key = keys[0];
                let (wishes, notes) =
                    read(&json!({}), &json!({key: text, "callboard.dev/depends-on": format!("component:{text}")}));
                assert!(!notes.contains("hunter2"), "{key}: {notes}");
                assert!(wishes.links.is_empty());
            }
        }
        let (_, notes) = read(&json!({}), &json!({"callboard.dev/owner": "jane@example.org"}));
        assert!(notes.contains("jane@example.org"), "{notes}");
    }

    #[test]
    fn what_is_unknown_is_noted_with_what_there_is() {
        let (wishes, notes) = read(
            &json!({"callboard.dev/title": "x"}),
            &json!({"callboard.dev/titel": "x", "callboard.dev/component": "component:x", "terasky.backstage.io/name": "x", "other.example/name": "x"}),
        );
        assert_eq!(wishes, Overrides::default());
        assert!(
            notes.contains("there are title, description, owner,") && notes.contains("terasky.backstage.io/name"),
            "{notes}"
        );
        assert!(notes.contains("not read as a label"), "{notes}");
        assert!(!notes.contains("other.example") && !notes.contains("callboard.dev/component"), "{notes}");
    }

    #[test]
    fn the_owner_is_found_in_order() {
        let owner = |labels: &Value, annotations: &Value, paths: &[&str]| {
            let object = object(labels, annotations);
            let wishes = Overrides::of(&object, &EntityNamespace::fit("shop"), &mut Notes::default());
            owner(&object, &wishes, &settings(paths, Selection::All), &mut Notes::default()).to_string()
        };
        let paths = ["/spec/none", "/spec/count", "/spec/team"];
        assert_eq!(
            owner(&json!({"callboard.dev/owner": "b"}), &json!({"callboard.dev/owner": "user:a"}), &paths),
            "user:default/a"
        );
        assert_eq!(owner(&json!({"callboard.dev/owner": "b"}), &json!({}), &paths), "group:default/b");
        assert_eq!(owner(&json!({}), &json!({}), &paths), "group:default/payments");
        assert_eq!(owner(&json!({}), &json!({"callboard.dev/owner": "not an owner"}), &[]), "group:default/platform");
    }

    #[test]
    fn an_object_is_wanted_as_its_marks_say() {
        let wanted = |labels: &Value, annotations: &Value, selection| {
            is_wanted(&object(labels, annotations), &settings(&[], selection), &mut Notes::default())
        };
        for (mark, all, opt_in) in [
            (json!({}), true, false),
            (json!({"callboard.dev/ignore": "true"}), false, false),
            (json!({"callboard.dev/ignore": "false"}), true, true),
            (json!({"callboard.dev/ignore": "yes"}), true, false),
            (json!({"kratix.io/backstage": "true"}), true, true),
            (json!({"kratix.io/backstage": "false"}), false, false),
            (json!({"kratix.io/backstage": "true", "terasky.backstage.io/exclude-from-catalog": "true"}), false, false),
            (json!({"kratix.io/backstage": "false", "callboard.dev/ignore": "false"}), true, true),
        ] {
            assert_eq!(wanted(&mark, &json!({}), Selection::All), all, "label {mark}");
            assert_eq!(wanted(&json!({}), &mark, Selection::All), all, "annotation {mark}");
            assert_eq!(wanted(&mark, &json!({}), Selection::OptIn), opt_in, "opt in {mark}");
        }
    }
}
