//! The table of the functions, as the binary knows them.
//!
//! Adding a function takes a folder of its name and a row here, after [`events::Function`] has it:
//!
//! - A function that keeps objects one by one, as `apps` and `promises` do, exports a [`PerObject`] from its folder. What
//!   an object means is a module of the crate `catalog`. Its events, its dead letters, the comparison by `resync` and
//!   `callboard preview` follow from that.
//! - Any other function has a handler of its own, which `serving.rs` calls for its events.
//!
//! `FUNCTION`, its help, what the start demands and what `callboard doctor` expects of an install follow from the row.

use crate::{apps, per_object::PerObject, promises};
use events::Function;

/// What the binary needs to know of a function.
#[derive(Debug, Clone, Copy)]
pub struct Row {
    /// What it does, for the help.
    pub about: &'static str,
    /// What it cannot work without.
    pub needs: Needs,
    /// How it keeps objects one by one; `None` if it has a handler of its own.
    pub per_object: Option<PerObject>,
    /// Whether it sends events that are not replies, so that its Service needs a SinkBinding.
    pub sends: bool,
    /// What it reads of the cluster.
    pub reads: &'static [Reads],
}

/// What a function cannot work without.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Needs {
    /// Nothing but its events.
    Events,
    /// A cluster.
    Cluster,
    /// The index of the event mesh, which is listed from a cluster. In `callboard dev` the events alone fill it.
    MeshIndex,
    /// A Backstage.
    Backstage,
}

/// What a function reads of the cluster.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reads {
    /// A kind: its group, its plural, and where it is read.
    Kind(&'static str, &'static str, Within),
    /// The kinds that the installed Promises offer.
    Requests,
    /// The kinds of the event mesh that are installed.
    Mesh,
}

/// Where a function reads a kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Within {
    /// Everywhere, by `get` and `list`.
    Cluster,
    /// The namespaces that are cataloged, by `get`.
    Namespaces,
    /// The namespace of the install, by `get` and `list`.
    Install,
    /// The object of this name alone, by `get`.
    Name(&'static str),
}

const PROMISES: Reads = Reads::Kind("platform.kratix.io", "promises", Within::Cluster);
const WORKS: Reads = Reads::Kind("platform.kratix.io", "works", Within::Namespaces);
const DEFINITIONS: Reads = Reads::Kind("apiextensions.k8s.io", "customresourcedefinitions", Within::Cluster);

/// What the table says of a function.
pub fn row(function: Function) -> Row {
    match function {
        Function::Apps => Row {
            about: "Kratix resource requests -> their Components",
            needs: Needs::Events,
            per_object: Some(apps::PER_OBJECT),
            sends: false,
            reads: &[PROMISES, WORKS, Reads::Requests],
        },
        Function::Promises => Row {
            about: "Kratix Promises -> their Components, APIs and Templates",
            needs: Needs::Events,
            per_object: Some(promises::PER_OBJECT),
            sends: false,
            reads: &[PROMISES],
        },
        Function::Mesh => Row {
            about: "EventTypes, Brokers, Triggers, Channels, sources, Knative Services -> the entities of the event mesh",
            needs: Needs::MeshIndex,
            per_object: None,
            sends: true,
            reads: &[DEFINITIONS, Reads::Kind("apps", "deployments", Within::Cluster), Reads::Mesh],
        },
        Function::Resync => Row {
            about: "The periodic resync -> cluster and bucket compared, and the bucket repaired",
            needs: Needs::Cluster,
            per_object: None,
            sends: true,
            reads: &[
                PROMISES,
                DEFINITIONS,
                Reads::Kind("sources.knative.dev", "apiserversources", Within::Install),
                Reads::Kind("", "namespaces", Within::Name("kube-system")),
                WORKS,
                Reads::Requests,
            ],
        },
        Function::Refresh => Row {
            about: "Callboard's own events -> Backstage notified, and asked what it refused",
            needs: Needs::Backstage,
            per_object: None,
            sends: true,
            reads: &[],
        },
    }
}
