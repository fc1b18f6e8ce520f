//! Questions. Asked on stderr, answered on stdin, and only where somebody sits.

use std::io::{self, BufRead, Write};

/// Asks a question that only `y` or `yes` answers with yes.
///
/// # Errors
/// When the terminal cannot be read or written.
pub fn yes_or_no(question: &str) -> io::Result<bool> {
    let answer = ask(&format!("{question} [y/N] "))?;
    Ok(matches!(answer.to_ascii_lowercase().as_str(), "y" | "yes"))
}

/// Asks for a line of text; empty when the input has ended.
///
/// # Errors
/// When the terminal cannot be read or written.
pub fn ask(question: &str) -> io::Result<String> {
    {
        // Not held while somebody thinks: others have something to say meanwhile.
        let mut stderr = anstream::stderr().lock();
        write!(stderr, "{question}")?;
        stderr.flush()?;
    }
    let mut answer = String::new();
    io::stdin().lock().read_line(&mut answer)?;
    Ok(answer.trim().to_owned())
}
