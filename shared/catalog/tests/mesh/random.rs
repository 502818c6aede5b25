//! Random small meshes: few objects, many ways in which they are connected.

use catalog::{EntityRef, EventTypes, Layout, Settings};
use events::Object;
use proptest::prelude::*;
use serde_json::{Value, json};

/// What happens to one object.
#[derive(Debug, Clone)]
pub(crate) enum Step {
    /// It is now as the choices say.
    Applied { which: usize, choices: Vec<u8> },
    /// It is deleted.
    Deleted { which: usize },
    /// An event of a version that is long past.
    Late { which: usize, choices: Vec<u8> },
    /// The deletion of a version that is long past.
    DeletedLate { which: usize },
}

/// Each possible object: apiVersion, kind, namespace, name.
pub(crate) const ALL: [(&str, &str, &str, &str); 43] = [
    ("apiextensions.k8s.io/v1", "CustomResourceDefinition", "", "tills.shop.example.org"),
    ("apiextensions.k8s.io/v1", "CustomResourceDefinition", "", "pingsources.sources.knative.dev"),
    ("v1", "Namespace", "", "a"),
    ("v1", "Namespace", "", "b"),
    ("eventing.knative.dev/v1", "Broker", "a", "x"),
    ("eventing.knative.dev/v1", "Broker", "a", "y"),
    ("eventing.knative.dev/v1", "Broker", "b", "x"),
    ("messaging.knative.dev/v1", "Channel", "a", "x"),
    ("messaging.knative.dev/v1", "InMemoryChannel", "a", "x"),
    ("messaging.knative.dev/v1", "InMemoryChannel", "a", "x-kne-trigger"),
    ("eventing.knative.dev/v1beta2", "EventType", "a", "one"),
    ("eventing.knative.dev/v1beta2", "EventType", "a", "two"),
    ("eventing.knative.dev/v1beta2", "EventType", "a", "three"),
    ("eventing.knative.dev/v1beta3", "EventType", "a", "four"),
    ("eventing.knative.dev/v1beta2", "EventType", "b", "one"),
    ("eventing.knative.dev/v1", "Trigger", "a", "one"),
    ("eventing.knative.dev/v1", "Trigger", "a", "two"),
    ("eventing.knative.dev/v1", "Trigger", "a", "three"),
    ("eventing.knative.dev/v1", "Trigger", "b", "one"),
    ("messaging.knative.dev/v1", "Subscription", "a", "one"),
    ("messaging.knative.dev/v1", "Subscription", "a", "two"),
    ("v1", "Service", "a", "x"),
    ("v1", "Service", "a", "y"),
    ("v1", "Service", "b", "x"),
    ("serving.knative.dev/v1", "Service", "a", "x"),
    ("serving.knative.dev/v1", "Service", "a", "y"),
    ("serving.knative.dev/v1", "Service", "b", "x"),
    ("serving.knative.dev/v1", "Route", "a", "x"),
    ("apps/v1", "Deployment", "a", "x"),
    ("apps/v1", "Deployment", "a", "y"),
    ("flows.knative.dev/v1", "Sequence", "a", "x"),
    ("flows.knative.dev/v1", "Parallel", "a", "x"),
    ("sinks.knative.dev/v1alpha1", "JobSink", "a", "x"),
    ("sources.knative.dev/v1", "PingSource", "a", "x"),
    ("sources.knative.dev/v1", "SinkBinding", "a", "x"),
    ("shop.example.org/v1", "Till", "a", "x"),
    ("shop.example.org/v1", "Till", "a", "y"),
    ("shop.example.org/v1", "Till", "b", "x"),
    ("messaging.knative.dev/v1", "Subscription", "b", "one"),
    ("sources.knative.dev/v1", "PingSource", "b", "x"),
    ("eventing.knative.dev/v1alpha1", "EventTransform", "a", "x"),
    ("eventing.knative.dev/v1alpha1", "RequestReply", "a", "x"),
    ("eventing.knative.dev/v1beta2", "EventType", "a", "five"),
];

pub(crate) fn settings() -> Settings {
    let layout = Layout::new("entities", "main").unwrap();
    let mut settings = Settings::new(layout, EntityRef::parse("group:default/platform", "", "").unwrap());
    // Makes the same of it, sooner.
    settings.event_types = EventTypes::EventType;
    settings
}

