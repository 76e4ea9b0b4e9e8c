use super::*;

#[tokio::test]
async fn the_same_entry_is_taken_over_with_a_note_and_removed_by_destroy() {
    let bed = Bed::lived_in();
    let before = bed.kube().aws_auth();
    let step = bed.step(AwsAuthUserResource::new());
    let config = json!({ "userarn": "arn:aws:iam::111122223333:user/people/alice", "username": "alice", "groups": ["view"] });
    let state = step.create(config).await.unwrap();
    assert_eq!(state.model.adopted, Attr::Known(true));
    assert_eq!(bed.kube().aws_auth(), before);
    let warnings = step.take_warnings();
    assert_eq!(
        titles(&warnings),
        ["Entry Will Be Taken Over", "Entry Taken Over"]
    );
    assert_eq!(
        warnings.iter().next().unwrap().detail,
        "aws-auth of cluster `prod` has this already, with the same meaning:\n\n\
         \x20 arn:aws:iam::111122223333:user/people/alice (username `alice`, groups `view`)\n\n\
         Apply takes it over and writes nothing of it. From then on it is managed here, and a removal of the resource removes it."
    );
    bed.step(AwsAuthUserResource::new())
        .delete(&state)
        .await
        .unwrap();
    assert_eq!(bed.entries(Section::MapUsers), Vec::<String>::new());
}

#[tokio::test]
async fn another_entry_of_the_role_is_refused_with_both_and_the_import_block() {
    let bed = Bed::new(&[(
        "mapRoles",
        "- rolearn: arn:aws:iam::111122223333:role/dev\n  username: root\n  groups: [system:masters]\n",
    )]);
    bed.make_role("/teams/", "dev");
    let step = bed.step(AwsAuthRoleResource::new());
    let planned = step
        .plan_create(role_config("teams/dev", "dev", &["dev"]))
        .await
        .unwrap();
    assert_eq!(titles(&step.take_warnings()), ["Entry Exists Already"]);
    let failure = step.apply(planned).await.unwrap_err();
    assert_eq!(
        only(&failure.diagnostics).detail,
        "aws-auth of cluster `prod` has another entry for `arn:aws:iam::111122223333:role/dev`:\n\n\
         \x20 there    username `root`, groups `system:masters` (mapRoles, line 1)\n\
         \x20 wanted   username `dev`, groups `dev`\n\
         \x20 differs  username: `root` is there, `dev` is wanted\n\
         \x20 differs  groups: `system:masters` only there, `dev` only wanted\n\n\
         Nothing of it was changed. To take it over, import it:\n\n\
         import {\n  to = eksauth_aws_auth_role.NAME\n  id = \"prod#arn:aws:iam::111122223333:role/dev\"\n}\n\n\
         The next plan then shows what would change. Or have this resource overwrite what is there: `on_conflict = \"adopt\"`."
    );
    let mut config = role_config("teams/dev", "dev", &["dev"]);
    config["on_conflict"] = json!("adopt");
    let step = bed.step(AwsAuthRoleResource::new());
    let state = step.create(config).await.unwrap();
    assert_eq!(state.model.adopted, Attr::Known(true));
    assert_eq!(
        titles(&step.take_warnings()),
        ["Entry Will Be Overwritten", "Entry Overwritten"]
    );
    assert_eq!(
        bed.entries(Section::MapRoles),
        [format!("{} dev dev", role_arn("dev"))]
    );
}

#[tokio::test]
async fn a_removal_takes_all_equal_entries_and_says_so() {
    let entry = "- rolearn: arn:aws:iam::111122223333:role/dev\n  username: dev\n";
    let bed = Bed::new(&[("mapRoles", &format!("{entry}{entry}"))]);
    let step = bed.step(AwsAuthRoleResource::new());
    let state = step.create(role_config("dev", "dev", &[])).await.unwrap();
    let step = bed.step(AwsAuthRoleResource::new());
    step.delete(&state).await.unwrap();
    assert_eq!(titles(&step.take_warnings()), ["Duplicate Entries Removed"]);
    assert_eq!(bed.entries(Section::MapRoles), Vec::<String>::new());
}

#[tokio::test]
async fn a_removal_that_leaves_another_entry_of_the_role_says_who_still_maps_it() {
    let bed = Bed::new(&[(
        "mapRoles",
        "- rolearn: arn:aws:iam::111122223333:role/dev\n  username: shadow\n- rolearn: arn:aws:iam::111122223333:role/dev\n  username: dev\n",
    )]);
    let state = bed
        .step(AwsAuthRoleResource::new())
        .create(role_config("dev", "dev", &[]))
        .await
        .unwrap();
    let step = bed.step(AwsAuthRoleResource::new());
    step.delete(&state).await.unwrap();
    assert_eq!(titles(&step.take_warnings()), ["Principal Still Mapped"]);
    assert_eq!(
        bed.entries(Section::MapRoles),
        [format!("{} shadow ", role_arn("dev"))]
    );
}

#[tokio::test]
async fn a_role_that_does_not_exist_is_a_warning_of_the_plan_and_one_list_of_roles() {
    let bed = Bed::lived_in();
    bed.make_role("/teams/", "there");
    let step = bed.step(AwsAuthRoleResource::new());
    for name in ["teams/there", "gone", "teams/missing"] {
        let config = role_config(name, "a", &[]);
        step.plan_create(config).await.unwrap();
    }
    let warnings = step.take_warnings();
    assert_eq!(titles(&warnings), ["Role Not There Yet"; 2]);
    assert_eq!(
        warnings.iter().next().unwrap().detail,
        "IAM of account `111122223333` has no such role, and new entries of aws-auth of cluster `prod` name it:\n\n\
         \x20 arn:aws:iam::111122223333:role/gone\n\n\
         If this apply makes the role, it is not there yet: use its `arn` attribute instead of a text, so that Terraform makes the role first. If \
         not, check the name: nobody comes in by an entry whose role does not exist, and whoever makes a role of that name later has what the entry \
         gives. Finding: role.missing"
    );
    let lists = bed.cloud.iam.calls.take();
    let count = lists.iter().filter(|call| call.starts_with("ListRoles"));
    assert_eq!(count.count(), 1, "{lists:?}");

    let theirs = json!({ "rolearn": "arn:aws:iam::444455556666:role/theirs", "username": "a" });
    let step = bed.step(AwsAuthRoleResource::new());
    step.plan_create(theirs).await.unwrap();
    let denied = crate::fakes::refusal(
        ErrorKind::AccessDenied,
        "iam:ListRoles",
        "AccessDenied",
        "no",
    );
    bed.cloud.iam.calls.fail_next("ListRoles", denied);
    let step = bed.step(AwsAuthRoleResource::new());
    step.plan_create(role_config("gone", "a", &[]))
        .await
        .unwrap();
    assert_eq!(titles(&step.take_warnings()), Vec::<&str>::new());
}
