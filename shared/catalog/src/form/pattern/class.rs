//! A class of characters, such as `[a-z]`.

use super::reader::Reader;

/// A member of a class.
enum Member {
    One(char),
    /// Several, as JavaScript writes them.
    Several(String),
}

/// The class as JavaScript writes it with the flag `u`, of which the opening bracket is read already.
pub(super) fn class(reader: &mut Reader) -> Option<String> {
    let mut class = String::from(if reader.take("^") { "[^" } else { "[" });
    let empty = class.len();
    loop {
        let is_first = class.len() == empty;
        if !is_first && reader.take("]") {
            class.push(']');
            return Some(class);
        }
        match member(reader)? {
            Member::Several(several) => class += &several,
            Member::One('-') if is_first || reader.0.starts_with(']') => class.push('-'),
            Member::One(from) => {
                push(&mut class, from);
                let is_range = reader.0.starts_with('-') && !reader.0.starts_with("-]");
                if is_range && reader.take("-") {
                    let Member::One(to) = member(reader)? else { return None };
                    class.push('-');
                    push(&mut class, to);
                    (from <= to).then_some(())?;
                }
            }
        }
    }
}

fn member(reader: &mut Reader) -> Option<Member> {
    if reader.take("[:") {
        return posix(reader.until(":]")?).map(|it| Member::Several(it.into()));
    }
    if !reader.take("\\") {
        return reader.next().map(Member::One);
    }
    for several in ["d", "D", "w", "W", "s", "S"] {
        if reader.take(several) {
            return Some(Member::Several(format!("\\{several}")));
        }
    }
    for letter in ['p', 'P'] {
        if reader.take(letter.encode_utf8(&mut [0; 4])) {
            return reader.property(letter).map(Member::Several);
        }
    }
    reader.escaped().map(Member::One)
}

fn push(class: &mut String, character: char) {
    if r"\[]^-".contains(character) {
        class.push('\\');
        class.push(character);
    } else {
        super::javascript::plain(class, character);
    }
}

/// The characters of a POSIX class.
fn posix(name: &str) -> Option<&'static str> {
    Some(match name {
        "alnum" => "0-9A-Za-z",
        "alpha" => "A-Za-z",
        "ascii" => r"\x00-\x7f",
        "blank" => r"\t ",
        "cntrl" => r"\x00-\x1f\x7f",
        "digit" => "0-9",
        "graph" => "!-~",
        "lower" => "a-z",
        "print" => " -~",
        "punct" => r"!-\/:-@\[-`{-~",
        "space" => r"\t\n\v\f\r ",
        "upper" => "A-Z",
        "word" => r"\w",
        "xdigit" => "0-9A-Fa-f",
        _ => return None,
    })
}
