//! Requests to the API server and its answers.

use super::{Fault, Kind, Kubernetes, Snapshot, State};
use axum::body::{self, HttpBody};
use bytes::Bytes;
use futures::stream;
use http::{Request, Response};
use http_body_util::BodyExt;
use serde_json::{Value, json};
use std::{fmt::Debug, io, time::Duration};

/// What is asked for.
struct Asked {
    path: Path,
    limit: usize,
    from: Option<String>,
    named: Option<String>,
    /// A label that is `true`.
    labelled: Option<String>,
    is_metadata: bool,
}

enum Path {
    /// A group, or the versions of it that are left out here.
    Discover {
        group: String,
        version: Option<String>,
    },
    Get {
        kind: Kind,
        version: String,
        key: String,
    },
    List {
        kind: Kind,
        version: String,
        namespace: Option<String>,
    },
    /// Whether an account may do this.
    Review(String),
    Unknown(String),
}

pub(super) struct Answer {
    status: u16,
    body: String,
    retry_after: Option<u32>,
    is_half: bool,
    after: Duration,
}

impl Kubernetes {
    pub(super) async fn answer<B: HttpBody<Error: Debug>>(&self, request: Request<B>) -> Answer {
        let (head, body) = request.into_parts();
        let body = body.collect().await.unwrap().to_bytes();
        self.answered(&Request::from_parts(head, body))
    }

    fn answered(&self, request: &Request<Bytes>) -> Answer {
        let mut state = self.0.lock().unwrap();
        let asked = state.asked(request);
        let line = asked.line();
        let fault = state.faults.iter_mut().find(|(begin, _, times)| *times > 0 && line.starts_with(begin.as_str()));
        let fault = fault.map(|(_, fault, times)| {
            *times -= 1;
            *fault
        });
        state.requests.push(line.clone());
        let mut answer = match fault {
            Some(Fault::Status(status)) => Answer::refusal(status, &line),
            Some(Fault::Busy(seconds)) => Answer { retry_after: Some(seconds), ..Answer::refusal(429, &line) },
            Some(Fault::Half) => Answer { is_half: true, ..state.answer(&asked) },
            Some(Fault::Endless(objects)) => asked.page_without_end(objects),
            Some(Fault::Slow(after)) => Answer { after, ..state.answer(&asked) },
            None => state.answer(&asked),
        };
        if let Some(json) = &state.filler {
            answer.body = answer.body.replace(&format!("\"{}\"", Self::FILLER), json);
        }
        answer
    }
}

impl State {
    fn asked(&self, request: &Request<Bytes>) -> Asked {
        let query = |name: &str| {
            let mut pairs =
                request.uri().query().unwrap_or_default().split('&').filter_map(|pair| pair.split_once('='));
            pairs
                .find(|(key, _)| *key == name)
                .map(|(_, value)| value.replace("%3D", "=").replace("%3A", ":").replace("%2F", "/"))
        };
        let accept = request.headers().get("accept").and_then(|accept| accept.to_str().ok()).unwrap_or_default();
        Asked {
            path: match request.uri().path() {
                "/apis/authorization.k8s.io/v1/subjectaccessreviews" => Path::review(request.body()),
                path => self.path(path),
            },
            limit: query("limit").map_or(usize::MAX, |limit| limit.parse().unwrap()),
            from: query("continue"),
            named: query("fieldSelector").map(|it| it.strip_prefix("metadata.name=").unwrap().to_owned()),
            labelled: query("labelSelector").map(|it| it.strip_suffix("=true").unwrap().to_owned()),
            is_metadata: accept.contains("as=PartialObjectMetadata"),
        }
    }

    fn path(&self, path: &str) -> Path {
        let unknown = || Path::Unknown(path.to_owned());
        let parts: Vec<_> = path.trim_matches('/').split('/').collect();
        let (group, version, rest) = match parts[..] {
            ["apis", group] => return Path::Discover { group: group.into(), version: None },
            ["api", version, ref rest @ ..] => ("", version, rest),
            ["apis", group, version, ref rest @ ..] => (group, version, rest),
            _ => return unknown(),
        };
        let (namespace, rest) = match rest {
            [] => return Path::Discover { group: group.into(), version: Some(version.into()) },
            ["namespaces", namespace, rest @ ..] if !rest.is_empty() => (Some(*namespace), rest),
            rest => (None, rest),
        };
        let served =
            |it: &&Kind| it.group == group && it.plural == rest[0] && it.versions.iter().any(|it| it == version);
        let Some(kind) = self.kinds.iter().find(served).cloned() else { return unknown() };
        let (version, namespace) = (version.to_owned(), namespace.map(str::to_owned));
        match rest {
            [_] => Path::List { kind, version, namespace },
            [_, name] => Path::Get { key: Kind::key(namespace.as_deref(), name), kind, version },
            _ => unknown(),
        }
    }

