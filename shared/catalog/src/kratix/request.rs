//! A resource request and its Component.

use super::relations;
use crate::{
    descriptor::{Absence, Described, metadata},
    entity::{ComponentSpec, Dependencies, Entity, EntityRef, Metadata, Ownership, Spec, rules::is_label_value},
    naming::names::{self, Named},
    notes::Notes,
    overrides::{self, Overrides, bearer::Bearer},
    settings::Settings,
    status::{self, State, links},
};
use events::Object;
use std::collections::BTreeSet;

/// What a resource request means. `system` is that of its namespace, if it has one.
pub fn describe(request: &Object, system: Option<&EntityRef>, settings: &Settings) -> Described {
    let reference = request.reference();
    let named = names::component(&settings.layout, reference.kind(), reference.namespace(), reference.name());
    Described::alone(reference, &named.entity_ref(), settings, || made(request, &named, system, settings))
}

fn made(request: &Object, named: &Named, system: Option<&EntityRef>, settings: &Settings) -> Described {
    let mut notes = Notes::default();
    if !overrides::selection::is_wanted(request, settings, &mut notes) {
        return Described::nothing(request, settings, Absence::unwanted(settings), notes);
    }
    let overrides = Overrides::of(request, Bearer::Request, &named.namespace, settings, &mut notes);
    let ownership = Ownership {
        owner: overrides::owner::owner(request, &overrides, settings, &mut notes),
        system: overrides.system.as_ref().or(system).or(settings.system.as_ref()).cloned(),
    };
    let state = State::of_request(request, relations::promise_of(request, settings));
    let mut metadata = named.metadata();
    describe_request(&mut metadata, request, &overrides, settings);
    metadata::fill_component(&mut metadata, request, state, &overrides, settings);
    let spec = spec(request, &named.entity_ref(), state, overrides, ownership, settings);
    Described::new(request, settings, vec![Entity::new(metadata, Spec::Component(spec))], notes)
}

/// A kind as people write it. In Kratix it may be in lower case.
pub(crate) fn capitalized(kind: &str) -> String {
    let mut letters = kind.chars();
    letters.next().map(|first| first.to_ascii_uppercase()).into_iter().chain(letters).collect()
}

fn describe_request(metadata: &mut Metadata, request: &Object, overrides: &Overrides, settings: &Settings) {
    let kind = capitalized(request.reference().kind());
    metadata.title = Some(format!("{} {kind}", request.reference().name()));
    metadata.description = Some(match relations::promise_of(request, settings) {
        Some(promise) => format!("{kind} requested through the Promise {promise}"),
        None => format!("{kind} resource request"),
    });
    metadata.links = links::of_status(request);
    let annotations = annotations(request, overrides, settings).into_iter();
    metadata.annotations.extend(annotations.filter_map(|(key, value)| Some((key.to_owned(), value?))));
}

fn spec(
    request: &Object,
    own: &EntityRef,
    state: State,
    overrides: Overrides,
    ownership: Ownership,
    settings: &Settings,
) -> ComponentSpec {
    let api = relations::promise_of(request, settings)
        .map(|promise| names::promise_api(&settings.layout, promise).entity_ref());
    let all =
        |found: BTreeSet<EntityRef>, added| found.into_iter().chain(added).filter(|entity| entity != own).collect();
    ComponentSpec {
        ty: overrides.ty.unwrap_or_else(|| "service".into()),
        lifecycle: overrides
            .lifecycle
            .unwrap_or_else(|| if state == State::Deleting { "deprecated" } else { "production" }.into()),
        ownership,
        provides_apis: overrides.provides_apis,
        consumes_apis: all(api.into_iter().collect(), overrides.consumes_apis),
        dependencies: Dependencies {
            depends_on: all(relations::depends_on(request, settings), overrides.depends_on),
            dependency_of: all(relations::dependency_of(request, settings), BTreeSet::new()),
        },
    }
}

/// What Backstage's Kubernetes tab and the plugin of Syntasso's SKE (`kratix.io/*`, its vocabulary) look for.
fn annotations(request: &Object, overrides: &Overrides, settings: &Settings) -> [(&'static str, Option<String>); 13] {
    let reference = request.reference();
    let promise = relations::promise_of(request, settings);
    let template = promise.map(|promise| names::promise_template(&settings.layout, promise).name.to_string());
    let namespace = reference.namespace().map(str::to_owned);
    let shown = |text: &str| status::cut(text, status::MAX_STATUS).to_owned();
    let version = request.text("/status/promiseVersion").filter(|version| *version != "not-set");
    [
        ("backstage.io/kubernetes-namespace", namespace.clone()),
        ("backstage.io/kubernetes-label-selector", selector(request, overrides, settings)),
        ("callboard.dev/health", request.text("/status/healthStatus/state").map(shown)),
        ("callboard.dev/version", version.map(shown)),
        ("kratix.io/type", Some("resource".into())),
        ("kratix.io/promise-name", promise.map(str::to_owned)),
        ("kratix.io/backstage-promise-template", template),
        ("kratix.io/group", Some(reference.group().into())),
        ("kratix.io/version", Some(reference.version().into())),
        ("kratix.io/kind", Some(reference.kind().into())),
        ("kratix.io/name", Some(reference.name().into())),
        ("kratix.io/namespace", namespace),
        ("kratix.io/status", Some(status::ske_status(request))),
    ]
}

/// The label selector of its workload, by default that of the Pods of Kratix's own pipelines. None if the object has an
/// id, because Backstage would ignore the id next to a selector.
fn selector(request: &Object, overrides: &Overrides, settings: &Settings) -> Option<String> {
    if overrides.annotations.contains_key("backstage.io/kubernetes-id") {
        return None;
    }
    let label_value = |text: &&str| !text.is_empty() && is_label_value(text);
    let name = Some(request.reference().name()).filter(label_value)?;
    if let Some(known) = settings.kinds.of(request.reference()).and_then(|kind| kind.selector.as_deref()) {
        let spec_name = request.text("/spec/name").filter(label_value).unwrap_or(name);
        return Some(known.replace("{spec.name}", spec_name).replace("{name}", name));
    }
    let promise = relations::promise_of(request, settings).filter(label_value)?;
    Some(format!("kratix.io/promise-name={promise},kratix.io/resource-name={name}"))
}