pub(crate) fn steps(most: usize) -> impl Strategy<Value = Vec<Step>> {
    proptest::collection::vec(step(), 1..most)
}

fn step() -> impl Strategy<Value = Step> {
    let which = 0..ALL.len();
    let choices = proptest::collection::vec(any::<u8>(), 16);
    prop_oneof![
        8 => (which.clone(), choices.clone()).prop_map(|(which, choices)| Step::Applied { which, choices }),
        3 => which.clone().prop_map(|which| Step::Deleted { which }),
        1 => (which.clone(), choices).prop_map(|(which, choices)| Step::Late { which, choices }),
        1 => which.prop_map(|which| Step::DeletedLate { which }),
    ]
}

/// Choices, taken one after another. If none is left, the first option.
struct Dice<'a>(std::slice::Iter<'a, u8>);

impl Dice<'_> {
    fn pick<T: Clone>(&mut self, all: &[T]) -> T {
        all[usize::from(self.0.next().copied().unwrap_or_default()) % all.len()].clone()
    }
}

/// An object as the choices say.
pub(crate) fn object(which: usize, choices: &[u8], version: u64) -> Object {
    let (api_version, kind, namespace, name) = ALL[which];
    let mut dice = Dice(choices.iter());
    let (spec, status) = (spec(kind, namespace, name, &mut dice), status(kind, &mut dice));
    let mut metadata = json!({"name": name, "resourceVersion": version.to_string()});
    if !namespace.is_empty() {
        metadata["namespace"] = namespace.into();
    }
    metadata["uid"] = dice.pick(&["1", "1", "1", "2"]).into();
    metadata["labels"] = labels(kind, &mut dice);
    metadata["ownerReferences"] = owners(kind, &mut dice);
    metadata["annotations"] = annotations(kind, &mut dice);
    let object = json!({"apiVersion": api_version, "kind": kind, "metadata": metadata, "spec": spec, "status": status});
    Object::try_from(object).unwrap()
}

fn labels(kind: &str, dice: &mut Dice<'_>) -> Value {
    match kind {
        "CustomResourceDefinition" => dice.pick(&[
            json!({"duck.knative.dev/source": "true"}),
            json!({"messaging.knative.dev/subscribable": "true"}),
            json!({}),
        ]),
        "EventType" => dice.pick(&[json!({}), json!({}), json!({"eventing.knative.dev/sourceName": "x"})]),
        "InMemoryChannel" => {
            dice.pick(&[json!({}), json!({}), json!({"eventing.knative.dev/brokerEverything": "true"})])
        }
        _ => dice.pick(&[
            json!({}),
            json!({}),
            json!({"backstage.io/kubernetes-id": "theirs"}),
            json!({"function.knative.dev/name": "x"}),
        ]),
    }
}

fn owners(kind: &str, dice: &mut Dice<'_>) -> Value {
    let owner =
        |api_version: &str, kind: &str, name: &str| json!([{"apiVersion": api_version, "kind": kind, "name": name}]);
    let none = json!([]);
    match kind {
        "EventType" => dice.pick(&[
            none.clone(),
            none,
            owner("sources.knative.dev/v1", "PingSource", "x"),
            owner("shop.example.org/v1", "Till", "x"),
            owner("serving.knative.dev/v1", "Service", "x"),
        ]),
        "InMemoryChannel" | "Subscription" => dice.pick(&[
            none.clone(),
            none,
            owner("messaging.knative.dev/v1", "Channel", "x"),
            owner("eventing.knative.dev/v1", "Broker", "x"),
            owner("flows.knative.dev/v1", "Sequence", "x"),
        ]),
        "Route" | "Service" | "Deployment" | "Till" => dice.pick(&[
            none.clone(),
            none,
            owner("serving.knative.dev/v1", "Route", "x"),
            owner("serving.knative.dev/v1", "Service", "x"),
            owner("serving.knative.dev/v1", "Service", "y"),
            owner("apps/v1", "Deployment", "x"),
            owner("shop.example.org/v1", "Till", "x"),
            owner("flows.knative.dev/v1", "Parallel", "x"),
            owner("eventing.knative.dev/v1", "Trigger", "x"),
            two(owner("apps/v1", "Deployment", "x"), owner("shop.example.org/v1", "Till", "x")),
        ]),
        _ => dice.pick(&[none.clone(), none.clone(), none, owner("shop.example.org/v1", "Till", "x")]),
    }
}

