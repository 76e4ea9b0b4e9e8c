//! A `for_each` key renamed: a removal and a create that nothing orders.

use tf_provider::testing::Action;

use super::walks::{Refused, Step, Wanted, WorkingFolder, orders};
use super::*;
use crate::fakes::kubernetes::Verb;

/// The running identity and last admin, a protected principal, and others; aws-auth lists them as a person wrote it.
const ROLES: &str = "\
# written by hand
- {rolearn: arn:aws:iam::111122223333:role/admins, username: admins, groups: [system:masters]}
- rolearn:   arn:aws:iam::111122223333:role/protected
  username: protected   # never to go
  groups: [viewers]
- rolearn: arn:aws:iam::111122223333:role/plain
  username: plain
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
}

#[tokio::test]
async fn every_order_of_a_rename_writes_nothing_and_is_never_refused() {
    let (a, b) = (wanted("a", &NAMES), wanted("b", &NAMES));
    let addresses: Vec<&str> = a.keys().chain(b.keys()).map(String::as_str).collect();
    for (number, order) in orders(addresses.len()).into_iter().enumerate() {
        let mut folder = held(&NAMES).await;
        folder.parallelism = [1, 2, 3, 10][number % 4];
        // Another order at plan than at apply.
        let mut planned_in: Vec<&str> = order.iter().map(|at| addresses[*at]).collect();
        planned_in.rotate_left(number % 6);
        let steps = folder.plan(&b, &planned_in).await.unwrap();
        let refused = folder.apply(in_order(steps, &order)).await;
        let told = format!("planned {planned_in:?}, applied {order:?}");
        assert_eq!(refused, Refused::new(), "{told}");
        assert_eq!(folder.bed.kube().count(Verb::Patch), 0, "{told}");
        assert_eq!(folder.bed.kube().section("mapRoles").unwrap(), ROLES);
        assert_settled(&mut folder, &b).await;
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
