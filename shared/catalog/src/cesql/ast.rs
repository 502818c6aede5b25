//! The tree of an expression.

use super::functions::Function;
use crate::attributes::value::Value;

/// An expression.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Node {
    Literal(Value),
    Attribute(String),
    Exists(String),
    Not(Box<Node>),
    Negate(Box<Node>),
    Like { text: Box<Node>, pattern: String },
    In { value: Box<Node>, set: Vec<Node> },
    Logic(Logic, Box<[Node; 2]>),
    Comparison(Comparison, Box<[Node; 2]>),
    Arithmetic(Arithmetic, Box<[Node; 2]>),
    Call { function: String, arguments: Vec<Node> },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Logic {
    And,
    Or,
    Xor,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Comparison {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Arithmetic {
    Times,
    Divided,
    Modulo,
    Plus,
    Minus,
}

impl Node {
    /// The first function it calls that there is not.
    pub(super) fn unknown_function(&self) -> Option<&str> {
        match self {
            Self::Literal(_) | Self::Attribute(_) | Self::Exists(_) => None,
            Self::Not(of) | Self::Negate(of) | Self::Like { text: of, .. } => of.unknown_function(),
            Self::In { value, set } => value.unknown_function().or_else(|| unknown_among(set)),
            Self::Logic(_, of) | Self::Comparison(_, of) | Self::Arithmetic(_, of) => unknown_among(of.as_slice()),
            Self::Call { function, arguments } => match Function::named(function, arguments.len()) {
                Some(_) => unknown_among(arguments),
                None => Some(function),
            },
        }
    }
}

fn unknown_among(nodes: &[Node]) -> Option<&str> {
    nodes.iter().find_map(Node::unknown_function)
}
