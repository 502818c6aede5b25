//! Which fields hold a secret, by their names.

use super::{text, token::is_token};
use serde_json::Value;

/// Whether the values of a field may be seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Secrecy {
    /// They may, except the secrets in them.
    Open,
    /// A text in it may be a secret, such as that of `auth`. What it holds is as open as elsewhere.
    Private,
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
            Self::Within | Self::Secret => Self::Within,
            Self::Open | Self::Private if is_private(name) => Self::Private,
            Self::Open | Self::Private => Self::Open,
        }
    }

    /// Whether nobody may see this default or example.
    pub(crate) fn hides(self, value: &Value) -> bool {
        match self {
            Self::Open => holds_secret(value),
            Self::Private => is_text(value) || holds_secret(value),
            Self::Within | Self::Secret => holds_text(value),
        }
    }

    /// Whether nobody may see this choice among values.
    pub(crate) fn hides_choice(self, value: &Value) -> bool {
        self == Self::Secret || holds_secret(value)
    }
}

/// How names of secrets end, in lower case, without anything but letters and digits.
const ENDINGS: [&str; 33] = [
    "accesskey",
    "accountkey",
    "apikey",
    "cacert",
    "clientkey",
    "connectionstring",
    "connstr",
    "credential",
    "deploykey",
    "dockerconfigjson",
    "encryptionkey",
    "hmackey",
    "htpasswd",
    "kubeconfig",
    "licensekey",
    "masterkey",
    "passphrase",
    "passwd",
    "password",
    "privatekey",
    "privkey",
    "pwd",
    "rootkey",
    "secret",
    "secretkey",
    "serverkey",
    "sessionkey",
    "sharedkey",
    "signingkey",
    "sshkey",
    "storagekey",
    "tlskey",
    "token",
];

/// Words that other words end in, too: `bypass`.
const WORDS: [&str; 10] = ["bearer", "cred", "creds", "dsn", "jwt", "otp", "pass", "psw", "pw", "totp"];

/// Words of which each may be the name of a secret, and is often that of an object or of a choice.
const PRIVATE: [&str; 8] = ["auth", "authorization", "cookie", "mnemonic", "pin", "salt", "webhook", "webhookurl"];

/// The words behind the name of a secret that say in which form it is. Others, as in `secretName`, say where it is.
const FORMS: [&str; 10] =
    ["b64", "base64", "content", "data", "encoded", "hash", "literal", "plaintext", "text", "value"];

/// As much of a name as is looked at: its end, in bytes.
const MAX: usize = 100;

/// Whether a field of this name holds a secret; one that names a secret (`secretName`, `tokenUrl`) does not.
pub(crate) fn is_secret(name: &str) -> bool {
    let words = words(name);
    let Some(last) = words.last() else { return false };
    let is_word = |word: &str| WORDS.contains(&word);
    let whole = words.concat();
    is_word(last) || is_word(singular(last)) || ENDINGS.iter().any(|ending| singular(&whole).ends_with(ending))
}

/// Whether a text in a field of this name may be a secret.
fn is_private(name: &str) -> bool {
    let words = words(name);
    let last = words.last().map(String::as_str).unwrap_or_default();
    let two = words.len().checked_sub(2).map(|from| words[from..].concat()).unwrap_or_default();
    PRIVATE.iter().any(|private| *private == singular(last) || *private == two)
}

/// The words of a name in lower case, without the numbers at their ends, up to the one that says what it is.
fn words(name: &str) -> Vec<String> {
    let name = &name[name.ceil_char_boundary(name.len().saturating_sub(MAX))..];
    let mut words: Vec<String> = vec![String::new()];
    let mut before = ' ';
    let mut letters = name.chars().peekable();
    while let Some(c) = letters.next() {
        let is_next_low = letters.peek().is_some_and(char::is_ascii_lowercase);
        let begins = c.is_ascii_uppercase() && (!before.is_ascii_uppercase() || is_next_low);
        if begins || !c.is_ascii_alphanumeric() {
            words.push(String::new());
        }
        if let Some(word) = words.last_mut().filter(|_| c.is_ascii_alphanumeric()) {
            word.push(c.to_ascii_lowercase());
        }
        before = c;
    }
    words.retain(|word| !word.is_empty());
    while words.len() > 1 && words.last().is_some_and(|word| FORMS.contains(&word.as_str())) {
        words.pop();
    }
    let words = words.into_iter().map(|word| word.trim_end_matches(|c: char| c.is_ascii_digit()).to_owned());
    words.filter(|word| !word.is_empty()).collect()
}

