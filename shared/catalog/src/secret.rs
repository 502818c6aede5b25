//! Which values are secrets, by the names of their fields.

use serde_json::Value;

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

/// Whether the value holds a field that is a secret by its name.
pub(crate) fn holds_secret(value: &Value) -> bool {
    match value {
        Value::Object(map) => {
            map.iter().any(|(name, value)| is_secret(name) && value.is_string() || holds_secret(value))
        }
        Value::Array(items) => items.iter().any(holds_secret),
        _ => false,
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
