//! Tables of Markdown pages.

use std::collections::BTreeSet;

/// A table.
pub(crate) struct Table {
    /// The first row.
    pub(crate) headings: Vec<String>,
    /// The others.
    pub(crate) rows: Vec<Vec<String>>,
}

impl Table {
    /// All tables of a page.
    pub(crate) fn all(page: &str) -> Vec<Self> {
        let mut tables: Vec<Self> = Vec::new();
        let mut is_within = false;
        for line in page.lines() {
            let is_row = line.starts_with('|');
            match (is_row, is_within, tables.last_mut()) {
                (true, true, Some(table)) => table.rows.push(cells(line)),
                (true, ..) => tables.push(Self { headings: cells(line), rows: Vec::new() }),
                _ => {}
            }
            is_within = is_row;
        }
        for table in &mut tables {
            table.rows.remove(0); // The line below the headings.
        }
        tables
    }

    /// The only table with these first headings.
    pub(crate) fn with(page: &str, headings: &[&str]) -> Self {
        let mut found = Self::all(page).into_iter().filter(|table| {
            table.headings.len() >= headings.len() && table.headings.iter().zip(headings).all(|(is, it)| is == it)
        });
        let table = found.next().unwrap_or_else(|| panic!("no table begins with {headings:?}"));
        assert!(found.next().is_none(), "two tables begin with {headings:?}");
        table
    }

    /// What the cells of a column say in code, by their number.
    pub(crate) fn code(&self, column: usize) -> BTreeSet<String> {
        self.rows.iter().flat_map(|row| code(&row[column])).collect()
    }
}

/// What a text says in code.
pub(crate) fn code(text: &str) -> Vec<String> {
    text.split('`').skip(1).step_by(2).map(str::to_owned).collect()
}

fn cells(line: &str) -> Vec<String> {
    let line = line.trim().trim_start_matches('|').trim_end_matches('|').replace("\\|", "\u{0}");
    line.split('|').map(|cell| cell.trim().replace('\u{0}', "|")).collect()
}
