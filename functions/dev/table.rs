//! A table of 132 columns, with a row for each event.

use crate::dev::done::{Done, Report};
use cloudevents::{AttributesReader, Data, Event};
use events::{Nothing, Object, Reply, Verdict};
use runtime::Handler;
use serde_json::Value;
use std::{
    collections::HashSet,
    io::{self, Write},
    sync::{Mutex, PoisonError},
};

/// How wide the last column is, which is wrapped.
const LAST: usize = 51;

/// The table, as far as it is written.
#[derive(Debug)]
pub(super) struct Table<W> {
    pub(super) out: W,
    rows: usize,
    /// The ids of all replies so far.
    replies: HashSet<String>,
}

/// What a row says of the event itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Row {
    object: String,
    event: String,
}

impl<W: Write> Table<W> {
    pub(super) fn new(out: W) -> Self {
        Self { out, rows: 0, replies: HashSet::new() }
    }

    /// The same, which goes on elsewhere.
    pub(super) fn onto<V>(self, out: V) -> Table<V> {
        Table { out, rows: self.rows, replies: self.replies }
    }

    pub(super) fn head(&mut self) -> io::Result<()> {
        self.out.write_all(head().as_bytes())
    }

    /// Adds an event, and says what was done about it.
    pub(super) fn add(&mut self, row: &Row, verdict: &Verdict) -> io::Result<Done> {
        self.explained(row, verdict, None)
    }

    /// The same. If nothing was done, this says why.
    fn explained(&mut self, row: &Row, verdict: &Verdict, why: Option<String>) -> io::Result<Done> {
        let mut report = Report::of(verdict, &mut self.replies);
        if let Some(why) = why.filter(|_| report.done == Done::Unchanged) {
            report.details = vec![why];
        }
        self.rows += 1;
        self.out.write_all(self::row(self.rows, &row.object, &row.event, &report).as_bytes())?;
        self.out.flush()?;
        Ok(report.done)
    }
}

impl Row {
    /// The object of an event, by its data or otherwise by the extensions that an ApiServerSource sets, and the verb.
    pub(super) fn of(event: &Event) -> Self {
        let data = data(event);
        let part = |pointer: &str, extension: &str| {
            let named = || event.extension(extension).map(ToString::to_string);
            let part = data.pointer(pointer).and_then(Value::as_str).map(str::to_owned).or_else(named);
            part.filter(|part| !part.is_empty())
        };
        let kind = part("/kind", "kind").unwrap_or_else(|| "?".into());
        let namespace = part("/metadata/namespace", "namespace").map(|it| it + "/").unwrap_or_default();
        let name = part("/metadata/name", "name").unwrap_or_default();
        let verb = event.ty().rsplit('.').next().unwrap_or_default();
        Self { object: format!("{kind} {namespace}{name}"), event: verb.to_owned() }
    }

    /// The same, which says what happened.
    pub(super) fn titled(self, title: &str) -> Self {
        Self { event: format!("{}: {title}", self.event), ..self }
    }
}

fn data(event: &Event) -> Value {
    match event.data() {
        Some(Data::Json(data)) => data.clone(),
        Some(Data::Binary(bytes)) => serde_json::from_slice(bytes).unwrap_or_default(),
        Some(Data::String(text)) => serde_json::from_str(text).unwrap_or_default(),
        None => Value::Null,
    }
}

/// The object that an event says is there.
fn object(event: &Event) -> Option<Object> {
    if event.ty().ends_with(".delete") { None } else { Object::try_from(data(event)).ok() }
}

/// Why an object has no entities; `None` if it has some.
pub(super) type Why = Box<dyn Fn(&Object) -> Option<String> + Send + Sync>;

/// A function each of whose events becomes a row.
pub(super) struct Shown<H, W> {
    pub(super) function: H,
    pub(super) table: Mutex<Table<W>>,
    pub(super) why: Why,
}

impl<H: Handler, W: Write + Send + 'static> Handler for Shown<H, W> {
    fn name(&self) -> &'static str {
        self.function.name()
    }

    fn ready(&self) -> Result<(), String> {
        self.function.ready()
    }

    async fn handle(&self, event: Event) -> Verdict {
        let (row, object) = (Row::of(&event), object(&event));
        let verdict = self.function.handle(event).await;
        let is_unchanged = matches!(verdict, Ok(Reply::Nothing(Nothing::Unchanged)));
        let why = object.filter(|_| is_unchanged).and_then(|object| (self.why)(&object));
        // If nobody reads the table, the events count all the same.
        let _ = self.table.lock().unwrap_or_else(PoisonError::into_inner).explained(&row, &verdict, why);
        verdict
    }
}

