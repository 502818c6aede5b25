use super::{bearer::Bearer, fields::FIELDS, owner::owner, selection::is_wanted, values::Overrides};
use crate::{
    entity::{EntityNamespace, EntityRef},
    naming::Layout,
    notes::Notes,
    settings::{Selection, Settings},
};
use events::Object;
use serde_json::{Value, json};

fn object(labels: &Value, annotations: &Value) -> Object {
    let metadata = json!({"name": "x", "namespace": "shop", "labels": labels, "annotations": annotations});
    let spec = json!({"team": "Payments", "count": 5, "none": null});
    Object::try_from(json!({"apiVersion": "example.org/v1", "kind": "App", "metadata": metadata, "spec": spec}))
        .unwrap()
}

fn read(labels: &Value, annotations: &Value) -> (Overrides, String) {
    let mut notes = Notes::default();
    let overrides = Overrides::of(
        &object(labels, annotations),
        Bearer::Request,
        &EntityNamespace::fit("shop"),
        &settings(&[], Selection::All),
        &mut notes,
    );
    (overrides, format!("{notes:?}"))
}

fn settings(paths: &[&str], selection: Selection) -> Settings {
    let layout = Layout::new("entities", "main").unwrap();
    let mut settings = Settings::new(layout, EntityRef::parse("group:default/platform", "", "").unwrap());
    settings.owner_paths = paths.iter().map(ToString::to_string).collect();
    settings.selection = selection;
    settings
}

#[test]
fn callboards_annotation_comes_before_third_party_ones() {
    let (overrides, _) = read(
        &json!({"callboard.dev/owner": "label"}),
        &json!({"ske.backstage.component/title": "ske", "terasky.backstage.io/title": "terasky", "ske.backstage.component/owner": "ske",
            "terasky.backstage.io/component-type": "website"}),
    );
    assert_eq!(overrides.title.as_deref(), Some("ske"));
    assert_eq!(overrides.owner.unwrap().as_str(), "group:default/label");
    assert_eq!(overrides.ty.as_deref(), Some("website"));
}

#[test]
fn a_wrong_item_does_not_take_the_right_ones_with_it() {
    let (overrides, notes) = read(
        &json!({}),
        &json!({"callboard.dev/tags": "java,Not A Tag,web", "callboard.dev/provides-apis": "a/b/c,orders"}),
    );
    assert_eq!(overrides.tags.into_iter().collect::<Vec<_>>(), ["java", "web"]);
    assert_eq!(overrides.provides_apis.into_iter().map(|it| it.to_string()).collect::<Vec<_>>(), ["api:shop/orders"]);
    assert!(notes.contains("Not A Tag") && notes.contains("a/b/c"), "{notes}");
}

#[test]
fn no_note_quotes_a_secret() {
    for field in &FIELDS {
        for text in ["https://jane:hunter2@a.example/ x", "x?token=hunter2/ x"] {
            let key = field.keys[0];
            let (overrides, notes) =
                read(&json!({}), &json!({key: text, "callboard.dev/depends-on": format!("component:{text}")}));
            assert!(!notes.contains("hunter2"), "{key}: {notes}");
            assert!(overrides.links.is_empty());
        }
    }
    let (_, notes) = read(&json!({}), &json!({"callboard.dev/owner": "jane@example.org"}));
    assert!(notes.contains("jane@example.org"), "{notes}");
}

#[test]
fn what_is_unknown_is_noted_with_what_there_is() {
    let (overrides, notes) = read(
        &json!({"callboard.dev/title": "x"}),
        &json!({"callboard.dev/titel": "x", "callboard.dev/component": "component:x", "terasky.backstage.io/name": "x", "other.example/name": "x"}),
    );
    assert_eq!(overrides, Overrides::default());
    assert!(notes.contains("It honours title, description, owner,"), "{notes}");
    assert!(notes.contains("terasky.backstage.io/name") && notes.contains("not read as a label"), "{notes}");
    assert!(!notes.contains("other.example"), "{notes}");
}

#[test]
fn a_name_that_is_almost_right_is_recognized() {
    for (key, meant) in [
        ("titel", Some("title")),
        ("dependsOn", Some("depends-on")),
        ("provides_api", Some("provides-apis")),
        ("lifecyle", Some("lifecycle")),
        ("Tags", Some("tags")),
        ("foo", None),
        ("team", None),
        ("component-name", None),
    ] {
        let (_, notes) = read(&json!({}), &json!({format!("callboard.dev/{key}"): "x"}));
        let is_said = |name: &str| notes.contains(&format!("Did you mean callboard.dev/{name}? It honours"));
        assert!(meant.is_none_or(is_said) && (meant.is_some() || !notes.contains("Did you mean")), "{key}: {notes}");
    }
}

#[test]
fn what_a_kind_does_not_honour_is_noted_and_not_applied() {
    for (bearer, key, honours) in [
        (Bearer::Promise, "callboard.dev/component", "consumes-apis, ignore"),
        (Bearer::Namespace, "callboard.dev/type", "title, description, owner, tags, links, ignore"),
        (Bearer::Namespace, "ske.backstage.component/lifecycle", "title, description, owner, tags, links, ignore"),
        (Bearer::EventType, "terasky.backstage.io/dependsOn", "lifecycle, type, tags, links, ignore"),
        (Bearer::Nothing, "callboard.dev/title", "honours component"),
        (Bearer::Nothing, "callboard.dev/ignore", "honours component"),
        (Bearer::Nothing, "kratix.io/backstage", "honours component"),
        (Bearer::Mesh, "ske.backstage.template/title", "no Template"),
    ] {
        let object = object(&json!({}), &json!({key: "true"}));
        let mut notes = Notes::default();
        let overrides =
            Overrides::of(&object, bearer, &EntityNamespace::fit("shop"), &settings(&[], Selection::All), &mut notes);
        let noted = notes.invalid_overrides.iter().find(|it| it.field == key);
        assert!(
            noted.is_some_and(|it| it.reason.contains("has no effect") && it.reason.contains(honours)),
            "{notes:?}"
        );
        assert_eq!(overrides, Overrides::default(), "{key}");
    }
}

#[test]
fn the_owner_is_found_in_order() {
    let owner = |labels: &Value, annotations: &Value, paths: &[&str]| {
        let object = object(labels, annotations);
        let overrides = Overrides::of(
            &object,
            Bearer::Request,
            &EntityNamespace::fit("shop"),
            &settings(&[], Selection::All),
            &mut Notes::default(),
        );
        owner(&object, &overrides, &settings(paths, Selection::All), &mut Notes::default()).to_string()
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
