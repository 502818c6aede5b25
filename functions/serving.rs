//! Which function an event goes to.

use crate::{apps, context::Context, mesh, now::nothing, promises, refresh, resync};
use anyhow::ensure;
use bucket::Store;
use events::{Approval, Arrival, Function, Incoming, News, Nothing, Reply, ResyncRequest, Verdict};
use std::{sync::Arc, time::Duration};
use tokio::{sync::oneshot, time::Instant};
use tracing::Instrument;

/// How long `resync` waits for the mesh after the time that both have.
const GRACE: Duration = Duration::from_secs(2);

/// What one process serves; the value of `FUNCTION`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Serving {
    /// Every function, each event to the one that takes it
    All,
    /// Kratix resource requests -> their Components
    Apps,
    /// Kratix Promises -> their Components, APIs and Templates
    Promises,
    /// EventTypes, Brokers, Triggers, Channels, sources, Knative Services -> the entities of the event mesh
    Mesh,
    /// A tick -> cluster and bucket compared and brought in line
    Resync,
    /// Our own events -> Backstage is told, and asked whether it took it
    Refresh,
}

impl Serving {
    /// Its name: also the OpenTelemetry service name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::All => "all",
            Self::Apps => Function::Apps.as_str(),
            Self::Promises => Function::Promises.as_str(),
            Self::Mesh => Function::Mesh.as_str(),
            Self::Resync => Function::Resync.as_str(),
            Self::Refresh => Function::Refresh.as_str(),
        }
    }
}

/// The functions that one process serves.
pub struct Functions<S> {
    /// Which ones.
    pub serving: Serving,
    /// Their surroundings.
    pub context: Arc<Context<S>>,
}

