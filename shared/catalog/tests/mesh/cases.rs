//! Golden cases: objects in, all descriptors out. `CALLBOARD_BLESS=1` writes what is expected again.
//!
//! `tests/cases/mesh/<name>/` holds `objects.yaml`, `expected.yaml` (the descriptors in the order of their keys) and
//! `settings.json` if the settings differ.

use catalog::{EntityRef, EventTypes, Internals, Layout, Mesh, Selection, Settings};
use events::Object;
use serde::Deserialize;
use serde_json::Value;
use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

/// A folder with a case.
pub(crate) struct Case {
    path: PathBuf,
    differences: Differences,
}

/// What a case sets differently from the rest.
#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Differences {
    annotations: Vec<String>,
    cluster: Option<String>,
    component_namespace: Option<String>,
    /// Third-party entities to which the case refers.
    elsewhere: Vec<String>,
    event_types: Option<String>,
    internals: bool,
    opt_in: bool,
    system: Option<String>,
}

/// The owner of everything.
pub(crate) const OWNER: &str = "group:default/platform";

#[test]
fn every_case_leads_to_the_expected_descriptors() {
    let bless = std::env::var_os("CALLBOARD_BLESS").is_some();
    let mut failed = Vec::new();
    for case in cases() {
        let (is, path) = (case.descriptors(&case.objects()), case.path.join("expected.yaml"));
        let was = fs::read_to_string(&path).unwrap_or_default();
        if bless {
            fs::write(&path, &is).unwrap();
        } else if was != is {
            failed.push(format!("{} differs; expected\n{was}\ngot\n{is}", path.display()));
        }
    }
    assert!(failed.is_empty(), "{}", failed.join("\n"));
}

#[test]
fn the_order_of_arrival_does_not_matter() {
    for case in cases() {
        let objects = case.objects();
        let forward = case.descriptors(&objects);
        for first in 0..objects.len() {
            let mut turned = objects.clone();
            turned.rotate_left(first);
            assert_eq!(case.descriptors(&turned), forward, "{} from {first}", case.name());
            turned.reverse();
            assert_eq!(case.descriptors(&turned), forward, "{} back from {first}", case.name());
        }
    }
}

/// All cases, sorted.
pub(crate) fn cases() -> Vec<Case> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/cases/mesh");
    let mut paths: Vec<_> = fs::read_dir(root).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    assert!(paths.len() > 50, "{paths:?} are too few to be all");
    paths.into_iter().map(Case::at).collect()
}

impl Case {
    fn at(path: PathBuf) -> Self {
        let differences = fs::read_to_string(path.join("settings.json"));
        let differences =
            differences.map_or_else(|_| Differences::default(), |text| serde_json::from_str(&text).unwrap());
        Self { path, differences }
    }

    pub(crate) fn name(&self) -> String {
        self.path.file_name().unwrap().to_string_lossy().into_owned()
    }

    pub(crate) fn elsewhere(&self) -> &[String] {
        &self.differences.elsewhere
    }

    pub(crate) fn objects(&self) -> Vec<Object> {
        let text = fs::read_to_string(self.path.join("objects.yaml")).unwrap();
        documents(&text).into_iter().map(|value| Object::try_from(value).unwrap()).collect()
    }

    /// The descriptors of these objects, each behind its key; of an object without entities what is noted.
    pub(crate) fn descriptors(&self, objects: &[Object]) -> String {
        let mut mesh = Mesh::new(self.settings());
        objects.iter().for_each(|object| drop(mesh.apply(object)));
        let all: BTreeMap<_, _> =
            mesh.ids().map(|id| mesh.render(id).described).map(|it| (it.key.clone(), it)).collect();
        let shown = |(key, described): (catalog::Key, catalog::Described)| {
            let body = described.descriptor.as_ref().map_or("# no entity\n", |descriptor| descriptor.body());
            let omitted = described.omitted.iter().map(|it| format!("# omitted: {}: {}\n", it.entity, it.reason));
            let invalid = described
                .invalid_overrides
                .iter()
                .map(|it| format!("# invalid override: {}: {}\n", it.field, it.reason));
            format!("# {key}\n{}{body}", omitted.chain(invalid).collect::<String>())
        };
        all.into_iter().map(shown).collect()
    }

    fn settings(&self) -> Settings {
        let differences = &self.differences;
        let layout = Layout::new("entities", differences.cluster.as_deref().unwrap_or("main")).unwrap();
        let mut settings = Settings::new(layout, EntityRef::parse(OWNER, "", "").unwrap());
        settings.annotations = differences.annotations.iter().map(|keys| keys.parse().unwrap()).collect();
        let system = differences.system.as_deref();
        settings.system = system.map(|system| EntityRef::parse(system, "system", "default").unwrap());
        if let Some(namespace) = &differences.component_namespace {
            settings.component_namespace = namespace.parse().unwrap();
        }
        if differences.event_types.as_deref() == Some("eventType") {
            settings.event_types = EventTypes::EventType;
        }
        settings.selection = if differences.opt_in { Selection::OptIn } else { Selection::All };
        settings.internals = if differences.internals { Internals::Shown } else { Internals::Hidden };
        settings
    }
}

/// The documents of a YAML text that are not empty.
pub(crate) fn documents(text: &str) -> Vec<Value> {
    let documents: Vec<Value> = serde_saphyr::from_multiple(text).unwrap();
    documents.into_iter().filter(|document| !document.is_null()).collect()
}
