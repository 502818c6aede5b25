//! Yes, no, or it depends on what is not known.

use std::ops::Not;

/// Whether events of a type reach a subscriber.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Answer {
    /// None of them does.
    No,
    /// Some may.
    Maybe,
    /// All of them do.
    Yes,
}

impl Answer {
    /// Both (Kleene).
    pub fn and(self, other: Self) -> Self {
        self.min(other)
    }

    /// At least one (Kleene).
    pub fn or(self, other: Self) -> Self {
        self.max(other)
    }
}

impl From<bool> for Answer {
    fn from(known: bool) -> Self {
        if known { Self::Yes } else { Self::No }
    }
}

impl Not for Answer {
    type Output = Self;

    fn not(self) -> Self {
        match self {
            Self::No => Self::Yes,
            Self::Maybe => Self::Maybe,
            Self::Yes => Self::No,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Answer::{self, Maybe, No, Yes};

    #[test]
    fn what_is_unknown_decides_nothing_that_is_known() {
        for answer in [No, Maybe, Yes] {
            assert_eq!((answer.and(No), answer.or(Yes)), (No, Yes));
            assert_eq!((answer.and(Yes), answer.or(No)), (answer, answer));
        }
        assert_eq!((Maybe.and(Maybe), Maybe.or(Maybe), !Maybe), (Maybe, Maybe, Maybe));
        assert_eq!((!Yes, !No, Answer::from(true)), (No, Yes, Yes));
    }
}
