//! Breaking lines between words.

/// Breaks a text into lines of at most `width` columns between words; a longer word stands alone on its line.
/// Newlines in the text are kept.
pub fn lines(text: &str, width: usize) -> Vec<String> {
    let mut broken = Vec::new();
    for paragraph in text.lines() {
        let mut line = String::new();
        for word in paragraph.split_whitespace() {
            if !line.is_empty() && columns(&line) + 1 + columns(word) > width {
                broken.push(std::mem::take(&mut line));
            }
            if !line.is_empty() {
                line.push(' ');
            }
            line.push_str(word);
        }
        broken.push(line);
    }
    broken
}

/// A text broken to fit `width` columns, its first line after `first`, the others below it.
pub fn hanging(first: &str, text: &str, width: usize) -> String {
    let indent = columns(first);
    let room = width.saturating_sub(indent).max(16);
    let mut out = String::new();
    for (number, line) in lines(text, room).iter().enumerate() {
        if number == 0 {
            out.push_str(first);
        } else {
            out.push('\n');
            out.push_str(&" ".repeat(indent));
        }
        out.push_str(line);
    }
    if out.is_empty() { first.trim_end().to_owned() } else { out }
}

/// Columns that a text takes, without the escape sequences of styles in it.
pub fn columns(text: &str) -> usize {
    anstream::adapter::strip_str(text).to_string().chars().count()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::style;

    #[test]
    fn lines_break_between_words_and_hang_below_the_first() {
        assert_eq!(
            hanging("  - ", "a database that is not there cannot be stopped", 24),
            "  - a database that is\n    not there cannot be\n    stopped"
        );
    }

    #[test]
    fn a_word_longer_than_the_line_is_not_cut() {
        assert_eq!(lines("see pythonide-staging-db-20261122 now", 10), ["see", "pythonide-staging-db-20261122", "now"]);
    }

    #[test]
    fn styles_take_no_columns() {
        assert_eq!(columns(&style::paint(style::BAD, "four")), 4);
    }
}
