//! What is missing at the start, and the token's file.

use crate::fake::{BUCKET, Fake, args};
use backstage::{Args, Backstage, Error};
use std::fs;

#[test]
fn what_is_missing_is_named_at_the_start() {
    let (args, bucket) = (args("http://backstage:7007"), BUCKET.parse().unwrap());
    let without = Args { url: None, token: None, ..args.clone() };
    assert!(Backstage::new(&without, None).unwrap().is_none());
    let no_token = Backstage::new(&Args { token: None, ..args.clone() }, Some(&bucket)).unwrap_err().to_string();
    assert!(no_token.contains("set CALLBOARD_BACKSTAGE_TOKEN_FILE"), "{no_token}");
    let no_bucket = Backstage::new(&args, None).unwrap_err().to_string();
    assert!(no_bucket.contains("set CALLBOARD_BACKSTAGE_BUCKET_URL"), "{no_bucket}");
}

#[test]
fn the_bucket_is_as_backstage_sees_it_where_that_is_given() {
    let ours = "http://localhost:9000/catalog".parse().unwrap();
    let args = args("http://backstage:7007");
    let target = |args| Backstage::new(&args, Some(&ours)).unwrap().unwrap().location("a b").target;
    assert_eq!(target(args.clone()), "http://localhost:9000/catalog/a%20b");
    let bucket_url = Some("https://store/catalog/".parse().unwrap());
    assert_eq!(target(Args { bucket_url, ..args }), "https://store/catalog/a%20b");
}

#[tokio::test]
async fn the_token_file_is_read_again_for_each_call() {
    let fake = Fake::always(200, "").await;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("token");
    let args = Args { token: None, token_file: Some(file.clone()), ..args(&fake.url) };
    let backstage = Backstage::new(&args, Some(&BUCKET.parse().unwrap())).unwrap().unwrap();
    let Err(Error::Denied(why)) = backstage.trigger().await else { panic!("without a token") };
    assert!(why.contains(file.to_str().unwrap()) && why.contains("CALLBOARD_BACKSTAGE_TOKEN_FILE"), "{why}");
    for token in ["first", "second"] {
        fs::write(&file, format!("{token}\n")).unwrap();
        backstage.trigger().await.unwrap();
        assert_eq!(fake.asked()[0].authorization, format!("Bearer {token}"));
    }
    assert!(!format!("{backstage:?}").contains("second"));
}
