//! Single words that are secrets by their form, or because nobody would write such a word by hand.

/// How the tokens of well-known services begin. What follows is long and random.
const PREFIXES: [&str; 44] = [
    "dckr_oat_",
    "dckr_pat_",
    "dop_v1_",
    "ghp_",
    "gho_",
    "ghr_",
    "ghs_",
    "ghu_",
    "github_pat_",
    "glcbt-",
    "gldt-",
    "glpat-",
    "glrt-",
    "glsa_",
    "hf_",
    "hvb.",
    "hvr.",
    "hvs.",
    "lin_api_",
    "npm_",
    "nvapi-",
    "pscale_",
    "pul-",
    "pypi-",
    "rk_live_",
    "rk_test_",
    "rubygems_",
    "sbp_",
    "SG.",
    "shpat_",
    "shpss_",
    "sk-",
    "sk_live_",
    "sk_test_",
    "sq0atp-",
    "sq0csp-",
    "tskey-",
    "whsec_",
    "xapp-",
    "xoxa-",
    "xoxb-",
    "xoxp-",
    "xoxr-",
    "xoxs-",
];

/// The shortest token, in bytes.
const MIN_TOKEN: usize = 12;

/// The shortest rest of such a token.
const MIN_REST: usize = 16;

/// The shortest word that can be recognized as random, in bytes.
const MIN_RANDOM: usize = 24;

/// Whether a word is a secret by its form, or because it is random.
pub(crate) fn is_token(word: &str) -> bool {
    // Each has a capital, or begins with a word and an underscore.
    if word.len() < MIN_TOKEN || !word.bytes().any(|b| b.is_ascii_uppercase() || b == b'_') {
        return false;
    }
    let is_part = |c: char| is_of_base64(c) || c == '.';
    word.split(|c: char| !is_part(c)).any(has_form) || word.split(|c: char| !is_of_base64(c)).any(is_random)
}

/// Whether it looks like the token of a well-known service, or like a JSON Web Token.
fn has_form(word: &str) -> bool {
    if word.len() < MIN_TOKEN {
        return false;
    }
    let is_capital = |text: &str| text.bytes().all(|b| !b.is_ascii_lowercase());
    let has = |text: &str, is: fn(&u8) -> bool| text.as_bytes().iter().any(is);
    let is_service = PREFIXES.iter().any(|prefix| {
        let rest = word.strip_prefix(prefix).filter(|rest| rest.len() >= MIN_REST);
        // Names of Kubernetes have neither capitals nor underscores.
        let is_no_name =
            |rest: &str| has(rest, u8::is_ascii_uppercase) || prefix.contains('_') && has(rest, u8::is_ascii_digit);
        rest.is_some_and(is_no_name)
    });
    let is_aws = word.starts_with("AKIA") && is_capital(word)
        || word.starts_with("ASIA") && word.len() == 20 && is_capital(word) && has(word, u8::is_ascii_digit);
    let is_google = word.starts_with("AIza") && word.len() >= 35 || word.starts_with("ya29.") && word.len() >= 20;
    let is_jwt = word.starts_with("eyJ") && word.len() >= 20;
    is_service || is_aws || is_google || is_jwt
}

/// Whether a word has capitals, small letters and digits in such disorder that a machine drew them. Hashes, UUIDs and the
/// names of Kubernetes have no capitals; the names of classes have words in them.
fn is_random(word: &str) -> bool {
    let count = |is: fn(&u8) -> bool| word.as_bytes().iter().filter(|b| is(b)).count();
    word.len() >= MIN_RANDOM
        && [u8::is_ascii_uppercase, u8::is_ascii_lowercase, u8::is_ascii_digit].into_iter().all(|is| count(is) >= 2)
        && in_order(word.as_bytes()) * 100 < word.len() * 45
        && entropy(word) >= 3.5
}

