//! Which function an event goes to.

use crate::{apps, context::Context, now::nothing, promises, resync};
use anyhow::ensure;
use bucket::Store;
use events::{Arrival, Function, Incoming, Nothing, Verdict};
use std::sync::Arc;

/// What one process serves; the value of `FUNCTION`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Serving {
    /// Every function, each event to the one that takes it
    All,
    /// Kratix resource requests -> their Components
    Apps,
    /// Kratix Promises -> their Components, APIs and Templates
    Promises,
    /// A tick -> cluster and bucket compared and brought in line
    Resync,
}

impl Serving {
    /// Its name: also the OpenTelemetry service name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::All => "all",
            Self::Apps => Function::Apps.as_str(),
            Self::Promises => Function::Promises.as_str(),
            Self::Resync => Function::Resync.as_str(),
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

impl<S: Store> Functions<S> {
    /// The functions of a Service that starts.
    ///
    /// # Errors
    /// If they cannot do without a cluster, and there is none.
    pub fn start(serving: Serving, context: Context<S>) -> anyhow::Result<Self> {
        if context.cluster.is_none() {
            ensure!(
                serving != Serving::Resync,
                "FUNCTION=resync needs a cluster: run it as a pod with a ServiceAccount and its token, or set KUBECONFIG"
            );
            tracing::warn!(
                "there is no cluster: events that do not carry their object end in 204, late ones count as they come, and \
                 nothing is resynced"
            );
        }
        Ok(Self { serving, context: Arc::new(context) })
    }

    fn serves(&self, function: Function) -> bool {
        match self.serving {
            Serving::All => function != Function::Resync || self.context.cluster.is_some(),
            Serving::Apps => function == Function::Apps,
            Serving::Promises => function == Function::Promises,
            Serving::Resync => function == Function::Resync,
        }
    }

    async fn changed(&self, arrival: Arrival) -> Verdict {
        match arrival.function.filter(|function| self.serves(*function)) {
            Some(Function::Apps) => apps::handle(&self.context, arrival).await,
            Some(Function::Promises) => promises::handle(&self.context, arrival).await,
            Some(Function::Mesh | Function::Resync | Function::Refresh) | None => nothing(Nothing::NotOurs),
        }
    }
}

impl<S: Store + 'static> runtime::Handler for Functions<S> {
    fn name(&self) -> &'static str {
        self.serving.as_str()
    }

    async fn handle(&self, event: cloudevents::Event) -> Verdict {
        let resyncs = self.serves(Function::Resync);
        match tracing::info_span!("decode").in_scope(|| events::decode(event))? {
            Some(Incoming::Change(arrival)) if self.serving == Serving::Resync => {
                resync::keep(&self.context, arrival.into()).await
            }
            Some(Incoming::Change(arrival)) => self.changed(arrival).await,
            Some(Incoming::Resync(request)) if resyncs => resync::tick(&self.context, request).await,
            Some(Incoming::Approval(approval)) if resyncs => resync::approve(&self.context, approval).await,
            Some(Incoming::DeadLetter(letter)) if resyncs => resync::keep(&self.context, letter).await,
            Some(Incoming::Resync(_) | Incoming::Approval(_) | Incoming::DeadLetter(_)) | None => {
                nothing(Nothing::NotOurs)
            }
        }
    }
}
