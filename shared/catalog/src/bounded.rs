//! Texts that others wrote, cut if they would make an entity huge.

/// The longest text that is taken over, in bytes.
pub(crate) const MAX: usize = 4096;

/// The beginning of a value that is too long, as a template: nobody knows what its variable stands for.
pub(crate) fn value(text: &str) -> Option<String> {
    cut(text, "{…}")
}

/// The beginning of words that are too long.
pub(crate) fn words(text: &str) -> Option<String> {
    cut(text, "…")
}

/// What to note of a text that was cut.
pub(crate) fn note(text: &str) -> String {
    format!("is {} bytes long, and is cut to {MAX}", text.len())
}

fn cut(text: &str, mark: &str) -> Option<String> {
    let is_longer = text.len() > MAX;
    is_longer.then(|| format!("{}{mark}", &text[..text.floor_char_boundary(MAX - mark.len())]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_too_long_is_cut_to_the_bound_between_characters() {
        assert_eq!((value(&"x".repeat(MAX)), words("")), (None, None));
        let cut = words(&"x".repeat(MAX + 1)).unwrap();
        assert!(cut.len() == MAX && cut.ends_with("x…"), "{} bytes", cut.len());
        let cut = value(&"ä".repeat(MAX)).unwrap();
        assert!((MAX - 1..=MAX).contains(&cut.len()) && cut.ends_with("ä{…}"), "{} bytes", cut.len());
    }
}
