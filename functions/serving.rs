//! Which function an event goes to.

use crate::{
    context::Context,
    mesh,
    now::nothing,
    refresh, resync,
    table::{Needs, row},
};
use anyhow::ensure;
use bucket::Store;
use clap::builder::PossibleValue;
use events::{Approval, Arrival, Function, Incoming, News, Nothing, Reply, ResyncRequest, Verdict};
use std::{sync::Arc, time::Duration};
use tokio::{sync::oneshot, time::Instant};
use tracing::Instrument;

/// How long `resync` waits for the mesh after the time that both have.
const GRACE: Duration = Duration::from_secs(2);

/// What one process serves: the value of `FUNCTION`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Serving {
    /// Every function, each event to the one that takes it.
    All,
    /// One function.
    Only(Function),
}

impl Serving {
    const EACH: [Self; Function::ALL.len() + 1] = {
        let mut each = [Self::All; Function::ALL.len() + 1];
        let mut nth = 0;
        while nth < Function::ALL.len() {
            each[nth + 1] = Self::Only(Function::ALL[nth]);
            nth += 1;
        }
        each
    };

    /// Its name, which is also the OpenTelemetry service name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::All => "all",
            Self::Only(function) => function.as_str(),
        }
    }

    /// Whether it serves this function, if its surroundings allow it.
    pub fn includes(self, function: Function) -> bool {
        self == Self::All || self == Self::Only(function)
    }
}

impl clap::ValueEnum for Serving {
    fn value_variants<'a>() -> &'a [Self] {
        &Self::EACH
    }

