use super::*;
use crate::attributes::Known;
use Answer::{Maybe, No, Yes};

/// What it comes to for an event of the type `a` with the subject `b`.
fn of(text: &str) -> Outcome {
    let event = [("type", "a"), ("subject", "b")].map(|(name, value)| (name.to_owned(), value));
    Expression::parse(text).unwrap().evaluate(&Attributes::of_event(event))
}

fn value(text: &str) -> Option<Value> {
    match of(text) {
        Outcome { values: Values::Exactly(value), failure: None } => Some(value),
        _ => None,
    }
}

/// The answer for events of a type whose source is a template and of which nothing else is known.
fn answer(text: &str) -> Answer {
    let source = Known::Like { starts: "/shop/".into(), ends: "/orders".into() };
    let attributes = Attributes::anything().with("type", Known::Exactly("a".into())).with("source", source);
    Expression::parse(text).unwrap().answer(&attributes)
}

#[test]
fn operators_bind_as_in_the_grammar() {
    for (text, wanted) in [
        ("1 + 2 * 3", Value::Integer(7)),
        ("10 - 2 - 3", Value::Integer(5)),
        ("- 2 + 5", Value::Integer(3)),
        ("7 / -2", Value::Integer(-3)),
        ("2 + 3 = 5 AND TRUE", true.into()),
        ("NOT FALSE = TRUE", true.into()),
        ("NOT 0 LIKE 'true'", true.into()),
        ("1 + 1 IN (2)", Value::Integer(1)),
        ("FALSE AND FALSE OR TRUE", false.into()),
        ("TRUE XOR TRUE AND FALSE", true.into()),
        ("'a' NOT IN ('b') AND 'a' NOT LIKE 'b'", true.into()),
    ] {
        assert_eq!(value(text), Some(wanted), "{text}");
    }
}

#[test]
fn words_are_read_without_regard_to_case() {
    for text in ["TYPE = 'a' and Exists SUBJECT", "upper(type) = \"A\"", "type = 'a' aNd substring('ab', 2) = 'b'"] {
        assert_eq!(value(text), Some(true.into()), "{text}");
    }
}

#[test]
fn the_lexer_makes_the_mistakes_of_the_go_sdk() {
    for (text, wanted) in [
        ("type = 'a';", Value::Boolean(true)),
        ("type ! = 'a'", true.into()),
        ("'it''s'", "it''s".into()),
        ("'it\\'s'", "it's".into()),
        ("5 + -3", Value::Integer(2)),
    ] {
        assert_eq!(value(text), Some(wanted), "{text}");
    }
}

#[test]
fn what_is_not_an_expression_is_rejected() {
    for (text, wanted) in [
        ("", ParseError::End),
        ("type =", ParseError::End),
        ("ABC(", ParseError::End),
        ("(type", ParseError::End),
        ("type = 'a", ParseError::Unexpected(8)),
        ("type == 'a'", ParseError::Unexpected(7)),
        ("1 -2", ParseError::Unexpected(3)),
        ("ce_type = 'a'", ParseError::Unexpected(1)),
        ("type LIKE subject", ParseError::Unexpected(11)),
        ("type IN ()", ParseError::Unexpected(10)),
        ("EXISTS (type)", ParseError::Unexpected(8)),
        ("a1(2)", ParseError::Unexpected(3)),
        ("type 'a'", ParseError::Unexpected(6)),
        ("2147483648", ParseError::Range(1)),
    ] {
        assert_eq!(Expression::parse(text), Err(wanted), "{text}");
    }
}

