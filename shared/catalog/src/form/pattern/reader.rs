//! Reads a pattern of Go character by character.

/// What is left of a pattern.
pub(super) struct Reader<'a>(pub(super) &'a str);

/// The most that Go lets a part repeat.
const MOST_REPETITIONS: u32 = 1_000;

impl<'a> Reader<'a> {
    pub(super) fn next(&mut self) -> Option<char> {
        let next = self.0.chars().next()?;
        self.0 = &self.0[next.len_utf8()..];
        Some(next)
    }

    /// Whether this came next. If so, it is read.
    pub(super) fn take(&mut self, next: &str) -> bool {
        let rest = self.0.strip_prefix(next);
        self.0 = rest.unwrap_or(self.0);
        rest.is_some()
    }

    /// What precedes the end given, which is read, too.
    pub(super) fn until(&mut self, end: &str) -> Option<&'a str> {
        let (before, rest) = self.0.split_once(end)?;
        self.0 = rest;
        Some(before)
    }

    /// The least and the most of `{2}`, `{2,}` or `{2,3}`, of which the brace is read already. `None`, and nothing is
    /// read, if it is not one of them: the brace is then an ordinary character for Go.
    pub(super) fn repetition(&mut self) -> Option<(u32, Option<u32>)> {
        let (inside, rest) = self.0.split_once('}')?;
        let number = |text: &str| text.bytes().all(|b| b.is_ascii_digit()).then(|| text.parse().ok()).flatten();
        let both = match inside.split_once(',') {
            None => number(inside).map(|exactly| (exactly, Some(exactly))),
            Some((least, "")) => number(least).map(|least| (least, None)),
            Some((least, most)) => number(least).zip(number(most).map(Some)),
        };
        self.0 = if both.is_some() { rest } else { self.0 };
        both
    }

    /// The character that an escape stands for, of which the backslash is read already.
    pub(super) fn escaped(&mut self) -> Option<char> {
        match self.next()? {
            'a' => Some('\u{7}'),
            'f' => Some('\u{c}'),
            'n' => Some('\n'),
            'r' => Some('\r'),
            't' => Some('\t'),
            'v' => Some('\u{b}'),
            'x' if self.take("{") => hexadecimal(self.until("}")?),
            'x' => {
                let (digits, rest) = self.0.split_at_checked(2)?;
                self.0 = rest;
                hexadecimal(digits)
            }
            other => other.is_ascii_punctuation().then_some(other),
        }
    }

    /// `\pL`, `\p{^Lu}` or `\P{Greek}` as JavaScript writes it, of which the letter is read already.
    pub(super) fn property(&mut self, letter: char) -> Option<String> {
        let name = if self.take("{") { self.until("}")?.to_owned() } else { self.next()?.to_string() };
        let (is_turned, name) = name.strip_prefix('^').map_or((false, &*name), |name| (true, name));
        let script = if CATEGORIES.contains(&name) { "" } else { "Script=" };
        (script.is_empty() || SCRIPTS.contains(&name)).then_some(())?;
        let letter = if (letter == 'P') == is_turned { 'p' } else { 'P' };
        Some(format!("\\{letter}{{{script}{name}}}"))
    }
}

/// Whether a part may repeat so often.
pub(super) fn may_repeat(least: u32, most: Option<u32>) -> bool {
    let most = most.unwrap_or(least);
    least <= most && most <= MOST_REPETITIONS
}

fn hexadecimal(digits: &str) -> Option<char> {
    let are_digits = !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_hexdigit());
    u32::from_str_radix(digits, 16).ok().filter(|_| are_digits).and_then(char::from_u32)
}

/// The categories of Unicode that Go and JavaScript both know.
const CATEGORIES: [&str; 36] = [
    "C", "Cc", "Cf", "Co", "Cs", "L", "Ll", "Lm", "Lo", "Lt", "Lu", "M", "Mc", "Me", "Mn", "N", "Nd", "Nl", "No", "P",
    "Pc", "Pd", "Pe", "Pf", "Pi", "Po", "Ps", "S", "Sc", "Sk", "Sm", "So", "Z", "Zl", "Zp", "Zs",
];

/// Some of the scripts that both know.
const SCRIPTS: [&str; 12] = [
    "Arabic",
    "Armenian",
    "Common",
    "Cyrillic",
    "Devanagari",
    "Greek",
    "Han",
    "Hangul",
    "Hebrew",
    "Hiragana",
    "Katakana",
    "Latin",
];
