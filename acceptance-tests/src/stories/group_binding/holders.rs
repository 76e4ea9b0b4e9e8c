//! One role or binding, and who stands for it: a state that has lost its bindings, two resources for one, and another name.

use super::*;

const PLAN: [&str; 3] = ["plan", "-no-color", "-input=false"];

/// Bindings that go all at once, and a create that stopped before it made one, are drift, and no bug of the provider.
pub(super) fn lost_bindings_of_namespaces_are_made_again(cloud: &Cloud) -> Outcome {
    let (prod, _) = fresh(cloud)?;
    let workspace = Workspace::new(cloud)?;
    let of = |namespaces: &str| dev(&format!("{READS_PODS}  namespaces = [{namespaces}]\n"));
    workspace.configure(&of("\"team-a\", \"team-b\""))?;
    workspace.apply()?;
    for (path, object) in left(&prod)? {
        if path.contains("/rolebindings/") {
            let (status, answer) = prod.ask("DELETE", &path, None)?;
            expect(status == 200, format!("{path}: {answer} of {object}"))?;
        }
    }
    workspace
        .plan()?
        .says(&["0 to add, 1 to change, 0 to destroy"])?;
    workspace.apply()?;
    workspace.expect_empty_plan()?;
    workspace.destroy()?;
    let late = format!("dev-late-{}", std::process::id());
    let both = format!("\"team-a\", \"{late}\"");
    workspace.configure(&dev(&format!(
        "{READS_PODS}  namespaces = [{both}]\n  timeouts {{\n    create = \"2s\"\n  }}\n"
    )))?;
    workspace
        .try_apply()?
        .refused_with(&["Namespace Not Found", &late, "waited 2 s"])?;
    workspace.run(&PLAN)?.succeeded()?;
    prod.ensure_namespace(&late)?;
    workspace.apply()?;
    workspace.expect_empty_plan()?;
    workspace.destroy()?;
    expect_same("what is left", "", &names(&prod)?)
}

pub(super) fn two_resources_for_one_binding_are_refused_at_plan(cloud: &Cloud) -> Outcome {
    let (prod, _) = fresh(cloud)?;
    let workspace = Workspace::new(cloud)?;
    let first = dev(READS_PODS);
    let other = first.replace("\"dev\" {", "\"other\" {");
    let told = ["Two Resources For One Role Or Binding", "`developers`"];
    for second in [other.replace("\"developers\"", "\"others\""), other] {
        workspace.configure(&format!("{first}{second}"))?;
        workspace.run(&PLAN)?.refused_with(&told)?;
    }
    expect_same("what is there", "", &names(&prod)?)?;
    workspace.configure(&first)?;
    workspace.apply()?;
    let another = Workspace::new(cloud)?;
    another.configure(&first)?;
    another.try_apply()?.refused_with(&[
        "Role Or Binding Belongs To Another Configuration",
        "prod/clusterrole/dev",
    ])?;
    let replace = format!("-replace={ADDRESS}");
    let mut again = APPLY.to_vec();
    again.push(&replace);
    workspace.run(&again)?.succeeded()?;
    workspace.configure(&first.replace("\"dev\" {", "\"moved\" {"))?;
    let moved = workspace.apply()?;
    expect(
        !moved.output.contains("Exists Already"),
        format!(
            "what passes to another address is no stranger's:\n{}",
            moved.output
        ),
    )?;
    workspace.expect_empty_plan()?;
    workspace.destroy()?;
    expect_same("what is left", "", &names(&prod)?)
}

pub(super) fn another_name_is_made_before_the_old_one_goes(cloud: &Cloud) -> Outcome {
    let (prod, ann) = fresh(cloud)?;
    let workspace = Workspace::new(cloud)?;
    workspace.configure(&dev(READS_PODS))?;
    workspace.apply()?;
    prod.wait_for_decision(&ann, &pods("list", "team-a"), true)?;
    workspace.configure(&dev(READS_PODS).replace("name = \"dev\"", "name = \"devs\""))?;
    let mut running = workspace.start(&APPLY)?;
    let mut asked = 0;
    while !running.has_ended()? {
        let decision = prod.may(&ann, &pods("list", "team-a"))?;
        let allowed = decision.is_some_and(|decision| decision.allowed);
        expect(allowed, format!("no access after {asked} questions"))?;
        asked += 1;
    }
    running
        .wait()?
        .succeeded()?
        .says(&["0 added, 1 changed, 0 destroyed"])?;
    workspace.expect_empty_plan()?;
    workspace.destroy()?;
    expect_same("what is left", "", &names(&prod)?)
}

/// A message about something within `rules` shows `rules` and says where.
pub(super) fn a_message_about_a_rule_shows_the_rules(cloud: &Cloud) -> Outcome {
    fresh(cloud)?;
    let workspace = Workspace::new(cloud)?;
    workspace.configure(&dev(
        "  rules = [{ resources = [\"Pods\"], verbs = [\"get\"] }]\n",
    ))?;
    workspace.run(&["validate", "-no-color"])?.refused_with(&[
        "Invalid Resource",
        "rules = [{",
        "`rules[0].resources`",
        "Write `pods`.",
    ])?;
    Ok(())
}
