//! The contract with an S3 server: a real one where `CALLBOARD_TEST_S3_ENDPOINT` names it, otherwise that of `callboard dev`.

mod calls;
mod conditions;
mod listing;
mod repair;
mod rights;
mod watched;
mod word;

use crate::{
    story::{TODO, event},
    support::settings,
};
use bucket::{Args, Body, Bucket, Condition, Conditional, Error, Fault, Head, Honours, S3, Store, Synced, Wanted};
use callboard::dev::endpoint::{Credentials, Endpoint, start};
use catalog::{Descriptor, Key, Layout, Settings};
use events::{Change, Incoming, Version};
use futures::{StreamExt, future::join_all, stream};
use std::{collections::BTreeMap, env, sync::Arc, time::SystemTime};
use tokio::net::TcpListener;
use watched::Watched;

/// A place in a bucket that belongs to one test.
struct Place {
    store: Arc<S3>,
    settings: Settings,
    prefix: String,
    /// Serves until it is dropped.
    _endpoint: Option<Endpoint>,
}

impl Place {
    async fn new(test: &str) -> Self {
        let nanos = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap().as_nanos();
        let prefix = format!("test-{test}-{nanos}");
        let settings = Settings { layout: Layout::new(&prefix, "main").unwrap(), ..settings() };
        let (store, endpoint) = match env::var("CALLBOARD_TEST_S3_ENDPOINT") {
            Ok(url) => (S3::new(args(url, env::var("CALLBOARD_TEST_S3_BUCKET").unwrap())), None),
            Err(_) => {
                let endpoint = endpoint().await;
                (endpoint.client(), Some(endpoint))
            }
        };
        Self { store: Arc::new(store), settings, prefix, _endpoint: endpoint }
    }

    /// A process that has just started.
    fn process(&self, honours: Honours) -> Bucket<Watched> {
        self.process_ignoring(honours, &[])
    }

    /// The same over a store that ignores the conditions of these calls, such as `PUT If-Match`.
    fn process_ignoring(&self, honours: Honours, calls: &'static [&'static str]) -> Bucket<Watched> {
        Bucket::new(Watched::new(self.store.clone(), calls), self.settings.layout.clone(), honours)
    }

    fn key(&self, name: &str) -> String {
        format!("{}/{name}", self.prefix)
    }

    async fn put(&self, key: &str, text: &str, condition: Condition<'_>) -> Conditional<String> {
        self.store.put(key, body(text), condition).await.unwrap()
    }

    /// The keys of entities and state, each listing page by page.
    async fn keys(&self) -> Vec<String> {
        let mut keys = Vec::new();
        for prefix in [self.prefix.clone(), format!("state/{}", self.prefix)] {
            let mut from = None;
            loop {
                let page = self.store.list(&prefix, from.as_deref()).await.unwrap();
                keys.extend(page.objects.into_iter().map(|object| object.key));
                from = page.next;
                if from.is_none() {
                    break;
                }
            }
        }
        keys
    }

    /// What a version of an App with this title means.
    fn app(&self, version: u32, title: &str) -> (Key, Descriptor, Version) {
        let decoded = events::decode(event("1", "add", TODO, 1, version, title));
        let Ok(Some(Incoming::Change(arrival))) = decoded else { panic!("{decoded:?}") };
        let Change::Applied(object) = arrival.change else { panic!("{arrival:?}") };
        let described = catalog::kratix::request::describe(&object, None, &self.settings);
        (described.key, described.descriptor.unwrap(), object.version())
    }
}

/// What `callboard dev` writes to, on a port of its own.
pub(crate) async fn endpoint() -> Endpoint {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let credentials = Credentials { access_key: "test".into(), secret_key: "test-secret".into() };
    start(listener, "catalog", None, credentials).await.unwrap()
}

fn args(url: String, bucket: String) -> Args {
    Args { bucket, endpoint: Some(url), path_style: None, ca_bundle: None, unconditional: false }
}

fn body(text: &str) -> Body {
    Body { bytes: text.into(), content_type: "application/yaml", metadata: BTreeMap::new() }
}

