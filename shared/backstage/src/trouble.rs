//! What Backstage says is wrong with an entity, and what to do then.

use crate::line::line;
use serde_json::Value;

/// The most bytes of its words.
const MOST: usize = 1024;

/// Something that Backstage says of an entity, in its own words.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Trouble {
    /// The entity which the words name, where they name one.
    pub entity: Option<String>,
    /// The words, one line, 1 KiB at most.
    pub words: String,
}

/// The kinds as Backstage's configuration spells them.
const KINDS: [&str; 9] = ["API", "Component", "Domain", "Group", "Location", "Resource", "System", "Template", "User"];

/// The first of these words that are in it, and what to do about them.
const ADVICE: [(&str, &str); 9] = [
    (
        "NoSuchKey",
        "the object is gone, or the first entry of integrations.awsS3 names another store than the provider lists",
    ),
    ("NoSuchBucket", STORE),
    ("AccessDenied", KEYS),
    ("InvalidAccessKeyId", KEYS),
    ("SignatureDoesNotMatch", KEYS),
    ("Could not load credentials", KEYS),
    ("InvalidToken", KEYS),
    ("Could not retrieve file from S3", STORE),
    ("You may need to configure an integration", STORE),
];
const KEYS: &str = Trouble::KEYS;
const STORE: &str = Trouble::STORE;

impl Trouble {
    /// If the keys by which Backstage reads the bucket do not do.
    pub const KEYS: &str = "in app-config: let integrations.awsS3[].accessKeyId and secretAccessKey read the bucket (aws.mainAccount only lists it)";

    /// If Backstage reads another store, or none.
    pub const STORE: &str = "in app-config: let integrations.awsS3[].endpoint, s3ForcePathStyle, accessKeyId and secretAccessKey be those of the store, with the endpoint that CALLBOARD_BACKSTAGE_BUCKET_URL begins with";

    /// With these words.
    pub(crate) fn new(words: &str) -> Self {
        let words = line(words, MOST);
        Self { entity: named(&words), words }
    }

    /// Of an error as Backstage serializes it; its message has those of its causes at its end.
    pub(crate) fn of_error(error: &Value) -> Self {
        let text = |key: &str| error[key].as_str().filter(|text| !text.is_empty());
        Self::new(text("message").or_else(|| text("name")).unwrap_or("an error without words"))
    }

    /// Of an item of an entity's status.
    pub(crate) fn of_status(item: &Value) -> Self {
        Self::of_error(if item["error"]["message"].is_string() { &item["error"] } else { item })
    }

    /// What fixes it, if that is known: a line for Backstage's app-config.
    pub fn advice(&self) -> Option<String> {
        if self.words.contains("is not of an allowed kind") {
            let kind = self.entity.as_deref().and_then(|entity| entity.split(':').next());
            return kind.map(|kind| {
                format!(
                    "in app-config, below catalog.rules: `- allow: [{}]`, and [Component, API, Location] where there were no rules",
                    spelled(kind)
                )
            });
        }
        ADVICE.into_iter().find(|(words, _)| self.words.contains(words)).map(|(_, advice)| advice.to_owned())
    }
}

/// The kind of a ref, which is in lower case.
fn spelled(kind: &str) -> &str {
    KINDS.into_iter().find(|it| it.eq_ignore_ascii_case(kind)).unwrap_or(kind)
}

/// The ref after `Entity`, `entity` or `for`.
fn named(words: &str) -> Option<String> {
    let words: Vec<_> = words.split(' ').collect();
    let mut pairs = words.windows(2).filter(|pair| matches!(pair[0], "Entity" | "entity" | "for"));
    pairs.find_map(|pair| Some(pair[1].trim_end_matches([';', ','])).filter(|it| is_ref(it))).map(str::to_owned)
}

/// Whether it is `kind:namespace/name`.
fn is_ref(word: &str) -> bool {
    let is_name = |text: &str| {
        !text.is_empty() && text.bytes().all(|it| it.is_ascii_alphanumeric() || matches!(it, b'-' | b'_' | b'.'))
    };
    let parts = word.split_once(':').and_then(|(kind, rest)| Some((kind, rest.split_once('/')?)));
    parts.is_some_and(|(kind, (namespace, name))| is_name(kind) && is_name(namespace) && is_name(name))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_kind_that_the_rules_lack_is_named_with_the_line_to_add() {
        for (reference, line) in [
            ("system:default/x", "[System]"),
            ("api:a/b.c", "[API]"),
            ("template:default/x_1", "[Template]"),
            ("airesource:default/x", "[airesource]"),
        ] {
            // DefaultCatalogProcessingOrchestrator of plugin-catalog-backend 4.0.0.
            let at = "url:http://minio:9000/catalog/entities/main/x.yaml";
            let words =
                format!("Entity {reference} at {at}, originated at {at}, is not of an allowed kind for that location");
            let trouble = Trouble::new(&words);
            assert_eq!((trouble.entity.as_deref(), &trouble.words), (Some(reference), &words));
            let advice = trouble.advice().unwrap();
            let rule =
                format!("in app-config, below catalog.rules: `- allow: {line}`, and [Component, API, Location] ");
            assert!(advice.starts_with(&rule), "{advice}");
        }
    }

    #[test]
    fn what_the_reader_lacks_is_reported() {
        for (fault, advice) in [
            ("AccessDenied: Access Denied", KEYS),
            ("InvalidAccessKeyId: The access key ID you provided does not exist", KEYS),
            ("SignatureDoesNotMatch: The request signature we calculated does not match", KEYS),
            ("CredentialsProviderError: Could not load credentials from any providers", KEYS),
            ("NoSuchKey: UnknownError", ADVICE[0].1),
            ("NoSuchBucket: UnknownError", STORE),
            ("Error: connect ECONNREFUSED 127.0.0.1:9000", STORE),
        ] {
            let trouble =
                Trouble::new(&format!("Unable to read url, Could not retrieve file from S3; caused by {fault}"));
            assert_eq!((trouble.entity.as_deref(), trouble.advice().as_deref()), (None, Some(advice)), "{fault}");
        }
    }

    #[test]
    fn what_is_not_known_has_no_advice() {
        for (words, entity) in [
            (
                "Policy check failed for component:default/x; caused by Error: /metadata/name must be a string",
                Some("component:default/x"),
            ),
            (
                "Processor X threw an error while validating the entity api:default/x; caused by TypeError: no",
                Some("api:default/x"),
            ),
            ("YAML error at url:http://minio/catalog/x.yaml, YAMLParseError: bad for url:http://x/y", None),
        ] {
            let trouble = Trouble::new(words);
            assert_eq!((trouble.entity.as_deref(), trouble.advice()), (entity, None));
        }
    }

    #[test]
    fn its_words_are_the_errors_own() {
        let error = json!({"name": "InputError", "message": "a\n  b; caused by c", "cause": {"message": "c"}});
        let item = json!({"type": "x", "level": "error", "message": "InputError: a b; caused by c", "error": error});
        assert_eq!(Trouble::of_status(&item), Trouble::of_error(&error));
        assert_eq!(Trouble::of_error(&error).words, "a b; caused by c");
        assert_eq!(Trouble::of_status(&json!({"level": "error", "message": "broken"})).words, "broken");
        assert_eq!(Trouble::of_error(&json!({"name": "NotAllowedError", "message": ""})).words, "NotAllowedError");
        assert_eq!(Trouble::of_error(&json!("x")).words, "an error without words");
        assert_eq!(Trouble::new(&"ä".repeat(1024)).words.len(), 1024);
    }
}
