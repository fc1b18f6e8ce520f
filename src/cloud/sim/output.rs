//! What one-off tasks print: what was planted, else what a task that went well is expected to say.

use regex_lite::Regex;

use super::world::World;
use crate::model::Desired;

impl World {
    /// Learns what the spec expects its tasks to print: a well-behaved image prints just that.
    pub(super) fn seed_outputs(&mut self, desired: &Desired) {
        for task in desired.tasks.values() {
            let lines = task.expect.iter().filter_map(|pattern| line_for(pattern)).collect();
            self.expected_outputs.insert(task.family.clone(), lines);
        }
    }

    /// What a task of this family prints before it ends with this exit code.
    pub(super) fn output_of(&self, family: &str, code: i32) -> Vec<String> {
        if let Some(planted) = self.behaviours.outputs.get(family) {
            return planted.clone();
        }
        if code != 0 {
            return vec![format!("failed with exit code {code}")];
        }
        let expected = self.expected_outputs.get(family).into_iter().flatten().cloned();
        expected.chain(["done".to_owned()]).collect()
    }
}

/// A line that a pattern matches, of the simple kind that people write; `None`: none was found.
fn line_for(pattern: &str) -> Option<String> {
    let wanted = Regex::new(pattern).ok()?;
    let mut text = pattern.trim_start_matches("(?i)").trim_start_matches('^').trim_end_matches('$').to_owned();
    let classes = [
        ("[0-9]+", "7"),
        ("[1-9][0-9]*", "7"),
        ("[0-9]*", "7"),
        ("[0-9]", "7"),
        ("\\d+", "7"),
        ("\\d*", "7"),
        ("\\d", "7"),
        ("\\s+", " "),
        ("\\s*", " "),
        ("\\s", " "),
        ("\\w+", "word"),
        ("\\w*", "word"),
        (".*", ""),
        (".+", "x"),
        ("\\b", ""),
    ];
    for (class, written) in classes {
        text = text.replace(class, written);
    }
    let plain = text.replace('\\', "");
    let first_choice = plain.replace("(?:", "(").split('|').next().unwrap_or_default().replace(['(', ')'], "");
    let bare: String = plain.chars().filter(|letter| !"()?*+".contains(*letter)).collect();
    [text, plain, first_choice, bare].into_iter().find(|line| wanted.is_match(line))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_found_for_the_patterns_that_people_write() {
        for pattern in [
            "Errors: 0$",
            r"Created: \d+, Errors: 0",
            "^Created: [0-9]+, Errors: 0$",
            "OK|done",
            r"Applied \d+ migrations?\.",
            "(?i)success",
            r"No migrations to apply\.|Applying .* OK",
        ] {
            let line = line_for(pattern).unwrap_or_else(|| panic!("{pattern}"));
            assert!(Regex::new(pattern).unwrap().is_match(&line), "{pattern}: {line}");
        }
    }
}
