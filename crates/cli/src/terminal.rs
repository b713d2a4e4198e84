//! Everything of the machine that a command touches, so that tests hand in their own.

use std::io::{self, BufRead, IsTerminal, Write};
use std::time::Duration;

/// Reads a variable of the environment.
pub type Environment = Box<dyn Fn(&str) -> Option<String>>;

/// Shows a page in a browser.
pub type OpenBrowser = Box<dyn Fn(&str) -> bool>;

/// Where a command reads and writes.
pub struct Terminal {
    /// Answers.
    pub out: Box<dyn Write>,
    /// Progress, questions and errors.
    pub err: Box<dyn Write>,
    /// What the user says.
    pub input: Box<dyn BufRead>,
    /// Whether a person sits there who can be asked.
    pub interactive: bool,
    /// Asks for a text that is not shown while it is typed.
    pub ask_secret: fn(&str) -> io::Result<String>,
    /// Shows a page in a browser; answers whether one could be started.
    pub open_browser: OpenBrowser,
    /// The environment.
    pub env: Environment,
    /// The shortest time between two looks at something that settles.
    pub poll_gap: Duration,
}

impl Terminal {
    /// The process's own.
    #[must_use]
    pub fn of_process() -> Self {
        Self {
            out: Box::new(io::stdout()),
            err: Box::new(io::stderr()),
            input: Box::new(io::BufReader::new(io::stdin())),
            interactive: io::stdin().is_terminal() && io::stderr().is_terminal(),
            ask_secret: |prompt| rpassword::prompt_password(prompt),
            open_browser: Box::new(|url| open::that_detached(url).is_ok()),
            env: Box::new(|name| std::env::var(name).ok().filter(|value| !value.is_empty())),
            poll_gap: Duration::from_secs(1),
        }
    }

    /// Reads one line, without its end.
    pub(crate) fn read_line(&mut self) -> io::Result<String> {
        let mut line = String::new();
        if self.input.read_line(&mut line)? == 0 {
            return Err(io::Error::new(io::ErrorKind::UnexpectedEof, "the input ended before the line that was to be read from it"));
        }
        Ok(line.trim_end_matches(['\r', '\n']).to_owned())
    }

    /// Asks a question that is answered in one line.
    pub(crate) fn ask(&mut self, question: &str) -> io::Result<String> {
        write!(self.err, "{question}")?;
        self.err.flush()?;
        self.read_line()
    }

    /// A line of progress.
    pub(crate) fn note(&mut self, text: &str) -> io::Result<()> {
        writeln!(self.err, "{}", printable(text))
    }
}

/// Text of others without what could steer a terminal.
pub(crate) fn printable(text: &str) -> String {
    text.chars().map(|c| if c.is_control() && c != '\n' { '\u{fffd}' } else { c }).collect()
}
