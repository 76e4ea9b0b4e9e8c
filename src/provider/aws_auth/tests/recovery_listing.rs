//! What other runs, and people, do to the copies while a run goes on.

use super::recovery::{cost, keeping, labelled};
use super::*;
use crate::session::recent::MOMENT;

#[tokio::test]
async fn a_copy_that_somebody_removed_during_the_run_is_made_again() {
    let bed = Bed::lived_in();
    apply(&bed, vec![add("one"), add("two"), add("three")]).await;
    let client = keeping(&bed);
    asked(&bed, &client, vec![remove(role("one", "one"))]).await;
    let copies: Vec<String> = bed.kube().others().into_keys().collect();
    assert_eq!(copies.len(), 1);
    bed.kube().remove_other(&copies[0]);
    bed.cloud.clock.advance(MOMENT);
    let before = bed.kube().aws_auth().unwrap().data;
    asked(&bed, &client, vec![remove(role("two", "two"))]).await;
    let kept: Vec<_> = bed.kube().others().into_values().collect();
    assert_eq!(kept.len(), 1);
    assert_eq!(kept[0].data, before);
    bed.cloud.clock.advance(MOMENT);
    asked(&bed, &client, vec![remove(role("three", "three"))]).await;
    assert_eq!(
        cost(&bed),
        [2, 3, 0],
        "the copy that is still there is enough"
    );
}

#[tokio::test]
async fn copies_that_another_run_made_meanwhile_count_too() {
    let bed = Bed::lived_in();
    apply(&bed, vec![add("one"), add("two")]).await;
    let client = keeping(&bed);
    asked(&bed, &client, vec![remove(role("one", "one"))]).await;
    for day in 1..=5 {
        bed.kube().put_other(
            &format!("aws-auth-recovery-2024010{day}t000000000z-00000000"),
            labelled(true),
        );
    }
    bed.cloud.clock.advance(MOMENT);
    bed.kube().change(|map| {
        let text = format!("{}# meanwhile\n", map.data["mapRoles"]);
        map.data.insert("mapRoles".to_owned(), text);
    });
    asked(&bed, &client, vec![remove(role("two", "two"))]).await;
    assert_eq!(bed.kube().others().len(), 5);
}
