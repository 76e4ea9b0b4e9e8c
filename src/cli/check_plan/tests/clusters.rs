//! Clusters of one name, clusters that go, and plan files that are none.

use serde_json::{Value, json};

use super::fixture::{Folder, admins, change, plan};
use super::*;

const ROLE: &str = "eksauth_aws_auth_role.this";
const HERE: &str = "arn:aws:eks:eu-central-1:111122223333:cluster/prod";

fn removed(cluster_arn: Option<&str>, region: Option<&str>) -> Value {
    let mut entry = admins();
    entry["cluster_arn"] = json!(cluster_arn);
    entry["region"] = json!(region);
    change(ROLE, &["delete"], entry, Value::Null)
}

#[test]
fn clusters_of_one_name_are_told_apart_by_region_and_account() {
    let elsewhere = "arn:aws:eks:us-east-1:111122223333:cluster/prod";
    let region = ["--region", "eu-central-1"];
    for (what, change, words, verdict) in [
        ("here", removed(Some(HERE), None), &region, Verdict::No),
        (
            "another region",
            removed(Some(elsewhere), None),
            &region,
            Verdict::Yes,
        ),
        (
            "by attribute",
            removed(None, Some("us-east-1")),
            &region,
            Verdict::Yes,
        ),
        (
            "by attribute here",
            removed(None, Some("eu-central-1")),
            &region,
            Verdict::No,
        ),
        ("nothing told", removed(None, None), &region, Verdict::No),
    ] {
        let outcome = Folder::new(&plan(&[change])).check(words);
        assert_eq!(outcome.verdict, verdict, "{what}: {}", outcome.text);
    }
}

#[test]
fn of_two_clusters_of_one_name_none_is_guessed() {
    let namesake = change(
        "eksauth_aws_auth_role.other",
        &["no-op"],
        json!({"cluster_name": "prod", "cluster_arn": "arn:aws:eks:us-east-1:111122223333:cluster/prod"}),
        json!({"cluster_name": "prod", "cluster_arn": "arn:aws:eks:us-east-1:111122223333:cluster/prod"}),
    );
    let untold = plan(&[removed(None, None), namesake.clone()]);
    expect(
        &Folder::new(&untold).check(&["--region", "eu-central-1"]),
        Verdict::Undetermined,
        &["cannot be told"],
    );
    let told = plan(&[removed(Some(HERE), None), namesake]);
    expect(
        &Folder::new(&told).check(&["--region", "eu-central-1"]),
        Verdict::No,
        &["running-identity"],
    );
    expect(
        &Folder::new(&told).check(&[]),
        Verdict::Undetermined,
        &["cannot be told"],
    );
}

#[test]
fn the_file_of_access_entries_says_which_account_is_meant() {
    let entry = |account: &str| {
        json!([{"accessEntry": {"clusterName": "prod", "principalArn": "arn:aws:iam::111122223333:role/x", "type": "STANDARD", "username": "x", "kubernetesGroups": [],
            "accessEntryArn": format!("arn:aws:eks:eu-central-1:{account}:access-entry/prod/role/111122223333/x/1")}, "associatedAccessPolicies": []}])
    };
    let folder = Folder::new(&plan(&[removed(Some(HERE), None)]));
    for (account, verdict) in [
        ("111122223333", Verdict::No),
        ("444455556666", Verdict::Yes),
    ] {
        let outcome = folder.check_with_entries(&entry(account), &[]);
        assert_eq!(outcome.verdict, verdict, "{}", outcome.text);
    }
}

#[test]
fn the_region_of_a_provider_block_tells_as_well() {
    let entry = json!({"cluster_name": "prod", "principal_arn": ADMIN, "type": "STANDARD"});
    let gone = change("aws_eks_access_entry.this", &["delete"], entry, Value::Null);
    let mut regional = plan(&[gone]);
    regional["variables"] = json!({"region": {"value": "us-east-1"}});
    regional["configuration"] = json!({"provider_config": {"aws": {"name": "aws", "expressions": {"region": {"references": ["var.region"]}}}},
        "root_module": {"resources": [{"address": "aws_eks_access_entry.this", "provider_config_key": "aws", "expressions": {}}]}});
    let entries = json!([{"principalArn": ADMIN, "type": "STANDARD", "username": "a", "kubernetesGroups": [], "associatedAccessPolicies": []}]);
    let folder = Folder::new(&regional);
    folder.write("aws-auth.yaml", "kind: ConfigMap\ndata: {}\n");
    assert_eq!(
        folder
            .check_with_entries(&entries, &["--region", "eu-central-1"])
            .verdict,
        Verdict::Yes
    );
    assert_eq!(
        folder
            .check_with_entries(&entries, &["--region", "us-east-1"])
            .verdict,
        Verdict::No
    );
}

