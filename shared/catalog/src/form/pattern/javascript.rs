//! A pattern of Go's `regexp`, which Kubernetes uses, as JavaScript writes it with the flag `u`.
//!
//! Nothing here compiles a pattern, so the work grows with its length alone. What a browser would have to build is
//! bounded, too. Rules: <https://github.com/google/re2/wiki/Syntax> and the grammar of ECMAScript's patterns.

use super::{class::class, reader};
use reader::Reader;
use std::fmt::Write;

/// Bytes. The longest of well-known definitions have 1,300.
const LONGEST: usize = 4_096;
/// Groups in one another.
const DEEPEST: usize = 50;
/// Characters and classes, each as often as it is repeated.
const MOST_STEPS: usize = 20_000;
/// Unlimited repetitions in one another.
const MOST_LOOPS: usize = 5;

/// The same pattern for a browser. `None` if it uses what JavaScript cannot say, is not valid in Go, or is too much.
pub(super) fn javascript(pattern: &str) -> Option<String> {
    if pattern.len() > LONGEST {
        return None;
    }
    let mut translation =
        Translation { reader: Reader(pattern), written: String::new(), levels: vec![], of: Level::default() };
    while translation.part()? {}
    translation.levels.is_empty().then_some(translation.written)
}

/// Writes a character so that it stands for itself wherever it is.
pub(super) fn plain(written: &mut String, character: char) {
    let _ = match character {
        '\n' => written.write_str("\\n"),
        '\r' => written.write_str("\\r"),
        '\t' => written.write_str("\\t"),
        control if control.is_control() => write!(written, "\\u{{{:x}}}", u32::from(control)),
        other => written.write_char(other),
    };
}

/// What a browser builds for a part of a pattern.
#[derive(Default, Clone, Copy)]
struct Work {
    steps: usize,
    loops: usize,
}

impl Work {
    const STEP: Self = Self { steps: 1, loops: 0 };

    fn and(self, other: Self) -> Self {
        Self { steps: self.steps.saturating_add(other.steps), loops: self.loops.max(other.loops) }
    }

    /// The work of so many repetitions, if that is not too much.
    fn repeated(self, most: usize, endless: bool) -> Option<Self> {
        let repeated = Self { steps: self.steps.saturating_mul(most.max(1)), loops: self.loops + usize::from(endless) };
        (repeated.steps <= MOST_STEPS && repeated.loops <= MOST_LOOPS).then_some(repeated)
    }
}

/// A group, or the whole.
#[derive(Default, Clone, Copy)]
struct Level {
    done: Work,
    /// What a repetition would repeat.
    last: Option<Work>,
}

impl Level {
    fn push(&mut self, next: Option<Work>) {
        self.done = self.done.and(self.last.unwrap_or_default());
        self.last = next;
    }
}

struct Translation<'a> {
    reader: Reader<'a>,
    written: String,
    /// The groups that are open, without the innermost one.
    levels: Vec<Level>,
    of: Level,
}

impl Translation<'_> {
    /// Translates the next part. `false` at the end.
    fn part(&mut self) -> Option<bool> {
        let Some(next) = self.reader.next() else { return Some(false) };
        match next {
            '(' => self.open()?,
            ')' => self.close()?,
            '*' | '+' => self.repeat(&next.to_string(), 1, true)?,
            '?' => self.repeat("?", 1, false)?,
            '{' => match self.reader.repetition() {
                Some((least, most)) => self.count(least, most)?,
                None => self.literal('{'),
            },
            '|' | '^' | '$' => self.anchor(&next.to_string()),
            '.' => self.step("."),
            '[' => {
                let class = class(&mut self.reader)?;
                self.step(&class);
            }
            '\\' => self.escape()?,
            other => self.literal(other),
        }
        Some(true)
    }

    fn open(&mut self) -> Option<()> {
        if self.reader.take("?:") {
            self.written += "(?:";
        } else if self.reader.take("?P<") || self.reader.take("?<") {
            let name = self.reader.until(">")?;
            (!name.is_empty() && name.bytes().all(|b| b == b'_' || b.is_ascii_alphanumeric())).then_some(())?;
            self.written.push('(');
        } else if self.reader.0.starts_with('?') {
            return None;
        } else {
            self.written.push('(');
        }
        self.of.push(None);
        self.levels.push(std::mem::take(&mut self.of));
        (self.levels.len() <= DEEPEST).then_some(())
    }

    fn close(&mut self) -> Option<()> {
        self.of.push(None);
        let group = self.of.done.and(Work::STEP);
        self.of = self.levels.pop()?;
        self.of.push(Some(group));
        self.written.push(')');
        Some(())
    }

    fn count(&mut self, least: u32, most: Option<u32>) -> Option<()> {
        reader::may_repeat(least, most).then_some(())?;
        let text = match most {
            None => format!("{{{least},}}"),
            Some(most) if most == least => format!("{{{least}}}"),
            Some(most) => format!("{{{least},{most}}}"),
        };
        self.repeat(&text, most.unwrap_or(least) as usize, most.is_none())
    }

    /// Repeats the last part, which neither Go nor JavaScript does twice in a row.
    fn repeat(&mut self, text: &str, most: usize, endless: bool) -> Option<()> {
        let repeated = self.of.last.take()?.repeated(most, endless)?;
        self.of.done = self.of.done.and(repeated);
        (self.of.done.steps <= MOST_STEPS).then_some(())?;
        self.written += text;
        if self.reader.take("?") {
            self.written.push('?');
        }
        Some(())
    }

    /// What JavaScript does not repeat.
    fn anchor(&mut self, text: &str) {
        self.of.push(None);
        self.written += text;
    }

    fn step(&mut self, text: &str) {
        self.of.push(Some(Work::STEP));
        self.written += text;
    }

    fn literal(&mut self, character: char) {
        self.of.push(Some(Work::STEP));
        if r"^$\.*+?()[]{}|".contains(character) {
            self.written.push('\\');
            self.written.push(character);
        } else {
            plain(&mut self.written, character);
        }
    }

    fn escape(&mut self) -> Option<()> {
        match self.reader.0.chars().next()? {
            class @ ('d' | 'D' | 'w' | 'W' | 's' | 'S') => {
                self.reader.next();
                self.step(&format!("\\{class}"));
            }
            'b' if self.reader.take("b") => self.anchor("\\b"),
            'B' if self.reader.take("B") => self.anchor("\\B"),
            'A' if self.reader.take("A") => self.anchor("^"),
            'z' if self.reader.take("z") => self.anchor("$"),
            letter @ ('p' | 'P') => {
                self.reader.next();
                let property = self.reader.property(letter)?;
                self.step(&property);
            }
            'Q' if self.reader.take("Q") => {
                let quoted = self.reader.until("\\E").unwrap_or_else(|| std::mem::take(&mut self.reader.0));
                quoted.chars().for_each(|character| self.literal(character));
            }
            _ => {
                let character = self.reader.escaped()?;
                self.literal(character);
            }
        }
        Some(())
    }
}
