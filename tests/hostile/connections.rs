//! Connections that send too little.

use crate::{Place, app, watch::withstood};
use serde_json::json;
use std::{io::Write, net::TcpStream};

/// Connections that stay open after they have sent this.
fn opened(place: &Place, how_many: usize, sent: &str) -> Vec<TcpStream> {
    let open = |_| {
        let mut stream = TcpStream::connect(place.served.address).unwrap();
        // One that is closed already is not in the way either.
        let _ = stream.write_all(sent.as_bytes());
        stream
    };
    (0..how_many).map(open).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_they_announce_holds_back_nobody() {
    let place = Place::new("apps", None).await;
    let announced =
        "POST / HTTP/1.1\r\nhost: callboard\r\ncontent-length: 2000000\r\ncontent-type: application/json\r\n\r\n{";
    for (name, how_many, sent) in [("half-heads", 400, "POST / HTTP/1.1\r\nhost: call"), ("bodies", 64, announced)] {
        let _open = opened(&place, how_many, sent);
        withstood(&place.served, &format!("{how_many} connections with {name}"), || {
            let answer = place.add(&app(name, &json!({})).to_string());
            assert!(answer.starts_with("HTTP/1.1 200 "), "{name}: {answer}");
        });
    }
    assert_eq!(place.count("app"), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn as_many_as_there_are_leave_places_for_probes() {
    let place = Place::new("apps", None).await;
    let _open = opened(&place, 512, "POST / HTTP/1.1\r\nhost: call");
    withstood(&place.served, "512 connections that never end their head", || {
        let answer = place.served.ask("GET", "/health/readiness");
        assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
    });
}