#[test]
fn an_entry_that_moves_to_another_region_leaves_the_old_one() {
    let mut after = admins();
    after["region"] = json!("us-east-1");
    after["cluster_arn"] = Value::Null;
    let mut before = admins();
    before["region"] = json!("eu-central-1");
    let moved = plan(&[change(ROLE, &["delete", "create"], before, after)]);
    expect(
        &Folder::new(&moved).check(&["--region", "eu-central-1"]),
        Verdict::No,
        &["running-identity"],
    );
}

#[test]
fn a_cluster_that_goes_takes_its_entries_along() {
    let cluster = json!({"name": "prod", "arn": HERE});
    let gone = plan(&[
        change(
            "aws_eks_cluster.prod",
            &["delete"],
            cluster.clone(),
            Value::Null,
        ),
        removed(Some(HERE), None),
    ]);
    // The entry goes first, and the guard asks as always.
    expect(
        &Folder::new(&gone).check(&[]),
        Verdict::No,
        &[
            "destroys or replaces the cluster",
            "running-identity",
            "EKSAUTH_LOCKOUT_ACK=prod:destroy",
        ],
    );
    let alone = plan(&[change(
        "aws_eks_cluster.prod",
        &["delete"],
        cluster.clone(),
        Value::Null,
    )]);
    expect(
        &Folder::new(&alone).check(&[]),
        Verdict::Yes,
        &["destroys or replaces the cluster"],
    );
    let forgotten = plan(&[
        change("aws_eks_cluster.prod", &["forget"], cluster, Value::Null),
        removed(Some(HERE), None),
    ]);
    expect(
        &Folder::new(&forgotten).check(&[]),
        Verdict::No,
        &["running-identity"],
    );
}

#[test]
fn a_cluster_of_which_the_plan_has_nothing_is_perhaps_misspelt() {
    let folder = Folder::new(&plan(&[removed(Some(HERE), None)]));
    let (plan, aws_auth) = (folder.path("plan.json"), folder.path("aws-auth.yaml"));
    let outcome = super::judge(&[&plan, "--aws-auth", &aws_auth, "--cluster", "prd"]).unwrap();
    expect(
        &outcome,
        Verdict::Undetermined,
        &["no object of this plan is in it; there are objects in `prod`"],
    );
}

#[test]
fn what_a_plan_does_to_access_entries_needs_a_file_of_them() {
    let entry = json!({"cluster_name": "prod", "principal_arn": super::ADMIN, "type": "STANDARD"});
    let goes = change(
        "aws_eks_access_entry.admins",
        &["delete"],
        entry.clone(),
        Value::Null,
    );
    expect(
        &Folder::new(&plan(&[goes])).check(&[]),
        Verdict::Undetermined,
        &["the cluster's are not given (`--access-entries`)"],
    );
    let mode = |mode: &str| json!({"name": "prod", "arn": HERE, "access_config": [{"authentication_mode": mode}]});
    let raised = change(
        "aws_eks_cluster.prod",
        &["update"],
        mode("CONFIG_MAP"),
        mode("API_AND_CONFIG_MAP"),
    );
    let made = change(
        "aws_eks_access_entry.admins",
        &["create"],
        Value::Null,
        entry,
    );
    let outcome = Folder::new(&plan(&[raised, made])).check(&[]);
    assert!(!outcome.text.contains("are not given"), "{}", outcome.text);
}

#[test]
fn a_file_that_is_no_plan_is_told_for_what_it_is() {
    let folder = Folder::new(&json!({}));
    let how = "terraform show -json tfplan";
    for (bytes, what) in [
        (&b"PK\x03\x04\x14\x00\x08\x00\xff\xfe"[..], "a saved plan itself"),
        (b"\xff\xfe\x00", "a saved plan itself"),
        (b"\nTerraform will perform the following actions:\n\n  # eksauth_aws_auth_role.a will be created\n", "as Terraform prints it for people"),
        (b"No changes. Your infrastructure matches the configuration.\n", "as Terraform prints it for people"),
        (b"{\"@level\":\"info\",\"@message\":\"Terraform 1.11.4\"}\n{\"@level\":\"info\"}\n", "the log of `terraform plan -json`"),
        (br#"{"format_version":"1.0","terraform_version":"1.11.4","values":{}}"#, "a state and no plan"),
        (b"", "this is empty"),
        (b"kind: ConfigMap\nmetadata: {name: aws-auth, namespace: kube-system}\ndata: {}\n", "line 1 is the ConfigMap `aws-auth`"),
        (b"<html><body>403</body></html>", "an HTML page"),
        (b"{\"a\": ", "is no JSON"),
        (b"[]", "no `resource_changes`"),
        (br#"{"a": 1}"#, "no `resource_changes`"),
    ] {
        folder.write("plan.json", bytes);
        let failure = folder.try_check(&[]).unwrap_err();
        assert!(failure.contains(what) && failure.contains(how), "{failure}");
    }
    folder.write(
        "plan.json",
        b"\xef\xbb\xbf{\"format_version\":\"1.2\",\"planned_values\":{}}",
    );
    assert_eq!(folder.check(&[]).verdict, Verdict::Yes);
}
