//! An S3 endpoint in this process: one bucket, conditional writes as on AWS, nothing to install.

use crate::{dev::objects::Objects, preview::Folder};
use anyhow::{Context, ensure};
use bucket::S3;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use s3s::{
    auth::SimpleAuth,
    service::{S3Service, S3ServiceBuilder},
};
use std::time::Duration;
use tokio::{
    net::TcpListener,
    task::{JoinHandle, JoinSet},
};

/// The most connections at a time. More wait until one is closed.
const MAX_CONNECTIONS: usize = 512;

/// What a client signs its requests with.
#[derive(Debug, Clone)]
pub struct Credentials {
    /// `AWS_ACCESS_KEY_ID`
    pub access_key: String,
    /// `AWS_SECRET_ACCESS_KEY`
    pub secret_key: String,
}

/// An endpoint that serves until it is dropped.
#[derive(Debug)]
pub struct Endpoint {
    url: String,
    bucket: String,
    credentials: Credentials,
    server: JoinHandle<()>,
}

/// Serves one bucket on a loopback address, each object also as a file where there is a folder.
///
/// # Errors
/// If the listener is not on a loopback address.
pub async fn start(
    listener: TcpListener,
    bucket: &str,
    folder: Option<Folder>,
    credentials: Credentials,
) -> anyhow::Result<Endpoint> {
    let address = listener.local_addr().context("failed to read the address of the S3 endpoint")?;
    ensure!(address.ip().is_loopback(), "the S3 endpoint serves this machine only, not {address}");
    let mut service = S3ServiceBuilder::new(Objects::new(bucket, folder));
    service.set_auth(SimpleAuth::from_single(&*credentials.access_key, &*credentials.secret_key));
    let server = tokio::spawn(serve(listener, service.build()));
    Ok(Endpoint { url: format!("http://{address}"), bucket: bucket.to_owned(), credentials, server })
}

impl Endpoint {
    /// Its URL.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// What its clients sign with.
    pub fn credentials(&self) -> &Credentials {
        &self.credentials
    }

    /// What `callboard` needs to know to use it, except the credentials.
    pub fn args(&self) -> bucket::Args {
        bucket::Args {
            bucket: self.bucket.clone(),
            endpoint: Some(self.url.clone()),
            path_style: Some(true),
            ca_bundle: None,
            unconditional: false,
        }
    }

    /// A client of it.
    pub fn client(&self) -> S3 {
        S3::with_credentials(self.args(), &self.credentials.access_key, &self.credentials.secret_key)
    }
}

impl Drop for Endpoint {
    fn drop(&mut self) {
        self.server.abort();
    }
}

