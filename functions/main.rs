//! The binary: arguments, clients, serve.

#[cfg(feature = "dev")]
use callboard::args::Command;
use callboard::{
    args::{Cli, Serve},
    context::Context,
    serving::Functions,
};
use clap::Parser;
use std::{process::ExitCode, sync::Arc};

fn main() -> ExitCode {
    let ended = match Cli::parse() {
        #[cfg(feature = "dev")]
        Cli::Command(Command::Dev(args)) => callboard::dev::run(args),
        #[cfg(feature = "dev")]
        Cli::Command(Command::Preview(args)) => callboard::dev::preview::run(&args),
        #[cfg(not(feature = "dev"))]
        Cli::Command(command) => match command {},
        Cli::Serve(args) => serve(&args),
    };
    match ended {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("callboard: {error:#}");
            ExitCode::FAILURE
        }
    }
}

// One thread: docs/decisions/0006.
#[tokio::main(flavor = "current_thread")]
async fn serve(args: &Serve) -> anyhow::Result<()> {
    let settings = args.catalog.settings(&args.owner)?;
    let telemetry = runtime::telemetry::init(args.function.as_str(), &args.runtime)?;
    let bucket =
        bucket::Bucket::new(bucket::S3::new(args.bucket.clone()), settings.layout.clone(), args.bucket.honours());
    let functions = Functions { serving: args.function, context: Arc::new(Context::new(settings, bucket)) };
    let listener = runtime::listen(&args.runtime).await?;
    let ended = runtime::serve(listener, runtime::router(functions, &args.runtime), runtime::terminated()).await;
    telemetry.shutdown().await;
    ended
}
