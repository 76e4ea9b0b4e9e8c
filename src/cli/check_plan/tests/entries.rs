//! Access entries, their policies and modes, as hashicorp/aws plans them.

use serde_json::{Value, json};

use super::fixture::{Folder, NODES, VIEWERS, admins, change, plan, unknown};
use super::*;

const ENTRY: &str = "aws_eks_access_entry.this";
const POLICY: &str = "aws_eks_access_policy_association.this";
const CLUSTER_ADMIN: &str = "arn:aws:eks::aws:cluster-access-policy/AmazonEKSClusterAdminPolicy";

fn entry(arn: &str) -> Value {
    json!({"cluster_name": "prod", "principal_arn": arn, "type": "STANDARD", "user_name": "admin", "kubernetes_groups": [],
        "access_entry_arn": format!("arn:aws:eks:eu-central-1:111122223333:access-entry/prod/role/111122223333/x/1")})
}

fn association(arn: &str, policy: &str) -> Value {
    json!({"cluster_name": "prod", "principal_arn": arn, "policy_arn": policy, "access_scope": [{"type": "cluster", "namespaces": []}]})
}

/// The file for an entry of the admins with a policy, and one of the viewers.
fn there() -> Value {
    let described = |arn: &str, policies: Value| {
        json!({"accessEntry": {"clusterName": "prod", "principalArn": arn, "kubernetesGroups": [], "username": "admin", "type": "STANDARD"},
            "associatedAccessPolicies": policies})
    };
    let all =
        json!([{"policyArn": CLUSTER_ADMIN, "accessScope": {"type": "cluster", "namespaces": []}}]);
    json!([described(ADMIN, all), described(VIEWERS, json!([]))])
}

#[test]
fn an_entry_goes_with_its_policies() {
    let null = Value::Null;
    let other = |address: &str| address.replace("this", "other");
    let created = |address: &str, values: Value| change(address, &["create"], null.clone(), values);
    let deleted = |address: &str, values: Value| change(address, &["delete"], values, null.clone());
    let admin_policy = || association(ADMIN, CLUSTER_ADMIN);
    let scoped = json!({"cluster_name": "prod", "principal_arn": ADMIN, "policy_arn": CLUSTER_ADMIN,
        "access_scope": [{"type": "namespace", "namespaces": ["apps"]}]});
    for (what, changes, verdict) in [
        ("removed", vec![deleted(ENTRY, entry(ADMIN))], Verdict::No),
        (
            "forgotten",
            vec![change(ENTRY, &["forget"], entry(ADMIN), null.clone())],
            Verdict::Yes,
        ),
        (
            "its policy removed",
            vec![deleted(POLICY, admin_policy())],
            Verdict::No,
        ),
        (
            "its policy scoped",
            vec![change(
                POLICY,
                &["delete", "create"],
                admin_policy(),
                scoped,
            )],
            Verdict::No,
        ),
        (
            "its policy replaced",
            vec![change(
                POLICY,
                &["delete", "create"],
                admin_policy(),
                admin_policy(),
            )],
            Verdict::Yes,
        ),
        (
            "its policy made before",
            vec![change(
                POLICY,
                &["create", "delete"],
                admin_policy(),
                admin_policy(),
            )],
            Verdict::No,
        ),
        (
            "replaced",
            vec![change(
                ENTRY,
                &["delete", "create"],
                entry(ADMIN),
                entry(ADMIN),
            )],
            Verdict::No,
        ),
        (
            "replaced with its policy",
            vec![
                change(ENTRY, &["delete", "create"], entry(ADMIN), entry(ADMIN)),
                change(
                    POLICY,
                    &["delete", "create"],
                    admin_policy(),
                    admin_policy(),
                ),
            ],
            Verdict::Yes,
        ),
        (
            "made before",
            vec![change(
                ENTRY,
                &["create", "delete"],
                entry(ADMIN),
                entry(ADMIN),
            )],
            Verdict::Yes,
        ),
        (
            "under another address",
            vec![
                created(&other(ENTRY), entry(ADMIN)),
                deleted(ENTRY, entry(ADMIN)),
            ],
            Verdict::No,
        ),
        (
            "the policy under another address",
            vec![
                created(&other(POLICY), admin_policy()),
                deleted(POLICY, admin_policy()),
            ],
            Verdict::No,
        ),
        (
            "made again",
            vec![created(ENTRY, entry(ADMIN))],
            Verdict::Yes,
        ),
        (
            "the user name",
            vec![change(ENTRY, &["update"], entry(ADMIN), {
                let mut after = entry(ADMIN);
                after["user_name"] = json!("other");
                after
            })],
            Verdict::Yes,
        ),
    ] {
        // The map does not name them, so that the entry is all that they have.
        let folder = Folder::new(&plan(&changes));
        folder.write("aws-auth.yaml", "kind: ConfigMap\ndata: {}\n");
        let outcome = folder.check_with_entries(&there(), &[]);
        assert_eq!(outcome.verdict, verdict, "{what}: {}", outcome.text);
    }
}

