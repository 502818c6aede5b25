//! The workflows run the code of others only as it was when somebody read it.

use super::page::read;

#[test]
fn every_action_is_pinned_by_its_commit() {
    let mut pinned = 0;
    for file in ["advisories", "ci", "release"] {
        let text = read(&format!(".github/workflows/{file}.yml"));
        let uses = text.lines().filter_map(|line| line.trim_start_matches([' ', '-']).strip_prefix("uses: "));
        for action in uses {
            let (commit, version) = action.split_once('@').unwrap().1.split_once(" # v").unwrap_or_default();
            let is_commit = commit.len() == 40 && commit.bytes().all(|it| it.is_ascii_hexdigit());
            assert!(is_commit && !version.is_empty(), "{file}.yml: {action} is not `name@commit # version`");
            pinned += 1;
        }
    }
    assert!(pinned > 5);
}
