//! What may answer in Backstage's place, or not at all.

use crate::fake::{Fake, TOKEN, client, error, raw, response};
use backstage::{Backstage, Error};
use std::time::Instant;
use tokio::net::TcpListener;

/// How each call fails.
async fn failures(backstage: &Backstage) -> Vec<Error> {
    let mut failures = readers(backstage).await;
    failures.push(backstage.refresh("a:b/c").await.unwrap_err());
    failures.push(backstage.trigger().await.unwrap_err());
    failures.push(backstage.validate(&backstage.location("a")).await.unwrap_err());
    failures
}

/// How each call fails that reads an answer.
async fn readers(backstage: &Backstage) -> Vec<Error> {
    vec![
        backstage.tasks().await.unwrap_err(),
        backstage.by_refs(&["a:b/c".to_owned()]).await.unwrap_err(),
        backstage.from("http://store/").await.unwrap_err(),
        backstage.pending().await.unwrap_err(),
    ]
}

/// That it says what failed where in one short line, and is of this sort.
fn is_reported(backstage: &Backstage, failure: &Error, like: fn(String) -> Error, says: &[&str]) {
    let reported = failure.to_string();
    assert_eq!(failure, &like(reported.clone()));
    assert!(
        reported.starts_with("failed to ") && reported.contains(&format!(" on Backstage at {}: ", backstage.url())),
        "{reported}"
    );
    assert!(reported.len() < 1200 && !reported.contains('\n') && !reported.contains(TOKEN), "{reported}");
    says.iter().for_each(|says| assert!(reported.contains(says), "{says}: {reported}"));
}

#[tokio::test]
async fn a_refusal_says_what_to_do() {
    let denied: fn(String) -> Error = Error::Denied;
    for (status, name, message, like, advice) in [
        (401, "AuthenticationError", "Illegal token", denied, "backend.auth.externalAccess"),
        (403, "NotAllowedError", "This token's access is restricted", denied, "accessRestrictions"),
        (429, "TooManyRequestsError", "Too many requests", Error::Refused, "it answered 429"),
        (500, "InternalServerError", "An internal error occurred", Error::Refused, "it answered 500"),
        (503, "ServiceUnavailableError", "Service has not started up yet", Error::Unreached, "it is not there"),
    ] {
        let backstage = Fake::start(move |_| error(status, name, message)).await.client();
        for failure in failures(&backstage).await {
            is_reported(&backstage, &failure, like, &[advice, &format!("{name}: {message}")]);
        }
    }
}

#[tokio::test]
async fn a_refusal_that_quotes_the_token_is_reported_without_it() {
    let backstage = Fake::start(|asked| {
        let echo = "x".repeat(500) + &asked.authorization;
        match asked.line.starts_with("GET") {
            true => response(500, "text/plain", format!("\r\n{echo}\u{1b}{}", "y".repeat(600))),
            false => error(418, &asked.authorization, &echo),
        }
    })
    .await
    .client();
    for failure in failures(&backstage).await {
        is_reported(&backstage, &failure, Error::Refused, &[]);
        assert!(!failure.to_string().contains("geh"), "{failure}");
    }
    assert!(!format!("{backstage:?}").contains(TOKEN));
}

#[tokio::test]
async fn a_redirect_is_not_followed_and_named() {
    let fake = Fake::start(|asked| {
        let mut response = response(302, "text/html", "<html>");
        let to = format!("http://127.0.0.1:9/{}/?state={}", asked.authorization, TOKEN);
        response.headers_mut().insert("location", to.parse().unwrap());
        response
    })
    .await;
    let backstage = fake.client();
    for failure in failures(&backstage).await {
        is_reported(&backstage, &failure, Error::Refused, &["redirects to http://127.0.0.1:9/Bearer ***/ (302 Found)"]);
    }
    assert_eq!(fake.lines().len(), 7);
}

#[tokio::test]
async fn a_web_page_is_no_answer() {
    let backstage = Fake::start(|_| response(200, "text/html; charset=utf-8", "<html>Sign in</html>")).await.client();
    for failure in failures(&backstage).await {
        is_reported(&backstage, &failure, Error::Refused, &["web page", "CALLBOARD_BACKSTAGE_URL"]);
    }
}

#[tokio::test]
async fn an_answer_that_is_not_as_documented_is_refused_and_not_quoted() {
    for wrong in
        ["", "{}", "no JSON", r#"{"items":"geheim.nis"}"#, r#"{"tasks":[{}],"items":[{"kind":1}],"entities":[1]}"#]
    {
        let backstage = Fake::always(200, wrong).await.client();
        for failure in readers(&backstage).await {
            is_reported(&backstage, &failure, Error::Refused, &["not as documented, line "]);
        }
    }
}

#[tokio::test]
async fn an_endless_answer_is_given_up() {
    // Large pieces: a busy machine sends 16 MiB within the time of a call.
    let piece: &'static str = "[".repeat(64 * 1024).leak();
    let fine = client(&raw("HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n\r\n", piece).await);
    is_reported(&fine, &fine.tasks().await.unwrap_err(), Error::Refused, &["longer than 16777216 bytes"]);
    let refused = client(&raw("HTTP/1.1 500 Oh\r\n\r\n", piece).await);
    is_reported(&refused, &refused.tasks().await.unwrap_err(), Error::Refused, &["it answered 500"]);
}

#[tokio::test]
async fn who_does_not_answer_in_time_is_unreached() {
    for (begins, says) in
        [("", "no answer within 3 s"), ("HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n{", "no answer within 3 s")]
    {
        let backstage = client(&raw(begins, "").await);
        let began = Instant::now();
        is_reported(&backstage, &backstage.refresh("a:b/c").await.unwrap_err(), Error::Unreached, &[says]);
        let took = began.elapsed().as_secs_f64();
        assert!((2.9..6.0).contains(&took), "{took}");
    }
}

#[tokio::test]
async fn where_nobody_listens_the_url_is_named() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let backstage = client(&format!("http://{address}"));
    for failure in failures(&backstage).await {
        is_reported(&backstage, &failure, Error::Unreached, &["Connection refused", "CALLBOARD_BACKSTAGE_URL"]);
    }
}
