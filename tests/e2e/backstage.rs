//! Backstage as its users see it, by the API of its catalog; and as the one who runs it starts and stops it.

use crate::{cluster, http::Target, recorder::Recorded};
use anyhow::{Context, Result, bail, ensure};
use reqwest::{Client, Method};
use serde_json::{Value, json};
use std::{
    collections::BTreeMap,
    fmt::Write,
    process::Command,
    time::{Duration, Instant},
};
use tokio_rustls::rustls::crypto::ring;

/// Where it is, its token, and the bucket as it sees it: tests/e2e/backstage/app-config.yaml.
pub(crate) const URL: &str = "http://10.244.0.1:27007";
pub(crate) const TOKEN: &str = "callboard-e2e-token";
pub(crate) const STORE: &str = "10.97.83.33";
pub(crate) const BUCKET_URL: &str = "http://10.97.83.33:8333/catalog";

/// The provider's task.
const TRIGGER: &str = ".backstage/scheduler/v1/tasks/awsS3-provider:callboard:refresh/trigger";

/// The pause between two looks at what is measured.
const PAUSE: Duration = Duration::from_millis(20);

/// One client of it, whose connections stay.
#[derive(Debug, Clone)]
pub(crate) struct Backstage(Client);

impl Backstage {
    pub(crate) fn new() -> Result<Self> {
        // reqwest wants one, though there is no TLS here. A second one changes nothing.
        let _ = ring::default_provider().install_default();
        let client = Client::builder().timeout(Duration::from_secs(30)).build()?;
        Ok(Self(client))
    }

    /// Starts it with these files of tests/e2e/backstage on top of its configuration, and waits until it is ready.
    pub(crate) fn start(more: &[&str]) -> Result<()> {
        cluster::run(Command::new("tests/e2e/backstage/start").args(more), "").map(drop)
    }

    pub(crate) fn stop() -> Result<()> {
        cluster::run(&mut Command::new("tests/e2e/backstage/stop"), "").map(drop)
    }

    /// An entity by its full ref; `None` if there is none.
    pub(crate) async fn entity(&self, reference: &str) -> Result<Option<Value>> {
        let (status, entity) = self.call(Method::GET, &by_name(reference)?, None).await?;
        match status {
            200 => Ok(Some(entity)),
            404 => Ok(None),
            _ => bail!("Backstage answered {status} for {reference}: {entity}"),
        }
    }

    /// An entity that is there.
    pub(crate) async fn present(&self, reference: &str) -> Result<Value> {
        self.entity(reference).await?.with_context(|| format!("Backstage shows no {reference}"))
    }

    /// An error as long as it shows an entity.
    pub(crate) async fn absent(&self, reference: &str) -> Result<()> {
        ensure!(self.entity(reference).await?.is_none(), "Backstage still shows {reference}");
        Ok(())
    }

    /// An error as long as an entity has not this title.
    pub(crate) async fn titled(&self, reference: &str, title: &str) -> Result<()> {
        let entity = self.present(reference).await?;
        ensure!(entity["metadata"]["title"] == title, "{reference} has the title {}", entity["metadata"]["title"]);
        Ok(())
    }

    /// The titles of entities; null if there is no such entity.
    pub(crate) async fn titles(&self, references: &[String]) -> Result<Vec<Value>> {
        let asked = json!({"entityRefs": references, "fields": ["metadata.title"]});
        let (status, mut found) = self.call(Method::POST, "entities/by-refs", Some(asked)).await?;
        ensure!(status == 200, "Backstage answered {status}: {found}");
        let items = found["items"].as_array_mut().map(std::mem::take).unwrap_or_default();
        Ok(items.into_iter().map(|mut item| item["metadata"]["title"].take()).collect())
    }

    /// What it says is wrong with any entity, or with what never became one.
    pub(crate) async fn trouble(&self) -> Result<String> {
        let (status, pending) = self.call(Method::GET, "entities/unprocessed/pending", None).await?;
        ensure!(status == 200, "Backstage answered {status}: {pending}");
        let mut trouble = String::new();
        for one in pending["entities"].as_array().into_iter().flatten() {
            if one["errors"].as_array().is_some_and(|errors| !errors.is_empty()) {
                writeln!(trouble, "never taken: {}: {}", one["unprocessed_entity"]["metadata"], one["errors"])?;
            }
        }
        for entity in self.all(&[("fields", "kind,metadata.namespace,metadata.name,status")]).await? {
            let items = entity["status"]["items"].as_array().into_iter().flatten();
            for item in items.filter(|item| item["level"] == "error") {
                writeln!(trouble, "{} {}: {}", entity["kind"], entity["metadata"], item["message"])?;
            }
        }
        Ok(trouble)
    }

