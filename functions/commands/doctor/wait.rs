//! How long to wait, as a person writes it.

use std::time::Duration;

/// The longest wait: a day.
const MOST: u64 = 24 * 60 * 60;

/// `90s`, `2m` or `1h`; without a unit it is seconds.
pub(super) fn duration(text: &str) -> Result<Duration, String> {
    let (number, unit) = text.split_at(text.find(|it: char| !it.is_ascii_digit()).unwrap_or(text.len()));
    let seconds = match unit {
        "" | "s" => 1,
        "m" => 60,
        "h" => 60 * 60,
        _ => return Err("give seconds, minutes or hours, such as 90s, 2m or 1h".to_owned()),
    };
    let seconds = number.parse().ok().and_then(|number: u64| number.checked_mul(seconds));
    match seconds.filter(|seconds| *seconds <= MOST) {
        Some(seconds) => Ok(Duration::from_secs(seconds)),
        None => Err("give a number, and a day at most".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wait_has_a_unit() {
        for (text, seconds) in [("90", 90), ("90s", 90), ("2m", 120), ("1h", 3600), ("0", 0)] {
            assert_eq!(duration(text), Ok(Duration::from_secs(seconds)), "{text}");
        }
        for text in ["", "m", "2 m", "2d", "-1s", "1.5m", "25h", "99999999999999999999h"] {
            assert!(duration(text).is_err(), "{text}");
        }
    }
}
