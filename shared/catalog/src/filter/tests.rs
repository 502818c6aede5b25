use super::*;
use Answer::{Maybe, No, Yes};
use serde_json::json;

/// The answers of a filter for the types `a`, `b` and `abc` of the source `/shop/{name}`.
fn answers(spec: &Value) -> [Answer; 3] {
    let (filter, notes) = Filter::of_trigger(spec);
    assert_eq!(notes, Vec::<String>::new(), "{spec}");
    of(&filter)
}

fn of(filter: &Filter) -> [Answer; 3] {
    ["a", "b", "abc"]
        .map(|name| filter.answer(&Attributes::of_event_type(&json!({"type": name, "source": "/shop/{name}"}))))
}

fn filters(filter: &Value) -> Value {
    json!({"filters": [filter]})
}

#[test]
fn without_a_filter_everything_passes() {
    for spec in [
        json!({}),
        json!(null),
        json!({"filter": null, "filters": null}),
        json!({"filter": {}, "filters": []}),
        json!({"filter": {"attributes": {}}}),
        json!({"filter": {"attributes": {"type": "b"}}, "filters": [{}]}),
        json!({"filters": [{"exact": {}, "any": [], "cesql": ""}]}),
    ] {
        assert_eq!(answers(&spec), [Yes; 3], "{spec}");
    }
}

#[test]
fn filters_override_the_filter() {
    let both = json!({"filter": {"attributes": {"type": "a"}}, "filters": [{"exact": {"type": "b"}}]});
    assert_eq!(answers(&both), [No, Yes, No]);
    assert_eq!(answers(&json!({"filter": {"attributes": {"type": "a"}}, "filters": []})), [Yes, No, No]);
}

#[test]
fn an_empty_value_of_the_old_filter_is_any_but_the_empty_one() {
    let old = |attributes: Value| answers(&json!({"filter": {"attributes": attributes}}));
    assert_eq!(old(json!({"type": ""})), [Yes; 3]);
    assert_eq!(old(json!({"type": "", "source": "/shop/1"})), [Maybe; 3]);
    assert_eq!(old(json!({"type": "a", "source": "/other"})), [No; 3]);
    assert_eq!(old(json!({"type": "a", "subject": ""})), [Maybe, No, No]);
}

#[test]
fn each_dialect_answers_as_far_as_attributes_are_pinned() {
    for (filter, wanted) in [
        (json!({"exact": {"type": "a"}}), [Yes, No, No]),
        (json!({"exact": {"type": "a", "source": "/shop/1"}}), [Maybe, No, No]),
        (json!({"exact": {"type": "a", "source": "/shop"}}), [No, No, No]),
        (json!({"exact": {"tenant": "x"}}), [Maybe; 3]),
        (json!({"prefix": {"type": "a"}}), [Yes, No, Yes]),
        (json!({"prefix": {"source": "/shop"}}), [Yes; 3]),
        (json!({"prefix": {"source": "/shop/1"}}), [Maybe; 3]),
        (json!({"prefix": {"source": "/x"}}), [No; 3]),
        (json!({"suffix": {"type": "c"}}), [No, No, Yes]),
        (json!({"suffix": {"source": "1"}}), [Maybe; 3]),
        (json!({"all": [{"prefix": {"type": "a"}}, {"suffix": {"type": "c"}}]}), [No, No, Yes]),
        (json!({"any": [{"exact": {"type": "a"}}, {"exact": {"type": "b"}}]}), [Yes, Yes, No]),
        (json!({"any": [{"exact": {"type": "a"}}, {"exact": {"tenant": "x"}}]}), [Yes, Maybe, Maybe]),
        (json!({"any": [{"exact": {"type": "a"}}, {}]}), [Yes, No, No]),
        (json!({"not": {"exact": {"type": "a"}}}), [No, Yes, Yes]),
        (json!({"not": {"exact": {"tenant": "x"}}}), [Maybe; 3]),
        (json!({"cesql": "type = 'a'"}), [Yes, No, No]),
        (json!({"cesql": "type LIKE 'a%' AND NOT (type = 'abc')"}), [Yes, No, No]),
        (json!({"cesql": "source LIKE '/shop/%'"}), [Maybe; 3]),
        (json!({"cesql": "source LIKE '/other/%'"}), [No; 3]),
        (json!({"cesql": "EXISTS tenant"}), [Maybe; 3]),
        (json!({"cesql": "EXISTS id AND type IN ('a', 'b')"}), [Yes, Yes, No]),
        (json!({"cesql": "type + 1 = 2"}), [No; 3]),
        (json!({"cesql": "'true'"}), [Maybe; 3]),
    ] {
        assert_eq!(answers(&filters(&filter)), wanted, "{filter}");
    }
}