#[test]
fn a_tree_is_only_so_deep() {
    for (before, after) in
        [("(", ")"), ("NOT ", ""), ("- ", ""), ("ABS(", ")"), ("1 IN (", ")"), ("", " = 1"), ("", " OR 1")]
    {
        let nested = |times: usize| format!("{}1{}", before.repeat(times), after.repeat(times));
        let deep = Expression::parse(&nested(200)).unwrap();
        assert_ne!(deep.clone().evaluate(&Attributes::anything()).values, Values::Anything);
        assert_eq!(Expression::parse(&nested(201)), Err(ParseError::TooDeep), "{before}1{after}");
    }
    let types = format!("type IN ('a'{})", ", 'b'".repeat(3000));
    assert_eq!(answer(&types), Yes);
    assert_eq!(Expression::parse(&format!("{types}{}", " ".repeat(16 * 1024))), Err(ParseError::TooLong));
}

#[test]
fn failures_are_those_of_the_specification() {
    for (text, failure) in [
        ("1 / 0", Failure::Math),
        ("ABS(-2147483648)", Failure::Math),
        ("'a' + 1", Failure::Cast),
        ("tenant = 'a'", Failure::MissingAttribute),
        ("NONE()", Failure::MissingFunction),
        ("LEFT('a', -1)", Failure::FunctionEvaluation),
        ("SUBSTRING('abc', 1, -1)", Failure::Crash),
    ] {
        assert_eq!(of(text), Outcome { values: Values::Nothing, failure: Some(failure) }, "{text}");
    }
}

#[test]
fn what_is_open_answers_maybe_only_where_it_decides() {
    for (text, wanted) in [
        ("type = 'a'", Yes),
        ("EXISTS type AND EXISTS id", Yes),
        ("type = 'b' AND EXISTS tenant", No),
        ("type = 'a' OR tenant = 'x'", Yes),
        ("tenant = 'x' OR type = 'a'", Maybe),
        ("EXISTS tenant OR type = 'a'", Yes),
        ("NOT EXISTS tenant", Maybe),
        ("tenant = 'x'", Maybe),
        ("source = '/shop/1/orders'", Maybe),
        ("source = '/shop/orders'", No),
        ("source IN ('/x', '/y')", No),
        ("source LIKE '/mall/%'", No),
        ("source LIKE '/shop/%'", Maybe),
        ("LENGTH(source) > 3", Maybe),
        ("IS_INT(tenant) OR TRUE", Maybe),
        ("'neither'", Maybe),
    ] {
        assert_eq!(answer(text), wanted, "{text}");
    }
}

#[test]
fn an_expression_that_may_cost_too_much_is_not_evaluated() {
    let many = |text: &str, times| vec![text; times].join(",");
    let nested = |depth| (0..depth).fold("type".to_owned(), |inner, _| format!("CONCAT_WS({inner}, {inner})"));
    for text in [
        format!("LENGTH(CONCAT({})) > 0", many("type", 2_500)),
        format!("CONCAT(type, source) LIKE '%{}b'", "a".repeat(3_000)),
        format!("CONCAT_WS(type, {}) = 'a'", many("source", 2_000)),
        format!("UPPER(CONCAT({})) = 'a'", many("type", 2_000)),
        nested(7),
    ] {
        assert_eq!(Expression::parse(&text), Err(ParseError::TooMuchWork), "{}", &text[..40]);
    }
    for text in [
        format!("type IN ({})", many("'org.example.order'", 700)),
        format!("CONCAT({}) LIKE '%{}%'", many("type", 10), "a".repeat(200)),
        nested(4),
    ] {
        assert!(Expression::parse(&text).is_ok(), "{}", &text[..40]);
    }
}

#[test]
fn of_a_text_that_is_too_long_nothing_is_known() {
    let long = "a".repeat(4_097);
    let of = |known: Known| {
        let attributes = Attributes::anything().with("source", known);
        ["source LIKE 'b%'", "LENGTH(source) > 5000", "EXISTS source"]
            .map(|text| Expression::parse(text).unwrap().answer(&attributes))
    };
    assert_eq!(of(Known::Exactly(long.as_str().into())), [Maybe, Maybe, Yes]);
    assert_eq!(of(Known::Like { starts: long.clone(), ends: String::new() }), [Maybe, Maybe, Yes]);
    assert_eq!(of(Known::Exactly(long[1..].into())), [No, No, Yes]);
}
