//! `eksauth_group_binding`: what a mapped person may do, and nothing else; never a moment without it, and nobody locked out by it.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::{
    lockout::{NODES, pipeline},
    story::stories,
};
use crate::{
    bed::{
        cloud::{ACCOUNT, Cloud, PROD},
        cluster::{Cluster, WhoAmI, reviews::Attempt},
        identity::Identity,
        workspace::Workspace,
    },
    failure::{Failure, Outcome, expect, expect_same},
};

mod any_order;
mod disturbed;
mod holders;
mod locked_out;
mod roles;

use any_order::{
    after_kill_9_in_the_overlap_the_next_run_goes_on, what_a_plan_makes_up_for_passes_in_any_order,
};
use disturbed::{
    ctrl_c_ends_the_wait_for_a_namespace, ctrl_c_in_the_middle_loses_nothing,
    what_whoever_applies_loses_is_put_back,
};
use holders::{
    a_message_about_a_rule_shows_the_rules, another_name_is_made_before_the_old_one_goes,
    lost_bindings_of_namespaces_are_made_again, two_resources_for_one_binding_are_refused_at_plan,
};
use roles::{a_conflict_does_not_stop_a_destroy, a_role_does_not_go_unseen_while_it_is_bound};

use locked_out::{
    a_configuration_goes_with_the_binding_of_whoever_applies,
    a_part_of_a_way_to_power_is_no_administrator_who_is_left,
    the_name_of_a_service_account_is_an_administrator_like_any_other,
    what_is_read_of_rbac_is_enough_where_it_decides,
};

stories!("group_binding":
    a_mapped_person_may_do_what_the_group_may,
    access_never_ceases_while_the_role_changes,
    in_some_namespaces_only,
    what_is_gone_is_made_again,
    import_by_id,
    what_is_there_is_adopted_and_survives_destroy,
    nobody_grants_what_he_has_not,
    the_last_administrators_keep_their_binding,
    rules_that_the_cluster_does_not_know_are_named,
    the_namespace_may_come_later,
    many_bindings_are_read_together,
    wrong_configurations_are_refused_before_apply,
    ctrl_c_in_the_middle_loses_nothing,
    ctrl_c_ends_the_wait_for_a_namespace,
    what_whoever_applies_loses_is_put_back,
    lost_bindings_of_namespaces_are_made_again,
    two_resources_for_one_binding_are_refused_at_plan,
    another_name_is_made_before_the_old_one_goes,
    a_message_about_a_rule_shows_the_rules,
    the_name_of_a_service_account_is_an_administrator_like_any_other,
    a_part_of_a_way_to_power_is_no_administrator_who_is_left,
    what_is_read_of_rbac_is_enough_where_it_decides,
    a_configuration_goes_with_the_binding_of_whoever_applies,
    what_a_plan_makes_up_for_passes_in_any_order,
    after_kill_9_in_the_overlap_the_next_run_goes_on,
    a_role_does_not_go_unseen_while_it_is_bound,
    a_conflict_does_not_stop_a_destroy,
);

const ADDRESS: &str = "eksauth_group_binding.dev";
const RBAC: &str = "/apis/rbac.authorization.k8s.io/v1";
const READS_PODS: &str = "  rules = [{ resources = [\"pods\"], verbs = [\"get\", \"list\"] }]\n";
const APPLY: [&str; 4] = ["apply", "-no-color", "-input=false", "-auto-approve"];

fn dev(more: &str) -> String {
    format!(
        "resource \"eksauth_group_binding\" \"dev\" {{\n  name = \"dev\"\n  groups = [\"developers\"]\n{more}}}\n"
    )
}

/// `prod` with the namespaces `team-a` and `team-b`, none of the story's roles and bindings, and the role `dev` mapped to the group `developers`.
fn fresh(cloud: &Cloud) -> Outcome<(Cluster<'_>, Identity)> {
    let prod = cloud.cluster(PROD)?;
    for namespace in ["team-a", "team-b"] {
        prod.ensure_namespace(namespace)?;
    }
    for (path, object) in left(&prod)? {
        let (status, answer) = prod.ask("DELETE", &path, None)?;
        expect(status == 200, format!("{path}: {answer} of {object}"))?;
    }
    let arn = cloud.role("/", "dev")?;
    let entry = format!("- rolearn: {arn}\n  username: dev\n  groups: [developers]\n");
    prod.put_aws_auth_key("mapRoles", &format!("{NODES}{entry}"))?;
    let person = cloud.assume(&arn, "ann")?;
    prod.wait_for_admission(
        &person,
        Some(&WhoAmI {
            username: "dev".into(),
            groups: vec!["developers".into()],
        }),
    )?;
    Ok((prod, person))
}

