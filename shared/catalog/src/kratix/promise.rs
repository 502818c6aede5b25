//! A Kratix Promise and its Component, API and Template.

use super::{request::capitalized, template};
use crate::{
    api::{
        crd::{Api, NoApi},
        openapi,
    },
    descriptor::{Described, metadata},
    entity::{ApiSpec, ComponentSpec, Dependencies, Entity, EntityRef, Ownership, Spec},
    naming::names,
    notes::Notes,
    overrides::{self, Overrides},
    settings::Settings,
    status::{self, State},
};
use events::Object;
use serde_json::Value;
use std::collections::BTreeSet;

/// What a Promise means.
pub fn describe(promise: &Object, settings: &Settings) -> Described {
    let mut notes = Notes::default();
    if !overrides::selection::is_wanted(promise, settings, &mut notes) {
        return Described::nothing(promise, settings, notes);
    }
    let named = names::promise(&settings.layout, promise.reference().name());
    let wishes = Overrides::of(promise, &named.namespace, &mut notes);
    let owner = overrides::owner::owner(promise, &wishes, settings, &mut notes);
    let system = wishes.system.clone().or_else(|| settings.system.clone());
    let ownership = Ownership { owner, system };
    let cx = Cx { promise, settings, wishes, ownership, state: State::of_promise(promise) };
    let offered = Api::read(promise.at("/spec/api"));
    let api = offered.as_ref().ok().and_then(|api| api_entity(&cx, api, &mut notes));
    let template = template_entity(&cx, offered.as_ref(), &mut notes);
    if template.is_none() {
        overrides::template::pass_over(promise, &mut notes);
    }
    let component = component(&cx, offered.as_ref(), api.as_ref(), template.as_ref());
    Described::new(promise, settings, [Some(component), api, template].into_iter().flatten().collect(), notes)
}

/// What all entities of one Promise are made from.
struct Cx<'a> {
    promise: &'a Object,
    settings: &'a Settings,
    wishes: Overrides,
    ownership: Ownership,
    state: State,
}

impl Cx<'_> {
    fn name(&self) -> &str {
        self.promise.reference().name()
    }

    fn lifecycle(&self) -> String {
        let deleting = if self.state == State::Deleting { "deprecated" } else { "production" };
        self.wishes.lifecycle.clone().unwrap_or_else(|| deleting.into())
    }
}

fn component(cx: &Cx, offered: Result<&Api, &NoApi>, api: Option<&Entity>, template: Option<&Entity>) -> Entity {
    let named = names::promise(&cx.settings.layout, cx.name());
    let mut metadata = named.metadata();
    metadata.title = Some(format!("{} Promise", capitalized(cx.name())));
    metadata.description = Some(match offered {
        Ok(api) => format!("Offers {} ({}) as a service", capitalized(api.kind), api.api_version()),
        Err(reason) => format!("Offers nothing to request: {reason}"),
    });
    metadata.annotations.extend(annotations(cx.promise, offered.ok(), template));
    metadata::fill_component(&mut metadata, cx.promise, cx.state, &cx.wishes, cx.settings);
    let wishes = &cx.wishes;
    let mut depends_on = required_promises(cx);
    depends_on.extend(wishes.depends_on.iter().cloned());
    depends_on.remove(&named.entity_ref());
    let spec = ComponentSpec {
        ty: wishes.ty.clone().unwrap_or_else(|| "promise".into()),
        lifecycle: cx.lifecycle(),
        ownership: cx.ownership.clone(),
        provides_apis: api.map(Entity::entity_ref).into_iter().chain(wishes.provides_apis.iter().cloned()).collect(),
        consumes_apis: wishes.consumes_apis.clone(),
        dependencies: Dependencies { depends_on, ..Dependencies::default() },
    };
    Entity::new(metadata, Spec::Component(spec))
}

/// What Backstage's Kubernetes tab and the plugin of Syntasso's SKE (`kratix.io/*`, its vocabulary) look for.
fn annotations(
    promise: &Object,
    api: Option<&Api>,
    template: Option<&Entity>,
) -> impl Iterator<Item = (String, String)> {
    let name = promise.reference().name();
    let version = promise.label("kratix.io/promise-version").or_else(|| promise.text("/status/version"));
    let annotations = [
        ("backstage.io/kubernetes-id", Some(name.to_owned())),
        ("callboard.dev/version", version.map(str::to_owned)),
        ("kratix.io/api-group", api.map(|api| api.group.to_owned())),
        ("kratix.io/api-name", api.map(|api| api.kind.to_owned())),
        ("kratix.io/backstage-promise-template", template.map(|template| template.metadata.name.to_string())),
        ("kratix.io/promise-name", Some(name.to_owned())),
        ("kratix.io/status", Some(status::ske_status(promise))),
        ("kratix.io/type", Some("promise".to_owned())),
    ];
    annotations.into_iter().filter_map(|(key, value)| Some((key.to_owned(), value?)))
}

/// The Components of the Promises without which this one does not become available.
fn required_promises(cx: &Cx) -> BTreeSet<EntityRef> {
    let required = cx.promise.at("/spec/requiredPromises").and_then(Value::as_array).into_iter().flatten();
    let names = required.filter_map(|required| required.get("name")?.as_str()).filter(|name| !name.is_empty());
    names.map(|name| names::promise(&cx.settings.layout, name).entity_ref()).collect()
}

fn api_entity(cx: &Cx, api: &Api, notes: &mut Notes) -> Option<Entity> {
    let named = names::promise_api(&cx.settings.layout, cx.name());
    let definition = openapi::definition(api).map_err(|why| notes.refuse(&named.entity_ref(), &why)).ok()?;
    let mut metadata = named.metadata();
    metadata.title = Some(format!("{} API", capitalized(api.kind)));
    metadata.description = Some(format!("{} of the Promise {}", api.api_version(), cx.name()));
    metadata::fill(&mut metadata, cx.promise, &cx.wishes, cx.settings);
    let spec = ApiSpec { ty: "openapi".into(), lifecycle: cx.lifecycle(), ownership: cx.ownership.clone(), definition };
    Some(Entity::new(metadata, Spec::Api(spec)))
}

/// No Template while the Promise is deleted: a form for what is on its way out is a trap.
fn template_entity(cx: &Cx, offered: Result<&Api, &NoApi>, notes: &mut Notes) -> Option<Entity> {
    let named = names::promise_template(&cx.settings.layout, cx.name());
    let reference = named.entity_ref();
    let api = offered.map_err(|why| notes.refuse(&reference, why)).ok()?;
    if cx.promise.is_deleting() {
        return None;
    }
    let (mut spec, gaps) = template::spec(api, "service".into(), cx.ownership.owner.clone());
    gaps.iter().for_each(|gap| notes.refuse(&reference, gap));
    let mut metadata = named.metadata();
    metadata.title = Some(capitalized(api.kind));
    metadata.description = Some(format!("{} as a Service", capitalized(api.kind)));
    metadata::fill(&mut metadata, cx.promise, &cx.wishes, cx.settings);
    overrides::template::follow(cx.promise, &mut metadata, &mut spec, notes);
    Some(Entity::new(metadata, Spec::Template(spec)))
}
