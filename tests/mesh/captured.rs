//! Real events of a Broker, an EventType and a Trigger, in both modes of ApiServerSource, through HTTP.

use super::*;
use crate::{
    entry::captured,
    support::{answer, router},
};
use std::{fs, path::Path};

/// The captures that are about the mesh, and the status of their answer: 200 where an entity changes.
const CAPTURES: [(&str, u16); 16] = [
    ("04-broker-add", 200),
    ("05-broker-update-status1", 200),
    ("06-broker-update-status2", 200),
    ("07-broker-update-annotated", 200),
    ("08-eventtype-add", 200),
    ("09-eventtype-update-status", 204),
    ("10-eventtype-update-annotated", 200),
    ("11-trigger-add", 200),
    ("12-trigger-update1", 200),
    ("13-trigger-update2", 200),
    ("14-trigger-update3", 200),
    ("15-trigger-update4-ready", 200),
    ("16-trigger-update-annotated", 200),
    ("17-trigger-delete", 200),
    ("24-eventtype-delete", 200),
    ("25-broker-delete", 200),
];

#[tokio::test]
async fn captured_events_in_both_modes_lead_to_the_same_bytes_and_end_with_nothing() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/captures/apiserversource");
    let read = |mode: &str, name: &str| fs::read(root.join(mode).join(format!("{name}.http"))).unwrap();
    let (kubernetes, sent) = (cluster(), Memory::default());
    let live = World::over(kubernetes.clone(), Memory::default());
    live.settled().await;
    let (store, references) = (live.store.clone(), router(live.process));
    let objects = router(of_events(sent.clone()));
    for (name, status) in CAPTURES {
        let capture = read("resource", name);
        let begin = capture.windows(4).position(|four| four == b"\r\n\r\n").unwrap() + 4;
        let object: Value = serde_json::from_slice(&capture[begin..]).unwrap();
        kubernetes.restore(&object);
        if name.ends_with("delete") {
            kubernetes.delete(&object);
        }
        let answers =
            [answer(&objects, captured(&capture)).await, answer(&references, captured(&read("reference", name))).await];
        assert_eq!(answers.each_ref().map(|answer| answer.status.as_u16()), [status, status], "{name}: {answers:?}");
        assert_eq!(store.entities(), sent.entities(), "{name}");
    }
    assert_eq!(sent.entities(), BTreeMap::new());
}
