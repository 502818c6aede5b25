//! A store whose certificate comes from an authority that only `AWS_CA_BUNDLE` knows.

use crate::{authority::certified, s3::endpoint};
use bucket::{Body, Condition, Conditional, S3, Store};
use callboard::dev::endpoint::Endpoint;
use std::{
    collections::BTreeMap,
    io::Write,
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};
use tempfile::NamedTempFile;
use tokio::{
    io::copy_bidirectional,
    net::{TcpListener, TcpStream},
};
use tokio_rustls::TlsAcceptor;

#[tokio::test]
async fn a_store_of_a_private_authority_is_used_where_the_bundle_names_it() {
    let tls = Tls::start().await;
    let ca_bundle = tls.authority.path().to_str().unwrap().parse().unwrap();
    let store = tls.client(bucket::Args { ca_bundle: Some(ca_bundle), ..tls.endpoint.args() });
    let body = Body { bytes: b"abc".to_vec(), content_type: "application/yaml", metadata: BTreeMap::new() };
    let Conditional::Done(etag) = store.put("a", body, Condition::Absent).await.unwrap() else { panic!("lost") };
    assert_eq!(store.head("a").await.unwrap().unwrap().etag, etag);
    assert_eq!(tls.endpoint.client().get("a", 3).await.unwrap().unwrap().1, b"abc");
}

#[tokio::test]
async fn without_the_bundle_the_certificate_is_named_as_what_is_wrong() {
    let tls = Tls::start().await;
    let fault = tls.client(tls.endpoint.args()).head("a").await.unwrap_err().to_string();
    assert!(fault.starts_with("the store cannot be used: "), "{fault}");
    assert!(fault.contains("invalid peer certificate: UnknownIssuer"), "{fault}");
    assert!(fault.len() < 400 && !fault.contains('\n'), "{fault}");
    let connections = tls.connections.load(Ordering::Relaxed);
    assert!((1..=3).contains(&connections), "{connections} tries");
}

/// TLS in front of an S3 endpoint.
struct Tls {
    endpoint: Endpoint,
    address: SocketAddr,
    /// The authority's certificate.
    authority: NamedTempFile,
    /// Those that came, whatever became of them.
    connections: Arc<AtomicUsize>,
}

impl Tls {
    async fn start() -> Self {
        let (pem, config) = certified();
        let mut authority = NamedTempFile::new().unwrap();
        authority.write_all(pem.as_bytes()).unwrap();
        let endpoint = endpoint().await;
        let behind = endpoint.url().strip_prefix("http://").unwrap().to_owned();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let connections = Arc::new(AtomicUsize::new(0));
        tokio::spawn(serve(listener, TlsAcceptor::from(Arc::new(config)), behind, connections.clone()));
        Self { endpoint, address, authority, connections }
    }

    fn client(&self, args: bucket::Args) -> S3 {
        let endpoint = Some(format!("https://{}", self.address));
        let keys = self.endpoint.credentials();
        S3::with_credentials(bucket::Args { endpoint, ..args }, &keys.access_key, &keys.secret_key)
    }
}

async fn serve(listener: TcpListener, tls: TlsAcceptor, behind: String, connections: Arc<AtomicUsize>) {
    while let Ok((stream, _)) = listener.accept().await {
        connections.fetch_add(1, Ordering::Relaxed);
        let (tls, behind) = (tls.clone(), behind.clone());
        tokio::spawn(async move {
            // A client that does not trust us goes away.
            let Ok(mut client) = tls.accept(stream).await else { return };
            let mut store = TcpStream::connect(behind).await.unwrap();
            copy_bidirectional(&mut client, &mut store).await.ok();
        });
    }
}
