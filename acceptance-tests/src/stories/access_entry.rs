//! `eksauth_access_entry` and `eksauth_access_policy_association`, seen by the real authenticator: made, changed in place, renamed, replaced where they count for
//! nobody, and never so that somebody is locked out.

use std::{thread, time::Duration};

use serde_json::{Value, json};

use super::{
    bed_access_entries::{eks, who},
    lockout::administered,
    story::stories,
};
use crate::{
    bed::{
        cloud::{
            ACCOUNT, Cloud, PROD, REGION,
            access::{AccessDelay, Mode},
        },
        cluster::{
            Cluster,
            reviews::{Admission, Attempt},
        },
        json::text,
        workspace::Workspace,
    },
    failure::{Failure, Outcome, expect, expect_same},
};

stories!("access_entry":
    an_entry_lets_in_and_what_it_gives_is_changed_in_place,
    a_policy_of_an_association_counts_where_its_scope_says,
    an_entry_that_hides_an_administrator_is_refused_and_one_with_the_policy_takes_its_place,
    a_role_made_again_gets_a_new_entry,
    an_entry_that_exists_is_imported_or_adopted,
    forty_entries_under_other_keys_lose_nobody,
    a_policy_that_passes_from_the_entry_to_an_association_is_there_all_the_time,
    an_entry_waits_while_the_mode_is_raised,
    what_eks_lists_later_is_waited_for,
    a_lost_answer_of_a_create_is_recognised,
    the_entry_of_whoever_applies_is_not_taken,
);

const ENTRY: &str = "eksauth_access_entry.this";

pub(super) fn entry(principal: &str, more: &str) -> String {
    format!(
        "resource \"eksauth_access_entry\" \"this\" {{\n  principal_arn = \"{principal}\"\n{more}}}\n"
    )
}

/// Verbs on a core resource.
fn core<'a>(verb: &'a str, resource: &'a str, namespace: &'a str) -> Attempt<'a> {
    Attempt {
        verb,
        resource,
        namespace,
        ..Attempt::default()
    }
}

pub(super) fn described(cloud: &Cloud, principal: &str) -> Outcome<Value> {
    eks(
        cloud,
        &["describe-access-entry", "--principal-arn", principal],
    )
}

/// The policies of an entry, by name, with their namespaces.
pub(super) fn associated(cloud: &Cloud, principal: &str) -> Outcome<String> {
    let listed = eks(
        cloud,
        &[
            "list-associated-access-policies",
            "--principal-arn",
            principal,
        ],
    )?;
    let all = listed
        .get("associatedAccessPolicies")
        .and_then(Value::as_array)
        .cloned()
        .unwrap_or_default();
    let mut texts: Vec<String> = all
        .iter()
        .map(|one| {
            let arn = text(one, "policyArn").unwrap_or_default();
            let name = arn.rsplit('/').next().unwrap_or_default().to_owned();
            format!(
                "{name} {}",
                one.pointer("/accessScope/namespaces").unwrap_or(&json!([]))
            )
        })
        .collect();
    texts.sort();
    Ok(texts.join(", "))
}

pub(super) fn admits(
    prod: &Cluster<'_>,
    session: &crate::bed::identity::Identity,
    name: &str,
    groups: &[&str],
) -> Outcome {
    prod.wait_for_admission(session, Some(&who(name, groups)))
}

fn an_entry_lets_in_and_what_it_gives_is_changed_in_place(cloud: &Cloud) -> Outcome {
    let prod = cloud.cluster(PROD)?;
    cloud.set_mode(PROD, Mode::Api)?;
    let role = cloud.role("/teams/", "platform")?;
    let session = cloud.session(&role, "eve@example.com")?;
    let workspace = Workspace::new(cloud)?;
    workspace.configure(&entry(
        &role,
        "  kubernetes_groups = [\"viewers\"]\n  tags = { team = \"a\" }\n",
    ))?;
    workspace.plan()?.says(&[
        "assumed-role/platform/{{SessionName}}",
        "1 to add, 0 to change, 0 to destroy",
    ])?;
    workspace.apply()?;
    workspace.expect_empty_plan()?;
    let name = format!("arn:aws:sts::{ACCOUNT}:assumed-role/platform/eve-example.com");
    admits(&prod, &session, &name, &["viewers"])?;
    let made = described(cloud, &role)?;
    workspace.configure(&entry(
        &role,
        "  kubernetes_groups = [\"editors\"]\n  user_name = \"platform:{{SessionName}}\"\n  tags = { team = \"b\" }\n",
    ))?;
    workspace
        .apply()?
        .says(&["0 added, 1 changed, 0 destroyed"])?;
    workspace.expect_empty_plan()?;
    admits(&prod, &session, "platform:eve-example.com", &["editors"])?;
    let changed = described(cloud, &role)?;
    expect_same(
        "the entry",
        &text(&made, "accessEntry.accessEntryArn")?,
        &text(&changed, "accessEntry.accessEntryArn")?,
    )?;
    expect_same("the tag", "b", &text(&changed, "accessEntry.tags.team")?)?;
    workspace.destroy()?;
    expect(
        prod.admission(&session)? == Admission::Refused,
        "the role still gets in",
    )
}

