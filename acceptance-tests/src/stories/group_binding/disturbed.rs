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

/// What apply asks the API server about is judged before it: here the right to change bindings of namespaces.
pub(super) fn what_whoever_applies_would_lose_is_refused_before_it_is_taken(
    cloud: &Cloud,
) -> Outcome {
    cloud.reset()?;
    let (prod, _) = fresh(cloud)?;
    let user = pipeline(cloud, &prod)?;
    let rights = json!({"metadata": {"name": "dev-writer"}, "rules": [
        {"apiGroups": ["rbac.authorization.k8s.io"], "resources": ["clusterroles", "clusterrolebindings"],
            "verbs": ["get", "create", "patch", "delete", "list", "bind", "escalate"]}]});
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
    let told = [
        "lockout.running-identity",
        "`patch rolebindings`",
        "`confirm_access = false`",
    ];
    workspace
        .run(&["plan", "-destroy", "-no-color", "-input=false"])?
        .succeeded()?
        .says(&told)?;
    let destroy = ["destroy", "-no-color", "-auto-approve"];
    workspace.run(&destroy)?.refused_with(&told)?;
    expect_same("roles and bindings", &before, &names(&prod)?)?;
    workspace.expect_empty_plan()?;
    let meant = format!("{}{config}", provider_block("  confirm_access = false\n"));
    workspace.file("main.tf", &meant)?;
    workspace.run(&destroy)?.succeeded().map(|_| ())
}
