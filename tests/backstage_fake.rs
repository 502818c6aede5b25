//! A Backstage in memory, as a client sees it at the wire: the stock routes of its catalog, a provider that lists when it
//! is triggered, and faults that can be switched on.

use axum::{Router, body::Body, extract::Request};
use backstage::Location;
use bytes::Bytes;
use http::{Response, StatusCode, header::AUTHORIZATION};
use http_body_util::BodyExt;
use serde_json::{Value, json};
use std::{
    collections::BTreeMap,
    fmt,
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};
use tokio::net::TcpListener;

/// The token that it takes.
pub(crate) const TOKEN: &str = "let-me-in";

/// The provider's task where `CALLBOARD_BACKSTAGE_PROVIDER` is not set.
pub(crate) const TASK: &str = "awsS3-provider:callboard:refresh";

/// A Backstage; its clones are the same one.
#[derive(Debug, Clone)]
pub(crate) struct FakeBackstage(Arc<Mutex<State>>);

/// How a call goes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wrong {
    /// It is answered with this status, and does nothing: 409 is a provider that runs.
    Status(u16),
    /// It is done, and the answer takes so long.
    Slow(Duration),
}

struct State {
    /// By ref.
    entities: BTreeMap<String, Value>,
    /// Id and scope.
    tasks: Vec<(String, String)>,
    last_run_ended_at: Option<String>,
    /// How long a run takes, and until when one does.
    run: Duration,
    busy_until: Option<Instant>,
    /// How many runs were triggered.
    runs: usize,
    /// What a run finds in the bucket, if it is told.
    listing: Option<Box<dyn Fn() -> Vec<Location> + Send>>,
    /// What the module `unprocessed` lists; `None`: it is not installed.
    pending: Option<Vec<Value>>,
    /// What is said against the objects at these targets.
    objections: BTreeMap<String, Vec<String>>,
    wrong: Vec<(String, Wrong, usize)>,
    calls: Vec<String>,
}

impl FakeBackstage {
    /// One that knows no entity and has our provider's task, of scope `local`, whose last run has ended.
    pub(crate) fn new() -> Self {
        Self(Arc::new(Mutex::new(State {
            entities: BTreeMap::new(),
            tasks: vec![(TASK.into(), "local".into())],
            last_run_ended_at: Some("2026-11-21T12:00:00.000Z".into()),
            runs: 0,
            run: Duration::ZERO,
            busy_until: None,
            listing: None,
            pending: None,
            objections: BTreeMap::new(),
            wrong: Vec::new(),
            calls: Vec::new(),
        })))
    }

    /// Serves it on a port of its own; returns its URL.
    pub(crate) async fn serve(&self) -> String {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let server = self.clone();
        let answer = move |request: Request| {
            let server = server.clone();
            async move { server.answer(request).await }
        };
        tokio::spawn(async { axum::serve(listener, Router::new().fallback(answer)).await });
        url
    }

    /// It knows the Location, as after a run of the provider.
    pub(crate) fn knows(&self, location: &Location) {
        self.0.lock().unwrap().know(location);
    }

    /// It knows this entity, which comes from the object at `target`.
    pub(crate) fn took(&self, mut entity: Value, target: &str) {
        entity["metadata"]["annotations"]["backstage.io/managed-by-location"] = format!("url:{target}").into();
        let reference = reference(&entity);
        self.0.lock().unwrap().entities.insert(reference, entity);
    }

    /// What it says is wrong with an entity that it knows.
    pub(crate) fn finds_fault(&self, reference: &str, message: &str) {
        let error = json!({"name": "InputError", "message": message});
        let item =
            json!({"type": "backstage.io/catalog-processing", "level": "error", "message": message, "error": error});
        let mut state = self.0.lock().unwrap();
        state.entities.get_mut(reference).expect("it is there")["status"]["items"] = json!([item]);
    }

    /// From now on a run of the provider makes exactly these the Locations that are known.
    pub(crate) fn lists(&self, listing: impl Fn() -> Vec<Location> + Send + 'static) {
        self.0.lock().unwrap().listing = Some(Box::new(listing));
    }

    /// From now on a run of the provider takes so long, and lists when it begins.
    pub(crate) fn runs_for(&self, run: Duration) {
        self.0.lock().unwrap().run = run;
    }

    /// The tasks that it has, id and scope.
    pub(crate) fn has_tasks(&self, tasks: &[(&str, &str)]) {
        self.0.lock().unwrap().tasks = tasks.iter().map(|(id, scope)| ((*id).into(), (*scope).into())).collect();
    }

