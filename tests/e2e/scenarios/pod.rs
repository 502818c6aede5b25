//! The commands in a pod of the image, as docs/how-to/install.md has them for people without Rust.

use crate::{
    cluster::run,
    suite::{NAMESPACE, Suite, image},
};
use anyhow::{Context, Result};
use std::process::Command;

/// The name of the pod, of its account and of the binding.
const NAME: &str = "callboard-cli";

pub(crate) async fn commands(suite: &Suite) -> Result<()> {
    let account = format!("--serviceaccount={NAMESPACE}:{NAME}");
    suite.cluster.kubectl(&["create", "serviceaccount", NAME, "--namespace", NAMESPACE])?;
    suite.cluster.kubectl(&["create", "clusterrolebinding", NAME, "--clusterrole=cluster-admin", &account])?;
    let done = of_install(suite);
    suite.cluster.delete(&["clusterrolebinding", NAME])?;
    suite.cluster.delete(&["serviceaccount", NAME, "--namespace", NAMESPACE])?;
    done
}

/// With the settings and credentials of the functions the doctor finds all of an install, and nothing that is wrong.
fn of_install(suite: &Suite) -> Result<()> {
    let service = suite.cluster.get(&["ksvc", "resync", "--namespace", NAMESPACE])?;
    let configuration = &service["spec"]["template"]["spec"]["containers"][0]["envFrom"][0]["configMapRef"]["name"];
    let overrides = format!(
        "--overrides={{\"spec\": {{\"serviceAccountName\": \"{NAME}\", \"containers\": [{{\"name\": \"{NAME}\", \"envFrom\": \
         [{{\"configMapRef\": {{\"name\": {configuration}}}}}, {{\"secretRef\": {{\"name\": \"callboard-s3\"}}}}]}}]}}}}"
    );
    let pod = ["--override-type=strategic", &overrides];
    println!("{}", in_pod(&pod, &["doctor", "--wait", "2m"]).context("callboard doctor --wait")?);
    in_pod(&pod, &["drift"]).context("callboard drift").map(drop)
}

/// What a command prints in a pod. It fails as the command does.
fn in_pod(pod: &[&str], command: &[&str]) -> Result<String> {
    let image = format!("--image={}", image("CALLBOARD", "callboard"));
    let mut kubectl = Command::new("kubectl");
    kubectl.args(["run", NAME, "--namespace", NAMESPACE, "--rm", "--stdin", "--quiet", "--restart=Never", &image]);
    run(kubectl.args(pod).arg("--").args(command), "")
}