fn head() -> String {
    format!("{}{}\n", line("#", "object", "event", "done", "entities, or why not"), "-".repeat(132))
}

/// One event, with a line for each detail at least.
fn row(number: usize, object: &str, event: &str, report: &Report) -> String {
    let mut details = report.details.iter().flat_map(|detail| wrapped(detail));
    let first = details.next().unwrap_or_default();
    let mut row = line(&number.to_string(), object, event, &report.done.to_string(), &first);
    row.extend(details.map(|detail| line("", "", "", "", &detail)));
    row
}

fn line(number: &str, object: &str, event: &str, done: &str, detail: &str) -> String {
    let whole = format!("{number:>2}  {object:<32}  {event:<30}  {done:<9}  {detail}");
    format!("{}\n", whole.trim_end())
}

/// The words of a text in lines that fit; a word that is too long is cut into pieces.
fn wrapped(text: &str) -> Vec<String> {
    let mut lines = vec![String::new()];
    let words = text.split_whitespace().map(|word| word.chars().collect::<Vec<_>>());
    for word in words.flat_map(|word| word.chunks(LAST - 2).map(String::from_iter).collect::<Vec<_>>()) {
        match lines.last_mut() {
            Some(line) if line.is_empty() => line.push_str(&word),
            Some(line) if line.chars().count() + 1 + word.chars().count() <= LAST => *line = format!("{line} {word}"),
            _ => lines.push(format!("  {word}")),
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;
    use cloudevents::{EventBuilder, EventBuilderV10};
    use events::Nack;
    use serde_json::json;

    /// Answers each event by its id.
    struct Answers;

    impl Handler for Answers {
        fn name(&self) -> &'static str {
            "answers"
        }

        async fn handle(&self, event: Event) -> Verdict {
            match event.id() {
                "1" => Err(Nack::Reject("it has no name".into())),
                "3" | "4" => Ok(Reply::Nothing(Nothing::Unchanged)),
                _ => Ok(Reply::Nothing(Nothing::NotOurs)),
            }
        }
    }

    #[tokio::test]
    async fn an_event_that_changes_nothing_is_a_row_too() {
        let why = Box::new(|object: &Object| (object.reference().name() == "out").then(|| "it opts out".to_owned()));
        let shown = Shown { function: Answers, table: Mutex::new(Table::new(Vec::new())), why };
        let app = |name: &str| json!({"apiVersion": "x.org/v1", "kind": "App", "metadata": {"name": name}});
        for (id, data) in [
            ("1", json!({"kind": "App"})),
            ("2", json!({"kind": "Job", "metadata": {"name": "x"}})),
            ("3", app("out")),
            ("4", app("same")),
        ] {
            let event = EventBuilderV10::new().id(id).source("/me").ty("dev.knative.apiserver.resource.add");
            let _ = shown.handle(event.data("application/json", data).build().unwrap()).await;
        }
        let written = String::from_utf8(shown.table.into_inner().unwrap().out).unwrap();
        let rows: Vec<_> = written.lines().map(|row| row.split_whitespace().collect::<Vec<_>>().join(" ")).collect();
        let wanted = [
            "1 App add rejected it has no name",
            "2 Job x add skipped no function takes this kind",
            "3 App out add unchanged it opts out",
            "4 App same add unchanged the entities stay as they are",
        ];
        assert_eq!(rows, wanted);
    }

    #[test]
    fn a_row_keeps_every_word_and_fits() {
        let details =
            vec!["component:default/app".into(), format!("why {} not so", "é".repeat(100)), "a b ".repeat(30)];
        let report = Report { done: Done::Unchanged, details: details.clone() };
        let row = row(7, "app default/todoer", "update: its annotations fixed", &report);
        assert!(row.lines().all(|line| line.chars().count() <= 132), "{row}");
        let letters = |text: &str| text.chars().filter(|c| "éab".contains(*c)).count();
        assert_eq!(letters(row.split_once("unchanged").unwrap().1), letters(&details.concat()));
    }
}
