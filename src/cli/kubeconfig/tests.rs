use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;

use clap::Parser;
use eksauth_core::kubeconfig::Exec;
use tempfile::TempDir;

use super::*;
use crate::command::{Arguments, Command};

fn connection() -> Connection {
    Connection {
        context: "prod".to_owned(),
        cluster: "c".to_owned(),
        user: "u".to_owned(),
        server: "https://x".to_owned(),
        certificate_authority: "PEM".to_owned(),
        exec: Exec {
            program: Program::Aws,
            cluster_name: "prod".to_owned(),
            region: "eu-central-1".to_owned(),
            role_arn: None,
            profile: None,
        },
    }
}

fn arguments(more: &[&str]) -> KubeconfigArguments {
    let start = ["us", "kubeconfig", "--cluster", "prod"];
    let parsed = Arguments::try_parse_from(start.iter().chain(more)).unwrap();
    match parsed.command {
        Command::Kubeconfig(arguments) => arguments,
        _ => unreachable!(),
    }
}

fn environment(home: &TempDir, files: &[&Path]) -> Environment {
    Environment {
        kubeconfig: Some(std::env::join_paths(files).unwrap()),
        home: Some(home.path().into()),
    }
}

fn put_in(home: &TempDir, files: &[&Path], more: &[&str]) -> Result<Outcome, Failure> {
    put(&arguments(more), &connection(), &environment(home, files))
}

fn mode(path: &Path) -> u32 {
    std::fs::metadata(path).unwrap().permissions().mode() & 0o777
}

fn names(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).unwrap();
    let mut names: Vec<String> = entries
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

#[test]
fn a_new_file_is_for_its_owner_and_a_second_run_changes_nothing() {
    let home = tempfile::tempdir().unwrap();
    let made = put_in(&home, &[], &[]).unwrap();
    let file = home.path().join(".kube/config");
    assert_eq!(
        made.text,
        format!(
            "added to {}: cluster, context, user\nthe current context is `prod`\n",
            file.display()
        )
    );
    assert_eq!(
        std::fs::read_to_string(&file).unwrap(),
        connection().fresh()
    );
    assert_eq!(
        (mode(&file), mode(&home.path().join(".kube"))),
        (0o600, 0o700)
    );
    let again = put_in(&home, &[], &[]).unwrap();
    assert!(
        again
            .text
            .ends_with("has it already; nothing was written\n")
    );
    assert_eq!(names(&home.path().join(".kube")), ["config"]);
}

#[test]
fn a_name_is_printed_as_a_shell_takes_it() {
    for (name, printed) in [
        ("prod", "prod"),
        (
            "arn:aws:eks:eu-central-1:111122223333:cluster/prod",
            "arn:aws:eks:eu-central-1:111122223333:cluster/prod",
        ),
        ("a b: #\"x", "'a b: #\"x'"),
        ("it's $(x)", "'it'\\''s $(x)'"),
        ("", "''"),
    ] {
        assert_eq!(shell_word(name), printed);
    }
}

#[test]
fn a_file_with_two_names_is_told() {
    let home = tempfile::tempdir().unwrap();
    let (file, other) = (home.path().join("real"), home.path().join("other"));
    std::fs::write(&file, "current-context: mine\n").unwrap();
    std::fs::hard_link(&file, &other).unwrap();
    let made = put_in(&home, &[&file], &[]).unwrap();
    assert!(made.warning.unwrap().contains("has 2 names (hard links)"));
}

#[test]
fn a_file_keeps_its_mode_and_a_link_stays_one() {
    let home = tempfile::tempdir().unwrap();
    let (file, link) = (home.path().join("real"), home.path().join("link"));
    std::fs::write(&file, "# mine\ncurrent-context: mine\n").unwrap();
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o640)).unwrap();
    symlink("real", &link).unwrap();
    let made = put_in(&home, &[&link], &[]).unwrap();
    assert!(made.warning.unwrap().contains("mode 0640"));
    assert!(
        made.text
            .contains("still `mine`; use `kubectl --context prod`")
    );
    assert!(link.is_symlink());
    assert_eq!(mode(&file), 0o640);
    let text = std::fs::read_to_string(&file).unwrap();
    assert!(
        text.starts_with("# mine\ncurrent-context: mine\n"),
        "{text}"
    );
    let ahead = home.path().join("ahead");
    symlink("later", &ahead).unwrap();
    put_in(&home, &[&ahead], &[]).unwrap();
    assert!(ahead.is_symlink() && home.path().join("later").is_file());
}