    /// All entities that a query finds, page by page.
    pub(crate) async fn all(&self, query: &[(&str, &str)]) -> Result<Vec<Value>> {
        let (mut all, mut cursor) = (Vec::new(), None::<String>);
        loop {
            let more = cursor.as_deref().map(|cursor| ("cursor", cursor));
            let query: Vec<_> = query.iter().copied().chain([("limit", "500")]).chain(more).collect();
            let request = self.request(Method::GET, "entities/by-query").query(&query);
            let mut page: Value = request.send().await?.error_for_status()?.json().await?;
            all.append(page["items"].as_array_mut().context("a page has items")?);
            cursor = page["pageInfo"]["nextCursor"].as_str().map(str::to_owned);
            if cursor.is_none() {
                return Ok(all);
            }
        }
    }

    /// The Locations by which it reads bucket objects: their refs, by key.
    pub(crate) async fn locations(&self) -> Result<BTreeMap<String, String>> {
        let found = self.all(&[("filter", "kind=location"), ("fields", "metadata.name,spec.target")]).await?;
        let one = |it: &Value| {
            let key = it["spec"]["target"].as_str()?.strip_prefix(BUCKET_URL)?.strip_prefix('/')?;
            Some((key.to_owned(), format!("location:default/{}", it["metadata"]["name"].as_str()?)))
        };
        Ok(found.iter().filter_map(one).collect())
    }

    /// The raw call that makes it read an entity again; the status.
    pub(crate) async fn refresh(&self, reference: &str) -> Result<u16> {
        Ok(self.call(Method::POST, "refresh", Some(json!({"entityRef": reference}))).await?.0)
    }

    /// The raw call that lets it list the bucket, until it begins to.
    pub(crate) async fn trigger(&self) -> Result<()> {
        loop {
            match self.call(Method::POST, TRIGGER, None).await? {
                (200, _) => return Ok(()),
                (409, _) => tokio::time::sleep(Duration::from_millis(10)).await,
                (status, said) => bail!("Backstage answered {status} to the trigger: {said}"),
            }
        }
    }

    /// Sends an event once more, to another and with another id; the status. By a connection that stays, as those to Backstage do.
    pub(crate) async fn post_event(&self, to: &Target, event: &Recorded, id: &str) -> Result<u16> {
        let request =
            self.0.post(format!("http://{}{}", to.address, to.path)).header("host", &to.host).json(&event.data);
        let attributes = event.attributes.iter().filter(|(name, _)| *name != "id");
        let request =
            attributes.fold(request.header("ce-id", id), |it, (name, value)| it.header(format!("ce-{name}"), value));
        Ok(request.send().await.context("no answer to an event")?.status().as_u16())
    }

    /// Looks every 20 ms until it is as it should be.
    pub(crate) async fn until(&self, seconds: u64, mut look: impl AsyncFnMut() -> Result<()>) -> Result<()> {
        let deadline = Instant::now() + Duration::from_secs(seconds);
        loop {
            let seen = look().await;
            if seen.is_ok() || Instant::now() > deadline {
                return seen.with_context(|| format!("not within {seconds} s"));
            }
            tokio::time::sleep(PAUSE).await;
        }
    }

    async fn call(&self, method: Method, path: &str, body: Option<Value>) -> Result<(u16, Value)> {
        let mut request = self.request(method, path);
        if let Some(body) = body {
            request = request.json(&body);
        }
        let answer = request.send().await.context("Backstage does not answer")?;
        let (status, text) = (answer.status().as_u16(), answer.text().await?);
        Ok((status, serde_json::from_str(&text).unwrap_or(Value::String(text))))
    }

    fn request(&self, method: Method, path: &str) -> reqwest::RequestBuilder {
        self.0.request(method, format!("{URL}/api/catalog/{path}")).bearer_auth(TOKEN)
    }
}

/// The targets of an entity's relations of this type.
pub(crate) fn related<'a>(entity: &'a Value, relation: &str) -> Vec<&'a str> {
    let all = entity["relations"].as_array().into_iter().flatten();
    all.filter(|one| one["type"] == relation).filter_map(|one| one["targetRef"].as_str()).collect()
}

fn by_name(reference: &str) -> Result<String> {
    let (kind, rest) = reference.split_once(':').with_context(|| format!("{reference} is not a full ref"))?;
    Ok(format!("entities/by-name/{kind}/{rest}"))
}