    fn answer(&mut self, asked: &Asked) -> Answer {
        match &asked.path {
            Path::Discover { group, version: None } if !group.is_empty() => self.group(group),
            Path::Discover { group, version } => self.resources(group, version.as_deref()),
            Path::Get { kind, version, key } => match self.objects.get(&kind.resource()).and_then(|of| of.get(key)) {
                Some(object) => asked.shown(object, kind, version).into(),
                None => Answer::no_object(key),
            },
            Path::List { kind, version, namespace } => self.list(asked, kind, version, namespace.as_deref()),
            Path::Review(line) => {
                let allowed = !self.denied.iter().any(|denied| line.starts_with(denied));
                json!({"kind": "SubjectAccessReview", "status": {"allowed": allowed}}).into()
            }
            Path::Unknown(_) => Answer::no_path(),
        }
    }

    fn group(&self, group: &str) -> Answer {
        let mut versions: Vec<&String> = Vec::new();
        for version in self.kinds.iter().filter(|kind| kind.group == group).flat_map(|kind| &kind.versions) {
            if !versions.contains(&version) {
                versions.push(version);
            }
        }
        let Some(preferred) = versions.first() else { return Answer::no_path() };
        let named = |version: &&String| json!({"groupVersion": format!("{group}/{version}"), "version": version});
        json!({
            "kind": "APIGroup",
            "name": group,
            "versions": versions.iter().map(named).collect::<Vec<_>>(),
            "preferredVersion": named(preferred),
        })
        .into()
    }

    fn resources(&self, group: &str, version: Option<&str>) -> Answer {
        let served = |kind: &&Kind| kind.group == group && kind.versions.iter().any(|it| Some(it.as_str()) == version);
        let resource = |kind: &Kind| json!({"name": kind.plural, "kind": kind.kind, "namespaced": kind.is_namespaced, "verbs": ["get", "list"]});
        let resources: Vec<_> = self.kinds.iter().filter(served).map(resource).collect();
        match resources.is_empty() {
            true => Answer::no_path(),
            false => json!({"kind": "APIResourceList", "resources": resources}).into(),
        }
    }

    /// One page. That of a list which was begun shows the moment of its first page.
    fn list(&mut self, asked: &Asked, kind: &Kind, version: &str, namespace: Option<&str>) -> Answer {
        let (nth, begin) = match &asked.from {
            Some(token) => {
                let (nth, begin) = token.split_once('-').unwrap();
                (nth.parse().unwrap(), begin.parse().unwrap())
            }
            None => (self.begun(asked, kind, namespace), 0),
        };
        let snapshot = &self.snapshots[nth];
        let end = begin + asked.limit.min(self.page).min(snapshot.items.len() - begin);
        let items = snapshot.items[begin..end].iter().map(|item| asked.shown(item, kind, version));
        let next = if end < snapshot.items.len() { format!("{nth}-{end}") } else { String::new() };
        let metadata = json!({"resourceVersion": snapshot.version.to_string(), "continue": next});
        json!({"kind": format!("{}List", kind.kind), "metadata": metadata, "items": items.collect::<Vec<_>>()}).into()
    }

    fn begun(&mut self, asked: &Asked, kind: &Kind, namespace: Option<&str>) -> usize {
        let wanted = |item: &&Value| {
            let metadata = &item["metadata"];
            let is_in = namespace.is_none_or(|namespace| metadata["namespace"] == namespace);
            let is_labelled = asked.labelled.as_ref().is_none_or(|label| metadata["labels"][label] == "true");
            is_in && is_labelled && asked.named.as_ref().is_none_or(|name| metadata["name"] == **name)
        };
        let items = self.objects.get(&kind.resource()).into_iter().flat_map(|of| of.values()).filter(wanted);
        let items = items.cloned().collect();
        self.snapshots.push(Snapshot { version: self.version, items });
        self.snapshots.len() - 1
    }
}