    /// The module `unprocessed` is installed, and lists these: each with `entity_ref`, `unprocessed_entity`, `location_key`
    /// and `errors`.
    pub(crate) fn has_pending(&self, pending: Vec<Value>) {
        self.0.lock().unwrap().pending = Some(pending);
    }

    /// What it says when it is to validate the Location of this target.
    pub(crate) fn objects(&self, target: &str, messages: &[&str]) {
        let messages = messages.iter().map(|it| (*it).to_owned()).collect();
        self.0.lock().unwrap().objections.insert(target.to_owned(), messages);
    }

    /// From now on so many of the calls go wrong whose line (see [`Self::calls`]) begins so; nothing: any.
    pub(crate) fn break_off(&self, calls: &str, wrong: Wrong, times: usize) {
        self.0.lock().unwrap().wrong.push((calls.to_owned(), wrong, times));
    }

    /// All goes well again.
    pub(crate) fn recover(&self) {
        self.0.lock().unwrap().wrong.clear();
    }

    /// The calls since this was last asked: `refresh REF`, `trigger TASK`, `tasks`, `by-refs REF REF`, `by-query`, `pending`,
    /// `validate TARGET`.
    pub(crate) fn calls(&self) -> Vec<String> {
        std::mem::take(&mut self.0.lock().unwrap().calls)
    }

    async fn answer(&self, request: Request) -> Response<Body> {
        let (head, body) = request.into_parts();
        let body: Bytes = body.collect().await.unwrap().to_bytes();
        let body = serde_json::from_slice(&body).unwrap_or(Value::Null);
        let is_known = head.headers.get(AUTHORIZATION).is_some_and(|it| it == &format!("Bearer {TOKEN}"));
        let (answer, after) = self.0.lock().unwrap().answer(head.uri.path(), &body, is_known);
        tokio::time::sleep(after).await;
        answer
    }
}

