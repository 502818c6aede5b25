//! The calls.

use crate::{Args, Error, Location, Seen, Trouble};
use url::Url;

/// Whether the catalog knows an entity.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Known {
    /// It does, and reads it anew.
    Yes,
    /// It does not (404).
    No,
}

/// Whether the provider lists the bucket anew.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Triggered {
    /// A run begins that was not going before.
    Begins,
    /// A run is going (409): what it lists may be older than the call.
    Busy,
}

/// A scheduled task of the catalog.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Task {
    /// Such as `awsS3-provider:callboard:refresh`.
    pub id: String,
    /// `local` or `global`.
    pub scope: String,
    /// Whether it runs now.
    pub is_running: bool,
    /// When its last run ended, RFC 3339; `None`: never since the start.
    pub last_run_ended_at: Option<String>,
    /// What went wrong in it. The provider of S3 only logs what goes wrong, and so never has any.
    pub last_run_error: Option<String>,
}

/// An entity that the catalog has never accepted, of the module `unprocessed`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pending {
    /// Its full ref.
    pub reference: String,
    /// The target of the Location that it comes from; empty where it has none.
    pub target: String,
    /// Why.
    pub troubles: Vec<Trouble>,
}

/// A Backstage backend.
#[derive(Debug, Clone)]
pub struct Backstage {
    url: Url,
    bucket: Url,
}

impl Backstage {
    /// The Backstage of these arguments, if they name one. `bucket` is the bucket's URL as we see it. Made after telemetry is
    /// set up, else it counts nothing. Nothing is called yet.
    ///
    /// # Errors
    /// Names the argument that is missing or cannot be used.
    pub fn new(args: &Args, bucket: Option<&Url>) -> anyhow::Result<Option<Self>> {
        let _ = (args, bucket);
        Ok(None)
    }

    /// The Location of the bucket object with this key.
    pub fn location(&self, key: &str) -> Location {
        Location::new(&self.bucket, key)
    }

    /// Its URL.
    pub fn url(&self) -> &Url {
        &self.url
    }

    /// The id of the provider's task: `awsS3-provider:<provider>:refresh`.
    pub fn task(&self) -> &str {
        ""
    }

    /// Lets the catalog read an entity and its ancestors anew: `POST /api/catalog/refresh`.
    ///
    /// # Errors
    /// If Backstage does not answer, or not with 200 or 404.
    pub async fn refresh(&self, reference: &str) -> Result<Known, Error> {
        let _ = reference;
        Err(Error::Unreached(String::new()))
    }

    /// Lets the provider list the bucket: `POST .../tasks/<id>/trigger`.
    ///
    /// # Errors
    /// If Backstage does not answer, or not with 200 or 409; a 404 says which task there is none of.
    pub async fn trigger(&self) -> Result<Triggered, Error> {
        Err(Error::Unreached(String::new()))
    }

    /// The tasks of the catalog.
    ///
    /// # Errors
    /// If Backstage does not answer, or not as documented.
    pub async fn tasks(&self) -> Result<Vec<Task>, Error> {
        Err(Error::Unreached(String::new()))
    }

    /// These entities, in the order asked for; `None`: not in the catalog. Any number; asked for in parts.
    ///
    /// # Errors
    /// If Backstage does not answer, or not as documented.
    pub async fn by_refs(&self, references: &[String]) -> Result<Vec<Option<Seen>>, Error> {
        let _ = references;
        Err(Error::Unreached(String::new()))
    }

    /// All entities that have trouble or come from an object below `target_prefix`, page by page.
    ///
    /// # Errors
    /// If Backstage does not answer, or not as documented.
    pub async fn from(&self, target_prefix: &str) -> Result<Vec<Seen>, Error> {
        let _ = target_prefix;
        Err(Error::Unreached(String::new()))
    }

    /// What the catalog has never accepted; `None`: the module `unprocessed` is not installed.
    ///
    /// # Errors
    /// If Backstage does not answer, or not as documented.
    pub async fn pending(&self) -> Result<Option<Vec<Pending>>, Error> {
        Err(Error::Unreached(String::new()))
    }

    /// Lets the catalog read a Location without keeping anything (`POST /api/catalog/validate-entity`): what it says against
    /// it, such as that it cannot read the object or that a kind in it is not allowed. Empty: all is well.
    ///
    /// # Errors
    /// If Backstage does not answer, or not as documented.
    pub async fn validate(&self, location: &Location) -> Result<Vec<Trouble>, Error> {
        let _ = location;
        Err(Error::Unreached(String::new()))
    }
}
