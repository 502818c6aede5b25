//! The one Service that func deploys, next to an install from deploy/.

use super::{
    mesh,
    requests::{app, deployed},
};
use crate::{
    cluster::run,
    eventually::eventually,
    suite::{REQUESTED, SHOP, Suite, app_key, image},
};
use anyhow::{Context, Result, ensure};
use serde_json::json;
use std::{fs, path::PathBuf, process::Command};

const NAMESPACE: &str = "callboard-func";

pub(crate) async fn deploy(suite: &Suite) -> Result<()> {
    let (catalog, overlay) = (suite.catalog()?, suite.overlay("func", OVERLAY)?);
    suite.cluster.apply(&format!("apiVersion: v1\nkind: Namespace\nmetadata: {{name: {NAMESPACE}}}")).await?;
    eventually("it is applied", 60, async || suite.cluster.kubectl(&["apply", "--kustomize", &overlay])).await?;
    // func writes into func.yaml.
    let folder = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/target/e2e/func-root"));
    fs::create_dir_all(&folder)?;
    fs::copy(concat!(env!("CARGO_MANIFEST_DIR"), "/func.yaml"), folder.join("func.yaml"))?;
    let func = |arguments: &[&str]| run(Command::new("func").args(arguments).current_dir(&folder), "");
    let image = format!("--image={}", image("CALLBOARD", "callboard"));
    func(&["deploy", &image, "--build=false", "--push=false", "--namespace", NAMESPACE])?;
    suite.cluster.ready(120, &["ksvc", "callboard", "--namespace", NAMESPACE]).await?;
    suite.cluster.ready(60, &["trigger", "--namespace", NAMESPACE]).await?;
    for source in ["promises", "mesh"] {
        suite.cluster.ready(60, &["apiserversource", source, "--namespace", NAMESPACE]).await?;
    }
    apart(suite)?;
    let described = func(&["describe", "callboard", "--namespace", NAMESPACE])?;
    ensure!(
        described.contains("dev.knative.apiserver.resource.add"),
        "func describe tells no subscription: {described}"
    );

    let theirs = app_key("second").replace("entities/", "func/");
    suite.cluster.apply(&app("second", "nginx:1")).await?;
    for key in [app_key("second"), theirs.clone()] {
        eventually("both catalogs have the request", 120, async || catalog.present(&key).await).await?;
    }
    deployed(suite, "second", "nginx:1").await?;
    in_mesh(suite).await?;
    suite.cluster.delete(&["apps.marketplace.kratix.io", "second", "--namespace", SHOP])?;
    for key in [app_key("second"), theirs] {
        eventually("and lose it", 60, async || catalog.absent(&key).await).await?;
    }
    // func invoke tells no failure, and can set no Host: the pod itself, and the bucket says how it went.
    let pods =
        suite.cluster.list(&["pods", "--selector=serving.knative.dev/service=callboard", "--namespace", NAMESPACE])?;
    let running = pods.iter().find_map(|pod| pod["status"]["podIP"].as_str()).context("there is no pod")?;
    let invoke = [&format!("--target=http://{running}:8012"), "--content-type=application/json"];
    let ghost = json!({
        "apiVersion": "marketplace.kratix.io/v1", "kind": "app", "metadata": {"name": "ghost", "namespace": SHOP}
    });
    let add = ["--type=dev.knative.apiserver.resource.add".to_owned(), format!("--data={ghost}")];
    func(&["invoke", invoke[0], invoke[1], &add[0], &add[1]])?;
    let key = app_key("ghost").replace("entities/", "func/");
    eventually("what func invoke says is cataloged", 30, async || catalog.present(&key).await).await?;
    func(&["invoke", invoke[0], invoke[1], "--type=dev.callboard.resync.requested", "--data={}"])?;
    eventually("and a resync takes it away", 30, async || catalog.absent(&key).await).await?;
    // func waits 120 s until nothing of the Service is left. On a busy machine its pods take longer.
    if let Err(error) = func(&["delete", "callboard", "--namespace", NAMESPACE]) {
        ensure!(error.to_string().contains("not ready after"), "{error:#}");
    }
    eventually("func deletes it", 120, async || {
        let left = suite.cluster.list(&["ksvc", "--namespace", NAMESPACE])?;
        ensure!(left.is_empty(), "{} Services are left", left.len());
        Ok(())
    })
    .await?;
    suite.cluster.delete(&["--wait=false", "--kustomize", &overlay])?;
    suite.cluster.delete_namespaces(&[NAMESPACE]).await
}

/// Neither install has taken over the rights of the other.
fn apart(suite: &Suite) -> Result<()> {
    for namespace in [crate::suite::NAMESPACE, NAMESPACE] {
        let name = format!("{namespace}-mesh");
        let binding = suite.cluster.get(&["clusterrolebinding", &name])?;
        let bound = &binding["subjects"][0]["namespace"];
        ensure!(bound == namespace, "{name} binds an account of {bound}");
    }
    Ok(())
}

/// What func deployed is a consumer of the event mesh, in both catalogs, and provides what its annotations say.
async fn in_mesh(suite: &Suite) -> Result<()> {
    let (catalog, key) = (suite.catalog()?, mesh::key("serving.knative.dev", "service", NAMESPACE, "callboard"));
    // What came before its sources did, no event tells.
    suite.send_to(&suite.address_of("broker", NAMESPACE, "callboard")?, REQUESTED, "{}").await?;
    for key in [key.replace("entities/", "func/"), key] {
        eventually("what func deployed is cataloged with what it consumes", 60, async || {
            let entity = catalog.entity(&key).await?;
            let tags = entity["metadata"]["tags"].as_array().is_some_and(|tags| tags.contains(&json!("function")));
            let (consumed, provided) = (mesh::refs(&entity, "consumesApis"), mesh::refs(&entity, "providesApis"));
            for (refs, ty) in
                [(&consumed, "resync.requested"), (&consumed, "deletion.approved"), (&provided, "app.cataloged")]
            {
                ensure!(refs.contains(&format!("api:{NAMESPACE}/dev.callboard.{ty}")), "{ty}: {entity:#}");
            }
            ensure!(tags && mesh::may_consume(&entity).is_empty(), "{entity:#}");
            Ok(())
        })
        .await?;
    }
    Ok(())
}

/// deploy/func with the bucket of the other install, and a prefix of its own.
const OVERLAY: &str = "\
resources: [../../../deploy/func]
components: [../../../deploy/components/app, ../../../deploy/components/namespace]
configMapGenerator:
- name: install
  namespace: callboard
  literals: [namespace=callboard-func]
  options: {annotations: {config.kubernetes.io/local-config: \"true\"}}
- name: callboard
  namespace: callboard
  behavior: merge
  literals:
  - CALLBOARD_OWNER=group:default/platform
  - CALLBOARD_BUCKET=catalog
  - CALLBOARD_PREFIX=func
  - AWS_ENDPOINT_URL_S3=http://seaweedfs.callboard:8333
secretGenerator:
- name: callboard-s3
  namespace: callboard
  literals: [AWS_ACCESS_KEY_ID=callboard, AWS_SECRET_ACCESS_KEY=callboard-first-look]
  options: {disableNameSuffixHash: true}
";
