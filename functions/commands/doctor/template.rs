//! The pod template of a Service.

use events::Object;
use serde_json::Value;

/// Where a Service has its pod template.
pub(super) const TEMPLATE: &str = "/spec/template/spec";

/// The container that runs the function.
pub(super) fn container(service: &Object) -> Option<&Value> {
    service.at(&format!("{TEMPLATE}/containers/0"))
}