/// The guard judges the first half of a replacement by itself; what hashicorp/aws makes again nobody refuses.
#[test]
fn what_of_ours_is_made_again_has_gone_meanwhile() {
    let with_policies = || {
        let mut attributes = entry(ADMIN);
        attributes["policies"] =
            json!([{"policy_arn": CLUSTER_ADMIN, "access_scope": {"type": "cluster"}}]);
        attributes
    };
    let policy = || association(ADMIN, CLUSTER_ADMIN);
    for (address, values) in [
        ("eksauth_access_entry.this", with_policies()),
        ("eksauth_access_policy_association.this", policy()),
    ] {
        let deeds = &["delete", "create"];
        let replaced = change(address, deeds, values.clone(), values);
        let folder = Folder::new(&plan(&[replaced]));
        folder.write("aws-auth.yaml", "kind: ConfigMap\ndata: {}\n");
        let outcome = folder.check_with_entries(&there(), &[]);
        assert_eq!(outcome.verdict, Verdict::No, "{address}: {}", outcome.text);
        let note = format!("between the removal of `{address}` and its being made again");
        assert!(outcome.text.contains(&note), "{}", outcome.text);
    }
}

/// Ours names its policies itself, by name or ARN, and an address takes over what another one gives up.
#[test]
fn policies_of_an_entry_of_ours_count_and_another_address_goes_on_with_it() {
    let with = |policies: Value| {
        let mut attributes = entry(ADMIN);
        attributes["policies"] = policies;
        attributes
    };
    let all = || {
        with(
            json!([{"policy_arn": "AmazonEKSClusterAdminPolicy", "access_scope": {"type": "cluster", "namespaces": null}}]),
        )
    };
    let scoped = with(
        json!([{"policy_arn": CLUSTER_ADMIN, "access_scope": {"type": "namespace", "namespaces": ["apps"]}}]),
    );
    let (one, other) = ("eksauth_access_entry.this", "eksauth_access_entry.other");
    for (what, changes, verdict) in [
        (
            "its policy goes",
            vec![change(one, &["update"], all(), with(json!([])))],
            Verdict::No,
        ),
        (
            "its policy counts in less",
            vec![change(one, &["update"], all(), scoped)],
            Verdict::No,
        ),
        (
            "its policy stays",
            vec![change(one, &["update"], all(), all())],
            Verdict::Yes,
        ),
        (
            "under another address",
            vec![
                change(other, &["create"], Value::Null, all()),
                change(one, &["delete"], all(), Value::Null),
            ],
            Verdict::Yes,
        ),
        (
            "removed",
            vec![change(one, &["delete"], all(), Value::Null)],
            Verdict::No,
        ),
    ] {
        let folder = Folder::new(&plan(&changes));
        folder.write("aws-auth.yaml", "kind: ConfigMap\ndata: {}\n");
        let outcome = folder.check_with_entries(&there(), &[]);
        assert_eq!(outcome.verdict, verdict, "{what}: {}", outcome.text);
    }
}

