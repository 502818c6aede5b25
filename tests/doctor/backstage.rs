//! What is wrong with Backstage.

use super::*;
use crate::backstage_fake::{TASK, Wrong};

const PROVIDER: &str = "callboard: {bucketName: catalog, prefix: entities/, region: us-east-1, \
    schedule: {frequency: {minutes: 10}, timeout: {minutes: 1}, scope: local}}   # in app-config, below catalog.providers.awsS3";

/// The targets of the objects whose keys contain this.
fn targets(world: &World, part: &str) -> Vec<String> {
    let keys = world.store.memory.entities().into_keys();
    keys.filter(|key| key.contains(part)).map(|key| format!("{BUCKET}/{key}")).collect()
}

#[tokio::test]
async fn an_unknown_token_and_one_without_rights_have_different_fixes() {
    for (status, subject, fix) in [
        (
            401,
            "token: ",
            "- {type: static, options: {token: '${CALLBOARD_TOKEN}', subject: callboard}, accessRestrictions: [{plugin: catalog}]}   # in app-config, below backend.auth.externalAccess",
        ),
        (
            403,
            "token: ",
            "accessRestrictions: [{plugin: catalog}]   # in app-config, below backend.auth.externalAccess",
        ),
        (503, "URL: ", "export CALLBOARD_BACKSTAGE_URL=...   # now http://127.0.0.1:"),
        (404, "URL: ", "export CALLBOARD_BACKSTAGE_URL=...   # now http://127.0.0.1:"),
    ] {
        let world = World::new();
        world.backstage.break_off("", Wrong::Status(status), usize::MAX);
        let (finding, line) = world.one_wrong().await;
        assert!(finding.starts_with(subject) && line.starts_with(fix), "{finding}\n{line}");
        assert_eq!(world.backstage.calls(), ["tasks"]);
    }
}

#[tokio::test]
async fn a_missing_token_file_is_reported() {
    let world = World::new();
    let (edge, token) = edge(&world.backstage).await;
    drop(token);
    let found = world.examined(Ok(Some(edge))).await;
    let wrong = found.into_iter().find(|it| it.state == State::Wrong).unwrap();
    assert_eq!(
        (wrong.subject.as_str(), wrong.fix.as_deref()),
        ("token", Some("export CALLBOARD_BACKSTAGE_TOKEN_FILE=..."))
    );
}

#[tokio::test]
async fn settings_that_cannot_be_used_are_reported_and_the_rest_is_checked() {
    let found = World::new().examined(Err("no token".into())).await;
    let wrong: Vec<_> = found.iter().filter(|it| it.state == State::Wrong).collect();
    assert!(
        matches!(wrong[..], [Finding { subject, detail, .. }] if subject == "settings" && detail == "no token"),
        "{wrong:?}"
    );
    assert!(found.iter().any(|it| it.subject == "trigger mesh"));
}

#[tokio::test]
async fn a_provider_of_another_name_is_named_and_ours_is_the_line() {
    let world = World::new();
    world.backstage.has_tasks(&[("catalog_orphan_cleanup", "global"), ("awsS3-provider:eventmesh:refresh", "local")]);
    let (finding, fix) = world.one_wrong().await;
    assert!(finding.starts_with(&format!("{TASK}: this task does not exist, only those of the providers eventmesh. ")));
    assert!(finding.contains("CALLBOARD_BACKSTAGE_PROVIDER") && fix == PROVIDER, "{finding}\n{fix}");
    world.backstage.has_tasks(&[("catalog_orphan_cleanup", "global")]);
    let (finding, fix) = world.one_wrong().await;
    assert!(finding.contains("no provider for S3") && fix == PROVIDER, "{finding}\n{fix}");
}

#[tokio::test]
async fn a_global_scope_is_made_local() {
    let world = World::new();
    world.backstage.has_tasks(&[(TASK, "global")]);
    let (finding, fix) = world.one_wrong().await;
    assert!(finding.starts_with(&format!("{TASK}: scope global")), "{finding}");
    assert_eq!(fix, "scope: local   # in app-config, below catalog.providers.awsS3.callboard.schedule");
}

