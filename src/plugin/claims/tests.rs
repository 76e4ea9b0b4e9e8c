use std::fs;

use super::*;

fn claim(object: &str, content: &str) -> Claim {
    Claim {
        object: object.to_owned(),
        content: Some(content.to_owned()),
    }
}

fn new(label: &str, content: &str) -> Holder {
    Holder {
        label: label.to_owned(),
        is_in_state: false,
        config: label.to_owned(),
        content: Some(content.to_owned()),
    }
}

fn planned_removal(claims: &Claims, object: &str, content: &str) -> Facts {
    let mut facts = Facts::new();
    claims.release(&mut facts, &claim(object, content));
    facts
}

#[test]
fn a_removal_knows_whether_all_of_its_group_goes() {
    let folder = tempfile::tempdir().unwrap();
    for stays in [false, true] {
        let plan = Claims::in_folder(folder.path());
        plan.note_going("group", "gone");
        let facts = planned_removal(&plan, "gone", "it");
        plan.note_staying("another group", "there");
        let is_whole = |claims: &Claims| claims.going(&facts, "group", "gone").unwrap().is_whole;
        assert!(is_whole(&plan));
        if stays {
            plan.note_staying("group", "there");
        }
        let apply = Claims::in_folder(folder.path());
        assert_eq!([is_whole(&plan), is_whole(&apply)], [!stays; 2]);
    }
}

#[test]
fn an_apply_knows_what_was_planned_before_and_after_the_removal() {
    let folder = tempfile::tempdir().unwrap();
    let plan = Claims::in_folder(folder.path().join("claims"));
    plan.hold("before", new("b", "as it is"));
    let removals = ["before", "after", "changed", "gone"]
        .map(|object| planned_removal(&plan, object, "as it is"));
    plan.hold("after", new("b", "as it is"));
    plan.hold("changed", new("b", "otherwise"));

    let apply = Claims::in_folder(folder.path().join("claims"));
    let found: Vec<Holding> = ["before", "after", "changed", "gone"]
        .iter()
        .zip(&removals)
        .map(|(object, facts)| apply.at_removal(facts, &claim(object, "as it is")))
        .collect();
    assert_eq!(
        found,
        [
            Holding::Same,
            Holding::Same,
            Holding::Changed,
            Holding::Nobody
        ]
    );
}

#[test]
fn elsewhere_an_apply_knows_what_was_planned_before_the_removal_and_no_more() {
    let (here, there) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let plan = Claims::in_folder(here.path());
    plan.hold("before", new("b", "it"));
    let before = planned_removal(&plan, "before", "it");
    let after = planned_removal(&plan, "after", "it");
    plan.hold("after", new("b", "it"));

    let apply = Claims::in_folder(there.path());
    assert_eq!(
        apply.at_removal(&before, &claim("before", "it")),
        Holding::Same
    );
    assert_eq!(
        apply.at_removal(&after, &claim("after", "it")),
        Holding::Unknown
    );
    apply.hold("after", new("b", "it"));
    assert_eq!(
        apply.at_removal(&after, &claim("after", "it")),
        Holding::Same
    );
}

#[test]
fn another_plan_of_the_same_folder_is_never_believed_by_a_removal() {
    let folder = tempfile::tempdir().unwrap();
    let earlier = Claims::in_folder(folder.path());
    earlier.hold("it", new("b", "content"));
    let plan = Claims::in_folder(folder.path());
    let removal = planned_removal(&plan, "it", "content");
    let apply = Claims::in_folder(folder.path());
    assert_eq!(
        apply.at_removal(&removal, &claim("it", "content")),
        Holding::Nobody
    );
}

#[test]
fn a_folder_that_cannot_be_written_leaves_a_removal_in_doubt() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    fs::write(&file, "").unwrap();
    let plan = Claims::in_folder(file.join("claims"));
    let removal = planned_removal(&plan, "it", "content");
    assert_eq!(
        plan.at_removal(&removal, &claim("it", "content")),
        Holding::Nobody
    );
    let apply = Claims::in_folder(file.join("claims"));
    assert_eq!(
        apply.at_removal(&removal, &claim("it", "content")),
        Holding::Unknown
    );
}

#[test]
fn a_create_finds_what_the_newest_plan_gave_up() {
    let folder = tempfile::tempdir().unwrap();
    let plan = Claims::in_folder(folder.path());
    planned_removal(&plan, "it", "old");
    plan.hold("it", new("b", "new"));
    let apply = Claims::in_folder(folder.path());
    let expected = Noted {
        is_released: true,
        is_held: false,
        is_held_otherwise: true,
        is_disputed: false,
    };
    assert_eq!(apply.noted(&claim("it", "old")), expected);
    assert_eq!(apply.noted(&claim("else", "old")), Noted::default());
}

