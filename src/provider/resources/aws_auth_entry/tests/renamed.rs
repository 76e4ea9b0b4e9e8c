//! A `for_each` key renamed: a removal and a create that nothing orders.

use tf_provider::testing::{Action, Stored};

use super::walks::{Refused, Step, Wanted, WorkingFolder, orders};
use super::*;
use crate::fakes::kubernetes::Verb;

/// The running identity and last admin, a protected principal, and others; aws-auth lists them as a person wrote it.
const ROLES: &str = "\
# written by hand
- {rolearn: arn:aws:iam::111122223333:role/admins, username: admins, groups: [system:masters]}
- rolearn: arn:aws:iam::111122223333:role/plain
  username:   plain   # as somebody wrote it
  groups: [viewers]
- rolearn:   arn:aws:iam::111122223333:role/protected
  username: protected   # never to go
  groups: [viewers]
";

const NAMES: [&str; 3] = ["admins", "protected", "plain"];

fn wanted(prefix: &str, names: &[&str]) -> Wanted {
    let entry = |name: &&str| {
        let group = if *name == "admins" {
            "system:masters"
        } else {
            "viewers"
        };
        (
            format!("{prefix}-{name}"),
            role_config(name, name, &[group]),
        )
    };
    names.iter().map(entry).collect()
}

/// A working directory that holds the entries under `a-…`.
async fn held(names: &[&str]) -> WorkingFolder {
    let mut folder = WorkingFolder::new(ROLES);
    for name in ["protected", "plain"] {
        folder.bed.make_role("/", name);
    }
    assert_eq!(folder.run(&wanted("a", names)).await, Refused::new());
    folder
}

fn in_order(steps: Vec<Step>, order: &[usize]) -> Vec<Step> {
    let mut steps: Vec<Option<Step>> = steps.into_iter().map(Some).collect();
    order.iter().map(|at| steps[*at].take().unwrap()).collect()
}

/// The entry is there in every state that the document went through.
fn assert_never_missing(folder: &WorkingFolder, names: &[&str]) {
    for data in folder.bed.kube().history() {
        for name in names {
            let arn = role_arn(name);
            assert!(
                data["mapRoles"].contains(&arn),
                "{name} is missing: {data:?}"
            );
        }
    }
}

/// A second plan has nothing to do.
async fn assert_settled(folder: &mut WorkingFolder, wanted: &Wanted) {
    let steps = folder.plan_all(wanted).await.unwrap();
    let left: Vec<(&str, Action)> = steps
        .iter()
        .map(|step| (step.address.as_str(), step.planned.action))
        .collect();
    assert_eq!(left, []);
    let held: Vec<&String> = folder.state.keys().collect();
    assert_eq!(held, wanted.keys().collect::<Vec<_>>());
    let is_marked = |state: &Stored<AwsAuthRoleModel>| state.private.entries.contains_key("claims");
    assert!(
        !folder.state.values().any(is_marked),
        "a walk's name in a state"
    );
}

/// All orders of two entries and some of three, each with how many go at a time.
fn cases() -> Vec<(&'static [&'static str], Vec<usize>, usize)> {
    let of_two = orders(4).into_iter().flat_map(|order| {
        [1, 2, 3, 10].map(|parallelism| (&NAMES[..2], order.clone(), parallelism))
    });
    let of_three = orders(6)
        .into_iter()
        .step_by(11)
        .zip([1, 2, 3, 10].into_iter().cycle());
    of_two
        .chain(of_three.map(|(order, parallelism)| (&NAMES[..], order, parallelism)))
        .collect()
}

#[tokio::test]
async fn every_order_of_a_rename_writes_nothing_and_is_never_refused() {
    for (number, (names, order, parallelism)) in cases().into_iter().enumerate() {
        let (a, b) = (wanted("a", names), wanted("b", names));
        let addresses: Vec<&str> = a.keys().chain(b.keys()).map(String::as_str).collect();
        let mut folder = held(names).await;
        folder.parallelism = parallelism;
        // Another order at plan than at apply.
        let mut planned_in: Vec<&str> = order.iter().map(|at| addresses[*at]).collect();
        planned_in.rotate_left(number % addresses.len());
        let steps = folder.plan(&b, &planned_in).await.unwrap();
        let refused = folder.apply(in_order(steps, &order)).await;
        let told = format!("planned {planned_in:?}, applied {order:?}");
        assert_eq!(refused, Refused::new(), "{told}");
        assert_eq!(folder.bed.kube().count(Verb::Patch), 0, "{told}");
        assert_eq!(folder.bed.kube().section("mapRoles").unwrap(), ROLES);
        assert_settled(&mut folder, &b).await;
    }
}

