//! Text from elsewhere, as a part of a line that is printed or run.

use std::fmt::Write;

/// One word of a shell, whatever is in it.
pub(super) fn shell(text: &str) -> String {
    let is_plain = |it: char| it.is_ascii_alphanumeric() || "_-./:@%+=,".contains(it);
    if !text.is_empty() && text.chars().all(is_plain) {
        return text.to_owned();
    }
    if !text.chars().any(char::is_control) {
        return format!("'{}'", text.replace('\'', r"'\''"));
    }
    let mut word = String::from("$'");
    for it in text.chars() {
        match it {
            '\'' | '\\' => word.extend(['\\', it]),
            it if it.is_control() => write!(word, "\\u{:04x}", u32::from(it)).expect("a String takes it"),
            it => word.push(it),
        }
    }
    word + "'"
}

/// The text without what a terminal would obey.
pub(super) fn escaped(text: &str) -> String {
    let escape = |it: char| if it.is_control() { it.escape_default().to_string() } else { it.to_string() };
    text.chars().map(escape).collect()
}

/// The line that sets a variable of the install.
pub(super) fn literal(name: &str, value: &str) -> String {
    format!("{name}={value}   # literal of the configMapGenerator callboard in your overlay")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_text_is_one_word_of_a_shell() {
        for (text, word) in [
            ("apps.workshop.kratix.io", "apps.workshop.kratix.io"),
            ("", "''"),
            ("a b", "'a b'"),
            ("$(reboot)", "'$(reboot)'"),
            ("it's; rm -rf ~", r"'it'\''s; rm -rf ~'"),
            ("a\n'b\\", r"$'a\u000a\'b\\'"),
        ] {
            assert_eq!(shell(text), word);
            let said = std::process::Command::new("bash").args(["-c", &format!("printf %s {word}")]).output().unwrap();
            assert_eq!(String::from_utf8(said.stdout).unwrap(), text);
        }
    }

    #[test]
    fn a_terminal_obeys_none_of_it() {
        assert_eq!(escaped("a\u{1b}[2Jb\u{9b}ä"), "a\\u{1b}[2Jb\\u{9b}ä");
    }
}
