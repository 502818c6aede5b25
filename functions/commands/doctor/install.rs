//! The install, and the command lines for it.

use super::line::shell;
use crate::commands::Broker;
use std::collections::BTreeSet;

/// The namespace of an install, its Broker, and how a command line names them.
#[derive(Debug, Clone)]
pub struct Install {
    /// The namespace.
    pub namespace: String,
    /// The Broker.
    pub broker: Broker,
    /// The chosen namespaces; none: all.
    pub namespaces: Vec<String>,
    /// Which cluster, as arguments of kubectl: `--context it`; may be empty.
    pub cluster: String,
    /// The ServiceAccounts that read requests. None: those of deploy/.
    pub(super) accounts: BTreeSet<String>,
}

impl Install {
    /// The install in this namespace with this Broker, in the current cluster of kubectl.
    pub fn new(namespace: &str, broker: Broker) -> Self {
        let (namespaces, cluster, accounts) = (Vec::new(), String::new(), BTreeSet::new());
        Self { namespace: namespace.to_owned(), broker, namespaces, cluster, accounts }
    }

    /// kubectl for its cluster.
    pub(super) fn kubectl(&self) -> String {
        format!("kubectl{}", argument("", &self.cluster))
    }

    /// A command of kubectl in its namespace.
    pub(super) fn within(&self, command: &str) -> String {
        self.within_of(&self.namespace, command)
    }

    /// The same in another namespace.
    pub(super) fn within_of(&self, namespace: &str, command: &str) -> String {
        format!("{} -n {} {command}", self.kubectl(), shell(namespace))
    }

    /// The line that creates again what an overlay makes.
    pub(super) fn reapply(&self) -> String {
        format!("{} apply -k .   # in the folder of your overlay", self.kubectl())
    }

    /// The line that prints and applies what the kinds of the installed Promises need.
    pub(super) fn sources(&self) -> String {
        let unless = |usual: &str, name: &str, value: &str| {
            if value == usual { String::new() } else { argument(&format!(" --{name}"), &shell(value)) }
        };
        let mut arguments = argument("", &self.cluster);
        arguments += &unless("callboard", "install", &self.namespace);
        arguments += &unless("callboard", "broker", &self.broker.to_string());
        if !self.namespaces.is_empty() {
            let accounts: Vec<_> = self.accounts.iter().map(String::as_str).collect();
            arguments += &unless("", "namespaces", &self.namespaces.join(","));
            arguments += &unless("callboard-apps,callboard-resync", "functions", &accounts.join(","));
        }
        format!("callboard sources{arguments} | {} apply -f -", self.kubectl())
    }

    /// Where its Broker is.
    pub(super) fn of_broker(&self) -> &str {
        self.broker.namespace.as_deref().unwrap_or(&self.namespace)
    }
}

/// The argument after a blank, or nothing if it is empty.
fn argument(name: &str, value: &str) -> String {
    if value.is_empty() { String::new() } else { format!("{name} {value}") }
}
