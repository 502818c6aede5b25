//! Evaluates an expression, left before right, over what is known of the attributes.

use super::{
    ast::{Arithmetic, Comparison, Logic, Node},
    cost::LONGEST_TEXT,
    functions::Function,
    like::{is_like, may_be_like},
    outcome::{Failure, Outcome, Values},
};
use crate::attributes::value::{Type, Value};
use crate::attributes::{Attributes, Known, is_canonical_time, is_required, is_standard};

impl Node {
    /// What it may evaluate to.
    pub(super) fn evaluate(&self, attributes: &Attributes) -> Outcome {
        let evaluate = |node: &Self| node.evaluate(attributes);
        let cast = |node: &Self, to: Type| evaluate(node).then(|values| values.cast(to));
        match self {
            Self::Literal(value) => Outcome::exactly(value.clone()),
            Self::Attribute(name) => attribute(name, attributes.known(name)),
            Self::Exists(name) => exists(name, attributes.known(name)),
            Self::Not(of) => cast(of, Type::Boolean).then(|truth| not(&truth)),
            Self::Negate(of) => cast(of, Type::Integer).then(|integer| negate(&integer)),
            Self::Like { text, pattern } => cast(text, Type::Text).then(|text| like(&text, pattern)),
            Self::In { value, set } => evaluate(value).then(|value| is_in(&value, set.iter().map(evaluate))),
            Self::Logic(logic, of) => logic.of(cast(&of[0], Type::Boolean), || cast(&of[1], Type::Boolean)),
            Self::Comparison(comparison, of) => comparison.of(evaluate(&of[0]), || evaluate(&of[1])),
            Self::Arithmetic(sign, of) => integers(evaluate(&of[0]), || evaluate(&of[1]), |known| sign.of(known)),
            Self::Call { function, arguments } => match Function::named(function, arguments.len()) {
                Some(function) => call(function, arguments.iter().map(evaluate)),
                None => Outcome::fails(Failure::MissingFunction),
            },
        }
    }
}

fn attribute(name: &str, known: &Known) -> Outcome {
    let any = if is_standard(name) { Values::any_text() } else { Values::Anything };
    match known {
        Known::Exactly(value) if name == "time" && !is_canonical_time(value) => Outcome::of(any),
        Known::Exactly(Value::Text(text)) if text.is_empty() && is_standard(name) => {
            Outcome::fails(Failure::MissingAttribute)
        }
        Known::Exactly(Value::Text(text)) if text.len() > LONGEST_TEXT => Outcome::of(Values::any_text()),
        Known::Exactly(value) => Outcome::exactly(value.clone()),
        Known::Like { starts, ends } if starts.len() + ends.len() > LONGEST_TEXT => Outcome::of(Values::any_text()),
        Known::Like { starts, ends } => Outcome::of(Values::Text { starts: starts.clone(), ends: ends.clone() }),
        Known::Present => Outcome::of(any),
        Known::Absent => Outcome::fails(Failure::MissingAttribute),
        Known::Open => Outcome::of(any).unless(Failure::MissingAttribute),
    }
}

fn exists(name: &str, known: &Known) -> Outcome {
    match known {
        _ if is_required(name) => Outcome::exactly(true),
        Known::Exactly(Value::Text(text)) if text.is_empty() && is_standard(name) => Outcome::exactly(false),
        Known::Exactly(_) | Known::Like { .. } | Known::Present => Outcome::exactly(true),
        Known::Absent => Outcome::exactly(false),
        Known::Open => Outcome::of(Values::Boolean),
    }
}

fn not(truth: &Values) -> Outcome {
    match truth {
        Values::Exactly(Value::Boolean(truth)) => Outcome::exactly(!truth),
        _ => Outcome::of(Values::Boolean),
    }
}

fn negate(integer: &Values) -> Outcome {
    match integer {
        Values::Exactly(Value::Integer(integer)) => Outcome::exactly(integer.wrapping_neg()),
        _ => Outcome::of(Values::Integer),
    }
}

fn like(text: &Values, pattern: &str) -> Outcome {
    match text {
        Values::Exactly(Value::Text(text)) => Outcome::exactly(is_like(text, pattern)),
        Values::Text { starts, ends } if !may_be_like(starts, ends, pattern) => Outcome::exactly(false),
        _ => Outcome::of(Values::Boolean),
    }
}

/// Each member takes the type of the value. Those after an equal one are not evaluated.
fn is_in(value: &Values, set: impl Iterator<Item = Outcome>) -> Outcome {
    set.fold(Outcome::exactly(false), |found, member| {
        short(found, true, || match value.type_of() {
            Some(wanted) => member.then(|member| member.cast(wanted)).then(|member| Outcome::of(value.equal(&member))),
            None => member.then(|_| Outcome::of(Values::Boolean).unless(Failure::Cast)),
        })
    })
}

