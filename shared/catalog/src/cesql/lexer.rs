//! The tokens of CESQL, the longest match first.
//!
//! The lexer of the Go SDK silently drops what begins no token, and so does this one.

use super::ast::{Arithmetic, Comparison, Logic};

/// A token and the character, from 1, at which it begins.
pub(super) type Located = (Token, usize);

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Token {
    Open,
    Close,
    Comma,
    Not,
    Like,
    Exists,
    In,
    True,
    False,
    Logic(Logic),
    Comparison(Comparison),
    Arithmetic(Arithmetic),
    Text(String),
    /// Its digits, with a sign if that is right before them: `1 -2` has no operator.
    Integer(String),
    /// Letters: an attribute, or a function if a bracket follows.
    Word(String),
    /// Letters and digits: an attribute.
    Attribute(String),
    /// Letters and underscores: a function.
    Function(String),
    /// A quote that nothing closes.
    Quote,
}

/// All tokens of the text.
pub(super) fn tokens(text: &str) -> Vec<Located> {
    let characters: Vec<char> = text.chars().collect();
    let (mut tokens, mut at) = (Vec::new(), 0);
    while at < characters.len() {
        let (token, length) = token(&characters[at..]);
        tokens.extend(token.map(|token| (token, at + 1)));
        at += length;
    }
    tokens
}

/// The first token of a text that is not empty, if one begins there, and its length.
fn token(rest: &[char]) -> (Option<Token>, usize) {
    let next = rest.get(1).copied();
    let (token, length) = match (rest[0], next) {
        ('(', _) => (Token::Open, 1),
        (')', _) => (Token::Close, 1),
        (',', _) => (Token::Comma, 1),
        ('*', _) => (Token::Arithmetic(Arithmetic::Times), 1),
        ('/', _) => (Token::Arithmetic(Arithmetic::Divided), 1),
        ('%', _) => (Token::Arithmetic(Arithmetic::Modulo), 1),
        ('=', _) => (Token::Comparison(Comparison::Equal), 1),
        ('!', Some('=')) | ('<', Some('>')) => (Token::Comparison(Comparison::NotEqual), 2),
        ('>', Some('=')) => (Token::Comparison(Comparison::GreaterOrEqual), 2),
        ('<', Some('=')) => (Token::Comparison(Comparison::LessOrEqual), 2),
        ('>', _) => (Token::Comparison(Comparison::Greater), 1),
        ('<', _) => (Token::Comparison(Comparison::Less), 1),
        ('+' | '-', Some('0'..='9')) => {
            let length = 1 + run(&rest[1..], |c| c.is_ascii_digit());
            (Token::Integer(rest[..length].iter().collect()), length)
        }
        ('+', _) => (Token::Arithmetic(Arithmetic::Plus), 1),
        ('-', _) => (Token::Arithmetic(Arithmetic::Minus), 1),
        (quote @ ('\'' | '"'), _) => quoted(rest, quote),
        (first, _) if upper(first).is_ascii_alphanumeric() => word(rest),
        // The Go SDK takes `!` for the begin of `!=`, and drops it with the character that follows.
        ('!', _) => return (None, 2),
        _ => return (None, 1),
    };
    (Some(token), length)
}

/// A text ends at its last quote that is not doubled, as far as it can reach. `\` takes the next character with it.
fn quoted(rest: &[char], quote: char) -> (Token, usize) {
    let (mut end, mut at) = (None, 1);
    while let Some(&character) = rest.get(at) {
        if character == quote {
            end = Some(at);
            if rest.get(at + 1) != Some(&quote) {
                break;
            }
        }
        at += if character == quote || character == '\\' { 2 } else { 1 };
    }
    let Some(end) = end else { return (Token::Quote, 1) };
    let text: String = rest[1..end].iter().collect();
    (Token::Text(text.replace(&format!("\\{quote}"), &quote.to_string())), end + 1)
}

fn word(rest: &[char]) -> (Token, usize) {
    let alphanumeric = run(rest, |c| c.is_ascii_alphanumeric());
    let letters = run(rest, |c| c.is_ascii_alphabetic());
    let function = if letters > 0 { run(rest, |c| c.is_ascii_alphabetic() || c == '_') } else { 0 };
    let length = alphanumeric.max(function);
    let text: String = rest[..length].iter().collect();
    let token = if function > alphanumeric {
        Token::Function(text)
    } else if letters == length {
        keyword(&rest[..length]).unwrap_or(Token::Word(text))
    } else if rest[..length].iter().all(char::is_ascii_digit) {
        Token::Integer(text)
    } else {
        Token::Attribute(text)
    };
    (token, length)
}

fn keyword(word: &[char]) -> Option<Token> {
    Some(match word.iter().copied().map(upper).collect::<String>().as_str() {
        "AND" => Token::Logic(Logic::And),
        "OR" => Token::Logic(Logic::Or),
        "XOR" => Token::Logic(Logic::Xor),
        "NOT" => Token::Not,
        "LIKE" => Token::Like,
        "EXISTS" => Token::Exists,
        "IN" => Token::In,
        "TRUE" => Token::True,
        "FALSE" => Token::False,
        _ => return None,
    })
}

/// How many characters have, in upper case, this property.
fn run(rest: &[char], has: impl Fn(char) -> bool) -> usize {
    rest.iter().take_while(|&&c| has(upper(c))).count()
}

/// The upper case of a character; it is one character, or the Go SDK does not know it.
pub(super) fn upper(character: char) -> char {
    let mut upper = character.to_uppercase();
    match (upper.next(), upper.next()) {
        (Some(upper), None) => upper,
        _ => character,
    }
}