fn singular(word: &str) -> &str {
    word.strip_suffix('s').unwrap_or(word)
}

/// Whether the value holds a secret: by the name of a field, of an environment variable or of an option, or a text that
/// holds one.
pub(super) fn holds_secret(value: &Value) -> bool {
    match value {
        Value::Object(map) => {
            let variable = map.get("name").and_then(Value::as_str).is_some_and(is_secret);
            let is_hidden = |name: &str| is_secret(name) || variable && name == "value";
            map.iter()
                .any(|(name, value)| is_hidden(name) && holds_text(value) || is_token(name) || holds_secret(value))
        }
        Value::Array(items) => items.iter().any(holds_secret) || items.windows(2).any(|pair| is_option(&pair[0])),
        Value::String(text) => text::holds(text),
        Value::Null | Value::Bool(_) | Value::Number(_) => false,
    }
}

/// Whether an argument is an option whose value, a secret, is the next one: `--password`.
fn is_option(argument: &Value) -> bool {
    argument.as_str().is_some_and(|text| text.starts_with('-') && !text.contains('=') && is_secret(text))
}

/// Whether the value is a text, or a list of texts.
fn is_text(value: &Value) -> bool {
    value.is_string() || value.as_array().is_some_and(|items| items.iter().any(Value::is_string))
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
            "APIKey",
            "caCert",
            "passwords",
            "token2",
            "clientSecret",
            "dbPass",
            "db_pass",
            "DB_PASS",
            "smtpPass",
            "encryptionKey",
            "signingKey",
            "sshKey",
            "accountKey",
            "masterKey",
            "privKey",
            "licenseKey",
            "bearer",
            "connectionString",
            "dsn",
            "jwt",
            "passwordHash",
            "secretValue",
            "tokenValue",
            "tokenBase64",
            "rootPw",
            "creds",
            "--db-password",
        ] {
            assert!(is_secret(name), "{name}");
        }
        for name in [
            "secretName",
            "tokenUrl",
            "passwordless",
            "tokenizer",
            "secretary",
            "key",
            "image",
            "",
            "bypass",
            "compass",
            "passes",
            "publicKey",
            "partitionKey",
            "routingKey",
            "value",
            "hash",
            "passwordPolicy",
            "authMode",
        ] {
            assert!(!is_secret(name), "{name}");
        }
        assert!(is_secret(&format!("{}Password", "ä".repeat(500))));
    }

    #[test]
    fn what_is_often_an_object_hides_its_text_alone() {
        for name in ["auth", "authorization", "sessionCookie", "pin", "webhook", "slackWebhookUrl"] {
            let secrecy = Secrecy::Open.of(name, None);
            assert_eq!(secrecy, Secrecy::Private, "{name}");
            assert!(secrecy.hides(&json!("hunter2")) && secrecy.hides(&json!(["hunter2"])), "{name}");
            assert!(!secrecy.hides(&json!({"type": "basic"})) && !secrecy.hides(&json!(5)), "{name}");
            assert_eq!(secrecy.of("type", None), Secrecy::Open);
        }
        for name in ["authUrl", "authority", "spinner", "pinned", "webhookTimeout"] {
            assert_eq!(Secrecy::Open.of(name, None), Secrecy::Open, "{name}");
        }
    }

    #[test]
    fn a_secret_is_found_at_any_depth() {
        for secret in [
            json!([{"auth": {"user": "a", "password": "b"}}]),
            json!({"passwords": ["b"]}),
            json!({"tokens": {"a": {"b": "c"}}}),
            json!({"env": [{"name": "DB_PASS", "value": "b"}]}),
            json!({"args": ["run", "--password", "b"]}),
            json!({"args": ["--password=b"]}),
            json!([[{"url": "postgres://a:b@c/d"}]]),
        ] {
            assert!(holds_secret(&secret), "{secret}");
        }
        for open in [
            json!([{"auth": {"user": "password"}}]),
            json!({"password": null, "token": true, "secret": 5, "tokens": [], "apiKeys": {"a": 1}}),
            json!(["--verbose", "--port", "80"]),
            json!({"image": format!("nginx:1.25@sha256:{}", "0a1b2c3d".repeat(8))}),
        ] {
            assert!(!holds_secret(&open), "{open}");
        }
    }
}
