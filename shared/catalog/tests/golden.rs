//! Golden cases: an event in, the descriptor out, byte for byte. `CALLBOARD_BLESS=1` writes what is expected again.
//!
//! `tests/cases/<apps|promises>/<name>/` holds `event.json` (a structured-mode CloudEvent), `expected.json` (key and
//! notes), `expected.yaml` (the descriptor, if there is one) and `settings.json`, if the settings differ. `bucket.json` holds
//! the keys that the bucket has already.
//! A case named `*-delete` is left to the tests of the root package, because the catalog does not handle deletions.

use catalog::{EntityRef, Layout, Selection, Settings};
use events::{Change, Function, Incoming, Object};
use serde::Deserialize;
use serde_json::json;
use std::{
    error::Error,
    fs,
    path::{Path, PathBuf},
};

#[test]
fn every_event_leads_to_the_expected_descriptor() {
    let cases = cases();
    assert!(!cases.is_empty(), "no case found");
    let bless = std::env::var_os("CALLBOARD_BLESS").is_some();
    let failed: Vec<_> = cases
        .iter()
        .filter_map(|case| run(case, bless).err().map(|error| format!("{}: {error}", case.display())))
        .collect();
    assert!(failed.is_empty(), "{} of {} cases failed\n{}", failed.len(), cases.len(), failed.join("\n"));
}

fn cases() -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/cases");
    let children =
        |dir: PathBuf| fs::read_dir(dir).into_iter().flatten().map(|entry| entry.expect("a folder of the tree").path());
    let functions = ["apps", "promises"].map(|function| root.join(function));
    let is_delete = |path: &PathBuf| path.as_os_str().to_string_lossy().ends_with("-delete");
    let all = functions.into_iter().flat_map(children).filter(|path| path.is_dir());
    let mut cases: Vec<_> = all.filter(|path| !is_delete(path)).collect();
    cases.sort();
    cases
}

fn run(case: &Path, bless: bool) -> Result<(), Box<dyn Error>> {
    let event = serde_json::from_str(&fs::read_to_string(case.join("event.json"))?)?;
    let Some(Incoming::Change(arrival)) = events::decode(event)? else {
        return Err("the event is not a change".into());
    };
    let settings = settings(case)?;
    let function = match case.parent().and_then(Path::file_name).and_then(|name| name.to_str()) {
        Some("apps") => Function::Apps,
        _ => Function::Promises,
    };
    if arrival.function != Some(function) {
        return Err(format!("the event is for {:?}", arrival.function).into());
    }
    let described = match arrival.change {
        Change::Applied(object) if function == Function::Apps => {
            let system = system(case, &settings, &object)?;
            catalog::kratix::request::describe(&object, system.as_ref(), &settings)
        }
        Change::Applied(object) => catalog::kratix::promise::describe(&object, &settings),
        Change::Deleted(_) => return Err("a case of a delete must be named so: *-delete".into()),
        change => return Err(format!("{change:?} carries no object").into()),
    };
    let notes = json!({
        "key": described.key.to_string(), "omitted": described.omitted, "invalidOverrides": described.invalid_overrides,
    });
    hold(&case.join("expected.json"), Some(&format!("{notes:#}\n")), bless)?;
    hold(&case.join("expected.yaml"), described.descriptor.as_ref().map(|it| it.body()), bless)
}

/// The System of the namespace of an object, if the bucket has it.
fn system(case: &Path, settings: &Settings, object: &Object) -> Result<Option<EntityRef>, Box<dyn Error>> {
    let path = case.join("bucket.json");
    let keys: Vec<String> = if path.exists() { serde_json::from_str(&fs::read_to_string(path)?)? } else { Vec::new() };
    let system = settings.layout.system_of(object.reference());
    Ok(system.filter(|(key, _)| keys.contains(&key.to_string())).map(|(_, system)| system))
}

/// Compares a file, or writes it. `None` means that there must be none.
fn hold(path: &Path, is: Option<&str>, bless: bool) -> Result<(), Box<dyn Error>> {
    let was = path.exists().then(|| fs::read_to_string(path)).transpose()?;
    match (was.as_deref(), is) {
        (was, is) if was == is => Ok(()),
        (_, Some(is)) if bless => Ok(fs::write(path, is)?),
        (_, None) if bless => Ok(fs::remove_file(path)?),
        (was, is) => Err(format!(
            "{} differs; expected\n{}\ngot\n{}",
            path.display(),
            was.unwrap_or("nothing"),
            is.unwrap_or("nothing")
        )
        .into()),
    }
}

/// What a case sets differently from the rest.
#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Differences {
    annotations: Vec<String>,
    cluster: Option<String>,
    kinds: Vec<String>,
    opt_in: bool,
    owner_paths: Vec<String>,
    source_url: Option<String>,
    system: Option<String>,
}

fn settings(case: &Path) -> Result<Settings, Box<dyn Error>> {
    let path = case.join("settings.json");
    let differences =
        if path.exists() { serde_json::from_str(&fs::read_to_string(path)?)? } else { Differences::default() };
    let layout = Layout::new("entities", differences.cluster.as_deref().unwrap_or("main"))?;
    let mut settings = Settings::new(layout, EntityRef::parse("group:default/platform", "", "")?);
    settings.annotations = differences.annotations.iter().map(|keys| keys.parse()).collect::<Result<_, _>>()?;
    settings.owner_paths = differences.owner_paths;
    settings.source_url = differences.source_url.map(|url| url.parse()).transpose()?;
    settings.system = differences.system.map(|system| EntityRef::parse(&system, "system", "default")).transpose()?;
    settings.selection = if differences.opt_in { Selection::OptIn } else { Selection::All };
    for kind in &differences.kinds {
        settings.kinds.add(kind)?;
    }
    Ok(settings)
}