#[test]
fn an_entry_that_shadows_another_is_the_loss_it_is() {
    let none = json!([]);
    let with = |name: &str, value: Value| {
        let mut attributes = entry(ADMIN);
        attributes[name] = value;
        attributes
    };
    let created = |values: Value, after_unknown: Value| {
        unknown(
            change(ENTRY, &["create"], Value::Null, values),
            after_unknown,
        )
    };
    let filled = json!({"user_name": true, "kubernetes_groups": true, "access_entry_arn": true, "tags_all": {}});
    let without_names =
        || json!({"cluster_name": "prod", "principal_arn": ADMIN, "type": "STANDARD"});
    let nodes = |kind: &str| json!({"cluster_name": "prod", "principal_arn": NODES, "type": kind});
    for (what, change, verdict) in [
        (
            "without groups",
            created(with("kubernetes_groups", json!([])), json!({})),
            Verdict::No,
        ),
        (
            "with nothing said",
            created(without_names(), filled.clone()),
            Verdict::No,
        ),
        (
            "of EC2",
            created(nodes("EC2_LINUX"), filled.clone()),
            Verdict::Yes,
        ),
        (
            "of Windows",
            created(nodes("EC2_WINDOWS"), filled.clone()),
            Verdict::Yes,
        ),
        (
            "nodes as people",
            created(nodes("STANDARD"), filled.clone()),
            Verdict::No,
        ),
        (
            "nodes under other names",
            created(nodes("HYBRID_LINUX"), filled.clone()),
            Verdict::No,
        ),
        (
            "of somebody unknown",
            created(
                json!({"cluster_name": "prod", "type": "STANDARD"}),
                json!({"principal_arn": true, "user_name": true}),
            ),
            Verdict::Undetermined,
        ),
        (
            "of an unknown type",
            created(
                json!({"cluster_name": "prod", "principal_arn": ADMIN}),
                json!({"type": true}),
            ),
            Verdict::Undetermined,
        ),
        (
            "of somebody new",
            created(
                json!({"cluster_name": "prod", "principal_arn": "arn:aws:iam::111122223333:role/new", "type": "STANDARD"}),
                filled.clone(),
            ),
            Verdict::Yes,
        ),
    ] {
        let outcome = Folder::new(&plan(&[change])).check_with_entries(&none, &[]);
        assert_eq!(outcome.verdict, verdict, "{what}: {}", outcome.text);
    }
}

#[test]
fn groups_that_the_configuration_computes_are_not_filled_in() {
    let created = unknown(
        change(
            ENTRY,
            &["create"],
            Value::Null,
            json!({"cluster_name": "prod", "principal_arn": ADMIN, "type": "STANDARD"}),
        ),
        json!({"kubernetes_groups": true, "user_name": true}),
    );
    let mut computed = plan(&[created]);
    computed["configuration"] = json!({"root_module": {"resources": [{"address": ENTRY, "expressions": {"kubernetes_groups": {"references": ["local.groups"]}}}]}});
    let outcome = Folder::new(&computed).check_with_entries(&json!([]), &[]);
    expect(&outcome, Verdict::Undetermined, &["`kubernetes_groups`"]);
}

#[test]
fn an_entry_for_a_role_that_the_plan_makes_takes_nothing() {
    let role = change(
        "aws_iam_role.ci",
        &["create"],
        Value::Null,
        json!({"name": "ci"}),
    );
    let created = unknown(
        change(
            ENTRY,
            &["create"],
            Value::Null,
            json!({"cluster_name": "prod", "type": "STANDARD"}),
        ),
        json!({"principal_arn": true, "user_name": true}),
    );
    let expressions =
        json!({"principal_arn": {"references": ["aws_iam_role.ci.arn", "aws_iam_role.ci"]}});
    let mut new = plan(&[role, created]);
    new["configuration"] =
        json!({"root_module": {"resources": [{"address": ENTRY, "expressions": expressions}]}});
    let folder = Folder::new(&new);
    expect(
        &folder.check_with_entries(&json!([]), &[]),
        Verdict::Yes,
        &["takes nothing from anybody"],
    );
    new["resource_changes"][0]["change"]["after"]["name"] = json!("admins");
    let outcome = Folder::new(&new).check_with_entries(&json!([]), &[]);
    expect(&outcome, Verdict::Undetermined, &["principal_arn"]);
}