#[test]
fn a_file_says_nothing_to_whoever_does_not_know_it_already() {
    let folder = tempfile::tempdir().unwrap();
    let plan = Claims::in_folder(folder.path());
    plan.hold("object of the admin", new("b", "masters"));
    let files: Vec<_> = fs::read_dir(folder.path()).unwrap().collect();
    let [Ok(file)] = files.as_slice() else {
        panic!("{files:?}");
    };
    let text = fs::read_to_string(file.path()).unwrap();
    assert!(text.starts_with("claims-1 "), "{text}");
    assert!(
        !text.contains("admin") && !text.contains("masters"),
        "{text}"
    );
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = file.metadata().unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
}

#[test]
fn a_line_that_was_cut_off_and_a_file_of_others_say_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let plan = Claims::in_folder(folder.path());
    let removal = planned_removal(&plan, "it", "content");
    plan.hold("it", new("b", "content"));
    let path = folder.path().join(&plan.walk.nonce);
    let text = fs::read_to_string(&path).unwrap();
    let at_removal =
        || Claims::in_folder(folder.path()).at_removal(&removal, &claim("it", "content"));
    assert_eq!(at_removal(), Holding::Same);
    fs::write(&path, &text[..text.len() - 3]).unwrap();
    assert_eq!(at_removal(), Holding::Nobody);
    fs::write(&path, "something else").unwrap();
    assert_eq!(at_removal(), Holding::Unknown);
    let mut elsewhere = removal.clone();
    elsewhere.insert(
        MARK.to_owned(),
        serde_json::json!({ "walk": "../../etc/passwd", "held": [] }),
    );
    assert_eq!(
        Claims::in_folder(folder.path()).at_removal(&elsewhere, &claim("it", "content")),
        Holding::Unknown
    );
}

#[test]
fn a_create_believes_the_plan_that_a_removal_named_before_any_newer_one() {
    let folder = tempfile::tempdir().unwrap();
    let plan = Claims::in_folder(folder.path());
    let removal = planned_removal(&plan, "it", "old");
    plan.hold("it", new("b", "new"));
    Claims::in_folder(folder.path()).hold("it", new("c", "else"));
    let apply = Claims::in_folder(folder.path());
    assert!(!apply.noted(&claim("it", "old")).is_released);
    assert_eq!(
        apply.at_removal(&removal, &claim("it", "old")),
        Holding::Changed
    );
    assert!(apply.noted(&claim("it", "old")).is_released);
}

#[test]
fn a_removal_does_not_count_on_who_has_failed_already() {
    let folder = tempfile::tempdir().unwrap();
    let plan = Claims::in_folder(folder.path());
    let removal = planned_removal(&plan, "it", "old");
    plan.hold("it", new("b", "new"));
    let apply = Claims::in_folder(folder.path());
    apply.note_failed("it");
    assert_eq!(
        apply.at_removal(&removal, &claim("it", "old")),
        Holding::Nobody
    );
}

#[test]
fn old_files_go() {
    let folder = tempfile::tempdir().unwrap();
    let (old, young) = (journal::new_nonce(), journal::new_nonce());
    let day = std::time::Duration::from_secs(24 * 60 * 60);
    for (name, age) in [(&old, 8), (&young, 6), (&"notes.txt".to_owned(), 30)] {
        let path = folder.path().join(name);
        fs::write(&path, "claims-1 \n").unwrap();
        let file = fs::File::options().write(true).open(&path).unwrap();
        file.set_modified(std::time::SystemTime::now() - day * age)
            .unwrap();
    }
    Claims::in_folder(folder.path()).hold("it", new("b", "content"));
    assert!(!folder.path().join(&old).exists());
    assert!(folder.path().join(&young).exists());
    assert!(folder.path().join("notes.txt").exists());
}

#[test]
fn who_held_something_before_is_told_to_the_later() {
    let claims = Claims::in_memory();
    assert_eq!(claims.hold("it", new("a", "x")), []);
    assert_eq!(claims.hold("it", new("b", "x")), [new("a", "x")]);
    let in_state = Holder {
        is_in_state: true,
        ..new("a", "x")
    };
    assert!(new("a", "x").is_other_than(&new("b", "x")));
    assert!(!in_state.is_other_than(&new("a", "x")), "a replacement");
    assert!(in_state.is_other_than(&new("b", "x")));
    assert!(in_state.is_other_than(&in_state));
}

#[test]
fn a_name_of_a_walk_never_stays_in_private_facts() {
    let claims = Claims::in_memory();
    let mut facts = planned_removal(&claims, "it", "content");
    unmark(&mut facts);
    assert!(facts.is_empty());
}

