//! The way in: captured requests, random ones, and one that is far too large.

mod random;

use crate::{
    binary::Served,
    memory::Memory,
    support::{answer, process, router},
};
use axum::body::Body;
use http::{HeaderName, HeaderValue, Request};
use std::{
    fs,
    io::{Read, Write},
    net::TcpStream,
    path::Path,
    thread,
};

const APP: &str = "entities/main/workshop.kratix.io/app/default/todo.yaml";
const PROMISE: &str = "entities/main/platform.kratix.io/promise/app.yaml";
/// The captures whose answer is not 204, and what became of which object.
const ANSWERS: &[(&str, u16, &str, &str)] = &[
    ("apiserversource/resource/18-kratix-app-add", 200, "+", APP),
    ("apiserversource/resource/20-kratix-app-delete", 200, "-", APP),
    ("apiserversource/resource/21-kratix-promise-add", 200, "+", PROMISE),
    ("apiserversource/resource/23-kratix-promise-delete", 200, "-", PROMISE),
    ("broker-delivery/02-promise-add-resource-through-broker", 200, "+", PROMISE),
    ("func-invoke/02-typed-cloudevent", 422, "", ""),
    ("func-invoke/03-http-format", 400, "", ""),
];

#[tokio::test]
async fn every_captured_request_is_answered_and_leads_to_its_object() {
    let mut answers = Vec::new();
    for folder in
        ["apiserversource/resource", "apiserversource/reference", "broker-delivery", "kn-event", "func-invoke"]
    {
        answers.extend(replay(folder).await);
    }
    assert_eq!(answers.len(), 62);
    for (capture, status, changes) in answers {
        let row = ANSWERS.iter().find(|row| row.0 == capture);
        let wanted = row.map_or((204, String::new()), |row| (row.1, format!("{}{}", row.2, row.3)));
        assert_eq!((status, changes), wanted, "{capture}");
    }
}

/// The status of each capture of a folder and what it created (`+`), changed (`~`) and deleted (`-`), all in one process.
async fn replay(folder: &str) -> Vec<(String, u16, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/captures").join(folder);
    let mut files: Vec<_> = fs::read_dir(root).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    let store = Memory::default();
    let router = router(process(store.clone()));
    let mut answers = Vec::new();
    for file in files {
        let before = store.entities();
        let status = answer(&router, captured(&fs::read(&file).unwrap())).await.status;
        let after = store.entities();
        let mut changes = String::new();
        for (key, text) in &after {
            match before.get(key) {
                None => changes.push_str(&format!("+{key}")),
                Some(was) if was != text => changes.push_str(&format!("~{key}")),
                Some(_) => {}
            }
        }
        before.keys().filter(|key| !after.contains_key(*key)).for_each(|key| changes.push_str(&format!("-{key}")));
        answers.push((format!("{folder}/{}", file.file_stem().unwrap().display()), status.as_u16(), changes));
    }
    answers
}

/// The request that a capture holds, but to the path that a Trigger uses.
pub(crate) fn captured(bytes: &[u8]) -> Request<Body> {
    let end = bytes.windows(4).position(|four| four == b"\r\n\r\n").unwrap();
    let mut request = Request::post("/").body(Body::from(bytes[end + 4..].to_vec())).unwrap();
    for line in bytes[..end].split(|byte| *byte == b'\n').skip(1) {
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        let colon = line.iter().position(|byte| *byte == b':').unwrap();
        let value = HeaderValue::from_bytes(line[colon + 1..].trim_ascii()).unwrap();
        request.headers_mut().insert(HeaderName::from_bytes(&line[..colon]).unwrap(), value);
    }
    request
}

#[cfg(target_os = "linux")]
#[test]
fn a_gibibyte_is_refused_and_does_not_fill_the_memory() {
    let served = Served::start(&[]);
    let before = served.kibibytes("VmRSS");
    for head in ["transfer-encoding: chunked", "content-length: 1073741824"] {
        let (sent, answer) = flood(&served, head);
        assert!(answer.starts_with("HTTP/1.1 413 "), "{head}: {answer}");
        assert!(sent < 64 << 20, "{head}: {sent} bytes were taken");
    }
    let grown = served.kibibytes("VmHWM") - before;
    assert!(grown < 64 * 1024, "the process grew by {grown} KiB");
}

/// Sends a gibibyte, or what the server takes of it; returns how much that was and the answer.
fn flood(served: &Served, head: &str) -> (usize, String) {
    let mut stream = TcpStream::connect(served.address).unwrap();
    let event = "ce-specversion: 1.0\r\nce-id: 1\r\nce-source: /s\r\nce-type: t";
    write!(stream, "POST / HTTP/1.1\r\nhost: callboard\r\n{event}\r\n{head}\r\n\r\n").unwrap();
    let mut body = stream.try_clone().unwrap();
    let chunk = format!("10000\r\n{}\r\n", " ".repeat(0x10000));
    let sender =
        thread::spawn(move || (0..1 << 14).take_while(|_| body.write_all(chunk.as_bytes()).is_ok()).count() << 16);
    let mut answer = [0; 1024];
    let read = stream.read(&mut answer).unwrap();
    drop(stream.shutdown(std::net::Shutdown::Both));
    (sender.join().unwrap(), String::from_utf8_lossy(&answer[..read]).into_owned())
}