#[tokio::test]
async fn a_provider_that_lists_nothing_lacks_credentials_bucket_or_prefix() {
    let world = World::new();
    let (edge, _token) = edge(&world.backstage).await;
    world.backstage.lists(Vec::new);
    let found = world.examined(Ok(Some(edge))).await;
    let wrong: Vec<_> = found.iter().filter(|it| it.state == State::Wrong).collect();
    let [Finding { subject, detail, fix: Some(fix), .. }] = wrong[..] else { panic!("{wrong:#?}") };
    assert!(subject == "provider" && detail.contains("aws.mainAccount"), "{detail}");
    let credentials = "mainAccount: {accessKeyId: ..., secretAccessKey: ...}   # in app-config, below aws, or as Backstage's AWS_* variables";
    assert_eq!(*fix, format!("{credentials}\n{PROVIDER}"));
    assert!(world.backstage.calls().contains(&format!("trigger {TASK}")));
}

#[tokio::test]
async fn a_bucket_that_backstage_sees_at_another_url_is_named() {
    let world = World::new();
    let (edge, _token) = edge(&world.backstage).await;
    let elsewhere = "http://minio.minio.svc:9000/catalog".parse().unwrap();
    let keys: Vec<_> = world.store.memory.entities().into_keys().collect();
    world.backstage.lists(move || keys.iter().map(|key| ::backstage::Location::new(&elsewhere, key)).collect());
    let found = world.examined(Ok(Some(edge))).await;
    let wrong = found.into_iter().find(|it| it.state == State::Wrong).unwrap();
    let fix = "export CALLBOARD_BACKSTAGE_BUCKET_URL=http://minio.minio.svc:9000/catalog\n\
                CALLBOARD_BACKSTAGE_BUCKET_URL=http://minio.minio.svc:9000/catalog   # literal of the configMapGenerator callboard in your overlay";
    assert_eq!((wrong.subject.as_str(), wrong.fix.as_deref()), ("bucket URL", Some(fix)));
}

#[tokio::test]
async fn locations_that_exist_need_no_run() {
    let world = World::new();
    let (edge, _token) = edge(&world.backstage).await;
    world.store.memory.entities().keys().for_each(|key| world.backstage.knows(&edge.location(key)));
    world.take_all();
    assert!(world.examined(Ok(Some(edge))).await.iter().all(|it| it.state != State::Wrong));
    assert!(world.backstage.calls().iter().all(|it| !it.starts_with("trigger")));
}

#[tokio::test]
async fn a_run_that_does_not_end_leaves_it_unknown() {
    let world = World::new();
    world.backstage.break_off("trigger", Wrong::Status(409), usize::MAX);
    let found = world.found().await;
    let locations = found.iter().find(|it| it.subject == "locations").unwrap();
    assert!(locations.state == State::Unknown && locations.detail.contains("no run"), "{locations:?}");
}

#[tokio::test]
async fn a_kind_that_the_rules_do_not_allow_is_reported_with_its_fix() {
    for (part, entity, line) in [
        (
            "core/namespace",
            "system:shop/shop",
            "`- allow: [System]`, and [Component, API, Location] where there were no rules",
        ),
        ("platform.kratix.io/promise", "template:default/app-promise-template", "`- allow: [Template]`"),
    ] {
        let world = World::new();
        let target = &targets(&world, part)[0];
        let at = format!("url:{target}");
        let said = format!("Entity {entity} at {at}, originated at {at}, is not of an allowed kind for that location");
        world.backstage.objects(target, &[&said]);
        let (finding, fix) = world.one_wrong().await;
        assert!(finding.ends_with(&said) && fix.contains("catalog.rules") && fix.contains(line), "{finding}\n{fix}");
        let all = "- allow: [Component, API, System, Template, Location]   # for all of it, ";
        assert!(fix.lines().nth(1).unwrap().starts_with(all), "{fix}");
    }
}