impl Path {
    fn review(question: &[u8]) -> Self {
        let question: Value = serde_json::from_slice(question).unwrap();
        let what = &question["spec"]["resourceAttributes"];
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        let account = text(&question["spec"]["user"]).rsplit(':').next().map(str::to_owned).unwrap();
        let resource = format!("{}.{}", text(&what["resource"]), text(&what["group"]));
        let less = |word: &str, field: &str| match text(&what[field]) {
            it if it.is_empty() => it,
            it => format!(" {word} {it}"),
        };
        let (resource, within, named) =
            (resource.trim_end_matches('.'), less("in", "namespace"), less("named", "name"));
        Self::Review(format!("may {account} {} {resource}{within}{named}", text(&what["verb"])))
    }
}

impl Asked {
    /// As [`Kubernetes::requests`] has it.
    fn line(&self) -> String {
        let metadata = if self.is_metadata { " metadata" } else { "" };
        match &self.path {
            Path::Discover { group, .. } => format!("discover {group}"),
            Path::Get { kind, key, .. } => format!("get {} {key}{metadata}", kind.resource()),
            Path::List { kind, namespace, .. } => {
                let namespace = namespace.as_ref().map(|it| format!(" {it}/")).unwrap_or_default();
                let named = self.named.as_ref().map(|it| format!(" named {it}")).unwrap_or_default();
                let named = named + &self.labelled.as_ref().map(|it| format!(" labelled {it}")).unwrap_or_default();
                let more = if self.from.is_some() { " more" } else { "" };
                format!("list {}{namespace}{named}{metadata}{more}", kind.resource())
            }
            Path::Review(line) => line.clone(),
            Path::Unknown(path) => format!("unknown {path}"),
        }
    }

    /// A page after which another one comes, whichever it is.
    fn page_without_end(&self, objects: usize) -> Answer {
        let Path::List { kind, version, .. } = &self.path else { panic!("{} is no list", self.line()) };
        let nth: usize = self.from.as_ref().map_or(0, |from| from.parse().unwrap());
        let object = |n: usize| {
            let metadata =
                json!({"name": format!("endless-{:07}", nth * objects + n), "uid": "u", "resourceVersion": "1"});
            let mut object = json!({"apiVersion": "", "kind": kind.kind, "metadata": metadata});
            if kind.is_namespaced {
                object["metadata"]["namespace"] = "default".into();
            }
            self.shown(&object, kind, version)
        };
        let items: Vec<_> = (0..objects).map(object).collect();
        let metadata = json!({"resourceVersion": "1", "continue": (nth + 1).to_string()});
        json!({"kind": format!("{}List", kind.kind), "metadata": metadata, "items": items}).into()
    }

    /// An object in the version that was asked for.
    fn shown(&self, object: &Value, kind: &Kind, version: &str) -> Value {
        if self.is_metadata {
            let metadata = &object["metadata"];
            return json!({"apiVersion": "meta.k8s.io/v1", "kind": "PartialObjectMetadata", "metadata": metadata});
        }
        let mut object = object.clone();
        object["apiVersion"] = format!("{}/{version}", kind.group).trim_start_matches('/').into();
        object
    }
}

impl Answer {
    /// As Kubernetes words it.
    fn refusal(status: u16, what: &str) -> Self {
        let said =
            json!({"kind": "Status", "status": "Failure", "message": format!("refused: {what}"), "code": status});
        Self { status, ..said.into() }
    }

    fn no_object(key: &str) -> Self {
        let name = key.rsplit('/').next();
        Self { status: 404, ..json!({"kind": "Status", "details": {"name": name}, "code": 404}).into() }
    }

    fn no_path() -> Self {
        Self { status: 404, body: "404 page not found\n".into(), ..Value::Null.into() }
    }

    pub(super) async fn send(self) -> Response<body::Body> {
        tokio::time::sleep(self.after).await;
        let half = self.body[..self.body.len() / 2].to_owned();
        let body = match self.is_half {
            true => body::Body::from_stream(stream::iter([Ok(Bytes::from(half)), Err(io::Error::other("broken off"))])),
            false => body::Body::from(self.body),
        };
        let response = Response::builder().status(self.status);
        let response = self.retry_after.into_iter().fold(response, |it, seconds| it.header("retry-after", seconds));
        response.body(body).unwrap()
    }
}

impl From<Value> for Answer {
    fn from(value: Value) -> Self {
        Self { status: 200, body: value.to_string(), retry_after: None, is_half: false, after: Duration::ZERO }
    }
}
