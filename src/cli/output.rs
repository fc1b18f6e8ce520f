//! `--output FORMAT[=FILE]`: how an answer is written, and where to.

use std::io::Write;
use std::path::PathBuf;
use std::str::FromStr;

use super::error::CliError;
use crate::ui::Ui;

/// The formats that some command knows.
const FORMATS: [&str; 8] = ["text", "json", "markdown", "junit", "sarif", "html", "github", "comment"];

/// One answer: its format, and the file that it goes to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Output {
    /// One of [`FORMATS`].
    pub(super) format: String,
    /// `None`: stdout.
    pub(super) file: Option<PathBuf>,
}

impl FromStr for Output {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (format, file) = text.split_once('=').map_or((text, "-"), |(format, file)| (format, file));
        if !FORMATS.contains(&format) {
            let nearest = FORMATS.into_iter().find(|known| strsim::damerau_levenshtein(known, format) <= 2);
            let hint = nearest
                .map_or_else(|| format!("expected {}", FORMATS.join(", ")), |near| format!("did you mean {near}?"));
            return Err(format!("`{format}` is no format: {hint}"));
        }
        if file.is_empty() {
            return Err(format!("`{text}` names no file: write {format}=FILE, or {format} for stdout"));
        }
        Ok(Self { format: format.to_owned(), file: (file != "-").then(|| PathBuf::from(file)) })
    }
}

/// Makes sure that a command knows every format that was asked for, and that at most one answer goes to stdout.
pub(super) fn require(outputs: &[Output], known: &[&str], command: &str) -> Result<(), CliError> {
    if let Some(other) = outputs.iter().find(|output| !known.contains(&output.format.as_str())) {
        return Err(CliError::usage(format!("{command} has no answer in the format {}", other.format))
            .hint(format!("it knows {}", known.join(", "))));
    }
    if outputs.iter().filter(|output| output.file.is_none()).count() > 1 {
        return Err(CliError::usage("only one answer can go to stdout")
            .hint("give the others a file: -o sarif=drift.sarif -o markdown"));
    }
    Ok(())
}

/// Writes one answer.
pub(super) fn write(output: &Output, text: &str, ui: &Ui) -> Result<(), CliError> {
    match &output.file {
        None => Ok(ui.data(text)?),
        Some(file) => {
            // Escape sequences are for terminals.
            let plain = anstream::adapter::strip_str(text).to_string();
            let written = std::fs::File::create(file).and_then(|mut file| file.write_all(plain.as_bytes()));
            written.map_err(|error| CliError::other(format!("{} cannot be written: {error}", file.display())))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_output_is_a_format_and_perhaps_a_file() {
        let parse = |text: &str| text.parse::<Output>().map(|output| (output.format, output.file));
        assert_eq!(parse("json"), Ok(("json".to_owned(), None)));
        assert_eq!(parse("markdown=-"), Ok(("markdown".to_owned(), None)));
        assert_eq!(parse("sarif=out/a=b.sarif"), Ok(("sarif".to_owned(), Some("out/a=b.sarif".into()))));
        assert_eq!(parse("jsno"), Err("`jsno` is no format: did you mean json?".to_owned()));
        assert!(parse("sarif=").unwrap_err().contains("sarif=FILE"));
    }

    #[test]
    fn two_answers_cannot_both_go_to_stdout() {
        let outputs = |texts: &[&str]| texts.iter().map(|text| text.parse().unwrap()).collect::<Vec<Output>>();
        let known = ["text", "json"];
        assert!(require(&outputs(&["json", "text=a"]), &known, "plan").is_ok());
        assert!(require(&outputs(&["json", "text"]), &known, "plan").is_err());
        assert!(require(&outputs(&["html=a"]), &known, "plan").is_err());
    }
}
