use super::*;

#[tokio::test]
async fn a_conflict_is_judged_again_on_the_newest_document_and_nothing_of_either_is_lost() {
    let bed = Bed::lived_in();
    for number in 0..3 {
        bed.kube().on_next(
            Verb::Patch,
            Fault::After(Box::new(move |kube| {
                kube.change(|map| {
                    let text = map.data.get_mut("mapRoles").unwrap();
                    text.push_str(&format!(
                        "- rolearn: {}\n  username: theirs\n",
                        role_arn(&format!("theirs{number}"))
                    ));
                });
            })),
        );
    }
    let outcomes = apply(&bed, vec![add("ours")]).await;
    assert_eq!(errors(&outcomes), [""]);
    assert_eq!(
        arns(&bed),
        ["nodes", "admins", "theirs0", "theirs1", "theirs2", "ours"]
    );
    assert_eq!(bed.kube().count(Verb::Patch), 4);
}

#[tokio::test]
async fn endless_conflicts_end_with_the_number_of_attempts() {
    let bed = Bed::lived_in();
    for _ in 0..40 {
        bed.kube()
            .on_next(Verb::Patch, Fault::Refuse(ErrorKind::Conflict));
    }
    let outcomes = apply(&bed, vec![add("ours")]).await;
    assert_eq!(errors(&outcomes), ["Too Many Conflicts"]);
    assert_eq!(bed.kube().section("mapRoles").as_deref(), Some(ROLES));
}

#[tokio::test]
async fn a_lost_answer_is_read_back_and_nothing_is_written_twice() {
    let bed = Bed::lived_in();
    bed.kube().on_next(Verb::Patch, Fault::LoseAnswer);
    let outcomes = apply(
        &bed,
        vec![add("one"), add("two"), remove(role("gone", "gone"))],
    )
    .await;
    assert_eq!(errors(&outcomes), ["", "", ""]);
    assert!(
        outcomes.iter().flatten().all(|granted| !granted.adopted),
        "what we wrote ourselves is not adopted"
    );
    assert_eq!(arns(&bed), ["nodes", "admins", "one", "two"]);
    assert_eq!(bed.kube().count(Verb::Patch), 1);

    let bed = Bed::lived_in();
    bed.kube().on_next(Verb::Patch, Fault::LoseRequest);
    assert_eq!(errors(&apply(&bed, vec![add("one")]).await), [""]);
    assert_eq!(arns(&bed), ["nodes", "admins", "one"]);
}

#[tokio::test]
async fn faults_of_the_server_are_waited_out_with_a_bound() {
    let bed = Bed::lived_in();
    for _ in 0..5 {
        bed.kube()
            .on_next(Verb::Patch, Fault::Refuse(ErrorKind::Service));
    }
    assert_eq!(errors(&apply(&bed, vec![add("one")]).await), [""]);
    assert_eq!(arns(&bed), ["nodes", "admins", "one"]);
    for _ in 0..6 {
        bed.kube()
            .on_next(Verb::Patch, Fault::Refuse(ErrorKind::Service));
    }
    assert_eq!(
        errors(&apply(&bed, vec![add("two")]).await),
        ["Cannot Write aws-auth"]
    );
    assert_eq!(arns(&bed), ["nodes", "admins", "one"]);
}

#[tokio::test]
async fn an_api_server_that_asks_for_fewer_calls_has_written_nothing() {
    let bed = Bed::lived_in();
    bed.kube()
        .on_next(Verb::Patch, Fault::Refuse(ErrorKind::Throttled));
    assert_eq!(errors(&apply(&bed, vec![add("one")]).await), [""]);
    assert_eq!(arns(&bed), ["nodes", "admins", "one"]);

    for _ in 0..6 {
        bed.kube()
            .on_next(Verb::Patch, Fault::Refuse(ErrorKind::Throttled));
    }
    let outcomes = apply(&bed, vec![add("two")]).await;
    let refused = outcomes[0].as_ref().unwrap_err().iter().next().unwrap();
    assert!(
        refused
            .detail
            .starts_with("aws-auth of cluster `prod` was not changed: "),
        "{}",
        refused.detail
    );
}

