//! What brings events to the functions: their Services, the Broker, Triggers, sources and EventTypes.

use super::{
    finding::{Area, Finding},
    install::{Install, REAPPLY, Service, lack, list},
};
use cluster::Cluster;
use events::{APPROVED, DRIFTED, Function, HELD, Object, REQUESTED};
use serde_json::Value;
use std::collections::BTreeSet;

const AREA: Area = Area::Eventing;

/// By it the in-memory channel does not keep a source waiting.
const ASYNC: &str = "messaging.knative.dev/async-handler";

/// Checks all of it. `functions` are those which the install shall have.
pub(super) async fn examine(
    cluster: &Cluster,
    install: &Install,
    services: &[Service],
    functions: &[Function],
) -> Vec<Finding> {
    let mut found: Vec<_> = services.iter().map(|it| service(install, it)).collect();
    let (broker, mut told) = broker(cluster, install).await;
    found.append(&mut told);
    match list(cluster, "eventing.knative.dev", "Trigger").await {
        Ok(triggers) => found.extend(of_functions(install, services, functions, (&triggers, broker.as_ref()))),
        Err(finding) => found.push(*finding),
    }
    for kind in ["ApiServerSource", "PingSource", "SinkBinding"] {
        match list(cluster, "sources.knative.dev", kind).await {
            Ok(sources) => {
                found.extend(of_sources(install, kind, &sources));
                found.extend(unbound(kind, services, &sources));
            }
            Err(finding) => found.push(*finding),
        }
    }
    found.push(match list(cluster, "eventing.knative.dev", "EventType").await {
        Ok(registered) => event_types(&registered),
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
            AREA.wrong(subject, lack.why, install.kubectl(&logs))
        }
    }
}

async fn broker(cluster: &Cluster, install: &Install) -> (Option<Object>, Vec<Finding>) {
    let subject = format!("broker {}", install.broker);
    let brokers = match list(cluster, "eventing.knative.dev", "Broker").await {
        Ok(brokers) => brokers,
        Err(finding) => return (None, vec![*finding]),
    };
    let Some(broker) = brokers.into_iter().find(|it| it.reference().name() == install.broker) else {
        return (None, vec![AREA.wrong(subject, "it is not there; another one is named by --broker", REAPPLY)]);
    };
    let mut found = vec![match lack(&broker) {
        None => AREA.ok(&subject, "ready"),
        Some(lack) => {
            let parts = " mt-broker-ingress mt-broker-filter imc-controller imc-dispatcher";
            let parts = if is_in_memory(&broker) { parts } else { "" };
            let restart = format!("kubectl -n knative-eventing rollout restart deployment{parts}");
            AREA.wrong(&subject, lack.why, restart)
        }
    }];
    if is_ours(&broker) && is_in_memory(&broker) && broker.annotation(ASYNC) != Some("true") {
        let why = "it keeps each source waiting until all functions have answered";
        let annotate = format!("annotate broker {} --overwrite {ASYNC}=true", install.broker);
        found.push(AREA.wrong(subject, why, install.kubectl(&annotate)));
    }
    (Some(broker), found)
}

/// A Broker of others is theirs to set up.
fn is_ours(broker: &Object) -> bool {
    broker.reference().name() == "callboard"
}

fn is_in_memory(broker: &Object) -> bool {
    broker.annotation("eventing.knative.dev/broker.class").is_none_or(|class| class == "MTChannelBasedBroker")
}