/// What the stories make, by path.
fn left(prod: &Cluster<'_>) -> Outcome<Vec<(String, Value)>> {
    let mut found = Vec::new();
    for kind in [
        "clusterrolebindings",
        "rolebindings",
        "clusterroles",
        "roles",
    ] {
        let (_, list) = prod.ask("GET", &format!("{RBAC}/{kind}"), None)?;
        for item in list
            .get("items")
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
        {
            let text = |pointer| item.pointer(pointer).and_then(Value::as_str);
            let name = text("/metadata/name").unwrap_or_default();
            if !["dev", "boss", "many"]
                .iter()
                .any(|ours| name.starts_with(ours))
            {
                continue;
            }
            let place = text("/metadata/namespace").map_or(String::new(), |namespace| {
                format!("/namespaces/{namespace}")
            });
            found.push((format!("{RBAC}{place}/{kind}/{name}"), item.clone()));
        }
    }
    Ok(found)
}

/// The same without the objects, a line each.
pub(super) fn names(prod: &Cluster<'_>) -> Outcome<String> {
    let found = left(prod)?.into_iter();
    let paths: Vec<String> = found.map(|(path, _)| path.replace(RBAC, "")).collect();
    Ok(paths.join("\n"))
}

fn pods(verb: &'static str, namespace: &'static str) -> Attempt<'static> {
    Attempt {
        verb,
        group: "",
        resource: "pods",
        namespace,
        name: "",
    }
}

fn a_mapped_person_may_do_what_the_group_may(cloud: &Cloud) -> Outcome {
    let (prod, ann) = fresh(cloud)?;
    let workspace = Workspace::new(cloud)?;
    workspace.configure(&dev(READS_PODS))?;
    workspace.plan()?.says(&[
        "prod/clusterrole/dev",
        "1 to add, 0 to change, 0 to destroy",
    ])?;
    workspace.apply()?;
    workspace.expect_empty_plan()?;
    prod.wait_for_decision(&ann, &pods("list", "team-a"), true)?;
    // The whole way once: aws eks get-token, kubectl, the authenticator.
    let token = prod.token(&ann)?;
    prod.kubectl_with(&token, &["get", "pods", "-n", "team-a"])?;
    for refused in [
        ["get", "secrets", "-n", "team-a"],
        ["delete", "pods", "-n", "team-a"],
    ] {
        let mut arguments = refused.to_vec();
        if refused[0] == "delete" {
            arguments.push("--all");
        }
        match prod.kubectl_with(&token, &arguments) {
            Err(failure) if failure.to_string().contains("orbidden") => {}
            Err(failure) if failure.to_string().contains("No resources") => {}
            other => {
                expect(
                    refused[0] == "delete" && other.is_ok(),
                    format!("kubectl {arguments:?}: {other:?}"),
                )?;
                prod.wait_for_decision(&ann, &pods("delete", "team-a"), false)?;
            }
        }
    }
    let more = "  rules = [{ resources = [\"pods\"], verbs = [\"get\", \"list\", \"delete\"] }]\n  labels = { \"rbac.authorization.k8s.io/aggregate-to-view\" = \"true\" }\n";
    workspace.configure(&dev(more))?;
    workspace
        .apply()?
        .says(&["0 added, 1 changed, 0 destroyed"])?;
    workspace.expect_empty_plan()?;
    prod.wait_for_decision(&ann, &pods("delete", "team-a"), true)?;
    workspace.destroy()?;
    prod.wait_for_decision(&ann, &pods("list", "team-a"), false)?;
    expect_same("what is left", "", &names(&prod)?)
}

