//! The functions of CESQL 1.0. Texts are counted and cut in bytes, as in the Go SDK.

use super::outcome::{Failure, Outcome, Values};
use crate::attributes::value::{Type, Value};
use std::ops::Range;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Function {
    Int,
    Bool,
    String,
    IsInt,
    IsBool,
    Abs,
    Length,
    Concat,
    ConcatWs,
    Lower,
    Upper,
    Trim,
    Left,
    Right,
    Substring,
}

impl Function {
    /// The function of this name, in upper case, with so many parameters.
    pub(super) fn named(name: &str, parameters: usize) -> Option<Self> {
        Some(match (name, parameters) {
            ("INT", 1) => Self::Int,
            ("BOOL", 1) => Self::Bool,
            ("STRING", 1) => Self::String,
            ("IS_INT", 1) => Self::IsInt,
            ("IS_BOOL", 1) => Self::IsBool,
            ("ABS", 1) => Self::Abs,
            ("LENGTH", 1) => Self::Length,
            ("CONCAT", _) => Self::Concat,
            ("CONCAT_WS", 1..) => Self::ConcatWs,
            ("LOWER", 1) => Self::Lower,
            ("UPPER", 1) => Self::Upper,
            ("TRIM", 1) => Self::Trim,
            ("LEFT", 2) => Self::Left,
            ("RIGHT", 2) => Self::Right,
            ("SUBSTRING", 2 | 3) => Self::Substring,
            _ => return None,
        })
    }

    /// The type to which a parameter is cast, from 0; `None` takes any.
    pub(super) fn parameter(self, index: usize) -> Option<Type> {
        match (self, index) {
            (Self::Int | Self::Bool | Self::String | Self::IsInt | Self::IsBool, _) => None,
            (Self::Abs, _) | (Self::Left | Self::Right | Self::Substring, 1..) => Some(Type::Integer),
            _ => Some(Type::Text),
        }
    }

    /// What it evaluates to.
    pub(super) fn call(self, arguments: &[Values]) -> Outcome {
        match (self, arguments) {
            (Self::Int, [any]) => any.clone().cast(Type::Integer),
            (Self::Bool, [any]) => any.clone().cast(Type::Boolean),
            (Self::String, [any]) => any.clone().cast(Type::Text),
            (Self::IsInt, [any]) => can_be(any, Type::Integer),
            (Self::IsBool, [any]) => can_be(any, Type::Boolean),
            _ => exact(arguments)
                .and_then(|arguments| self.of_exact(&arguments))
                .unwrap_or_else(|| self.unknown(arguments.len())),
        }
    }

    /// What it evaluates to if its arguments are known.
    fn of_exact(self, arguments: &[Value]) -> Option<Outcome> {
        use Value::{Integer, Text};
        Some(match (self, arguments) {
            (Self::Abs, [Integer(i32::MIN)]) => Outcome::fails(Failure::Math),
            (Self::Abs, [Integer(integer)]) => Outcome::exactly(integer.abs()),
            // No event has a text of more than 2 GiB.
            (Self::Length, [Text(text)]) => Outcome::exactly(i32::try_from(text.len()).unwrap_or(i32::MAX)),
            (Self::Concat, texts) => Outcome::exactly(texts.iter().map(Value::to_string).collect::<String>()),
            (Self::ConcatWs, [Text(separator), texts @ ..]) => {
                Outcome::exactly(texts.iter().map(Value::to_string).collect::<Vec<_>>().join(separator))
            }
            (Self::Lower, [Text(text)]) => cased(text, char::to_lowercase),
            (Self::Upper, [Text(text)]) => cased(text, char::to_uppercase),
            (Self::Trim, [Text(text)]) => Outcome::exactly(text.trim()),
            (Self::Left, [Text(text), Integer(length)]) => end(text, *length, |length| 0..length),
            (Self::Right, [Text(text), Integer(length)]) => {
                end(text, *length, |length| text.len() - length..text.len())
            }
            (Self::Substring, [Text(text), Integer(from)]) => substring(text, *from, i32::MAX),
            (Self::Substring, [Text(text), Integer(from), Integer(length)]) => substring(text, *from, *length),
            _ => return None,
        })
    }

    /// What it may evaluate to with so many arguments.
    fn unknown(self, arguments: usize) -> Outcome {
        match self {
            Self::Abs => Outcome::of(Values::Integer).unless(Failure::Math),
            Self::Int | Self::Length => Outcome::of(Values::Integer),
            Self::Bool | Self::IsInt | Self::IsBool => Outcome::of(Values::Boolean),
            Self::String | Self::Concat | Self::ConcatWs | Self::Lower | Self::Upper | Self::Trim => {
                Outcome::of(Values::any_text())
            }
            Self::Substring if arguments == 3 => Outcome::of(Values::any_text()).unless(Failure::Crash),
            Self::Left | Self::Right | Self::Substring => {
                Outcome::of(Values::any_text()).unless(Failure::FunctionEvaluation)
            }
        }
    }
}

/// All of them, if they are known.
fn exact(arguments: &[Values]) -> Option<Vec<Value>> {
    let value = |values: &Values| match values {
        Values::Exactly(value) => Some(value.clone()),
        Values::Nothing | Values::Text { .. } | Values::Integer | Values::Boolean | Values::Anything => None,
    };
    arguments.iter().map(value).collect()
}

fn can_be(values: &Values, wanted: Type) -> Outcome {
    let cast = values.clone().cast(wanted);
    match (cast.values, cast.failure) {
        (Values::Nothing, _) => Outcome::exactly(false),
        (_, None) => Outcome::exactly(true),
        (_, Some(_)) => Outcome::of(Values::Boolean),
    }
}

/// Go maps each character to one character. The result is not known for those that Rust maps to more.
fn cased<I: Iterator<Item = char>>(text: &str, of: impl Fn(char) -> I) -> Outcome {
    if text.chars().all(|character| of(character).count() == 1) {
        Outcome::exactly(text.chars().flat_map(of).collect::<String>())
    } else {
        Outcome::of(Values::any_text())
    }
}

/// So many bytes of one end, or the whole text if that is shorter.
fn end(text: &str, length: i32, range: impl Fn(usize) -> Range<usize>) -> Outcome {
    match usize::try_from(length) {
        Ok(length) if length > text.len() => Outcome::exactly(text),
        Ok(length) => cut(text, range(length)),
        Err(_) => Outcome::fails(Failure::FunctionEvaluation),
    }
}

/// So many bytes from a position, which counts from 1, or from the end if it is negative.
fn substring(text: &str, from: i32, length: i32) -> Outcome {
    let bytes = i64::try_from(text.len()).unwrap_or(i64::MAX);
    let begin = match i64::from(from) {
        0 => return Outcome::exactly(""),
        from if from.abs() > bytes => return Outcome::fails(Failure::FunctionEvaluation),
        from if from < 0 => bytes + from,
        from => from - 1,
    };
    let end = bytes.min(begin + i64::from(length));
    match (usize::try_from(begin), usize::try_from(end)) {
        (Ok(begin), Ok(end)) if begin <= end => cut(text, begin..end),
        _ => Outcome::fails(Failure::Crash),
    }
}

/// A range that splits a character leaves something that is not a text: it is not known.
fn cut(text: &str, range: Range<usize>) -> Outcome {
    text.get(range).map_or_else(|| Outcome::of(Values::any_text()), Outcome::exactly)
}
