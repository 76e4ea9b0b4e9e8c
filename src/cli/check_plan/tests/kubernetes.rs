//! aws-auth in the hands of the kubernetes and kubectl providers.

use serde_json::{Value, json};

use super::fixture::{Folder, admins, change, of, plan, unknown};
use super::*;

const OTHERS: &str = "- {rolearn: arn:aws:iam::111122223333:role/others, username: o, groups: [\"system:masters\"]}\n";

fn with_admins() -> String {
    format!(
        "- {{rolearn: {ADMIN}, username: admin, groups: [\"system:masters\"]}}\n- {{rolearn: arn:aws:iam::111122223333:role/nodes, username: \"system:node:{{{{EC2PrivateDNSName}}}}\", groups: [\"system:bootstrappers\", \"system:nodes\"]}}\n"
    )
}

fn config_map(name: &str, map_roles: &str) -> Value {
    json!({"id": format!("kube-system/{name}"), "binary_data": null, "immutable": false, "data": {"mapRoles": map_roles},
        "metadata": [{"annotations": {}, "generate_name": "", "labels": {}, "name": name, "namespace": "kube-system", "uid": "u"}]})
}

fn kubectl(map_roles: &str, more: Value) -> Value {
    let indented = map_roles.replace('\n', "\n    ");
    let mut attributes = json!({"api_version": "v1", "kind": "ConfigMap", "name": "aws-auth", "namespace": "kube-system", "yaml_body":
        format!("apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: aws-auth\n  namespace: kube-system\ndata:\n  mapRoles: |\n    {indented}\n")});
    for (name, value) in more.as_object().unwrap() {
        attributes[name] = value.clone();
    }
    attributes
}

fn manifest(map_roles: &str) -> Value {
    json!({"manifest": {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "aws-auth", "namespace": "kube-system"}, "data": {"mapRoles": map_roles}}})
}