impl Logic {
    fn of(self, left: Outcome, right: impl FnOnce() -> Outcome) -> Outcome {
        match self {
            Self::And => short(left, false, right),
            Self::Or => short(left, true, right),
            Self::Xor => left.then(|left| right().then(|right| not(&left.equal(&right)))),
        }
    }
}

/// The left one, if it `decides`, otherwise the right one.
fn short(left: Outcome, decides: bool, right: impl FnOnce() -> Outcome) -> Outcome {
    let (may_decide, may_go_on) = (left.values.may_be(decides), left.values.may_be(!decides));
    if !may_go_on {
        return left;
    }
    let both = left.then(|_| right());
    match &both.values {
        _ if !may_decide => both,
        Values::Nothing => Outcome { values: Values::Exactly(decides.into()), ..both },
        values if !values.may_be(!decides) => both,
        _ => Outcome { values: Values::Boolean, ..both },
    }
}

impl Comparison {
    /// For equality the left one takes the type of the right one. All other comparisons are between integers.
    fn of(self, left: Outcome, right: impl FnOnce() -> Outcome) -> Outcome {
        let integers = |holds: fn(&i32, &i32) -> bool, left, right| {
            let of = |(left, right): (i32, i32)| Outcome::exactly(holds(&left, &right));
            integers(left, right, |known| known.map_or(Outcome::of(Values::Boolean), of))
        };
        match self {
            Self::Equal => equal(left, right),
            Self::NotEqual => equal(left, right).then(|truth| not(&truth)),
            Self::Less => integers(i32::lt, left, right),
            Self::LessOrEqual => integers(i32::le, left, right),
            Self::Greater => integers(i32::gt, left, right),
            Self::GreaterOrEqual => integers(i32::ge, left, right),
        }
    }
}

fn equal(left: Outcome, right: impl FnOnce() -> Outcome) -> Outcome {
    left.then(|left| {
        right().then(|right| match right.type_of() {
            Some(wanted) => left.cast(wanted).then(|left| Outcome::of(left.equal(&right))),
            None => Outcome::of(Values::Boolean).unless(Failure::Cast),
        })
    })
}

impl Arithmetic {
    fn of(self, known: Option<(i32, i32)>) -> Outcome {
        match (self, known) {
            (Self::Divided | Self::Modulo, None) => Outcome::of(Values::Integer).unless(Failure::Math),
            (Self::Divided | Self::Modulo, Some((_, 0))) => Outcome::fails(Failure::Math),
            (Self::Divided, Some((left, right))) => Outcome::exactly(left.wrapping_div(right)),
            (Self::Modulo, Some((left, right))) => Outcome::exactly(left.wrapping_rem(right)),
            (Self::Times, Some((left, right))) => Outcome::exactly(left.wrapping_mul(right)),
            (Self::Plus, Some((left, right))) => Outcome::exactly(left.wrapping_add(right)),
            (Self::Minus, Some((left, right))) => Outcome::exactly(left.wrapping_sub(right)),
            (Self::Times | Self::Plus | Self::Minus, None) => Outcome::of(Values::Integer),
        }
    }
}

/// Evaluates both, casts both to integers, and goes on with them if they are known.
fn integers(
    left: Outcome,
    right: impl FnOnce() -> Outcome,
    next: impl FnOnce(Option<(i32, i32)>) -> Outcome,
) -> Outcome {
    left.then(|left| {
        right().then(|right| {
            let cast = |values: Values| values.cast(Type::Integer);
            cast(left).then(|left| cast(right).then(|right| next(integer(&left).zip(integer(&right)))))
        })
    })
}

fn integer(values: &Values) -> Option<i32> {
    match values {
        Values::Exactly(Value::Integer(integer)) => Some(*integer),
        _ => None,
    }
}

/// Evaluates and casts one argument after the other.
fn call(function: Function, arguments: impl Iterator<Item = Outcome>) -> Outcome {
    let (mut known, mut failure) = (Vec::new(), None);
    for (index, argument) in arguments.enumerate() {
        let argument = argument.then(|values| match function.parameter(index) {
            Some(wanted) => values.cast(wanted),
            None => Outcome::of(values),
        });
        failure = Failure::of(failure, argument.failure);
        known.push(argument.values);
        if known.last() == Some(&Values::Nothing) {
            return Outcome { values: Values::Nothing, failure };
        }
    }
    let outcome = function.call(&known);
    Outcome { failure: Failure::of(failure, outcome.failure), ..outcome }
}