pub(super) fn association(role: &str, policy: &str, scope: &str) -> String {
    format!(
        "{}resource \"eksauth_access_policy_association\" \"this\" {{\n  principal_arn = eksauth_access_entry.this.principal_arn\n  \
         policy_arn = \"{policy}\"\n  access_scope = {scope}\n}}\n",
        entry(role, "")
    )
}

fn a_policy_of_an_association_counts_where_its_scope_says(cloud: &Cloud) -> Outcome {
    let prod = cloud.cluster(PROD)?;
    cloud.set_mode(PROD, Mode::Api)?;
    let role = cloud.role("/teams/", "platform")?;
    let session = cloud.session(&role, "eve")?;
    let workspace = Workspace::new(cloud)?;
    let view = "AmazonEKSViewPolicy";
    workspace.configure(&association(
        &role,
        view,
        "{ type = \"namespace\", namespaces = [\"dev-*\"] }",
    ))?;
    workspace.apply()?;
    workspace.expect_empty_plan()?;
    expect_same(
        "policies",
        "AmazonEKSViewPolicy [\"dev-*\"]",
        &associated(cloud, &role)?,
    )?;
    for (namespace, is_allowed) in [("dev-a", true), ("apps", false)] {
        prod.wait_for_decision(&session, &core("get", "pods", namespace), is_allowed)?;
    }
    cloud.emulator().control("reset-log", &json!({}))?;
    workspace.configure(&association(&role, view, "{ type = \"cluster\" }"))?;
    workspace
        .apply()?
        .says(&["0 added, 1 changed, 0 destroyed"])?;
    workspace.expect_empty_plan()?;
    expect(
        cloud.emulator().count("DisassociateAccessPolicy")? == 0,
        "the scope was not changed in place",
    )?;
    prod.wait_for_decision(&session, &core("get", "pods", "apps"), true)?;
    let wrong = association(&role, "AmazonEKSViwPolicy", "{ type = \"cluster\" }");
    workspace.configure(&wrong)?;
    workspace
        .run(&["plan", "-no-color", "-input=false"])?
        .refused_with(&[
            "No Such Access Policy",
            "`AmazonEKSViewPolicy` comes nearest",
        ])?;
    workspace.configure(&association(&role, view, "{ type = \"cluster\" }"))?;
    workspace.destroy().map(|_| ())
}

fn an_entry_that_hides_an_administrator_is_refused_and_one_with_the_policy_takes_its_place(
    cloud: &Cloud,
) -> Outcome {
    let (prod, session) = administered(cloud)?;
    cloud.set_mode(PROD, Mode::ApiAndConfigMap)?;
    let role = format!("arn:aws:iam::{ACCOUNT}:role/admins");
    let mut workspace = Workspace::new(cloud)?;
    workspace.act_as(&session);
    workspace.configure(&entry(&role, ""))?;
    workspace
        .run(&["apply", "-no-color", "-input=false", "-auto-approve"])?
        .refused_with(&["This Change Locks You Out"])?;
    expect(
        described(cloud, &role).is_err(),
        "the entry was made all the same",
    )?;
    workspace.configure(&entry(
        &role,
        "  policies = [{ policy_arn = \"AmazonEKSClusterAdminPolicy\", access_scope = { type = \"cluster\" } }]\n",
    ))?;
    workspace.apply()?;
    workspace.expect_empty_plan()?;
    let name = format!("arn:aws:sts::{ACCOUNT}:assumed-role/admins/eve");
    admits(&prod, &session, &name, &[])?;
    prod.wait_for_decision(&session, &core("delete", "secrets", "apps"), true)
}

fn a_role_made_again_gets_a_new_entry(cloud: &Cloud) -> Outcome {
    let prod = cloud.cluster(PROD)?;
    cloud.set_mode(PROD, Mode::Api)?;
    let role = cloud.role("/teams/", "platform")?;
    let workspace = Workspace::new(cloud)?;
    workspace.configure(&entry(&role, "  kubernetes_groups = [\"viewers\"]\n"))?;
    workspace.apply()?;
    cloud.make_principal_again(&role)?;
    let session = cloud.session(&role, "eve")?;
    expect(
        prod.admission(&session)? == Admission::Refused,
        "the role that was made again gets in",
    )?;
    workspace.plan()?.says(&[
        "Access Entry Counts For Nobody",
        "must be replaced",
        "principal_id",
    ])?;
    workspace
        .apply()?
        .says(&["1 added, 0 changed, 1 destroyed"])?;
    workspace.expect_empty_plan()?;
    let name = format!("arn:aws:sts::{ACCOUNT}:assumed-role/platform/eve");
    admits(&prod, &session, &name, &["viewers"])
}

