//! What delivers events to the functions: their Services, the Broker, Triggers, sources and EventTypes.

use super::{
    condition::lack,
    finding::{Area, Finding},
    install::Install,
    line::{literal, shell},
    list::list,
    service::Service,
    unserved::Unserved,
};
use crate::table::row;
use cluster::Cluster;
use events::{APPROVED, DRIFTED, Function, HELD, Object, REQUESTED};
use serde_json::{Value, json};
use std::collections::BTreeSet;

const AREA: Area = Area::Eventing;

/// With this annotation the in-memory channel does not delay a source.
const ASYNC: &str = "messaging.knative.dev/async-handler";

/// Checks all of it. The install must have the `functions`. `backstage` is its URL, if it is to be notified.
pub(super) async fn examine(
    cluster: &Cluster,
    install: &Install,
    services: &[Service],
    functions: &[Function],
    backstage: Option<&str>,
) -> Vec<Finding> {
    let mut found: Vec<_> = services.iter().map(|it| service(install, it)).collect();
    let (broker, findings) = broker(cluster, install).await;
    found.extend(findings);
    found.extend(unserved(install, services, functions));
    found.extend(backstage.filter(|_| !services.is_empty()).and_then(|url| unnotified(services, url)));
    match list(cluster, install.of_broker(), ("eventing.knative.dev", "Trigger")).await {
        Ok(triggers) => found.extend(of_services(install, services, &triggers, broker.as_ref())),
        Err(finding) => found.push(*finding),
    }
    for kind in ["ApiServerSource", "PingSource", "SinkBinding"] {
        match list(cluster, cluster.namespace(), ("sources.knative.dev", kind)).await {
            Ok(sources) => {
                let unserved = Unserved::of(cluster, &sources).await;
                found.extend(of_sources(install, kind, &sources, &unserved));
                found.extend(unbound(install, kind, services, &sources));
            }
            Err(finding) => found.push(*finding),
        }
    }
    found.push(match list(cluster, cluster.namespace(), ("eventing.knative.dev", "EventType")).await {
        Ok(registered) => event_types(install, &registered),
        Err(finding) => *finding,
    });
    found
}

fn service(install: &Install, service: &Service) -> Finding {
    let (name, subject) = (service.name(), format!("service {}", service.name()));
    match lack(&service.object) {
        None => AREA.ok(subject, "ready"),
        Some(lack) => {
            let logs = format!("logs -l serving.knative.dev/service={name} -c user-container --tail=20   # says why");
            AREA.wrong(subject, lack.why, install.within(&logs))
        }
    }
}

async fn broker(cluster: &Cluster, install: &Install) -> (Option<Object>, Vec<Finding>) {
    let (subject, name) = (format!("broker {}", install.broker), shell(&install.broker.name));
    let brokers = match list(cluster, install.of_broker(), ("eventing.knative.dev", "Broker")).await {
        Ok(brokers) => brokers,
        Err(finding) => return (None, vec![*finding]),
    };
    let Some(broker) = brokers.into_iter().find(|it| it.reference().name() == install.broker.name) else {
        let why = "it does not exist. To name another one, use --broker [NAMESPACE/]NAME";
        return (None, vec![AREA.wrong(subject, why, install.reapply())]);
    };
    let command = |command: String| install.within_of(install.of_broker(), &command);
    let mut found = vec![match lack(&broker) {
        None => AREA.ok(&subject, "ready"),
        Some(lack) => {
            let describe = format!("describe brokers.eventing.knative.dev {name}   # says why");
            AREA.wrong(&subject, lack.why, command(describe))
        }
    }];
    if is_own(install) && is_in_memory(&broker) && broker.annotation(ASYNC) != Some("true") {
        let why = "it delays each source until all functions have answered";
        let annotate = format!("annotate brokers.eventing.knative.dev {name} --overwrite {ASYNC}=true");
        found.push(AREA.wrong(subject, why, command(annotate)));
    }
    (Some(broker), found)
}

