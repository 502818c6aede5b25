//! The binary: arguments, clients, serve.

use callboard::{
    args::{Cli, Command, Serve},
    context::Context,
    serving::Functions,
};
use clap::Parser;
use std::{process::ExitCode, sync::Arc};

fn main() -> ExitCode {
    let cli = Cli::parse();
    let ended = match (cli.command, cli.serve) {
        #[cfg(feature = "dev")]
        (Some(Command::Dev(args)), _) => callboard::dev::run(args),
        #[cfg(feature = "dev")]
        (Some(Command::Preview(args)), _) => callboard::dev::preview::run(&args),
        #[cfg(not(feature = "dev"))]
        (Some(command), _) => match command {},
        (None, Some(args)) => serve(args),
        (None, None) => Err(anyhow::anyhow!("nothing to do: see callboard --help")),
    };
    match ended {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("callboard: {error:#}");
            ExitCode::FAILURE
        }
    }
}

#[tokio::main]
async fn serve(args: Serve) -> anyhow::Result<()> {
    let settings = args.catalog.settings(&args.owner)?;
    let telemetry = runtime::telemetry::init(args.function.as_str(), &args.runtime)?;
    let bucket = bucket::Bucket::new(bucket::S3::new(args.bucket.clone()), settings.layout.clone(), args.bucket.honours());
    let functions = Functions { serving: args.function, context: Arc::new(Context::new(settings, bucket)) };
    let listener = runtime::listen(&args.runtime).await?;
    let ended = runtime::serve(listener, runtime::router(functions, &args.runtime), runtime::terminated()).await;
    telemetry.shutdown().await;
    ended
}