/// Both owners.
fn two(one: Value, other: Value) -> Value {
    [one, other].into_iter().flat_map(|owners| owners.as_array().cloned().unwrap_or_default()).collect()
}

fn annotations(kind: &str, dice: &mut Dice<'_>) -> Value {
    let types = |text: &str| json!({"registry.knative.dev/eventTypes": text});
    if kind == "CustomResourceDefinition" {
        return dice.pick(&[
            types(r#"[{"type":"t.1"},{"type":"t.2"}]"#),
            types(r#"[{"type":"t.1"}]"#),
            types("["),
            json!({}),
        ]);
    }
    dice.pick(&[
        json!({}),
        json!({}),
        json!({}),
        json!({"callboard.dev/title": "Told"}),
        json!({"callboard.dev/ignore": "true"}),
        json!({"callboard.dev/ignore": "false"}),
        json!({"callboard.dev/component": "component:a/theirs"}),
        json!({"callboard.dev/system": "system:default/theirs"}),
    ])
}

fn spec(kind: &str, namespace: &str, name: &str, dice: &mut Dice<'_>) -> Value {
    match kind {
        "CustomResourceDefinition" => {
            let (plural, group) = name.split_once('.').unwrap();
            let kind = if plural == "tills" { "Till" } else { "PingSource" };
            json!({"group": group, "names": {"kind": kind, "plural": plural}})
        }
        "Broker" | "Channel" | "InMemoryChannel" => json!({"delivery": {"deadLetterSink": destination(dice)}}),
        "EventType" => event_type(dice),
        "Trigger" => {
            let broker = dice.pick(&[
                json!({"broker": "x"}),
                json!({"broker": "y"}),
                json!({"brokerRef": {"apiVersion": "eventing.knative.dev/v1", "kind": "Broker", "name": "x", "namespace": "b"}}),
                json!({"broker": "unknown"}),
            ]);
            merged([broker, filters(dice), json!({"subscriber": destination(dice)})])
        }
        "Subscription" => json!({
            "channel": dice.pick(&[hub("Channel", "x"), hub("InMemoryChannel", "x"), till("x"), till("y")]),
            "subscriber": destination(dice),
            "reply": destination(dice),
        }),
        "Sequence" => json!({"steps": [destination(dice), destination(dice)], "reply": destination(dice)}),
        "Parallel" => json!({"branches": [{"filter": destination(dice), "subscriber": destination(dice)}]}),
        "SinkBinding" => json!({
            "sink": destination(dice),
            "subject": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "x", "namespace": namespace},
        }),
        "PingSource" | "Till" => json!({"sink": destination(dice)}),
        "EventTransform" => json!({
            "sink": destination(dice),
            "reply": dice.pick(&[Value::Null, json!({}), json!({"discard": true})]),
        }),
        "RequestReply" => json!({"brokerRef": hub("Broker", "x"), "delivery": {"deadLetterSink": destination(dice)}}),
        _ => json!({"replicas": dice.pick(&[1, 2])}),
    }
}

fn status(kind: &str, dice: &mut Dice<'_>) -> Value {
    let condition = json!([{"type": "Ready", "status": dice.pick(&["True", "False"]), "lastTransitionTime": dice.pick(&["1", "2"])}]);
    let produced = json!([{"type": dice.pick(&["t.1", "t.2"]), "source": dice.pick(&["/s", "/s/1", "/other"])}]);
    match (kind, dice.pick(&[false, true])) {
        ("PingSource" | "Till", true) => json!({"conditions": condition, "ceAttributes": produced}),
        _ => json!({"conditions": condition, "url": "http://x.example.org"}),
    }
}

fn event_type(dice: &mut Dice<'_>) -> Value {
    let ty = dice.pick(&["t.1", "t.2", "t.3", "t.{any}", ""]);
    let source = dice.pick(&["", "/s", "/s/{any}", "/other"]);
    let reference = dice.pick(&[
        json!({"reference": hub("Broker", "x")}),
        json!({"reference": hub("Broker", "y")}),
        json!({"reference": merged([hub("Broker", "x"), json!({"namespace": "b"})])}),
        json!({"reference": hub("Channel", "x")}),
        json!({"reference": hub("InMemoryChannel", "x")}),
        json!({"reference": hub("InMemoryChannel", "x-kne-trigger")}),
        json!({"reference": till("x")}),
        json!({"reference": refers("serving.knative.dev/v1", "Service")}),
        json!({"reference": refers("v1", "Service")}),
        json!({"reference": refers("sources.knative.dev/v1", "PingSource")}),
        json!({"reference": refers("flows.knative.dev/v1", "Sequence")}),
        json!({"reference": refers("eventing.knative.dev/v1alpha1", "EventTransform")}),
        json!({"reference": merged([refers("eventing.knative.dev/v1", "Trigger"), json!({"name": "one"})])}),
        json!({"reference": merged([refers("messaging.knative.dev/v1", "Subscription"), json!({"name": "one"})])}),
        json!({"broker": "x"}),
        json!({}),
    ]);
    let description = json!({"description": dice.pick(&["", "words"])});
    let shape = dice.pick(&[
        json!({"type": ty, "source": source}),
        json!({"attributes": [
            {"name": "type", "required": true, "value": ty}, {"name": "source", "required": true, "value": source},
            {"name": "region", "required": true, "value": "eu"},
        ]}),
    ]);
    merged([reference, description, shape])
}

fn refers(api_version: &str, kind: &str) -> Value {
    json!({"apiVersion": api_version, "kind": kind, "name": "x"})
}

fn filters(dice: &mut Dice<'_>) -> Value {
    dice.pick(&[
        json!({}),
        json!({"filter": {"attributes": {"type": "t.1"}}}),
        json!({"filter": {"attributes": {"type": ""}}}),
        json!({"filter": {"attributes": {"type": "t.1", "source": "/s"}}}),
        json!({"filter": {"attributes": {"region": "eu"}}}),
        json!({"filters": [{"exact": {"type": "t.2"}}], "filter": {"attributes": {"type": "t.1"}}}),
        json!({"filters": [{"prefix": {"type": "t."}}]}),
        json!({"filters": [{"suffix": {"type": ".1"}}]}),
        json!({"filters": [{"not": {"exact": {"type": "t.1"}}}]}),
        json!({"filters": [{"any": [{"exact": {"type": "t.1"}}, {"prefix": {"source": "/s/"}}]}]}),
        json!({"filters": [{"all": [{"exact": {"type": "t.1"}}, {"suffix": {"source": "s"}}]}]}),
        json!({"filters": [{"cesql": "type IN ('t.1', 't.3')"}]}),
        json!({"filters": [{"cesql": "type = 't.2' AND region = 'eu'"}]}),
        json!({"filters": [{"cesql": "type ="}]}),
    ])
}

fn destination(dice: &mut Dice<'_>) -> Value {
    let to = |api_version: &str, kind: &str, name: &str| json!({"ref": {"apiVersion": api_version, "kind": kind, "name": name}});
    dice.pick(&[
        to("serving.knative.dev/v1", "Service", "x"),
        to("serving.knative.dev/v1", "Service", "y"),
        to("v1", "Service", "x"),
        to("v1", "Service", "y"),
        json!({"ref": {"apiVersion": "serving.knative.dev/v1", "kind": "Service", "name": "x", "namespace": "b"}}),
        to("flows.knative.dev/v1", "Sequence", "x"),
        to("sinks.knative.dev/v1alpha1", "JobSink", "x"),
        to("eventing.knative.dev/v1alpha1", "EventTransform", "x"),
        to("eventing.knative.dev/v1alpha1", "EventTransform", "x"),
        json!({"ref": hub("Channel", "x")}),
        json!({"ref": hub("InMemoryChannel", "x")}),
        json!({"ref": hub("Broker", "x")}),
        json!({"ref": till("x")}),
        json!({"uri": "http://x.example.org/y"}),
        json!({"uri": "http://x-kn-channel.a.svc.cluster.local"}),
        json!({"uri": "http://x-kn-channel.a.svc.cluster.local"}),
        Value::Null,
    ])
}

fn hub(kind: &str, name: &str) -> Value {
    let group = if kind == "Broker" { "eventing" } else { "messaging" };
    json!({"apiVersion": format!("{group}.knative.dev/v1"), "kind": kind, "name": name})
}

fn till(name: &str) -> Value {
    json!({"apiVersion": "shop.example.org/v1", "kind": "Till", "name": name})
}

fn merged<const N: usize>(parts: [Value; N]) -> Value {
    let all = parts.into_iter().filter_map(|part| part.as_object().cloned());
    all.flatten().collect::<serde_json::Map<_, _>>().into()
}