#[tokio::test]
async fn an_object_is_there_from_put_to_delete() {
    let place = Place::new("life").await;
    let key = place.key("a/b.yaml");
    assert_eq!(place.store.head(&key).await, Ok(None));
    assert_eq!(place.store.get(&key, 100).await, Ok(None));
    let Conditional::Done(etag) = place.put(&key, "text", Condition::Always).await else { panic!("lost") };
    let head = Head { etag, metadata: BTreeMap::new() };
    assert_eq!(place.store.head(&key).await, Ok(Some(head.clone())));
    assert_eq!(place.store.get(&key, 100).await, Ok(Some((head, b"text".to_vec()))));
    assert_eq!(place.store.delete(&key, Condition::Always).await, Ok(Conditional::Done(())));
    assert_eq!(place.store.head(&key).await, Ok(None));
    assert_eq!(place.store.delete(&key, Condition::Always).await, Ok(Conditional::Done(())));
}

#[tokio::test]
async fn an_object_that_is_longer_than_asked_for_is_not_read() {
    let place = Place::new("limit").await;
    let key = place.key("a");
    place.put(&key, "0123456789", Condition::Always).await;
    assert!(place.store.get(&key, 10).await.unwrap().is_some());
    assert_eq!(place.store.get(&key, 9).await, Err(Fault::TooLong { limit: 9 }));
}

#[tokio::test]
async fn metadata_comes_back_as_it_was_put() {
    let place = Place::new("metadata").await;
    let outcome = "+component:default/app-todo ~api:default/a.b_c -template:default/x ".repeat(20);
    let printable: String = ('!'..='~').collect();
    let metadata =
        [("uid", "0ba172df-90f8"), ("resource-version", "12"), ("outcome", outcome.trim()), ("cause", &printable)];
    let metadata: BTreeMap<_, _> = metadata.map(|(key, value)| (key.to_owned(), value.to_owned())).into();
    let written = Body { metadata: metadata.clone(), ..body("text") };
    place.store.put(&place.key("a"), written, Condition::Always).await.unwrap();
    assert_eq!(place.store.head(&place.key("a")).await.unwrap().unwrap().metadata, metadata);
    assert_eq!(place.store.get(&place.key("a"), 100).await.unwrap().unwrap().0.metadata, metadata);
}

#[tokio::test]
async fn a_listing_goes_on_past_a_thousand_keys_in_order() {
    let place = Place::new("list").await;
    let wanted: Vec<_> = (0..1005).map(|nth| place.key(&format!("{nth:04}.yaml"))).collect();
    let puts = wanted.iter().rev().map(|key| place.put(key, key, Condition::Always));
    stream::iter(puts).buffer_unordered(16).collect::<Vec<_>>().await;
    assert_eq!(place.keys().await, wanted);
    let first = place.store.list(&place.prefix, None).await.unwrap();
    assert!(first.next.is_some());
    let head = place.store.head(&wanted[0]).await.unwrap().unwrap();
    assert_eq!((&first.objects[0].etag, first.objects[0].size), (&head.etag, wanted[0].len() as u64));
}

#[tokio::test]
async fn a_bucket_that_does_not_exist_is_called_so() {
    let place = Place::new("missing").await;
    let elsewhere = match (&place._endpoint, env::var("CALLBOARD_TEST_S3_ENDPOINT")) {
        (Some(endpoint), _) => {
            S3::with_credentials(Args { bucket: "no-such-bucket".into(), ..endpoint.args() }, "test", "test-secret")
        }
        (None, url) => S3::new(args(url.unwrap(), "no-such-bucket".into())),
    };
    assert_eq!(elsewhere.get("a", 100).await, Err(Fault::NoBucket));
}

#[tokio::test]
async fn sixteen_processes_at_once_end_in_the_newest_version() {
    let place = Place::new("race").await;
    let processes: Vec<_> = (0..16).map(|_| place.process(Honours::Unknown)).collect();
    let syncs = processes.iter().zip(1..).map(async |(process, version)| {
        let (key, wanted, source) = place.app(version, &format!("version {version}"));
        for _ in 0..50 {
            match process.sync(&key, Wanted::Is(&wanted), &source, &format!("cause-{version}")).await {
                Err(Error::Contended { .. }) => {}
                synced => return synced.unwrap(),
            }
        }
        panic!("version {version} was never written");
    });
    let synced = join_all(syncs).await;
    assert!(matches!(synced[15], Synced::Changed(_)), "{synced:?}");
    let (key, newest, _) = place.app(16, "version 16");
    let (_, bytes) = place.store.get(&key.to_string(), 10_000).await.unwrap().unwrap();
    assert_eq!(String::from_utf8(bytes).unwrap(), newest.body());
}
