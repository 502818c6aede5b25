//! The cluster, by kubectl.

use crate::{
    eventually::{eventually, took},
    http::Target,
};
use anyhow::{Context, Result, ensure};
use serde_json::Value;
use std::{
    io::Write,
    process::{Command, Stdio},
    time::Instant,
};

/// kubectl with the user's KUBECONFIG. It blocks: the suite's own servers run on other threads.
#[derive(Debug)]
pub(crate) struct Cluster;

impl Cluster {
    /// What a kubectl command prints.
    pub(crate) fn kubectl(&self, arguments: &[&str]) -> Result<String> {
        run(Command::new("kubectl").args(arguments), "")
    }

    /// `kubectl apply` of YAML, again and again for a minute: webhooks may not answer yet.
    pub(crate) async fn apply(&self, yaml: &str) -> Result<()> {
        eventually("kubectl apply succeeds", 60, async || self.apply_now(yaml)).await
    }

    /// The same without a second try.
    pub(crate) fn apply_now(&self, yaml: &str) -> Result<()> {
        run(Command::new("kubectl").args(["apply", "--filename=-"]), yaml).map(drop)
    }

    /// Deletes what may not exist any more, and waits until it does not.
    pub(crate) fn delete(&self, arguments: &[&str]) -> Result<()> {
        let mut all = vec!["delete", "--ignore-not-found", "--timeout=120s"];
        all.extend(arguments);
        self.kubectl(&all).map(drop)
    }

    /// Deletes namespaces, and waits until they do not exist.
    pub(crate) async fn delete_namespaces(&self, names: &[&str]) -> Result<()> {
        self.delete(&[&["namespaces", "--wait=false"][..], names].concat())?;
        self.namespaces_deleted(names).await
    }

    /// Waits until these namespaces, which somebody deletes, do not exist. It kills their pods: those of Knative would take
    /// 45 s each to end, because queue-proxy waits for calls.
    pub(crate) async fn namespaces_deleted(&self, names: &[&str]) -> Result<()> {
        eventually(&format!("the namespaces {} are deleted", names.join(", ")), 180, async || {
            let mut left = Vec::new();
            for name in names.iter().copied() {
                if !self.get(&["namespace", name])?.is_null() {
                    self.kill_pods(name)?;
                    left.push(name);
                }
            }
            ensure!(left.is_empty(), "there are still {left:?}");
            Ok(())
        })
        .await
    }

    /// Deletes the pods of a namespace, without a chance to end in an orderly way.
    fn kill_pods(&self, namespace: &str) -> Result<()> {
        self.delete(&["pods", "--all", "--force", "--grace-period=0", "--wait=false", "--namespace", namespace])
    }

    /// Deletes what this YAML names, as far as it is there.
    pub(crate) fn delete_all(&self, yaml: &str) -> Result<()> {
        let arguments = ["delete", "--ignore-not-found", "--timeout=120s", "--filename=-"];
        run(Command::new("kubectl").args(arguments), yaml).map(drop)
    }

    /// `kubectl get` of one object or a list; null if there is none.
    pub(crate) fn get(&self, arguments: &[&str]) -> Result<Value> {
        let mut all = vec!["get", "--ignore-not-found", "--output=json"];
        all.extend(arguments);
        let json = self.kubectl(&all)?;
        if json.is_empty() { Ok(Value::Null) } else { Ok(serde_json::from_str(&json)?) }
    }

    /// The items of a list.
    pub(crate) fn list(&self, arguments: &[&str]) -> Result<Vec<Value>> {
        let mut list = self.get(arguments)?;
        Ok(list["items"].as_array_mut().map(std::mem::take).unwrap_or_default())
    }

    /// A merge patch of an object, such as `["ksvc/apps", "--namespace=callboard"]`.
    pub(crate) fn patch(&self, object: &[&str], patch: &Value) -> Result<()> {
        let patch = format!("--patch={patch}");
        let mut all = vec!["patch", "--type=merge", &patch];
        all.extend(object);
        self.kubectl(&all).map(drop)
    }

    /// Waits until all of these have the condition `Ready`.
    pub(crate) async fn ready(&self, seconds: u64, arguments: &[&str]) -> Result<()> {
        let what = format!("ready: {}", arguments.join(" "));
        eventually(&what, seconds, async || {
            let found = self.get(arguments)?;
            let objects = found["items"].as_array().cloned().unwrap_or_else(|| vec![found]);
            ensure!(!objects.is_empty(), "there is none");
            for object in &objects {
                let ready = condition(object, "Ready");
                // Not that of what was asked for before.
                let (asked, seen) = (&object["metadata"]["generation"], &object["status"]["observedGeneration"]);
                let is_of_now = seen.is_null() || asked == seen;
                ensure!(is_of_now && ready["status"] == "True", "{} is not: {ready}", object["metadata"]["name"]);
            }
            Ok(())
        })
        .await
    }

    /// Where this machine reaches a Service by the URL that its users have.
    pub(crate) fn target(&self, url: &str) -> Result<Target> {
        let rest = url.strip_prefix("http://").with_context(|| format!("{url} is not an http URL"))?;
        let (host, path) = rest.split_once('/').unwrap_or((rest, ""));
        let (name, port) = host.split_once(':').unwrap_or((host, "80"));
        let mut service = self.service(name)?;
        if let Some(alias) = service["spec"]["externalName"].as_str() {
            service = self.service(alias)?;
        }
        let ip = service["spec"]["clusterIP"].as_str().unwrap_or_default();
        let address = format!("{ip}:{port}").parse().with_context(|| format!("{host} has the address {ip:?}"))?;
        Ok(Target { address, host: host.to_owned(), path: format!("/{path}") })
    }

    fn service(&self, host: &str) -> Result<Value> {
        let mut labels = host.split('.');
        let (Some(name), Some(namespace)) = (labels.next(), labels.next()) else {
            anyhow::bail!("{host} is not the name of a Service");
        };
        let service = self.get(&["service", name, "--namespace", namespace])?;
        ensure!(!service.is_null(), "there is no Service {namespace}/{name}");
        Ok(service)
    }
}

/// A condition of an object's status; null if there is none.
pub(crate) fn condition<'a>(object: &'a Value, ty: &str) -> &'a Value {
    let conditions = object["status"]["conditions"].as_array().into_iter().flatten();
    conditions.into_iter().find(|condition| condition["type"] == ty).unwrap_or(&Value::Null)
}

/// What a command prints; its errors if it fails.
pub(crate) fn run(command: &mut Command, input: &str) -> Result<String> {
    let line = format!("{command:?}").replace('"', "");
    let command = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let began = Instant::now();
    let mut child = command.spawn().with_context(|| format!("failed to run {line}"))?;
    // Dropped here, which ends the input.
    child.stdin.take().context("it has an input")?.write_all(input.as_bytes())?;
    let output = child.wait_with_output()?;
    took(began, &line);
    let (errors, said) = (String::from_utf8_lossy(&output.stderr), String::from_utf8_lossy(&output.stdout));
    ensure!(output.status.success(), "failed: {line}: {}\n{said}", errors.trim());
    Ok(String::from_utf8(output.stdout)?)
}
