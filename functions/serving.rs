//! Which function an event goes to.

use crate::{apps, context::Context, promises};
use bucket::Store;
use events::{Function, Nothing, Reply, Verdict};
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
}

impl Serving {
    /// Its name: also the OpenTelemetry service name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::All => "all",
            Self::Apps => Function::Apps.as_str(),
            Self::Promises => Function::Promises.as_str(),
        }
    }

    fn serves(self, function: Function) -> bool {
        matches!((self, function), (Self::All, _) | (Self::Apps, Function::Apps) | (Self::Promises, Function::Promises))
    }
}

/// The functions that one process serves.
#[derive(Debug)]
pub struct Functions<S> {
    /// Which ones.
    pub serving: Serving,
    /// Their surroundings.
    pub context: Arc<Context<S>>,
}

impl<S: Store + 'static> runtime::Handler for Functions<S> {
    fn name(&self) -> &'static str {
        self.serving.as_str()
    }

    async fn handle(&self, event: cloudevents::Event) -> Verdict {
        let decoded = tracing::info_span!("decode").in_scope(|| events::decode(event))?;
        let ours = decoded.and_then(|arrival| Some((arrival.function.filter(|it| self.serving.serves(*it))?, arrival)));
        match ours {
            Some((Function::Apps, arrival)) => apps::handle(&self.context, arrival).await,
            Some((Function::Promises, arrival)) => promises::handle(&self.context, arrival).await,
            Some((Function::Mesh | Function::Resync | Function::Refresh, _)) | None => {
                Ok(Reply::Nothing(Nothing::NotOurs))
            }
        }
    }
}