    fn to_possible_value(&self) -> Option<PossibleValue> {
        let about = match self {
            Self::All => "Every function, each event to the one that takes it",
            Self::Only(function) => row(*function).about,
        };
        Some(PossibleValue::new(self.as_str()).help(about))
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
    /// The functions of a Service that starts, within a runtime. The mesh is listed in the background.
    ///
    /// # Errors
    /// If the function needs a cluster or a Backstage, and there is none.
    pub fn start(serving: Serving, context: Context<S>) -> anyhow::Result<Self> {
        let (has_cluster, has_backstage) = (context.cluster.is_some(), context.refresh.is_some());
        if let Serving::Only(function) = serving {
            match row(function).needs {
                Needs::Cluster | Needs::MeshIndex => ensure!(
                    has_cluster,
                    "FUNCTION={function} needs a cluster. Run it as a pod with a ServiceAccount and its token, or set \
                     KUBECONFIG"
                ),
                Needs::Backstage => {
                    ensure!(has_backstage, "FUNCTION={function} needs a Backstage. Set CALLBOARD_BACKSTAGE_URL")
                }
                Needs::Events => {}
            }
        }
        if !has_cluster && serving != Serving::Only(Function::Refresh) {
            tracing::warn!(
                "there is no cluster. Events that do not carry their object end in 204, late events count as they come, \
                 nothing is resynced, and no event mesh is cataloged"
            );
        }
        let context = Arc::new(context);
        if let (true, Some(cluster)) = (serving.includes(Function::Mesh), context.cluster.clone()) {
            let now = context.clock.now();
            context.mesh.started(now);
            tokio::spawn(mesh::start(context.clone(), cluster, now));
        }
        if let (true, Some(refresh)) = (serving.includes(Function::Refresh), &context.refresh) {
            refresh::start(&context, refresh);
        }
        Ok(Self { serving, context })
    }

    fn serves(&self, function: Function) -> bool {
        let context = &self.context;
        match self.serving {
            Serving::Only(only) => only == function,
            Serving::All => match row(function).needs {
                Needs::Events => true,
                Needs::Cluster => context.cluster.is_some(),
                Needs::MeshIndex => context.mesh.is_kept(),
                Needs::Backstage => context.refresh.is_some(),
            },
        }
    }

    async fn changed(&self, arrival: Arrival) -> Verdict {
        let function = arrival.function.filter(|function| self.serves(*function));
        if function == Some(Function::Mesh) {
            return mesh::handle(&self.context, arrival).await;
        }
        // Without a cluster, the mesh cannot look it up later, when a Trigger names it.
        if self.context.cluster.is_none() && self.serves(Function::Mesh) {
            mesh::handle(&self.context, arrival.clone()).await?;
        }
        match function {
            Some(function) => self.context.change(function, arrival).await,
            None => nothing(Nothing::NotOurs),
        }
    }

    async fn news(&self, news: News) -> Verdict {
        match &self.context.refresh {
            Some(refresh) if self.serves(Function::Refresh) => refresh::handle(&self.context, refresh, news).await,
            _ if self.serving == Serving::Only(Function::Resync) => resync::late(&self.context, &news),
            _ => nothing(Nothing::NotOurs),
        }
    }

    /// The mesh is compared with the first of several slices. Its own Service replies with what changed. If one Service
    /// has all functions, that goes to the sink.
    async fn resync(&self, request: ResyncRequest) -> Verdict {
        let is_first = request.cursor.is_none();
        if let Some(refresh) = self.context.refresh.as_ref().filter(|_| self.serves(Function::Refresh) && is_first) {
            if self.serving == Serving::Only(Function::Refresh) {
                return refresh::show_all(&self.context, refresh, request.cause).await;
            }
            // The events of resync and mesh report what they repair. This shows what was not shown before.
            let (context, refresh, cause) = (self.context.clone(), refresh.clone(), request.cause.clone());
            self.apart(async move { refresh::show_all(&context, &refresh, cause).await });
        }
        match (self.serves(Function::Resync), self.serves(Function::Mesh) && is_first) {
            (true, true) => {
                let until = Instant::now() + self.context.pace.slice() + GRACE;
                let (context, of_mesh) = (self.context.clone(), request.clone());
                let meshed = self.apart(async move { mesh::resync(&context, of_mesh).await });
                let resynced = resync::compare(&self.context, request).await;
                self.one_of(resynced, meshed, until).await
            }
            (true, false) => resync::compare(&self.context, request).await,
            (false, true) => mesh::resync(&self.context, request).await,
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

    /// Runs in a task of its own, so that it delays nothing when it is late. A result that comes too late goes to the sink.
    fn apart(&self, work: impl Future<Output = Verdict> + Send + 'static) -> oneshot::Receiver<Verdict> {
        let (sender, receiver) = oneshot::channel();
        let context = self.context.clone();
        let task = async move {
            if let Err(Ok(Reply::Changed(event) | Reply::Omitted(event))) = sender.send(work.await) {
                context.announce(Ok(*event)).await;
            }
        };
        tokio::spawn(task.in_current_span());
        receiver
    }

    /// One reply: that of `resync` if it has one. Then the other one goes to the sink.
    async fn one_of(&self, resynced: Verdict, meshed: oneshot::Receiver<Verdict>, until: Instant) -> Verdict {
        let Ok(Ok(meshed)) = tokio::time::timeout_at(until, meshed).await else {
            tracing::warn!("the mesh is not compared yet. What changes goes to the sink");
            return resynced;
        };
        match (resynced, meshed) {
            (Ok(Reply::Nothing(Nothing::Lapsed)), meshed) => meshed,
            (resynced, Ok(Reply::Nothing(_))) => resynced,
            (Ok(Reply::Nothing(_)), meshed) => meshed,
            (resynced, Ok(Reply::Changed(event) | Reply::Omitted(event))) => {
                self.context.announce(Ok(*event)).await;
                resynced
            }
            (resynced, Err(nack)) => {
                tracing::warn!(%nack, "the mesh could not be compared. The next periodic resync does it");
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
            Some(Incoming::Change(arrival)) if self.serving == Serving::Only(Function::Resync) => {
                resync::keep(&self.context, arrival.into()).await
            }
            Some(Incoming::Change(arrival)) => self.changed(arrival).await,
            Some(Incoming::News(news)) => self.news(news).await,
            Some(Incoming::Resync(request)) => self.resync(request).await,
            Some(Incoming::Approval(approval)) => self.approve(approval).await,
            Some(Incoming::DeadLetter(letter)) if resyncs => resync::keep(&self.context, letter).await,
            Some(Incoming::DeadLetter(_)) | None => nothing(Nothing::NotOurs),
        }
    }
}
