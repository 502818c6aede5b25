//! What is wrong with what brings events to the functions.

use super::*;
use crate::kubernetes::Fault;

const REAPPLY: &str = "kubectl apply -k .   # in the folder of your overlay";

#[tokio::test]
async fn what_is_not_ready_is_reported_with_its_condition() {
    for (resource, name, condition, fix) in [
        (
            "services.serving.knative.dev",
            "apps",
            "ConfigurationsReady",
            "kubectl -n callboard logs -l serving.knative.dev/service=apps -c user-container --tail=20   # says why",
        ),
        (
            "brokers.eventing.knative.dev",
            "callboard",
            "IngressReady",
            "kubectl -n callboard describe brokers.eventing.knative.dev callboard   # says why",
        ),
        (
            "triggers.eventing.knative.dev",
            "mesh",
            "DeadLetterSinkResolved",
            "kubectl -n callboard annotate triggers.eventing.knative.dev mesh --overwrite example.org/again=$(date +%s)",
        ),
        (
            "apiserversources.sources.knative.dev",
            "works",
            "Deployed",
            "kubectl -n callboard delete pods -l eventing.knative.dev/sourceName=works",
        ),
        (
            "apiserversources.sources.knative.dev",
            "workshop-kratix-io",
            "SufficientPermissions",
            "callboard sources | kubectl apply -f -",
        ),
        ("pingsources.sources.knative.dev", "tick", "SinkProvided", REAPPLY),
        ("sinkbindings.sources.knative.dev", "resync", "BindingAvailable", REAPPLY),
    ] {
        let world = World::new();
        world.fail(resource, name, condition, "Broken");
        let (finding, line) = world.one_wrong().await;
        assert!(finding.ends_with(&format!(" {name}: {condition}: Broken: so it is")), "{finding}");
        assert_eq!(line, fix);
    }
}

#[tokio::test]
async fn a_source_that_waits_for_kratix_is_not_needed_without_it() {
    let world = World::new();
    world.fail("apiserversources.sources.knative.dev", "works", "Deployed", "The adapter is not ready");
    world.lose("customresourcedefinitions.apiextensions.k8s.io", "works.platform.kratix.io");
    let (finding, fix) = world.one_wrong().await;
    let why = "it waits for work.platform.kratix.io, which the API server does not serve";
    assert_eq!(finding, format!("apiserversource works: {why}"));
    let component = "components: [../../components/without-kratix]   # in your overlay, as the path to deploy/ is";
    assert_eq!(fix, format!("{component}\n{REAPPLY}"));
}

#[tokio::test]
async fn a_source_that_waits_for_another_kind_says_so() {
    let world = World::new();
    world.fail("apiserversources.sources.knative.dev", "mesh", "Deployed", "The adapter is not ready");
    world.lose("customresourcedefinitions.apiextensions.k8s.io", "channels.messaging.knative.dev");
    let found = world.found().await;
    let finding = found.iter().find(|it| it.subject == "apiserversource mesh").unwrap();
    assert!(finding.detail.starts_with("it waits for "), "{finding:?}");
    assert!(finding.detail.contains("channel.messaging.knative.dev"), "{finding:?}");
    assert_eq!(finding.fix.as_deref(), Some(REAPPLY));
}

#[tokio::test]
async fn an_install_without_kratix_lacks_nothing() {
    let world = World::new();
    for name in ["promises", "resource-bindings", "works", "workshop-kratix-io"] {
        world.lose("apiserversources.sources.knative.dev", name);
    }
    for kind in ["promises", "resourcebindings", "works"] {
        world.lose("customresourcedefinitions.apiextensions.k8s.io", &format!("{kind}.platform.kratix.io"));
    }
    let found = world.found().await;
    assert!(found.iter().all(|it| it.state != State::Wrong), "{found:#?}");
}

#[tokio::test]
async fn a_trigger_waits_for_its_service() {
    let world = World::new();
    world.fail("services.serving.knative.dev", "apps", "RoutesReady", "Broken");
    world.fail("triggers.eventing.knative.dev", "apps", "SubscriberResolved", "Unable to get the Subscriber's URI");
    let found = world.found().await;
    let trigger = found.iter().find(|it| it.subject == "trigger apps").unwrap();
    let wait = "kubectl -n callboard wait --for=condition=Ready services.serving.knative.dev/apps && kubectl -n callboard annotate triggers.eventing.knative.dev apps";
    assert!(trigger.fix.as_ref().unwrap().starts_with(wait), "{trigger:?}");
}

