//! What changes in a text, as a unified diff. Only for edits that keep the number of lines.

use super::style;

/// Lines around a change that are shown.
const CONTEXT: usize = 2;

/// The lines that differ, with their neighbours; empty: none does.
pub fn unified(path: &str, old: &str, new: &str) -> String {
    let (old, new): (Vec<&str>, Vec<&str>) = (old.lines().collect(), new.lines().collect());
    let changed: Vec<usize> = (0..old.len().max(new.len())).filter(|line| old.get(*line) != new.get(*line)).collect();
    let mut out = Vec::new();
    let mut next = 0;
    while let Some(first) = changed.get(next).copied() {
        let mut last = first;
        while let Some(following) = changed.get(next).copied().filter(|line| *line <= last + 2 * CONTEXT + 1) {
            last = following;
            next += 1;
        }
        let (from, to) = (first.saturating_sub(CONTEXT), (last + CONTEXT + 1).min(old.len()));
        let count = to - from;
        out.push(style::paint(style::NAME, format!("@@ -{},{count} +{},{count} @@", from + 1, from + 1)));
        for line in from..to {
            let (before, after) = (old.get(line).copied().unwrap_or(""), new.get(line).copied().unwrap_or(""));
            if before == after {
                out.push(format!(" {before}"));
            } else {
                out.push(style::paint(style::BAD, format!("-{before}")));
                out.push(style::paint(style::GOOD, format!("+{after}")));
            }
        }
    }
    if out.is_empty() { String::new() } else { format!("--- {path}\n+++ {path}\n{}\n", out.join("\n")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn near_changes_share_a_hunk_and_far_ones_do_not() {
        let old = "a\nb\nc\nd\ne\nf\ng\nh\ni\nj\nk\n";
        let new = old.replace("b\n", "B\n").replace("d\n", "D\n").replace("k\n", "K\n");
        let shown = anstream::adapter::strip_str(&unified("x.yaml", old, &new)).to_string();
        let expected = "--- x.yaml\n+++ x.yaml\n@@ -1,6 +1,6 @@\n a\n-b\n+B\n c\n-d\n+D\n e\n f\n@@ -9,3 +9,3 @@\n i\n j\n-k\n+K\n";
        assert_eq!(shown, expected);
        assert_eq!(unified("x.yaml", old, old), "");
    }
}
