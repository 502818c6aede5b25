//! The calls.

use crate::{
    Args, Error, Location, Pending, Seen, Task, Trouble,
    seen::FIELDS,
    wire::{Answer, Call, Wire},
};
use http::StatusCode;
use serde::Deserialize;
use serde_json::{Value, json};
use url::Url;

/// So many refs of at most 191 bytes are well below the 100 KB that Backstage takes.
const PART: usize = 200;

/// Entities of a page, as a query has it.
const PAGE: &str = "500";

/// The most pages: 100,000 entities.
const PAGES: usize = 200;

const TASKS: [&str; 4] = [".backstage", "scheduler", "v1", "tasks"];

/// Whether the catalog knows an entity.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Known {
    /// It does, and reads it again.
    Yes,
    /// It does not (404).
    No,
}

/// Whether the provider lists the bucket again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Triggered {
    /// A run begins that was not going before.
    Begins,
    /// A run is going (409): what it lists may be older than the call.
    Busy,
}

/// A Backstage backend.
#[derive(Debug, Clone)]
pub struct Backstage {
    wire: Wire,
    bucket: Url,
    task: String,
}

impl Backstage {
    /// The Backstage of these arguments, if they name one. `bucket` is the bucket's URL as we see it. Made after telemetry is
    /// set up, otherwise it counts nothing. Nothing is called yet.
    ///
    /// # Errors
    /// Names the argument that is missing or cannot be used.
    pub fn new(args: &Args, bucket: Option<&Url>) -> anyhow::Result<Option<Self>> {
        let Some(url) = args.url.clone() else { return Ok(None) };
        let task = format!("awsS3-provider:{}:refresh", args.provider);
        Ok(Some(Self { wire: Wire::new(url, args)?, bucket: args.bucket(bucket)?, task }))
    }

    /// The Location of the bucket object with this key.
    pub fn location(&self, key: &str) -> Location {
        Location::new(&self.bucket, key)
    }

    /// Its URL.
    pub fn url(&self) -> &Url {
        &self.wire.url
    }

    /// The id of the provider's task: `awsS3-provider:<provider>:refresh`.
    pub fn task(&self) -> &str {
        &self.task
    }

    /// Lets the catalog read an entity and its ancestors again: `POST /api/catalog/refresh`.
    ///
    /// # Errors
    /// If Backstage does not answer, or not with 200 or 404.
    pub async fn refresh(&self, reference: &str) -> Result<Known, Error> {
        let call = Call::post("refresh", format!("refresh {reference}"), &["refresh"]);
        let answer = self.wire.send(call.body(json!({"entityRef": reference})).or(&[StatusCode::NOT_FOUND])).await?;
        match answer.status {
            StatusCode::NOT_FOUND if answer.is_not_found() => Ok(Known::No),
            StatusCode::NOT_FOUND => Err(answer.astray()),
            _ => Ok(Known::Yes),
        }
    }

    /// Lets the provider list the bucket: `POST .../tasks/<id>/trigger`.
    ///
    /// # Errors
    /// If Backstage does not answer, or not with 200 or 409; a 404 says which task there is none of.
    pub async fn trigger(&self) -> Result<Triggered, Error> {
        let path = [&TASKS[..], &[&self.task, "trigger"]].concat();
        let call = Call::post("trigger", format!("trigger the task {}", self.task), &path);
        let answer = self.wire.send(call.or(&[StatusCode::CONFLICT, StatusCode::NOT_FOUND])).await?;
        match answer.status {
            StatusCode::CONFLICT => Ok(Triggered::Busy),
            StatusCode::NOT_FOUND if answer.is_not_found() => Err(answer.refused(NO_TASK)),
            StatusCode::NOT_FOUND => Err(answer.astray()),
            _ => Ok(Triggered::Begins),
        }
    }

    /// The tasks of the catalog.
    ///
    /// # Errors
    /// If Backstage does not answer, or not as documented.
    pub async fn tasks(&self) -> Result<Vec<Task>, Error> {
        let call = Call::get("tasks", "list the catalog's tasks".to_owned(), &TASKS);
        let listed: Tasks = self.wire.send(call).await?.json()?;
        Ok(listed.tasks)
    }

    /// These entities, in the order asked for; `None`: not in the catalog. Any number; asked for in parts.
    ///
    /// # Errors
    /// If Backstage does not answer, or not as documented.
    pub async fn by_refs(&self, references: &[String]) -> Result<Vec<Option<Seen>>, Error> {
        let mut found = Vec::with_capacity(references.len());
        for part in references.chunks(PART) {
            let what = format!("look {} entities up", part.len());
            // The catalog compares with what it has in lower case.
            let refs: Vec<_> = part.iter().map(|reference| reference.to_lowercase()).collect();
            let call = Call::post("by_refs", what, &["entities", "by-refs"]).patient();
            let answer = self.wire.send(call.body(json!({"entityRefs": refs, "fields": FIELDS}))).await?;
            let items: Items = answer.json()?;
            if items.items.len() != part.len() {
                return Err(answer.refused(&format!("it answered with {} instead", items.items.len())));
            }
            found.extend(items.items);
        }
        Ok(found)
    }