#[tokio::test]
async fn what_is_missing_comes_back_with_the_overlay() {
    for (resource, name, finding) in [
        ("brokers.eventing.knative.dev", "callboard", "broker callboard: it does not exist"),
        ("triggers.eventing.knative.dev", "promises", "service promises: no Trigger of the Broker callboard"),
        ("pingsources.sources.knative.dev", "tick", "pingsource tick: no PingSource starts the periodic resync"),
        ("sinkbindings.sources.knative.dev", "mesh", "service mesh: no SinkBinding says where"),
        (
            "eventtypes.eventing.knative.dev",
            "dev.callboard.deletion.held",
            "event types: not registered: dev.callboard.deletion.held",
        ),
        ("services.serving.knative.dev", "apps", "function apps: no Service serves it"),
    ] {
        let world = World::new();
        world.lose(resource, name);
        let (is, fix) = world.one_wrong().await;
        assert!(is.starts_with(finding), "{is}");
        assert_eq!(fix, REAPPLY);
    }
}

#[tokio::test]
async fn without_backstage_refresh_is_not_needed() {
    let world = World::new();
    world.lose("services.serving.knative.dev", "refresh");
    assert!(world.examined(Ok(None)).await.iter().all(|it| it.state != State::Wrong));
}

#[tokio::test]
async fn a_trigger_without_a_dead_letter_sink_gets_one() {
    let world = World::new();
    world.change("triggers.eventing.knative.dev", "promises", |it| it["spec"]["delivery"] = json!({"retry": 5}));
    let (finding, fix) = world.one_wrong().await;
    assert!(finding.starts_with("trigger promises: it has no dead-letter sink"), "{finding}");
    let patch = r#"{"spec":{"delivery":{"deadLetterSink":{"ref":{"apiVersion":"serving.knative.dev/v1","kind":"Service","name":"resync","namespace":"callboard"}}}}}"#;
    assert_eq!(
        fix,
        format!("kubectl -n callboard patch triggers.eventing.knative.dev promises --type merge -p '{patch}'")
    );
}

#[tokio::test]
async fn a_trigger_without_a_delivery_has_the_brokers() {
    let world = World::new();
    let delivery = world.kubernetes.find("triggers.eventing.knative.dev", "apps").unwrap()["spec"]["delivery"].clone();
    world.change("triggers.eventing.knative.dev", "apps", |it| {
        drop(it["spec"].as_object_mut().unwrap().remove("delivery"))
    });
    assert!(world.one_wrong().await.0.starts_with("trigger apps: it has no dead-letter sink"));
    world.change("brokers.eventing.knative.dev", "callboard", |it| it["spec"] = json!({"delivery": delivery}));
    assert!(world.found().await.iter().all(|it| it.state != State::Wrong));
}

#[tokio::test]
async fn callboards_own_broker_delays_no_source() {
    let world = World::new();
    let forget = |it: &mut Value| drop(it["metadata"].as_object_mut().unwrap().remove("annotations"));
    world.change("brokers.eventing.knative.dev", "callboard", forget);
    let (finding, fix) = world.one_wrong().await;
    assert!(finding.starts_with("broker callboard: it delays each source"), "{finding}");
    assert_eq!(
        fix,
        "kubectl -n callboard annotate brokers.eventing.knative.dev callboard --overwrite messaging.knative.dev/async-handler=true"
    );
    let kafka = json!({"eventing.knative.dev/broker.class": "Kafka"});
    world.change("brokers.eventing.knative.dev", "callboard", |it| it["metadata"]["annotations"] = kafka);
    assert!(world.found().await.iter().all(|it| it.state != State::Wrong));
}

#[tokio::test]
async fn one_service_serves_all_functions_with_one_trigger() {
    let world = World::new();
    for name in ["apps", "promises", "mesh", "refresh"] {
        world.lose("services.serving.knative.dev", name);
        world.lose("triggers.eventing.knative.dev", name);
    }
    world.change("services.serving.knative.dev", "resync", |it| {
        let pod = &mut it["spec"]["template"]["spec"];
        pod["containers"][0]["env"][0]["value"] = "all".into();
        pod["serviceAccountName"] = "callboard-all".into();
    });
    assert!(world.found().await.iter().all(|it| it.state != State::Wrong));
    world.kubernetes.deny("callboard-all list brokers");
    assert!(world.one_wrong().await.0.starts_with("rights of callboard-all: may not list brokers"));
}

