//! envctl at a terminal: a person who reads questions and presses keys.

use std::process::Command;

use super::{Answer, TestEnvironment};

/// Runs a command at a terminal of its own; presses keys as soon as it has written a text. What is written goes to
/// stdout. Ends as the command does, with 128 and more for a signal; 99 when nothing comes for a minute.
const DRIVER: &str = r"
import os, pty, select, signal, sys
awaited, keys, command = sys.argv[1].encode(), bytes.fromhex(sys.argv[2]), sys.argv[3:]
child, terminal = pty.fork()
if child == 0:
    # Whoever starts the tests in the background has them ignore what a terminal sends.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    os.execv(command[0], command)
seen, pressed = b'', False
while True:
    if not select.select([terminal], [], [], 60)[0]:
        os.kill(child, 9)
        os.waitpid(child, 0)
        sys.stdout.buffer.write(seen + b'\nit hangs\n')
        sys.exit(99)
    try:
        text = os.read(terminal, 4096)
    except OSError:
        text = b''
    if not text:
        break
    seen += text
    if not pressed and awaited in seen:
        pressed = True
        os.write(terminal, keys)
sys.stdout.buffer.write(seen)
code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
sys.stdout.buffer.flush()
sys.exit(code if code >= 0 else 128 - code)
";

impl TestEnvironment {
    /// Runs envctl at a terminal, and presses these keys once it asks.
    pub(crate) fn at_a_terminal(&self, arguments: &[&str], asked: &str, keys: &[u8]) -> Answer {
        let envctl = self.command(arguments);
        let keys: String = keys.iter().map(|key| format!("{key:02x}")).collect();
        let mut python = Command::new("python3");
        python.args(["-c", DRIVER, asked, &keys]).arg(envctl.get_program()).args(envctl.get_args());
        python.current_dir(self.path("")).env_clear().env("TERM", "dumb");
        python.env("PATH", std::env::var_os("PATH").unwrap_or_default());
        python.envs(envctl.get_envs().filter_map(|(name, value)| Some((name, value?))));
        self.answer(&python.output().expect("python3 runs"))
    }
}
