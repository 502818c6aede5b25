//! What one check found, and how it is printed.

use super::line::escaped;
use serde::Serialize;
use serde_json::json;
use trust::shown;

/// What a check found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// The part of the install.
    pub area: Area,
    /// Its state.
    pub state: State,
    /// What was checked.
    pub subject: String,
    /// What is wrong with it. It may be empty if nothing is.
    pub detail: String,
    /// The lines that fix it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fix: Option<String>,
}

/// A part of an install.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Area {
    /// The bucket.
    Bucket,
    /// The cluster and who may read what.
    Cluster,
    /// What delivers events to the functions.
    Eventing,
    /// Backstage.
    Backstage,
}

/// The state of what was checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum State {
    /// It was checked, and nothing is wrong.
    Ok,
    /// It was checked, and must be fixed.
    Wrong,
    /// It could not be checked.
    Unknown,
    /// It need not be checked, and what that takes was not given.
    Skipped,
}

impl Area {
    /// Nothing is wrong with it.
    pub(super) fn ok(self, subject: impl Into<String>, detail: impl Into<String>) -> Finding {
        self.found(State::Ok, subject, detail, None)
    }

    /// It must be fixed, by this.
    pub(super) fn wrong(
        self,
        subject: impl Into<String>,
        detail: impl Into<String>,
        fix: impl Into<String>,
    ) -> Finding {
        self.found(State::Wrong, subject, detail, Some(fix.into()))
    }

    /// It could not be checked.
    pub(super) fn unknown(self, subject: impl Into<String>, detail: impl Into<String>) -> Finding {
        self.found(State::Unknown, subject, detail, None)
    }

    /// It need not be checked.
    pub(super) fn skipped(self, subject: impl Into<String>, detail: impl Into<String>) -> Finding {
        self.found(State::Skipped, subject, detail, None)
    }

    fn found(
        self,
        state: State,
        subject: impl Into<String>,
        detail: impl Into<String>,
        fix: Option<String>,
    ) -> Finding {
        let (subject, detail) = (subject.into(), shown(&detail.into()));
        Finding { area: self, state, subject, detail, fix: fix.map(|fix| shown(&fix)) }
    }

    fn as_str(self) -> &'static str {
        match self {
            Self::Bucket => "bucket",
            Self::Cluster => "cluster",
            Self::Eventing => "eventing",
            Self::Backstage => "backstage",
        }
    }
}

impl Finding {
    /// The same with a line that helps, although nothing is wrong.
    pub(super) fn with_fix(self, fix: impl Into<String>) -> Self {
        Self { fix: Some(shown(&fix.into())), ..self }
    }

    /// As a terminal may show it. Each line of the fix stays one line.
    fn escaped(&self) -> Self {
        let lines = |fix: &String| fix.lines().map(escaped).collect::<Vec<_>>().join("\n");
        let (subject, detail) = (escaped(&self.subject), escaped(&self.detail));
        Self { subject, detail, fix: self.fix.as_ref().map(lines), ..*self }
    }
}

/// All states, in the order in which they are counted.
const STATES: [State; 4] = [State::Ok, State::Wrong, State::Unknown, State::Skipped];

impl State {
    fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Wrong => "wrong",
            Self::Unknown => "unknown",
            Self::Skipped => "skipped",
        }
    }
}

/// How many findings are of this state.
pub(super) fn count(findings: &[Finding], state: State) -> usize {
    findings.iter().filter(|finding| finding.state == state).count()
}

/// A line for each finding, with the lines that fix it below.
pub(super) fn table(findings: &[Finding]) -> String {
    let findings: Vec<_> = findings.iter().map(Finding::escaped).collect();
    let width = |column: fn(&Finding) -> &str| findings.iter().map(|it| column(it).chars().count()).max();
    let a = width(|it| it.area.as_str()).unwrap_or_default();
    let b = width(|it| &it.subject).unwrap_or_default();
    let mut text = String::new();
    for Finding { area, state, subject, detail, fix } in &findings {
        let line = format!("{:<7}  {:<a$}  {subject:<b$}  {detail}", state.as_str(), area.as_str());
        text.extend([line.trim_end(), "\n"]);
        for line in fix.iter().flat_map(|fix| fix.lines()) {
            text.extend(["         ", line, "\n"]);
        }
    }
    let [ok, wrong, unknown, skipped] = STATES.map(|state| count(&findings, state));
    text + &format!("{ok} ok, {wrong} wrong, {unknown} unknown, {skipped} skipped\n")
}

/// One JSON document.
pub(super) fn document(findings: &[Finding]) -> String {
    let [ok, wrong, unknown, skipped] = STATES.map(|state| count(findings, state));
    let document = json!({"checks": findings, "ok": ok, "wrong": wrong, "unknown": unknown, "skipped": skipped});
    format!("{document:#}\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_finding_is_a_line_with_its_fix_below() {
        let findings = [
            Area::Bucket.ok("rights", "list, put"),
            Area::Eventing.wrong("trigger mesh", "it has no dead-letter sink", "kubectl patch"),
            Area::Backstage.unknown("backstage", ""),
        ];
        let wanted = "ok       bucket     rights        list, put
wrong    eventing   trigger mesh  it has no dead-letter sink
         kubectl patch
unknown  backstage  backstage
1 ok, 1 wrong, 1 unknown, 0 skipped
";
        assert_eq!(table(&findings), wanted);
    }

    #[test]
    fn no_password_of_a_url_is_printed() {
        let url = "http://me:hunter2@s3?key=hunter2";
        let wrong = Area::Bucket.wrong("URL", format!("{url} cannot be used"), format!("export A=...   # now {url}"));
        let skipped = Area::Bucket.skipped("URL", url).with_fix(format!("export A={url}"));
        let text = table(&[wrong, skipped]);
        assert!(text.contains("http://***@s3?***") && !text.contains("hunter2"), "{text}");
    }

    #[test]
    fn a_name_from_the_cluster_moves_no_cursor() {
        let text = table(&[Area::Bucket.wrong("a\u{1b}[2J", "b\nok  c", "d\ne")]);
        assert_eq!(
            text,
            "wrong    bucket  a\\u{1b}[2J  b\\nok  c\n         d\n         e\n0 ok, 1 wrong, 0 unknown, 0 skipped\n"
        );
    }

    #[test]
    fn the_document_has_each_finding_and_how_many_there_are() {
        let findings = [Area::Cluster.wrong("x", "y", "z"), Area::Cluster.ok("a", "")];
        let document: serde_json::Value = serde_json::from_str(&document(&findings)).unwrap();
        let wrong = json!({"area": "cluster", "state": "wrong", "subject": "x", "detail": "y", "fix": "z"});
        let ok = json!({"area": "cluster", "state": "ok", "subject": "a", "detail": ""});
        assert_eq!(document, json!({"checks": [wrong, ok], "ok": 1, "wrong": 1, "unknown": 0, "skipped": 0}));
    }
}
