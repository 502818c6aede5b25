//! The conformance tests of CESQL, read from the Go module that Knative uses.

use crate::go;
use catalog::{
    Attributes,
    cesql::{Expression, Failure, Outcome, Value, Values},
};
use serde_json::Value as Json;
use std::fs;

#[test]
fn every_case_of_the_tck_holds() {
    let folder = go::module("github.com/cloudevents/sdk-go/sql/v2").join("test/tck");
    let files = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let files: Vec<_> = files.filter(|path| path.extension().is_some_and(|extension| extension == "yaml")).collect();
    let cases: Vec<Json> = files.iter().flat_map(|file| cases(&fs::read_to_string(file).unwrap())).collect();
    assert!(files.len() >= 18 && cases.len() >= 200, "{} cases in {} files", cases.len(), files.len());
    let wrong: Vec<_> = cases.iter().filter_map(wrong).collect();
    assert!(wrong.is_empty(), "{} of {} cases: {wrong:#?}", wrong.len(), cases.len());
}

fn cases(file: &str) -> Vec<Json> {
    let file: Json = serde_saphyr::from_str(file).unwrap();
    file["tests"].as_array().unwrap().clone()
}

/// What is wrong with a case. Knative does not look at the value next to an error.
fn wrong(case: &Json) -> Option<String> {
    let parsed = Expression::parse(case["expression"].as_str().unwrap_or(&case["expression"].to_string()));
    let wanted = match (case["error"].as_str(), &case["result"]) {
        (Some("parse"), _) => return parsed.is_ok().then(|| format!("{case} parses")),
        (Some(error), _) => Outcome { values: Values::Nothing, failure: Some(failure(error)) },
        (None, result) => Outcome { values: Values::Exactly(value(result)), failure: None },
    };
    let outcome = parsed.map(|parsed| parsed.evaluate(&event(case)));
    (outcome.as_ref() != Ok(&wanted)).then(|| format!("{case}: {outcome:?}"))
}

fn event(case: &Json) -> Attributes {
    let any = [("id", "an-id"), ("source", "/source"), ("type", "a.type")];
    let any = any.into_iter().map(|(name, text)| (name.to_owned(), Value::from(text)));
    let given = [&case["event"], &case["eventOverrides"]].into_iter().filter_map(Json::as_object).flatten();
    Attributes::of_event(any.chain(given.map(|(name, given)| (name.clone(), value(given)))))
}

/// What a value in the files is.
pub(crate) fn value(json: &Json) -> Value {
    match json {
        Json::Bool(boolean) => (*boolean).into(),
        Json::Number(number) => i32::try_from(number.as_i64().unwrap()).unwrap().into(),
        text => text.as_str().unwrap().into(),
    }
}

/// The failure with this name in the files.
pub(crate) fn failure(name: &str) -> Failure {
    match name {
        "math" => Failure::Math,
        "cast" => Failure::Cast,
        "missingAttribute" => Failure::MissingAttribute,
        "missingFunction" => Failure::MissingFunction,
        "functionEvaluation" => Failure::FunctionEvaluation,
        "panic" => Failure::Crash,
        other => panic!("an error of the kind {other}"),
    }
}
