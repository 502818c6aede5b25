//! A task that Backstage runs by a schedule.

use crate::{Trouble, line::line};
use serde::Deserialize;
use serde_json::Value;

/// The most bytes of an error that are kept.
const KEPT: usize = 512;

/// A scheduled task of the catalog.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(from = "Listed")]
pub struct Task {
    /// Such as `awsS3-provider:callboard:refresh`.
    pub id: String,
    /// `local` or `global`.
    pub scope: String,
    /// Whether it runs now.
    pub is_running: bool,
    /// When its last run ended, RFC 3339; `None`: never since the start.
    pub last_run_ended_at: Option<String>,
    /// What went wrong in it. The provider of S3 only logs what goes wrong, and so never has any.
    pub last_run_error: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Listed {
    task_id: String,
    scope: String,
    /// `null` of a task that the database does not know.
    task_state: Option<State>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct State {
    status: String,
    last_run_ended_at: Option<String>,
    /// An error as JSON in a text.
    last_run_error: Option<String>,
}

impl From<Listed> for Task {
    fn from(task: Listed) -> Self {
        let state = task.task_state.unwrap_or_default();
        Self {
            id: task.task_id,
            scope: task.scope,
            is_running: state.status == "running",
            last_run_ended_at: state.last_run_ended_at,
            last_run_error: state.last_run_error.map(|error| words(&error)),
        }
    }
}

fn words(error: &str) -> String {
    match serde_json::from_str::<Value>(error) {
        Ok(error @ Value::Object(_)) => line(&Trouble::of_error(&error).words, KEPT),
        _ => line(error, KEPT),
    }
}
