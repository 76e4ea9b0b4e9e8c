//! Writes that do not go as planned: Ctrl-C in the middle, and a change that takes from whoever applies it.

use super::*;
use crate::bed::workspace::provider_block;

/// A role of its own and its binding, with the requests of one of them held when Ctrl-C comes: whatever was made is in the state.
pub(super) fn ctrl_c_in_the_middle_loses_nothing(cloud: &Cloud) -> Outcome {
    let (prod, ann) = fresh(cloud)?;
    cloud.reach_through_faults(PROD)?;
    let workspace = Workspace::new(cloud)?;
    workspace.configure(&dev(READS_PODS))?;
    cloud
        .emulator()
        .fault(json!({"action": "PATCH dev", "kind": "hold"}))?;
    let running = workspace.start(&APPLY)?;
    cloud.emulator().wait_for_held("PATCH dev")?;
    running.interrupt()?;
    cloud.emulator().release()?;
    let run = running.wait()?;
    run.says(&["Interrupt received"])?;
    expect(
        workspace.state(ADDRESS)?.is_some() != names(&prod)?.is_empty(),
        format!(
            "the state and the cluster differ:\n{}\n{}{}",
            names(&prod)?,
            run.output,
            run.errors
        ),
    )?;
    workspace.apply()?;
    workspace.expect_empty_plan()?;
    prod.wait_for_decision(&ann, &pods("list", "team-a"), true)?;
    workspace.destroy()?;
    expect_same("what is left", "", &names(&prod)?)
}

pub(super) fn ctrl_c_ends_the_wait_for_a_namespace(cloud: &Cloud) -> Outcome {
    let (prod, _) = fresh(cloud)?;
    cloud.reach_through_faults(PROD)?;
    let workspace = Workspace::new(cloud)?;
    // The namespace that is there comes first, so that something is made before the wait.
    workspace.configure(&dev(&format!(
        "{READS_PODS}  namespaces = [\"team-a\", \"team-never\"]\n"
    )))?;
    cloud
        .emulator()
        .fault(json!({"action": "PATCH dev", "kind": "hold"}))?;
    let running = workspace.start(&APPLY)?;
    cloud.emulator().wait_for_held("PATCH dev")?;
    running.interrupt()?;
    let began = Instant::now();
    cloud.emulator().release()?;
    let run = running.wait()?;
    run.refused_with(&["Cancelled", "What was done until then is in the state"])?;
    expect(
        began.elapsed() < Duration::from_secs(30),
        format!("the wait went on for {:?}", began.elapsed()),
    )?;
    workspace.configure(&dev(&format!("{READS_PODS}  namespaces = [\"team-a\"]\n")))?;
    workspace.apply()?;
    workspace.expect_empty_plan()?;
    workspace.destroy()?;
    expect_same("what is left", "", &names(&prod)?)
}

/// What the guard does not look at, the API server is asked about after the write: here the right to change bindings of namespaces.
pub(super) fn what_whoever_applies_loses_is_put_back(cloud: &Cloud) -> Outcome {
    for (verbs, became) in [
        (
            json!([
                "get", "create", "patch", "delete", "list", "bind", "escalate"
            ]),
            "Everything was put back",
        ),
        (
            json!(["get", "create", "patch", "delete", "list"]),
            "It may not put that back any more",
        ),
    ] {
        cloud.reset()?;
        let (prod, _) = fresh(cloud)?;
        let user = pipeline(cloud, &prod)?;
        let rights = json!({"metadata": {"name": "dev-writer"}, "rules": [
            {"apiGroups": ["rbac.authorization.k8s.io"], "resources": ["clusterroles", "clusterrolebindings"], "verbs": verbs}]});
        prod.ensure(&format!("{RBAC}/clusterroles"), &rights)?;
        let binding = json!({"metadata": {"name": "dev-writer"},
            "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "dev-writer"},
            "subjects": [{"apiGroup": "rbac.authorization.k8s.io", "kind": "Group", "name": "pipelines"}]});
        prod.ensure(&format!("{RBAC}/clusterrolebindings"), &binding)?;
        let mut workspace = Workspace::new(cloud)?;
        let config = dev(
            "  rules = [{ api_groups = [\"rbac.authorization.k8s.io\"], resources = [\"rolebindings\"], verbs = [\"patch\"] }]\n",
        )
        .replace("\"developers\"", "\"pipelines\"");
        workspace.configure(&config)?;
        workspace.apply()?;
        let before = names(&prod)?;
        workspace.act_as(&user);
        let destroy = ["destroy", "-no-color", "-auto-approve"];
        workspace
            .run(&destroy)?
            .refused_with(&[
                "Change Took Access From Whoever Applies It",
                "`patch rolebindings`",
                became,
            ])
            .map_err(|failure| failure.during(became))?;
        if became.starts_with("Everything") {
            expect_same("roles and bindings", &before, &names(&prod)?)?;
            workspace.expect_empty_plan()?;
            let meant = format!("{}{config}", provider_block("  confirm_access = false\n"));
            workspace.file("main.tf", &meant)?;
            workspace.run(&destroy)?.succeeded()?;
        }
    }
    Ok(())
}
