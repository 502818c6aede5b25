//! The only types of which events pass an expression.

use super::ast::{Comparison, Logic, Node};
use crate::attributes::types::{both, either};
use crate::attributes::value::Value;
use std::collections::BTreeSet;

impl Node {
    /// The only types of which it is true; `None` if it might be true of any.
    pub(super) fn types(&self) -> Option<BTreeSet<String>> {
        match self {
            Self::Comparison(Comparison::Equal, of) if is_type(&of[0]) => Some(BTreeSet::from([text(&of[1])?])),
            Self::Comparison(Comparison::Equal, of) if is_type(&of[1]) => Some(BTreeSet::from([text(&of[0])?])),
            Self::In { value, set } if is_type(value) => set.iter().map(text).collect(),
            Self::Like { text, pattern } if is_type(text) && !pattern.contains(['%', '_', '\\']) => {
                Some(BTreeSet::from([pattern.clone()]))
            }
            Self::Logic(Logic::And, of) => both(of[0].types(), of[1].types()),
            Self::Logic(Logic::Or, of) => either(of[0].types(), of[1].types()),
            _ => None,
        }
    }
}

fn is_type(node: &Node) -> bool {
    matches!(node, Node::Attribute(name) if name == "type")
}

fn text(node: &Node) -> Option<String> {
    match node {
        Node::Literal(Value::Text(text)) => Some(text.clone()),
        _ => None,
    }
}