#[test]
fn all_filters_of_the_list_must_pass() {
    let list = json!({"filters": [{"prefix": {"type": "a"}}, {"not": {"exact": {"type": "a"}}}]});
    assert_eq!(answers(&list), [No, No, Yes]);
}

#[test]
fn a_missing_attribute_passes_no_test_but_that_of_the_time() {
    let event = |filter: Value| {
        let event = Attributes::of_event([("type".to_owned(), "a")]);
        Filter::of_trigger(&json!({"filter": {"attributes": filter}})).0.answer(&event)
    };
    assert_eq!([event(json!({"subject": ""})), event(json!({"tenant": ""})), event(json!({"tenant": "x"}))], [No; 3]);
    assert_eq!(event(json!({"time": ""})), Yes);
}

#[test]
fn what_is_malformed_may_pass_and_is_noted() {
    for (spec, told) in [
        (json!({"filters": [{"cesql": "type ="}]}), "filters[0].cesql is not a valid expression: unexpected end"),
        (json!({"filters": [{"exact": {"type": ""}}]}), "filters[0].exact must map names of attributes"),
        (json!({"filters": [{"exact": {"type": "zzz", "Source": "b"}}]}), "filters[0].exact must map names"),
        (json!({"filters": [{"prefix": {"type": 5}}]}), "filters[0].prefix must map names"),
        (json!({"filters": [{"any": [{"exact": {"type": "z"}, "cesql": "TRUE"}]}]}), "filters[0].any[0] has more than"),
        (json!({"filters": [{"not": {}}]}), "filters[0].not is empty"),
        (json!({"filters": [{"not": {"all": [{}]}}]}), "filters[0].not.all is empty"),
        (json!({"filters": [{"all": 7}]}), "filters[0].all has the wrong type"),
        (json!({"filters": ["type = 'a'"]}), "filters[0] is not a filter"),
        (json!({"filters": {"exact": {"type": "a"}}}), "filters is not a list"),
        (json!({"filter": {"attributes": ["type"]}}), "filter.attributes is not a map"),
    ] {
        let (filter, notes) = Filter::of_trigger(&spec);
        assert_eq!(of(&filter), [Maybe; 3], "{spec}");
        assert!(notes.len() == 1 && notes[0].starts_with(told), "{notes:?}, not {told}");
        assert_eq!(filter.types(), None, "{spec}");
    }
}

#[test]
fn a_function_that_only_a_broker_may_have_may_let_pass() {
    let verify = r#"KN_VERIFY_CORRELATION_ID(replyid, "name", "shop", "secret", 0, 1)"#;
    for text in [verify, "nope(id)", "LEFT(type)", "type = 'z' AND (1 IN (2, -ABS(NOPE())))", "NOT nope() LIKE 'a'"] {
        for filter in [json!({"cesql": text}), json!({"not": {"cesql": text}})] {
            let (filter, notes) = Filter::of_trigger(&filters(&filter));
            assert_eq!((of(&filter), filter.types()), ([Maybe; 3], None), "{text}");
            assert!(
                notes.len() == 1 && notes[0].contains("calls a function that CESQL does not have: \""),
                "{notes:?}"
            );
        }
    }
}

