//! What lies in the bucket: entities, tombstones, Callboard's own files.

use super::{Place, args, endpoint};
use axum::{
    Router,
    extract::RawQuery,
    http::{Method, StatusCode},
};
use bucket::{Bucket, Condition, Conditional, Error, Fault, Honours, S3, State, Wanted, etag_of};
use std::{
    collections::BTreeMap,
    time::{Duration, SystemTime},
};
use tokio::net::TcpListener;

const HOUR: Duration = Duration::from_secs(3600);

#[tokio::test]
async fn a_listing_shows_the_etag_of_what_is_wanted_and_what_others_wrote() {
    let place = Place::new("entities").await;
    let process = place.process(Honours::Unknown);
    let (key, wanted, version) = place.app(1, "A");
    process.sync(&key, Wanted::Is(&wanted), &version, "1").await.unwrap();
    let foreign = place.key("main/notes.yaml");
    let Conditional::Done(etag) = place.put(&foreign, "x", Condition::Always).await else { panic!("lost") };
    place.put(&place.key("main2/x.org/x/x.yaml"), "x", Condition::Always).await;
    let listed = BTreeMap::from([(key.to_string(), etag_of(&wanted)), (foreign.clone(), etag)]);
    assert_eq!(process.entities().await, Ok(listed));
    let layout = &place.settings.layout;
    assert_eq!(layout.read(&key.to_string()).map(|located| located.key), Some(key));
    assert_eq!(layout.read(&foreign), None);
}

#[tokio::test]
async fn a_file_of_ours_is_written_read_listed_and_deleted_under_its_name() {
    let place = Place::new("state").await;
    let process = place.process(Honours::Conditions);
    assert_eq!(process.state("dead/1.json").await, Ok(None));
    let put = async |name: &str, text: &str, condition: Condition<'_>| {
        process.put_state(name, text.into(), condition).await.unwrap()
    };
    let Conditional::Done(etag) = put("dead/1.json", "{}", Condition::Absent).await else { panic!("lost") };
    assert_eq!(put("dead/1.json", "{}", Condition::Absent).await, Conditional::Lost);
    put("dead/2.json", "[1]", Condition::Always).await;
    put("cluster.json", "{}", Condition::Always).await;
    let found = State { etag: etag.clone(), bytes: b"{}".to_vec() };
    assert_eq!(process.state("dead/1.json").await, Ok(Some(found)));
    let listed = process.states("dead/").await.unwrap();
    let listed: Vec<_> = listed.iter().map(|file| (file.key.as_str(), file.size)).collect();
    assert_eq!(listed, [("dead/1.json", 2), ("dead/2.json", 3)]);

    put("dead/1.json", "{\"count\":2}", Condition::Is(&etag)).await;
    let overwritten = process.delete_state("dead/1.json", Condition::Is(&etag)).await;
    assert_eq!(overwritten, Ok(Conditional::Lost));
    assert_eq!(process.delete_state("dead/1.json", Condition::Always).await, Ok(Conditional::Done(())));
    assert_eq!(process.state("dead/1.json").await, Ok(None));
}

#[tokio::test]
async fn old_tombstones_are_swept_and_nothing_else() {
    let place = Place::new("sweep").await;
    let process = place.process(Honours::Conditions);
    let (key, wanted, version) = place.app(1, "A");
    process.sync(&key, Wanted::Is(&wanted), &version, "1").await.unwrap();
    process.sync(&key, Wanted::Deleted, &version, "2").await.unwrap();
    process.put_state("dead/1.json", b"{}".to_vec(), Condition::Always).await.unwrap();
    assert_eq!(process.sweep(SystemTime::now() - HOUR).await, Ok(0));
    assert_eq!(process.sweep(SystemTime::now() + HOUR).await, Ok(1));
    assert_eq!(place.keys().await, [place.settings.layout.state("dead/1.json")]);
}

/// A store whose listings are these pages, and where everything changed since it was listed.
async fn pages<const N: usize>(pages: [(StatusCode, &'static str); N]) -> Bucket<S3> {
    let answer = async move |method: Method, RawQuery(query): RawQuery| {
        if method == Method::DELETE {
            return (StatusCode::PRECONDITION_FAILED, "<Error><Code>PreconditionFailed</Code></Error>".to_owned());
        }
        let query = query.unwrap_or_default();
        let nth: usize =
            query.split('&').find_map(|part| part.strip_prefix("continuation-token=")?.parse().ok()).unwrap_or(0);
        let (status, content) = pages[nth.min(N - 1)];
        (status, format!("<ListBucketResult>{content}</ListBucketResult>"))
    };
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, Router::new().fallback(answer)).await });
    let store = S3::with_credentials(args(url, "catalog".to_owned()), "test", "test-secret");
    Bucket::new(store, super::settings().layout, Honours::Conditions)
}

const EMPTY: (StatusCode, &str) =
    (StatusCode::OK, "<IsTruncated>true</IsTruncated><NextContinuationToken>1</NextContinuationToken>");
const LAST: (StatusCode, &str) = (
    StatusCode::OK,
    "<IsTruncated>false</IsTruncated><Contents><Key>entities/main/a.yaml</Key><ETag>&quot;e&quot;</ETag><Size>1</Size>\
     <LastModified>2020-01-01T00:00:00.000Z</LastModified></Contents>",
);

#[tokio::test]
async fn a_page_without_keys_is_not_the_last() {
    let listed = pages([EMPTY, LAST]).await.entities().await.unwrap();
    assert_eq!(listed, BTreeMap::from([("entities/main/a.yaml".to_owned(), "\"e\"".to_owned())]));
}

#[tokio::test]
async fn half_a_listing_is_an_error() {
    let fault = async |bucket: Bucket<S3>| match bucket.entities().await {
        Err(Error::Call { operation: "list", key, fault }) if key == "entities/main/" => fault,
        other => panic!("{other:?}"),
    };
    let denied = (StatusCode::FORBIDDEN, "");
    assert!(matches!(fault(pages([EMPTY, denied]).await).await, Fault::Denied { .. }));
    let torn = (StatusCode::OK, "<IsTruncated>true</IsTruncated>");
    assert_eq!(
        fault(pages([torn]).await).await,
        Fault::Unusable("its listing is truncated without a continuation token".to_owned())
    );
    assert!(matches!(fault(pages([EMPTY]).await).await, Fault::Unusable(why) if why.contains("has more than")));
}

#[tokio::test]
async fn a_tombstone_that_rose_since_it_was_listed_is_not_swept() {
    assert_eq!(pages([LAST]).await.sweep(SystemTime::now()).await, Ok(0));
}

#[tokio::test]
async fn the_calls_of_resync_can_wait_in_a_server() {
    fn is_send(_: impl Send) {}
    let endpoint = endpoint().await;
    let bucket = Bucket::new(endpoint.client(), super::settings().layout, Honours::Conditions);
    is_send(bucket.entities());
    is_send(bucket.states(""));
    is_send(bucket.sweep(SystemTime::now()));
}
