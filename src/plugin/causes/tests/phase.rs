use std::collections::BTreeMap;

use super::super::command::Command;
use super::super::phase::{Phase, presumed};
use crate::claims::Claims;

fn command(line: &str, variables: &[(&str, &str)]) -> Command {
    let words: Vec<&str> = line.split(' ').collect();
    let variables: BTreeMap<_, _> = variables.iter().copied().collect();
    Command::of(&words, |name| {
        (*variables.get(name).unwrap_or(&"")).to_owned()
    })
}

/// Claims of a walk that has planned something.
fn planning(folder: &std::path::Path) -> Claims {
    let claims = Claims::in_folder(folder);
    claims.begin_plan(&mut BTreeMap::new());
    claims
}

#[test]
fn a_command_says_whether_it_plans_before_it_applies() {
    for line in ["plan", "-chdir=x plan -out p", "plan -destroy", "refresh"] {
        assert_eq!(command(line, &[]), Command::Plan, "{line}");
    }
    for line in [
        "apply",
        "apply -auto-approve",
        "-chdir=x apply -auto-approve -refresh=false",
        "apply -var a=b --var-file v -target=t -target t -parallelism 1",
        "apply -lock-timeout 5s -input=false",
        "destroy -auto-approve",
    ] {
        assert_eq!(command(line, &[]), Command::PlanAndApply, "{line}");
    }
    for line in [
        "apply p",
        "-chdir=x apply -auto-approve p",
        "apply -var a=b p",
        "apply -new-option p",
        "apply -- p",
        "apply -",
    ] {
        assert_eq!(command(line, &[]), Command::ApplySaved, "{line}");
    }
    for line in ["", "test", "import plan", "console", "-help"] {
        assert_eq!(command(line, &[]), Command::Unknown, "{line}");
    }
}

#[test]
fn a_command_has_what_the_environment_adds_to_it() {
    for name in ["TF_CLI_ARGS", "TF_CLI_ARGS_apply"] {
        let options = [(name, "-no-color -var a=b")];
        assert_eq!(command("apply", &options), Command::PlanAndApply);
        assert_eq!(command("apply", &[(name, "p")]), Command::ApplySaved);
        let spaced = [(name, "-var 'a=b c'")];
        assert_eq!(command("apply", &spaced), Command::ApplySaved, "not parsed");
    }
    let of_plan = [("TF_CLI_ARGS_plan", "p")];
    assert_eq!(command("apply", &of_plan), Command::PlanAndApply);
    assert_eq!(command("plan", &[("TF_CLI_ARGS", "p")]), Command::Plan);
}

#[test]
#[cfg(target_os = "linux")]
fn the_first_walk_of_an_apply_is_a_plan_also_after_another_process_planned_here() {
    let folder = tempfile::tempdir().unwrap();
    let of_another = folder.path().join("0123456789abcdef0123456789abcdef");
    std::fs::write(of_another, "claims-1 1.2.boot\n").unwrap();
    let plan = planning(folder.path());
    assert_eq!(presumed(Command::PlanAndApply, &plan), Phase::Plan);
    assert_eq!(presumed(Command::Plan, &plan), Phase::Plan);
    assert_eq!(presumed(Command::ApplySaved, &plan), Phase::Apply);
    assert_eq!(presumed(Command::Unknown, &plan), Phase::Apply);

    let apply = planning(folder.path());
    assert_eq!(presumed(Command::PlanAndApply, &apply), Phase::Apply);
}

#[test]
#[cfg(target_os = "linux")]
fn two_provider_blocks_of_one_walk_are_not_before_each_other() {
    let folder = tempfile::tempdir().unwrap();
    let blocks = [(); 2].map(|()| Claims::in_folder(folder.path()));
    for block in &blocks {
        block.begin_plan(&mut BTreeMap::new());
    }
    for block in &blocks {
        assert_eq!(presumed(Command::PlanAndApply, block), Phase::Plan);
    }
}

#[test]
fn where_nothing_can_be_noted_an_apply_is_presumed() {
    assert_eq!(
        presumed(Command::PlanAndApply, &Claims::in_memory()),
        Phase::Apply
    );
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    std::fs::write(&file, "").unwrap();
    let nowhere = planning(&file);
    assert_eq!(presumed(Command::PlanAndApply, &nowhere), Phase::Apply);
    assert_eq!(presumed(Command::Plan, &nowhere), Phase::Plan);
}
