//! The binary: reads the command line and runs what it says.

use callboard::{
    cli::{Cli, Command},
    commands, serve,
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
        Cli::Serve(args) => serve::run(&args).map(done),
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
        Command::Preview(args) => callboard::dev::preview::run(&args),
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