#[tokio::test]
async fn a_consumer_that_no_catalog_has_is_reported_with_the_annotation_that_fixes_it() {
    let world = World::new();
    for name in ["mailer", "till", "there"] {
        let labels = json!({"backstage.io/kubernetes-id": name});
        let metadata = json!({"name": name, "namespace": "shop", "labels": labels});
        world.kubernetes.apply(json!({"apiVersion": "v1", "kind": "Service", "metadata": metadata}));
        let subscriber = json!({"ref": {"apiVersion": "v1", "kind": "Service", "name": name}});
        let (spec, metadata) =
            (json!({"broker": "shop", "subscriber": subscriber}), json!({"name": name, "namespace": "shop"}));
        let trigger =
            json!({"apiVersion": "eventing.knative.dev/v1", "kind": "Trigger", "metadata": metadata, "spec": spec});
        world.kubernetes.apply(trigger);
    }
    for (namespace, name) in [("default", "there"), ("shop", "till")] {
        let metadata = json!({"namespace": namespace, "name": name});
        world.backstage.took(json!({"kind": "Component", "metadata": metadata}), "https://git.example/x.yaml");
    }
    let found = world.found().await;
    let wrong: Vec<_> = found.iter().filter(|it| it.state == State::Wrong).collect();
    let [mailer, till] = &wrong[..] else { panic!("{wrong:#?}") };
    assert_eq!(mailer.subject, "consumer component:default/mailer");
    assert!(mailer.detail.ends_with("/trigger/shop/mailer.yaml names it"), "{}", mailer.detail);
    let fix = "kubectl annotate -n shop service/mailer --overwrite callboard.dev/component=component:.../mailer";
    assert_eq!(mailer.fix.as_deref(), Some(fix));
    let fix = "kubectl annotate -n shop service/till --overwrite callboard.dev/component=component:shop/till";
    assert_eq!((till.subject.as_str(), till.fix.as_deref()), ("consumer component:default/till", Some(fix)));
}

#[tokio::test]
async fn a_reader_without_credentials_is_reported_once() {
    let world = World::new();
    let said = "Unable to read url, Could not retrieve file from S3; caused by AccessDenied: Access Denied";
    targets(&world, "").iter().for_each(|target| world.backstage.objects(target, &[said]));
    let (finding, fix) = world.one_wrong().await;
    assert!(finding.ends_with(said), "{finding}");
    let line = "- {endpoint: 'http://minio.example:9000', s3ForcePathStyle: true, accessKeyId: ..., secretAccessKey: ...}   # in app-config, the first below integrations.awsS3";
    assert_eq!(fix, line);
}

#[tokio::test]
async fn what_the_catalog_says_of_a_location_is_reported() {
    let world = World::new();
    let (edge, _token) = edge(&world.backstage).await;
    let keys: Vec<_> = world.store.memory.entities().into_keys().collect();
    keys.iter().for_each(|key| world.backstage.knows(&edge.location(key)));
    world.take_all();
    world.backstage.finds_fault(&edge.location(&keys[0]).reference, "something is broken");
    let found = world.examined(Ok(Some(edge))).await;
    let wrong = found.into_iter().find(|it| it.state == State::Wrong).unwrap();
    assert_eq!((&wrong.subject, wrong.detail.as_str()), (&keys[0], "something is broken"));
    assert_eq!(wrong.fix.as_deref(), Some("callboard drift   # lists each refusal"));
}

#[tokio::test]
async fn what_backstage_takes_is_unknown_for_an_empty_bucket() {
    let world = World { store: Faulty::default(), ..World::new() };
    let found = world.found().await;
    let unknown: Vec<_> = found.iter().filter(|it| it.state == State::Unknown).map(|it| it.subject.as_str()).collect();
    assert_eq!(unknown, ["whose bucket", "what Backstage takes"]);
    assert!(found.iter().all(|it| it.state != State::Wrong), "{found:#?}");
}

#[tokio::test]
async fn what_the_provider_has_not_listed_is_not_read() {
    let world = World::new();
    let (edge, _token) = edge(&world.backstage).await;
    world.backstage.lists(Vec::new);
    targets(&world, "").iter().for_each(|target| world.backstage.objects(target, &["caused by AccessDenied"]));
    let found = world.examined(Ok(Some(edge))).await;
    let wrong: Vec<_> = found.iter().filter(|it| it.state == State::Wrong).map(|it| it.subject.as_str()).collect();
    assert_eq!(wrong, ["provider"]);
    assert!(found.iter().any(|it| it.subject == "what Backstage takes" && it.state == State::Unknown));
    assert!(!world.backstage.calls().iter().any(|it| it.starts_with("validate")));
}

