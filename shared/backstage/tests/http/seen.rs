//! Asking: by ref, by where it is from, pending.

use crate::fake::{Fake, error, json_of, response};
use backstage::{Error, Pending, Seen, Trouble};
use serde_json::{Value, json};

/// An entity with the fields that are asked for.
fn entity(kind: &str, name: &str, target: &str) -> Value {
    let annotations = json!({"backstage.io/managed-by-location": format!("url:{target}")});
    json!({"kind": kind, "metadata": {"name": name, "namespace": "default", "annotations": annotations}})
}

fn seen(reference: &str, target: &str) -> Seen {
    Seen { reference: reference.into(), target: target.into(), troubles: vec![] }
}

#[tokio::test]
async fn entities_come_in_the_order_asked_for_and_each_with_its_troubles() {
    let fake = Fake::start(|asked| {
        let mut sick = entity("API", "Todo", "http://store/a.yaml");
        // performStitching of plugin-catalog-backend 4.0.0, and what someone else wrote into the status.
        let error = json!({"name": "InputError", "message": "bad; caused by worse", "cause": {"name": "Error", "message": "worse"}});
        let processing = "backstage.io/catalog-processing";
        sick["status"] = json!({"items": [
            {"type": "x", "level": "info", "message": "fine"},
            {"type": processing, "level": "error", "message": "InputError: bad; caused by worse", "error": error},
        ]});
        let bare = json!({"kind": "Component", "metadata": {"name": "bare"}, "status": "none of its business"});
        assert_eq!(asked.body["entityRefs"], json!(["api:default/todo", "a:b/c", "component:default/bare"]));
        json_of(200, &json!({"items": [sick, null, bare]}))
    })
    .await;
    let references = ["API:default/Todo", "a:b/c", "component:default/bare"].map(str::to_owned);
    let found = fake.client().by_refs(&references).await.unwrap();
    let trouble = Trouble { entity: None, words: "bad; caused by worse".into() };
    let sick = Seen { troubles: vec![trouble], ..seen("api:default/todo", "http://store/a.yaml") };
    assert_eq!(found, [Some(sick), None, Some(seen("component:default/bare", ""))]);
    let asked = fake.asked().remove(0);
    assert_eq!(asked.line, "POST /api/catalog/entities/by-refs");
    let fields = asked.body["fields"].as_array().unwrap();
    assert!(fields.contains(&json!("metadata.annotations.backstage.io/managed-by-location")), "{fields:?}");
}

#[tokio::test]
async fn any_number_of_refs_is_asked_for_in_parts_that_backstage_takes() {
    let fake = Fake::start(|asked| {
        let refs = asked.body["entityRefs"].as_array().unwrap();
        let items: Vec<_> =
            refs.iter().map(|it| entity("Api", it.as_str().unwrap().split('/').nth(1).unwrap(), "")).collect();
        json_of(200, &json!({"items": items}))
    })
    .await;
    let long = "n".repeat(57);
    let references: Vec<_> = (0..401).map(|n| format!("api:default/{long}{n:06}")).collect();
    let found = fake.client().by_refs(&references).await.unwrap();
    assert!(found.iter().flatten().map(|it| &it.reference).eq(&references));
    let asked = fake.asked();
    let parts: Vec<_> = asked.iter().map(|it| it.body["entityRefs"].as_array().unwrap().len()).collect();
    assert_eq!(parts, [200, 200, 1]);
    // The limit of express.json(), which the catalog leaves as it is; a ref has 191 bytes at most.
    assert!(asked[0].length + 200 * (191 - references[0].len()) < 100 * 1024, "{}", asked[0].length);
    assert!(fake.client().by_refs(&[]).await.unwrap().is_empty() && fake.asked().is_empty());
}

