//! The grammar of CESQL 1.0, by precedence.
//!
//! From the tightest: `NOT` and `-`; `LIKE`; `IN`; `* / %`; `+ -`; comparisons; `AND`, `OR` and `XOR`, which are equals
//! and lean to the right.

use super::{
    ast::{Arithmetic, Node},
    cost::MOST_WORK,
    lexer::{Located, Token, tokens, upper},
};
use crate::attributes::value::Value;
use thiserror::Error;

/// Why a text is not a valid expression.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ParseError {
    /// It has more text than an expression.
    #[error("unexpected text at character {0}")]
    Unexpected(usize),
    /// It ends too early.
    #[error("unexpected end")]
    End,
    /// An integer does not fit into 32 bits.
    #[error("integer out of range at character {0}")]
    Range(usize),
    /// It is longer than 16 KiB.
    #[error("longer than 16 KiB")]
    TooLong,
    /// It has more than 200 operators, brackets and calls.
    #[error("more than 200 operators")]
    TooDeep,
    /// It joins or searches texts that are too long together.
    #[error("evaluating it might copy and compare more than 20 MB")]
    TooMuchWork,
}

impl ParseError {
    /// Whether the expression may be valid, and is too much for Callboard.
    pub(crate) fn is_limit(&self) -> bool {
        matches!(self, Self::TooLong | Self::TooDeep | Self::TooMuchWork)
    }
}

const LONGEST: usize = 16 * 1024;
/// No tree is deeper.
const STEPS: usize = 200;

