//! A server of the bed as a child process: its output in a file, its end certain.
//!
//! A small shell holds the child and ends it when its own input closes, which happens when the bed
//! goes, however it goes. A kept server has no such holder; its id and start time are remembered.

use std::{
    collections::BTreeSet,
    fs::{self, File},
    io::Write,
    net::{Ipv4Addr, TcpListener, TcpStream},
    os::unix::process::CommandExt,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::{Mutex, PoisonError},
    thread,
    time::{Duration, Instant},
};

use serde_json::{Value, json};

use crate::failure::{Failure, Outcome};

const HOLDER: &str = "exec 3<&0; \"$@\" </dev/null 3<&- & child=$!; \
    ( cat <&3 >/dev/null; kill -KILL $child 2>/dev/null ) & \
    wait $child";

/// The file in a kept server's folder that has its id.
const NOTE: &str = "servers.jsonl";

/// Whether servers end with the program that started them.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Lifetime {
    /// They end with it, also when it is killed.
    WithUs,
    /// They stay until `cargo demo -- --clean`.
    Kept,
}

/// A running server.
pub struct Server {
    name: String,
    child: Child,
    lifetime: Lifetime,
    log: PathBuf,
}

impl Server {
    /// Starts `command` with its output in `folder/name.log`.
    ///
    /// # Errors
    /// A program that cannot be started, or a log that cannot be written.
    pub fn start(
        name: &str,
        command: &Command,
        folder: &Path,
        lifetime: Lifetime,
    ) -> Outcome<Server> {
        let log = folder.join(format!("{name}.log"));
        let output = File::create(&log)?;
        let mut started = match lifetime {
            Lifetime::WithUs => {
                let mut shell = Command::new("/bin/sh");
                shell
                    .args(["-c", HOLDER, "holder"])
                    .arg(command.get_program())
                    .stdin(Stdio::piped());
                shell
            }
            Lifetime::Kept => {
                let mut own = Command::new(command.get_program());
                own.stdin(Stdio::null());
                own
            }
        };
        started
            .args(command.get_args())
            .stdout(output.try_clone()?)
            .stderr(output)
            .process_group(0);
        for (name, value) in command.get_envs() {
            match value {
                Some(value) => started.env(name, value),
                None => started.env_remove(name),
            };
        }
        if let Some(folder) = command.get_current_dir() {
            started.current_dir(folder);
        }
        let child = started
            .spawn()
            .map_err(|error| Failure::from(error).during(&format!("starting {name}")))?;
        if lifetime == Lifetime::Kept {
            remember(folder, name, child.id())?;
        }
        Ok(Server {
            name: name.to_owned(),
            child,
            lifetime,
            log,
        })
    }

    /// Waits until `ready` says yes.
    ///
    /// # Errors
    /// A server that ended, or was not ready in `most`, with the end of its log.
    pub fn wait_until(&mut self, most: Duration, mut ready: impl FnMut() -> bool) -> Outcome {
        let began = Instant::now();
        while !ready() {
            if let Some(status) = self.child.try_wait()? {
                return Err(Failure::new(format!(
                    "{} ended with {status}:\n{}",
                    self.name,
                    self.end_of_log()
                )));
            }
            if began.elapsed() > most {
                return Err(Failure::new(format!(
                    "{} is not ready after {most:?}:\n{}",
                    self.name,
                    self.end_of_log()
                )));
            }
            thread::sleep(Duration::from_millis(50));
        }
        Ok(())
    }

    /// The id of the program itself, which a shell may hold; on Linux only.
    ///
    /// # Errors
    /// It cannot be found.
    pub fn program(&self) -> Outcome<u32> {
        if self.lifetime == Lifetime::Kept {
            return Ok(self.child.id());
        }
        let is_held = |id: &u32| {
            field(*id, "PPid:") == Some(self.child.id().to_string())
                && field(*id, "Name:") != field(self.child.id(), "Name:")
        };
        let found = processes().find(is_held);
        found.ok_or_else(|| Failure::new(format!("the process of {} is not found", self.name)))
    }

    /// Where its output goes.
    #[must_use]
    pub fn log(&self) -> &Path {
        &self.log
    }

    fn end_of_log(&self) -> String {
        let text = std::fs::read_to_string(&self.log).unwrap_or_default();
        let lines: Vec<&str> = text.lines().collect();
        lines
            .get(lines.len().saturating_sub(20)..)
            .unwrap_or_default()
            .join("\n")
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if self.lifetime == Lifetime::WithUs {
            drop(self.child.stdin.take());
            _ = self.child.wait();
        }
    }
}

/// The ids of all processes; none elsewhere than on Linux.
pub fn processes() -> impl Iterator<Item = u32> {
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok())
}

/// A field of `/proc/<id>/status`, such as `Name:`.
#[must_use]
pub fn field(id: u32, name: &str) -> Option<String> {
    let status = fs::read_to_string(format!("/proc/{id}/status")).ok()?;
    let found = status.lines().find_map(|line| line.strip_prefix(name))?;
    Some(found.trim().to_owned())
}

/// The ports that this program has given to its servers: clouds that start beside each other get none twice.
static GIVEN: Mutex<BTreeSet<u16>> = Mutex::new(BTreeSet::new());

/// A port of 127.0.0.1 that was free a moment ago, and that nobody else of this program was given.
///
/// # Errors
/// No port is free.
pub fn free_port() -> Outcome<u16> {
    loop {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let port = listener.local_addr()?.port();
        if GIVEN
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(port)
        {
            return Ok(port);
        }
    }
}

