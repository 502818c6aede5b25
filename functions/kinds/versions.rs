//! Listing a kind, although the API server may not serve it yet, or serves another version of it.

use super::name::KindName;
use cluster::{Cluster, Error, Kind};
use std::time::Duration;
use tokio::time::{Instant, sleep};

/// The pauses before a kind is asked for again. The first one is zero, since the answer of discovery may be remembered from before
/// the kind was defined.
const PAUSES: [Duration; 6] = [
    Duration::ZERO,
    Duration::from_millis(250),
    Duration::from_millis(500),
    Duration::from_secs(1),
    Duration::from_secs(2),
    Duration::from_secs(4),
];

/// All that a run waits for the API server, whatever the number of kinds.
const WAIT: Duration = Duration::from_secs(8);

/// Until when a run waits for kinds that are defined and that the API server does not serve yet.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Patience(Instant);

impl Patience {
    /// That of a run which begins now and has time until then.
    pub(crate) fn until(end: Instant) -> Self {
        Self(end.min(Instant::now() + WAIT))
    }

    /// Whether there is time for a pause.
    fn has(self, pause: Duration) -> bool {
        pause.is_zero() || Instant::now() + pause <= self.0
    }
}

/// The versions in which to list a kind, one after another, until one of them is served: the one that is wanted, then the one that
/// its group prefers. If the kind is defined and none was served, both come again after a pause.
pub(crate) struct Versions<'a> {
    cluster: &'a Cluster,
    name: &'a KindName,
    wanted: Option<&'a str>,
    /// Whether it may be defined.
    is_known: bool,
    patience: Patience,
    pauses: std::slice::Iter<'static, Duration>,
    is_asked: bool,
    /// The last one is the next one.
    left: Vec<Kind>,
}

impl<'a> Versions<'a> {
    /// Those of a kind. If it is not known and not served, no definition is looked for.
    pub(crate) fn of(
        cluster: &'a Cluster,
        (name, wanted): (&'a KindName, Option<&'a str>),
        is_known: bool,
        patience: Patience,
    ) -> Self {
        let (pauses, left) = (PAUSES.iter(), Vec::new());
        Self { cluster, name, wanted, is_known, patience, pauses, is_asked: false, left }
    }

    /// The next one, after the one before was not served. `None`: the cluster has no such kind, and so none of its objects.
    ///
    /// # Errors
    /// [`Error::Unserved`] if the kind is defined and not served when the patience is at its end, or the cluster does not answer.
    pub(crate) async fn next(&mut self) -> Result<Option<Kind>, Error> {
        let KindName { group, kind, .. } = self.name;
        loop {
            if let Some(next) = self.left.pop() {
                return Ok(Some(next));
            }
            if self.is_asked {
                if !self.is_known || !self.cluster.defined(group, kind).await? {
                    return Ok(None);
                }
                self.wait().await?;
                self.cluster.forget(group).await;
            }
            self.is_asked = true;
            match self.cluster.kind(group, kind).await {
                Ok(Some(kind)) => {
                    let wanted = self.wanted.map(|version| kind.clone().in_version(version));
                    self.left = [Some(kind.clone()), wanted.filter(|it| *it != kind)].into_iter().flatten().collect();
                    self.is_known = true;
                }
                Ok(None) | Err(Error::Unserved { .. }) => {}
                Err(error) => return Err(error),
            }
        }
    }

    async fn wait(&mut self) -> Result<(), Error> {
        let name = self.name.display();
        match self.pauses.next() {
            Some(pause) if self.patience.has(*pause) => {
                tracing::info!(kind = name, "the kind is defined and not served yet; it is asked for again");
                sleep(*pause).await;
                Ok(())
            }
            _ => Err(Error::Unserved { what: format!("list {name}") }),
        }
    }
}
