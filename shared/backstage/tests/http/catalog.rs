//! Calls that make Backstage do something: refresh, trigger, tasks, validate.

use crate::fake::{BUCKET, Fake, TOKEN, args, empty, error, json_of, response};
use backstage::{Args, Backstage, Error, Known, Task, Triggered};
use serde_json::json;

const TRIGGER: &str = "POST /api/catalog/.backstage/scheduler/v1/tasks/awsS3-provider:callboard:refresh/trigger";

#[tokio::test]
async fn a_refresh_tells_whether_the_catalog_knows_the_entity() {
    let fake = Fake::start(|asked| match asked.body["entityRef"].as_str() {
        Some("location:default/known") => empty(),
        _ => error(404, "NotFoundError", "Entity location:default/new not found"),
    })
    .await;
    let backstage = fake.client();
    assert_eq!(backstage.refresh("location:default/known").await, Ok(Known::Yes));
    assert_eq!(backstage.refresh("location:default/new").await, Ok(Known::No));
    let asked = fake.asked();
    assert_eq!(asked[0].line, "POST /api/catalog/refresh");
    assert_eq!(asked[0].authorization, format!("Bearer {TOKEN}"));
    assert_eq!(asked[0].body, json!({"entityRef": "location:default/known"}));
}

#[tokio::test]
async fn a_404_that_is_not_the_catalogs_own_is_no_unknown_entity() {
    for (content, body) in [
        // Backstage if there is no such plugin, and whatever else may be there.
        ("text/plain", ""),
        ("text/html", "<html>404</html>"),
        ("application/json", r#"{"error":"Not Found"}"#),
        ("application/json", r#"{"error":{"name":"NotFoundError","message":"no route"}}"#),
    ] {
        let backstage = Fake::start(move |_| response(404, content, body)).await.client();
        for refused in [backstage.refresh("a:b/c").await.err(), backstage.trigger().await.err()] {
            let Some(Error::Refused(why)) = refused else { panic!("{refused:?}") };
            assert!(why.contains("is CALLBOARD_BACKSTAGE_URL the URL of its backend"), "{why}");
        }
    }
}

#[tokio::test]
async fn a_trigger_tells_whether_a_run_begins() {
    let fake = Fake::always(200, "").await;
    assert_eq!(fake.client().trigger().await, Ok(Triggered::Begins));
    assert_eq!(fake.lines(), [TRIGGER]);
    let busy = Fake::start(|_| error(409, "ConflictError", "Task x is currently running")).await;
    assert_eq!(busy.client().trigger().await, Ok(Triggered::Busy));
}

#[tokio::test]
async fn a_task_that_is_not_there_is_named_with_what_sets_it() {
    let fake = Fake::start(|_| error(404, "NotFoundError", "Task x does not exist")).await;
    let provider = "a/b c".to_owned();
    let args = Args { provider, ..args(&fake.url) };
    let backstage = Backstage::new(&args, Some(&BUCKET.parse().unwrap())).unwrap().unwrap();
    let Err(Error::Refused(why)) = backstage.trigger().await else { panic!("it is there") };
    let tried = format!("failed to trigger the task awsS3-provider:a/b c:refresh on Backstage at {}/: ", fake.url);
    assert!(why.starts_with(&tried) && why.contains("CALLBOARD_BACKSTAGE_PROVIDER"), "{why}");
    assert_eq!(fake.lines(), [TRIGGER.replace("callboard", "a%2Fb%20c")]);
}

#[tokio::test]
async fn a_base_path_is_kept() {
    let fake = Fake::always(200, "").await;
    for base in ["/back/stage", "/back/stage/"] {
        let args = Args { url: Some(format!("{}{base}", fake.url).parse().unwrap()), ..args(&fake.url) };
        let backstage = Backstage::new(&args, Some(&BUCKET.parse().unwrap())).unwrap().unwrap();
        backstage.refresh("a:b/c").await.unwrap();
        assert_eq!(fake.lines(), ["POST /back/stage/api/catalog/refresh"]);
    }
}

#[tokio::test]
async fn tasks_are_listed_with_their_scope_and_last_run() {
    // PluginTaskSchedulerImpl, LocalTaskWorker and TaskWorker of backend-defaults 0.18.0.
    let settings = json!({"version": 2, "cadence": "PT10M", "timeoutAfterDuration": "PT1M"});
    let of = |id: &str, scope: &str, state| json!({"taskId": id, "pluginId": "catalog", "scope": scope, "settings": settings, "taskState": state, "workerState": {"status": "idle"}});
    let error = json!({"name": "Error", "message": "no\ndatabase"}).to_string();
    let idle = json!({"status": "idle", "startsAt": "2026-11-21T12:10:00.000Z", "lastRunEndedAt": "2026-11-21T12:00:00.000Z", "lastRunError": error});
    let running =
        json!({"status": "running", "startedAt": "2026-11-21T12:00:00.000Z", "timesOutAt": "2026-11-21T12:01:00.000Z"});
    let tasks = json!({"tasks": [of("a", "local", idle), of("b", "global", running), of("c", "global", json!(null))]});
    let fake = Fake::always(200, tasks.to_string()).await;
    let listed = fake.client().tasks().await.unwrap();
    assert_eq!(fake.lines(), ["GET /api/catalog/.backstage/scheduler/v1/tasks"]);
    let c = Task {
        id: "c".into(),
        scope: "global".into(),
        is_running: false,
        last_run_ended_at: None,
        last_run_error: None,
    };
    let a = Task {
        id: "a".into(),
        scope: "local".into(),
        last_run_ended_at: Some("2026-11-21T12:00:00.000Z".into()),
        last_run_error: Some("no database".into()),
        ..c.clone()
    };
    assert_eq!(listed, [a, Task { id: "b".into(), is_running: true, ..c.clone() }, c]);
}

#[tokio::test]
async fn validating_gives_what_the_catalog_says_against_a_location() {
    let words = "Entity system:default/x at url:http://store:9000/catalog/a.yaml, originated at url:http://store:9000/catalog/a.yaml, is not of an allowed kind for that location";
    let fake = Fake::start(move |asked| match asked.body["entity"]["spec"]["target"].as_str() {
        Some("http://store:9000/catalog/good.yaml") => empty(),
        _ => json_of(400, &json!({"errors": [{"name": "NotAllowedError", "message": words}]})),
    })
    .await;
    let backstage = fake.client();
    assert_eq!(backstage.validate(&backstage.location("good.yaml")).await, Ok(vec![]));
    let location = backstage.location("a.yaml");
    let troubles = backstage.validate(&location).await.unwrap();
    assert_eq!((troubles.len(), troubles[0].words.as_str()), (1, words));
    assert_eq!(troubles[0].entity.as_deref(), Some("system:default/x"));
    let asked = fake.asked().remove(1);
    assert_eq!(asked.line, "POST /api/catalog/validate-entity");
    // As the provider makes it: locationSpecToLocationEntity.
    let by = "url:http://store:9000/catalog/a.yaml";
    let annotations = json!({"backstage.io/managed-by-location": by, "backstage.io/managed-by-origin-location": by});
    let name = location.reference.strip_prefix("location:default/").unwrap();
    let entity = json!({
        "apiVersion": "backstage.io/v1alpha1", "kind": "Location",
        "metadata": {"name": name, "annotations": annotations},
        "spec": {"type": "url", "target": location.target, "presence": "required"},
    });
    assert_eq!(asked.body, json!({"entity": entity, "location": by}));
}

#[tokio::test]
async fn a_400_of_another_shape_is_no_trouble_of_the_location() {
    let backstage = Fake::start(|_| error(400, "InputError", "Malformed request")).await.client();
    let refused = backstage.validate(&backstage.location("a")).await;
    assert!(matches!(&refused, Err(Error::Refused(_))), "{refused:?}");
}
