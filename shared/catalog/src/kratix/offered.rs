//! The kind that a Promise offers, for finding its objects in the cluster.

use crate::{
    alone::alone,
    api::crd::{Api, Scope},
};
use events::Object;

/// A kind of resource requests, as the API of its Promise defines it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Offered {
    /// The API group.
    pub group: String,
    /// The kind, in the case in which the API server gives it.
    pub kind: String,
    /// The version which Kubernetes stores, such as `v1`.
    pub version: String,
    /// The plural, as in the path of the API.
    pub plural: String,
    /// Whether its objects are in namespaces.
    pub namespaced: bool,
    /// The Promise.
    pub promise: String,
}

impl Offered {
    /// What this Promise offers; `None` if it offers nothing that can be requested.
    pub fn by(promise: &Object) -> Option<Self> {
        alone(promise.reference(), || Self::read(promise))?
    }

    fn read(promise: &Object) -> Option<Self> {
        let api = Api::read(promise.at("/spec/api")).ok()?;
        Some(Self {
            group: api.group.to_owned(),
            kind: api.kind.to_owned(),
            version: api.version.to_owned(),
            plural: api.plural.to_owned(),
            namespaced: api.scope == Scope::Namespaced,
            promise: promise.reference().name().to_owned(),
        })
    }

    /// Whether Knative's ApiServerSource, which guesses the plural from the kind, watches the right path.
    pub fn is_guessable(&self) -> bool {
        self.plural == guessed_plural(&self.kind)
    }
}

/// The plural that ApiServerSource takes for a kind's (`meta.UnsafeGuessKindToResource` of Kubernetes' apimachinery).
fn guessed_plural(kind: &str) -> String {
    let singular = kind.to_ascii_lowercase();
    match singular.as_bytes().last() {
        _ if singular.ends_with("endpoints") => singular,
        Some(b's') => format!("{singular}es"),
        Some(b'y') => format!("{}ies", &singular[..singular.len() - 1]),
        _ => format!("{singular}s"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn offered(kind: &str, plural: &str) -> Offered {
        let spec = json!({"group": "example.org", "names": {"kind": kind, "plural": plural}, "scope": "Cluster", "versions": [{"name": "v1"}]});
        let api = json!({"apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition", "spec": spec});
        let promise = json!({"apiVersion": "platform.kratix.io/v1alpha1", "kind": "Promise", "metadata": {"name": "p"}, "spec": {"api": api}});
        Offered::by(&Object::try_from(promise).unwrap()).unwrap()
    }

    #[test]
    fn what_a_source_would_guess_wrong_is_known() {
        for (kind, plural) in [
            ("App", "apps"),
            ("app", "apps"),
            ("Policy", "policies"),
            ("Redis", "redises"),
            ("postgresql", "postgresqls"),
        ] {
            assert!(offered(kind, plural).is_guessable(), "{kind} {plural}");
        }
        for (kind, plural) in
            [("jenkins", "jenkins"), ("redis", "redis"), ("ai", "ai"), ("RDS", "rds"), ("Fish", "fish")]
        {
            assert!(!offered(kind, plural).is_guessable(), "{kind} {plural}");
        }
    }

    #[test]
    fn a_promise_without_an_api_offers_nothing() {
        let promise =
            json!({"apiVersion": "platform.kratix.io/v1alpha1", "kind": "Promise", "metadata": {"name": "p"}});
        assert_eq!(Offered::by(&Object::try_from(promise).unwrap()), None);
        assert!(!offered("App", "apps").namespaced);
    }
}
