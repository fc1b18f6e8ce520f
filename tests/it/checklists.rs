//! The table of `docs/checklists.md` says what the shipped specs hold, row by row, and leaves nothing out.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

/// Every row of the four checklists.
const ROWS: [&str; 20] = [
    "C1a", "C1b", "C1c", "C1d", "C2a", "C2b", "C2c", "C3a", "C3b", "C3c", "C3d", "C3e", "C3f", "C3g", "C3h", "C4a",
    "C4b", "C4c", "C4d", "C4e",
];

fn text(path: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Row, file, and the fragments that must stand in it.
fn table() -> Vec<(String, String, Vec<String>)> {
    let quoted = |cell: &str| -> Vec<String> {
        cell.split('`').skip(1).step_by(2).filter(|text| !text.starts_with("envctl ")).map(str::to_owned).collect()
    };
    let document = text("docs/checklists.md");
    let rows = document.lines().filter(|line| line.starts_with("| C"));
    rows.map(|line| {
        // A fragment may hold a bar; the three cells before it do not.
        let mut cells = line.trim_start_matches("| ").splitn(4, " | ");
        let row = cells.next().unwrap_or_default().to_owned();
        let file = quoted(cells.nth(1).unwrap_or_default()).pop().unwrap_or_default();
        (row, file, quoted(cells.next().unwrap_or_default()))
    })
    .collect()
}

/// The rows that a line carries in its comment.
fn rows_of(line: &str) -> Vec<&str> {
    let comment = line.rsplit_once('#').map_or("", |(_, comment)| comment);
    comment.split_whitespace().filter(|word| ROWS.contains(word)).collect()
}

#[test]
fn every_row_is_in_the_table_once() {
    let rows: Vec<String> = table().into_iter().map(|(row, _, _)| row).collect();
    assert_eq!(rows, ROWS);
}

#[test]
fn what_the_table_quotes_stands_in_the_file_on_a_line_that_carries_the_row() {
    for (row, file, fragments) in table() {
        let content = text(&file);
        let carried: Vec<&str> = content.lines().filter(|line| rows_of(line).contains(&row.as_str())).collect();
        for fragment in fragments {
            assert!(
                carried.iter().any(|line| line.contains(&fragment)),
                "{row}: no line of {file} that carries it holds `{fragment}`: {carried:#?}"
            );
        }
    }
}

#[test]
fn every_line_that_carries_a_row_is_named_in_the_table() {
    let mut named: BTreeMap<(String, String), Vec<String>> = BTreeMap::new();
    for (row, file, fragments) in table() {
        named.insert((file, row), fragments);
    }
    let files: BTreeSet<String> = named.keys().map(|(file, _)| file.clone()).collect();
    assert_eq!(files.len(), 4, "{files:?}");
    for file in files {
        for line in text(&file).lines() {
            for row in rows_of(line) {
                let fragments = named.get(&(file.clone(), row.to_owned())).unwrap_or_else(|| panic!("{file}: {row}"));
                let found = fragments.iter().any(|fragment| line.contains(fragment));
                assert!(found, "{file}: the table says nothing of `{}` for {row}", line.trim());
            }
        }
    }
}

#[test]
fn the_templates_that_the_examples_share_are_those_of_the_repository() {
    for name in ["asleep.html.hbs", "listener-rule.json.hbs", "maintenance.html.hbs"] {
        assert_eq!(text(&format!("examples/templates/{name}")), text(&format!("templates/{name}")), "{name}");
    }
}
