//! Plans made here, each with one thing in it.

use serde_json::{Value, json};

use super::*;

/// A cluster with admins and viewers by aws-auth, and nodes.
pub(super) const AWS_AUTH: &str = "mapRoles: |
    - {rolearn: arn:aws:iam::111122223333:role/nodes, username: \"system:node:{{EC2PrivateDNSName}}\", groups: [\"system:bootstrappers\", \"system:nodes\"]}
    - {rolearn: arn:aws:iam::111122223333:role/admins, username: admin, groups: [\"system:masters\"]}
    - {rolearn: arn:aws:iam::111122223333:role/viewers, username: viewer, groups: [viewers]}
";
pub(super) const VIEWERS: &str = "arn:aws:iam::111122223333:role/viewers";
pub(super) const NODES: &str = "arn:aws:iam::111122223333:role/nodes";

/// A plan in a folder of its own, with an aws-auth and perhaps access entries.
pub(super) struct Folder(tempfile::TempDir);

impl Folder {
    pub(super) fn new(plan: &Value) -> Self {
        let folder = Self(tempfile::tempdir().unwrap());
        folder.write("plan.json", plan.to_string());
        folder.write(
            "aws-auth.yaml",
            format!("kind: ConfigMap\ndata:\n  {AWS_AUTH}"),
        );
        folder
    }

    pub(super) fn path(&self, name: &str) -> String {
        self.0.path().join(name).display().to_string()
    }

    pub(super) fn write(&self, name: &str, text: impl AsRef<[u8]>) {
        std::fs::write(self.path(name), text).unwrap();
    }

    /// Judges `prod` as the admins, unless it is said otherwise.
    pub(super) fn check(&self, more: &[&str]) -> Outcome {
        self.try_check(more).unwrap()
    }

    pub(super) fn try_check(&self, more: &[&str]) -> Result<Outcome, String> {
        let (plan, aws_auth) = (self.path("plan.json"), self.path("aws-auth.yaml"));
        let mut words = vec![plan.as_str(), "--aws-auth", &aws_auth];
        for (flag, value) in [("--cluster", "prod"), ("--apply-principal", ADMIN)] {
            if !more.contains(&flag) {
                words.extend([flag, value]);
            }
        }
        words.extend(more);
        judge(&words)
    }

    /// The same with access entries.
    pub(super) fn check_with_entries(&self, entries: &Value, more: &[&str]) -> Outcome {
        self.write("entries.json", entries.to_string());
        let file = self.path("entries.json");
        let mut words = vec!["--access-entries", file.as_str()];
        words.extend(more);
        self.check(&words)
    }
}

/// A plan with these changes.
pub(super) fn plan(changes: &[Value]) -> Value {
    json!({"format_version": "1.2", "terraform_version": "1.11.4", "planned_values": {}, "resource_changes": changes, "complete": true, "errored": false})
}

/// One change; the type is read from the address.
pub(super) fn change(address: &str, actions: &[&str], before: Value, after: Value) -> Value {
    let kind = address
        .split(['.', '['])
        .find(|word| word.contains('_'))
        .unwrap();
    json!({"address": address, "mode": "managed", "type": kind, "change": {
        "actions": actions, "before": before, "after": after, "after_unknown": {}}})
}

/// The same with something unknown.
pub(super) fn unknown(mut change: Value, after_unknown: Value) -> Value {
    change["change"]["after_unknown"] = after_unknown;
    change
}

/// An entry resource's attributes.
pub(super) fn role(arn: &str, username: &str, groups: &[&str]) -> Value {
    json!({"cluster_name": "prod", "cluster_arn": "arn:aws:eks:eu-central-1:111122223333:cluster/prod", "region": null, "rolearn": arn,
        "canonical_arn": arn, "username": username, "groups": groups, "on_conflict": "error", "permission_set": null, "timeouts": null})
}

pub(super) fn admins() -> Value {
    role(ADMIN, "admin", &["system:masters"])
}

/// A plan of one change, judged.
pub(super) fn of(change: Value) -> Outcome {
    Folder::new(&plan(&[change])).check(&[])
}

const ROLE: &str = "eksauth_aws_auth_role.this";

#[test]
fn an_entry_is_judged_by_what_becomes_of_it() {
    let with = |name: &str, value: Value| {
        let mut attributes = admins();
        attributes[name] = value;
        attributes
    };
    let viewers = || role(VIEWERS, "viewer", &["viewers"]);
    let null = Value::Null;
    for (what, change, verdict) in [
        (
            "removed",
            change(ROLE, &["delete"], admins(), null.clone()),
            Verdict::No,
        ),
        (
            "forgotten",
            change(ROLE, &["forget"], admins(), null.clone()),
            Verdict::Yes,
        ),
        (
            "kept",
            change(ROLE, &["no-op"], admins(), admins()),
            Verdict::Yes,
        ),
        (
            "its groups",
            change(
                ROLE,
                &["update"],
                admins(),
                with("groups", json!(["viewers"])),
            ),
            Verdict::No,
        ),
        (
            "replaced",
            change(ROLE, &["delete", "create"], admins(), admins()),
            Verdict::No,
        ),
        (
            "made before",
            change(ROLE, &["create", "delete"], admins(), admins()),
            Verdict::Yes,
        ),
        (
            "forgotten and made",
            change(ROLE, &["create", "forget"], admins(), admins()),
            Verdict::Yes,
        ),
        (
            "to another cluster",
            change(
                ROLE,
                &["delete", "create"],
                admins(),
                json!({"cluster_name": "stage", "rolearn": ADMIN, "username": "admin", "groups": ["system:masters"]}),
            ),
            Verdict::No,
        ),
        (
            "added over another",
            change(ROLE, &["create"], null.clone(), with("groups", json!([]))),
            Verdict::Yes,
        ),
        (
            "adopted",
            change(ROLE, &["create"], null.clone(), {
                let mut adopted = with("groups", json!([]));
                adopted["on_conflict"] = json!("adopt");
                adopted
            }),
            Verdict::No,
        ),
        (
            "somebody else's",
            change(ROLE, &["delete"], viewers(), null.clone()),
            Verdict::Yes,
        ),
        (
            "of nodes",
            change(
                ROLE,
                &["delete"],
                role(
                    NODES,
                    "system:node:{{EC2PrivateDNSName}}",
                    &["system:bootstrappers", "system:nodes"],
                ),
                null.clone(),
            ),
            Verdict::No,
        ),
        (
            "an account",
            change(
                "eksauth_aws_auth_account.this",
                &["create"],
                null.clone(),
                json!({"cluster_name": "prod", "account_id": "444455556666"}),
            ),
            Verdict::Yes,
        ),
    ] {
        let outcome = of(change);
        assert_eq!(outcome.verdict, verdict, "{what}: {}", outcome.text);
    }
}

#[test]
fn what_is_not_known_counts_where_somebody_may_lose_by_it() {
    let null = Value::Null;
    let made = |after_unknown: Value| {
        unknown(
            change(ROLE, &["create"], null.clone(), role(VIEWERS, "v", &["v"])),
            after_unknown,
        )
    };
    let changed = |after_unknown: Value| {
        unknown(change(ROLE, &["update"], admins(), admins()), after_unknown)
    };
    let mut adopting = made(json!({"rolearn": true}));
    adopting["change"]["after"]["on_conflict"] = json!("adopt");
    for (what, change, verdict) in [
        (
            "a new role's entry",
            made(json!({"rolearn": true, "canonical_arn": true, "cluster_arn": true})),
            Verdict::Yes,
        ),
        ("that may overwrite", adopting, Verdict::Undetermined),
        (
            "what does not decide",
            changed(json!({"cluster_issuer": true, "groups": [false]})),
            Verdict::Yes,
        ),
        (
            "one of the groups",
            changed(json!({"groups": [false, true]})),
            Verdict::Undetermined,
        ),
        (
            "all groups",
            changed(json!({"groups": true})),
            Verdict::Undetermined,
        ),
        (
            "the name",
            changed(json!({"username": true})),
            Verdict::Undetermined,
        ),
        (
            "the role",
            changed(json!({"rolearn": true})),
            Verdict::Undetermined,
        ),
        ("everything", changed(json!(true)), Verdict::Undetermined),
        (
            "the mode",
            unknown(
                change(
                    "aws_eks_cluster.this",
                    &["update"],
                    json!({"name": "prod"}),
                    json!({"name": "prod", "access_config": [{}]}),
                ),
                json!({"access_config": [{"authentication_mode": true}]}),
            ),
            Verdict::Undetermined,
        ),
        (
            "which cluster",
            unknown(
                change(
                    ROLE,
                    &["create"],
                    null.clone(),
                    json!({"rolearn": VIEWERS, "username": "v", "groups": []}),
                ),
                json!({"cluster_name": true}),
            ),
            Verdict::Yes,
        ),
    ] {
        let outcome = of(change);
        assert_eq!(outcome.verdict, verdict, "{what}: {}", outcome.text);
    }
}

/// The whole map's attributes.
fn map(exclusive: bool, roles: &[&str]) -> Value {
    let roles: Vec<Value> = roles
        .iter()
        .map(|arn| match *arn {
            ADMIN => json!({"rolearn": arn, "username": "admin", "groups": ["system:masters"]}),
            _ => json!({"rolearn": arn, "username": "viewer", "groups": ["viewers"]}),
        })
        .collect();
    json!({"cluster_name": "prod", "exclusive": exclusive, "leave": [], "manage_node_entries": false, "map_roles": roles, "map_users": [], "map_accounts": []})
}

#[test]
fn a_map_drops_what_it_names_no_more_and_takes_others_once_it_is_exclusive() {
    const MAP: &str = "eksauth_aws_auth.this";
    let with = |mut map: Value, name: &str, value: Value| {
        map[name] = value;
        map
    };
    let update = |before: Value, after: Value| change(MAP, &["update"], before, after);
    let both = &[ADMIN, VIEWERS];
    let null = Value::Null;
    for (what, change, verdict, said) in [
        (
            "dropped",
            update(map(false, both), map(false, &[VIEWERS])),
            Verdict::No,
            "running-identity",
        ),
        (
            "left",
            update(
                map(false, both),
                with(map(false, &[VIEWERS]), "leave", json!([ADMIN])),
            ),
            Verdict::Yes,
            "nobody",
        ),
        (
            "not known whether left",
            unknown(
                update(
                    map(false, both),
                    with(map(false, &[VIEWERS]), "leave", json!([null])),
                ),
                json!({"leave": [true]}),
            ),
            Verdict::Undetermined,
            "`leave`",
        ),
        (
            "becomes exclusive",
            update(map(false, &[VIEWERS]), map(true, &[VIEWERS])),
            Verdict::No,
            "running-identity",
        ),
        (
            "exclusive without nodes",
            update(map(false, both), map(true, both)),
            Verdict::Yes,
            "nobody",
        ),
        (
            "exclusive with nodes",
            update(
                map(false, both),
                with(map(true, both), "manage_node_entries", json!(true)),
            ),
            Verdict::No,
            "lockout.nodes",
        ),
        (
            "perhaps exclusive",
            unknown(
                update(map(false, both), map(false, both)),
                json!({"exclusive": true}),
            ),
            Verdict::Undetermined,
            "`exclusive`",
        ),
        (
            "exclusive from the beginning",
            change(MAP, &["create"], null.clone(), map(true, &[VIEWERS])),
            Verdict::Yes,
            "nobody",
        ),
        (
            "destroyed",
            change(MAP, &["delete"], map(true, both), null.clone()),
            Verdict::Yes,
            "nobody",
        ),
        (
            "an unknown new element",
            unknown(
                update(
                    map(false, both),
                    with(map(false, both), "map_users", json!([{}])),
                ),
                json!({"map_users": [{"userarn": true}]}),
            ),
            Verdict::Yes,
            "takes nothing",
        ),
    ] {
        let outcome = of(change);
        assert_eq!(outcome.verdict, verdict, "{what}: {}", outcome.text);
        assert!(outcome.text.contains(said), "{what}: {}", outcome.text);
    }
}

#[test]
fn a_plan_that_does_not_say_all_is_not_found_out() {
    let whole = plan(&[]);
    for (name, value) in [
        ("errored", json!(true)),
        ("complete", json!(false)),
        (
            "deferred_changes",
            json!([{"reason": "provider_config_unknown", "resource_change": {}}]),
        ),
    ] {
        let mut partial = whole.clone();
        partial[name] = value;
        let outcome = Folder::new(&partial).check(&[]);
        expect(
            &outcome,
            Verdict::Undetermined,
            &[name, "not everything could be found out"],
        );
        assert_eq!(
            Folder::new(&partial).check(&["--fail-on", "never"]).verdict,
            Verdict::Yes
        );
        partial["resource_changes"] = json!([change(ROLE, &["delete"], admins(), Value::Null)]);
        expect(
            &Folder::new(&partial).check(&[]),
            Verdict::No,
            &["running-identity"],
        );
    }
    expect(
        &Folder::new(&whole).check(&[]),
        Verdict::Yes,
        &["nobody gains or loses access"],
    );
}

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
fn data_sources_and_prior_state_change_nothing() {
    let mut read = change(ROLE, &["read"], admins(), Value::Null);
    read["mode"] = json!("data");
    let mut gone = change(ROLE, &["delete"], admins(), Value::Null);
    gone["mode"] = json!("data");
    let mut with_prior = plan(&[read, gone]);
    with_prior["prior_state"] = json!({"values": {"root_module": {"resources": [{"address": ROLE, "mode": "managed", "type": "eksauth_aws_auth_role", "values": admins()}]}}});
    expect(
        &Folder::new(&with_prior).check(&[]),
        Verdict::Yes,
        &["nobody"],
    );
}

#[test]
fn a_renamed_key_changes_nothing_and_gets_its_block() {
    let old = "module.access[\"x\"].eksauth_aws_auth_role.this[\"old\"]";
    let new = "module.access[\"x\"].eksauth_aws_auth_role.this[\"new\"]";
    let renamed = plan(&[
        change(new, &["create"], Value::Null, unknown_arn(admins())),
        change(old, &["delete"], admins(), Value::Null),
    ]);
    let outcome = Folder::new(&renamed).check(&[]);
    let block = format!("moved {{\n  from = {old}\n  to   = {new}\n}}");
    expect(
        &outcome,
        Verdict::Yes,
        &["nobody gains or loses access", &block],
    );
    let json: Value =
        serde_json::from_str(&Folder::new(&renamed).check(&["-o", "json"]).text).unwrap();
    assert_eq!(
        json["clusters"][0]["moved"],
        json!([{"from": old, "to": new}])
    );
    let other = plan(&[
        change(
            new,
            &["create"],
            Value::Null,
            role(VIEWERS, "admin", &["system:masters"]),
        ),
        change(old, &["delete"], admins(), Value::Null),
    ]);
    let outcome = Folder::new(&other).check(&[]);
    assert!(!outcome.text.contains("moved {"), "{}", outcome.text);
}

fn unknown_arn(mut attributes: Value) -> Value {
    attributes["cluster_arn"] = Value::Null;
    attributes
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
        ("prod:destroy".to_owned(), Verdict::Yes),
        ("stage:destroy".to_owned(), Verdict::No),
    ] {
        let outcome = judge_meant(&words, &meant).unwrap();
        assert_eq!(outcome.verdict, verdict, "{meant}: {}", outcome.text);
        let is_told = outcome.text.contains("acknowledged  lockout.");
        assert_eq!(
            is_told,
            !meant.is_empty() && !meant.contains("stage"),
            "{}",
            outcome.text
        );
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