#[tokio::test]
async fn what_somebody_else_wrote_after_a_refusal_is_not_taken_for_ours() {
    let bed = Bed::lived_in();
    bed.kube()
        .on_next(Verb::Patch, Fault::Refuse(ErrorKind::Throttled));
    bed.kube()
        .on_next(Verb::Get, Fault::After(Box::new(|_| ())));
    bed.kube().on_next(
        Verb::Get,
        Fault::After(Box::new(|kube| {
            kube.change(|map| {
                let text = map.data.get_mut("mapRoles").unwrap();
                text.push_str(&format!(
                    "- rolearn: {}\n  username: two\n",
                    role_arn("two")
                ));
            });
        })),
    );
    let outcomes = apply(&bed, vec![add("two")]).await;
    assert!(outcomes[0].as_ref().unwrap().adopted);
}

#[tokio::test]
async fn a_lost_answer_keeps_the_note_of_the_empty_section() {
    let bed = Bed::new(&[("mapUsers", "[]")]);
    bed.kube().on_next(Verb::Patch, Fault::LoseAnswer);
    let outcomes = apply(&bed, vec![add("one")]).await;
    let undo = outcomes[0]
        .as_ref()
        .unwrap()
        .undo
        .get(&Section::MapRoles)
        .cloned();
    let removal = Removal {
        entry: role("one", "one"),
        undo,
        doubt: Doubt::None,
    };
    apply(
        &bed,
        vec![ChangeRequest {
            removals: vec![removal],
            ..request("one")
        }],
    )
    .await;
    assert_eq!(bed.kube().section("mapRoles"), None);
}

#[tokio::test]
async fn a_missing_config_map_is_made_also_when_it_disappears_meanwhile() {
    let bed = Bed::without_aws_auth();
    assert_eq!(errors(&apply(&bed, vec![add("one")]).await), [""]);
    assert_eq!(arns(&bed), ["one"]);
    bed.kube()
        .on_next(Verb::Patch, Fault::After(Box::new(|kube| kube.remove())));
    assert_eq!(errors(&apply(&bed, vec![add("two")]).await), [""]);
    assert_eq!(arns(&bed), ["two"]);
    bed.kube().remove();
    bed.kube().on_next(
        Verb::Create,
        Fault::After(Box::new(|kube| kube.write(&[("mapRoles", ROLES)]))),
    );
    assert_eq!(errors(&apply(&bed, vec![add("three")]).await), [""]);
    assert_eq!(arns(&bed), ["nodes", "admins", "three"]);
}

#[tokio::test]
async fn what_the_server_stored_differently_is_an_error() {
    let bed = Bed::lived_in();
    bed.kube().on_next(
        Verb::Patch,
        Fault::Rewrite(|data| drop(data.insert("mapRoles".to_owned(), ROLES.to_owned()))),
    );
    bed.kube().change(|map| {
        drop(
            map.data
                .insert("mapRoles".to_owned(), format!("{ROLES}# end\n")),
        )
    });
    assert_eq!(
        errors(&apply(&bed, vec![add("dev")]).await),
        ["API Server Stored Something Else"]
    );

    let bed = Bed::lived_in();
    bed.kube().on_next(
        Verb::Patch,
        Fault::Rewrite(|data| data.get_mut("mapRoles").unwrap().push_str("# seen\n")),
    );
    assert_eq!(
        errors(&apply(&bed, vec![add("dev")]).await),
        [""],
        "another comment is no broken promise"
    );
}

#[tokio::test]
async fn writers_of_several_processes_lose_nothing() {
    let bed = Bed::lived_in();
    let processes = (0..10).map(|process| {
        let bed = &bed;
        async move {
            for number in 0..5 {
                let outcomes = apply(bed, vec![add(&format!("p{process}n{number}"))]).await;
                assert_eq!(errors(&outcomes), [""]);
            }
        }
    });
    join_all(processes).await;
    assert_eq!(arns(&bed).len(), 52);
    assert_eq!(bed.kube().history().len(), 51, "every write is counted");
}
