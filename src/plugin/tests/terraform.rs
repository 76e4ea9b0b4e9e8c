//! The example provider under the real Terraform, where `terraform` is on the path.

#![cfg(unix)]
#![allow(
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test stops at the first surprise"
)]

use std::io::Read as _;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use rustix::fs::{CWD, FileType, Mode, mknodat};
use rustix::process::{Pid, Signal, kill_process_group, test_kill_process_group};
use serde_json::{Value as Json, json};
use tempfile::TempDir;

/// A configuration with the built example as an override.
struct Workspace {
    folder: TempDir,
}

/// The example's binary, which is built beside this test.
fn example() -> PathBuf {
    let test = std::env::current_exe().unwrap();
    let target = test.parent().and_then(Path::parent).unwrap();
    let example = target.join("examples/notebook");
    assert!(
        example.exists(),
        "build the example first: cargo build -p tf-provider --example notebook"
    );
    example
}

const HEAD: &str = r#"
terraform {
  required_providers {
    notebook = { source = "example/notebook" }
  }
}
provider "notebook" {
  directory = "notes"
}
"#;

impl Workspace {
    /// `None` where there is no Terraform.
    fn new(configuration: &str) -> Option<Self> {
        if Command::new("terraform").arg("version").output().is_err() {
            eprintln!("skipped: `terraform` is not on the path");
            return None;
        }
        let workspace = Self {
            folder: tempfile::tempdir().unwrap(),
        };
        let binaries = workspace.path("binaries");
        std::fs::create_dir(&binaries).unwrap();
        std::fs::create_dir(workspace.path("notes")).unwrap();
        std::os::unix::fs::symlink(example(), binaries.join("terraform-provider-notebook"))
            .unwrap();
        let overrides = format!(
            "provider_installation {{\n  dev_overrides {{\n    \"example/notebook\" = {binaries:?}\n  }}\n  direct {{}}\n}}\n"
        );
        std::fs::write(workspace.path("cli.tfrc"), overrides).unwrap();
        workspace.configure(configuration);
        Some(workspace)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn configure(&self, configuration: &str) {
        std::fs::write(self.path("main.tf"), format!("{HEAD}{configuration}")).unwrap();
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new("terraform");
        command
            .args(arguments)
            .current_dir(self.folder.path())
            .env("TF_CLI_CONFIG_FILE", self.path("cli.tfrc"))
            .env("CHECKPOINT_DISABLE", "1")
            .env_remove("TF_LOG")
            .env_remove("TF_REATTACH_PROVIDERS")
            .stdin(Stdio::null());
        command
    }

    fn terraform(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().unwrap()
    }

    fn succeed(&self, arguments: &[&str]) -> String {
        let output = self.terraform(arguments);
        assert!(output.status.success(), "{}", text(&output));
        text(&output)
    }

    fn state(&self) -> Json {
        serde_json::from_str(&self.succeed(&["show", "-json"])).unwrap()
    }

    /// A saved object by its address: whether it is tainted, and its attributes.
    fn object(&self, address: &str) -> (bool, Json) {
        let state = self.state();
        let objects = state["values"]["root_module"]["resources"].as_array();
        let object = objects
            .and_then(|objects| objects.iter().find(|object| object["address"] == address))
            .unwrap_or_else(|| panic!("no `{address}` in {state}"));
        (object["tainted"] == true, object["values"].clone())
    }
}

fn text(output: &Output) -> String {
    let stdout = String::from_utf8_lossy(&output.stdout);
    format!("{stdout}{}", String::from_utf8_lossy(&output.stderr))
}

const APPLY: [&str; 3] = ["apply", "-auto-approve", "-no-color"];
const PLAN: [&str; 3] = ["plan", "-detailed-exitcode", "-no-color"];

const NOTE: &str = r#"
ephemeral "notebook_password" "this" {
  length = 8
}
resource "notebook_note" "this" {
  name       = "first"
  text       = provider::notebook::join(" ", "hello", "world")
  tags       = ["x"]
  sections   = [{ heading = "One Two" }]
  passphrase = ephemeral.notebook_password.this.result
}
"#;

#[test]
fn a_note_is_made_read_changed_imported_and_removed() {
    let Some(workspace) = Workspace::new(NOTE) else {
        return;
    };
    workspace.succeed(&APPLY);
    workspace.succeed(&PLAN);
    let (tainted, values) = workspace.object("notebook_note.this");
    assert!(!tainted);
    assert_eq!(values["sections"][0]["anchor"], "one-two");
    assert_eq!(values["passphrase"], Json::Null);

    workspace.succeed(&["state", "rm", "notebook_note.this"]);
    workspace.succeed(&["import", "-no-color", "notebook_note.this", "first"]);
    workspace.configure(
        "resource \"notebook_note\" \"this\" {\n  name = \"first\"\n  text = \"hello world\"\n}\n",
    );
    workspace.succeed(&PLAN);
    workspace.succeed(&["destroy", "-auto-approve", "-no-color"]);
    assert_eq!(
        std::fs::read_dir(workspace.path("notes")).unwrap().count(),
        0
    );
}

#[test]
fn an_error_points_at_its_line() {
    let Some(workspace) =
        Workspace::new("resource \"notebook_note\" \"this\" {\n  name = \"a/b\"\n}\n")
    else {
        return;
    };
    let output = workspace.terraform(&["validate", "-json"]);
    let answer: Json = serde_json::from_slice(&output.stdout).unwrap();
    let error = answer["diagnostics"]
        .as_array()
        .unwrap()
        .iter()
        .find(|diagnostic| diagnostic["severity"] == "error")
        .unwrap();
    assert_eq!(error["summary"], "Invalid Name");
    assert_eq!(error["snippet"]["code"], "  name = \"a/b\"");
}

#[test]
fn a_panic_stops_one_object_and_no_other() {
    let broken = "resource \"notebook_broken\" \"this\" {\n  promise = \"panics in create\"\n}\n";
    let Some(workspace) = Workspace::new(&format!("{NOTE}{broken}")) else {
        return;
    };
    let output = workspace.terraform(&APPLY);
    assert_eq!(output.status.code(), Some(1));
    let text = text(&output).replace("\n", " ");
    assert!(
        text.contains("`notebook_broken`: it panicked during create: the create fell over."),
        "{text}"
    );
    assert_eq!(workspace.object("notebook_note.this").1["id"], "note-first");
}

#[test]
fn the_connection_may_be_plain_and_a_message_large() {
    let note = "resource \"notebook_note\" \"this\" {\n  name = \"large\"\n  text = file(\"large.txt\")\n}\n";
    let Some(workspace) = Workspace::new(note) else {
        return;
    };
    std::fs::write(workspace.path("large.txt"), "x".repeat(5 << 20)).unwrap();
    let plain = workspace
        .command(&APPLY)
        .env("TF_DISABLE_PLUGIN_TLS", "1")
        .output()
        .unwrap();
    assert!(plain.status.success(), "{}", text(&plain));
    assert_eq!(workspace.object("notebook_note.this").1["size"], 5 << 20);
}

#[test]
fn log_lines_are_terraforms_own() {
    let Some(workspace) = Workspace::new(NOTE) else {
        return;
    };
    // Terraform ends the plugin as soon as it has its answers and drops what it has not read of its log by then; one run in a few shows none.
    let shown = (0..20).find_map(|_| {
        let output = workspace
            .command(&["validate", "-no-color"])
            .env("TF_LOG", "TRACE")
            .output()
            .unwrap();
        let text = text(&output);
        let mut lines = text.lines();
        lines
            .find(|line| line.contains("answered: rpc="))
            .map(str::to_owned)
    });
    let line = shown.expect("a line of the provider in one of twenty runs");
    assert!(
        line.contains("[TRACE] provider.terraform-provider-notebook"),
        "{line}"
    );
}

#[test]
fn a_person_is_told_that_this_is_a_plugin() {
    let output = Command::new(example())
        .env_remove("TF_PLUGIN_MAGIC_COOKIE")
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(
        text(&output),
        "This binary is a plugin: Terraform starts it by itself.\nWrite a configuration that requires the provider `example/notebook` and run `terraform init`.\n"
    );
}

/// A provider that waits for Terraform, ended by its own Ctrl-C.
struct Waiting {
    process: Child,
}

impl Drop for Waiting {
    fn drop(&mut self) {
        self.process.kill().ok();
        self.process.wait().ok();
    }
}

#[test]
fn a_provider_that_was_started_by_hand_serves_several_runs() {
    let Some(workspace) = Workspace::new(NOTE) else {
        return;
    };
    let process = Command::new(example())
        .arg("--debug")
        .current_dir(workspace.folder.path())
        .env("TMPDIR", workspace.folder.path())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut waiting = Waiting { process };
    let mut output = waiting.process.stdout.take().unwrap();
    let mut text = Vec::new();
    while text.iter().filter(|byte| **byte == b'\'').count() < 2 {
        let mut byte = [0];
        output.read_exact(&mut byte).unwrap();
        text.extend(byte);
    }
    let text = String::from_utf8(text).unwrap();
    let reattach = text.split('\'').nth(1).unwrap();
    for arguments in [&APPLY[..], &PLAN[..]] {
        let output = workspace
            .command(arguments)
            .env("TF_REATTACH_PROVIDERS", reattach)
            .output()
            .unwrap();
        assert!(output.status.success(), "{}", self::text(&output));
    }
    let id = Pid::from_child(&waiting.process);
    rustix::process::kill_process(id, Signal::INT).unwrap();
    assert!(waiting.process.wait().unwrap().success());
    let left: Json = serde_json::from_str(reattach).unwrap();
    let socket = left["example/notebook"]["Addr"]["String"].as_str().unwrap();
    assert!(!Path::new(socket).exists(), "the socket is removed");
}

#[test]
fn ctrl_c_during_a_create_saves_what_was_made() {
    let slow = "resource \"notebook_note\" \"slow\" {\n  name  = \"slow\"\n  pause = 3600\n}\n";
    let Some(workspace) = Workspace::new(slow) else {
        return;
    };
    // The note's file is a pipe, so that reading it waits until the create has come there.
    let file = workspace.path("notes/slow.json");
    mknodat(CWD, &file, FileType::Fifo, Mode::from_raw_mode(0o600), 0).unwrap();
    let process = workspace
        .command(&APPLY)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .process_group(0)
        .spawn()
        .unwrap();
    let written: Json = serde_json::from_slice(&std::fs::read(&file).unwrap()).unwrap();
    assert_eq!(
        written,
        json!({ "name": "slow", "text": "", "id": "note-slow" })
    );
    // A terminal sends it to the whole group: to Terraform and to the plugin.
    kill_process_group(Pid::from_child(&process), Signal::INT).unwrap();
    let output = process.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(1), "{}", text(&output));
    assert!(
        text(&output).contains("Error: Cancelled"),
        "{}",
        text(&output)
    );
    let (tainted, values) = workspace.object("notebook_note.slow");
    assert_eq!((tainted, &values["id"]), (true, &json!("note-slow")));
}

#[test]
fn a_plugin_whose_terraform_was_killed_ends() {
    let slow = "resource \"notebook_note\" \"slow\" {\n  name  = \"slow\"\n  pause = 3600\n}\n";
    let Some(workspace) = Workspace::new(slow) else {
        return;
    };
    let file = workspace.path("notes/slow.json");
    mknodat(CWD, &file, FileType::Fifo, Mode::from_raw_mode(0o600), 0).unwrap();
    let mut process = workspace
        .command(&APPLY)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .process_group(0)
        .spawn()
        .unwrap();
    let group = Pid::from_child(&process);
    std::fs::read(&file).unwrap();
    assert!(process.try_wait().unwrap().is_none(), "the create waits");
    process.kill().unwrap();
    process.wait().unwrap();
    // Terraform was the group's leader; whoever is left in it is the plugin.
    let began = Instant::now();
    while test_kill_process_group(group).is_ok() {
        assert!(
            began.elapsed() < Duration::from_secs(20),
            "the plugin lives on"
        );
        std::thread::yield_now();
    }
}
