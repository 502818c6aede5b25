//! What a filter says of events before there is one is true of each event that comes.

#[path = "cesql/random.rs"]
#[allow(dead_code, reason = "shared with the tests that need Go")]
mod random;

use catalog::{
    Answer, Attributes, Filter, Known,
    cesql::{Expression, Outcome, Value, Values},
};
use proptest::{collection::vec, prelude::*};
use random::Event;

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4000))]

    #[test]
    fn an_outcome_holds_for_every_event_that_fits(text in random::expression(), event in random::typed_event(), weak in weaknesses()) {
        if let Ok(expression) = Expression::parse(&text) {
            let answered = expression.evaluate(&pins(&event, &weak));
            let real = expression.evaluate(&Attributes::of_event(event.clone()));
            prop_assert!(admits(&answered, &real), "{text}: {answered:?}, but {event:?} gives {real:?}");
        }
    }

    #[test]
    fn an_answer_holds_for_every_event_that_fits(spec in random::trigger(), event in random::event(), weak in weaknesses()) {
        let (filter, _) = Filter::of_trigger(&spec);
        let attributes = pins(&event, &weak);
        let (answered, real) = (filter.answer(&attributes), filter.answer(&Attributes::of_event(event.clone())));
        prop_assert!(answered == real || answered == Answer::Maybe, "{spec}: {answered:?}, but {event:?} gives {real:?}");
        if let (Some(types), Some(event_type)) = (filter.types(), attributes.event_type()) {
            prop_assert!(answered == Answer::No || types.contains(event_type), "{spec}: {types:?} without {event_type}");
        }
    }

    #[test]
    fn no_text_upsets_the_parser(text in ".{0,40}", soup in random::soup()) {
        for text in [text, soup] {
            if let Ok(expression) = Expression::parse(&text) {
                expression.answer(&Attributes::anything());
            }
        }
    }
}

/// How much of each attribute is forgotten, and what of it is kept.
fn weaknesses() -> impl Strategy<Value = Vec<(u8, usize, usize)>> {
    vec((0..5_u8, 0..8_usize, 0..8_usize), 8)
}

/// Something that is true of the event.
fn pins(event: &Event, weak: &[(u8, usize, usize)]) -> Attributes {
    let names = ["type", "source", "subject", "id", "tenant", "count", "paid", "missing"];
    names.iter().zip(weak).fold(Attributes::anything(), |attributes, (name, weak)| {
        let known = match (event.get(*name), weak) {
            (Some(value), (0 | 1, ..)) => Known::Exactly(value.clone()),
            (Some(Value::Text(text)), (2, from, to)) => ends(text, *from, *to),
            (Some(_), (2 | 3, ..)) => Known::Present,
            (None, (0..3, ..)) => Known::Absent,
            (_, _) => Known::Open,
        };
        attributes.with(name, known)
    })
}

/// A beginning and an end of the text that do not overlap.
fn ends(text: &str, from: usize, to: usize) -> Known {
    let characters: Vec<char> = text.chars().collect();
    let from = from.min(characters.len());
    let to = to.max(from).min(characters.len());
    Known::Like { starts: characters[..from].iter().collect(), ends: characters[to..].iter().collect() }
}

/// Whether the answer that knows less allows the other one.
fn admits(answered: &Outcome, real: &Outcome) -> bool {
    let value = match (&answered.values, &real.values) {
        (answered, real) if answered == real => true,
        (_, Values::Nothing) | (Values::Anything, _) => true,
        (Values::Integer, Values::Exactly(Value::Integer(_))) => true,
        (Values::Boolean, Values::Exactly(Value::Boolean(_))) => true,
        (Values::Text { starts, ends }, Values::Exactly(Value::Text(text))) => {
            text.starts_with(starts) && text.ends_with(ends)
        }
        (Values::Text { starts, ends }, Values::Text { .. }) => starts.is_empty() && ends.is_empty(),
        _ => false,
    };
    value && (answered.failure.is_some() || real.failure.is_none())
}
