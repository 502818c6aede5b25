//! func.yaml by the schema of the func CLI, from the Go module that the CLI is built from.

use crate::{cluster::run, suite::Suite};
use anyhow::{Context, Result, ensure};
use serde_json::Value;
use std::{fs, path::Path, process::Command};

pub(crate) async fn valid(_: &Suite) -> Result<()> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut list = Command::new("./go");
    list.args(["list", "-m", "-f", "{{.Dir}}/schema/func_yaml-schema.json", "knative.dev/func"]);
    let path = run(list.current_dir(root.join("tests")), "")?;
    let schema = fs::read_to_string(path.trim()).with_context(|| format!("failed to read {}", path.trim()))?;
    let schema = jsonschema::validator_for(&serde_json::from_str(&schema)?)?;
    let func: Value = serde_saphyr::from_str(&fs::read_to_string(root.join("func.yaml"))?)?;
    let errors: Vec<_> = schema.iter_errors(&func).map(|error| format!("{}: {error}", error.instance_path())).collect();
    ensure!(errors.is_empty(), "func.yaml is not valid: {errors:?}");
    Ok(())
}
