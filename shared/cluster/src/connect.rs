//! Which cluster, and as whom.

use crate::Args;
use anyhow::{Context, Result, bail, ensure};
use hyper_util::client::proxy::matcher::Matcher;
use kube::{
    Client, Config,
    config::{KubeConfigOptions, Kubeconfig},
};
use std::{
    env,
    ffi::OsString,
    path::{Path, PathBuf},
    time::Duration,
};

/// How long a connection may take, TLS included.
const CONNECT: Duration = Duration::from_secs(3);

/// Where Kubernetes puts a pod's token.
const TOKEN: &str = "/var/run/secrets/kubernetes.io/serviceaccount/token";

/// A client, and the URL of its API server.
type Connected = (Client, String);

/// The cluster of the kubeconfig given, otherwise the pod's own; `None` if there is neither.
pub(crate) async fn of_service(args: &Args) -> Result<Option<Connected>> {
    let files = args.files();
    if !files.is_empty() {
        return of_files(&files, args).await.map(Some);
    }
    if !has_account(env::var_os("KUBERNETES_SERVICE_HOST"), Path::new(TOKEN)) {
        let context = args.context.as_deref();
        ensure!(context.is_none(), "--context is set, but no kubeconfig: set KUBECONFIG or --kubeconfig");
        return Ok(None);
    }
    let config = Config::incluster_env().context("failed to use the pod's ServiceAccount")?;
    client(config).map(Some)
}

/// The same, and before the pod's own that of the user's home.
pub(crate) async fn of_user(args: &Args) -> Result<Connected> {
    let of_home = env::home_dir().map(|home| home.join(".kube/config")).filter(|file| file.is_file());
    if let Some(file) = of_home.filter(|_| args.files().is_empty()) {
        return of_files(&[file], args).await;
    }
    match of_service(args).await? {
        Some(connected) => Ok(connected),
        None => bail!("found no cluster: set KUBECONFIG or --kubeconfig to a file that says where it is"),
    }
}

async fn of_files(files: &[PathBuf], args: &Args) -> Result<Connected> {
    let failed = || format!("failed to use the kubeconfig {}", env::join_paths(files).unwrap_or_default().display());
    let options = KubeConfigOptions { context: args.context.clone(), ..Default::default() };
    let kubeconfig = read(files).with_context(failed)?;
    let names_proxy = kubeconfig.clusters.iter().filter_map(|it| it.cluster.as_ref()).any(|it| it.proxy_url.is_some());
    let mut config = Config::from_custom_kubeconfig(kubeconfig, &options).await.with_context(failed)?;
    // kube takes HTTPS_PROXY, but compares NO_PROXY with the proxy instead of the cluster.
    if !names_proxy && Matcher::from_env().intercept(&config.cluster_url).is_none() {
        config.proxy_url = None;
    }
    client(config).with_context(failed)
}

fn read(files: &[PathBuf]) -> Result<Kubeconfig> {
    let mut all = Kubeconfig::default();
    for file in files {
        all = all.merge(Kubeconfig::read_from(file)?)?;
    }
    Ok(all)
}

/// Retries are ours, so that they stay within a request's time.
fn client(mut config: Config) -> Result<Connected> {
    let server = config.cluster_url.to_string().trim_end_matches('/').to_owned();
    config.connect_timeout = Some(CONNECT);
    config.default_retry = false;
    Ok((Client::try_from(config)?, server))
}

/// Whether this is a pod that may ask the API server.
fn has_account(host: Option<OsString>, token: &Path) -> bool {
    host.is_some_and(|host| !host.is_empty()) && token.exists()
}

#[cfg(test)]
mod tests {
    use super::*;

    const KUBECONFIG: &str = "
clusters: [{name: c, cluster: {server: 'https://127.0.0.1:1'}}]
users: [{name: u, user: {token: t}}]
contexts: [{name: there, context: {cluster: c, user: u, namespace: shop}}]
current-context: there
";

    fn args(content: &str, context: Option<&str>) -> (tempfile::NamedTempFile, Args) {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(&file, content).unwrap();
        let kubeconfig = Some(file.path().as_os_str().to_owned());
        (file, Args { kubeconfig, context: context.map(str::to_owned) })
    }

    #[tokio::test]
    async fn a_kubeconfig_gives_the_cluster_and_the_namespace() {
        for context in [None, Some("there")] {
            let (_file, args) = args(KUBECONFIG, context);
            assert_eq!(of_service(&args).await.unwrap().unwrap().0.default_namespace(), "shop");
            let (client, server) = of_user(&args).await.unwrap();
            assert_eq!((client.default_namespace(), server.as_str()), ("shop", "https://127.0.0.1:1"));
        }
    }

    #[tokio::test]
    async fn a_broken_kubeconfig_is_an_error_with_file_and_reason() {
        let broken = [(": : no", None, "kubeconfig"), ("", None, "current context"), (KUBECONFIG, Some("x"), "x")];
        for (content, context, reason) in broken {
            let (file, args) = args(content, context);
            let error = format!("{:#}", of_service(&args).await.err().unwrap());
            assert!(error.contains(file.path().to_str().unwrap()) && error.contains(reason), "{error}");
        }
        let nowhere = Args { kubeconfig: Some("/nowhere/config".into()), context: None };
        let error = format!("{:#}", of_service(&nowhere).await.err().unwrap());
        assert!(error.contains("/nowhere/config") && error.contains("No such file"), "{error}");
    }

    #[test]
    fn a_variable_that_is_set_to_nothing_names_no_file() {
        assert!(Args { kubeconfig: Some(OsString::new()), context: None }.files().is_empty());
        let two = Args { kubeconfig: Some(env::join_paths(["/a", "/b"]).unwrap()), context: None };
        assert_eq!(two.files(), [PathBuf::from("/a"), PathBuf::from("/b")]);
    }

    #[test]
    fn a_pod_without_a_token_has_no_cluster() {
        let token = tempfile::NamedTempFile::new().unwrap();
        assert!(has_account(Some("10.0.0.1".into()), token.path()));
        assert!(!has_account(Some("10.0.0.1".into()), Path::new("/nowhere/token")));
        assert!(!has_account(Some(OsString::new()), token.path()));
        assert!(!has_account(None, token.path()));
    }
}