#[test]
fn policies_that_the_file_does_not_have_may_be_any() {
    let listed = json!({"accessEntries": [ADMIN, "arn:aws:iam::111122223333:role/others"]});
    // Who applies is somebody else; whether the others may do everything is not known.
    let removed = plan(&[change(
        "eksauth_aws_auth_role.this",
        &["delete"],
        admins(),
        Value::Null,
    )]);
    let others = Folder::new(&removed).check_with_entries(
        &json!({"accessEntries": ["arn:aws:iam::111122223333:role/others"]}),
        &["--apply-principal", "arn:aws:iam::111122223333:role/others"],
    );
    expect(
        &others,
        Verdict::Undetermined,
        &["lockout.last-admin", "list-associated-access-policies"],
    );
    let entry_goes = plan(&[change(ENTRY, &["delete"], entry(ADMIN), Value::Null)]);
    let folder = Folder::new(&entry_goes);
    folder.write("aws-auth.yaml", "kind: ConfigMap\ndata: {}\n");
    expect(
        &folder.check_with_entries(&listed, &[]),
        Verdict::No,
        &["lockout.running-identity"],
    );
    let cut = json!({"accessEntries": [VIEWERS], "nextToken": "x"});
    expect(
        &Folder::new(&entry_goes).check_with_entries(&cut, &[]),
        Verdict::Undetermined,
        &["nextToken"],
    );
}

#[test]
fn a_mode_that_ignores_aws_auth_is_told_with_who_loses() {
    let mode =
        |mode: &str| json!({"name": "prod", "access_config": [{"authentication_mode": mode}]});
    let api = plan(&[change(
        "aws_eks_cluster.this",
        &["update"],
        mode("API_AND_CONFIG_MAP"),
        mode("API"),
    )]);
    let outcome = Folder::new(&api).check_with_entries(&json!([]), &[]);
    expect(
        &outcome,
        Verdict::No,
        &["lockout.mode-ignores-aws-auth", "lockout.running-identity"],
    );
    let both = plan(&[change(
        "aws_eks_cluster.this",
        &["update"],
        mode("CONFIG_MAP"),
        mode("API_AND_CONFIG_MAP"),
    )]);
    expect(&Folder::new(&both).check(&[]), Verdict::Yes, &["nobody"]);
}

#[test]
fn a_step_of_our_resource_is_judged_as_one_of_the_cluster() {
    const MODE: &str = "eksauth_authentication_mode.this";
    let mode = |mode: &str| json!({"cluster_name": "prod", "authentication_mode": mode});
    let step = |actions: &[&str], before: Value, after: Value| {
        plan(&[change(MODE, actions, before, after)])
    };
    let api = step(&["update"], mode("API_AND_CONFIG_MAP"), mode("API"));
    expect(
        &Folder::new(&api).check_with_entries(&json!([]), &[]),
        Verdict::No,
        &["lockout.mode-ignores-aws-auth", "lockout.running-identity"],
    );
    let made = step(&["create"], Value::Null, mode("API"));
    expect(
        &Folder::new(&made).check_with_entries(&json!([]), &[]),
        Verdict::No,
        &["lockout.running-identity"],
    );
    // Nobody knows who has an entry.
    let outcome = Folder::new(&made).check(&[]);
    assert_ne!(outcome.verdict, Verdict::Yes, "{}", outcome.text);
    assert!(
        outcome.text.contains("--access-entries"),
        "{}",
        outcome.text
    );
    let group = json!({"cluster_name": "prod", "node_group_name": "a", "node_role_arn": NODES});
    let both = plan(&[
        change(MODE, &["create"], Value::Null, mode("API_AND_CONFIG_MAP")),
        change("aws_eks_node_group.a", &["no-op"], group.clone(), group),
    ]);
    expect(
        &Folder::new(&both).check(&[]),
        Verdict::Yes,
        &[
            "EKS makes access entries by itself",
            "role/nodes` (EC2_LINUX)",
        ],
    );
    let back = step(&["create"], Value::Null, mode("CONFIG_MAP"));
    expect(
        &Folder::new(&back).check_with_entries(&json!([]), &[]),
        Verdict::Yes,
        &["EKS has no way back to CONFIG_MAP"],
    );
    let goes = step(&["delete"], mode("API"), Value::Null);
    expect(
        &Folder::new(&goes).check_with_entries(&json!([]), &[]),
        Verdict::Yes,
        &["the cluster stays in its mode"],
    );
}