/// Each function has a Service, and that a Trigger.
fn of_functions(
    install: &Install,
    services: &[Service],
    functions: &[Function],
    (triggers, broker): (&[Object], Option<&Object>),
) -> Vec<Finding> {
    let mut found = Vec::new();
    for function in functions.iter().filter(|function| !services.iter().any(|it| it.serves(**function))) {
        found.push(AREA.wrong(format!("function {function}"), "no Service serves it", REAPPLY));
    }
    let dead_letters = services.iter().find(|it| it.serves(Function::Resync));
    for service in services {
        let is_its = |it: &&Object| {
            it.text("/spec/broker") == Some(&install.broker)
                && it.text("/spec/subscriber/ref/name") == Some(service.name())
        };
        let its: Vec<_> = triggers.iter().filter(is_its).collect();
        if its.is_empty() {
            let why = format!("no Trigger of the Broker {} brings it events", install.broker);
            found.push(AREA.wrong(format!("service {}", service.name()), why, REAPPLY));
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
    if let Some(lack) = lack(trigger) {
        let again = format!("annotate trigger {name} --overwrite example.org/again=$(date +%s)");
        let mend = match super::install::lack(&subscriber.object) {
            // Eventing asks ever more seldom.
            None => install.kubectl(&again),
            Some(_) => install.kubectl(&format!(
                "wait --for=condition=Ready ksvc/{} && {}",
                subscriber.name(),
                install.kubectl(&again)
            )),
        };
        return AREA.wrong(subject, lack.why, mend);
    }
    // That of a Trigger replaces the Broker's as a whole.
    let delivery = trigger.at("/spec/delivery").or_else(|| broker?.at("/spec/delivery"));
    match delivery.and_then(|it| it.get("deadLetterSink")) {
        Some(_) => AREA.ok(subject, "ready"),
        None => {
            let to = dead_letters.map_or("resync", Service::name);
            let sink = format!(r#"{{"ref":{{"apiVersion":"serving.knative.dev/v1","kind":"Service","name":"{to}"}}}}"#);
            let patch = format!(r#"{{"spec":{{"delivery":{{"deadLetterSink":{sink}}}}}}}"#);
            let why = "it has no dead-letter sink: what a function could not deal with is lost";
            AREA.wrong(subject, why, install.kubectl(&format!("patch trigger {name} --type merge -p '{patch}'")))
        }
    }
}

fn of_sources(install: &Install, kind: &str, sources: &[Object]) -> Vec<Finding> {
    let name = |it: &Object| format!("{} {}", kind.to_lowercase(), it.reference().name());
    let mut found: Vec<_> = sources
        .iter()
        .map(|it| match lack(it) {
            None => AREA.ok(name(it), "ready"),
            Some(lack) => {
                let mend = mends_source(install, it, &lack.condition);
                AREA.wrong(name(it), lack.why, mend)
            }
        })
        .collect();
    let is_tick = |it: &Object| {
        let data = it.text("/spec/data").and_then(|data| serde_json::from_str::<Value>(data).ok());
        data.is_some_and(|data| data["callboard"] == "resync")
    };
    if kind == "PingSource" && !sources.iter().any(is_tick) {
        found.push(AREA.wrong(
            "pingsource tick",
            "no PingSource sends a tick: what events do not tell is never found",
            REAPPLY,
        ));
    }
    if kind == "ApiServerSource" && sources.is_empty() {
        found.push(AREA.wrong("apiserversources", "there is none: no event tells of a change", REAPPLY));
    }
    found
}

/// The Services that send events of their own, of which no SinkBinding says where to.
fn unbound(kind: &str, services: &[Service], bindings: &[Object]) -> Vec<Finding> {
    let sends = |it: &&Service| [Function::Resync, Function::Mesh, Function::Refresh].iter().any(|of| it.serves(*of));
    let is_bound = |it: &&Service| bindings.iter().any(|binding| binding.text("/spec/subject/name") == Some(it.name()));
    let unbound = services.iter().filter(|_| kind == "SinkBinding").filter(sends).filter(|it| !is_bound(it));
    let why = "no SinkBinding says where its own events go: drift and held deletions are told to nobody";
    unbound.map(|it| AREA.wrong(format!("service {}", it.name()), why, REAPPLY)).collect()
}

fn mends_source(install: &Install, source: &Object, condition: &str) -> String {
    let is_of_base = source.label("app.kubernetes.io/part-of") == Some("callboard");
    match condition {
        "SufficientPermissions" if !is_of_base => install.sources(),
        "Deployed" => install.kubectl("delete pods -l sources.knative.dev/apiServerSource"),
        _ => REAPPLY.to_owned(),
    }
}

/// All types that we emit or take.
fn event_types(registered: &[Object]) -> Finding {
    let known: BTreeSet<_> = registered.iter().filter_map(|it| it.text("/spec/type")).collect();
    let ours = Function::ALL.map(Function::reply_type).into_iter().chain([DRIFTED, HELD, REQUESTED, APPROVED]);
    let missing: Vec<_> = ours.filter(|ty| !known.contains(ty)).collect();
    match missing.is_empty() {
        true => AREA.ok("event types", "all of ours are registered"),
        false => AREA.wrong("event types", format!("not registered: {}", missing.join(", ")), REAPPLY),
    }
}
