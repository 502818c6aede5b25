//! What others say, as one line.

/// The text on one line without control characters, of so many bytes at most.
pub(crate) fn line(text: &str, most: usize) -> String {
    let words = text.split(|c: char| c.is_whitespace() || c.is_control()).filter(|word| !word.is_empty());
    let mut line = words.collect::<Vec<_>>().join(" ");
    line.truncate(line.floor_char_boundary(most));
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_one_line_of_whole_characters() {
        assert_eq!(line(" a\r\n\tb\u{1b}[31mc\0 ", 99), "a b [31mc");
        assert_eq!(line("aäöü", 4), "aä");
    }
}
