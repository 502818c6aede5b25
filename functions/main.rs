//! The binary: reads the command line and runs what it says.

use callboard::{
    cli::{Cli, Command},
    commands,
    ending::Ending,
    serve,
};
use std::{
    io::{Write, stderr},
    process::ExitCode,
};

fn main() -> ExitCode {
    let cli = match Cli::read() {
        Ok(cli) => cli,
        Err(error) => return refused(&error),
    };
    let ended = match cli {
        Cli::Command(command) => run(command),
        Cli::Serve(args) => serve::run(&args).map(|()| Ending::Fine),
    };
    match ended {
        Ok(ending) => ending.into(),
        Err(error) => {
            // A terminal that has left reads nothing.
            let _ = writeln!(stderr(), "callboard: {}", trust::shown(&format!("{error:#}")));
            Ending::Unknown.into()
        }
    }
}

fn refused(error: &clap::Error) -> ExitCode {
    match Cli::first_steps() {
        Some(steps) => {
            let _ = write!(stderr(), "{steps}");
            Ending::Unknown.into()
        }
        None => {
            let said = error.to_string();
            let shown = trust::shown(&said);
            if shown == said {
                error.exit();
            }
            let _ = write!(stderr(), "{shown}");
            Ending::Unknown.into()
        }
    }
}

fn run(command: Command) -> anyhow::Result<Ending> {
    match command {
        #[cfg(feature = "dev")]
        Command::Dev(args) => callboard::dev::run(args).map(|()| Ending::Fine),
        #[cfg(feature = "preview")]
        Command::Preview(args) => callboard::preview::run(&args),
        Command::Resync(args) => commands::resync::run(&args),
        Command::Drift(args) => commands::drift::run(&args),
        Command::Doctor(args) => commands::doctor::run(&args),
        Command::Sources(args) => commands::sources::run(&args),
        Command::Redrive(args) => commands::redrive::run(&args),
    }
}
