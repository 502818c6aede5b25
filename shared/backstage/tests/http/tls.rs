//! A Backstage whose certificate comes from an authority that only the bundle knows.

use crate::{
    authority::certified,
    fake::{BUCKET, args},
};
use backstage::{Args, Backstage, Error, Triggered};
use std::{io::Write, sync::Arc};
use tempfile::NamedTempFile;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
};
use tokio_rustls::{TlsAcceptor, rustls::ServerConfig};

#[tokio::test]
async fn a_private_authority_is_trusted_where_the_bundle_names_it() {
    let (pem, config) = certified();
    let mut authority = NamedTempFile::new().unwrap();
    authority.write_all(pem.as_bytes()).unwrap();
    let args = args(&serve(config).await);
    let trigger = |args: Args| async move {
        Backstage::new(&args, Some(&BUCKET.parse().unwrap())).unwrap().unwrap().trigger().await
    };
    let Err(Error::Unreached(why)) = trigger(args.clone()).await else { panic!("it is trusted") };
    assert!(why.contains("UnknownIssuer") && why.contains("CALLBOARD_BACKSTAGE_CA_BUNDLE"), "{why}");
    let ca_bundle = Some(authority.path().to_str().unwrap().parse().unwrap());
    assert_eq!(trigger(Args { ca_bundle, ..args }).await, Ok(Triggered::Begins));
}

async fn serve(config: ServerConfig) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("https://{}", listener.local_addr().unwrap());
    let tls = TlsAcceptor::from(Arc::new(config));
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let Ok(mut stream) = tls.accept(stream).await else { continue };
            let _ = stream.read(&mut [0; 4096]).await;
            let _ = stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n").await;
        }
    });
    url
}
