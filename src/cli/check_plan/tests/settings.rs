//! Who applies, what is meant, and what the provider block of a plan says.

use serde_json::{Value, json};

use super::fixture::{Folder, VIEWERS, admins, change, plan, role};
use super::*;

const ROLE: &str = "eksauth_aws_auth_role.this";

#[test]
fn who_applies_has_to_be_known_where_somebody_loses() {
    let removed = plan(&[change(
        ROLE,
        &["delete"],
        role(VIEWERS, "viewer", &["viewers"]),
        Value::Null,
    )]);
    let folder = Folder::new(&removed);
    let words = |more: &[&'static str]| {
        let mut words = vec![
            folder.path("plan.json"),
            "--cluster=prod".to_owned(),
            format!("--aws-auth={}", folder.path("aws-auth.yaml")),
        ];
        words.extend(more.iter().map(|word| (*word).to_owned()));
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        judge(&words).unwrap()
    };
    expect(&words(&[]), Verdict::Undetermined, &["--apply-principal"]);
    expect(
        &words(&["--apply-principal", ADMIN]),
        Verdict::Yes,
        &["lockout.reduced-access"],
    );
    expect(
        &words(&["--apply-principal", VIEWERS]),
        Verdict::No,
        &["lockout.running-identity"],
    );
    let protected = ["--apply-principal", ADMIN, "--protect", VIEWERS];
    expect(
        &words(&protected),
        Verdict::No,
        &["lockout.protected-principal"],
    );
}

#[test]
fn what_is_meant_is_told_and_not_counted() {
    let mut removed = plan(&[change(ROLE, &["delete"], admins(), Value::Null)]);
    let block = |name: &str, value: Value| {
        json!({"provider_config": {"eksauth": {"name": "eksauth", "expressions": {name: {"constant_value": value}}}},
            "root_module": {"resources": [{"address": ROLE, "provider_config_key": "eksauth", "expressions": {}}]}})
    };
    for (name, value, verdict) in [
        ("lockout_guard", json!("error"), Verdict::No),
        ("lockout_guard", json!("strict"), Verdict::No),
        ("lockout_guard", json!("warn"), Verdict::Yes),
        ("lockout_guard", json!("off"), Verdict::Yes),
        (
            "suppress_findings",
            json!(["lockout.running-identity", "lockout.last-admin"]),
            Verdict::No,
        ),
    ] {
        removed["configuration"] = block(name, value.clone());
        let outcome = Folder::new(&removed).check(&[]);
        assert_eq!(outcome.verdict, verdict, "{value}: {}", outcome.text);
        assert!(
            outcome.text.contains("running-identity"),
            "{}",
            outcome.text
        );
    }
    let viewers = change(
        ROLE,
        &["delete"],
        role(VIEWERS, "viewer", &["viewers"]),
        Value::Null,
    );
    let mut reduced = plan(&[viewers]);
    reduced["configuration"] = block("suppress_findings", json!(["lockout.reduced-access"]));
    expect(
        &Folder::new(&reduced).check(&["--fail-on", "warning"]),
        Verdict::Yes,
        &["loses everything", "0 warnings"],
    );
    reduced["configuration"] = block("protected_principals", json!([VIEWERS]));
    expect(
        &Folder::new(&reduced).check(&[]),
        Verdict::No,
        &["protected-principal"],
    );
}

#[test]
fn what_is_acknowledged_passes_and_is_told() {
    let plan = testdata("becomes-exclusive/plan.json");
    let aws_auth = testdata("becomes-exclusive/aws-auth.yaml");
    let words = [
        plan.to_str().unwrap(),
        "--cluster=prod",
        "--aws-auth",
        aws_auth.to_str().unwrap(),
        "--apply-principal",
        ADMIN,
    ];
    let own = format!("prod:lockout.running-identity:{ADMIN}");
    let last = format!("prod:lockout.last-admin:{ADMIN}");
    for (meant, verdict) in [
        (String::new(), Verdict::No),
        // Whether the viewers are admins that are left only the cluster knows.
        (own.clone(), Verdict::Undetermined),
        (own.replace("prod", "stage"), Verdict::No),
        (format!("{own},{last}"), Verdict::Yes),
        // A map that is changed is no configuration that goes: its destruction writes nothing.
        ("prod:destroy".to_owned(), Verdict::No),
        ("stage:destroy".to_owned(), Verdict::No),
    ] {
        let outcome = judge_meant(&words, &meant).unwrap();
        assert_eq!(outcome.verdict, verdict, "{meant}: {}", outcome.text);
        let is_told = outcome.text.contains("acknowledged  lockout.");
        assert_eq!(
            is_told,
            meant.starts_with("prod:lockout"),
            "{}",
            outcome.text
        );
    }
}

