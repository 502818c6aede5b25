//! Which object a URI addresses, if it is an address of the cluster.

use events::ObjectRef;
use url::Url;

/// Services that take events for many objects: the end of the name, and the kind that the path names as
/// `/<namespace>/<name>`.
const FOR_MANY: [(&str, &str, &str); 3] = [
    ("broker-ingress", "eventing.knative.dev/v1", "Broker"),
    ("job-sink", "sinks.knative.dev/v1alpha1", "JobSink"),
    ("kafka-sink-ingress", "eventing.knative.dev/v1alpha1", "KafkaSink"),
];

/// What the name of the Service ends with by which a channel is addressed.
const OF_CHANNEL: &str = "-kn-channel";

/// Kinds of channels, the one that people write first.
const CHANNELS: [(&str, &str); 3] = [
    ("messaging.knative.dev/v1", "Channel"),
    ("messaging.knative.dev/v1", "InMemoryChannel"),
    ("messaging.knative.dev/v1beta1", "KafkaChannel"),
];

/// The object that a URI addresses; `None` if it leads out of the cluster, as far as its host says.
pub(crate) fn addressed(uri: &str) -> Option<ObjectRef> {
    let url = Url::parse(uri).ok().filter(|url| matches!(url.scheme(), "http" | "https"))?;
    let host = url.host_str()?;
    let ends = [".svc", ".svc.cluster.local", ".svc.cluster.local."];
    let host = ends.into_iter().find_map(|end| host.strip_suffix(end))?;
    let (service, namespace) = host.split_once('.').filter(|(_, namespace)| !namespace.contains('.'))?;
    for_many(service, url.path()).or_else(|| ObjectRef::new("v1", "Service", Some(namespace), service).ok())
}

/// What the path names, if this Service takes events for many.
fn for_many(service: &str, path: &str) -> Option<ObjectRef> {
    let (_, api_version, kind) = FOR_MANY.into_iter().find(|(end, _, _)| service.ends_with(end))?;
    let (namespace, name) = path.trim_matches('/').split_once('/')?;
    ObjectRef::new(api_version, kind, Some(namespace), name).ok()
}

/// What Knative would make this Service for, by its name: a channel or a Knative Service.
pub(crate) fn served_by(service: &ObjectRef) -> Vec<ObjectRef> {
    let of_serving = || ObjectRef::new("serving.knative.dev/v1", "Service", service.namespace(), service.name()).ok();
    let of_serving = is_service(service).then(of_serving).flatten();
    channels_behind(service).into_iter().chain(of_serving).collect()
}

/// The channels that this Service may address, by its name, the one that people write first.
pub(crate) fn channels_behind(service: &ObjectRef) -> Vec<ObjectRef> {
    let name = service.name().strip_suffix(OF_CHANNEL).filter(|_| is_service(service));
    let named = |name| CHANNELS.map(|(of, kind)| ObjectRef::new(of, kind, service.namespace(), name).ok());
    name.into_iter().flat_map(named).flatten().collect()
}

fn is_service(object: &ObjectRef) -> bool {
    (object.group(), object.kind()) == ("", "Service")
}

/// The Service by which an object is addressed, if Knative would make one for it.
pub(crate) fn served_as(object: &ObjectRef) -> Option<ObjectRef> {
    let name = match (object.group(), object.kind()) {
        ("serving.knative.dev", "Service") => object.name().to_owned(),
        (group, kind) if CHANNELS.iter().any(|(of, it)| of.split('/').next() == Some(group) && *it == kind) => {
            format!("{}{OF_CHANNEL}", object.name())
        }
        _ => return None,
    };
    ObjectRef::new("v1", "Service", object.namespace(), &name).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_of_the_cluster_is_an_object() {
        for (uri, object) in [
            ("http://mailer.shop.svc", "service/shop/mailer"),
            ("http://mailer.shop.svc.cluster.local/", "service/shop/mailer"),
            ("http://mailer.shop.svc.cluster.local./", "service/shop/mailer"),
            ("https://mailer.shop.svc.cluster.local:8443/hook?x=y", "service/shop/mailer"),
            (
                "http://broker-ingress.knative-eventing.svc.cluster.local/shop/default",
                "broker.eventing.knative.dev/shop/default",
            ),
            (
                "http://kafka-broker-ingress.knative-eventing.svc/shop/default/",
                "broker.eventing.knative.dev/shop/default",
            ),
            ("http://job-sink.knative-eventing.svc/shop/print", "jobsink.sinks.knative.dev/shop/print"),
            ("http://kafka-sink-ingress.knative-eventing.svc/shop/all", "kafkasink.eventing.knative.dev/shop/all"),
            ("http://default-broker-ingress.shop.svc/", "service/shop/default-broker-ingress"),
            ("http://x-kn-channel.shop.svc.cluster.local", "service/shop/x-kn-channel"),
        ] {
            assert_eq!(addressed(uri).map(|it| it.to_string()).as_deref(), Some(object), "{uri}");
        }
    }

    #[test]
    fn any_other_uri_is_none() {
        for uri in [
            "",
            "/orders",
            "https://mailer.example.org/hook",
            "http://mailer.shop",
            "http://a.mailer.shop.svc",
            "http://mailer.shop.svc.example.org",
            "http://mailer.shop.svc.",
            "kafka://mailer.shop.svc",
            "http://10.0.0.1/",
        ] {
            assert_eq!(addressed(uri), None, "{uri}");
        }
    }

    #[test]
    fn what_is_served_by_a_service_is_served_as_it() {
        let service = |name: &str| ObjectRef::new("v1", "Service", Some("shop"), name).unwrap();
        for (service, count) in [(service("mailer"), 1), (service("x-kn-channel"), 4)] {
            let all = served_by(&service);
            assert_eq!(all.len(), count, "{all:?}");
            for it in all {
                assert_eq!(served_as(&it), Some(service.clone()), "{it}");
            }
        }
        assert!(served_by(&ObjectRef::new("apps/v1", "Deployment", Some("shop"), "x").unwrap()).is_empty());
    }
}