fn an_entry_that_exists_is_imported_or_adopted(cloud: &Cloud) -> Outcome {
    cloud.set_mode(PROD, Mode::Api)?;
    let role = cloud.role("/", "platform")?;
    let create = [
        "create-access-entry",
        "--principal-arn",
        &role,
        "--kubernetes-groups",
        "viewers",
    ];
    eks(cloud, &create)?;
    let workspace = Workspace::new(cloud)?;
    let wanted = entry(&role, "  kubernetes_groups = [\"viewers\"]\n");
    workspace.configure(&wanted)?;
    let id = format!("{PROD}:{role}");
    workspace
        .run(&["apply", "-no-color", "-input=false", "-auto-approve"])?
        .refused_with(&["Access Entry Exists Already", &id])?;
    let arn = format!("arn:aws:eks:{REGION}:{ACCOUNT}:cluster/{id}");
    for id in [&arn, &id] {
        workspace.import(ENTRY, id)?;
        workspace.expect_empty_plan()?;
        workspace.run(&["state", "rm", ENTRY])?.succeeded()?;
    }
    workspace.configure(&entry(
        &role,
        "  kubernetes_groups = [\"editors\"]\n  on_conflict = \"adopt\"\n",
    ))?;
    workspace.apply()?.says(&["Access Entry Is Taken Over"])?;
    workspace.expect_empty_plan()?;
    workspace.destroy()?.says(&["Adopted Access Entry Stays"])?;
    described(cloud, &role).map(|_| ())
}

fn keyed(prefix: &str) -> String {
    format!(
        "resource \"eksauth_access_entry\" \"this\" {{\n  for_each = {{ for i in range(40) : \"{prefix}${{i}}\" => i }}\n  \
         principal_arn = \"arn:aws:iam::{ACCOUNT}:role/r${{each.value}}\"\n  kubernetes_groups = [\"viewers\"]\n  \
         policies = [{{ policy_arn = \"AmazonEKSViewPolicy\", access_scope = {{ type = \"cluster\" }} }}]\n}}\n"
    )
}

fn forty_entries_under_other_keys_lose_nobody(cloud: &Cloud) -> Outcome {
    cloud.set_mode(PROD, Mode::Api)?;
    for index in 0..40 {
        cloud.role("/", &format!("r{index}"))?;
    }
    let workspace = Workspace::new(cloud)?;
    workspace.configure(&keyed("a"))?;
    workspace.apply()?;
    cloud.emulator().control("reset-log", &json!({}))?;
    for (prefix, parallelism) in [("b", "-parallelism=10"), ("c", "-parallelism=1")] {
        workspace.configure(&keyed(prefix))?;
        workspace
            .run(&[
                "apply",
                "-no-color",
                "-input=false",
                "-auto-approve",
                parallelism,
            ])?
            .succeeded()?;
        workspace.expect_empty_plan()?;
    }
    for action in [
        "CreateAccessEntry",
        "DeleteAccessEntry",
        "UpdateAccessEntry",
        "AssociateAccessPolicy",
        "DisassociateAccessPolicy",
    ] {
        expect_same(action, "0", &cloud.emulator().count(action)?.to_string())?;
    }
    workspace.destroy().map(|_| ())
}

fn a_policy_that_passes_from_the_entry_to_an_association_is_there_all_the_time(
    cloud: &Cloud,
) -> Outcome {
    cloud.set_mode(PROD, Mode::Api)?;
    let role = cloud.role("/", "platform")?;
    let workspace = Workspace::new(cloud)?;
    let view = "AmazonEKSViewPolicy";
    let held_by_entry = entry(
        &role,
        &format!(
            "  policies = [{{ policy_arn = \"{view}\", access_scope = {{ type = \"cluster\" }} }}]\n"
        ),
    );
    let held_alone = association(&role, view, "{ type = \"cluster\" }");
    workspace.configure(&held_by_entry)?;
    workspace.apply()?;
    cloud.emulator().control("reset-log", &json!({}))?;
    for text in [&held_alone, &held_by_entry] {
        workspace.configure(text)?;
        workspace.apply()?;
        workspace.expect_empty_plan()?;
    }
    expect(
        cloud.emulator().count("DisassociateAccessPolicy")? == 0,
        "the policy went for a moment",
    )?;
    let both = format!(
        "{held_by_entry}{}",
        held_alone
            .split_once("resource \"eksauth_access_policy_association\"")
            .map(|(_, rest)| format!("resource \"eksauth_access_policy_association\"{rest}"))
            .ok_or_else(|| Failure::new("no association"))?
    );
    workspace.configure(&both)?;
    workspace
        .run(&["plan", "-no-color", "-input=false"])?
        .refused_with(&["Two Holders Of One Access Policy"])
}

