//! What an expression may cost, before it is evaluated.

use super::{ast::Node, functions::Function};
use crate::attributes::value::Value;

/// Bytes of an attribute's text that an evaluation looks at. Of a longer text, nothing is known.
pub(super) const LONGEST_TEXT: usize = 4_096;

/// Bytes that an evaluation may copy and compare: some 50 ms, and at most as much memory.
pub(super) const MOST_WORK: usize = 20_000_000;

/// What a part may cost.
#[derive(Debug, Clone, Copy, Default)]
struct Cost {
    /// Bytes that are copied or compared.
    work: usize,
    /// Bytes of the value.
    size: usize,
}

impl Cost {
    /// One after the other.
    fn and(self, other: Self) -> Self {
        Self { work: self.work.saturating_add(other.work), size: self.size.saturating_add(other.size) }
    }

    fn works(self, more: usize) -> Self {
        Self { work: self.work.saturating_add(more), ..self }
    }

    /// The value is of this size, and was copied once.
    fn gives(self, size: usize) -> Self {
        Self { size, ..self.works(size) }
    }
}

impl Node {
    /// Bytes that evaluating it may copy and compare, whatever the event is.
    pub(super) fn work(&self) -> usize {
        self.cost().work
    }

    fn cost(&self) -> Cost {
        let all = |nodes: &[Self]| nodes.iter().map(Self::cost).fold(Cost::default(), Cost::and);
        match self {
            Self::Literal(value) => Cost::default().gives(size(value)),
            Self::Attribute(_) => Cost::default().gives(LONGEST_TEXT),
            Self::Exists(_) => Cost::default().gives(SCALAR),
            Self::Not(of) | Self::Negate(of) => of.cost().gives(SCALAR),
            Self::Like { text, pattern } => {
                let text = text.cost();
                // A text such as "aaaa" makes `%aab` begin again at each of its bytes.
                text.works(text.size.saturating_mul(pattern.len())).gives(SCALAR)
            }
            Self::In { value, set } => {
                let value = value.cost();
                all(set).and(value).works(value.size.saturating_mul(set.len())).gives(SCALAR)
            }
            Self::Logic(_, of) | Self::Comparison(_, of) | Self::Arithmetic(_, of) => all(of.as_slice()).gives(SCALAR),
            Self::Call { function, arguments } => {
                let costs: Vec<_> = arguments.iter().map(Self::cost).collect();
                let first = costs.first().map_or(0, |first| first.size);
                let cost = costs.into_iter().fold(Cost::default(), Cost::and);
                let longer = match Function::named(function, arguments.len()) {
                    Some(Function::ConcatWs) => first.saturating_mul(arguments.len()),
                    // Some characters are longer in the other case.
                    Some(Function::Lower | Function::Upper) => cost.size.saturating_mul(2),
                    _ => 0,
                };
                cost.gives(cost.size.saturating_add(longer))
            }
        }
    }
}

/// Bytes of an integer or a truth value.
const SCALAR: usize = 11;

fn size(value: &Value) -> usize {
    match value {
        Value::Text(text) => text.len(),
        Value::Integer(_) | Value::Boolean(_) => SCALAR,
    }
}
