//! The provider of Backstage that lists the bucket: its task, its scope, and whether what it lists arrives.

use super::{
    backstage::{AREA, Patience},
    bucket::{Place, prefix},
    finding::Finding,
};
use backstage::{Backstage, Error, Task};
use catalog::{Key, Layout};
use std::time::Duration;
use tokio::time::{Instant, sleep};

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
    /// Whether its task is there and as it should be; false: it is not there.
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
                    format!("scope: local   # in app-config, catalog.providers.awsS3.{}.schedule", self.name());
                AREA.wrong(id, format!("scope {scope}: what is new or gone shows after 5 s instead of 1 s"), schedule)
            }
        });
        (found, true)
    }

    fn absent(&self, tasks: &[Task]) -> Finding {
        let others = tasks.iter().filter_map(|task| name(&task.id)).collect::<Vec<_>>();
        let id = self.backstage.task();
        match others.first() {
            Some(first) => {
                let why = format!("there is no such task; there is {}", others.join(", "));
                AREA.wrong(id, why, format!("export CALLBOARD_BACKSTAGE_PROVIDER={first}"))
            }
            None => {
                AREA.wrong(id, "Backstage has no provider of S3: is its module-aws installed?", self.configuration())
            }
        }
    }

    /// Whether what lies in the bucket is in the catalog; where it is not, after a run that begins now.
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
                Ok(false) => return AREA.unknown(subject, "no run of the provider has ended yet: ask again"),
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
            None => {
                AREA.ok(subject, format!("{} of the bucket's objects are in the catalog", keys.len().min(LOCATIONS)))
            }
            Some(first) => self.lost(first, missing.len()).await.unwrap_or_else(unknown),
        }
    }

    /// The objects of which the catalog has no Location.
    async fn missing(&self, keys: &[Key]) -> Result<Vec<String>, Error> {
        let keys: Vec<_> = keys.iter().take(LOCATIONS).map(ToString::to_string).collect();
        let references: Vec<_> = keys.iter().map(|key| self.backstage.location(key).reference).collect();
        let seen = self.backstage.by_refs(&references).await?;
        Ok(keys.into_iter().zip(seen).filter(|(_, seen)| seen.is_none()).map(|(key, _)| key).collect())
    }

    /// Lets it list the bucket, and waits until it has.
    async fn run(&self, patience: Duration) -> Result<bool, Error> {
        let ended = |tasks: Vec<Task>| {
            let task = tasks.into_iter().find(|task| task.id == self.backstage.task());
            task.filter(|task| !task.is_running).and_then(|task| task.last_run_ended_at)
        };
        let before = ended(self.backstage.tasks().await?);
        self.backstage.trigger().await?;
        let until = Instant::now() + patience;
        while Instant::now() < until {
            sleep(PACE).await;
            let now = ended(self.backstage.tasks().await?);
            if now.is_some() && now != before {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Why a Location is not there though the provider has listed. It only logs its failures.
    async fn lost(&self, key: &str, count: usize) -> Result<Finding, Error> {
        let location = self.backstage.location(key);
        let ours = self.backstage.location("x").target;
        let path = location.target.strip_prefix(ours.trim_end_matches('x')).unwrap_or_default().to_owned();
        let elsewhere =
            self.backstage.from("").await?.into_iter().find(|seen| seen.target.ends_with(&format!("/{path}")));
        if let Some(theirs) = elsewhere {
            let url = theirs.target.strip_suffix(&path).unwrap_or_default().trim_end_matches('/');
            let why = format!("Backstage reads {key} at {}, we refresh {}", theirs.target, location.target);
            return Ok(AREA.wrong("bucket URL", why, format!("export CALLBOARD_BACKSTAGE_BUCKET_URL={url}")));
        }
        let why = format!(
            "{count} of the bucket's objects, such as {key}, are in no Location after a run of the provider: its log says why; its credentials (aws.mainAccount), bucketName or prefix"
        );
        let credentials = "aws: {mainAccount: {accessKeyId: ..., secretAccessKey: ...}}   # in app-config, or Backstage's AWS_* variables";
        Ok(AREA.wrong("provider", why, format!("{credentials}\n{}", self.configuration())))
    }

    /// The name below `catalog.providers.awsS3`.
    fn name(&self) -> &str {
        name(self.backstage.task()).unwrap_or_default()
    }

    /// The provider as it should stand in app-config.
    fn configuration(&self) -> String {
        let (bucket, prefix, name) = (&self.place.bucket, prefix(self.layout), self.name());
        let schedule = "{frequency: {minutes: 10}, timeout: {minutes: 1}, scope: local}";
        format!(
            "catalog: {{providers: {{awsS3: {{{name}: {{bucketName: {bucket}, prefix: {prefix}/, region: us-east-1, schedule: {schedule}}}}}}}}}   # in app-config"
        )
    }
}

/// The provider of a task.
fn name(task: &str) -> Option<&str> {
    task.strip_prefix("awsS3-provider:")?.strip_suffix(":refresh")
}
