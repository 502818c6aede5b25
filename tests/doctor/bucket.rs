//! What is wrong with the bucket.

use super::*;
use ::bucket::{Condition, Fault, Store};

fn denied() -> Fault {
    Fault::Denied { code: "403 AccessDenied".into() }
}

#[tokio::test]
async fn each_right_that_is_missing_is_named_as_a_policy_has_it() {
    for (operation, action) in [
        ("list", r#"{"Effect": "Allow", "Action": "s3:ListBucket", "Resource": "arn:aws:s3:::catalog"}"#),
        (
            "put",
            r#"{"Effect": "Allow", "Action": "s3:PutObject", "Resource": ["arn:aws:s3:::catalog/entities/main/*", "arn:aws:s3:::catalog/state/entities/main/*"]}"#,
        ),
        (
            "get",
            r#"{"Effect": "Allow", "Action": "s3:GetObject", "Resource": ["arn:aws:s3:::catalog/entities/main/*", "arn:aws:s3:::catalog/state/entities/main/*"]}"#,
        ),
        (
            "delete",
            r#"{"Effect": "Allow", "Action": "s3:DeleteObject", "Resource": ["arn:aws:s3:::catalog/entities/main/*", "arn:aws:s3:::catalog/state/entities/main/*"]}"#,
        ),
    ] {
        let world = World::new();
        world.store.refuse(operation, denied());
        let (finding, fix) = world.one_wrong().await;
        assert!(finding.contains("access denied (403 AccessDenied)"), "{finding}");
        assert_eq!(fix, action);
    }
}

#[tokio::test]
async fn a_store_that_cannot_be_used_is_reported_once() {
    for (fault, fix) in [
        (Fault::NoBucket, "aws --endpoint-url http://minio.example:9000 s3 mb s3://catalog"),
        (
            Fault::Timeout { store: "http://minio.example:9000".into() },
            "export AWS_ENDPOINT_URL_S3=...   # now http://minio.example:9000",
        ),
        (
            Fault::NoStore { store: "catalog at http://minio.example:9000".into(), why: "no ETag".into() },
            "export AWS_ENDPOINT_URL_S3=...   # now http://minio.example:9000",
        ),
        (
            Fault::Clock {
                store: "http://minio.example:9000".into(),
                skew: "3600 s behind".into(),
                code: "403".into(),
            },
            "sudo timedatectl set-ntp true",
        ),
        (
            Fault::Denied { code: "403 SignatureDoesNotMatch".into() },
            "export AWS_ACCESS_KEY_ID=... AWS_SECRET_ACCESS_KEY=...",
        ),
    ] {
        let world = World::new();
        for operation in ["list", "head", "put", "get", "delete"] {
            world.store.refuse(operation, fault.clone());
        }
        assert_eq!(world.one_wrong().await.1, fix);
    }
}

#[tokio::test]
async fn a_bucket_that_does_not_exist_is_not_created() {
    let world = World::new();
    world.found().await;
    // Some stores create it by the first PUT.
    world.store.refuse("list", Fault::NoBucket);
    let before = world.store.memory.objects();
    let found = world.found().await;
    let finding = found.iter().find(|it| it.subject == "bucket catalog").unwrap();
    assert!(
        finding.state == State::Wrong && finding.fix.as_ref().unwrap().ends_with("s3 mb s3://catalog"),
        "{finding:?}"
    );
    assert!(world.store.memory.objects() == before, "{:?}", world.store.memory.objects().keys());
    assert!(found.iter().all(|it| it.subject != "conditional writes"), "{found:#?}");
}

#[tokio::test]
async fn keys_that_are_missing_here_are_nothing_wrong_with_the_install() {
    let world = World::new();
    world.store.refuse("list", Fault::Unusable("no credentials found".into()));
    let found = world.found().await;
    let finding = found.iter().find(|it| it.subject == "bucket catalog").unwrap();
    let fix = "export AWS_ACCESS_KEY_ID=... AWS_SECRET_ACCESS_KEY=...";
    assert_eq!((finding.state, finding.fix.as_deref()), (State::Unknown, Some(fix)));
    assert!(found.iter().all(|it| it.state != State::Wrong), "{found:#?}");
}

#[tokio::test]
async fn a_store_that_ignores_conditions_needs_one_writer() {
    let mut world = World::new();
    world.store.ignore_conditions();
    let (finding, fix) = world.one_wrong().await;
    assert!(
        finding.starts_with("conditional writes: the store ignores If-None-Match on PUT, If-Match on PUT"),
        "{finding}"
    );
    assert!(fix.starts_with("CALLBOARD_UNCONDITIONAL=true   # literal of the configMapGenerator callboard"), "{fix}");
    world.honours = Honours::Nothing;
    assert!(world.found().await.iter().all(|it| it.state != State::Wrong));
}

#[tokio::test]
async fn conditions_that_are_honoured_but_not_used_are_reported() {
    let found = World { honours: Honours::Nothing, ..World::new() }.found().await;
    let finding = found.iter().find(|it| it.subject == "conditional writes").unwrap();
    assert!(
        finding.state == State::Ok && finding.detail.contains("CALLBOARD_UNCONDITIONAL=true does not use them"),
        "{finding:?}"
    );
    assert!(finding.fix.as_ref().unwrap().starts_with("CALLBOARD_UNCONDITIONAL=false   # literal of"), "{finding:?}");
}

#[tokio::test]
async fn a_bucket_that_cannot_be_listed_is_not_called_empty() {
    let world = World::new();
    world.store.refuse("list", denied());
    let found = world.found().await;
    assert!(found.iter().all(|it| !it.detail.contains("is empty")), "{found:#?}");
    assert!(found.iter().any(|it| it.detail == "the bucket cannot be listed"), "{found:#?}");
    assert!(found.iter().any(|it| it.subject == "versioning"), "{found:#?}");
}

#[tokio::test]
async fn the_prefixes_that_were_tried_are_reported() {
    let found = World::new().found().await;
    let rights = found.iter().find(|it| it.subject == "rights on catalog").unwrap();
    let finding = "list entities/main/; put, head, get, delete state/entities/main/; head, get entities/main/core/namespace/shop.yaml";
    assert_eq!(rights.detail, finding);
}

#[tokio::test]
async fn an_unmanaged_file_below_the_prefix_must_be_moved_away() {
    let body = || ::bucket::Body { bytes: b"# Hello".to_vec(), content_type: "text/plain", metadata: [].into() };
    for key in ["entities/main/README.md", "entities/main/x.yaml", "entities/index.json"] {
        let world = World::new();
        world.store.put(key, body(), Condition::Always).await.unwrap();
        let (finding, fix) = world.one_wrong().await;
        assert!(finding.starts_with(key), "{finding}");
        let moved = format!(
            "aws --endpoint-url http://minio.example:9000 s3 mv s3://catalog/{key} s3://catalog/unmanaged/{key}"
        );
        assert_eq!(fix, moved);
    }
    let world = World::new();
    world.store.put("entities/$(reboot).txt", body(), Condition::Always).await.unwrap();
    let moved = "s3 mv 's3://catalog/entities/$(reboot).txt' 's3://catalog/unmanaged/entities/$(reboot).txt'";
    assert!(world.one_wrong().await.1.ends_with(moved));
    let world = World::new();
    world.store.put("entities/other/core/namespace/shop.yaml", body(), Condition::Always).await.unwrap();
    assert!(
        world.found().await.iter().all(|it| it.state != State::Wrong),
        "that of another cluster is none of ours to judge"
    );
}
