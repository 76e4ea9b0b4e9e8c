use super::*;

fn of_nodes(after: &str) -> Vec<Severity> {
    let (before, after) = (view(&(admin() + &node())), view(&(admin() + after)));
    of_change(&before, &after, &circumstances())
}

fn of_change(
    before: &ClusterView,
    after: &ClusterView,
    circumstances: &Circumstances,
) -> Vec<Severity> {
    assess(before, after, circumstances)
        .findings
        .iter()
        .filter(|finding| finding.id == FindingId::Nodes)
        .map(|finding| finding.severity)
        .collect()
}

#[test]
fn case_09_node_entry_crippled() {
    let groups = ["system:bootstrappers", "system:nodes"];
    for crippled in [
        item(NODES, "node", &groups),
        item(NODES, "system:node:{{EC2PrivateDNSName}}", &groups[..1]),
        item(NODES, "system:node:{{SessionName}}", &groups),
        "[]".to_owned(),
    ] {
        let after = crippled.trim_start_matches("[]").to_owned();
        assert_eq!(of_nodes(&after), [Severity::Error], "{crippled}");
    }
    let without_bootstrappers = item(NODES, "system:node:{{EC2PrivateDNSName}}", &groups[1..]);
    assert_eq!(of_nodes(&without_bootstrappers), []);
    let (before, after) = (view(&node()), view(&without_bootstrappers));
    assert_eq!(assess(&before, &after, &circumstances()).findings, []);
    // The migration to access entries says the same of both ways.
    for (before, after) in [(&before, &after), (&after, &before)] {
        let changes: Vec<AccessChange> = compare(before, after)
            .iter()
            .map(|one| one.change)
            .collect();
        assert_eq!(changes, [AccessChange::Same]);
    }
    let other = view(&item(NODES, "system:node:{{SessionName}}", &groups));
    let changes: Vec<AccessChange> = compare(&other, &after)
        .iter()
        .map(|one| one.change)
        .collect();
    assert_eq!(changes, [AccessChange::Changes]);
}

#[test]
fn hybrid_nodes_are_nodes_and_a_role_that_is_gone_has_none() {
    let hybrid = |name: &str| {
        item(
            &format!("arn:aws:iam::111122223333:role/{name}"),
            "system:node:{{SessionName}}",
            &["system:bootstrappers", "system:nodes"],
        )
    };
    let removed = |name: &str| {
        of_change(
            &view(&(admin() + &hybrid(name))),
            &view(&admin()),
            &circumstances(),
        )
    };
    assert_eq!(removed("nodes"), [Severity::Error]);
    assert_eq!(removed("torn-down"), []);
}

#[test]
fn nodes_that_could_not_be_listed_count_as_nodes() {
    let unreadable = Circumstances {
        nodes: Nodes::Unreadable,
        ..circumstances()
    };
    let (before, after) = (view(&(admin() + &node())), view(&admin()));
    assert_eq!(of_change(&before, &after, &unreadable), [Severity::Error]);
}

#[test]
fn an_access_entry_of_nodes_that_goes_takes_them_out() {
    let entry = AccessEntry {
        created_at: None,
        principal_arn: NODES.to_owned(),
        kind: "EC2_LINUX".to_owned(),
        username: "system:node:{{EC2PrivateDNSName}}".to_owned(),
        groups: vec!["system:nodes".to_owned()],
        policies: Vec::new(),
    };
    let with = |entries: Vec<AccessEntry>| ClusterView {
        mode: AuthenticationMode::Api,
        access_entries: Knowledge::Known(entries),
        ..view("[]")
    };
    let found = of_change(&with(vec![entry]), &with(Vec::new()), &circumstances());
    assert_eq!(found, [Severity::Error]);
}

/// Whether a protected principal with a name and groups may be called otherwise where there are no nodes.
fn may_be_renamed(old: &str, new: &str, groups: &[&str]) -> bool {
    let protected = Circumstances {
        protected: vec![Principal::from_arn(NODES)],
        nodes: Nodes::None,
        ..circumstances()
    };
    let named = |username: &str| view(&(admin() + &item(NODES, username, groups)));
    assess(&named(old), &named(new), &protected)
        .of_severity(Severity::Error)
        .is_empty()
}

#[test]
fn a_protected_node_role_stays_one_by_whatever_name_of_a_node_and_by_no_other_name() {
    let groups = ["system:bootstrappers", "system:nodes"];
    let by_host = "system:node:{{EC2PrivateDNSName}}";
    assert!(may_be_renamed(
        by_host,
        "system:node:{{SessionName}}",
        &groups
    ));
    assert!(!may_be_renamed(by_host, "somebody", &groups));
    assert!(!may_be_renamed(
        "system:node:{{SessionName}}",
        "somebody",
        &groups
    ));
    // People of the role come by it too, and not any more.
    assert!(!may_be_renamed(
        "system:node:{{SessionName}}",
        by_host,
        &groups
    ));
}

#[test]
fn a_name_of_instances_that_rbac_does_not_know_may_become_a_name_of_everybody() {
    assert!(may_be_renamed(
        "ec2:{{EC2PrivateDNSName}}",
        "somebody",
        &["viewers"]
    ));
    assert!(!may_be_renamed(
        "somebody",
        "ec2:{{EC2PrivateDNSName}}",
        &["viewers"]
    ));
}