/// How many letters and digits are in a run of at least four of the same sort: a word, a number.
fn in_order(word: &[u8]) -> usize {
    let sort = |b: &u8| match b {
        b'a'..=b'z' => 1,
        b'A'..=b'Z' => 2,
        b'0'..=b'9' => 3,
        _ => 0,
    };
    let runs = word.chunk_by(|a, b| sort(a) == sort(b));
    runs.filter(|run| run.len() >= 4 && run.first().is_some_and(|b| sort(b) > 0)).map(<[u8]>::len).sum()
}

/// Shannon's entropy of the bytes, in bits for each.
fn entropy(word: &str) -> f64 {
    let mut counts = [0.0_f64; 256];
    word.bytes().for_each(|b| counts[usize::from(b)] += 1.0);
    let all: f64 = counts.iter().sum();
    let shares = counts.iter().filter(|count| **count > 0.0).map(|count| count / all);
    shares.map(|share| -share * share.log2()).sum()
}

fn is_of_base64(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '_')
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// Texts that look random and are the same each time. They are made here, so that no scanner takes this file for a
    /// leak.
    pub(in crate::secret) fn random(length: usize, seed: u64) -> String {
        const LETTERS: &[u8; 62] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
        let mut state = seed;
        let mut next = || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            usize::try_from(state >> 33).unwrap() % LETTERS.len()
        };
        (0..length).map(|_| char::from(LETTERS[next()])).collect()
    }

    #[test]
    fn the_tokens_of_services_are_known_by_their_beginning() {
        let rest = random(36, 7);
        for prefix in PREFIXES {
            assert!(is_token(&format!("{prefix}{rest}")), "{prefix}");
            assert!(!is_token(&format!("{prefix}mirror")), "{prefix}");
        }
        let capitals = rest.to_ascii_uppercase();
        for token in [
            format!("AKIA{}", &capitals[..16]),
            format!("ASIA{}7", &capitals[..15]),
            format!("AIza{}", &rest[..35]),
            format!("ya29.{rest}"),
            format!("eyJhbGciOi.{}", &rest[..12]),
        ] {
            assert!(is_token(&token), "{token}");
        }
    }

    #[test]
    fn nearly_every_random_word_is_known() {
        for length in [24, 32, 40, 64] {
            let known = (0..500).filter(|seed| is_token(&random(length, *seed))).count();
            assert!(known >= 415, "{known} of 500 with {length} letters");
        }
    }

    #[test]
    fn what_people_and_clusters_write_is_no_token() {
        let hex = "0a1b2c3d4e5f60718293a4b5c6d7e8f9";
        for word in [
            hex,
            &hex.repeat(2),
            &format!("sha256:{}", hex.repeat(2)),
            &format!("registry.example:5000/shop/cart:1.25@sha256:{}", hex.repeat(2)),
            &format!("et-default-{hex}"),
            "550e8400-e29b-41d4-a716-446655440000",
            "550E8400-E29B-41D4-A716-446655440000",
            "payments-processor-00042-deployment-7d9f8b6c5-x2x4z",
            "pypi-mirror-7d9f8b6c5-x2x4z-00042",
            "kratix-platform-controller-manager-7d9f8b6c5-x2x4z",
            "AbstractSingletonProxyFactoryBeanV2Impl3",
            "ApiServerSourceV1Beta2AdapterV3",
            "org.springframework.aop.framework.AbstractSingletonProxyFactoryBean2Impl4",
            "MTChannelBasedBroker",
            "CLUSTER-EU-WEST-1-NODE-pool-A-42-blue",
            "2026-11-29T21:20:32.123456789Z",
            "arn:aws:iam::123456789012:role/ShopPaymentsRole2026V2",
            "dev.knative.apiserver.resource.update",
            "/apis/v1/namespaces/shop/pods/cart-5d7f9c6b8d-abcde",
            "*/5",
            "npm_config_registry_of_the_shop",
        ] {
            assert!(!is_token(word), "{word}");
        }
    }
}
