//! Changes of RBAC where it could not be read who comes under the names that mean less.

use std::collections::BTreeSet;

use super::*;
use crate::access::cluster_access::Principal;
use crate::access::lockout::{ActingIdentity, Assessment, ListedEntries, Unread};
use crate::access::severity::Severity;

const SECRET: &str = "arn:aws:iam::111122223333:role/by-entry";

fn unread(bindings: &[(&str, &str)]) -> ClusterState {
    let bindings: Vec<(&str, Subject)> = bindings
        .iter()
        .map(|(role, group)| (*role, Subject::Group((*group).to_owned())))
        .collect();
    let mut state = bound(&bindings);
    state.view.access_entries = Knowledge::Unreadable("the access entries: denied".to_owned());
    state
}

fn acting(groups: &[&str]) -> ActingIdentity {
    ActingIdentity {
        principal: Some(Principal::from_arn(SECRET)),
        username: Some("ops".to_owned()),
        groups: groups.iter().map(|group| (*group).to_owned()).collect(),
        is_admitted: Some(true),
        ..ActingIdentity::default()
    }
}

fn judged(before: &ClusterState, after: &ClusterState, given: Circumstances) -> Assessment {
    let both = UnderOneRbac::knowing(before, after, &given.described).unwrap();
    let circumstances = Circumstances {
        rbac: both.rbac,
        less_bound: both.less,
        described: both.described,
        described_after: Some(both.described_after),
        ..given
    };
    assess(&both.before, &both.after, &circumstances)
}

fn ids(assessment: &Assessment, severity: Severity) -> Vec<FindingId> {
    let found = assessment.of_severity(severity).into_iter();
    found.map(|finding| finding.id).collect()
}

#[test]
fn entries_that_were_not_read_may_lose_by_a_change_of_rbac() {
    let before = unread(&[("cluster-admin", "g1"), ("cluster-admin", "g")]);
    for after in [
        unread(&[("cluster-admin", "g")]),
        unread(&[("writer", "g1"), ("cluster-admin", "g")]),
    ] {
        let both = UnderOneRbac::between(&before, &after).unwrap();
        assert!(both.may_take_away());
        let open = judged(&before, &after, Circumstances::default());
        assert_eq!(ids(&open, Severity::Error), []);
        assert_eq!(ids(&open, Severity::Warning), [FindingId::Unreadable]);
        let text = &open.findings[0].reason;
        assert!(
            text.contains("group `g1`") && text.contains("denied"),
            "{text}"
        );
        let strict = Circumstances {
            unread: Unread::Against,
            ..Circumstances::default()
        };
        let strict = judged(&before, &after, strict);
        assert_eq!(ids(&strict, Severity::Error), [FindingId::Unreadable]);
    }
    assert!(
        !UnderOneRbac::between(&before, &before)
            .unwrap()
            .may_take_away()
    );
    let more = unread(&[
        ("cluster-admin", "g1"),
        ("cluster-admin", "g"),
        ("writer", "g2"),
    ]);
    assert!(
        !UnderOneRbac::between(&before, &more)
            .unwrap()
            .may_take_away()
    );
    let silent = judged(&before, &more, Circumstances::default());
    assert_eq!(silent.findings, []);
}

#[test]
fn whoever_acts_is_judged_by_the_groups_that_the_api_server_says_it_has() {
    let before = unread(&[
        ("cluster-admin", "g1"),
        ("cluster-admin", "g"),
        ("writer", "g2"),
    ]);
    let after = unread(&[("cluster-admin", "g"), ("writer", "g2")]);
    for (groups, is_locked_out) in [
        (&["g1"][..], true),
        (&["g1", "g"], false),
        (&["g1", "g2"], false),
        (&["g1", "system:masters"], false),
        (&["g2"], false),
    ] {
        let given = Circumstances {
            running: vec![Principal::from_arn(SECRET)],
            acting: Some(acting(groups)),
            ..Circumstances::default()
        };
        let found = judged(&before, &after, given);
        let errors = ids(&found, Severity::Error);
        let is_found = errors.contains(&FindingId::RunningIdentity);
        assert_eq!(is_found, is_locked_out, "{groups:?} {errors:?}");
        let all = found.findings.iter().map(|finding| finding.id);
        assert!(
            all.collect::<BTreeSet<_>>()
                .contains(&FindingId::Unreadable)
        );
    }
}

#[test]
fn an_entry_that_was_read_one_by_one_loses_what_its_group_loses() {
    let before = unread(&[("cluster-admin", "g1"), ("cluster-admin", "g")]);
    let after = unread(&[("cluster-admin", "g")]);
    let principal = Principal::from_arn(SECRET);
    let entry = AccessEntry {
        principal_arn: SECRET.to_owned(),
        username: "ops".to_owned(),
        groups: vec!["g1".to_owned()],
        policies: Vec::new(),
        ..standard(&[])
    };
    let given = Circumstances {
        protected: vec![principal.clone()],
        described: BTreeMap::from([(principal, Some(entry))]),
        listed: Some(ListedEntries::new([SECRET.to_owned()]).into()),
        ..Circumstances::default()
    };
    let found = judged(&before, &after, given);
    assert_eq!(
        ids(&found, Severity::Error),
        [FindingId::ProtectedPrincipal]
    );
    // All that are listed were read, so nothing is left unsaid.
    assert_eq!(ids(&found, Severity::Warning), []);
}

#[test]
fn aws_auth_that_was_not_read_is_said_too() {
    let unread = |bindings: &[(&str, Subject)]| {
        let mut state = bound(bindings);
        state.view.aws_auth = Knowledge::Unreadable("aws-auth: denied".to_owned());
        state
    };
    let before = unread(&[("cluster-admin", Subject::User("ops".to_owned()))]);
    let after = unread(&[]);
    assert!(
        UnderOneRbac::between(&before, &after)
            .unwrap()
            .may_take_away()
    );
    let given = Circumstances {
        running: vec![Principal::from_arn(SECRET)],
        acting: Some(acting(&[])),
        ..Circumstances::default()
    };
    let found = judged(&before, &after, given);
    assert_eq!(ids(&found, Severity::Error), [FindingId::RunningIdentity]);
}
