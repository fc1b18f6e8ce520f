//! A program of this machine: its exit code and its output, in bounded time and memory.

use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::process::Command;

use super::Words;
use super::seen::Seen;
use crate::model::CommandCheck;

/// Most bytes of output that are kept; the rest is read and thrown away, so that the program does not stand still.
const MOST_OUTPUT: usize = 1024 * 1024;
/// How long output may still come when the program has ended: one that it started may hold the pipe open.
const LAST_OUTPUT: Duration = Duration::from_millis(500);
/// Lines of output that are shown.
const SHOWN_LINES: usize = 8;

/// Runs it once.
pub(super) async fn look(check: &CommandCheck, words: &Words, folder: &Path, timeout: Duration) -> Seen {
    let mut seen = Seen::new(&words.mask);
    let Some((program, rest)) = check.run.split_first() else { return seen.not_looked("no program is named") };
    let mut command = Command::new(program);
    command.args(rest).current_dir(folder).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command.kill_on_drop(true);
    for (name, value) in &words.headers {
        command.env(name, value);
    }
    let mut child = match command.spawn() {
        Ok(child) => child,
        Err(error) => return seen.failed(&format!("{program} cannot be started: {error}")),
    };
    let output = child.stdout.take().map(|pipe| tokio::spawn(kept(pipe)));
    let errors = child.stderr.take().map(|pipe| tokio::spawn(kept(pipe)));
    let program_id = child.id();
    let ended = tokio::time::timeout(timeout, child.wait()).await;
    if ended.is_err() {
        // What it started goes with it.
        end_descendants(program_id).await;
        let _ = child.kill().await;
    }
    let mut text = String::new();
    for reader in [output, errors].into_iter().flatten() {
        let abort = reader.abort_handle();
        match tokio::time::timeout(LAST_OUTPUT, reader).await {
            Ok(part) => text.push_str(&part.unwrap_or_default()),
            Err(_) => abort.abort(),
        }
    }
    for line in
        text.lines().filter(|line| !line.trim().is_empty()).rev().take(SHOWN_LINES).collect::<Vec<_>>().iter().rev()
    {
        seen.evidence(line);
    }
    match ended {
        Err(_) => seen.failed(&format!("{program} did not end within {} s, and was ended", timeout.as_secs())),
        Ok(Err(error)) => seen.failed(&format!("{program} was lost: {error}")),
        Ok(Ok(status)) => {
            match status.code() {
                Some(code) => seen.summary(&format!("{program} ended with {code}")),
                None => seen.summary(&format!("{program} was ended by a signal ({status})")),
            }
            if status.code() != Some(check.exit_code) {
                let summary = seen.summary.clone();
                seen.problem(&format!("{summary}, expected {}", check.exit_code));
            }
            seen.judge_text("its output", &check.output, &text);
            seen
        }
    }
}

/// Ends what the program started, and what that started. It stays in the process group of envctl, so that Ctrl-C reaches
/// it, and hence is found from parent to child. `None`: the program has ended already.
async fn end_descendants(program: Option<u32>) {
    let Some(program) = program else { return };
    let listed = Command::new("ps").args(["-A", "-o", "pid=,ppid="]).stdin(Stdio::null()).output().await;
    let listed = listed.map(|output| String::from_utf8_lossy(&output.stdout).into_owned()).unwrap_or_default();
    let pairs: Vec<(u32, u32)> = listed.lines().filter_map(pair).collect();
    let mut found = vec![program];
    let mut next = 0;
    while let Some(parent) = found.get(next).copied() {
        found.extend(pairs.iter().filter(|(_, of)| *of == parent).map(|(child, _)| *child));
        next += 1;
    }
    let mut kill = Command::new("kill");
    kill.arg("-KILL").args(found.iter().skip(1).map(u32::to_string));
    if found.len() > 1 {
        // Without the program the process itself is still ended.
        let _ = kill.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).status().await;
    }
}

/// A process and its parent.
fn pair(line: &str) -> Option<(u32, u32)> {
    let mut numbers = line.split_whitespace().map(str::parse::<u32>);
    Some((numbers.next()?.ok()?, numbers.next()?.ok()?))
}

async fn kept(mut pipe: impl AsyncRead + Unpin) -> String {
    let mut kept = Vec::new();
    let mut buffer = vec![0; 16 * 1024];
    while let Ok(count @ 1..) = pipe.read(&mut buffer).await {
        let room = MOST_OUTPUT.saturating_sub(kept.len()).min(count);
        kept.extend_from_slice(buffer.get(..room).unwrap_or_default());
    }
    String::from_utf8_lossy(&kept).into_owned()
}
