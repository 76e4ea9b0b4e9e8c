use super::*;

#[tokio::test]
async fn two_resources_for_one_entry_are_both_refused_and_named() {
    let bed = Bed::lived_in();
    let mut other = add("dev");
    other.written = role_arn("teams/dev");
    let outcomes = apply(&bed, vec![add("dev"), other.clone(), add("fine")]).await;
    assert_eq!(
        errors(&outcomes),
        [
            "Two Resources For One Entry",
            "Two Resources For One Entry",
            ""
        ]
    );
    let text = format!("{:?}", outcomes[0]);
    assert!(
        text.contains("role/dev`") && text.contains("role/teams/dev`"),
        "{text}"
    );
    assert_eq!(arns(&bed), ["nodes", "admins", "fine"]);

    let client = bed.client();
    assert_eq!(errors(&asked(&bed, &client, vec![add("dev")]).await), [""]);
    assert_eq!(
        errors(&asked(&bed, &client, vec![other]).await),
        ["Two Resources For One Entry"],
        "in a later write too"
    );
}

#[tokio::test]
async fn a_renamed_key_of_for_each_is_one_write_without_a_gap() {
    for removal_first in [true, false] {
        let bed = Bed::new(&[(
            "mapRoles",
            &format!("{ROLES}- rolearn: {}\n  username: dev\n", role_arn("dev")),
        )]);
        let mut requests = vec![remove(role("dev", "dev")), add("dev")];
        requests[1].upserts[0].entry = role("dev", "developer");
        if !removal_first {
            requests.reverse();
        }
        assert_eq!(errors(&apply(&bed, requests).await), ["", ""]);
        assert_eq!(
            bed.entries(Section::MapRoles)[2..],
            [format!("{} developer ", role_arn("dev"))]
        );
        assert_eq!(bed.kube().count(Verb::Patch), 1);
    }
}

#[tokio::test]
async fn a_removal_after_its_successor_was_written_leaves_the_entry() {
    let bed = Bed::new(&[(
        "mapRoles",
        &format!("{ROLES}- rolearn: {}\n  username: dev\n", role_arn("dev")),
    )]);
    let client = bed.client();
    assert_eq!(errors(&asked(&bed, &client, vec![add("dev")]).await), [""]);
    assert_eq!(
        errors(&asked(&bed, &client, vec![remove(role("dev", "dev"))]).await),
        [""]
    );
    assert_eq!(arns(&bed), ["nodes", "admins", "dev"]);
}

#[tokio::test]
async fn two_resources_may_swap_their_arns() {
    let bed = Bed::lived_in();
    apply(&bed, vec![add("a"), add("b")]).await;
    let swapped = vec![
        change("b", role("a", "a"), role("b", "a")),
        change("a", role("b", "b"), role("a", "b")),
    ];
    assert_eq!(errors(&apply(&bed, swapped).await), ["", ""]);
    assert_eq!(
        bed.entries(Section::MapRoles)[2..],
        [
            format!("{} a ", role_arn("b")),
            format!("{} b ", role_arn("a"))
        ]
    );
}

/// A list that is shifted under `count`: each entry passes to another address, word for word.
#[tokio::test]
async fn entries_that_pass_from_one_to_the_next_are_all_there_afterwards() {
    let names = ["a", "b", "c", "d"];
    let shifted = |by: usize| -> Vec<ChangeRequest> {
        let next = |position: usize| names[(position + by) % names.len()];
        let pass = |(position, name): (usize, &&str)| {
            let to = next(position);
            change(to, role(name, name), role(to, to))
        };
        names.iter().enumerate().map(pass).collect()
    };
    for by in 1..names.len() {
        let bed = Bed::lived_in();
        apply(&bed, names.map(add).to_vec()).await;
        let before = bed.kube().section("mapRoles");
        let none = vec![""; names.len()];
        assert_eq!(errors(&apply(&bed, shifted(by)).await), none);
        assert_eq!(bed.kube().section("mapRoles"), before, "by {by}");
        for first in 0..names.len() {
            let (bed, mut one_by_one) = (Bed::lived_in(), shifted(by));
            apply(&bed, names.map(add).to_vec()).await;
            one_by_one.rotate_left(first);
            for is_reversed in [false, true] {
                if is_reversed {
                    one_by_one.reverse();
                }
                let client = bed.client();
                for request in one_by_one.clone() {
                    assert_eq!(errors(&asked(&bed, &client, vec![request]).await), [""]);
                }
                let mut there = arns(&bed);
                there.sort();
                assert_eq!(there, ["a", "admins", "b", "c", "d", "nodes"], "by {by}");
            }
        }
    }
}

/// One of them goes on to something new.
#[tokio::test]
async fn an_entry_that_another_comes_to_is_not_turned_into_something_else() {
    for is_reversed in [false, true] {
        let bed = Bed::lived_in();
        apply(&bed, vec![add("a"), add("b")]).await;
        let mut requests = vec![
            change("new", role("a", "a"), role("new", "new")),
            change("a", role("b", "b"), role("a", "a")),
        ];
        if is_reversed {
            requests.reverse();
        }
        assert_eq!(errors(&apply(&bed, requests).await), ["", ""]);
        let mut there = arns(&bed);
        there.sort();
        assert_eq!(there, ["a", "admins", "new", "nodes"]);
    }
}

#[tokio::test]
async fn an_exclusive_map_beside_entries_is_refused_with_the_reason() {
    let map = ChangeRequest {
        resource: "eksauth_aws_auth",
        ownership: Ownership::ExclusiveMap,
        ..add("dev")
    };
    let bed = Bed::lived_in();
    assert_eq!(
        errors(&apply(&bed, vec![map.clone(), add("ops")]).await),
        ["Exclusive Map Beside Other Resources", ""]
    );
    let client = bed.client();
    assert_eq!(errors(&asked(&bed, &client, vec![map]).await), [""]);
    assert_eq!(
        errors(&asked(&bed, &client, vec![add("late")]).await),
        ["Exclusive Map Beside Other Resources"]
    );
    assert_eq!(
        errors(&asked(&bed, &client, vec![remove(role("ops", "ops"))]).await),
        [""],
        "leaving is allowed"
    );
}
