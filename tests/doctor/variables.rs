//! Variables of the shell that differ from those of the install.

use super::*;
use crate::kubernetes::Fault;

const LITERAL: &str = "   # literal of the configMapGenerator callboard in your overlay";

impl World {
    /// The shell has this variable.
    fn has(&mut self, name: &'static str, value: &str) {
        self.variables.retain(|(it, _)| *it != name);
        self.variables.push((name, value.to_owned()));
    }

    /// The install has it.
    fn installs(&self, name: &str, value: &str) {
        self.change("configmaps", "callboard", |it| it["data"][name] = value.into());
    }
}

#[tokio::test]
async fn a_variable_that_differs_is_reported_with_both_lines() {
    for (name, here, there) in [
        ("CALLBOARD_BUCKET", "catalog", "other bucket"),
        ("CALLBOARD_PREFIX", "", "ours"),
        ("CALLBOARD_CLUSTER", "main", "berlin"),
        ("CALLBOARD_OWNER", "group:default/platform", "group:default/others"),
        ("CALLBOARD_UNCONDITIONAL", "", "true"),
        ("CALLBOARD_BACKSTAGE_BUCKET_URL", BUCKET, "http://s3.example/catalog"),
        ("CALLBOARD_BACKSTAGE_PROVIDER", "", "eventmesh"),
    ] {
        let mut world = World::new();
        world.has(name, here);
        world.installs(name, there);
        let (finding, fix) = world.one_wrong().await;
        let first = if name.starts_with("CALLBOARD_BACKSTAGE_") { "refresh" } else { "apps" };
        assert!(
            finding.starts_with(&format!("{name}: ")) && finding.contains(&format!("{there} for {first}")),
            "{finding}"
        );
        let word = if there.contains(' ') { format!("'{there}'") } else { there.to_owned() };
        let [export, literal] = fix.lines().collect::<Vec<_>>()[..] else { panic!("{fix}") };
        assert_eq!(export, format!("export {name}={word}   # as the install has it"));
        assert!(literal.starts_with(&format!("{name}=")) && literal.ends_with(LITERAL), "{literal}");
    }
}

#[tokio::test]
async fn what_only_one_side_has_is_fixed_on_the_other() {
    let mut world = World::new();
    world.has("CALLBOARD_NAMESPACES", "shop");
    assert_eq!(world.one_wrong().await.1, format!("CALLBOARD_NAMESPACES=shop{LITERAL}"));
    let world = World::new();
    world.installs("CALLBOARD_NAMESPACES", "shop, team-a");
    assert_eq!(world.one_wrong().await.1, "export CALLBOARD_NAMESPACES=shop,team-a   # as the install has it");
}

#[tokio::test]
async fn a_service_has_its_own_variables_first() {
    let world = World::new();
    world.change("services.serving.knative.dev", "mesh", |it| {
        let env = it["spec"]["template"]["spec"]["containers"][0]["env"].as_array_mut().unwrap();
        env.push(json!({"name": "CALLBOARD_CLUSTER", "value": "berlin"}));
    });
    assert_eq!(world.one_wrong().await.0, "CALLBOARD_CLUSTER: main here, berlin for mesh");
}

#[tokio::test]
async fn a_store_at_another_address_may_be_the_same() {
    let mut world = World::new();
    world.has("AWS_ENDPOINT_URL_S3", "http://127.0.0.1:9000");
    let found = world.found().await;
    let finding = found.iter().find(|it| it.subject == "AWS_ENDPOINT_URL_S3").unwrap();
    assert_eq!(finding.state, State::Skipped);
    assert!(
        finding.fix.as_ref().unwrap().starts_with("export AWS_ENDPOINT_URL_S3=http://minio.example:9000 "),
        "{finding:?}"
    );
    assert!(found.iter().all(|it| it.state != State::Wrong), "{found:#?}");
}

#[tokio::test]
async fn a_missing_secret_is_reported_with_its_fix() {
    for (name, line) in [
        ("callboard-s3", "--from-literal=AWS_ACCESS_KEY_ID=... --from-literal=AWS_SECRET_ACCESS_KEY=..."),
        ("callboard-backstage", "--from-file=token=..."),
    ] {
        let world = World::new();
        world.lose("secrets", name);
        let (finding, fix) = world.one_wrong().await;
        assert!(finding.starts_with(&format!("secret {name}: it does not exist")), "{finding}");
        assert_eq!(fix, format!("kubectl -n callboard create secret generic {name} {line}"));
    }
}

#[tokio::test]
async fn on_aws_a_role_does_without_the_secret() {
    let mut world = World::new();
    world.has("AWS_ENDPOINT_URL_S3", "");
    world.installs("AWS_ENDPOINT_URL_S3", "");
    world.lose("secrets", "callboard-s3");
    let found = world.found().await;
    let finding = found.iter().find(|it| it.subject == "secret callboard-s3").unwrap();
    assert!(finding.state == State::Skipped && finding.detail.contains("role"), "{finding:?}");
    assert!(found.iter().all(|it| it.state != State::Wrong), "{found:#?}");
}

#[tokio::test]
async fn what_may_not_be_read_is_unknown() {
    for (kind, subject) in [("configmaps", "configmap callboard"), ("secrets", "secret callboard-s3")] {
        let world = World::new();
        world.kubernetes.forbid(kind);
        let found = world.found().await;
        assert!(found.iter().any(|it| it.subject == subject && it.state == State::Unknown), "{found:#?}");
        assert!(found.iter().all(|it| it.state != State::Wrong), "{found:#?}");
    }
    let world = World::new();
    world.kubernetes.break_off("get configmaps", Fault::Status(500), usize::MAX);
    assert!(world.found().await.iter().all(|it| it.state != State::Wrong));
}

#[tokio::test]
async fn a_configmap_that_is_not_there_comes_back_with_the_overlay() {
    let world = World::new();
    world.lose("configmaps", "callboard");
    let (finding, fix) = world.one_wrong().await;
    assert_eq!(finding, "configmap callboard: it does not exist, but Services name it");
    assert_eq!(fix, "kubectl apply -k .   # in the folder of your overlay");
}

#[tokio::test]
async fn all_in_one_serves_refresh_where_it_knows_backstage() {
    let world = World::new();
    for name in ["apps", "promises", "mesh", "refresh"] {
        world.lose("services.serving.knative.dev", name);
        world.lose("triggers.eventing.knative.dev", name);
    }
    world.change("services.serving.knative.dev", "resync", |it| {
        it["spec"]["template"]["spec"]["containers"][0]["env"][0]["value"] = "all".into();
    });
    assert!(world.found().await.iter().all(|it| it.subject != "function refresh"));
    world.installs("CALLBOARD_BACKSTAGE_URL", "");
    let found = world.found().await;
    let finding = found.iter().find(|it| it.subject == "function refresh").unwrap();
    assert_eq!(finding.fix, Some(format!("CALLBOARD_BACKSTAGE_URL=http://backstage:7007{LITERAL}")));
    assert!(found.iter().all(|it| it.state != State::Wrong), "{found:#?}");
}