    /// All entities that come from an object below `target_prefix`, their Locations included, in the order of their refs.
    /// Backstage cannot search for them, so that all of its entities are read, of each the few fields that are needed.
    ///
    /// # Errors
    /// If Backstage does not answer, or not as documented, or has more than 100,000 entities.
    pub async fn from(&self, target_prefix: &str) -> Result<Vec<Seen>, Error> {
        let (mut found, mut cursor) = (Vec::new(), None::<String>);
        for _ in 0..PAGES {
            let answer = self.page(cursor.as_deref()).await?;
            let page: Page = answer.json()?;
            found.extend(page.items.into_iter().filter(|seen| seen.target.starts_with(target_prefix)));
            cursor = page.page_info.next_cursor;
            if cursor.is_none() {
                found.sort_by(|a, b| a.reference.cmp(&b.reference));
                return Ok(found);
            }
        }
        Err(Error::Refused(format!("Backstage at {} has more than {PAGES} pages of {PAGE} entities", self.url())))
    }

    async fn page(&self, cursor: Option<&str>) -> Result<Answer, Error> {
        let fields = FIELDS.join(",");
        let call = Call::get("by_query", "list the entities".to_owned(), &["entities", "by-query"]).patient();
        let call = call.query("limit", PAGE).query("fields", &fields);
        self.wire.send(cursor.into_iter().fold(call, |call, cursor| call.query("cursor", cursor))).await
    }

    /// What the catalog has never accepted; `None`: the module `unprocessed` is not installed.
    ///
    /// # Errors
    /// If Backstage does not answer, or not as documented.
    pub async fn pending(&self) -> Result<Option<Vec<Pending>>, Error> {
        let path = ["entities", "unprocessed", "pending"];
        let call = Call::get("pending", "list what is pending".to_owned(), &path).patient();
        let answer = self.wire.send(call.or(&[StatusCode::NOT_FOUND])).await?;
        if answer.status == StatusCode::NOT_FOUND {
            return Ok(None);
        }
        let listed: Unprocessed = answer.json()?;
        Ok(Some(listed.entities))
    }

    /// Lets the catalog read a Location without keeping anything (`POST /api/catalog/validate-entity`): what it says against
    /// it, such as that it cannot read the object or that a kind in it is not allowed. Empty: all is well. It does not look
    /// further into the entities that it reads.
    ///
    /// # Errors
    /// If Backstage does not answer, or not as documented.
    pub async fn validate(&self, location: &Location) -> Result<Vec<Trouble>, Error> {
        let (target, name) = (&location.target, location.name());
        let by = format!("url:{target}");
        let annotations =
            json!({"backstage.io/managed-by-location": by, "backstage.io/managed-by-origin-location": by});
        let entity = json!({
            "apiVersion": "backstage.io/v1alpha1",
            "kind": "Location",
            "metadata": {"name": name, "annotations": annotations},
            "spec": {"type": "url", "target": target, "presence": "required"},
        });
        let call = Call::post("validate", format!("validate the Location of {target}"), &["validate-entity"]).patient();
        let call = call.body(json!({"entity": entity, "location": by})).or(&[StatusCode::BAD_REQUEST]);
        let answer = self.wire.send(call).await?;
        if answer.status != StatusCode::BAD_REQUEST {
            return Ok(Vec::new());
        }
        let said: Said = answer.json()?;
        Ok(said.errors.iter().map(Trouble::of_error).collect())
    }
}

/// What a 404 of Backstage's own means when the task is triggered.
const NO_TASK: &str = "it has no such task (404); CALLBOARD_BACKSTAGE_PROVIDER must be the name below \
    catalog.providers.awsS3 in app-config, or `default` where bucketName stands right there";

#[derive(Deserialize)]
struct Tasks {
    tasks: Vec<Task>,
}

#[derive(Deserialize)]
struct Items {
    items: Vec<Option<Seen>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Page {
    items: Vec<Seen>,
    page_info: PageInfo,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct PageInfo {
    next_cursor: Option<String>,
}

#[derive(Deserialize)]
struct Unprocessed {
    entities: Vec<Pending>,
}

#[derive(Deserialize)]
struct Said {
    errors: Vec<Value>,
}