/// The names under numbered addresses, as `count` has them.
fn listed(names: &[&str]) -> Wanted {
    let entries = wanted("", names);
    let numbered = names.iter().enumerate();
    numbered
        .map(|(number, name)| (format!("r{number}"), entries[&format!("-{name}")].clone()))
        .collect()
}

#[tokio::test]
async fn a_list_in_another_order_writes_nothing_and_is_never_refused() {
    for (number, order) in orders(3).into_iter().enumerate() {
        for apply_order in orders(3) {
            let shifted: Vec<&str> = order.iter().map(|at| NAMES[*at]).collect();
            let mut folder = WorkingFolder::new(ROLES);
            for name in ["protected", "plain"] {
                folder.bed.make_role("/", name);
            }
            assert_eq!(folder.run(&listed(&NAMES)).await, Refused::new());
            folder.parallelism = [1, 2, 10][number % 3];
            let told = format!("{shifted:?}, applied {apply_order:?}");
            let wanted = listed(&shifted);
            let steps = folder.plan_all(&wanted).await.unwrap();
            let order: Vec<usize> = apply_order
                .into_iter()
                .filter(|at| *at < steps.len())
                .collect();
            assert_eq!(
                folder.apply(in_order(steps, &order)).await,
                Refused::new(),
                "{told}"
            );
            assert_eq!(folder.bed.kube().count(Verb::Patch), 0, "{told}");
            assert_settled(&mut folder, &wanted).await;
        }
    }
}

#[tokio::test]
async fn a_list_that_is_shortened_loses_only_what_leaves_it() {
    for apply_order in orders(3) {
        let mut folder = WorkingFolder::new(ROLES);
        for name in ["protected", "plain"] {
            folder.bed.make_role("/", name);
        }
        assert_eq!(
            folder.run(&listed(&["plain", "admins", "protected"])).await,
            Refused::new()
        );
        folder.parallelism = 1;
        let wanted = listed(&["admins", "protected"]);
        let steps = folder.plan_all(&wanted).await.unwrap();
        let refused = folder.apply(in_order(steps, &apply_order)).await;
        assert_eq!(refused, Refused::new(), "{apply_order:?}");
        assert_never_missing(&folder, &["admins", "protected"]);
        assert_eq!(folder.roles(), ["admins", "protected"], "{apply_order:?}");
        assert_settled(&mut folder, &wanted).await;
    }
}

#[tokio::test]
async fn any_number_is_renamed_at_once() {
    for (count, parallelism) in [(1, 1), (8, 10), (40, 2), (40, 1), (300, 10), (300, 100)] {
        let names: Vec<String> = (0..count).map(|number| format!("r{number:03}")).collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let mut folder = WorkingFolder::new(ROLES);
        folder.parallelism = parallelism;
        let (a, b) = (wanted("a", &names), wanted("b", &names));
        assert_eq!(folder.run(&a).await, Refused::new());
        let written = folder.bed.kube().count(Verb::Patch);
        let mut steps = folder.plan_all(&b).await.unwrap();
        // Removals first, as it mostly is.
        steps.sort_by_key(|step| !step.is_removal());
        assert_eq!(folder.apply(steps).await, Refused::new());
        assert_eq!(folder.bed.kube().count(Verb::Patch), written);
        assert_settled(&mut folder, &b).await;
        assert_never_missing(&folder, &["admins"]);
    }
}