fn access_never_ceases_while_the_role_changes(cloud: &Cloud) -> Outcome {
    let (prod, ann) = fresh(cloud)?;
    // Nobody gathers the rules of `view` and `edit` here.
    for name in ["dev-view", "dev-edit"] {
        let role = json!({"metadata": {"name": name}, "rules": [{"apiGroups": [""], "resources": ["pods"], "verbs": ["get", "list"]}]});
        prod.ensure(&format!("{RBAC}/clusterroles"), &role)?;
    }
    let workspace = Workspace::new(cloud)?;
    workspace.configure(&dev("  cluster_role = \"dev-view\"\n"))?;
    workspace.apply()?;
    prod.wait_for_decision(&ann, &pods("list", "team-a"), true)?;
    for next in [
        "  cluster_role = \"dev-edit\"\n",
        READS_PODS,
        "  cluster_role = \"dev-view\"\n  namespaces = [\"team-a\"]\n",
        &format!("{READS_PODS}  namespaces = [\"team-a\"]\n"),
    ] {
        workspace.configure(&dev(next))?;
        let mut running = workspace.start(&APPLY)?;
        let mut asked = 0;
        while !running.has_ended()? {
            let decision = prod.may(&ann, &pods("list", "team-a"))?;
            let allowed = decision.is_some_and(|decision| decision.allowed);
            expect(
                allowed,
                format!("no access after {asked} questions: {next}"),
            )?;
            asked += 1;
        }
        running
            .wait()?
            .succeeded()?
            .says(&["0 added, 1 changed, 0 destroyed"])?;
        workspace.expect_empty_plan()?;
        expect(asked > 5, format!("only {asked} questions"))?;
    }
    workspace.destroy()?;
    expect_same(
        "what is left",
        "/clusterroles/dev-edit\n/clusterroles/dev-view",
        &names(&prod)?,
    )
}

fn in_some_namespaces_only(cloud: &Cloud) -> Outcome {
    let (prod, ann) = fresh(cloud)?;
    let workspace = Workspace::new(cloud)?;
    let both = format!("{READS_PODS}  namespaces = [\"team-a\", \"team-b\"]\n");
    workspace.configure(&dev(&both))?;
    workspace.apply()?;
    workspace.expect_empty_plan()?;
    prod.wait_for_decision(&ann, &pods("list", "team-b"), true)?;
    prod.wait_for_decision(&ann, &pods("list", "kube-system"), false)?;
    workspace.configure(&dev(&format!("{READS_PODS}  namespaces = [\"team-a\"]\n")))?;
    workspace.apply()?;
    workspace.expect_empty_plan()?;
    prod.wait_for_decision(&ann, &pods("list", "team-b"), false)?;
    prod.wait_for_decision(&ann, &pods("list", "team-a"), true)?;
    workspace.destroy()?;
    expect_same("what is left", "", &names(&prod)?)
}

fn what_is_gone_is_made_again(cloud: &Cloud) -> Outcome {
    let (prod, ann) = fresh(cloud)?;
    let workspace = Workspace::new(cloud)?;
    workspace.configure(&dev(READS_PODS))?;
    workspace.apply()?;
    for (path, _) in left(&prod)? {
        prod.ask("DELETE", &path, None)?;
        workspace
            .apply()?
            .says(&["0 added, 1 changed, 0 destroyed"])
            .map_err(|failure| failure.during(&path))?;
        workspace.expect_empty_plan()?;
    }
    for (path, _) in left(&prod)? {
        prod.ask("DELETE", &path, None)?;
    }
    workspace
        .apply()?
        .says(&["1 added, 0 changed, 0 destroyed"])?;
    prod.wait_for_decision(&ann, &pods("list", "team-a"), true)?;
    workspace.destroy().map(|_| ())
}

fn import_by_id(cloud: &Cloud) -> Outcome {
    let (prod, _) = fresh(cloud)?;
    let role = json!({"metadata": {"name": "dev"}, "rules": [{"apiGroups": [""], "resources": ["pods"], "verbs": ["get", "list"]}]});
    prod.ensure(&format!("{RBAC}/clusterroles"), &role)?;
    prod.ensure(&format!("{RBAC}/namespaces/team-a/roles"), &role)?;
    let group =
        json!([{"kind": "Group", "name": "developers", "apiGroup": "rbac.authorization.k8s.io"}]);
    let binding = |kind: &str| {
        json!({"metadata": {"name": "dev-by-hand"}, "subjects": group,
            "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": kind, "name": "dev"}})
    };
    prod.ensure(
        &format!("{RBAC}/clusterrolebindings"),
        &binding("ClusterRole"),
    )?;
    prod.ensure(
        &format!("{RBAC}/namespaces/team-a/rolebindings"),
        &binding("Role"),
    )?;
    let rules = "  rules = [{ resources = [\"pods\"], verbs = [\"get\", \"list\"] }]\n";
    for (id, more) in [
        ("prod/clusterrole/dev", rules.to_owned()),
        (
            "prod/role/team-a/dev",
            format!("{rules}  namespaces = [\"team-a\"]\n"),
        ),
    ] {
        let workspace = Workspace::new(cloud)?;
        workspace.configure(&dev(&more))?;
        workspace.import(ADDRESS, id)?.succeeded()?;
        workspace
            .expect_empty_plan()
            .map_err(|failure| failure.during(id))?;
    }
    let workspace = Workspace::new(cloud)?;
    workspace.configure(&dev(rules))?;
    workspace
        .import(ADDRESS, "prod/clusterrole/none")?
        .refused_with(&["Nothing To Import"])
}