/// Whether it is Callboard's own Broker. Other Brokers are not Callboard's to configure.
fn is_own(install: &Install) -> bool {
    install.broker.name == "callboard" && install.of_broker() == install.namespace
}

fn is_in_memory(broker: &Object) -> bool {
    broker.annotation("eventing.knative.dev/broker.class").is_none_or(|class| class == "MTChannelBasedBroker")
}

/// The functions that no Service serves.
fn unserved(install: &Install, services: &[Service], functions: &[Function]) -> Vec<Finding> {
    let unserved = functions.iter().filter(|function| !services.iter().any(|it| it.serves(**function)));
    unserved.map(|it| AREA.wrong(format!("function {it}"), "no Service serves it", install.reapply())).collect()
}

/// The overlay decides whether Backstage is notified. It need not be.
fn unnotified(services: &[Service], url: &str) -> Option<Finding> {
    if services.iter().any(|it| it.serves(Function::Refresh)) {
        return None;
    }
    let (subject, literal) = (format!("function {}", Function::Refresh), literal("CALLBOARD_BACKSTAGE_URL", url));
    Some(match services.iter().any(Service::serves_all) {
        true => AREA
            .skipped(subject, "the Service of all functions serves it if it knows Backstage's URL")
            .with_fix(literal),
        false => {
            let component = "components: [../../components/backstage]   # in your overlay, as the path to deploy/ is";
            AREA.skipped(subject, "no Service serves it, so Backstage is not notified")
                .with_fix(format!("{component}\n{literal}"))
        }
    })
}

/// Each Service has a Trigger.
fn of_services(install: &Install, services: &[Service], triggers: &[Object], broker: Option<&Object>) -> Vec<Finding> {
    let mut found = Vec::new();
    let dead_letters = services.iter().find(|it| it.serves(Function::Resync));
    for service in services {
        let is_its = |it: &&Object| {
            let namespace = it.text("/spec/subscriber/ref/namespace").or_else(|| it.reference().namespace());
            it.text("/spec/broker") == Some(&install.broker.name)
                && it.text("/spec/subscriber/ref/name") == Some(service.name())
                && namespace == Some(&install.namespace)
        };
        let its: Vec<_> = triggers.iter().filter(is_its).collect();
        if its.is_empty() {
            let why = format!("no Trigger of the Broker {} sends it events", install.broker);
            found.push(AREA.wrong(format!("service {}", service.name()), why, install.reapply()));
        }
        found.extend(its.into_iter().map(|it| trigger(install, it, broker, (service, dead_letters))));
    }
    found
}

fn trigger(
    install: &Install,
    trigger: &Object,
    broker: Option<&Object>,
    (subscriber, dead_letters): (&Service, Option<&Service>),
) -> Finding {
    let name = trigger.reference().name();
    let subject = format!("trigger {name}");
    let command = |verb: &str, rest: &str| {
        install.within_of(install.of_broker(), &format!("{verb} triggers.eventing.knative.dev {name} {rest}"))
    };
    if let Some(lack) = lack(trigger) {
        // Eventing retries less and less often.
        let again = command("annotate", "--overwrite example.org/again=$(date +%s)");
        let fix = match super::condition::lack(&subscriber.object) {
            None => again,
            Some(_) => {
                let wait = format!("wait --for=condition=Ready services.serving.knative.dev/{}", subscriber.name());
                format!("{} && {again}", install.within(&wait))
            }
        };
        return AREA.wrong(subject, lack.why, fix);
    }
    // The delivery of a Trigger replaces that of the Broker as a whole.
    let delivery = trigger.at("/spec/delivery").or_else(|| broker?.at("/spec/delivery"));
    match delivery.and_then(|it| it.get("deadLetterSink")) {
        Some(_) => AREA.ok(subject, "ready"),
        None => {
            let (to, within) = (dead_letters.map_or("resync", Service::name), &install.namespace);
            let service =
                json!({"apiVersion": "serving.knative.dev/v1", "kind": "Service", "name": to, "namespace": within});
            let patch = json!({"spec": {"delivery": {"deadLetterSink": {"ref": service}}}});
            let why = "it has no dead-letter sink: events that its function cannot handle are lost";
            AREA.wrong(subject, why, command("patch", &format!("--type merge -p {}", shell(&patch.to_string()))))
        }
    }
}

