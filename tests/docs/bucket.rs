//! docs/reference/bucket.md against the messages in the code.

use super::{
    code::Sources,
    page::read,
    table::{Table, code},
};

#[test]
fn each_documented_message_of_the_bucket_is_in_the_code() {
    let bucket = Sources::all().below("shared/bucket/");
    // A message may be broken by a backslash, and filled in.
    let text: String = bucket.iter().map(|(_, text)| text).collect();
    let table = Table::with(&read("docs/reference/bucket.md"), &["What the log and the 503 say"]);
    let messages = table.rows.iter().flat_map(|row| code(&row[0]));
    for part in messages.flat_map(|message| message.split("...").map(|it| it.trim().to_owned()).collect::<Vec<_>>()) {
        let part = part.trim_matches(['(', ')', ' ']);
        let part = part.trim_end_matches(char::is_numeric).trim_end_matches([' ', '(']);
        assert!(text.contains(part), "no message says {part:?}");
    }
}