fn what_is_there_is_adopted_and_survives_destroy(cloud: &Cloud) -> Outcome {
    let (prod, _) = fresh(cloud)?;
    let role = json!({"metadata": {"name": "dev"}, "rules": [{"apiGroups": [""], "resources": ["pods"], "verbs": ["get", "list"]}]});
    prod.ensure(&format!("{RBAC}/clusterroles"), &role)?;
    let workspace = Workspace::new(cloud)?;
    workspace.configure(&dev(
        "  rules = [{ resources = [\"pods\"], verbs = [\"get\"] }]\n",
    ))?;
    workspace
        .run(&["plan", "-no-color", "-input=false"])?
        .refused_with(&["Role Or Binding Is Held By Others", "holds `rules`"])?;
    workspace.configure(&dev(READS_PODS))?;
    workspace
        .apply()?
        .says(&["Role Or Binding Exists Already"])?;
    workspace.expect_empty_plan()?;
    workspace
        .destroy()?
        .says(&["Adopted Role Or Binding Stays"])?;
    expect_same("what is left", "/clusterroles/dev", &names(&prod)?)
}

fn nobody_grants_what_he_has_not(cloud: &Cloud) -> Outcome {
    let (prod, _) = fresh(cloud)?;
    let user = pipeline(cloud, &prod)?;
    let rights = json!({"metadata": {"name": "dev-writer"}, "rules": [
        {"apiGroups": ["rbac.authorization.k8s.io"], "resources": ["clusterroles", "clusterrolebindings"], "verbs": ["get", "create", "patch", "delete"]}]});
    prod.ensure(&format!("{RBAC}/clusterroles"), &rights)?;
    let binding = json!({"metadata": {"name": "dev-writer"},
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "dev-writer"},
        "subjects": [{"apiGroup": "rbac.authorization.k8s.io", "kind": "Group", "name": "pipelines"}]});
    prod.ensure(&format!("{RBAC}/clusterrolebindings"), &binding)?;
    let mut workspace = Workspace::new(cloud)?;
    workspace.act_as(&user);
    workspace.configure(&dev(
        "  rules = [{ resources = [\"secrets\"], verbs = [\"get\", \"list\"] }]\n",
    ))?;
    workspace.try_apply()?.refused_with(&[
        "Caller Would Grant More Than It Has",
        "on `secrets` of the core group",
        "`escalate` on the role",
    ])?;
    expect(
        !names(&prod)?
            .lines()
            .any(|name| name == "/clusterroles/dev"),
        "the role was made",
    )
}

fn the_last_administrators_keep_their_binding(cloud: &Cloud) -> Outcome {
    let (prod, _) = fresh(cloud)?;
    let user = pipeline(cloud, &prod)?;
    writer(&prod)?;
    let mut workspace = Workspace::new(cloud)?;
    workspace.act_as(&user);
    let boss = "resource \"eksauth_group_binding\" \"boss\" {\n  name = \"boss\"\n  cluster_role = \"cluster-admin\"\n  groups = [\"developers\"]\n}\n";
    workspace.configure(boss)?;
    workspace.apply()?;
    let before = names(&prod)?;
    workspace.configure(&boss.replace("\"developers\"", "\"others\""))?;
    workspace
        .try_apply()?
        .refused_with(&["lockout.last-admin", "role/dev"])?;
    let run = workspace.run(&["destroy", "-no-color", "-auto-approve"])?;
    run.refused_with(&["lockout.last-admin", "`eksauth_group_binding` `boss`"])?;
    expect_same("bindings", &before, &names(&prod)?)?;
    workspace.set(
        "EKSAUTH_LOCKOUT_ACK",
        &format!("prod:lockout.last-admin:arn:aws:iam::{ACCOUNT}:role/dev"),
    );
    workspace.destroy().map(|_| ())
}

/// Lets the group `pipelines` write ClusterRoles and bind any of them.
fn writer(prod: &Cluster<'_>) -> Outcome {
    let rights = json!({"metadata": {"name": "dev-writer"}, "rules": [
        {"apiGroups": ["rbac.authorization.k8s.io"], "resources": ["clusterroles", "clusterrolebindings"], "verbs": ["get", "create", "patch", "delete", "bind"]}]});
    prod.ensure(&format!("{RBAC}/clusterroles"), &rights)?;
    let binding = json!({"metadata": {"name": "dev-writer"},
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "dev-writer"},
        "subjects": [{"apiGroup": "rbac.authorization.k8s.io", "kind": "Group", "name": "pipelines"}]});
    prod.ensure(&format!("{RBAC}/clusterrolebindings"), &binding)
}

