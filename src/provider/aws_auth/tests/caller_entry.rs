use super::*;

#[tokio::test]
async fn the_own_entry_goes_last() {
    let bed = Bed::lived_in();
    apply(&bed, vec![add("one"), add("two")]).await;
    let outcomes = apply(
        &bed,
        vec![
            remove(admins()),
            remove(role("one", "one")),
            remove(role("two", "two")),
        ],
    )
    .await;
    assert_eq!(errors(&outcomes), ["", "", ""]);
    let has_admins: Vec<bool> = bed
        .kube()
        .history()
        .iter()
        .map(|data| data["mapRoles"].contains("role/admins"))
        .collect();
    assert_eq!(has_admins, [true, true, true, false]);
    assert_eq!(arns(&bed), ["nodes"]);
}

#[tokio::test]
async fn the_own_entry_stays_if_anything_before_it_failed() {
    let bed = Bed::lived_in();
    let stale = remove(role("nodes", "not what is there"));
    let outcomes = apply(&bed, vec![remove(admins()), stale]).await;
    assert_eq!(
        errors(&outcomes),
        [
            "The Caller's Own Entry Was Not Changed",
            "Entry Changed Meanwhile"
        ]
    );
    bed.kube()
        .on_next(Verb::Patch, Fault::Refuse(ErrorKind::Unreachable));
    let outcomes = apply(&bed, vec![remove(admins()), add("one")]).await;
    assert_eq!(
        errors(&outcomes),
        [
            "The Caller's Own Entry Was Not Changed",
            "Cannot Write aws-auth"
        ]
    );
    assert_eq!(arns(&bed), ["nodes", "admins"]);
}

#[tokio::test]
async fn a_rename_of_the_own_entry_is_one_write() {
    let bed = Bed::lived_in();
    let renamed = ChangeRequest {
        upserts: vec![Upsert {
            entry: admins(),
            prior: None,
            on_conflict: OnConflict::Error,
        }],
        ..request("admins")
    };
    assert_eq!(
        errors(&apply(&bed, vec![remove(admins()), renamed, add("one")]).await),
        ["", "", ""]
    );
    assert!(
        bed.kube()
            .history()
            .iter()
            .all(|data| data["mapRoles"].contains("role/admins"))
    );
}
