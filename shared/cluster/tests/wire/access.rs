//! Who may do what.

use cluster::{Access, Body, Client, Cluster, Error};
use http::{Method, Request, Response};
use http_body_util::BodyExt;
use serde_json::{Value, json};
use std::convert::Infallible;
use tower::service_fn;

/// An API server where only `callboard-mesh` may only list Triggers, in the namespaces `""` (all) and `shop`.
fn cluster() -> Cluster {
    let service = service_fn(|request: Request<Body>| async {
        let (head, body) = request.into_parts();
        assert_eq!(
            (head.method, head.uri.path()),
            (Method::POST, "/apis/authorization.k8s.io/v1/subjectaccessreviews")
        );
        assert_eq!(head.headers["content-type"], "application/json");
        let asked: Value = serde_json::from_slice(&body.collect().await.unwrap().to_bytes()).unwrap();
        let groups = ["system:serviceaccounts", "system:serviceaccounts:callboard", "system:authenticated"];
        assert_eq!(asked["spec"]["groups"], json!(groups));
        let what = &asked["spec"]["resourceAttributes"];
        let is_mesh = asked["spec"]["user"] == "system:serviceaccount:callboard:callboard-mesh";
        let is_list =
            what["verb"] == "list" && what["resource"] == "triggers" && what["group"] == "eventing.knative.dev";
        let allowed =
            is_mesh && is_list && (what["namespace"] == "" || what["namespace"] == "shop") && what["name"] == "";
        let answer = Body::from(json!({"status": {"allowed": allowed}}).to_string().into_bytes());
        Ok::<_, Infallible>(Response::builder().status(201).body(answer).unwrap())
    });
    Cluster::new(Client::new(service, "callboard"))
}

fn list_triggers() -> Access {
    let [verb, group, resource] = ["list", "eventing.knative.dev", "triggers"].map(str::to_owned);
    Access { verb, group, resource, namespace: None, name: None }
}

#[tokio::test]
async fn the_api_server_says_what_an_account_of_ours_may_do() {
    let cluster = cluster();
    let elsewhere = Access { namespace: Some("team-a".into()), ..list_triggers() };
    let one = Access { name: Some("orders".into()), ..list_triggers() };
    let in_shop = Access { namespace: Some("shop".into()), ..list_triggers() };
    assert_eq!(cluster.may("callboard-mesh", &list_triggers()).await, Ok(true));
    assert_eq!(cluster.may("callboard-mesh", &in_shop).await, Ok(true));
    assert_eq!(cluster.may("callboard-mesh", &elsewhere).await, Ok(false));
    assert_eq!(cluster.may("callboard-mesh", &one).await, Ok(false));
    assert_eq!(cluster.may("callboard-apps", &list_triggers()).await, Ok(false));
}

#[tokio::test]
async fn who_may_not_ask_gets_no_answer() {
    use crate::api::{Answer, cluster};
    let (forbids, _) = cluster(|_| Answer::refusal(403, "you may not"));
    let error = forbids.may("callboard-mesh", &list_triggers()).await.unwrap_err();
    assert!(matches!(&error, Error::Forbidden { why, .. } if why == "you may not"), "{error}");
    let (dumb, _) = cluster(|_| Answer::text("{}"));
    let error = dumb.may("callboard-mesh", &list_triggers()).await.unwrap_err().to_string();
    assert_eq!(error, "failed to ask whether callboard-mesh may list triggers: the answer says neither yes nor no");
}
