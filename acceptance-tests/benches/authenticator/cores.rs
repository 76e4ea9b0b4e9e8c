//! Which core a program runs on, so that servers that are compared have the same and their clients do not take it from them.

use std::process::{Command, Stdio};

use acceptance_tests::failure::Outcome;

/// The core of the servers.
const SERVERS: &str = "1";
/// That of the clients and the stub.
const CLIENTS: &str = "0";

/// Starts what `start` starts on the servers' core, if this machine can tie a program to one; says whether it could.
///
/// # Errors
/// What `start` fails with.
pub fn on_the_servers_core<T>(start: impl FnOnce() -> Outcome<T>) -> Outcome<(T, bool)> {
    let is_tied = tie(false, SERVERS);
    let started = start();
    tie(false, CLIENTS);
    Ok((started?, is_tied))
}

/// Moves this program with all its threads to the clients' core.
pub fn clients_apart() {
    tie(true, CLIENTS);
}

/// Lets this program run anywhere again.
pub fn anywhere() {
    let all = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    tie(true, &format!("0-{}", all.max(2) - 1));
}

/// A child inherits the cores of the thread that starts it; the main thread's id is the process's.
fn tie(all_threads: bool, core: &str) -> bool {
    let mut command = Command::new("taskset");
    if all_threads {
        command.arg("-a");
    }
    command
        .args(["-c", "-p", core, &std::process::id().to_string()])
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    command.status().is_ok_and(|status| status.success())
}
