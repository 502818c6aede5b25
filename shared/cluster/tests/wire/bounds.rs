//! Time and tries.

use crate::api::{Answer, Asked, cluster, page};
use cluster::{Cluster, Error, Kind};
use std::{
    sync::atomic::{AtomicUsize, Ordering},
    time::Duration,
};
use tokio::time::Instant;

/// A cluster whose n-th answer is that of the function, counted from 0.
fn answering(answer: impl Fn(usize) -> Answer + Send + Sync + 'static) -> (Cluster, Asked) {
    let n = AtomicUsize::new(0);
    cluster(move |_| answer(n.fetch_add(1, Ordering::SeqCst)))
}

fn busy() -> Answer {
    Answer::refusal(429, "too many requests").retry_after("2")
}

#[tokio::test(start_paused = true)]
async fn a_busy_server_is_asked_again_when_it_says() {
    let (cluster, asked) = answering(|n| if n == 0 { busy() } else { page(&["a"], "") });
    let began = Instant::now();
    assert_eq!(cluster.page(&Kind::promise(), None, None).await.unwrap().len(), 1);
    assert_eq!((asked.take().len(), began.elapsed().as_secs()), (2, 2));
}

#[tokio::test(start_paused = true)]
async fn a_server_that_stays_busy_is_asked_three_times() {
    let (cluster, asked) = answering(|_| Answer::refusal(503, "starting").retry_after("1"));
    let error = cluster.page(&Kind::promise(), None, None).await.unwrap_err();
    assert!(error.to_string().ends_with("503 Service Unavailable: starting"), "{error}");
    assert_eq!(asked.take().len(), 3);
}

#[tokio::test(start_paused = true)]
async fn a_server_that_names_no_near_time_is_not_asked_again() {
    for answer in [
        || Answer::refusal(429, ""),
        || Answer::refusal(503, "").retry_after("6"),
        || Answer::refusal(503, "").retry_after("soon"),
        || Answer::refusal(500, "").retry_after("1"),
        || Answer::refusal(403, "").retry_after("1"),
    ] {
        let (cluster, asked) = answering(move |_| answer());
        assert!(cluster.page(&Kind::promise(), None, None).await.is_err());
        assert_eq!(asked.take().len(), 1);
    }
}

#[tokio::test(start_paused = true)]
async fn no_wait_goes_beyond_the_time_of_the_request() {
    let late = |_| Answer::refusal(429, "busy").retry_after("5").after(Duration::from_secs(4));
    let (cluster, asked) = answering(late);
    let began = Instant::now();
    let error = cluster.uid().await.unwrap_err();
    assert!(error.to_string().contains("did not answer within 10 s"), "{error}");
    assert_eq!((asked.take().len(), began.elapsed().as_secs()), (2, 10));

    let (cluster, asked) = answering(move |n| late(n).after(Duration::from_secs(6)));
    let error = cluster.uid().await.unwrap_err();
    assert!(error.to_string().contains("429"), "{error}");
    assert_eq!(asked.take().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_slow_answer_fails_in_time() {
    let slow = |_| page(&[], "").after(Duration::from_secs(60));
    let (cluster, _) = answering(slow);
    let began = Instant::now();
    let page = cluster.page(&Kind::promise(), None, None).await;
    let why = "the API server did not answer within 30 s".to_owned();
    assert_eq!(page.map(|page| page.len()), Err(Error::Late { what: "list promises.platform.kratix.io".into(), why }));
    assert_eq!(began.elapsed().as_secs(), 30);
    assert!(cluster.uid().await.is_err());
    assert_eq!(began.elapsed().as_secs(), 40);
}

/// A handler must be able to await them in a task.
#[tokio::test]
async fn a_cluster_can_be_asked_from_a_task() {
    let (cluster, _) = answering(|_| page(&[], ""));
    let asked = tokio::spawn({
        let (cluster, app) = (cluster.clone(), crate::api::app("a"));
        async move { (cluster.get(&app).await.is_err(), cluster.named(&app).await.is_err()) }
    });
    assert_eq!(asked.await.unwrap(), (true, true));
}
