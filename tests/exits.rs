//! How each command ends: 0 if all is as it should be, 1 if something differs or is wrong, 2 if it could not tell.

use crate::{
    binary::{NEEDED, access, callboard, ended},
    kubernetes::{Fault, Kubernetes, definition, of_knative, promise},
    s3::endpoint,
};
use callboard::dev::endpoint::Endpoint;
use serde_json::json;
use std::io::pipe;

const KIND: &str = "app.workshop.kratix.io";

/// A cluster with the Promise `app`, a source of its kind, and a request.
fn cluster() -> Kubernetes {
    let kubernetes = Kubernetes::new();
    of_knative().into_iter().for_each(|definition| drop(kubernetes.apply(definition)));
    kubernetes.install(promise("app", definition("workshop.kratix.io", ("App", "apps"), &["v1"], "Namespaced")));
    kubernetes.apply(json!({
        "apiVersion": "sources.knative.dev/v1",
        "kind": "ApiServerSource",
        "metadata": {"name": "apps", "namespace": "callboard"},
        "spec": {
            "resources": [{"apiVersion": "workshop.kratix.io/v1", "kind": "App"}],
            "ceOverrides": {"extensions": {"callboard": "apps"}},
        },
    }));
    let metadata = json!({"name": "todo", "namespace": "shop"});
    kubernetes.apply(json!({"apiVersion": "workshop.kratix.io/v1", "kind": "App", "metadata": metadata, "spec": {}}));
    kubernetes
}

/// The code with which a command ends, and what it prints.
async fn code(line: &str, kubernetes: &Kubernetes, store: &Endpoint) -> (i32, String) {
    let arguments: Vec<_> = line.split(' ').collect();
    let output = ended(&arguments, &NEEDED, kubernetes, store).await;
    let printed = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
    (output.status.code().unwrap(), printed)
}