#[tokio::test]
async fn where_the_plan_was_made_elsewhere_what_is_critical_stays_and_all_of_it_converges() {
    for (names, order, parallelism) in cases() {
        let (a, b) = (wanted("a", names), wanted("b", names));
        // The removals are planned first: they know of nobody.
        let addresses: Vec<&str> = a.keys().chain(b.keys()).map(String::as_str).collect();
        let mut folder = held(names).await.applied_elsewhere();
        folder.parallelism = parallelism;
        let steps = folder.plan(&b, &addresses).await.unwrap();
        let refused = folder.apply(in_order(steps, &order)).await;
        let told = format!("{order:?}, {parallelism} at a time");
        for (address, reasons) in &refused {
            assert_eq!(titles(reasons), ["Removal In Doubt"], "{told}");
            assert!(address.starts_with("a-"), "{told}");
        }
        if !refused.is_empty() {
            let steps = folder.plan(&b, &addresses).await.unwrap();
            assert_eq!(folder.apply(steps).await, Refused::new(), "{told}");
        }
        assert_never_missing(&folder, &["admins", "protected"]);
        assert_eq!(
            folder.bed.kube().section("mapRoles").unwrap(),
            ROLES,
            "{told}"
        );
        assert_settled(&mut folder, &b).await;
    }
}

#[tokio::test]
async fn an_entry_that_nobody_holds_goes_also_where_the_plan_was_made_elsewhere() {
    let mut folder = held(&NAMES).await.applied_elsewhere();
    let less = wanted("a", &["admins"]);
    let steps = folder.plan_all(&less).await.unwrap();
    let refused = folder.apply(steps).await;
    assert_eq!(refused.keys().collect::<Vec<_>>(), ["a-protected"]);
    assert_eq!(folder.roles(), ["admins", "protected"]);
    let reason = only(&refused["a-protected"]).detail.clone();
    for words in ["apply again", "moved {", "EKSAUTH_LOCKOUT_ACK", "protected"] {
        assert!(reason.contains(words), "{words} is missing: {reason}");
    }
    assert_eq!(folder.run(&less).await, Refused::new());
    assert_eq!(folder.roles(), ["admins", "protected"]);
    assert_settled(&mut folder, &less).await;
}

#[tokio::test]
async fn a_removal_that_nobody_follows_is_made_and_judged_as_ever() {
    let mut folder = held(&NAMES).await;
    let less = wanted("a", &["admins"]);
    let refused = folder.run(&less).await;
    assert_eq!(
        refused.keys().collect::<Vec<_>>(),
        ["a-plain", "a-protected"]
    );
    assert_eq!(folder.roles(), ["admins", "plain", "protected"]);
    let less = wanted("a", &["admins", "protected"]);
    assert_eq!(folder.run(&less).await, Refused::new());
    assert_eq!(folder.roles(), ["admins", "protected"]);
}

#[tokio::test]
async fn an_entry_that_changes_with_its_address_changes_in_one_write_and_is_never_missing() {
    for order in orders(2) {
        for parallelism in [1, 2] {
            for is_new_planned_first in [true, false] {
                let mut folder = held(&["plain"]).await;
                folder.parallelism = parallelism;
                let mut b = wanted("b", &["plain"]);
                b.get_mut("b-plain").unwrap()["username"] = json!("other");
                let mut addresses = ["a-plain", "b-plain"];
                if is_new_planned_first {
                    addresses.reverse();
                }
                let mut steps = folder.plan(&b, &addresses).await.unwrap();
                steps.sort_by_key(|step| !step.is_removal());
                let refused = folder.apply(in_order(steps, &order)).await;
                assert_eq!(refused, Refused::new(), "{order:?} {parallelism}");
                assert_eq!(folder.bed.kube().count(Verb::Patch), 1);
                assert_never_missing(&folder, &["plain"]);
                let entries = folder.bed.entries(Section::MapRoles);
                assert!(entries.contains(&format!("{} other viewers", role_arn("plain"))));
                assert_settled(&mut folder, &b).await;
            }
        }
    }
}

#[tokio::test]
async fn an_address_that_comes_by_target_keeps_the_entry_when_the_old_one_goes_later() {
    let mut folder = held(&NAMES).await;
    let b = wanted("b", &NAMES);
    let steps = folder.plan(&b, &["b-admins"]).await.unwrap();
    assert_eq!(folder.apply(steps).await, Refused::new());
    assert_eq!(folder.run(&b).await, Refused::new());
    assert_eq!(folder.bed.kube().count(Verb::Patch), 0);
    assert_settled(&mut folder, &b).await;
}