fn of_sources(install: &Install, kind: &str, sources: &[Object], unserved: &Unserved) -> Vec<Finding> {
    let name = |it: &Object| format!("{} {}", kind.to_lowercase(), it.reference().name());
    let mut found: Vec<_> = sources
        .iter()
        .map(|it| match lack(it) {
            None => AREA.ok(name(it), "ready"),
            Some(lack) => {
                let waits = unserved.why(it.reference().name(), install.reapply());
                let (why, fix) = waits.unwrap_or_else(|| (lack.why, fix_of_source(install, it, &lack.condition)));
                AREA.wrong(name(it), why, fix)
            }
        })
        .collect();
    let is_periodic = |it: &Object| {
        let data = it.text("/spec/data").and_then(|data| serde_json::from_str::<Value>(data).ok());
        data.is_some_and(|data| data["callboard"] == "resync")
    };
    if kind == "PingSource" && !sources.iter().any(is_periodic) {
        found.push(AREA.wrong(
            "pingsource tick",
            "no PingSource starts the periodic resync: what events miss is never found",
            install.reapply(),
        ));
    }
    if kind == "ApiServerSource" && sources.is_empty() {
        found.push(AREA.wrong("apiserversources", "there is none: no event reports a change", install.reapply()));
    }
    found
}

/// The Services that send their own events, but have no SinkBinding.
fn unbound(install: &Install, kind: &str, services: &[Service], bindings: &[Object]) -> Vec<Finding> {
    let sends = |it: &&Service| Function::ALL.into_iter().any(|of| row(of).sends && it.serves(of));
    let is_bound = |it: &&Service| bindings.iter().any(|binding| binding.text("/spec/subject/name") == Some(it.name()));
    let unbound = services.iter().filter(|_| kind == "SinkBinding").filter(sends).filter(|it| !is_bound(it));
    let why = "no SinkBinding says where its own events go: drift and held deletions are not reported";
    unbound.map(|it| AREA.wrong(format!("service {}", it.name()), why, install.reapply())).collect()
}

fn fix_of_source(install: &Install, source: &Object, condition: &str) -> String {
    let is_of_base = source.label("app.kubernetes.io/part-of") == Some("callboard");
    match condition {
        "SufficientPermissions" if !is_of_base => install.sources(),
        "Deployed" => {
            let name = source.reference().name();
            install.within(&format!("delete pods -l eventing.knative.dev/sourceName={name}"))
        }
        _ => install.reapply(),
    }
}

/// Whether all types that Callboard emits or takes are registered.
fn event_types(install: &Install, registered: &[Object]) -> Finding {
    let known: BTreeSet<_> = registered.iter().filter_map(event_type).collect();
    let emitted = Function::ALL.map(Function::reply_type).into_iter().chain([DRIFTED, HELD, REQUESTED, APPROVED]);
    let missing: Vec<_> = emitted.filter(|ty| !known.contains(ty)).collect();
    match missing.is_empty() {
        true => AREA.ok("event types", "all types of Callboard are registered"),
        false => AREA.wrong("event types", format!("not registered: {}", missing.join(", ")), install.reapply()),
    }
}

/// From v1beta3 on, the type is one of several attributes.
fn event_type(registered: &Object) -> Option<&str> {
    let of_attributes = || {
        let attributes = registered.at("/spec/attributes")?.as_array()?;
        attributes.iter().find(|it| it["name"] == "type")?["value"].as_str()
    };
    registered.text("/spec/type").or_else(of_attributes)
}
