//! Which fields hold a secret, by their names.

use serde_json::Value;

/// Whether the values of a field may be seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Secrecy {
    /// They may, except the secrets in them.
    Open,
    /// The field is in one that holds a secret, and may be that secret.
    Within,
    /// The field holds a secret.
    Secret,
}

impl Secrecy {
    /// The secrecy of a field within a field of this secrecy, by its name and format.
    pub(crate) fn of(self, name: &str, format: Option<&Value>) -> Self {
        match self {
            _ if is_secret(name) || format.is_some_and(|format| format == "password") => Self::Secret,
            Self::Open => Self::Open,
            Self::Within | Self::Secret => Self::Within,
        }
    }

    /// Whether nobody may see this default or example.
    pub(crate) fn hides(self, value: &Value) -> bool {
        match self {
            Self::Open => holds_secret(value),
            Self::Within | Self::Secret => holds_text(value),
        }
    }
}

/// How names of secrets end, in lower case, without anything but letters and digits.
const ENDINGS: [&str; 12] = [
    "password",
    "passwd",
    "pwd",
    "passphrase",
    "secret",
    "token",
    "credential",
    "apikey",
    "accesskey",
    "privatekey",
    "secretkey",
    "cacert",
];

/// Whether a field of this name holds a secret; one that names a secret (`secretName`, `tokenUrl`) does not.
pub(crate) fn is_secret(name: &str) -> bool {
    let name: String = name.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()).collect();
    let name = name.trim_end_matches(|c: char| c.is_ascii_digit());
    let name = name.strip_suffix('s').unwrap_or(name);
    ENDINGS.iter().any(|ending| name.ends_with(ending))
}

/// Whether the value holds a field, or an environment variable, that is a secret by its name.
fn holds_secret(value: &Value) -> bool {
    match value {
        Value::Object(map) => {
            let variable = map.get("name").and_then(Value::as_str).is_some_and(is_secret);
            let is_hidden = |name: &str| is_secret(name) || variable && name == "value";
            map.iter().any(|(name, value)| is_hidden(name) && holds_text(value) || holds_secret(value))
        }
        Value::Array(items) => items.iter().any(holds_secret),
        _ => false,
    }
}

/// Whether the value is a text or holds one.
fn holds_text(value: &Value) -> bool {
    match value {
        Value::String(_) => true,
        Value::Array(items) => items.iter().any(holds_text),
        Value::Object(map) => map.values().any(holds_text),
        Value::Null | Value::Bool(_) | Value::Number(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_secret_is_known_by_the_end_of_its_name() {
        for name in [
            "password",
            "adminPassword",
            "db_passwd",
            "PASSWORD",
            "apiKey",
            "api-key",
            "caCert",
            "passwords",
            "token2",
            "clientSecret",
        ] {
            assert!(is_secret(name), "{name}");
        }
        for name in ["secretName", "tokenUrl", "passwordless", "tokenizer", "secretary", "key", "image", ""] {
            assert!(!is_secret(name), "{name}");
        }
    }

    #[test]
    fn a_secret_is_found_at_any_depth() {
        assert!(holds_secret(&json!([{"auth": {"user": "a", "password": "b"}}])));
        assert!(!holds_secret(&json!([{"auth": {"user": "password"}}])));
        for secret in [
            json!({"passwords": ["b"]}),
            json!({"tokens": {"a": {"b": "c"}}}),
            json!({"env": [{"name": "DB_PASSWORD", "value": "b"}]}),
        ] {
            assert!(holds_secret(&secret), "{secret}");
        }
        assert!(!holds_secret(
            &json!({"password": null, "token": true, "secret": 5, "tokens": [], "apiKeys": {"a": 1}})
        ));
    }
}