#[tokio::test]
async fn a_create_that_fails_after_its_removal_was_skipped_finds_the_entry_next_time() {
    let mut folder = held(&["plain"]).await;
    folder.parallelism = 1;
    let b = wanted("b", &["plain"]);
    let mut steps = folder.plan_all(&b).await.unwrap();
    steps.sort_by_key(|step| !step.is_removal());
    folder
        .bed
        .kube()
        .on_next(Verb::Get, Fault::Refuse(ErrorKind::Service));
    let refused = folder.apply(steps).await;
    assert_eq!(refused.keys().collect::<Vec<_>>(), ["b-plain"]);
    assert!(folder.state.is_empty());
    assert_eq!(folder.run(&b).await, Refused::new());
    assert_eq!(folder.bed.kube().count(Verb::Patch), 0);
    assert_settled(&mut folder, &b).await;
}

/// The same entry under two addresses; the second says something else of it if `username` does.
fn doubled(username: &str) -> Wanted {
    let mut both = wanted("a", &["plain"]);
    both.insert("b".to_owned(), role_config("plain", username, &["viewers"]));
    both
}

#[tokio::test]
async fn two_new_resources_for_one_entry_are_told_at_plan_by_the_later() {
    for username in ["plain", "other"] {
        let mut folder = WorkingFolder::new("");
        let refused = folder.plan_all(&doubled(username)).await.err().unwrap();
        let told = only(&refused);
        assert_eq!(told.summary, "Two Resources For One Entry");
        assert_eq!(
            told.detail,
            format!(
                "`eksauth_aws_auth_role` with `{arn}` and `eksauth_aws_auth_role` with `{arn}` both hold the entry `{arn}` of mapRoles in aws-auth \
                 of cluster `prod`, and there can be only one of it. Remove one of the two resources.",
                arn = role_arn("plain")
            )
        );
    }
}

#[tokio::test]
async fn two_resources_of_the_state_for_one_entry_never_write_in_turns_and_go_together() {
    let mut folder = held(&["plain"]).await;
    let second = folder.state["a-plain"].clone();
    folder.state.insert("b".to_owned(), second);
    let both = doubled("other");
    for _ in 0..2 {
        let steps = folder.plan_all(&both).await.unwrap();
        let refused = folder.apply(steps).await;
        assert_eq!(titles(&refused["b"]), ["Two Resources For One Entry"]);
        assert_eq!(refused.len(), 1);
        assert_eq!(folder.bed.kube().count(Verb::Patch), 0);
    }
    let one = wanted("a", &["plain"]);
    let steps = folder.plan_all(&one).await.unwrap();
    assert_eq!(folder.apply(steps).await, Refused::new());
    assert_eq!(folder.bed.kube().count(Verb::Patch), 0);
    let second = folder.state["a-plain"].clone();
    folder.state.insert("b".to_owned(), second);
    assert_eq!(folder.run(&Wanted::new()).await, Refused::new());
    assert_eq!(folder.bed.kube().count(Verb::Patch), 1);
    assert_eq!(folder.roles(), ["admins", "protected"]);
}

#[tokio::test]
async fn a_replacement_is_not_taken_for_two_resources_and_writes_nothing() {
    let mut folder = held(&["plain"]).await;
    let config = wanted("a", &["plain"])["a-plain"].clone();
    let (planned, notes) = folder.plan_replacement("a-plain", &config).await;
    assert_eq!(titles(&notes), Vec::<&str>::new());
    assert_eq!(folder.apply(planned).await, Refused::new());
    assert_eq!(folder.bed.kube().count(Verb::Patch), 0);
}

#[tokio::test]
async fn a_removal_that_is_warned_of_waits_at_plan_for_who_holds_the_entry() {
    let folder = held(&NAMES).await;
    let alone = folder.warnings_beside("a-admins", None).await;
    assert!(!titles(&alone).is_empty());
    let config = wanted("b", &NAMES)["b-admins"].clone();
    let beside = folder.warnings_beside("a-admins", Some(config)).await;
    assert_eq!(titles(&beside), Vec::<&str>::new());
}
