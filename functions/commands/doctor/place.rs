//! Where the bucket is, as commands name it.

use super::{install::Install, line::shell, variables::STORE};
use catalog::Layout;

/// The bucket and its store.
#[derive(Debug, Clone, Default)]
pub struct Place {
    /// Its name.
    pub bucket: String,
    /// The store's URL; `None`: AWS.
    pub endpoint: Option<String>,
    /// If it is a Service of the cluster: the lines by which a person reaches it.
    pub forward: Option<String>,
}

impl Place {
    /// A command of the AWS CLI for this store.
    pub(super) fn aws(&self, command: &str) -> String {
        let endpoint = self.endpoint.as_ref().map(|url| format!(" --endpoint-url {}", shell(url)));
        format!("aws{} {command}", endpoint.unwrap_or_default())
    }
}

/// The lines by which a person reaches a store whose URL is that of a Service, as pods see it. `None`: it is not.
pub(super) fn forward(install: &Install, endpoint: &str) -> Option<String> {
    let url: url::Url = endpoint.parse().ok()?;
    let (host, port) = (url.domain()?, url.port_or_known_default()?);
    let (name, rest) = host.split_once('.').unwrap_or((host, ""));
    let namespace = match rest.split_once('.').unwrap_or((rest, "")) {
        _ if host == "localhost" => return None,
        ("", _) => &install.namespace,
        (namespace, "svc" | "svc.cluster.local") => namespace,
        _ => return None,
    };
    let forward = format!("port-forward service/{} {port}:{port}   # in another terminal", shell(name));
    let export = format!("export {STORE}={}://localhost:{port}", url.scheme());
    Some(format!("{}\n{export}", install.within_of(namespace, &forward)))
}

/// The prefix that Backstage reads, of all clusters.
pub(super) fn prefix(layout: &Layout) -> String {
    let root = layout.root();
    root.strip_suffix(&format!("/{}", layout.cluster())).unwrap_or(&root).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_store_in_the_cluster_is_reached_by_a_forwarded_port() {
        let install = Install::new("callboard", "callboard".parse().unwrap());
        for (url, line) in [
            ("http://minio:9000", "kubectl -n callboard port-forward service/minio 9000:9000   # in another terminal"),
            ("http://minio.s3.svc:9000", "kubectl -n s3 port-forward service/minio 9000:9000   # in another terminal"),
            (
                "http://minio.s3.svc.cluster.local",
                "kubectl -n s3 port-forward service/minio 80:80   # in another terminal",
            ),
        ] {
            let port = line.split(':').nth(1).unwrap().split(' ').next().unwrap();
            let export = format!("export AWS_ENDPOINT_URL_S3=http://localhost:{port}");
            assert_eq!(forward(&install, url), Some(format!("{line}\n{export}")));
        }
        for url in
            ["http://localhost:9000", "http://10.0.0.1:9000", "https://s3.example.org", "http://minio.example:9000"]
        {
            assert_eq!(forward(&install, url), None, "{url}");
        }
    }
}
