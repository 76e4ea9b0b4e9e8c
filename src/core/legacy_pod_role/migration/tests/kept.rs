//! What the owner of a file has added to it, and what a rewritten policy does not keep.

use super::*;

#[test]
fn what_is_added_inside_a_printed_block_is_kept_by_the_next_file() {
    let migration = migration(scan(false, 2, 0), NewTrust::Admits);
    let first = hcl(&migration, Phase::BothTrusts);
    let added = "  # ours\n  force_detach_policies = true\n  lifecycle {\n    prevent_destroy = true\n  }\n}\n";
    let edited = format!("{}{added}", first.trim_end().trim_end_matches('}'));
    let held = Held::parse(&edited).unwrap();
    for phase in [Phase::Accounts, Phase::NewTrustOnly] {
        let next = after(&migration, phase, &held).text;
        assert!(next.contains(added), "{next}");
        assert_eq!(next.matches("service_accounts").count(), 1, "{next}");
        let again = after(&migration, phase, &Held::parse(&next).unwrap()).text;
        assert_eq!(again, next);
    }
    let heredoc = edited.replace("# ours", "x = <<EOT");
    assert_eq!(
        Held::parse(&heredoc),
        Err(HeldError::NotUnderstood {
            address: "eksauth_irsa_role.reader".to_owned()
        })
    );
}

#[test]
fn what_a_removed_block_lets_go_is_not_printed_again() {
    let migration = migration(scan(false, 2, 0), NewTrust::Admits);
    let second = hcl(&migration, Phase::Accounts);
    let (before, _) = second
        .split_once("\nimport {\n  to = eksauth_service_account")
        .unwrap();
    let removed = "removed {\n  from = eksauth_service_account.apps_web\n\n  lifecycle {\n    destroy = false\n  }\n}\n";
    let held = Held::parse(&format!("{before}\n{removed}")).unwrap();
    let next = after(&migration, Phase::Accounts, &held).text;
    assert!(next.contains(removed), "{next}");
    assert!(
        !next.contains("resource \"eksauth_service_account\""),
        "{next}"
    );
    assert!(next.contains("resource \"eksauth_irsa_role\""), "{next}");
}

#[test]
fn an_account_of_the_file_before_is_printed_in_an_earlier_phase_too() {
    let migration = migration(scan(false, 2, 0), NewTrust::Admits);
    let held = Held::parse(&hcl(&migration, Phase::Accounts)).unwrap();
    let back = after(&migration, Phase::BothTrusts, &held);
    assert_eq!(back.carried, [] as [&str; 0]);
    assert!(
        back.text.contains("eksauth_service_account"),
        "{}",
        back.text
    );
}

#[test]
fn what_of_a_document_is_not_kept_is_told() {
    let changes =
        |policy: serde_json::Value| TrustParts::of(&policy.to_string(), &nodes(), None).rewritten;
    let today = json!({"Version": "2012-10-17", "Statement": []});
    assert_eq!(changes(today), [] as [&str; 0]);
    let older = json!({"Version": "2008-10-17", "Id": "ours", "Statement": [{"Condition": {"StringLike": {"a": "${b}"}}}]});
    let told = changes(older);
    assert!(
        told[0].contains("2008-10-17") && told[0].contains("becomes a variable"),
        "{told:?}"
    );
    assert!(told[1].contains("`Id` `ours`"), "{told:?}");
    assert_eq!(changes(json!({"Statement": []})).len(), 1);
}

#[test]
fn a_plan_is_done_only_where_the_last_file_leaves_nothing_out() {
    let mut done = migration(scan(true, 2, 2), NewTrust::Admits);
    done.roles[0].facts.as_mut().unwrap().trust = TrustParts::default();
    assert!(done.is_done());
    let refused = "the audience".to_owned();
    done.roles[0].accounts[0].new_trust = NewTrust::RefusesToken(refused);
    assert!(!done.is_done());
    let told = left_out(&done, Phase::BothTrusts).join(" ");
    assert!(told.contains("by any phase: the audience"), "{told}");
}
