//! An install that tells Backstage.

use super::mirrors;
use crate::{
    backstage::{BUCKET_URL, Backstage, STORE, TOKEN, URL},
    eventually::eventually,
    scenarios::{install, removal},
    suite::{PAYMENTS, QUIET, SHOP, Suite},
};
use anyhow::Result;

pub(crate) async fn shown(suite: &Suite) -> Result<()> {
    // What an earlier run may have left.
    remove(suite).await?;
    suite.cluster.delete_namespaces(&[SHOP, PAYMENTS]).await?;
    install::in_use(suite).await?;
    let overlay = overlay(suite)?;
    eventually("it is applied", 60, async || suite.cluster.kubectl(&["apply", "--kustomize", &overlay])).await?;
    install::ready(suite).await?;
    install::sources(suite).await?;
    suite.tick().await?;
    let count = mirrors(suite, &Backstage::new()?, 60).await?;
    println!("{count} entities, with nothing pending and no error");
    Ok(())
}

pub(crate) async fn removed(suite: &Suite) -> Result<()> {
    remove(suite).await?;
    removal::nothing_is_left(suite).await
}

async fn remove(suite: &Suite) -> Result<()> {
    removal::remove_overlay(suite, &overlay(suite)?).await
}

/// deploy/examples/first-look with deploy/components/backstage. Backstage's configuration names the bucket by its address, and so
/// do the functions, since the doctor compares the two.
fn overlay(suite: &Suite) -> Result<String> {
    let settings = suite.settings();
    suite.overlay(
        "with-backstage",
        &format!(
            "resources: [../../../deploy/examples/first-look, recorder.yaml]\n\
             components: [../../../deploy/components/backstage]\n{settings}  \
             - CALLBOARD_BACKSTAGE_URL={URL}\n  - CALLBOARD_BACKSTAGE_BUCKET_URL={BUCKET_URL}\n  - AWS_ENDPOINT_URL_S3=http://{STORE}:8333\n  \
             - CALLBOARD_COMPONENT_NAMESPACE={{namespace}}\n\
             secretGenerator:\n- {{name: callboard-backstage, namespace: callboard, literals: [token={TOKEN}], options: \
             {{disableNameSuffixHash: true}}}}\n\
             {QUIET}\
             - target: {{kind: Service, name: seaweedfs}}\n  patch: |-\n    \
             - {{op: add, path: /spec/clusterIP, value: {STORE}}}\n"
        ),
    )
}
