//! The command at a terminal.

use super::*;
use crate::{
    binary::{NEEDED, callboard, ended, output_of},
    kubernetes::Fault,
    s3::endpoint,
};
use ::bucket::{S3, Versioning};
use axum::{Router, routing::get};
use callboard::dev::endpoint::Endpoint;

/// How the command ends, and what it prints.
async fn run(arguments: &[&str], kubernetes: &Kubernetes, store: &Endpoint) -> (bool, String) {
    output_of(&[&["doctor"], arguments].concat(), kubernetes, store).await
}

/// An install without Backstage whose functions use this store, and whose bucket is filled.
async fn installed(store: &Endpoint) -> Kubernetes {
    let kubernetes = cluster();
    for (resource, name) in [
        ("services.serving.knative.dev", "refresh"),
        ("triggers.eventing.knative.dev", "refresh"),
        ("sinkbindings.sources.knative.dev", "refresh"),
    ] {
        kubernetes.delete(&kubernetes.find(resource, name).unwrap());
    }
    let mut configuration = kubernetes.find("configmaps", "callboard").unwrap();
    configuration["data"]["AWS_ENDPOINT_URL_S3"] = store.url().into();
    configuration["data"].as_object_mut().unwrap().retain(|name, _| !name.starts_with("CALLBOARD_BACKSTAGE"));
    kubernetes.apply(configuration);
    let (is_well, printed) = output_of(&["resync"], &kubernetes, store).await;
    assert!(is_well, "{printed}");
    kubernetes
}

