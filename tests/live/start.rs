//! How a Service starts beside a cluster and without one.

use crate::{
    binary::{NEEDED, Served, callboard},
};

#[test]
fn resync_without_a_cluster_does_not_start_and_says_why() {
    let output = callboard(&[&NEEDED[..], &[("FUNCTION", "resync")]].concat()).output().unwrap();
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert!(!output.status.success() && stderr.contains("FUNCTION=resync needs a cluster"), "{stderr}");
}

#[test]
fn the_other_functions_start_without_a_cluster_and_say_once_what_is_missing() {
    for function in ["apps", "promises", "all"] {
        let (status, stderr) = Served::start(&[("FUNCTION", function)]).terminated();
        assert!(status.success(), "{function}");
        assert_eq!(stderr.matches("there is no cluster").count(), 1, "{function}: {stderr}");
    }
}

#[test]
fn a_kubeconfig_that_cannot_be_used_ends_the_start_and_is_named() {
    let output = callboard(&[&NEEDED[..], &[("KUBECONFIG", "/nowhere/config")]].concat()).output().unwrap();
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert!(!output.status.success() && stderr.contains("/nowhere/config"), "{stderr}");
}
