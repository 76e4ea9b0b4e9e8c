use super::*;
use crate::authenticator::identity_mapping::{
    CustomResource, Mappings, RawMapping, UserIdStrict, compared_objects,
};

const ARN: &str = "arn:aws:iam::111122223333:role/dev";

fn found(entries: &[ComparedEntry<'_>]) -> Vec<(EntryList, usize, &'static str, Severity)> {
    backend_findings(entries)
        .into_iter()
        .map(|finding| (finding.list, finding.index, finding.id, finding.severity))
        .collect()
}

fn mapping(arn: &str, username: &str) -> RawMapping {
    RawMapping {
        arn: arn.to_owned(),
        username: username.to_owned(),
        ..RawMapping::default()
    }
}

fn file(entries: &str, strict: UserIdStrict) -> DynamicFile {
    DynamicFile::parse(entries, strict).unwrap()
}

#[test]
fn a_configuration_file_takes_sessions_and_no_paths() {
    let mappings = Mappings {
        roles: vec![
            mapping("arn:aws:iam::111122223333:role/teams/dev", "path"),
            mapping("arn:aws:sts::111122223333:assumed-role/dev/eve", "session"),
            mapping(
                "arn:aws:sts::111122223333:assumed-role/teams/dev/eve",
                "both",
            ),
            mapping(ARN, "again"),
            mapping("arn:aws:iam::111122223333:role/DEV", "last"),
            mapping("arn:aws:iam::11112222333:role/dev", "short"),
            mapping("arn:aws:iam:eu-west-1:111122223333:role/dev", "region"),
            mapping("arn:aws:iam::111122223333:role/ok", " "),
        ],
        users: vec![
            mapping("ARN:aws:iam::111122223333:USER/people/Eve", "eve"),
            mapping("arn:aws:iam::111122223333:user/people/eve", "eve"),
        ],
        accounts: Vec::new(),
    };
    use EntryList::{Roles, Users};
    use Severity::{Error, Warning};
    assert_eq!(
        found(&mappings.compared()),
        [
            (Roles, 0, "lockout.rolearn_has_path", Error),
            (Roles, 0, "mapping.duplicate_arn", Warning),
            (Roles, 1, "mapping.duplicate_arn", Warning),
            (Roles, 2, "lockout.rolearn_is_sts_arn", Error),
            (Roles, 3, "mapping.duplicate_arn", Warning),
            (Roles, 5, "lockout.arn_never_matches", Error),
            (Roles, 6, "lockout.arn_never_matches", Error),
            (Roles, 7, "username.empty", Error),
            (Users, 0, "mapping.duplicate_arn", Warning),
        ]
    );
    let first = backend_findings(&mappings.compared()).remove(0);
    assert_eq!(
        first.to_string(),
        "mapRoles[0]: error: `arn:aws:iam::111122223333:role/teams/dev` has a path, and the authenticator sees no path; write \
         `arn:aws:iam::111122223333:role/dev` (lockout.rolearn_has_path)"
    );
}

#[test]
fn a_dynamic_file_takes_paths_under_strict_ids_only() {
    let text = r#"{"mapRoles":[
        {"rolearn":"arn:aws:iam::111122223333:role/teams/dev","userid":"AROA1","username":"a"},
        {"rolearn":"arn:aws:sts::111122223333:assumed-role/dev/eve","userid":"AROA1","username":"b"},
        {"rolearn":"not-an-arn","userid":"AROA3","username":""}],
        "mapUsers":[{"userarn":"arn:aws:iam::111122223333:user/eve","userid":"AROA1","username":"c"}]}"#;
    use EntryList::Roles;
    use Severity::{Error, Warning};
    assert_eq!(
        found(&file(text, UserIdStrict::No).compared()),
        [
            (Roles, 0, "lockout.rolearn_has_path", Error),
            (Roles, 2, "lockout.arn_never_matches", Error),
            (Roles, 2, "username.empty", Error),
        ]
    );
    assert_eq!(
        found(&file(text, UserIdStrict::Yes).compared()),
        [
            (Roles, 0, "mapping.duplicate_arn", Warning),
            (Roles, 1, "lockout.rolearn_is_sts_arn", Error),
            (Roles, 2, "lockout.arn_never_matches", Error),
            (Roles, 2, "username.empty", Error),
        ]
    );
}

#[test]
fn a_principal_that_was_made_anew_is_told_from_one_that_is_unknown() {
    let caller = |arn: &str, id: &str| Caller {
        canonical_arn: arn.to_owned(),
        user_id: id.to_owned(),
        ..Caller::default()
    };
    let text = r#"{"mapRoles":[{"rolearn":"arn:aws:iam::111122223333:role/teams/Dev","userid":"AROAOLD","username":"a"}],
        "mapUsers":[{"userarn":"arn:aws:iam::111122223333:user/eve","userid":"AIDAOLD","username":"b"},{"userid":"AIDAANY","username":"c"}]}"#;
    let file = file(text, UserIdStrict::Yes);
    let recreated = |arn: &str, id: &str| {
        recreated_principal(&file, &caller(arn, id)).map(|finding| (finding.list, finding.index))
    };
    assert_eq!(recreated(ARN, "AROANEW"), Some((EntryList::Roles, 0)));
    assert_eq!(
        recreated("arn:aws:iam::111122223333:user/eve", "AIDANEW"),
        Some((EntryList::Users, 0))
    );
    assert_eq!(recreated(ARN, "AROAOLD"), None);
    assert_eq!(
        recreated("arn:aws:iam::111122223333:role/other", "AROANEW"),
        None
    );
    let by_arn = DynamicFile::parse(text, UserIdStrict::No);
    assert_eq!(by_arn, None, "an entry without an ARN is refused there");
}

#[test]
fn objects_that_stand_twice_answer_at_random() {
    let object = |arn: &str, username: &str| CustomResource {
        arn: arn.to_owned(),
        username: username.to_owned(),
        groups: Vec::new(),
    };
    let objects = [
        object(ARN, "a"),
        object("arn:aws:iam::111122223333:role/teams/dev", "b"),
        object("ARN:AWS:IAM::111122223333:ROLE/DEV", "c"),
        object("", "d"),
    ];
    use EntryList::Objects;
    assert_eq!(
        found(&compared_objects(&objects)),
        [
            (Objects, 0, "mapping.duplicate_arn", Severity::Error),
            (Objects, 1, "lockout.rolearn_has_path", Severity::Error),
            (Objects, 3, "lockout.arn_never_matches", Severity::Error),
        ]
    );
}