/// Parses a whole text.
pub(super) fn parse(text: &str) -> Result<Node, ParseError> {
    if text.len() > LONGEST {
        return Err(ParseError::TooLong);
    }
    let mut parser = Parser { tokens: tokens(text), at: 0, steps: 0 };
    let node = parser.expression(Precedence::Logic)?;
    match parser.tokens.get(parser.at) {
        Some((_, at)) => Err(ParseError::Unexpected(*at)),
        None if node.work() > MOST_WORK => Err(ParseError::TooMuchWork),
        None => Ok(node),
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Precedence {
    Logic,
    Comparison,
    Sum,
    Product,
    In,
    Like,
    Unary,
}

struct Parser {
    tokens: Vec<Located>,
    at: usize,
    steps: usize,
}

impl Parser {
    /// An expression of operators that bind at least as tightly.
    fn expression(&mut self, loosest: Precedence) -> Result<Node, ParseError> {
        let mut left = self.operand()?;
        while self.operator().is_some_and(|precedence| precedence >= loosest) {
            self.step()?;
            left = self.operation(left)?;
        }
        Ok(left)
    }

    /// How tightly the operator binds that comes next, if one does.
    fn operator(&self) -> Option<Precedence> {
        let token = match self.peek(0)? {
            Token::Not => self.peek(1).filter(|token| matches!(token, Token::Like | Token::In))?,
            token => token,
        };
        match token {
            Token::Logic(_) => Some(Precedence::Logic),
            Token::Comparison(_) => Some(Precedence::Comparison),
            Token::Arithmetic(Arithmetic::Plus | Arithmetic::Minus) => Some(Precedence::Sum),
            Token::Arithmetic(Arithmetic::Times | Arithmetic::Divided | Arithmetic::Modulo) => {
                Some(Precedence::Product)
            }
            Token::In => Some(Precedence::In),
            Token::Like => Some(Precedence::Like),
            _ => None,
        }
    }

    /// The next operator, and what is to its right.
    fn operation(&mut self, left: Node) -> Result<Node, ParseError> {
        let (token, at) = self.next()?;
        Ok(match token {
            Token::Not => Node::Not(Box::new(self.operation(left)?)),
            Token::Like => Node::Like { text: Box::new(left), pattern: self.text()? },
            Token::In => Node::In { value: Box::new(left), set: self.set()? },
            Token::Logic(logic) => Node::Logic(logic, self.pair(left, Precedence::Logic)?),
            Token::Comparison(comparison) => Node::Comparison(comparison, self.pair(left, Precedence::Sum)?),
            Token::Arithmetic(sign @ (Arithmetic::Plus | Arithmetic::Minus)) => {
                Node::Arithmetic(sign, self.pair(left, Precedence::Product)?)
            }
            Token::Arithmetic(sign) => Node::Arithmetic(sign, self.pair(left, Precedence::In)?),
            _ => return Err(ParseError::Unexpected(at)),
        })
    }

    fn pair(&mut self, left: Node, loosest: Precedence) -> Result<Box<[Node; 2]>, ParseError> {
        Ok(Box::new([left, self.expression(loosest)?]))
    }

    /// What is between operators.
    fn operand(&mut self) -> Result<Node, ParseError> {
        let (token, at) = self.next()?;
        Ok(match token {
            Token::Not => Node::Not(Box::new(self.inner(Precedence::Unary)?)),
            Token::Arithmetic(Arithmetic::Minus) => Node::Negate(Box::new(self.inner(Precedence::Unary)?)),
            Token::Open => {
                let node = self.inner(Precedence::Logic)?;
                self.expect(&Token::Close)?;
                node
            }
            Token::Exists => Node::Exists(self.attribute()?),
            Token::True => Node::Literal(true.into()),
            Token::False => Node::Literal(false.into()),
            Token::Text(text) => Node::Literal(text.into()),
            Token::Integer(digits) => Node::Literal(integer(&digits, at)?),
            Token::Word(name) | Token::Function(name) if self.peek(0) == Some(&Token::Open) => self.call(&name)?,
            Token::Word(name) | Token::Attribute(name) => Node::Attribute(name.to_lowercase()),
            _ => return Err(ParseError::Unexpected(at)),
        })
    }

    fn inner(&mut self, loosest: Precedence) -> Result<Node, ParseError> {
        self.step()?;
        self.expression(loosest)
    }

    fn call(&mut self, name: &str) -> Result<Node, ParseError> {
        self.step()?;
        let arguments = if self.peek(1) == Some(&Token::Close) {
            self.at += 2;
            Vec::new()
        } else {
            self.set()?
        };
        Ok(Node::Call { function: name.chars().map(upper).collect(), arguments })
    }

    /// One expression or more, in brackets.
    fn set(&mut self) -> Result<Vec<Node>, ParseError> {
        self.expect(&Token::Open)?;
        let mut set = vec![self.expression(Precedence::Logic)?];
        loop {
            match self.next()? {
                (Token::Comma, _) => set.push(self.expression(Precedence::Logic)?),
                (Token::Close, _) => return Ok(set),
                (_, at) => return Err(ParseError::Unexpected(at)),
            }
        }
    }

    fn attribute(&mut self) -> Result<String, ParseError> {
        match self.next()? {
            (Token::Word(name) | Token::Attribute(name), _) => Ok(name.to_lowercase()),
            (_, at) => Err(ParseError::Unexpected(at)),
        }
    }

    fn text(&mut self) -> Result<String, ParseError> {
        match self.next()? {
            (Token::Text(text), _) => Ok(text),
            (_, at) => Err(ParseError::Unexpected(at)),
        }
    }

    fn expect(&mut self, wanted: &Token) -> Result<(), ParseError> {
        let (token, at) = self.next()?;
        if token == *wanted { Ok(()) } else { Err(ParseError::Unexpected(at)) }
    }

    fn next(&mut self) -> Result<Located, ParseError> {
        let token = self.tokens.get(self.at).cloned().ok_or(ParseError::End)?;
        self.at += 1;
        Ok(token)
    }

    fn peek(&self, ahead: usize) -> Option<&Token> {
        self.tokens.get(self.at + ahead).map(|(token, _)| token)
    }

    fn step(&mut self) -> Result<(), ParseError> {
        self.steps += 1;
        if self.steps > STEPS { Err(ParseError::TooDeep) } else { Ok(()) }
    }
}

fn integer(digits: &str, at: usize) -> Result<Value, ParseError> {
    digits.parse().map(Value::Integer).map_err(|_| ParseError::Range(at))
}
