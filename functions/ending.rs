//! How a command ends, in the manner of `diff`.

use std::process::ExitCode;

/// How a command ends. What is known to be wrong counts before what is not known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// Nothing differs, and nothing is wrong: 0.
    Fine,
    /// Something differs, or is wrong: 1.
    Wrong,
    /// The command could not find out, as with an error: 2.
    Unknown,
}

impl Ending {
    /// The ending if something is wrong, or could not be found out.
    pub fn of(is_wrong: bool, is_unknown: bool) -> Self {
        match (is_wrong, is_unknown) {
            (true, _) => Self::Wrong,
            (false, true) => Self::Unknown,
            (false, false) => Self::Fine,
        }
    }
}

impl From<Ending> for ExitCode {
    fn from(ending: Ending) -> Self {
        Self::from(ending as u8)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_wrong_counts_before_what_is_not_known() {
        for (is_wrong, is_unknown, code) in [(false, false, 0), (true, false, 1), (true, true, 1), (false, true, 2)] {
            assert_eq!(Ending::of(is_wrong, is_unknown) as u8, code);
        }
    }
}
