//! The provider of Backstage that lists the bucket: its task, its scope, and whether what it lists arrives.

use super::{
    finding::{Area, Finding},
    line::{literal, shell},
    patience::Patience,
    place::{Place, prefix},
};
use backstage::{Backstage, Error, Known, Location, Seen, Task, Triggered};
use catalog::{Key, Layout};
use std::time::Duration;
use tokio::time::{Instant, sleep};

const AREA: Area = Area::Backstage;

/// How many Locations are looked up.
const LOCATIONS: usize = 100;

/// How often is looked.
const PACE: Duration = Duration::from_millis(250);

/// The provider of a bucket.
pub(super) struct Provider<'a> {
    pub(super) backstage: &'a Backstage,
    pub(super) place: &'a Place,
    pub(super) layout: &'a Layout,
}

impl Provider<'_> {
    /// Whether its task exists and is configured as it should be. False: it does not exist.
    pub(super) fn task(&self, tasks: &[Task]) -> (Vec<Finding>, bool) {
        let id = self.backstage.task();
        let Some(task) = tasks.iter().find(|task| task.id == id) else {
            return (vec![self.absent(tasks)], false);
        };
        let mut found = Vec::new();
        if let Some(error) = &task.last_run_error {
            found.push(AREA.wrong(id, format!("its last run failed: {error}"), self.configuration()));
        }
        found.push(match task.scope.as_str() {
            "local" => AREA.ok(id, "scope local"),
            scope => {
                let schedule =
                    format!("scope: local   # in app-config, below catalog.providers.awsS3.{}.schedule", self.name());
                AREA.wrong(
                    id,
                    format!("scope {scope}: new and deleted entities show after 5 s instead of 1 s"),
                    schedule,
                )
            }
        });
        (found, true)
    }

    fn absent(&self, tasks: &[Task]) -> Finding {
        let others = tasks.iter().filter_map(|task| name(&task.id)).collect::<Vec<_>>().join(", ");
        let why = match others.is_empty() {
            true => "Backstage has no provider for S3. Is its module-aws installed?".to_owned(),
            false => format!(
                "this task does not exist, only those of the providers {others}. Set CALLBOARD_BACKSTAGE_PROVIDER to the one that lists this bucket"
            ),
        };
        AREA.wrong(self.backstage.task(), why, self.configuration())
    }

    /// Whether the objects of the bucket, the newest first, are in the catalog. If one is not, the provider runs first.
    pub(super) async fn locations(&self, keys: &[Key], patience: Patience) -> Finding {
        let subject = "locations";
        let unknown = |error: Error| AREA.unknown(subject, error.to_string());
        let mut missing = match self.missing(keys).await {
            Ok(missing) => missing,
            Err(error) => return unknown(error),
        };
        if !missing.is_empty() {
            match self.run(patience.run).await {
                Ok(true) => {}
                Ok(false) => {
                    return AREA.unknown(subject, "no run of the provider has ended yet. Run the doctor again");
                }
                Err(error) => return unknown(error),
            }
            let until = Instant::now() + patience.shown;
            while !missing.is_empty() && Instant::now() < until {
                sleep(PACE).await;
                missing = match self.missing(keys).await {
                    Ok(missing) => missing,
                    Err(error) => return unknown(error),
                };
            }
        }
        match missing.first() {
            None => AREA.ok(subject, format!("the {} newest objects are in the catalog", keys.len().min(LOCATIONS))),
            Some(first) => self.lost(first, &missing).await.unwrap_or_else(unknown),
        }
    }

    /// The objects of which the catalog has no Location.
    async fn missing(&self, keys: &[Key]) -> Result<Vec<String>, Error> {
        let keys: Vec<_> = keys.iter().take(LOCATIONS).map(ToString::to_string).collect();
        let references: Vec<_> = keys.iter().map(|key| self.backstage.location(key).reference).collect();
        let seen = self.backstage.by_refs(&references).await?;
        Ok(keys.into_iter().zip(seen).filter(|(_, seen)| seen.is_none()).map(|(key, _)| key).collect())
    }

    /// Lets it list the bucket, and waits until it has. A run that is in progress may have listed before.
    async fn run(&self, patience: Duration) -> Result<bool, Error> {
        let ended = |tasks: Vec<Task>| {
            let task = tasks.into_iter().find(|task| task.id == self.backstage.task());
            task.filter(|task| !task.is_running).and_then(|task| task.last_run_ended_at)
        };
        let until = Instant::now() + patience;
        let mut before = ended(self.backstage.tasks().await?);
        while self.backstage.trigger().await? == Triggered::Busy {
            if Instant::now() >= until {
                return Ok(false);
            }
            sleep(PACE).await;
            before = ended(self.backstage.tasks().await?);
        }
        while Instant::now() < until {
            sleep(PACE).await;
            let now = ended(self.backstage.tasks().await?);
            if now.is_some() && now != before {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Why a Location is missing although the provider has listed. It only logs its failures.
    async fn lost(&self, key: &str, missing: &[String]) -> Result<Finding, Error> {
        let count = missing.len();
        let location = self.backstage.location(key);
        // The catalog shows a Location only some time after the provider has added it.
        if self.backstage.refresh(&location.reference).await? == Known::Yes {
            let why = format!(
                "{count} of the newest objects, such as {key}, are known, but Backstage has not processed them yet. Run the doctor again"
            );
            return Ok(AREA.unknown("locations", why));
        }
        let elsewhere = self.backstage.from("").await?.into_iter().find_map(|seen| self.elsewhere(&seen, key));
        if let Some(url) = elsewhere {
            let why = format!("Backstage reads {key} below {url}, but Callboard refreshes {}", location.target);
            let export = format!("export CALLBOARD_BACKSTAGE_BUCKET_URL={}", shell(&url));
            let literal = literal("CALLBOARD_BACKSTAGE_BUCKET_URL", &url);
            return Ok(AREA.wrong("bucket URL", why, format!("{export}\n{literal}")));
        }
        let why = format!(
            "{count} of the newest objects, such as {key}, have no Location after a run of the provider. Its log says why. Check its credentials (aws.mainAccount), bucketName and prefix"
        );
        let credentials = "mainAccount: {accessKeyId: ..., secretAccessKey: ...}   # in app-config, below aws, or as Backstage's AWS_* variables";
        Ok(AREA.wrong("provider", why, format!("{credentials}\n{}", self.configuration())))
    }

    /// The URL of our bucket below which a provider has found the object; what only says that it comes from there does not
    /// count.
    fn elsewhere(&self, seen: &Seen, key: &str) -> Option<String> {
        let bucket = self.backstage.location("x").target;
        let path = self.backstage.location(key).target.strip_prefix(bucket.trim_end_matches('x'))?.to_owned();
        let url = seen.target.strip_suffix(&path)?.strip_suffix('/')?;
        let is_ours = url.ends_with(&format!("/{}", self.place.bucket));
        let location = Location::new(&url.parse().ok()?, key);
        let is_its = location.target == seen.target && location.reference == seen.reference;
        (is_ours && is_its).then(|| url.to_owned())
    }

    /// The name below `catalog.providers.awsS3`.
    fn name(&self) -> &str {
        name(self.backstage.task()).unwrap_or_default()
    }

    /// The provider as app-config should have it.
    fn configuration(&self) -> String {
        let (bucket, prefix, name) = (&self.place.bucket, prefix(self.layout), self.name());
        let region = if self.place.endpoint.is_some() { "us-east-1" } else { "..." };
        let schedule = "{frequency: {minutes: 10}, timeout: {minutes: 1}, scope: local}";
        format!(
            "{name}: {{bucketName: {bucket}, prefix: {prefix}/, region: {region}, schedule: {schedule}}}   # in app-config, below catalog.providers.awsS3"
        )
    }
}

/// The provider of a task.
fn name(task: &str) -> Option<&str> {
    task.strip_prefix("awsS3-provider:")?.strip_suffix(":refresh")
}