fn an_entry_waits_while_the_mode_is_raised(cloud: &Cloud) -> Outcome {
    let role = cloud.role("/", "platform")?;
    let workspace = Workspace::new(cloud)?;
    workspace.configure(&entry(&role, ""))?;
    workspace
        .plan()?
        .says(&["Cluster Takes No Access Entries Yet"])?;
    cloud.emulator().control("reset-log", &json!({}))?;
    let mut running = workspace.start(&["apply", "-no-color", "-input=false", "-auto-approve"])?;
    // The plan asks once, the apply again and again.
    while cloud.emulator().count("DescribeCluster")? < 3 && !running.has_ended()? {
        thread::sleep(Duration::from_millis(100));
    }
    cloud.set_mode(PROD, Mode::ApiAndConfigMap)?;
    running.wait()?.succeeded()?;
    workspace.expect_empty_plan()?;
    workspace.destroy().map(|_| ())
}

fn what_eks_lists_later_is_waited_for(cloud: &Cloud) -> Outcome {
    cloud.set_mode(PROD, Mode::Api)?;
    let role = cloud.role("/", "platform")?;
    cloud.delay_access(AccessDelay {
        in_force: Duration::from_secs(3),
        listed: Duration::from_secs(3),
    })?;
    let workspace = Workspace::new(cloud)?;
    workspace.configure(&association(
        &role,
        "AmazonEKSViewPolicy",
        "{ type = \"cluster\" }",
    ))?;
    workspace
        .apply()?
        .says(&["2 added, 0 changed, 0 destroyed"])?;
    workspace.expect_empty_plan()?;
    let changed = association(
        &role,
        "AmazonEKSViewPolicy",
        "{ type = \"namespace\", namespaces = [\"apps\"] }",
    );
    let changed = changed.replacen(
        "}\nresource",
        "  kubernetes_groups = [\"viewers\"]\n}\nresource",
        1,
    );
    workspace.configure(&changed)?;
    workspace
        .apply()?
        .says(&["0 added, 2 changed, 0 destroyed"])?;
    workspace.expect_empty_plan()?;
    workspace.destroy()?;
    // What was removed is not found any more.
    workspace
        .apply()?
        .says(&["2 added, 0 changed, 0 destroyed"])?;
    workspace.destroy().map(|_| ())
}

fn a_lost_answer_of_a_create_is_recognised(cloud: &Cloud) -> Outcome {
    cloud.set_mode(PROD, Mode::Api)?;
    let role = cloud.role("/", "platform")?;
    let workspace = Workspace::new(cloud)?;
    workspace.configure(&entry(&role, "  kubernetes_groups = [\"viewers\"]\n"))?;
    cloud
        .emulator()
        .fault(json!({"action": "CreateAccessEntry", "kind": "lost"}))?;
    workspace
        .apply()?
        .says(&["1 added, 0 changed, 0 destroyed"])?;
    workspace.expect_empty_plan()?;
    workspace.destroy().map(|_| ())
}

fn the_entry_of_whoever_applies_is_not_taken(cloud: &Cloud) -> Outcome {
    let prod = cloud.cluster(PROD)?;
    cloud.set_mode(PROD, Mode::Api)?;
    let role = cloud.role("/", "pipeline-admin")?;
    let policies = "  policies = [{ policy_arn = \"AmazonEKSClusterAdminPolicy\", access_scope = { type = \"cluster\" } }]\n";
    let mut workspace = Workspace::new(cloud)?;
    workspace.configure(&entry(&role, policies))?;
    workspace.apply()?;
    let session = cloud.assume(&role, "eve")?;
    let name = format!("arn:aws:sts::{ACCOUNT}:assumed-role/pipeline-admin/eve");
    admits(&prod, &session, &name, &[])?;
    workspace.act_as(&session);
    for narrower in [
        "  policies = []\n".to_owned(),
        policies.replace(
            "{ type = \"cluster\" }",
            "{ type = \"namespace\", namespaces = [\"apps\"] }",
        ),
    ] {
        workspace.configure(&entry(&role, &narrower))?;
        workspace
            .run(&["apply", "-no-color", "-input=false", "-auto-approve"])?
            .refused_with(&["This Change Locks You Out"])?;
    }
    workspace
        .run(&["destroy", "-no-color", "-input=false", "-auto-approve"])?
        .refused_with(&["This Change Locks You Out"])?;
    expect_same(
        "policies",
        "AmazonEKSClusterAdminPolicy []",
        &associated(cloud, &role)?,
    )
}