/// What is asked for.
enum Asked<'a> {
    Refresh(&'a str),
    Trigger(String),
    Tasks,
    ByRefs(Vec<&'a str>),
    ByQuery,
    Pending,
    Validate(&'a str),
}

impl<'a> Asked<'a> {
    fn new(path: &str, body: &'a Value) -> Option<Self> {
        let scheduler = path.strip_prefix("/api/catalog/.backstage/scheduler/v1/tasks");
        Some(match (path, scheduler) {
            ("/api/catalog/refresh", _) => Self::Refresh(body["entityRef"].as_str()?),
            (_, Some("")) => Self::Tasks,
            (_, Some(task)) => Self::Trigger(task.strip_prefix('/')?.strip_suffix("/trigger")?.replace("%3A", ":")),
            ("/api/catalog/entities/by-refs", _) => {
                Self::ByRefs(body["entityRefs"].as_array()?.iter().map(|it| it.as_str().unwrap()).collect())
            }
            ("/api/catalog/entities/by-query", _) => Self::ByQuery,
            ("/api/catalog/entities/unprocessed/pending", _) => Self::Pending,
            ("/api/catalog/validate-entity", _) => Self::Validate(body["location"].as_str()?.strip_prefix("url:")?),
            _ => return None,
        })
    }

    /// As [`FakeBackstage::calls`] has it.
    fn line(&self) -> String {
        match self {
            Self::Refresh(reference) => format!("refresh {reference}"),
            Self::Trigger(task) => format!("trigger {task}"),
            Self::Tasks => "tasks".into(),
            Self::ByRefs(references) => format!("by-refs {}", references.join(" ")),
            Self::ByQuery => "by-query".into(),
            Self::Pending => "pending".into(),
            Self::Validate(target) => format!("validate {target}"),
        }
    }
}

impl State {
    fn answer(&mut self, path: &str, body: &Value, is_known: bool) -> (Response<Body>, Duration) {
        let Some(asked) = Asked::new(path, body) else {
            return (refusal(404, "NotFoundError", "no such route"), Duration::ZERO);
        };
        let line = asked.line();
        let wrong = self.wrong.iter_mut().find(|(begin, _, times)| *times > 0 && line.starts_with(begin.as_str()));
        let wrong = wrong.map(|(_, wrong, times)| {
            *times -= 1;
            *wrong
        });
        self.calls.push(line);
        match wrong {
            Some(Wrong::Status(status)) => (refusal(status, word(status), "refused by the test"), Duration::ZERO),
            _ if !is_known => (refusal(401, word(401), "Illegal token"), Duration::ZERO),
            Some(Wrong::Slow(after)) => (self.done(&asked), after),
            None => (self.done(&asked), Duration::ZERO),
        }
    }

    fn done(&mut self, asked: &Asked<'_>) -> Response<Body> {
        match asked {
            Asked::Refresh(reference) if self.entities.contains_key(*reference) => empty(),
            Asked::Refresh(reference) => refusal(404, word(404), &format!("Entity {reference} not found")),
            Asked::Trigger(task) if self.tasks.iter().any(|(id, _)| id == task) => self.run(),
            Asked::Trigger(task) => refusal(404, word(404), &format!("Task {task} does not exist")),
            Asked::Tasks => ok(&json!({"tasks": self.tasks.iter().map(|it| self.task(it)).collect::<Vec<_>>()})),
            Asked::ByRefs(references) => {
                let found: Vec<_> = references.iter().map(|it| self.entities.get(&it.to_lowercase())).collect();
                ok(&json!({"items": found}))
            }
            Asked::ByQuery => {
                let items: Vec<_> = self.entities.values().collect();
                ok(&json!({"items": items, "totalItems": items.len(), "pageInfo": {}}))
            }
            Asked::Pending => match &self.pending {
                Some(pending) => ok(&json!({"type": "pending", "entities": pending})),
                None => refusal(404, word(404), "no such route"),
            },
            Asked::Validate(target) => match self.objections.get(*target) {
                None => empty(),
                Some(messages) => {
                    let errors = messages.iter().map(|it| json!({"name": "NotAllowedError", "message": it}));
                    with(400, &json!({"errors": errors.collect::<Vec<_>>()}))
                }
            },
        }
    }

    fn run(&mut self) -> Response<Body> {
        let now = Instant::now();
        if self.busy_until.is_some_and(|until| now < until) {
            return refusal(409, word(409), "Task is currently running");
        }
        self.busy_until = Some(now + self.run);
        self.runs += 1;
        self.last_run_ended_at = Some(format!("2026-11-21T13:00:00.{:03}Z", self.runs));
        if let Some(listing) = &self.listing {
            let listed = listing();
            self.entities.retain(|_, entity| entity["kind"] != "Location");
            listed.iter().for_each(|location| self.know(location));
        }
        empty()
    }

    fn know(&mut self, location: &Location) {
        let by = format!("url:{}", location.target);
        let name = location.reference.rsplit('/').next();
        let entity = json!({
            "apiVersion": "backstage.io/v1alpha1",
            "kind": "Location",
            "metadata": {"name": name, "namespace": "default", "annotations": {"backstage.io/managed-by-location": by}},
            "spec": {"type": "url", "target": location.target, "presence": "required"},
        });
        self.entities.insert(location.reference.clone(), entity);
    }

    fn task(&self, (id, scope): &(String, String)) -> Value {
        let settings = json!({"version": 2, "cadence": "PT10M", "timeoutAfterDuration": "PT1M"});
        let state = json!({"status": "idle", "lastRunEndedAt": self.last_run_ended_at});
        json!({"taskId": id, "pluginId": "catalog", "scope": scope, "settings": settings, "taskState": state, "workerState": {"status": "idle"}})
    }
}

impl fmt::Debug for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.entities.keys()).finish()
    }
}

/// `kind:namespace/name`, in lower case.
fn reference(entity: &Value) -> String {
    let text = |value: &Value| value.as_str().unwrap_or("default").to_lowercase();
    let metadata = &entity["metadata"];
    format!("{}:{}/{}", text(&entity["kind"]), text(&metadata["namespace"]), text(&metadata["name"]))
}

/// The name that Backstage gives an error of this status.
fn word(status: u16) -> &'static str {
    match status {
        401 => "AuthenticationError",
        403 => "NotAllowedError",
        404 => "NotFoundError",
        409 => "ConflictError",
        _ => "Error",
    }
}

fn refusal(status: u16, name: &str, message: &str) -> Response<Body> {
    let error = json!({"name": name, "message": message});
    with(
        status,
        &json!({"error": error, "request": {"method": "POST", "url": "/"}, "response": {"statusCode": status}}),
    )
}

fn empty() -> Response<Body> {
    Response::new(Body::empty())
}

fn ok(value: &Value) -> Response<Body> {
    with(StatusCode::OK.as_u16(), value)
}

fn with(status: u16, value: &Value) -> Response<Body> {
    let response = Response::builder().status(status).header("content-type", "application/json; charset=utf-8");
    response.body(value.to_string().into()).unwrap()
}
