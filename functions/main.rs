//! The binary: arguments, clients, serve.

use callboard::{
    args::{Cli, Command, Serve},
    commands,
    serving::Functions,
};
use clap::Parser;
use std::process::ExitCode;

fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => return refused(&error),
    };
    let ended = match cli {
        Cli::Command(command) => run(command),
        Cli::Serve(args) => serve(&args).map(done),
    };
    match ended {
        Ok(code) => code,
        Err(error) => {
            eprintln!("callboard: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn refused(error: &clap::Error) -> ExitCode {
    match Cli::first_steps() {
        Some(steps) => {
            eprint!("{steps}");
            ExitCode::from(2)
        }
        None => error.exit(),
    }
}

fn run(command: Command) -> anyhow::Result<ExitCode> {
    match command {
        #[cfg(feature = "dev")]
        Command::Dev(args) => callboard::dev::run(args).map(done),
        #[cfg(feature = "dev")]
        Command::Preview(args) => callboard::dev::preview::run(&args).map(done),
        Command::Resync(args) => commands::resync::run(&args),
        Command::Drift(args) => commands::drift::run(&args),
        Command::Doctor(args) => commands::doctor::run(&args),
        Command::Sources(args) => commands::sources::run(&args),
        Command::Redrive(args) => commands::redrive::run(&args),
    }
}

fn done((): ()) -> ExitCode {
    ExitCode::SUCCESS
}

// One thread: docs/decisions/0006.
#[tokio::main(flavor = "current_thread")]
async fn serve(args: &Serve) -> anyhow::Result<()> {
    let telemetry = runtime::telemetry::init(args.function.as_str(), &args.runtime)?;
    let context = args.context()?.with_cluster(cluster::Cluster::of_service(&args.cluster).await?);
    let functions = Functions::start(args.function, context)?;
    let listener = runtime::listen(&args.runtime).await?;
    let ended = runtime::serve(listener, runtime::router(functions, &args.runtime), runtime::terminated()).await;
    telemetry.shutdown().await;
    ended
}
