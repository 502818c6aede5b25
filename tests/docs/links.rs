//! Every relative link and anchor of a Markdown page leads somewhere, and so does every path of a page in code and manifests.

use super::page::{files, read};
use std::{
    collections::BTreeSet,
    fs,
    path::{Component, Path},
};

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

/// How this repository is called by URL, and what follows it there.
const URLS: [&str; 3] =
    ["callboard-dev/callboard//", "callboard-dev/callboard/blob/main/", "callboard-dev/callboard/tree/main/"];

#[test]
fn every_relative_link_and_anchor_leads_somewhere() {
    let pages: Vec<_> = files("").into_iter().filter(|file| file.ends_with(".md")).collect();
    assert!(pages.len() > 20, "only these pages were found: {pages:?}");
    let broken: Vec<_> = pages.iter().flat_map(|page| broken(page, &read(page))).collect();
    assert!(broken.is_empty(), "{} links lead nowhere:\n{}", broken.len(), broken.join("\n"));
}

#[test]
fn every_page_is_linked_by_another_one() {
    let pages: Vec<_> = files("docs").into_iter().filter(|file| file.ends_with(".md")).collect();
    let mut linked = BTreeSet::from(["docs/README.md".to_owned()]);
    for page in &pages {
        let folder = Path::new(page).parent().unwrap();
        let targets = links(&read(page)).into_iter().filter_map(|it| normal(&folder.join(it.split('#').next()?)));
        linked.extend(targets.filter(|target| target != page));
    }
    let lost: Vec<_> = pages.iter().filter(|page| !linked.contains(*page)).collect();
    assert!(lost.is_empty(), "no page of docs/ links to {lost:?}");
}

#[test]
fn every_path_of_a_page_in_code_and_manifests_exists() {
    let mut missing = BTreeSet::new();
    for file in files("") {
        let Ok(text) = fs::read_to_string(Path::new(ROOT).join(&file)) else { continue };
        let mentions = mentions(&text, "docs/").into_iter().filter(|it| it.ends_with(".md") || is_decision(it));
        let of_urls = URLS.iter().flat_map(|url| text.split(url).skip(1)).map(|rest| path(rest).to_owned());
        missing.extend(mentions.chain(of_urls).filter(|it| !is_there(it)).map(|it| format!("{file}: {it}")));
    }
    assert!(missing.is_empty(), "{} paths do not exist: {missing:#?}", missing.len());
}

#[test]
fn a_link_that_leads_nowhere_is_found() {
    let page = "# One two\n[a](#one-two) [b](#one) ![c](no.png) `[d](no.md)`\n```\n[e](no.md)\n```\n\
                [f](https://example.org/no.md) <img src=\"no.svg\"> [g](docs/architecture.md#no)\n[h]: no.txt\n";
    let broken = broken("README.md", page);
    let targets: BTreeSet<_> = broken.iter().map(|it| it.rsplit(' ').next().unwrap()).collect();
    assert_eq!(targets, BTreeSet::from(["#one", "no.png", "no.svg", "docs/architecture.md#no", "no.txt"]));
}

#[test]
fn an_anchor_is_what_github_makes_of_a_heading() {
    let page = "# `callboard dev`, again!\n## A: b-c_d (e)\n```\n# no heading\n```\n## [Link](x.md)\n## A: b-c_d (e)\n## <a id=\"own\"></a>\n";
    let wanted = ["callboard-dev-again", "a-b-c_d-e", "link", "a-b-c_d-e-1", "", "own"].map(str::to_owned);
    assert_eq!(anchors(page), wanted.into());
}

/// The links of a page that lead nowhere.
fn broken(page: &str, text: &str) -> Vec<String> {
    let folder = Path::new(page).parent().unwrap();
    let leads_somewhere = |target: &str| {
        let (path, anchor) = target.split_once('#').unwrap_or((target, ""));
        if path.is_empty() {
            return anchors(text).contains(anchor);
        }
        let Some(file) = normal(&folder.join(path)) else { return false };
        let has_anchor = || file.ends_with(".md") && anchors(&read(&file)).contains(anchor);
        is_there(&file) && (anchor.is_empty() || has_anchor())
    };
    let relative = links(text).into_iter().filter(|target| !target.contains("://") && !target.starts_with("mailto:"));
    relative.filter(|target| !leads_somewhere(target)).map(|target| format!("{page}: {target}")).collect()
}