#[test]
fn a_dry_run_writes_nothing_and_shows_no_secret() {
    let home = tempfile::tempdir().unwrap();
    let file = home.path().join("config");
    let before = "users:\n- name: u\n  user: {token: s3cr3t}\ncurrent-context: mine\n";
    std::fs::write(&file, before).unwrap();
    let refused = put_in(&home, &[&file], &["--dry-run"]).unwrap();
    assert_eq!(refused.verdict, Verdict::No);
    assert!(
        refused
            .text
            .contains("the user `u` (`user.exec`, `user.token` differs)")
    );
    let shown = put_in(
        &home,
        &[&file],
        &["--dry-run", "--overwrite", "--set-current"],
    )
    .unwrap();
    assert!(!shown.text.contains("s3cr3t"), "{}", shown.text);
    for part in [
        "-  user: {token: ***}\n",
        "+current-context: prod\n",
        NOT_WRITTEN,
    ] {
        assert!(shown.text.contains(part), "{}", shown.text);
    }
    assert_eq!(std::fs::read_to_string(&file).unwrap(), before);
}

#[test]
fn the_file_that_has_the_context_is_meant_then_the_first_that_is_there() {
    let home = tempfile::tempdir().unwrap();
    let path = |name: &str| home.path().join(name);
    std::fs::write(path("b"), "current-context: mine\nusers:\n- name: u\n").unwrap();
    std::fs::write(path("c"), "contexts:\n- name: prod\n").unwrap();
    let chosen = |files: &[&Path]| {
        Selection::choose(None, &environment(&home, files), "prod")
            .unwrap()
            .path
    };
    let (a, b, c) = (path("a"), path("b"), path("c"));
    assert_eq!(chosen(&[&a, &b, &c]), c);
    assert_eq!(chosen(&[&a, &b]), b);
    assert_eq!(chosen(&[&a]), a);
    let told = put_in(&home, &[&b, &c], &["--overwrite", "--set-current"]).unwrap();
    let told = told.warning.unwrap();
    assert!(told.contains("has a user `u` too"), "{told}");
    assert!(told.contains("names the current context `mine`"), "{told}");
    assert_eq!(
        std::fs::read_to_string(&b).unwrap(),
        "current-context: mine\nusers:\n- name: u\n"
    );
}

#[test]
fn what_cannot_be_written_safely_is_left_as_it_is() {
    let home = tempfile::tempdir().unwrap();
    let file = home.path().join("config");
    let refused = |more: &[&str]| put_in(&home, &[&file], more).unwrap_err().to_string();
    std::fs::create_dir(&file).unwrap();
    assert!(refused(&[]).contains("no ordinary file"));
    std::fs::remove_dir(&file).unwrap();
    std::fs::write(&file, [0xff, 0xfe]).unwrap();
    assert!(refused(&[]).contains("it is not UTF-8"));
    std::fs::write(&file, "a: 1\n---\nb: 1\n").unwrap();
    assert!(refused(&[]).contains("line 2: a second document"));
    std::fs::write(&file, "").unwrap();
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o400)).unwrap();
    assert!(refused(&[]).contains("is read-only (mode 0400)"));
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o600)).unwrap();
    std::fs::write(home.path().join("config.lock"), "").unwrap();
    assert!(refused(&[]).contains("another program writes the kubeconfig"));
    assert_eq!(names(home.path()), ["config", "config.lock"]);
}

#[test]
fn a_race_is_noticed() {
    let home = tempfile::tempdir().unwrap();
    let file = home.path().join("config");
    let read = KubeconfigFile::read(&file).unwrap();
    std::fs::write(&file, "theirs").unwrap();
    assert!(
        read.write("ours")
            .unwrap_err()
            .to_string()
            .contains("changed while")
    );
    let read = KubeconfigFile::read(&file).unwrap();
    std::fs::write(&file, "theirs again").unwrap();
    assert!(
        read.write("ours")
            .unwrap_err()
            .to_string()
            .contains("changed while")
    );
    assert_eq!(std::fs::read_to_string(&file).unwrap(), "theirs again");
    assert_eq!(names(home.path()), ["config"]);
}

#[test]
fn the_binary_is_named_where_the_shell_finds_it_by_its_name() {
    let home = tempfile::tempdir().unwrap();
    let own = home.path().join("bin").join(PROGRAM);
    std::fs::create_dir(own.parent().unwrap()).unwrap();
    std::fs::write(&own, "").unwrap();
    let folder = own.parent().unwrap().to_owned();
    assert_eq!(command_of(&own, &[folder]).unwrap(), PROGRAM);
    assert_eq!(command_of(&own, &[]).unwrap(), own.display().to_string());
    let other = tempfile::tempdir().unwrap();
    std::fs::write(other.path().join(PROGRAM), "").unwrap();
    let folders = [other.path().to_owned()];
    assert_eq!(
        command_of(&own, &folders).unwrap(),
        own.display().to_string()
    );
}