async fn serve(listener: TcpListener, service: S3Service) {
    let mut connections = JoinSet::new();
    loop {
        while connections.try_join_next().is_some() {}
        if connections.len() >= MAX_CONNECTIONS {
            connections.join_next().await;
        }
        match listener.accept().await {
            Ok((stream, _)) => {
                let service = service.clone();
                let mut http = http1::Builder::new();
                http.timer(TokioTimer::new()).header_read_timeout(Duration::from_secs(60));
                connections.spawn(async move { http.serve_connection(TokioIo::new(stream), service).await });
            }
            Err(error) => {
                tracing::warn!(%error, "failed to accept a connection to the S3 endpoint");
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use bucket::{Body, Condition, Conditional, Fault, Head, Store};
    use futures::future::join_all;
    use std::collections::BTreeMap;

    async fn endpoint(folder: Option<Folder>) -> Endpoint {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let credentials = Credentials { access_key: "dev".into(), secret_key: "dev-secret".into() };
        start(listener, "catalog", folder, credentials).await.unwrap()
    }

    fn body(text: &str) -> Body {
        let metadata = BTreeMap::from([("uid".to_owned(), "5".to_owned())]);
        Body { bytes: text.into(), content_type: "application/yaml", metadata }
    }

    async fn put(store: &S3, key: &str, text: &str, condition: Condition<'_>) -> Conditional<String> {
        store.put(key, body(text), condition).await.unwrap()
    }

    #[tokio::test]
    async fn what_is_written_is_read_with_its_metadata_and_the_md5_as_etag() {
        let endpoint = endpoint(None).await;
        let store = endpoint.client();
        let etag = "\"900150983cd24fb0d6963f7d28e17f72\"".to_owned();
        assert_eq!(put(&store, "a/b c.yaml", "abc", Condition::Absent).await, Conditional::Done(etag.clone()));
        let head = Head { etag, metadata: body("").metadata };
        assert_eq!(store.head("a/b c.yaml").await, Ok(Some(head.clone())));
        assert_eq!(store.get("a/b c.yaml", 3).await, Ok(Some((head, b"abc".to_vec()))));
        assert_eq!(store.head("a").await, Ok(None));
    }

    #[tokio::test]
    async fn a_condition_that_does_not_hold_changes_nothing() {
        let endpoint = endpoint(None).await;
        let store = endpoint.client();
        let Conditional::Done(first) = put(&store, "a", "1", Condition::Absent).await else { panic!("first") };
        assert_eq!(put(&store, "a", "2", Condition::Absent).await, Conditional::Lost);
        assert_eq!(put(&store, "b", "2", Condition::Is(&first)).await, Conditional::Lost);
        let Conditional::Done(second) = put(&store, "a", "2", Condition::Is(&first)).await else { panic!("second") };
        assert_eq!(put(&store, "a", "3", Condition::Is(&first)).await, Conditional::Lost);
        assert_eq!(store.delete("a", Condition::Is(&first)).await, Ok(Conditional::Lost));
        assert_eq!(store.delete("b", Condition::Is(&first)).await, Ok(Conditional::Lost));
        assert_eq!(store.get("a", 9).await.unwrap().unwrap().1, b"2");
        assert_eq!(store.delete("a", Condition::Is(&second)).await, Ok(Conditional::Done(())));
        assert_eq!(store.delete("a", Condition::Always).await, Ok(Conditional::Done(())));
        assert_eq!(store.head("a").await, Ok(None));
    }

    #[tokio::test]
    async fn of_many_writers_at_once_one_wins() {
        let endpoint = endpoint(None).await;
        let store = endpoint.client();
        for round in 0..5 {
            let key = format!("round-{round}");
            let texts: Vec<_> = (0..16).map(|writer| writer.to_string()).collect();
            let written = join_all(texts.iter().map(|text| put(&store, &key, text, Condition::Absent))).await;
            assert_eq!(written.iter().filter(|written| **written != Conditional::Lost).count(), 1);
        }
    }

    #[tokio::test]
    async fn a_listing_is_sorted_and_paged() {
        let endpoint = endpoint(None).await;
        let store = endpoint.client();
        let mut keys: Vec<_> = (0..1001).map(|n| format!("entities/{n:04}.yaml")).collect();
        for some in keys.chunks(50) {
            join_all(some.iter().rev().map(|key| put(&store, key, key, Condition::Always))).await;
        }
        put(&store, "state/x", "x", Condition::Always).await;
        let first = store.list("entities/", None).await.unwrap();
        assert_eq!((first.objects.len(), first.next.is_some()), (1000, true));
        let second = store.list("entities/", first.next.as_deref()).await.unwrap();
        assert_eq!(second.next, None);
        let listed = first.objects.into_iter().chain(second.objects);
        keys.sort();
        assert_eq!(listed.map(|object| object.key).collect::<Vec<_>>(), keys);
    }

    #[tokio::test]
    async fn who_asks_wrongly_is_refused() {
        let endpoint = endpoint(None).await;
        let elsewhere =
            S3::with_credentials(bucket::Args { bucket: "other".into(), ..endpoint.args() }, "dev", "dev-secret");
        assert_eq!(elsewhere.list("", None).await, Err(Fault::NoBucket));
        let stranger = S3::with_credentials(endpoint.args(), "dev", "wrong");
        assert!(matches!(stranger.head("a").await, Err(Fault::Denied { .. })));
        let store = endpoint.client();
        let answer = async |key: &str, body| store.put(key, body, Condition::Always).await.unwrap_err().to_string();
        let large = Body { bytes: vec![0; 8 * 1024 * 1024 + 1], ..body("") };
        let large = answer("a", large).await;
        assert!(large.contains("at most 8388608 bytes"), "{large}");
        assert!(answer(&"k".repeat(1025), body("")).await.contains("KeyTooLong"));
        let metadata = BTreeMap::from([("x".to_owned(), "y".repeat(2048))]);
        assert!(answer("a", Body { metadata, ..body("") }).await.contains("MetadataTooLarge"));
        assert_eq!(store.head("a").await, Ok(None));
    }

    #[tokio::test]
    async fn objects_are_files_too_and_a_file_that_cannot_be_written_is_no_object() {
        let root = tempfile::tempdir().unwrap();
        let endpoint = endpoint(Some(Folder::new(root.path()))).await;
        let store = endpoint.client();
        put(&store, "entities/a.yaml", "a", Condition::Always).await;
        assert_eq!(std::fs::read(root.path().join("entities/a.yaml")).unwrap(), b"a");
        let failed = store.put("entities/a.yaml/b", body("b"), Condition::Always).await.unwrap_err().to_string();
        assert!(failed.contains("500") && failed.contains("failed to make the folder"), "{failed}");
        assert_eq!(store.head("entities/a.yaml/b").await, Ok(None));
        let refused = store.put("../escaped", body("b"), Condition::Always).await.unwrap_err().to_string();
        assert!(refused.contains("cannot be a path"), "{refused}");
        store.delete("entities/a.yaml", Condition::Always).await.unwrap();
        assert!(!root.path().join("entities").exists());
    }
}
