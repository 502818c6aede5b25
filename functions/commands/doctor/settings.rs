//! Whether the functions have the variables by which this command checks.

use super::{
    finding::{Area, Finding},
    line::{literal, shell},
    service::Service,
    variables::{STORE, URL, Variables},
};
use events::Function;
use std::collections::BTreeMap;

const AREA: Area = Area::Eventing;

/// The variables that the install has otherwise than `here`, so that the check looks elsewhere than the functions do.
pub(super) fn compared(here: &Variables, services: &[Service]) -> Vec<Finding> {
    let (mut found, mut is_compared) = (Vec::new(), false);
    let mut differing: BTreeMap<(&str, String), Vec<&str>> = BTreeMap::new();
    for service in services {
        let there = match &service.variables {
            Ok(variables) => Variables::new(|name| variables.get(name).map(String::as_str)),
            Err(finding) if found.contains(finding) => continue,
            Err(finding) => {
                found.push(finding.clone());
                continue;
            }
        };
        is_compared = true;
        let reads_backstage = service.serves(Function::Refresh) && !here.backstage().is_empty();
        let differs = |(name, value): &(&str, String)| {
            (reads_backstage || !name.starts_with("CALLBOARD_BACKSTAGE_")) && here.0[name] != *value
        };
        for other in there.0.into_iter().filter(differs) {
            differing.entry(other).or_default().push(service.name());
        }
    }
    if is_compared && differing.is_empty() && found.is_empty() {
        found.push(AREA.ok("variables", "the same as in the install"));
    }
    found.extend(differing.into_iter().map(|((name, there), who)| difference(name, &here.0[name], &there, &who)));
    found
}

fn difference(name: &str, here: &str, there: &str, who: &[&str]) -> Finding {
    let shown = |value: &str| if value.is_empty() { "unset".to_owned() } else { value.to_owned() };
    let detail = format!("{} here, {} for {}", shown(here), shown(there), who.join(", "));
    let export = format!("export {name}={}   # as the install has it", shell(there));
    match (here.is_empty(), there.is_empty()) {
        // A forwarded port gives the same place another address.
        (false, false) if [STORE, URL].contains(&name) => {
            AREA.skipped(name, format!("{detail}. Is it the same place?")).with_fix(export)
        }
        (false, true) => AREA.wrong(name, detail, literal(name, here)),
        (true, _) => AREA.wrong(name, detail, export),
        (false, false) => AREA.wrong(name, detail, format!("{export}\n{}", literal(name, here))),
    }
}
