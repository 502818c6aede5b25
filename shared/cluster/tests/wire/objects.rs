//! One object: get, metadata, by name.

use crate::api::{Answer, app, cluster, discovery, page, stored};
use cluster::{Error, Named};
use events::ObjectRef;
use serde_json::json;

const TODOER: &str = "/apis/example.org/v1/namespaces/shop/apps/todoer";

#[tokio::test]
async fn a_get_gives_the_whole_object_but_for_the_fields_of_its_managers() {
    let (cluster, asked) = cluster(|path| discovery(path).unwrap_or_else(|| stored("todoer").into()));
    let found = cluster.get(&app("todoer")).await.unwrap().unwrap();
    assert_eq!(*found.reference(), app("todoer"));
    assert_eq!(found.text("/metadata/managedFields/0/manager"), Some("kratix"));
    assert_eq!(found.at("/metadata/managedFields/0/fieldsV1"), None);
    assert_eq!(asked.take().last().unwrap(), TODOER);
    cluster.get(&app("todoer")).await.unwrap();
    assert_eq!(asked.take(), [TODOER], "discovery is remembered");
}

#[tokio::test]
async fn metadata_comes_with_the_kind_of_its_object() {
    let partial = json!({"apiVersion": "meta.k8s.io/v1", "kind": "PartialObjectMetadata", "metadata": {"name": "todoer", "namespace": "shop"}});
    let (cluster, asked) = cluster(move |path| discovery(path).unwrap_or_else(|| partial.clone().into()));
    let found = cluster.get_metadata(&app("todoer")).await.unwrap().unwrap();
    assert_eq!(*found.reference(), app("todoer"));
    assert_eq!(asked.take().last().unwrap(), &format!("{TODOER};as=PartialObjectMetadata;g=meta.k8s.io;v=v1"));
}

#[tokio::test]
async fn an_object_that_is_not_there_is_none_and_a_kind_that_is_not_there_is_an_error() {
    let (absent, _) = cluster(|path| discovery(path).unwrap_or_else(|| Answer::no_object("todoer")));
    assert_eq!(absent.get(&app("todoer")).await, Ok(None));
    assert_eq!(absent.get_metadata(&app("todoer")).await, Ok(None));

    let (unserved, _) = cluster(|path| discovery(path).unwrap_or_else(Answer::no_path));
    assert!(matches!(unserved.get(&app("todoer")).await, Err(Error::Unserved { .. })));
    assert!(matches!(unserved.named(&app("todoer")).await, Err(Error::Unserved { .. })));

    let (unknown, _) = cluster(|_| Answer::no_path());
    let error = unknown.get(&app("todoer")).await.unwrap_err();
    assert!(matches!(error, Error::Unserved { .. }));
    assert!(error.to_string().starts_with("failed to read app.example.org/shop/todoer: "), "{error}");
}

#[tokio::test]
async fn a_404_of_another_name_says_nothing_of_the_object() {
    let (cluster, _) = cluster(|path| discovery(path).unwrap_or_else(|| Answer::no_object("proxy")));
    assert!(matches!(cluster.get(&app("todoer")).await, Err(Error::Failed { .. })));
}

#[tokio::test]
async fn the_version_of_the_reference_is_taken_where_it_is_served() {
    let (cluster, asked) = cluster(|path| discovery(path).unwrap_or_else(|| stored("todoer").into()));
    for (asked_for, read) in [("v1beta1", "v1beta1"), ("v1", "v1"), ("v1alpha1", "v1")] {
        let app = ObjectRef::new(&format!("example.org/{asked_for}"), "App", Some("shop"), "todoer").unwrap();
        let found = cluster.get(&app).await.unwrap().unwrap();
        assert_eq!(found.reference().version(), read);
        assert_eq!(asked.take().last().unwrap(), &TODOER.replace("v1", read));
    }
}

#[tokio::test]
async fn core_and_cluster_scoped_objects_have_their_own_paths() {
    let (cluster, asked) =
        cluster(|path| discovery(path).unwrap_or_else(|| json!({"metadata": {"name": "ci?x"}}).into()));
    let jenkins = ObjectRef::new("example.org/v1beta1", "Jenkins", None, "ci?x").unwrap();
    assert_eq!(*cluster.get(&jenkins).await.unwrap().unwrap().reference(), jenkins);
    assert_eq!(asked.take().last().unwrap(), "/apis/example.org/v1beta1/jenkins/ci%3Fx");
    let service = ObjectRef::new("v1", "Service", Some("shop"), "cart").unwrap();
    cluster.get(&service).await.unwrap();
    assert_eq!(asked.take().last().unwrap(), "/api/v1/namespaces/shop/services/cart");
}

#[tokio::test]
async fn a_namespaced_kind_without_a_namespace_is_not_asked_for() {
    let (cluster, asked) = cluster(|path| discovery(path).unwrap_or_else(|| stored("todoer").into()));
    let nowhere = ObjectRef::new("example.org/v1", "App", None, "todoer").unwrap();
    assert!(matches!(cluster.get(&nowhere).await, Err(Error::Unserved { .. })));
    assert!(asked.take().iter().all(|path| discovery(path).is_some()));
}

#[tokio::test]
async fn a_list_by_name_says_as_of_when_an_object_is_deleted() {
    let (there, asked) = cluster(|path| discovery(path).unwrap_or_else(|| page(&["todoer"], "")));
    let Named::There(found) = there.named(&app("todoer")).await.unwrap() else { panic!("it is there") };
    assert_eq!(*found.reference(), app("todoer"));
    let by_name = "/apis/example.org/v1/namespaces/shop/apps?fieldSelector=metadata.name%3Dtodoer";
    assert_eq!(asked.take().last().unwrap(), by_name);

    let (absent, _) = cluster(|path| discovery(path).unwrap_or_else(|| page(&[], "")));
    let as_of = Named::Absent { resource_version: "42".into() };
    assert_eq!(absent.named(&app("todoer")).await, Ok(as_of));
}

#[tokio::test]
async fn the_cluster_is_known_by_its_system_namespace() {
    let (known, asked) = cluster(|_| json!({"metadata": {"name": "kube-system", "uid": "8c0e"}}).into());
    assert_eq!(known.uid().await.as_deref(), Ok("8c0e"));
    assert!(asked.take()[0].starts_with("/api/v1/namespaces/kube-system;as=PartialObjectMetadata;"));
    let (nameless, _) = cluster(|_| json!({"metadata": {"name": "kube-system"}}).into());
    assert!(matches!(nameless.uid().await, Err(Error::Failed { .. })));
}
