//! Progress of long steps: on a terminal a line that counts the seconds, elsewhere a line at the end.

use std::{
    io::{IsTerminal, Write},
    sync::{Mutex, MutexGuard, PoisonError, mpsc},
    thread,
    time::{Duration, Instant},
};

use crate::failure::Outcome;

static RUNNING: Mutex<Vec<(String, Instant)>> = Mutex::new(Vec::new());
const WIDTH: usize = 100;

/// Runs `work` and tells on standard error what is being done and how long it took; steps may run
/// beside each other.
///
/// # Errors
/// What `work` fails with.
pub fn step<T>(what: &str, work: impl FnOnce() -> Outcome<T>) -> Outcome<T> {
    let began = Instant::now();
    running().push((what.to_owned(), began));
    let (done, waiting) = mpsc::channel::<()>();
    let ticker = std::io::stderr()
        .is_terminal()
        .then(|| thread::spawn(move || tick(&waiting)));
    let result = work();
    drop(done);
    if let Some(ticker) = ticker {
        _ = ticker.join();
    }
    let word = if result.is_ok() {
        "done"
    } else {
        "failed after"
    };
    let mut others = running();
    others.retain(|(name, _)| name != what);
    eprintln!(
        "{}  ▸ {what:<62} {word} {}",
        erase(),
        seconds(began.elapsed())
    );
    result
}

fn tick(waiting: &mpsc::Receiver<()>) {
    while waiting.recv_timeout(Duration::from_millis(500)) == Err(mpsc::RecvTimeoutError::Timeout) {
        let steps = running();
        let told: Vec<String> = steps
            .iter()
            .map(|(name, began)| format!("{name} {}", seconds(began.elapsed())))
            .collect();
        let line: String = told.join(" · ").chars().take(WIDTH - 5).collect();
        eprint!("{}  ▸ {line}", erase());
        _ = std::io::stderr().flush();
    }
}

fn running() -> MutexGuard<'static, Vec<(String, Instant)>> {
    RUNNING.lock().unwrap_or_else(PoisonError::into_inner)
}

fn erase() -> String {
    if std::io::stderr().is_terminal() {
        format!("\r{:WIDTH$}\r", "")
    } else {
        String::new()
    }
}

/// A time as `4s` or `3m 12s`.
#[must_use]
pub fn seconds(time: Duration) -> String {
    let all = time.as_secs();
    if all < 60 {
        format!("{all}s")
    } else {
        format!("{}m {}s", all / 60, all % 60)
    }
}

/// Colours for standard output, or nothing where it is no terminal.
#[derive(Clone, Copy)]
pub struct Paint {
    coloured: bool,
}

impl Paint {
    /// Colours if standard output is a terminal and `NO_COLOR` is not set.
    #[must_use]
    pub fn for_stdout() -> Paint {
        Paint {
            coloured: std::io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none(),
        }
    }

    /// Bold text.
    #[must_use]
    pub fn bold(self, text: &str) -> String {
        self.wrap("1", text)
    }

    /// Text of what went well or was added.
    #[must_use]
    pub fn green(self, text: &str) -> String {
        self.wrap("32", text)
    }

    /// Text of what failed or was removed.
    #[must_use]
    pub fn red(self, text: &str) -> String {
        self.wrap("31", text)
    }

    /// Text that stands back.
    #[must_use]
    pub fn dim(self, text: &str) -> String {
        self.wrap("2", text)
    }

    fn wrap(self, code: &str, text: &str) -> String {
        if self.coloured {
            format!("\u{1b}[{code}m{text}\u{1b}[0m")
        } else {
            text.to_owned()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_told_in_minutes_and_seconds() {
        assert_eq!(seconds(Duration::from_secs(59)), "59s");
        assert_eq!(seconds(Duration::from_secs(192)), "3m 12s");
    }

    #[test]
    fn without_a_terminal_there_are_no_colours() {
        assert_eq!(Paint { coloured: false }.red("x"), "x");
        assert_eq!(Paint { coloured: true }.red("x"), "\u{1b}[31mx\u{1b}[0m");
    }
}
