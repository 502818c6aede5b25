//! What can be set about receiving events and about logs.

use clap::builder::RangedU64ValueParser;
use std::time::Duration;

/// Receiving events.
#[derive(clap::Args, Debug, Clone)]
pub struct Args {
    /// The port to listen on
    #[arg(long, env = "PORT", default_value_t = 8080)]
    pub port: u16,

    /// The most bytes that the body of a request may have
    #[arg(long, env = "CALLBOARD_MAX_BODY", value_name = "BYTES", default_value_t = 2 * 1024 * 1024,
        value_parser = RangedU64ValueParser::<usize>::new().range(1024..=1024 * 1024 * 1024))]
    pub max_body: usize,

    /// The seconds within which a body must arrive, and within which an event is dealt with or given back for a retry;
    /// keep it shorter than the timeout of the Trigger
    #[arg(long, env = "CALLBOARD_TIMEOUT", value_name = "SECONDS", default_value = "20", value_parser = seconds)]
    pub timeout: Duration,

    /// How log lines are written to stderr
    #[arg(long, env = "CALLBOARD_LOG_FORMAT", value_enum, default_value_t = LogFormat::Json)]
    pub log_format: LogFormat,
}

/// How log lines are written.
#[derive(clap::ValueEnum, Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogFormat {
    /// One JSON object a line.
    Json,
    /// For people.
    Text,
}

/// At most an hour, so that it can be added to any instant.
fn seconds(text: &str) -> Result<Duration, String> {
    match text.parse() {
        Ok(seconds @ 1..=3600) => Ok(Duration::from_secs(seconds)),
        _ => Err("give whole seconds from 1 to 3600".to_owned()),
    }
}