#[tokio::test(flavor = "multi_thread")]
async fn each_command_ends_like_diff() {
    let (kubernetes, store) = (cluster(), endpoint().await);
    for (line, wanted, says) in [
        ("drift", 1, "missing"),
        ("drift --kind app.workshop.kratix.io", 1, "missing"),
        ("resync --approve 0123456789abcdef", 2, "nothing is held under the id 0123456789abcdef"),
        ("resync --accept-cluster other", 2, "not other"),
        ("resync", 0, "written or deleted"),
        ("redrive", 0, "0 handled"),
        ("drift", 0, "objects compared"),
        ("drift --kind app.workshop.kratix.io", 0, "1 objects compared"),
        ("drift --kind apps.workshop.kratix.io", 0, "1 objects compared"),
        ("drift --kind APPS.workshop.kratix.io --namespace shop --name todo", 0, "1 objects compared"),
        ("drift --kind promises.platform.kratix.io", 0, "1 objects compared"),
        ("drift --kind nope.example.org", 2, "with the kind nope.example.org: compare all without --kind"),
        ("drift --kind apps.workshop.kratix.io --namespace nowhere", 2, "with the namespace nowhere"),
        ("resync --kind apps.workshop.kratix.io --name nobody", 2, "with the name nobody"),
        ("drift --kind a/b", 2, "give kind and group"),
        ("drift --namespaces shop --namespace other", 2, "CALLBOARD_NAMESPACES does not have this namespace"),
        ("sources", 0, "kind: ApiServerSource"),
        ("nonsense", 2, "unrecognized"),
        ("drift --nonsense", 2, "unexpected argument"),
    ] {
        let (code, printed) = code(line, &kubernetes, &store).await;
        assert!(code == wanted && printed.contains(says), "{line}: {code}: {printed}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_could_not_be_compared_ends_with_2_and_what_differs_with_1() {
    let (kubernetes, store) = (cluster(), endpoint().await);
    assert_eq!(code("resync", &kubernetes, &store).await.0, 0);
    kubernetes.break_off("list apps.workshop.kratix.io", Fault::Status(500), usize::MAX);
    for line in ["drift", "resync"] {
        let (code, printed) = code(line, &kubernetes, &store).await;
        assert!(code == 2 && printed.contains(&format!("degraded  {KIND}")), "{line}: {code}: {printed}");
    }
    kubernetes.recover();
    kubernetes.rebuild(5);
    for line in ["drift", "resync"] {
        let (code, printed) = code(line, &kubernetes, &store).await;
        assert!(code == 1 && printed.contains("held"), "{line}: {code}: {printed}");
    }
    let (code, printed) = code("redrive", &kubernetes, &store).await;
    assert!(code == 2 && printed.contains("another cluster"), "{code}: {printed}");
}

#[tokio::test(flavor = "multi_thread")]
async fn sources_work_without_kratix() {
    let (kubernetes, store) = (cluster(), endpoint().await);
    for line in ["list promises", "get promises"] {
        kubernetes.break_off(line, Fault::Status(500), usize::MAX);
    }
    let (failed, printed) = code("sources", &kubernetes, &store).await;
    assert!(failed == 2 && printed.contains("the Promises cannot be listed"), "{failed}: {printed}");
    kubernetes.recover();
    kubernetes.delete(
        &kubernetes.find("customresourcedefinitions.apiextensions.k8s.io", "promises.platform.kratix.io").unwrap(),
    );
    let output = ended(&["sources"], &[], &kubernetes, &store).await;
    assert_eq!((output.status.code(), output.stdout.as_slice()), (Some(0), &b""[..]));
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(said.contains("nothing to print: Kratix is not installed"), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_error_names_the_host_that_did_not_answer() {
    let (kubernetes, store) = (cluster(), endpoint().await);
    let nowhere = "http://127.0.0.1:1";
    let output =
        ended(&["drift"], &[&NEEDED[..], &[("AWS_ENDPOINT_URL_S3", nowhere)]].concat(), &kubernetes, &store).await;
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.code() == Some(2) && said.contains(&format!("no answer from {nowhere}: ")), "{said}");

    let kubeconfig = tempfile::NamedTempFile::new().unwrap();
    let cluster = json!({"name": "c", "cluster": {"server": nowhere}});
    let context = json!({"name": "it", "context": {"cluster": "c", "user": "u"}});
    let config = json!({"clusters": [cluster], "users": [{"name": "u", "user": {}}], "contexts": [context], "current-context": "it"});
    std::fs::write(&kubeconfig, config.to_string()).unwrap();
    let set = [&NEEDED[..], &[("KUBECONFIG", kubeconfig.path().to_str().unwrap())]].concat();
    for command in ["drift", "resync", "redrive", "sources"] {
        let output = ended(&[command], &set, &kubernetes, &store).await;
        let said = String::from_utf8(output.stderr).unwrap();
        assert!(output.status.code() == Some(2) && said.contains(&format!("no answer from {nowhere}: ")), "{said}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reader_that_has_left_is_no_error() {
    let (kubernetes, store) = (cluster(), endpoint().await);
    let kubeconfig = kubernetes.serve().await;
    let preview = concat!("preview ", env!("CARGO_MANIFEST_DIR"), "/tests/cases/preview/no-namespace.yaml");
    for (command, wanted) in [("drift", 1), ("sources", 0), ("--help", 0), (preview, 0)] {
        let mut line = callboard(&[&NEEDED[..], &access(kubeconfig.path(), &store)].concat());
        let (reader, writer) = pipe().unwrap();
        drop(reader);
        line.args(command.split(' ')).stdout(writer);
        let output = tokio::task::spawn_blocking(move || line.output().unwrap()).await.unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!((output.status.code(), said.as_str()), (Some(wanted), ""), "{command}");
    }
}

#[test]
fn a_start_that_fails_ends_with_2() {
    let taken = std::net::TcpListener::bind("0.0.0.0:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    for set in [("PORT", port.as_str()), ("FUNCTION", "mesh"), ("CALLBOARD_PREFIX", "state/mine")] {
        let output = callboard(&[&NEEDED[..], &[set]].concat()).output().unwrap();
        assert_eq!(output.status.code(), Some(2), "{set:?}");
    }
}
