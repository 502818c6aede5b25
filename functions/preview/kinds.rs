//! What the objects themselves say of kinds, as a cluster learns it from them: from Promises, CustomResourceDefinitions and
//! Callboard's own sources.

use crate::{apps::is_shadow, kinds};
use catalog::{Offered, Settings};
use events::{Function, Object, ObjectRef};
use std::collections::BTreeMap;

/// What the objects say of kinds, by group and kind in lower case.
#[derive(Debug, Default)]
pub(super) struct Kinds(BTreeMap<(String, String), Said>);

/// What is said of a kind.
#[derive(Debug, Default)]
struct Said {
    /// The Promise that offers it.
    promise: Option<String>,
    /// Whether its definition makes it a source or a channel.
    is_of_mesh: bool,
    /// The function for which a source of Callboard's names it.
    named_for: Option<Function>,
    is_cluster_scoped: bool,
}

impl Kinds {
    /// Takes in what an object says. Of two Promises that offer a kind, the first one counts.
    pub(super) fn learn(&mut self, object: &Object) {
        match (object.reference().group(), object.reference().kind()) {
            ("platform.kratix.io", "Promise") => {
                let Some(offered) = Offered::by(object) else { return };
                let said = self.said(&offered.group, &offered.kind);
                said.promise = said.promise.take().or(Some(offered.promise));
                said.is_cluster_scoped = !offered.namespaced;
            }
            ("apiextensions.k8s.io", "CustomResourceDefinition") => self.define(object),
            ("sources.knative.dev", "ApiServerSource") => {
                for (function, group, _, kind) in kinds::named_by(object).into_iter().flatten() {
                    self.said(&group, &kind).named_for = Some(function);
                }
            }
            _ => {}
        }
    }

    fn define(&mut self, definition: &Object) {
        let (Some(group), Some(kind)) = (definition.text("/spec/group"), definition.text("/spec/names/kind")) else {
            return;
        };
        let said = self.said(group, kind);
        said.is_cluster_scoped = definition.text("/spec/scope") == Some("Cluster");
        match definition.label("kratix.io/promise-name") {
            Some(promise) => said.promise = said.promise.take().or_else(|| Some(promise.to_owned())),
            None => said.is_of_mesh = kinds::mesh::is_labelled(definition),
        }
    }

    fn said(&mut self, group: &str, kind: &str) -> &mut Said {
        self.0.entry((group.to_owned(), kind.to_ascii_lowercase())).or_default()
    }

    fn of(&self, object: &ObjectRef) -> Option<&Said> {
        self.0.get(&(object.group().to_owned(), object.kind().to_ascii_lowercase()))
    }

    /// The Promise that offers the kind of an object.
    pub(super) fn promise_of(&self, object: &ObjectRef) -> Option<&str> {
        self.of(object)?.promise.as_deref()
    }

    /// Whether objects of this kind are in no namespace.
    pub(super) fn is_cluster_scoped(&self, object: &ObjectRef) -> bool {
        match (object.group(), object.kind()) {
            ("", "Namespace" | "Node" | "PersistentVolume") | ("apiextensions.k8s.io", _) => true,
            ("rbac.authorization.k8s.io", kind) => kind.starts_with("Cluster"),
            ("platform.kratix.io", kind) => !matches!(kind, "ResourceBinding" | "Work" | "WorkPlacement"),
            _ => self.of(object).is_some_and(|said| said.is_cluster_scoped),
        }
    }

    /// The function that makes the entities of an object.
    ///
    /// # Errors
    /// Says why none does.
    pub(super) fn function(&self, object: &Object, settings: &Settings) -> Result<Function, &'static str> {
        let reference = object.reference();
        if is_shadow(reference) {
            return Err("it only says that its request changed");
        }
        let said = self.of(reference);
        if let Some(function) = said.and_then(|said| said.named_for) {
            return Ok(function);
        }
        let is_offered = || {
            said.is_some_and(|said| said.promise.is_some())
                || settings.kinds.of(reference).is_some()
                || object.label("kratix.io/promise-name").is_some()
        };
        match Function::taking(reference) {
            None => Err("no function takes this kind"),
            Some(Function::Apps) if said.is_some_and(|said| said.is_of_mesh) => Ok(Function::Mesh),
            Some(Function::Apps) if !is_offered() && said.is_some() => {
                Err("no Promise here offers this kind; in a cluster it needs a source")
            }
            Some(Function::Apps) if !is_offered() => {
                Err("no Promise or CRD here offers this kind; in a cluster it needs a source")
            }
            Some(function) => Ok(function),
        }
    }
}