fn rules_that_the_cluster_does_not_know_are_named(cloud: &Cloud) -> Outcome {
    fresh(cloud)?;
    let workspace = Workspace::new(cloud)?;
    workspace.configure(&dev(
        "  rules = [{ resources = [\"deployments\"], verbs = [\"get\"] }, { resources = [\"pods\"], verbs = [\"lists\"] }]\n",
    ))?;
    workspace.plan()?.says(&[
        "Rules Without Effect",
        "no `deployments` in the core group",
        "It is in `apps`",
        "Did you mean `list`?",
    ])?;
    workspace.configure(&dev(
        "  rules = [{ api_groups = [\"apps\"], resources = [\"deployments\", \"deployments/scale\"], verbs = [\"get\", \"patch\"] }]\n",
    ))?;
    let plan = workspace.plan()?;
    expect(
        !plan.output.contains("Rules Without Effect"),
        format!(
            "a warning of rules that the cluster knows:\n{}",
            plan.output
        ),
    )
}

fn the_namespace_may_come_later(cloud: &Cloud) -> Outcome {
    let (prod, _) = fresh(cloud)?;
    let workspace = Workspace::new(cloud)?;
    let name = format!("late-binding-{}", std::process::id());
    let config = |more: &str| dev(&format!("{READS_PODS}  namespaces = [\"{name}\"]\n{more}"));
    workspace.configure(&config("  timeouts {\n    create = \"1s\"\n  }\n"))?;
    workspace
        .try_apply()?
        .refused_with(&["Namespace Not Found", &name])?;
    workspace.configure(&config(""))?;
    let running = workspace.start(&APPLY)?;
    prod.ensure_namespace(&name)?;
    running.wait()?.succeeded()?;
    workspace.expect_empty_plan()?;
    workspace.destroy().map(|_| ())
}

fn many_bindings_are_read_together(cloud: &Cloud) -> Outcome {
    fresh(cloud)?;
    let workspace = Workspace::new(cloud)?;
    workspace.configure(&format!(
        "resource \"eksauth_group_binding\" \"many\" {{\n  count = 60\n  name = \"many-${{count.index}}\"\n  groups = [\"g-${{count.index}}\"]\n{READS_PODS}}}\n"
    ))?;
    workspace.apply()?.says(&["60 added"])?;
    let audit = cloud.with_control_plane(PROD, |plane| plane.audit())?;
    let began = Instant::now();
    workspace.expect_empty_plan()?;
    let took = began.elapsed();
    let asked = audit.requests()?;
    let is_of_rbac = |resource: &str| resource.contains("role");
    let asked = asked.iter().filter(|one| is_of_rbac(&one.resource)).count();
    expect(asked <= 4, format!("{asked} calls for sixty bindings"))?;
    expect(
        took < Duration::from_secs(60),
        format!("sixty bindings took {took:?}"),
    )?;
    workspace.destroy().map(|_| ())
}

fn wrong_configurations_are_refused_before_apply(cloud: &Cloud) -> Outcome {
    fresh(cloud)?;
    let workspace = Workspace::new(cloud)?;
    for (more, parts) in [
        ("", ["No Role", "`rules`"]),
        (
            "  cluster_role = \"view\"\n  role = \"x\"\n  namespaces = [\"a\"]\n",
            ["More Than One Role", "`cluster_role` and `role`"],
        ),
        (
            "  rules = [{ resources = [\"pods\"], verbs = [] }]\n",
            ["Invalid Rule", "without verbs"],
        ),
        (
            "  rules = [{ api_groups = [\"apps/v1\"], resources = [\"deployments\"], verbs = [\"get\"] }]\n",
            ["Invalid API Group", "`apps/v1`"],
        ),
        (
            "  cluster_role = \"view\"\n  namespaces = [\"Team_A\"]\n",
            ["Invalid Namespace", "`Team_A`"],
        ),
    ] {
        workspace.configure(&dev(more))?;
        let run = workspace.run(&["validate", "-no-color"])?;
        run.refused_with(&parts)
            .map_err(|failure| failure.during(more))?;
    }
    workspace.configure(&dev(READS_PODS).replace("name = \"dev\"", "name = \"view\""))?;
    workspace
        .run(&["validate", "-no-color"])?
        .refused_with(&["Name Of Built-In Role"])
        .map_err(|failure| Failure::new(failure.to_string()))
}