/// An operation of a provider that is shared.
fn planned(claims: &Claims, facts: &mut Facts) -> Claims {
    let operation = claims.clone();
    operation.begin_plan(facts);
    operation
}

/// A create that was planned twice and made.
fn made(claims: &Claims, object: &str) -> Facts {
    planned(claims, &mut Facts::new()).hold(object, new("a", "x"));
    let mut facts = Facts::new();
    planned(claims, &mut facts).hold(object, new("a", "x"));
    let operation = claims.clone();
    operation.begin_apply(&facts);
    operation.end_apply(true, &mut facts);
    facts
}

#[test]
fn an_object_of_a_shared_provider_is_not_followed_by_its_own_plans() {
    let claims = Claims::shared();
    let mut facts = made(&claims, "it");
    planned(&claims, &mut facts).hold("it", new("a", "x"));
    planned(&claims, &mut facts).release(&mut facts, &claim("it", "x"));
    let operation = claims.clone();
    operation.begin_apply(&facts);
    assert!(!operation.is_followed(&facts, &claim("it", "x")));
}

#[test]
fn an_object_of_a_shared_provider_is_followed_by_who_is_planned_after_it() {
    let claims = Claims::shared();
    let mut facts = made(&claims, "it");
    planned(&claims, &mut Facts::new()).hold("it", new("only planned", "x"));
    planned(&claims, &mut facts).release(&mut facts, &claim("it", "x"));
    let is_followed = || {
        let operation = claims.clone();
        operation.begin_apply(&facts);
        operation.is_followed(&facts, &claim("it", "x"))
    };
    assert!(!is_followed());
    let create = planned(&claims, &mut Facts::new());
    create.hold("it", new("b", "x"));
    assert!(is_followed());
    assert!(create.noted(&claim("it", "x")).is_released);
    create.note_failed("it");
    assert!(!is_followed());
}

#[test]
fn a_removal_knows_what_other_provider_configurations_of_its_plan_remove() {
    let folder = tempfile::tempdir().unwrap();
    let claims = || Claims::in_folder(folder.path());
    let (plan, other) = (claims(), claims());
    plan.note_going("group", "own");
    let facts = planned_removal(&plan, "own", "it");
    other.note_going("group", "theirs");
    other.note_going("group", "own");
    other.note_going("group", "moved");
    other.hold("moved", new("b", "it"));
    assert!(plan.going_beside(&facts, "group").is_none(), "at plan");
    let apply = claims();
    let beside = apply.going_beside(&facts, "group");
    let has = ["own", "theirs", "moved", "else"].map(|object| beside.has(object));
    assert_eq!(has, [false, true, false, false]);
    assert!(apply.going_beside(&facts, "another group").is_none());
    assert!(apply.going_beside(&Facts::new(), "group").is_none());
}

#[test]
fn a_plan_of_a_part_leaves_out_what_an_earlier_one_kept() {
    let folder = tempfile::tempdir().unwrap();
    let claims = || Claims::in_folder(folder.path());
    let earlier = claims();
    for object in ["own", "kept", "going"] {
        earlier.note_staying("group", object);
    }
    let plan = claims();
    plan.note_going("group", "own");
    plan.note_going("group", "going");
    let facts = planned_removal(&plan, "own", "it");
    let apply = claims();
    let is_left_out = ["own", "kept", "going", "unknown"]
        .map(|object| apply.is_left_out(&facts, "group", object));
    assert_eq!(is_left_out, [false, true, false, false]);
    assert!(!apply.is_left_out(&facts, "another", "kept"));
    assert!(!plan.is_left_out(&facts, "group", "kept"), "at plan");
}

#[test]
fn what_left_the_state_is_kept_by_nobody() {
    let folder = tempfile::tempdir().unwrap();
    let claims = || Claims::in_folder(folder.path());
    let earlier = claims();
    for object in ["let go", "to be made", "made", "taken"] {
        earlier.note_staying("group", object);
    }
    // What a destroy looks at first: the configuration as if all of it was to be there.
    let refresh = claims();
    for object in ["to be made", "made"] {
        refresh.note_staying("group", object);
        refresh.note_absent("group", object);
    }
    refresh.note_staying("group", "made");
    let plan = claims();
    for object in ["let go", "taken"] {
        plan.note_absent("group", object);
    }
    plan.note_staying("group", "taken");
    plan.note_going("group", "own");
    let facts = planned_removal(&plan, "own", "it");
    let is_left_out = || {
        let apply = claims();
        ["let go", "to be made", "made", "taken"]
            .map(|object| apply.is_left_out(&facts, "group", object))
    };
    assert_eq!(is_left_out(), [false, false, true, true]);
}
