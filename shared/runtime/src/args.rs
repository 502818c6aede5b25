//! The settings for receiving events and for logs.

use clap::builder::RangedU64ValueParser;
use std::time::Duration;

/// Receiving events.
#[derive(clap::Args, Debug, Clone)]
#[command(next_help_heading = "Serving")]
pub struct Args {
    /// Port to listen on
    #[arg(long, env = "PORT", default_value_t = 8080)]
    pub port: u16,

    /// Maximum request body size in bytes
    #[arg(long, env = "CALLBOARD_MAX_BODY", value_name = "BYTES", default_value_t = 2 * 1024 * 1024,
        value_parser = RangedU64ValueParser::<usize>::new().range(1024..=1024 * 1024 * 1024))]
    pub max_body: usize,

    /// Seconds to receive a request, and to handle its event before it is returned for retry. Keep it shorter than the
    /// Trigger's timeout
    #[arg(long, env = "CALLBOARD_TIMEOUT", value_name = "SECONDS", default_value = "20", value_parser = seconds)]
    pub timeout: Duration,

    /// Format of the log lines on stderr
    #[arg(long, env = "CALLBOARD_LOG_FORMAT", value_enum, default_value_t = LogFormat::Json)]
    pub log_format: LogFormat,
}

/// The format of the log lines.
#[derive(clap::ValueEnum, Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogFormat {
    /// One JSON object per line
    Json,
    /// Plain text for people
    Text,
}

/// At most an hour, so that it can be added to any instant.
fn seconds(text: &str) -> Result<Duration, String> {
    match text.parse() {
        Ok(seconds @ 1..=3600) => Ok(Duration::from_secs(seconds)),
        _ => Err("give whole seconds from 1 to 3600".to_owned()),
    }
}