#[tokio::test]
async fn a_deleted_object_is_not_about_keys() {
    let world = World::new();
    let said = "Unable to read url, Could not retrieve file from S3; caused by NoSuchKey: UnknownError";
    targets(&world, "").iter().for_each(|target| world.backstage.objects(target, &[said]));
    let fix = world.one_wrong().await.1;
    assert!(fix.starts_with("the object is gone, or ") && !fix.contains("accessKeyId"), "{fix}");
}

#[tokio::test]
async fn a_run_that_was_going_is_followed_by_another() {
    let world = World::new();
    world.backstage.break_off("trigger", Wrong::Status(409), 2);
    assert!(world.found().await.iter().all(|it| it.state == State::Ok));
    assert_eq!(world.backstage.calls().iter().filter(|it| it.starts_with("trigger")).count(), 3);
}

#[tokio::test]
async fn an_entity_that_claims_to_come_from_our_bucket_names_no_url() {
    let world = World::new();
    let (edge, _token) = edge(&world.backstage).await;
    let elsewhere = "http://minio.example:9000/others".parse().unwrap();
    let keys: Vec<_> = world.store.memory.entities().into_keys().collect();
    // A Location of a bucket of another name.
    world.backstage.lists(move || keys.iter().map(|key| ::backstage::Location::new(&elsewhere, key)).collect());
    for (n, key) in world.store.memory.entities().into_keys().enumerate() {
        let entity = json!({"kind": "Component", "metadata": {"name": format!("x{n}"), "namespace": "default"}});
        world.backstage.took(entity, &format!("http://evil.example/$(reboot)/catalog/{key}"));
    }
    let found = world.examined(Ok(Some(edge))).await;
    let wrong: Vec<_> = found.iter().filter(|it| it.state == State::Wrong).map(|it| it.subject.as_str()).collect();
    assert_eq!(wrong, ["provider"]);
}

#[tokio::test]
async fn a_location_that_backstage_has_not_processed_is_not_about_credentials() {
    let world = World::new();
    let (edge, _token) = edge(&world.backstage).await;
    world.backstage.lists(Vec::new);
    world.backstage.break_off("refresh", Wrong::Status(200), usize::MAX);
    let found = world.examined(Ok(Some(edge))).await;
    let finding = found.iter().find(|it| it.subject == "locations").unwrap();
    assert!(finding.state == State::Unknown && finding.detail.contains("not processed them yet"), "{finding:?}");
    assert!(found.iter().all(|it| it.state != State::Wrong), "{found:#?}");
}

#[tokio::test]
async fn a_consumer_that_no_catalog_has_is_named_with_the_annotation_that_fixes_it() {
    let world = World::new();
    let of = |api_version: &str, kind: &str, labels: Value, spec: Value| {
        let metadata = json!({"name": "legacy", "namespace": "shop", "labels": labels});
        world.kubernetes.apply(json!({"apiVersion": api_version, "kind": kind, "metadata": metadata, "spec": spec}));
    };
    of("apps/v1", "Deployment", json!({"backstage.io/kubernetes-id": "legacy"}), json!({}));
    let subscriber = json!({"ref": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "legacy"}});
    of("eventing.knative.dev/v1", "Trigger", json!({}), json!({"broker": "shop", "subscriber": subscriber}));
    let (finding, fix) = world.one_wrong().await;
    let key = "entities/main/eventing.knative.dev/trigger/shop/legacy.yaml";
    assert_eq!(finding, format!("consumer component:default/legacy: no catalog has this Component. {key} names it"));
    let annotate = "kubectl annotate -n shop deployment.apps/legacy --overwrite callboard.dev/component";
    assert_eq!(fix, format!("{annotate}=component:.../legacy"));

    let metadata = json!({"name": "legacy", "namespace": "shop", "annotations": {}});
    let entity = json!({"kind": "Component", "metadata": metadata});
    world.backstage.took(entity, "https://git.example/catalog-info.yaml");
    let (_, fix) = world.one_wrong().await;
    assert_eq!(fix, format!("{annotate}=component:shop/legacy"));
}