#[test]
fn what_a_plan_keeps_makes_it_no_configuration_that_goes() {
    let entry = |arn: &str, group: &str| json!({"cluster_name": "prod", "rolearn": arn, "username": "x", "groups": [group]});
    let gone = change(
        ROLE,
        &["delete"],
        entry(ADMIN, "system:masters"),
        Value::Null,
    );
    let kept = entry(VIEWERS, "viewers");
    let stays = change(
        "eksauth_aws_auth_role.viewers",
        &["no-op"],
        kept.clone(),
        kept,
    );
    for (changes, verdict) in [
        (vec![gone.clone()], Verdict::Yes),
        (vec![gone, stays], Verdict::No),
    ] {
        let folder = Folder::new(&plan(&changes));
        let (file, aws_auth) = (folder.path("plan.json"), folder.path("aws-auth.yaml"));
        let words = [
            file.as_str(),
            "--cluster=prod",
            "--aws-auth",
            &aws_auth,
            "--apply-principal",
            ADMIN,
        ];
        let outcome = judge_meant(&words, "prod:destroy").unwrap();
        assert_eq!(outcome.verdict, verdict, "{}", outcome.text);
    }
}

#[test]
fn who_acts_is_read_from_the_provider_block() {
    let viewers = change(
        ROLE,
        &["delete"],
        role(VIEWERS, "viewer", &["viewers"]),
        Value::Null,
    );
    let mut removed = plan(&[viewers]);
    let assumed = |role: Value| json!({"assume_role": [{"role_arn": role}]});
    let cluster = |access: Value| json!({"clusters": {"constant_value": {"prod": access}}});
    for (expressions, verdict) in [
        (json!({}), Verdict::Undetermined),
        (
            json!({"apply_principal_arns": {"constant_value": [VIEWERS]}}),
            Verdict::No,
        ),
        (
            json!({"apply_principal_arns": {"constant_value": [ADMIN]}}),
            Verdict::Yes,
        ),
        (assumed(json!({"constant_value": VIEWERS})), Verdict::No),
        (assumed(json!({"constant_value": ADMIN})), Verdict::Yes),
        (
            assumed(json!({"references": ["local.role"]})),
            Verdict::Undetermined,
        ),
        (
            cluster(json!({"kubernetes_role_arn": VIEWERS})),
            Verdict::No,
        ),
        (cluster(json!({"kubernetes_role_arn": ADMIN})), Verdict::Yes),
        (cluster(json!({"token": "t"})), Verdict::Undetermined),
        // What is computed may be anybody.
        (
            json!({"apply_principal_arns": {"constant_value": [ADMIN]}, "clusters": {"references": ["local.clusters"]}}),
            Verdict::Undetermined,
        ),
        (
            json!({"apply_principal_arns": {"references": ["local.appliers"]},
                "assume_role": [{"role_arn": {"constant_value": ADMIN}}]}),
            Verdict::Undetermined,
        ),
        (
            json!({"apply_principal_arns": {"constant_value": [ADMIN]}, "protected_principals": {"references": ["local.people"]}}),
            Verdict::Undetermined,
        ),
    ] {
        removed["configuration"] = json!({
            "provider_config": {"eksauth": {"name": "eksauth", "expressions": expressions}},
            "root_module": {"resources": [{"address": ROLE, "provider_config_key": "eksauth", "expressions": {}}]}});
        let folder = Folder::new(&removed);
        let words = [
            folder.path("plan.json"),
            "--cluster=prod".to_owned(),
            format!("--aws-auth={}", folder.path("aws-auth.yaml")),
        ];
        let outcome = judge(&words.each_ref().map(String::as_str)).unwrap();
        assert_eq!(outcome.verdict, verdict, "{expressions}: {}", outcome.text);
    }
}

#[test]
fn a_resource_that_left_the_configuration_is_judged_by_the_strictest_of_our_blocks() {
    let viewers = role(VIEWERS, "viewer", &["viewers"]);
    let mut removed = plan(&[change(ROLE, &["delete"], viewers, Value::Null)]);
    let block = |expressions: Value| json!({"name": "eksauth", "expressions": expressions});
    let protecting = || block(json!({"protected_principals": {"constant_value": [VIEWERS]}}));
    let lenient = || block(json!({"lockout_guard": {"constant_value": "warn"}}));
    let others =
        json!({"name": "aws", "expressions": {"lockout_guard": {"constant_value": "strict"}}});
    for (blocks, verdict) in [
        (json!({"eksauth": protecting()}), Verdict::No),
        (
            json!({"eksauth": lenient(), "eksauth.second": protecting()}),
            Verdict::No,
        ),
        (json!({"eksauth": lenient(), "aws": others}), Verdict::Yes),
    ] {
        removed["configuration"] = json!({"provider_config": blocks, "root_module": {}});
        let folder = Folder::new(&removed);
        let words = [
            folder.path("plan.json"),
            "--cluster=prod".to_owned(),
            format!("--aws-auth={}", folder.path("aws-auth.yaml")),
            format!("--apply-principal={ADMIN}"),
        ];
        let outcome = judge(&words.each_ref().map(String::as_str)).unwrap();
        assert_eq!(outcome.verdict, verdict, "{blocks}: {}", outcome.text);
    }
}