impl<S: Store + 'static> Functions<S> {
    /// The functions of a Service that starts, within a runtime: the mesh is listed in the background.
    ///
    /// # Errors
    /// If they cannot do without a cluster or a Backstage, and there is none.
    pub fn start(serving: Serving, context: Context<S>) -> anyhow::Result<Self> {
        if serving == Serving::Refresh {
            ensure!(context.refresh.is_some(), "FUNCTION=refresh needs a Backstage: set CALLBOARD_BACKSTAGE_URL");
        } else if context.cluster.is_none() {
            ensure!(
                !matches!(serving, Serving::Mesh | Serving::Resync),
                "FUNCTION={} needs a cluster: run it as a pod with a ServiceAccount and its token, or set KUBECONFIG",
                serving.as_str()
            );
            tracing::warn!(
                "there is no cluster: events that do not carry their object end in 204, late ones count as they come, \
                 nothing is resynced, and no event mesh is kept"
            );
        }
        let context = Arc::new(context);
        if let (Serving::All | Serving::Mesh, Some(cluster)) = (serving, context.cluster.clone()) {
            let now = context.clock.now();
            context.mesh.started(now);
            tokio::spawn(mesh::start(context.clone(), cluster, now));
        }
        if let (Serving::All | Serving::Refresh, Some(refresh)) = (serving, &context.refresh) {
            refresh::start(&context, refresh);
        }
        Ok(Self { serving, context })
    }

    fn serves(&self, function: Function) -> bool {
        match self.serving {
            Serving::All => match function {
                Function::Resync => self.context.cluster.is_some(),
                Function::Mesh => self.context.mesh.is_kept(),
                Function::Apps | Function::Promises => true,
                Function::Refresh => self.context.refresh.is_some(),
            },
            Serving::Mesh => function == Function::Mesh,
            Serving::Apps => function == Function::Apps,
            Serving::Promises => function == Function::Promises,
            Serving::Resync => function == Function::Resync,
            Serving::Refresh => function == Function::Refresh,
        }
    }

    async fn changed(&self, arrival: Arrival) -> Verdict {
        match arrival.function.filter(|function| self.serves(*function)) {
            Some(Function::Apps) => apps::handle(&self.context, arrival).await,
            Some(Function::Promises) => promises::handle(&self.context, arrival).await,
            Some(Function::Mesh) => mesh::handle(&self.context, arrival).await,
            Some(Function::Resync | Function::Refresh) | None => nothing(Nothing::NotOurs),
        }
    }

    async fn told(&self, news: News) -> Verdict {
        match &self.context.refresh {
            Some(refresh) if self.serves(Function::Refresh) => refresh::handle(&self.context, refresh, news).await,
            _ if self.serving == Serving::Resync => resync::late(&self.context, &news),
            _ => nothing(Nothing::NotOurs),
        }
    }

    /// Of a run of several slices the mesh is compared with the first; its Service tells what changed as the reply, all
    /// functions together by the sink.
    async fn tick(&self, request: ResyncRequest) -> Verdict {
        let is_first = request.cursor.is_none();
        if let Some(refresh) = self.context.refresh.as_ref().filter(|_| self.serves(Function::Refresh) && is_first) {
            if self.serving == Serving::Refresh {
                return refresh::tick(&self.context, refresh, request.cause).await;
            }
            // What resync and mesh repair, their events tell; this is what was not told before.
            let (context, refresh, cause) = (self.context.clone(), refresh.clone(), request.cause.clone());
            self.apart(async move { refresh::tick(&context, &refresh, cause).await });
        }
        match (self.serves(Function::Resync), self.serves(Function::Mesh) && is_first) {
            (true, true) => {
                let until = Instant::now() + self.context.pace.slice() + GRACE;
                let (context, of_mesh) = (self.context.clone(), request.clone());
                let meshed = self.apart(async move { mesh::tick(&context, of_mesh).await });
                let resynced = resync::tick(&self.context, request).await;
                self.one_of(resynced, meshed, until).await
            }
            (true, false) => resync::tick(&self.context, request).await,
            (false, true) => mesh::tick(&self.context, request).await,
            (false, false) => nothing(Nothing::NotOurs),
        }
    }

    async fn approve(&self, approval: Approval) -> Verdict {
        match (self.serves(Function::Resync), self.serves(Function::Mesh)) {
            (true, true) => {
                let resynced = resync::approve(&self.context, approval.clone()).await;
                let until = Instant::now() + GRACE;
                let context = self.context.clone();
                let meshed = self.apart(async move { mesh::approve(&context, approval).await });
                self.one_of(resynced, meshed, until).await
            }
            (true, false) => resync::approve(&self.context, approval).await,
            (false, true) => mesh::approve(&self.context, approval).await,
            (false, false) => nothing(Nothing::NotOurs),
        }
    }

    /// What the mesh does in a task of its own, so that it takes nothing with it when it is late. What nobody waits for any more
    /// goes to the sink.
    fn apart(&self, work: impl Future<Output = Verdict> + Send + 'static) -> oneshot::Receiver<Verdict> {
        let (tells, told) = oneshot::channel();
        let context = self.context.clone();
        let task = async move {
            if let Err(Ok(Reply::Changed(event))) = tells.send(work.await) {
                context.announce(Ok(*event)).await;
            }
        };
        tokio::spawn(task.in_current_span());
        told
    }

    /// One reply, that of `resync` where it has one; then the other one goes to the sink.
    async fn one_of(&self, resynced: Verdict, meshed: oneshot::Receiver<Verdict>, until: Instant) -> Verdict {
        let Ok(Ok(meshed)) = tokio::time::timeout_at(until, meshed).await else {
            tracing::warn!("the mesh is not compared yet: what changes goes to the sink");
            return resynced;
        };
        match (resynced, meshed) {
            (Ok(Reply::Nothing(Nothing::Lapsed)), meshed) => meshed,
            (resynced, Ok(Reply::Nothing(_))) => resynced,
            (Ok(Reply::Nothing(_)), meshed) => meshed,
            (resynced, Ok(Reply::Changed(event))) => {
                self.context.announce(Ok(*event)).await;
                resynced
            }
            (resynced, Err(nack)) => {
                tracing::warn!(%nack, "the mesh could not be compared; the next tick does");
                resynced
            }
        }
    }
}

impl<S: Store + 'static> runtime::Handler for Functions<S> {
    fn name(&self) -> &'static str {
        self.serving.as_str()
    }

    fn ready(&self) -> Result<(), String> {
        self.context.mesh.ready()
    }

    async fn handle(&self, event: cloudevents::Event) -> Verdict {
        let resyncs = self.serves(Function::Resync);
        match tracing::info_span!("decode").in_scope(|| events::decode(event))? {
            Some(Incoming::Change(arrival)) if self.serving == Serving::Resync => {
                resync::keep(&self.context, arrival.into()).await
            }
            Some(Incoming::Change(arrival)) => self.changed(arrival).await,
            Some(Incoming::News(news)) => self.told(news).await,
            Some(Incoming::Resync(request)) => self.tick(request).await,
            Some(Incoming::Approval(approval)) => self.approve(approval).await,
            Some(Incoming::DeadLetter(letter)) if resyncs => resync::keep(&self.context, letter).await,
            Some(Incoming::DeadLetter(_)) | None => nothing(Nothing::NotOurs),
        }
    }
}
