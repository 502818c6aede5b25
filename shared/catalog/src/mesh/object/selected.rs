//! Objects that are named by their labels, as a SinkBinding may name its subject.

use crate::secret;
use serde_json::Value;

/// Objects of a kind in a namespace, by their labels.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Selected {
    /// `<kind>[.<group>]/<namespace>`, as an object would be called.
    of: Box<str>,
    /// Each condition, as `kubectl get -l` takes it.
    conditions: Box<[Box<str>]>,
}

impl Selected {
    /// A kind and its selector.
    ///
    /// # Errors
    /// With what is missing.
    pub(super) fn read(value: &Value, namespace: Option<&str>) -> Result<Self, String> {
        let text = |name: &str| value.get(name).and_then(Value::as_str).filter(|text| !text.is_empty());
        let (Some(api_version), Some(kind), Some(selector)) =
            (text("apiVersion"), text("kind"), value.get("selector").filter(|selector| selector.is_object()))
        else {
            return Err("must have apiVersion and kind, and a name or a selector".to_owned());
        };
        let group = api_version.rsplit_once('/').map(|(group, _)| format!(".{group}")).unwrap_or_default();
        let namespace = text("namespace").or(namespace).unwrap_or_default();
        let labels = selector.get("matchLabels").and_then(Value::as_object).into_iter().flatten();
        let labels = labels.filter_map(|(key, value)| Some(format!("{key}={}", value.as_str()?)));
        let expressions = selector.get("matchExpressions").and_then(Value::as_array).into_iter().flatten();
        let conditions = labels.chain(expressions.filter_map(expression)).map(String::into_boxed_str).collect();
        Ok(Self { of: format!("{}{group}/{namespace}", kind.to_ascii_lowercase()).into(), conditions })
    }

    /// What people read.
    pub(super) fn in_words(&self) -> String {
        let conditions = self.conditions.join(" and ");
        match &*conditions {
            "" => format!("all of {}", self.of),
            _ if secret::may_be_in_text(&conditions) => format!("those of {} with certain labels", self.of),
            _ => format!("those of {} with {conditions}", self.of),
        }
    }
}

/// A requirement of `matchExpressions`, as `kubectl get -l` takes it.
fn expression(requirement: &Value) -> Option<String> {
    let key = requirement.get("key")?.as_str()?;
    let values = requirement.get("values").and_then(Value::as_array).into_iter().flatten();
    let values: Vec<_> = values.filter_map(Value::as_str).collect();
    Some(match requirement.get("operator")?.as_str()? {
        "In" => format!("{key} in ({})", values.join(" ")),
        "NotIn" => format!("{key} notin ({})", values.join(" ")),
        "Exists" => key.to_owned(),
        "DoesNotExist" => format!("!{key}"),
        _ => return None,
    })
}