#[tokio::test]
async fn an_answer_with_fewer_entities_than_asked_for_is_refused() {
    let refused = Fake::always(200, r#"{"items":[]}"#).await.client().by_refs(&["a:b/c".into()]).await;
    assert!(matches!(&refused, Err(Error::Refused(why)) if why.contains("with 0 instead")), "{refused:?}");
}

#[tokio::test]
async fn what_comes_from_below_a_prefix_is_found_on_all_pages() {
    let fake = Fake::start(|asked| {
        let items = json!([
            entity("Component", "x", "http://store/b/x.yaml"),
            entity("Location", "l", "http://store/b/x.yaml")
        ]);
        let others = json!([entity("Api", "y", "http://store/b/y.yaml"), entity("Api", "z", "http://other/z.yaml")]);
        match asked.line.contains("cursor=ab%2Bc%3D") {
            false => json_of(200, &json!({"items": items, "totalItems": 4, "pageInfo": {"nextCursor": "ab+c="}})),
            true => json_of(200, &json!({"items": others, "totalItems": 4, "pageInfo": {"prevCursor": "x"}})),
        }
    })
    .await;
    let found = fake.client().from("http://store/b/").await.unwrap();
    let at = "http://store/b/x.yaml";
    let y = seen("api:default/y", "http://store/b/y.yaml");
    assert_eq!(found, [y, seen("component:default/x", at), seen("location:default/l", at)]);
    let first = "GET /api/catalog/entities/by-query?limit=500&fields=kind%2Cmetadata.name%2Cmetadata.namespace%2Cmetadata.annotations.backstage.io%2Fmanaged-by-location%2Cstatus";
    assert_eq!(fake.lines(), [first.to_owned(), format!("{first}&cursor=ab%2Bc%3D")]);
}

#[tokio::test]
async fn a_listing_without_an_end_is_given_up() {
    let fake = Fake::always(200, r#"{"items":[],"pageInfo":{"nextCursor":"again"}}"#).await;
    let refused = fake.client().from("http://store/").await;
    assert!(matches!(&refused, Err(Error::Refused(why)) if why.contains("more than 200 pages")), "{refused:?}");
    assert_eq!(fake.lines().len(), 200);
}

#[tokio::test]
async fn pending_entities_are_listed_where_the_module_is_installed() {
    // UnprocessedEntitiesModule of module-unprocessed 0.6.16: rows of refresh_state.
    let row = |reference: &str, unprocessed: Value, errors: Value| json!({"entity_id": "0", "entity_ref": reference, "unprocessed_entity": unprocessed, "location_key": "x", "next_update_at": "2026-11-21T12:00:00.000Z", "errors": errors});
    let errors =
        json!([{"name": "InputError", "message": "Policy check failed for api:default/x; caused by Error: no"}]);
    let target = "http://store/x.yaml";
    let rows = json!([
        row("api:default/x", entity("API", "x", target), errors),
        row("api:default/new", entity("API", "new", target), json!("")),
        row("group:default/theirs", json!({"kind": "Group", "metadata": {"name": "theirs"}}), json!(null)),
    ]);
    let fake = Fake::always(200, json!({"type": "pending", "entities": rows}).to_string()).await;
    let pending = fake.client().pending().await.unwrap().unwrap();
    let of = |reference: &str, target: &str| Pending {
        reference: reference.into(),
        target: target.into(),
        troubles: vec![],
    };
    let words = "Policy check failed for api:default/x; caused by Error: no".into();
    let trouble = Trouble { entity: Some("api:default/x".into()), words };
    let x = Pending { troubles: vec![trouble], ..of("api:default/x", target) };
    assert_eq!(pending, [x, of("api:default/new", target), of("group:default/theirs", "")]);
    assert_eq!(fake.lines(), ["GET /api/catalog/entities/unprocessed/pending"]);
}

#[tokio::test]
async fn without_the_module_nothing_is_known_of_what_is_pending() {
    let without = Fake::start(|_| response(404, "text/plain", "")).await;
    assert_eq!(without.client().pending().await, Ok(None));
    let denied = Fake::start(|_| error(403, "NotAllowedError", "Unauthorized")).await;
    let denied = denied.client().pending().await;
    assert!(matches!(denied, Err(Error::Denied(_))), "{denied:?}");
}