#[tokio::test]
async fn what_may_not_be_listed_is_unknown() {
    let world = World::new();
    for kind in ["services.serving", "triggers.eventing", "eventtypes.eventing"] {
        world.kubernetes.break_off(&format!("list {kind}.knative.dev"), Fault::Status(403), usize::MAX);
    }
    let found = world.found().await;
    let unknown: Vec<_> = found.iter().filter(|it| it.state == State::Unknown).map(|it| it.subject.as_str()).collect();
    assert_eq!(unknown, ["Services", "Triggers", "EventTypes"]);
    assert!(found.iter().all(|it| it.state != State::Wrong), "{found:#?}");
}

#[tokio::test]
async fn a_knative_that_is_not_installed_is_named() {
    let world = World::new();
    world.lose("customresourcedefinitions.apiextensions.k8s.io", "eventtypes.eventing.knative.dev");
    let (finding, fix) = world.one_wrong().await;
    assert!(finding.starts_with("EventTypes: the API server does not serve this kind. Knative eventing"), "{finding}");
    assert!(
        fix.starts_with("open https://github.com/callboard-dev/callboard/blob/main/docs/how-to/install.md "),
        "{fix}"
    );
}

#[tokio::test]
async fn without_the_component_backstage_is_not_notified_and_nothing_is_wrong() {
    let world = World::new();
    world.lose("services.serving.knative.dev", "refresh");
    let found = world.found().await;
    let finding = found.iter().find(|it| it.subject == "function refresh").unwrap();
    assert_eq!(finding.state, State::Skipped);
    assert!(finding.fix.as_ref().unwrap().starts_with("components: [../../components/backstage]"), "{finding:?}");
    assert!(found.iter().all(|it| it.state != State::Wrong), "{found:#?}");
}

#[tokio::test]
async fn an_event_type_of_v1beta3_has_its_type_among_its_attributes() {
    let world = World::new();
    let versions = ["v1beta3", "v1beta2"];
    world.kubernetes.apply(definition("eventing.knative.dev", ("EventType", "eventtypes"), &versions, "Namespaced"));
    for ty in callboard_types(&world) {
        world.change("eventtypes.eventing.knative.dev", &ty, |it| {
            let attributes = json!([{"name": "source", "value": "/callboard"}, {"name": "type", "value": ty}]);
            it["spec"] = json!({"attributes": attributes});
        });
    }
    assert!(world.found().await.iter().all(|it| it.state != State::Wrong));
    world.lose("eventtypes.eventing.knative.dev", "dev.callboard.deletion.held");
    assert!(world.one_wrong().await.0.ends_with("not registered: dev.callboard.deletion.held"));
}

fn callboard_types(world: &World) -> Vec<String> {
    let types = crate::event_types::EVENTS.iter().map(|(ty, ..)| (*ty).to_owned());
    types.filter(|ty| world.kubernetes.find("eventtypes.eventing.knative.dev", ty).is_some()).collect()
}

#[tokio::test]
async fn triggers_are_in_the_namespace_of_the_broker() {
    let mut world = World::new();
    world.install.broker = "default/default".parse().unwrap();
    let meta = |name: &str| json!({"name": name, "namespace": "default"});
    let broker = json!({"apiVersion": "eventing.knative.dev/v1", "kind": "Broker", "metadata": meta("default")});
    world.kubernetes.apply(ready(broker));
    for name in ["apps", "promises", "mesh", "resync", "refresh"] {
        let mut trigger = world.kubernetes.find("triggers.eventing.knative.dev", name).unwrap();
        world.kubernetes.delete(&trigger);
        trigger["metadata"] = meta(&format!("callboard-{name}"));
        trigger["spec"]["broker"] = "default".into();
        trigger["spec"]["subscriber"]["ref"]["namespace"] = "callboard".into();
        world.kubernetes.apply(trigger);
    }
    assert!(world.found().await.iter().all(|it| it.state == State::Ok), "{:#?}", world.found().await);
    world.change("triggers.eventing.knative.dev", "callboard-mesh", |it| it["spec"]["delivery"] = json!({"retry": 5}));
    let (finding, fix) = world.one_wrong().await;
    assert!(finding.starts_with("trigger callboard-mesh: it has no dead-letter sink"), "{finding}");
    assert!(fix.starts_with("kubectl -n default patch triggers.eventing.knative.dev callboard-mesh "), "{fix}");
    assert!(fix.contains(r#""name":"resync","namespace":"callboard""#), "{fix}");
}
