//! A Kratix Promise and its Component, API and Template.

use super::{request::capitalized, template};
use crate::{
    api::{
        crd::{Api, NoApi},
        openapi,
    },
    descriptor::{Absence, Described, metadata},
    entity::{ApiSpec, ComponentSpec, Dependencies, Entity, EntityRef, Ownership, Spec},
    naming::names::{self, Named},
    notes::{Notes, listed},
    overrides::{self, Overrides, bearer::Bearer, not_secret::NotSecret},
    secret,
    settings::Settings,
    status::{self, State},
};
use events::Object;
use serde_json::Value;
use std::collections::BTreeSet;

/// What a Promise means.
pub fn describe(promise: &Object, settings: &Settings) -> Described {
    let named = names::promise(&settings.layout, promise.reference().name());
    Described::alone(promise.reference(), &named.entity_ref(), settings, || made(promise, &named, settings))
}

fn made(promise: &Object, named: &Named, settings: &Settings) -> Described {
    let mut notes = Notes::default();
    if !overrides::selection::is_wanted(promise, settings, &mut notes) {
        return Described::nothing(promise, settings, Absence::unwanted(settings), notes);
    }
    let overrides = Overrides::of(promise, Bearer::Promise, &named.namespace, settings, &mut notes);
    let owner = overrides::owner::owner(promise, &overrides, settings, &mut notes);
    let system = overrides.system.clone().or_else(|| settings.system.clone());
    let ownership = Ownership { owner, system };
    let subject = Subject { promise, settings, overrides, ownership, state: State::of_promise(promise) };
    let offered = Api::read(promise.at("/spec/api"));
    let shown = offered.as_ref().ok().and_then(|api| api.schema).map(|schema| {
        let not_secret = NotSecret::of(promise);
        let (schema, left_out) = secret::shown_schema("", schema, &|path| not_secret.has(path));
        notes.leave_out(&names::promise_api(&settings.layout, promise.reference().name()).entity_ref(), &left_out);
        schema
    });
    let offered = offered.map(|api| Api { schema: shown.as_ref(), ..api });
    let api = offered.as_ref().ok().and_then(|api| api_entity(&subject, api, &mut notes));
    let template = template_entity(&subject, offered.as_ref(), &mut notes);
    if template.is_none() {
        overrides::template::note_unused(promise, &mut notes);
    }
    let component = component(&subject, offered.as_ref(), api.as_ref(), template.as_ref());
    Described::new(promise, settings, [Some(component), api, template].into_iter().flatten().collect(), notes)
}

/// What all entities of one Promise are made from.
struct Subject<'a> {
    promise: &'a Object,
    settings: &'a Settings,
    overrides: Overrides,
    ownership: Ownership,
    state: State,
}

impl Subject<'_> {
    fn name(&self) -> &str {
        self.promise.reference().name()
    }

    fn lifecycle(&self) -> String {
        let deleting = if self.state == State::Deleting { "deprecated" } else { "production" };
        self.overrides.lifecycle.clone().unwrap_or_else(|| deleting.into())
    }
}

fn component(
    subject: &Subject,
    offered: Result<&Api, &NoApi>,
    api: Option<&Entity>,
    template: Option<&Entity>,
) -> Entity {
    let named = names::promise(&subject.settings.layout, subject.name());
    let mut metadata = named.metadata();
    metadata.title = Some(format!("{} Promise", capitalized(subject.name())));
    metadata.description = Some(match offered {
        Ok(api) => format!("Offers {} ({}) as a service", capitalized(api.kind), api.api_version()),
        Err(reason) => format!("Offers nothing to request: {reason}"),
    });
    metadata.annotations.extend(annotations(subject.promise, offered.ok(), template));
    metadata::fill_component(&mut metadata, subject.promise, subject.state, &subject.overrides, subject.settings);
    let overrides = &subject.overrides;
    let mut depends_on = required_promises(subject);
    depends_on.extend(overrides.depends_on.iter().cloned());
    depends_on.remove(&named.entity_ref());
    let spec = ComponentSpec {
        ty: overrides.ty.clone().unwrap_or_else(|| "promise".into()),
        lifecycle: subject.lifecycle(),
        ownership: subject.ownership.clone(),
        provides_apis: api.map(Entity::entity_ref).into_iter().chain(overrides.provides_apis.iter().cloned()).collect(),
        consumes_apis: overrides.consumes_apis.clone(),
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
        ("callboard.dev/version", version.map(|text| status::cut(text, status::MAX_STATUS).to_owned())),
        ("kratix.io/api-group", api.map(|api| api.group.to_owned())),
        ("kratix.io/api-name", api.map(|api| api.kind.to_owned())),
        ("kratix.io/backstage-promise-template", template.map(|template| template.metadata.name.to_string())),
        ("kratix.io/promise-name", Some(name.to_owned())),
        ("kratix.io/status", Some(status::ske_status(promise))),
        ("kratix.io/type", Some("promise".to_owned())),
    ];
    annotations.into_iter().filter_map(|(key, value)| Some((key.to_owned(), value?)))
}

/// The Components of the Promises that this one requires.
fn required_promises(subject: &Subject) -> BTreeSet<EntityRef> {
    let required = subject.promise.at("/spec/requiredPromises").and_then(Value::as_array).into_iter().flatten();
    let names = required.filter_map(|required| required.get("name")?.as_str()).filter(|name| !name.is_empty());
    names.map(|name| names::promise(&subject.settings.layout, name).entity_ref()).collect()
}

fn api_entity(subject: &Subject, api: &Api, notes: &mut Notes) -> Option<Entity> {
    let named = names::promise_api(&subject.settings.layout, subject.name());
    let made = openapi::definition(api).map_err(|why| notes.omit(&named.entity_ref(), &why));
    let (definition, leading) = made.ok()?;
    if !leading.is_empty() {
        notes.omit(
            &named.entity_ref(),
            &format!("a viewer would follow or misread them, so they are left out: {}", listed(&leading)),
        );
    }
    let mut metadata = named.metadata();
    metadata.title = Some(format!("{} API", capitalized(api.kind)));
    metadata.description = Some(format!("{} of the Promise {}", api.api_version(), subject.name()));
    metadata::fill(&mut metadata, subject.promise, &subject.overrides, subject.settings);
    let spec = ApiSpec {
        ty: "openapi".into(),
        lifecycle: subject.lifecycle(),
        ownership: subject.ownership.clone(),
        definition,
    };
    Some(Entity::new(metadata, Spec::Api(spec)))
}

/// The Template. While the Promise is being deleted there is none, so that nobody requests what is about to go.
fn template_entity(subject: &Subject, offered: Result<&Api, &NoApi>, notes: &mut Notes) -> Option<Entity> {
    let named = names::promise_template(&subject.settings.layout, subject.name());
    let reference = named.entity_ref();
    let api = offered.map_err(|why| notes.omit(&reference, why)).ok()?;
    if subject.promise.is_deleting() {
        return None;
    }
    let (mut spec, gaps) = template::spec(api, "service".into(), subject.ownership.owner.clone());
    gaps.iter().for_each(|gap| notes.omit(&reference, gap));
    let mut metadata = named.metadata();
    metadata.title = Some(capitalized(api.kind));
    metadata.description = Some(format!("{} as a Service", capitalized(api.kind)));
    metadata::fill(&mut metadata, subject.promise, &subject.overrides, subject.settings);
    overrides::template::apply(subject.promise, &mut metadata, &mut spec, notes);
    Some(Entity::new(metadata, Spec::Template(spec)))
}