/// The code with which it ends if only this is set, and what it prints.
async fn doctor(arguments: &[&str], set: &[(&str, &str)], kubernetes: &Kubernetes, store: &Endpoint) -> (i32, String) {
    let output = ended(&[&["doctor"], arguments].concat(), set, kubernetes, store).await;
    assert_eq!(String::from_utf8(output.stderr).unwrap(), "");
    (output.status.code().unwrap(), String::from_utf8(output.stdout).unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn it_ends_with_0_if_nothing_is_wrong_with_1_if_something_is_and_with_2_if_it_could_not_tell() {
    let store = endpoint().await;
    let kubernetes = installed(&store).await;
    let (code, printed) = doctor(&[], &[("AWS_ENDPOINT_URL_S3", "")], &kubernetes, &store).await;
    assert!(code == 0 && printed.contains(" 0 wrong, 0 unknown, "), "{printed}");
    // All of it comes from the install.
    assert!(printed.contains("ok       bucket     rights on catalog") && printed.contains("whose bucket"), "{printed}");
    kubernetes.break_off("may ", Fault::Status(403), usize::MAX);
    let (code, printed) = doctor(&[], &[], &kubernetes, &store).await;
    assert!(code == 2 && printed.contains(" 0 wrong, 1 unknown, "), "{printed}");
    kubernetes.delete(&kubernetes.find("triggers.eventing.knative.dev", "mesh").unwrap());
    let (code, printed) = doctor(&[], &[], &kubernetes, &store).await;
    assert!(code == 1 && printed.contains("wrong    eventing   service mesh"), "{printed}");
    assert!(printed.contains("\n         kubectl apply -k ."), "{printed}");
}

#[tokio::test(flavor = "multi_thread")]
async fn it_waits_until_all_of_it_works() {
    let store = endpoint().await;
    let kubernetes = installed(&store).await;
    let trigger = kubernetes.find("triggers.eventing.knative.dev", "mesh").unwrap();
    kubernetes.delete(&trigger);
    kubernetes.requests();
    let late = kubernetes.clone();
    let waited = tokio::spawn(async move { doctor(&["--wait", "5m"], &[], &late, &store).await });
    // It has looked once, and found it missing.
    while !kubernetes.requests().iter().any(|it| it.contains("list eventtypes")) {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    kubernetes.apply(trigger);
    let (code, printed) = waited.await.unwrap();
    assert!(code == 0, "{printed}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_install_does_not_say_is_missing_and_the_rest_is_checked() {
    let (store, kubernetes) = (endpoint().await, cluster());
    let mut configuration = kubernetes.find("configmaps", "callboard").unwrap();
    configuration["data"] = json!({});
    kubernetes.apply(configuration);
    let (code, printed) = doctor(&[], &[], &kubernetes, &store).await;
    for missing in ["CALLBOARD_BUCKET", "CALLBOARD_OWNER"] {
        assert!(printed.contains(missing) && printed.contains("neither set here nor in the install"), "{printed}");
    }
    assert!(code == 1 && printed.contains("ok       eventing   broker callboard"), "{printed}");
    let (code, printed) = doctor(&["--install", "elsewhere"], &[], &kubernetes, &store).await;
    assert!(code == 1 && printed.contains("not set here, and the install cannot be read"), "{printed}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_setting_that_cannot_be_used_is_found_before_anything_is_called() {
    let (store, kubernetes) = (endpoint().await, cluster());
    let with_path = format!("{}/catalog", store.url());
    for (name, value, says, fix) in [
        (
            "CALLBOARD_BUCKET",
            "s3://catalog",
            "give the name alone: catalog",
            "export CALLBOARD_BUCKET=...   # now s3://catalog",
        ),
        ("CALLBOARD_BUCKET", "a bucket", "not a name of a bucket", "export CALLBOARD_BUCKET=...   # now a bucket"),
        ("AWS_ENDPOINT_URL_S3", "s3.example", "not a valid URL", "export AWS_ENDPOINT_URL_S3=...   # now s3.example"),
        (
            "AWS_ENDPOINT_URL_S3",
            &with_path,
            "ends with the name of the bucket",
            &format!("export AWS_ENDPOINT_URL_S3={}", store.url()),
        ),
        ("CALLBOARD_UNCONDITIONAL", "perhaps", "cannot be used", "export CALLBOARD_UNCONDITIONAL=...   # now perhaps"),
    ] {
        let (code, printed) = doctor(&[], &[(name, value)], &kubernetes, &store).await;
        assert!(code == 1 && printed.contains(&format!("wrong    bucket     {name}")), "{printed}");
        assert!(printed.contains(says) && printed.contains(fix), "{printed}");
        assert!(
            !printed.contains("rights on") && printed.contains("ok       eventing   broker callboard"),
            "{printed}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_scheme_and_the_key_are_blamed_only_if_they_are_wrong() {
    let (store, kubernetes) = (endpoint().await, cluster());
    let tls = store.url().replace("http://", "https://");
    let refuses = refusing_plain_http().await;
    for (set, fix) in [
        (
            vec![("AWS_ENDPOINT_URL_S3", tls.as_str())],
            format!("export AWS_ENDPOINT_URL_S3={}   # now {tls}", store.url()),
        ),
        (
            vec![("AWS_ENDPOINT_URL_S3", refuses.as_str())],
            format!("export AWS_ENDPOINT_URL_S3={}   # now {refuses}", refuses.replace("http:", "https:")),
        ),
        (
            vec![("AWS_ACCESS_KEY_ID", "nobody"), ("AWS_ENDPOINT_URL_S3", store.url())],
            "export AWS_ACCESS_KEY_ID=... AWS_SECRET_ACCESS_KEY=...".to_owned(),
        ),
    ] {
        let (code, printed) = doctor(&[], &[&NEEDED[..], &set].concat(), &kubernetes, &store).await;
        assert!(
            code == 1 && printed.contains("wrong    bucket     bucket catalog") && printed.contains(&fix),
            "{fix}\n{printed}"
        );
    }
}

/// A server that expects TLS, as Go has it.
async fn refusing_plain_http() -> String {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let _ = stream.read(&mut [0; 4096]).await;
            let answer = "HTTP/1.0 400 Bad Request\r\n\r\nClient sent an HTTP request to an HTTPS server.\n";
            let _ = stream.write_all(answer.as_bytes()).await;
        }
    });
    url
}

#[tokio::test(flavor = "multi_thread")]
async fn json_has_each_check() {
    let (kubernetes, store) = (cluster(), endpoint().await);
    kubernetes.delete(&kubernetes.find("brokers.eventing.knative.dev", "callboard").unwrap());
    let (is_well, printed) = run(&["--output", "json"], &kubernetes, &store).await;
    let printed: Value = serde_json::from_str(&printed).unwrap();
    let checks = printed["checks"].as_array().unwrap();
    let broker = checks.iter().find(|it| it["subject"] == "broker callboard").unwrap();
    let wanted = json!({
        "area": "eventing", "state": "wrong", "subject": "broker callboard",
        "detail": "it does not exist. To name another one, use --broker [NAMESPACE/]NAME",
        "fix": "kubectl apply -k .   # in the folder of your overlay",
    });
    assert_eq!((is_well, broker, &printed["wrong"]), (false, &wanted, &json!(1)));
    assert!(checks.iter().any(|it| it["subject"] == "versioning"), "{printed:#}");
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_cluster_the_bucket_is_checked_nevertheless() {
    let store = endpoint().await;
    let keys = store.credentials();
    let variables = [
        ("AWS_ENDPOINT_URL_S3", store.url()),
        ("AWS_ACCESS_KEY_ID", &keys.access_key),
        ("AWS_SECRET_ACCESS_KEY", &keys.secret_key),
        ("HOME", "/nowhere"),
    ];
    let mut command = callboard(&[&NEEDED[..], &variables[..]].concat());
    command.arg("doctor");
    let output = tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap();
    let printed = String::from_utf8(output.stdout).unwrap();
    assert!(!output.status.success() && printed.contains("ok       bucket     rights on catalog"), "{printed}");
    assert!(printed.contains("wrong    cluster    API server") && printed.contains("export KUBECONFIG="), "{printed}");
}

#[tokio::test]
async fn whether_the_bucket_keeps_versions_is_what_the_store_says() {
    for (answer, wanted) in [
        ("<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>", Versioning::On),
        ("<VersioningConfiguration><Status>Suspended</Status></VersioningConfiguration>", Versioning::Off),
        ("<VersioningConfiguration/>", Versioning::Off),
    ] {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let router = Router::new()
            .route("/catalog/", get(move || async move { answer }))
            .route("/catalog", get(move || async move { answer }));
        tokio::spawn(async { axum::serve(listener, router).await });
        let args = ::bucket::Args {
            bucket: "catalog".into(),
            endpoint: Some(url),
            path_style: None,
            ca_bundle: None,
            unconditional: false,
        };
        assert_eq!(S3::with_credentials(args, "key", "secret").versioning().await, Ok(wanted));
    }
}