/// Whether something listens at `port` of 127.0.0.1.
#[must_use]
pub fn listens(port: u16) -> bool {
    TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_ok()
}

/// Ends the kept servers that are noted in `folder` and says what became of each.
///
/// # Errors
/// The note cannot be read, or `ps` or `kill` cannot be run.
pub fn end_kept(folder: &Path) -> Outcome<Vec<String>> {
    let mut told = Vec::new();
    for server in noted(folder)? {
        let name = server
            .get("name")
            .and_then(Value::as_str)
            .unwrap_or_default();
        let id = server.get("id").and_then(Value::as_u64).unwrap_or_default();
        if runs(&server)? {
            Command::new("kill")
                .args(["-KILL", &id.to_string()])
                .status()?;
            told.push(format!("ended {name} ({id})"));
        } else {
            told.push(format!("{name} ({id}) had ended already"));
        }
    }
    Ok(told)
}

/// The ids of the kept servers that are noted in `folder`, whether they still run or not.
///
/// # Errors
/// The note cannot be read.
pub fn kept_ids(folder: &Path) -> Outcome<Vec<u32>> {
    let ids = noted(folder)?.into_iter().filter_map(|server| {
        let id = server.get("id").and_then(Value::as_u64)?;
        u32::try_from(id).ok()
    });
    Ok(ids.collect())
}

/// Whether a kept server that is noted in `folder` still runs.
///
/// # Errors
/// The note cannot be read, or `ps` cannot be run.
pub fn any_kept_runs(folder: &Path) -> Outcome<bool> {
    for server in noted(folder)? {
        if runs(&server)? {
            return Ok(true);
        }
    }
    Ok(false)
}

/// An id may be given to another process later, so the start time is noted with it.
fn remember(folder: &Path, name: &str, id: u32) -> Outcome {
    let line = json!({"name": name, "id": id, "started": start_time(u64::from(id))?});
    let mut note = File::options()
        .create(true)
        .append(true)
        .open(folder.join(NOTE))?;
    Ok(writeln!(note, "{line}")?)
}

fn noted(folder: &Path) -> Outcome<Vec<Value>> {
    let note = folder.join(NOTE);
    if !note.exists() {
        return Ok(Vec::new());
    }
    let lines = std::fs::read_to_string(note)?;
    Ok(lines
        .lines()
        .map(serde_json::from_str)
        .collect::<Result<_, _>>()?)
}

fn runs(server: &Value) -> Outcome<bool> {
    let id = server.get("id").and_then(Value::as_u64).unwrap_or_default();
    let started = start_time(id)?;
    Ok(started.is_some() && started.as_deref() == server.get("started").and_then(Value::as_str))
}

/// When the process `id` was started, as `ps` tells it; `None` when there is none.
fn start_time(id: u64) -> Outcome<Option<String>> {
    let output = Command::new("ps")
        .env("LC_ALL", "C")
        .args(["-o", "lstart=", "-p", &id.to_string()])
        .output()?;
    let text = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    Ok((!text.is_empty()).then_some(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn alive(id: &str) -> bool {
        Command::new("kill")
            .args(["-0", id])
            .stderr(Stdio::null())
            .status()
            .unwrap()
            .success()
    }

    #[test]
    fn a_server_ends_when_it_is_dropped() {
        let folder = tempfile::tempdir().unwrap();
        let pid = folder.path().join("pid");
        let mut command = Command::new("/bin/sh");
        command
            .arg("-c")
            .arg(format!("echo $$ > {}; exec sleep 600", pid.display()));
        let mut server =
            Server::start("sleeper", &command, folder.path(), Lifetime::WithUs).unwrap();
        let written = || std::fs::read_to_string(&pid).unwrap_or_default();
        server
            .wait_until(Duration::from_secs(10), || written().ends_with('\n'))
            .unwrap();
        let id = written().trim().to_owned();
        assert!(alive(&id));
        drop(server);
        assert!(!alive(&id));
    }

    #[test]
    fn a_server_that_ends_too_early_is_told_with_its_log() {
        let folder = tempfile::tempdir().unwrap();
        let mut command = Command::new("/bin/sh");
        command.args(["-c", "echo no such flag; exit 3"]);
        let mut server =
            Server::start("broken", &command, folder.path(), Lifetime::WithUs).unwrap();
        let failure = server
            .wait_until(Duration::from_secs(10), || false)
            .unwrap_err()
            .to_string();
        assert!(
            failure.starts_with("broken ended with exit status: 3:\nno such flag\n"),
            "{failure}"
        );
    }

    #[test]
    fn a_kept_server_outlives_its_value_and_is_ended_by_its_note() {
        let folder = tempfile::tempdir().unwrap();
        let mut command = Command::new("/bin/sleep");
        command.arg("600");
        let server = Server::start("sleeper", &command, folder.path(), Lifetime::Kept).unwrap();
        let id = server.child.id();
        drop(server);
        assert!(any_kept_runs(folder.path()).unwrap());
        assert_eq!(
            end_kept(folder.path()).unwrap(),
            [format!("ended sleeper ({id})")]
        );
    }

    #[test]
    fn a_process_that_took_the_id_later_is_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let own = std::process::id();
        let note = json!({"name": "etcd", "id": own, "started": "Thu Jan  1 00:00:00 1970"});
        std::fs::write(folder.path().join(NOTE), note.to_string()).unwrap();
        assert_eq!(
            end_kept(folder.path()).unwrap(),
            [format!("etcd ({own}) had ended already")]
        );
    }
}
