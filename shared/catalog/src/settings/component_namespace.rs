//! In which entity namespace third-party Components are.

use super::invalid::InvalidSetting;
use crate::{entity::EntityNamespace, naming::Layout};
use events::ObjectRef;
use std::str::FromStr;

/// The entity namespace of third-party Components, maybe with `{cluster}` and the Kubernetes `{namespace}`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ComponentNamespace(String);

impl Default for ComponentNamespace {
    fn default() -> Self {
        Self("default".to_owned())
    }
}

impl FromStr for ComponentNamespace {
    type Err = InvalidSetting;

    fn from_str(text: &str) -> Result<Self, InvalidSetting> {
        let rule = "is not a valid namespace of an entity, with placeholders {cluster} and {namespace}";
        let filled = fill(text, "x", "x");
        let is_valid = EntityNamespace::fit(&filled).as_str() == filled;
        if is_valid { Ok(Self(text.to_owned())) } else { Err(InvalidSetting::new(text, rule)) }
    }
}

impl ComponentNamespace {
    /// The namespace of the Component to which an object of the cluster belongs.
    pub fn of(&self, object: &ObjectRef, layout: &Layout) -> EntityNamespace {
        EntityNamespace::fit(&fill(&self.0, layout.cluster(), object.namespace().unwrap_or("default")))
    }
}

fn fill(pattern: &str, cluster: &str, namespace: &str) -> String {
    pattern.replace("{cluster}", cluster).replace("{namespace}", namespace)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(pattern: &str, cluster: &str, namespace: Option<&str>) -> String {
        let layout = Layout::new("entities", cluster).unwrap();
        let object = ObjectRef::new("v1", "Service", namespace, "x").unwrap();
        pattern.parse::<ComponentNamespace>().unwrap().of(&object, &layout).to_string()
    }

    #[test]
    fn a_pattern_is_filled_with_cluster_and_namespace() {
        assert_eq!(of("apps", "east", Some("shop")), "apps");
        assert_eq!(of("{namespace}", "main", Some("shop")), "shop");
        assert_eq!(of("{cluster}-{namespace}", "east", Some("shop")), "east-shop");
        assert_eq!(of("{namespace}", "main", None), "default");
    }

    #[test]
    fn what_is_too_long_is_cut_as_other_names_are() {
        let long = of("{cluster}-{namespace}", "east", Some(&"n".repeat(63)));
        assert_eq!((long.len(), EntityNamespace::fit(&long).to_string()), (63, long));
    }

    #[test]
    fn a_pattern_that_makes_no_namespace_is_rejected() {
        for wrong in ["", "{name}", "{namespace", "a b", "Apps", "-{namespace}", "a/b"] {
            assert!(wrong.parse::<ComponentNamespace>().is_err(), "{wrong}");
        }
    }
}