/// The targets of all links and pictures of a page.
fn links(page: &str) -> Vec<String> {
    let mut targets = Vec::new();
    for line in prose(page) {
        let (inline, tags) = (line.split("](").skip(1), ["src=\"", "href=\""].map(|it| line.split(it).skip(1)));
        let inline = inline.filter_map(|rest| rest.split([')', ' ']).next());
        let tags = tags.into_iter().flatten().filter_map(|rest| rest.split('"').next());
        let defined = line.strip_prefix('[').and_then(|rest| rest.split_once("]: ")).map(|(_, target)| target.trim());
        targets.extend(inline.chain(tags).chain(defined).map(|target| target.trim_matches(['<', '>']).to_owned()));
    }
    targets
}

/// The anchors of a page: those of its headings as GitHub makes them, and its own.
fn anchors(page: &str) -> BTreeSet<String> {
    let mut anchors = BTreeSet::new();
    for line in page_lines(page) {
        let own = ["id=\"", "name=\""].map(|it| line.split(it).skip(1)).into_iter().flatten();
        anchors.extend(own.filter_map(|rest| rest.split('"').next()).map(str::to_owned));
        let heading = line.trim_start_matches('#');
        if heading.len() < line.len() && heading.starts_with(' ') {
            let anchor = anchor(heading);
            let numbered = (1..).map(|n| format!("{anchor}-{n}"));
            let free = [anchor.clone()].into_iter().chain(numbered).find(|it| !anchors.contains(it));
            anchors.extend(free);
        }
    }
    anchors
}

/// The text of a heading in lower case, spaces as dashes, without punctuation.
fn anchor(heading: &str) -> String {
    let mut text = String::new();
    let mut rest = heading.trim();
    // Of a link the text counts, of a tag nothing does.
    while let Some(at) = rest.find(['[', '<']) {
        text.push_str(&rest[..at]);
        let end = if rest[at..].starts_with('[') { "](" } else { ">" };
        let Some((within, after)) = rest[at + 1..].split_once(end) else { break };
        if end == "](" {
            text.push_str(within);
        }
        rest = if end == "](" { after.split_once(')').map_or("", |(_, after)| after) } else { after };
    }
    text.push_str(rest);
    let kept = text
        .to_lowercase()
        .chars()
        .filter(|it| it.is_alphanumeric() || [' ', '-', '_'].contains(it))
        .collect::<String>();
    kept.replace(' ', "-")
}

/// The lines of a page that are not in a block of code.
fn page_lines(page: &str) -> impl Iterator<Item = &str> {
    let mut is_code = false;
    page.lines().filter(move |line| {
        let is_fence = line.trim_start().starts_with("```");
        is_code ^= is_fence;
        !is_code && !is_fence
    })
}

/// The same without code within a line.
fn prose(page: &str) -> impl Iterator<Item = String> {
    page_lines(page).map(|line| line.split('`').step_by(2).collect())
}

/// The paths in a text that begin so.
fn mentions(text: &str, beginning: &str) -> Vec<String> {
    let found = text.match_indices(beginning).filter(|(at, _)| {
        !text[..*at].ends_with(|it: char| it.is_alphanumeric() || ['/', '-', '.', '_'].contains(&it))
    });
    found.map(|(at, _)| path(&text[at..]).to_owned()).collect()
}

/// The path that a text begins with.
fn path(text: &str) -> &str {
    let is_part = |it: char| it.is_ascii_alphanumeric() || ['/', '-', '.', '_'].contains(&it);
    text.split(|it| !is_part(it)).next().unwrap_or_default().trim_end_matches('.')
}

/// Whether a path is that of a decision by its number alone.
fn is_decision(path: &str) -> bool {
    path.strip_prefix("docs/decisions/").is_some_and(|it| it.len() == 4 && it.bytes().all(|b| b.is_ascii_digit()))
}

fn is_there(path: &str) -> bool {
    let root = Path::new(ROOT);
    let begins = |entry: fs::DirEntry| entry.file_name().to_string_lossy().starts_with(&path[path.len() - 4..]);
    root.join(path).exists()
        || is_decision(path) && fs::read_dir(root.join("docs/decisions")).unwrap().any(|entry| begins(entry.unwrap()))
}

/// The path without `..`; `None` where it leads out of the repository.
fn normal(path: &Path) -> Option<String> {
    let mut parts = Vec::new();
    for part in path.components() {
        match part {
            Component::ParentDir => drop(parts.pop()?),
            Component::Normal(name) => parts.push(name.to_str()?.to_owned()),
            _ => {}
        }
    }
    Some(parts.join("/"))
}
