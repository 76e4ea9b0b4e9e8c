//! Cases in which people were told something else than what apply then did.

use super::*;
use crate::check_plan::plan_file::PlanFile;
use crate::check_plan::run::no_plan;

#[test]
fn the_last_admin_that_goes_is_an_error_without_the_cluster_too() {
    let (plan, aws_auth) = ("last-admin/plan.json", "last-admin/aws-auth.yaml");
    let outcome = check(plan, aws_auth, &["--apply-principal", ADMIN]);
    expect(
        &outcome,
        Verdict::No,
        &[
            "lockout.last-admin",
            "role/platform",
            "role/admins",
            "not judged: RBAC",
        ],
    );
    let by_nobody = check(plan, aws_auth, &[]);
    expect(
        &by_nobody,
        Verdict::No,
        &["it was not named with --apply-principal"],
    );
}

#[test]
fn a_map_that_becomes_exclusive_takes_the_others() {
    let outcome = check(
        "becomes-exclusive/plan.json",
        "becomes-exclusive/aws-auth.yaml",
        &["--apply-principal", ADMIN],
    );
    expect(
        &outcome,
        Verdict::No,
        &["lockout.running-identity", "role/admins"],
    );
}

#[test]
fn an_unknown_value_that_decides_is_not_found_out() {
    let outcome = check(
        "unknown/plan.json",
        "unknown/aws-auth.yaml",
        &["--apply-principal", ADMIN],
    );
    expect(
        &outcome,
        Verdict::Undetermined,
        &["not found out: eksauth_aws_auth.this, because `map_roles` is decided during apply"],
    );
}

#[test]
fn the_first_of_two_entries_may_go() {
    let outcome = check(
        "shadowed-entry/plan.json",
        "shadowed-entry/aws-auth.yaml",
        &["--apply-principal", ADMIN],
    );
    expect(&outcome, Verdict::Yes, &["nobody gains or loses access"]);
}

#[test]
fn what_is_no_arn_of_a_principal_is_refused() {
    let folder = testdata("command-line-takes-what-resources-refuse");
    let (plan, aws_auth) = (folder.join("plan.json"), folder.join("aws-auth.yaml"));
    let words = |more: &[&'static str]| {
        let mut words = vec![
            plan.to_str().unwrap().to_owned(),
            "--cluster=prod".to_owned(),
            format!("--aws-auth={}", aws_auth.display()),
        ];
        words.extend(more.iter().map(|word| (*word).to_owned()));
        words
    };
    let judged = |more: &[&'static str]| {
        let words = words(more);
        judge(&words.iter().map(String::as_str).collect::<Vec<_>>())
    };
    for (flag, arn) in [
        ("--apply-principal", "admins"),
        ("--protect", "foo"),
        ("--protect", "arn:aws:iam::111122223333:policy/p"),
        ("--apply-principal", "arn:aws:iam::123:role/short"),
        ("--apply-principal", ""),
    ] {
        let failure = judged(&[flag, arn]).unwrap_err();
        let what = format!("`{arn}` is the ARN of no role and of no user");
        assert!(
            failure.contains(&what) && failure.contains(flag),
            "{failure}"
        );
    }
    for arn in [
        ADMIN,
        "arn:aws:iam::111122223333:role/people/admins",
        "arn:aws:sts::111122223333:assumed-role/admins/s1",
    ] {
        expect(
            &judged(&["--apply-principal", arn]).unwrap(),
            Verdict::No,
            &["lockout.running-identity"],
        );
    }
}

#[test]
fn who_applies_loses_the_policy_that_it_stands_on() {
    for entries in [
        "access-entries.json",
        "access-entries-as-describe-prints.json",
    ] {
        let entries = testdata("platform").join(entries);
        let outcome = check(
            "platform/association-goes.json",
            "platform/aws-auth.yaml",
            &[
                "--access-entries",
                entries.to_str().unwrap(),
                "--apply-principal",
                PLATFORM_ADMIN,
            ],
        );
        expect(
            &outcome,
            Verdict::No,
            &["lockout.running-identity", "AmazonEKSClusterAdminPolicy"],
        );
    }
}

#[test]
fn eks_fills_in_what_an_entry_of_nodes_has() {
    let entries = testdata("platform/no-access-entries.json");
    let outcome = check(
        "platform/ec2-linux-entry.json",
        "platform/aws-auth.yaml",
        &["--access-entries", entries.to_str().unwrap()],
    );
    expect(&outcome, Verdict::Yes, &["0 errors, 0 warnings"]);
}

#[test]
fn a_manifest_of_aws_auth_that_goes_takes_everybody() {
    for plan in [
        "platform/manifest-goes.json",
        "platform/manifest-replaced.json",
    ] {
        for more in [&["--apply-principal", PLATFORM_ADMIN][..], &[]] {
            let outcome = check(plan, "platform/aws-auth.yaml", more);
            expect(
                &outcome,
                Verdict::No,
                &["lockout.last-admin", "lockout.nodes"],
            );
        }
    }
}

#[test]
fn with_the_last_node_group_of_a_role_its_entry_goes() {
    let outcome = check(
        "platform/node-group-goes.json",
        "platform/aws-auth.yaml",
        &["--apply-principal", PLATFORM_ADMIN],
    );
    expect(
        &outcome,
        Verdict::No,
        &[
            "lockout.nodes",
            "EKS takes the entry of `arn:aws:iam::111122223333:role/karpenter-nodes` away with `aws_eks_node_group.default`",
        ],
    );
}

#[test]
fn of_a_configuration_is_said_once_how_to_make_a_plan() {
    let configuration = b"resource \"eksauth_aws_auth_role\" \"a\" {\n  rolearn = \"b\"\n}\n";
    let error = PlanFile::parse(configuration).unwrap_err();
    let reason = no_plan(&error, configuration.to_vec());
    assert_eq!(reason.matches("terraform plan -out").count(), 1, "{reason}");
    let error = PlanFile::parse(b"[]").unwrap_err();
    let reason = no_plan(&error, b"[]".to_vec());
    assert_eq!(reason.matches("terraform plan -out").count(), 1, "{reason}");
}