/// An address, and the attributes of its object for a text.
type Kind = (&'static str, fn(&str) -> Value);

fn kinds() -> Vec<Kind> {
    let of_map: fn(&str) -> Value = |text| config_map("aws-auth", text);
    vec![
        ("kubernetes_config_map.this", of_map),
        ("kubernetes_config_map_v1.this", of_map),
        ("kubernetes_config_map_v1_data.this", of_map),
        ("kubernetes_manifest.this", manifest),
        ("kubectl_manifest.this", |text| kubectl(text, json!({}))),
    ]
}

#[test]
fn every_kind_of_object_counts_when_it_is_written_changed_replaced_or_destroyed() {
    let null = Value::Null;
    for (address, object) in kinds() {
        let (with, without) = (|| object(&with_admins()), || object(OTHERS));
        for (what, change, verdict) in [
            (
                "written",
                change(address, &["create"], null.clone(), without()),
                Verdict::No,
            ),
            (
                "with the admins",
                change(address, &["create"], null.clone(), with()),
                Verdict::Yes,
            ),
            (
                "changed",
                change(address, &["update"], with(), without()),
                Verdict::No,
            ),
            (
                "replaced",
                change(address, &["delete", "create"], with(), with()),
                Verdict::No,
            ),
            (
                "destroyed",
                change(address, &["delete"], with(), null.clone()),
                Verdict::No,
            ),
            (
                "forgotten",
                change(address, &["forget"], with(), null.clone()),
                Verdict::Yes,
            ),
            (
                "untouched",
                change(address, &["no-op"], with(), with()),
                Verdict::Yes,
            ),
        ] {
            let outcome = of(change);
            assert_eq!(
                outcome.verdict, verdict,
                "{address} {what}: {}",
                outcome.text
            );
        }
    }
}

#[test]
fn an_object_may_be_made_before_the_old_one_goes() {
    for (address, object) in kinds() {
        let replaced = change(
            address,
            &["create", "delete"],
            object(&with_admins()),
            object(&with_admins()),
        );
        // Applied over the old one, it goes with it; made, it is refused.
        let is_applied = address.starts_with("kubectl") || address.contains("_data");
        let wanted = if is_applied {
            Verdict::No
        } else {
            Verdict::Yes
        };
        let outcome = of(replaced);
        assert_eq!(outcome.verdict, wanted, "{address}: {}", outcome.text);
    }
}

#[test]
fn renamed_away_forced_and_kept_objects_are_what_they_are() {
    let address = "kubernetes_config_map_v1.this";
    let aws_auth = || config_map("aws-auth", &with_admins());
    let old = || config_map("aws-auth-old", &with_admins());
    let other = || config_map("other", "x");
    let forced = kubectl(&with_admins(), json!({"force_new": true}));
    let kept = kubectl(&with_admins(), json!({"apply_only": true}));
    let null = Value::Null;
    for (what, change, verdict) in [
        (
            "renamed away",
            change(address, &["delete", "create"], aws_auth(), old()),
            Verdict::No,
        ),
        (
            "renamed away, made first",
            change(address, &["create", "delete"], aws_auth(), old()),
            Verdict::No,
        ),
        (
            "renamed to it",
            change(
                address,
                &["delete", "create"],
                old(),
                config_map("aws-auth", OTHERS),
            ),
            Verdict::No,
        ),
        (
            "another object",
            change(address, &["delete"], other(), null.clone()),
            Verdict::Yes,
        ),
        (
            "of another namespace",
            {
                let mut object = aws_auth();
                object["metadata"][0]["namespace"] = json!("apps");
                change(address, &["delete"], object, null.clone())
            },
            Verdict::Yes,
        ),
        (
            "forced",
            change("kubectl_manifest.this", &["update"], forced.clone(), forced),
            Verdict::No,
        ),
        (
            "applied only",
            change("kubectl_manifest.this", &["delete"], kept, null.clone()),
            Verdict::Yes,
        ),
        (
            "unknown data",
            unknown(
                change(address, &["update"], aws_auth(), aws_auth()),
                json!({"data": {"mapRoles": true}}),
            ),
            Verdict::Undetermined,
        ),
        (
            "unknown text",
            unknown(
                change(
                    "kubectl_manifest.this",
                    &["update"],
                    kubectl(OTHERS, json!({})),
                    kubectl(OTHERS, json!({})),
                ),
                json!({"yaml_body": true}),
            ),
            Verdict::Undetermined,
        ),
        (
            "an unknown uid",
            unknown(
                change(address, &["update"], aws_auth(), aws_auth()),
                json!({"id": true, "metadata": [{"uid": true}]}),
            ),
            Verdict::Yes,
        ),
    ] {
        let outcome = of(change);
        assert_eq!(outcome.verdict, verdict, "{what}: {}", outcome.text);
    }
}

#[test]
fn an_object_that_goes_takes_what_others_put_into_it() {
    let goes = |kind: &str| {
        change(
            kind,
            &["delete"],
            config_map("aws-auth", &with_admins()),
            Value::Null,
        )
    };
    let ours = change(
        "eksauth_aws_auth_role.admins",
        &["create"],
        Value::Null,
        admins(),
    );
    for kind in [
        "kubernetes_config_map.this",
        "kubernetes_config_map_v1_data.this",
    ] {
        let outcome = Folder::new(&plan(&[goes(kind), ours.clone()])).check(&[]);
        expect(&outcome, Verdict::No, &["lockout.running-identity"]);
    }
    let renamed = [
        goes("kubernetes_config_map_v1.old"),
        change(
            "kubernetes_config_map_v1.new",
            &["create"],
            Value::Null,
            config_map("aws-auth", &with_admins()),
        ),
    ];
    expect(
        &Folder::new(&plan(&renamed)).check(&[]),
        Verdict::No,
        &["lockout.running-identity"],
    );
}

#[test]
fn the_cluster_of_an_object_is_that_of_its_provider_block() {
    let address = "kubernetes_config_map_v1.this";
    let gone = change(
        address,
        &["delete"],
        config_map("aws-auth", &with_admins()),
        Value::Null,
    );
    let cluster = |name: &str| {
        change(
            &format!("aws_eks_cluster.{name}"),
            &["no-op"],
            json!({"name": name}),
            json!({"name": name}),
        )
    };
    let mut told = plan(&[gone, cluster("prod"), cluster("stage")]);
    let block = |expressions: Value| {
        json!({"provider_config": {"kubernetes": {"name": "kubernetes", "expressions": expressions}},
            "root_module": {"resources": [{"address": address, "provider_config_key": "kubernetes", "expressions": {}}]}})
    };
    let by_reference = |name: &str| json!({"host": {"references": [format!("aws_eks_cluster.{name}.endpoint"), format!("aws_eks_cluster.{name}")]}});
    let by_exec = |name: &str| json!({"exec": [{"args": {"constant_value": ["eks", "get-token", "--cluster-name", name]}}]});
    let by_context = |name: &str| json!({"config_context": {"constant_value": format!("arn:aws:eks:eu-central-1:111122223333:cluster/{name}")}});
    for expressions in [by_reference, by_exec, by_context] as [fn(&str) -> Value; 3] {
        for (name, verdict) in [("prod", Verdict::No), ("stage", Verdict::Yes)] {
            told["configuration"] = block(expressions(name));
            let outcome = Folder::new(&told).check(&[]);
            assert_eq!(outcome.verdict, verdict, "{name}: {}", outcome.text);
        }
    }
    told["configuration"] = block(json!({"host": {"references": ["var.host"]}}));
    let both = Folder::new(&told).check(&["--cluster", "prod", "--cluster", "stage"]);
    expect(
        &both,
        Verdict::Undetermined,
        &["whether it is of this cluster cannot be told"],
    );
}

#[test]
fn what_a_binding_takes_is_not_known_without_the_cluster() {
    let binding = |group: &str| {
        json!({"metadata": [{"name": "admins"}], "role_ref": [{"api_group": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "cluster-admin"}],
            "subject": [{"api_group": "rbac.authorization.k8s.io", "kind": "Group", "name": group, "namespace": ""}]})
    };
    let role = |verb: &str| json!({"metadata": [{"name": "writers"}], "rule": [{"api_groups": [""], "resources": ["configmaps"], "verbs": [verb]}]});
    let namespaced = |namespace: &str| {
        let mut object = binding("viewers");
        object["metadata"][0]["namespace"] = json!(namespace);
        object
    };
    let of_manifest = json!({"manifest": {"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRoleBinding", "metadata": {"name": "admins"},
        "roleRef": {"kind": "ClusterRole", "name": "cluster-admin"}, "subjects": [{"kind": "Group", "name": "viewers"}]}});
    let of_text = json!({"yaml_body": "kind: ClusterRoleBinding\nmetadata: {name: admins}\nroleRef: {kind: ClusterRole, name: cluster-admin}\nsubjects: [{kind: Group, name: viewers}]\n"});
    let of_account = |name: &str| {
        let mut object = binding("viewers");
        object["subject"][0] = json!({"kind": "ServiceAccount", "name": name, "namespace": "apps"});
        object
    };
    let ours = json!({"cluster_name": "prod", "cluster_arn": "arn:aws:eks:eu-central-1:111122223333:cluster/prod", "region": null, "name": "admins",
        "cluster_role": "cluster-admin", "groups": ["viewers"], "namespaces": null});
    let null = Value::Null;
    let cluster_binding = "kubernetes_cluster_role_binding_v1.this";
    for (what, change, verdict) in [
        (
            "made",
            change(
                cluster_binding,
                &["create"],
                null.clone(),
                binding("viewers"),
            ),
            Verdict::Yes,
        ),
        (
            "removed",
            change(
                cluster_binding,
                &["delete"],
                binding("viewers"),
                null.clone(),
            ),
            Verdict::Undetermined,
        ),
        (
            "of nobody who enters",
            change(
                cluster_binding,
                &["delete"],
                binding("nobody"),
                null.clone(),
            ),
            Verdict::Yes,
        ),
        (
            "of a service account whose name nobody has",
            change(
                cluster_binding,
                &["delete"],
                of_account("reader"),
                null.clone(),
            ),
            Verdict::Yes,
        ),
        (
            "ours, as it is",
            change(
                "eksauth_group_binding.this",
                &["no-op"],
                ours.clone(),
                ours.clone(),
            ),
            Verdict::Yes,
        ),
        (
            "ours, made again as it is",
            change(
                "eksauth_group_binding.this",
                &["delete", "create"],
                ours.clone(),
                ours.clone(),
            ),
            Verdict::Undetermined,
        ),
        (
            "forgotten",
            change(
                cluster_binding,
                &["forget"],
                binding("viewers"),
                null.clone(),
            ),
            Verdict::Yes,
        ),
        (
            "of others",
            change(
                cluster_binding,
                &["update"],
                binding("viewers"),
                binding("others"),
            ),
            Verdict::Undetermined,
        ),
        (
            "to be known",
            unknown(
                change(
                    cluster_binding,
                    &["update"],
                    binding("viewers"),
                    binding("viewers"),
                ),
                json!({"subject": [{"name": true}]}),
            ),
            Verdict::Undetermined,
        ),
        (
            "a role",
            change(
                "kubernetes_cluster_role.this",
                &["update"],
                role("update"),
                role("get"),
            ),
            Verdict::Undetermined,
        ),
        (
            "beside aws-auth",
            change(
                "kubernetes_role_binding.this",
                &["delete"],
                namespaced("kube-system"),
                null.clone(),
            ),
            Verdict::Undetermined,
        ),
        (
            "elsewhere",
            change(
                "kubernetes_role_binding.this",
                &["delete"],
                namespaced("apps"),
                null.clone(),
            ),
            Verdict::Yes,
        ),
        (
            "a manifest",
            change(
                "kubernetes_manifest.this",
                &["delete"],
                of_manifest,
                null.clone(),
            ),
            Verdict::Undetermined,
        ),
        (
            "a text",
            change("kubectl_manifest.this", &["delete"], of_text, null.clone()),
            Verdict::Undetermined,
        ),
        (
            "another kind",
            change(
                "kubernetes_manifest.this",
                &["delete"],
                json!({"manifest": {"kind": "Namespace", "metadata": {"name": "a"}}}),
                null.clone(),
            ),
            Verdict::Yes,
        ),
    ] {
        let outcome = of(change);
        assert_eq!(outcome.verdict, verdict, "{what}: {}", outcome.text);
    }
}
