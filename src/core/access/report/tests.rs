use super::*;
use crate::access::cluster_access::{Grant, Principal, Rule};

const ADMIN: &str = "arn:aws:iam::111122223333:role/admins";
const DEV: &str = "arn:aws:iam::111122223333:role/developers";

fn granted(username: &str) -> Access {
    Access::Granted(Grant {
        username: username.to_owned(),
        groups: vec!["system:masters".to_owned()],
        policies: Vec::new(),
        rule: Rule::Role { index: 0, line: 1 },
    })
}

fn comparisons() -> [Comparison; 2] {
    [
        Comparison {
            principal: Principal::from_arn(DEV),
            before: granted("developer"),
            after: Access::None,
            change: AccessChange::Loses,
        },
        Comparison {
            principal: Principal::from_arn(ADMIN),
            before: granted("admin"),
            after: granted("admin"),
            change: AccessChange::Same,
        },
    ]
}

#[test]
fn rows_have_everyone_whom_the_change_concerns() {
    assert_eq!(
        changed_rows(&comparisons(), Appliers::default()),
        [[DEV, "developer · system:masters", "–", "loses everything"]]
    );
    assert_eq!(counts(&comparisons()), "1 lose");
}

#[test]
fn a_refusal_also_shows_who_applies_and_marks_who_runs_the_step() {
    let arns = [ADMIN.to_owned(), DEV.to_owned()];
    let appliers = Appliers {
        arns: &arns,
        you: Some(DEV),
        enters_by: Some("access as somebody who loses it shows what it was"),
    };
    assert_eq!(
        refusal_table(&comparisons(), appliers),
        "  who                                                        before                      after\n\
         \x20 arn:aws:iam::111122223333:role/developers (you)            developer · system:masters  no access\n\
         \x20 arn:aws:iam::111122223333:role/admins (applies this plan)  admin · system:masters      unchanged\n"
    );
}

#[test]
fn one_role_in_two_spellings_is_one_row_and_counts_once() {
    let spelled = |name: &str, after: Access| Comparison {
        principal: Principal::from_arn(&format!("arn:aws:iam::111122223333:role/{name}")),
        before: granted("developer"),
        after,
        change: AccessChange::Loses,
    };
    let both = [
        spelled("Developers", Access::None),
        spelled("developers", Access::None),
    ];
    assert_eq!(
        changed_rows(&both, Appliers::default()),
        [[
            "arn:aws:iam::111122223333:role/Developers",
            "developer · system:masters",
            "–",
            "loses everything"
        ]]
    );
    assert_eq!(counts(&both), "1 lose");
    let arns = [DEV.to_owned()];
    let appliers = Appliers {
        arns: &arns,
        you: Some(DEV),
        enters_by: None,
    };
    assert_eq!(
        refusal_table(&both, appliers),
        "  who                                              before                      after\n\
         \x20 arn:aws:iam::111122223333:role/developers (you)  developer · system:masters  no access\n"
    );
    let apart = [
        spelled("Developers", Access::None),
        spelled("developers", granted("reader")),
    ];
    assert_eq!(changed_rows(&apart, Appliers::default()).len(), 2);
}
