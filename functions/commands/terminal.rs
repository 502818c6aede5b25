//! A line on a terminal that says what a command does, while it does it.

use crate::progress::Progress;
use std::{
    io::{IsTerminal, Write, stderr},
    pin::pin,
    time::Duration,
};
use tokio::time::{Instant, interval};

/// How often the line is written.
const PACE: Duration = Duration::from_millis(200);

/// A command that is done by then shows nothing.
const PATIENCE: Duration = Duration::from_millis(600);

/// The longest line. A longer one would be two lines of a narrow terminal.
const WIDTH: usize = 78;

/// Does the work. If stderr is a terminal, a line says what it does, and is removed at the end.
pub(super) async fn shown<T>(progress: &Progress, work: impl Future<Output = T>) -> T {
    if !stderr().is_terminal() || std::env::var_os("TERM").is_some_and(|term| term == "dumb") {
        return work.await;
    }
    let (mut work, began, mut pace) = (pin!(work), Instant::now(), interval(PACE));
    let mut is_shown = false;
    loop {
        tokio::select! {
            biased;
            done = &mut work => {
                if is_shown {
                    write("");
                }
                return done;
            }
            _ = pace.tick() => {
                let (seen, waited) = (progress.seen(), began.elapsed());
                if waited >= PATIENCE && !seen.is_empty() {
                    write(&line(&seen, waited));
                    is_shown = true;
                }
            }
        }
    }
}

/// Writes over the line that is there. A terminal that has left reads nothing.
fn write(line: &str) {
    let mut stderr = stderr().lock();
    let _ = write!(stderr, "\r\x1b[K{line}").and_then(|()| stderr.flush());
}

fn line(doing: &str, waited: Duration) -> String {
    let doing: String = doing.chars().map(|it| if it.is_control() { ' ' } else { it }).collect();
    let line = format!("{:>3} s  {doing}", waited.as_secs());
    if line.chars().count() <= WIDTH { line } else { line.chars().take(WIDTH - 3).chain("...".chars()).collect() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_stays_one_line() {
        assert_eq!(line("app.example.org: 500 objects", Duration::from_secs(7)), "  7 s  app.example.org: 500 objects");
        let long = line(&format!("a\n\u{1b}[2J{}", "x".repeat(200)), Duration::from_secs(1));
        assert!(long.chars().count() == WIDTH && !long.contains(char::is_control), "{long:?}");
    }
}