#[test]
fn what_may_crash_makes_its_siblings_unsure() {
    for crash in ["1", "SUBSTRING(type, 1, -1) = 'a'", "tenant", "NOPE()", "type ="] {
        for (filter, wanted) in [
            (json!({"any": [{"cesql": crash}, {"exact": {"type": "a"}}]}), [Maybe; 3]),
            (json!({"any": [{"exact": {"type": "a"}}, {"not": {"cesql": crash}}]}), [Maybe; 3]),
            (json!({"not": {"all": [{"exact": {"type": "a"}}, {"cesql": crash}]}}), [Maybe; 3]),
            (json!({"all": [{"exact": {"type": "a"}}, {"cesql": crash}]}), [Maybe, No, No]),
        ] {
            assert_eq!(of(&Filter::of_trigger(&filters(&filter)).0), wanted, "{filter}");
        }
    }
    assert_eq!(answers(&filters(&json!({"any": [{"cesql": "1 / 0 = 1"}, {"exact": {"type": "a"}}]}))), [Yes, No, No]);
}

#[test]
fn beside_what_is_malformed_the_rest_still_counts() {
    let (filter, notes) = Filter::of_trigger(&json!({"filters": [{"exact": {"type": "a"}}, {"cesql": "("}]}));
    assert_eq!((of(&filter), notes.len()), ([Maybe, No, No], 1));
}

#[test]
fn a_filter_without_end_is_not_read_to_its_end() {
    let deep = (0..100).fold(json!({"exact": {"type": "a"}}), |inner, _| json!({"not": inner}));
    let wide = json!({"any": vec![json!({"exact": {"type": "z"}}); 2000]});
    let map: serde_json::Map<_, _> = (0..2000).map(|index| (format!("a{index}"), json!("x"))).collect();
    let long = json!({"cesql": format!("type = 'z' {}", "AND TRUE ".repeat(500))});
    for filter in [deep, wide, json!({"exact": map}), long] {
        let (filter, notes) = Filter::of_trigger(&filters(&filter));
        assert_eq!(of(&filter), [Maybe; 3]);
        assert!((1..=10).contains(&notes.len()));
    }
}

#[test]
fn the_types_are_those_which_alone_can_pass() {
    for (filter, wanted) in [
        (json!({"exact": {"type": "a", "source": "/s"}}), Some(vec!["a"])),
        (json!({"prefix": {"type": "a"}}), None),
        (json!({"exact": {"source": "/s"}}), None),
        (json!({"any": [{"exact": {"type": "a"}}, {"cesql": "type IN ('b', 'c')"}]}), Some(vec!["a", "b", "c"])),
        (json!({"any": [{"exact": {"type": "a"}}, {"exact": {"source": "/s"}}]}), None),
        (json!({"all": [{"prefix": {"source": "/"}}, {"exact": {"type": "a"}}]}), Some(vec!["a"])),
        (json!({"all": [{"exact": {"type": "b"}}, {"exact": {"type": "a"}}]}), Some(vec![])),
        (json!({"not": {"exact": {"type": "a"}}}), None),
        (json!({"cesql": "'a' = TYPE AND EXISTS subject"}), Some(vec!["a"])),
        (json!({"cesql": "type = 'a' OR type LIKE 'b'"}), Some(vec!["a", "b"])),
        (json!({"cesql": "type = 'a' OR type LIKE 'b%'"}), None),
        (json!({"cesql": "type = 'a' XOR subject = 'b'"}), None),
        (json!({"cesql": "type NOT IN ('a')"}), None),
        (json!({"cesql": "type = 5"}), None),
    ] {
        let types = Filter::of_trigger(&filters(&filter)).0.types();
        assert_eq!(types, wanted.map(|types| types.into_iter().map(str::to_owned).collect()), "{filter}");
    }
    assert_eq!(Filter::everything().types(), None);
    let old = |value| Filter::of_trigger(&json!({"filter": {"attributes": {"type": value}}})).0.types();
    assert_eq!((old("a"), old("")), (Some(BTreeSet::from(["a".to_owned()])), None));
}