#[test]
fn a_role_of_managed_nodes_keeps_its_entry_while_a_group_has_it() {
    let group = |name: &str| json!({"cluster_name": "prod", "node_group_name": name, "node_role_arn": NODES});
    let null = Value::Null;
    let deleted = || {
        change(
            "aws_eks_node_group.a",
            &["delete"],
            group("a"),
            null.clone(),
        )
    };
    let profile = || json!({"cluster_name": "prod", "pod_execution_role_arn": NODES});
    let mut targeted = plan(&[deleted()]);
    targeted["prior_state"] = json!({"values": {"root_module": {"child_modules": [{"resources": [
        {"address": "module.m.aws_eks_node_group.b", "mode": "managed", "type": "aws_eks_node_group", "values": group("b")}]}]}}});
    let mut stage = group("b");
    stage["cluster_name"] = json!("stage");
    let role = || {
        change(
            "aws_iam_role.nodes",
            &["delete"],
            json!({"arn": NODES}),
            null.clone(),
        )
    };
    for (what, plan, verdict) in [
        ("the last", plan(&[deleted()]), Verdict::No),
        (
            "another stays",
            plan(&[
                deleted(),
                change("aws_eks_node_group.b", &["no-op"], group("b"), group("b")),
            ]),
            Verdict::Yes,
        ),
        (
            "another is made",
            plan(&[
                deleted(),
                change(
                    "aws_eks_node_group.b",
                    &["create"],
                    null.clone(),
                    group("b"),
                ),
            ]),
            Verdict::Yes,
        ),
        (
            "replaced",
            plan(&[change(
                "aws_eks_node_group.a",
                &["delete", "create"],
                group("a"),
                group("c"),
            )]),
            Verdict::Yes,
        ),
        (
            "a profile has it",
            plan(&[
                deleted(),
                change(
                    "aws_eks_fargate_profile.b",
                    &["no-op"],
                    profile(),
                    profile(),
                ),
            ]),
            Verdict::Yes,
        ),
        (
            "another goes too",
            plan(&[
                deleted(),
                change(
                    "aws_eks_node_group.b",
                    &["delete"],
                    group("b"),
                    null.clone(),
                ),
            ]),
            Verdict::No,
        ),
        (
            "another of another cluster",
            plan(&[
                deleted(),
                change("aws_eks_node_group.b", &["no-op"], stage.clone(), stage),
            ]),
            Verdict::No,
        ),
        ("another outside the targets", targeted, Verdict::Yes),
        (
            "forgotten",
            plan(&[change(
                "aws_eks_node_group.a",
                &["forget"],
                group("a"),
                null.clone(),
            )]),
            Verdict::Yes,
        ),
        (
            "the role goes too",
            plan(&[deleted(), role()]),
            Verdict::Yes,
        ),
    ] {
        let outcome = Folder::new(&plan).check(&[]);
        assert_eq!(outcome.verdict, verdict, "{what}: {}", outcome.text);
    }
}
