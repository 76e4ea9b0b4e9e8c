//! Plans made here, each with one thing in it.

use serde_json::{Value, json};

use super::fixture::{Folder, NODES, VIEWERS, admins, change, of, plan, role, unknown};
use super::*;

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
