//! Two entries of one user whose ARNs differ in case: the server answers with either.

use super::*;

const AS_ASKED: &str = "arn:aws:iam::111122223333:user/people/carol";
const VARIANT: &str = "arn:aws:iam::111122223333:user/People/Carol";

fn spellings() -> Bed {
    let users = format!(
        "# hers\n- userarn: {AS_ASKED}\n  username: carol # kept\n# another\n- userarn: {VARIANT}\n  username: carol2\n"
    );
    Bed::new(&[("mapUsers", &users)])
}

fn ask(username: &str, on_conflict: OnConflict) -> ChangeRequest {
    let entry = Entry::User {
        userarn: AS_ASKED.to_owned(),
        username: username.to_owned(),
        groups: Vec::new(),
    };
    let upsert = Upsert {
        entry,
        prior: None,
        on_conflict,
    };
    ChangeRequest::upsert("eksauth_aws_auth_user", AS_ASKED, upsert)
}

#[tokio::test]
async fn an_entry_that_answers_only_sometimes_is_not_there_already() {
    for username in ["carol", "carol2"] {
        let bed = spellings();
        let outcomes = apply(&bed, vec![ask(username, OnConflict::Error)]).await;
        assert_eq!(errors(&outcomes), ["Entry Exists Already"]);
        let refused = outcomes[0].as_ref().unwrap_err().iter().next().unwrap();
        for arn in [AS_ASKED, VARIANT] {
            let named = format!("there    `{arn}`: ");
            assert!(refused.detail.contains(&named), "{}", refused.detail);
        }
    }
}

#[tokio::test]
async fn adopting_keeps_the_entry_that_is_spelled_as_asked() {
    for username in ["carol", "carol2"] {
        let bed = spellings();
        let outcomes = apply(&bed, vec![ask(username, OnConflict::Adopt)]).await;
        assert_eq!(errors(&outcomes), [""]);
        let left = bed.entries(Section::MapUsers);
        assert_eq!(left, [format!("{AS_ASKED} {username} ")]);
        let text = bed.kube().section("mapUsers").unwrap();
        assert!(text.starts_with("# hers\n"), "{text}");
    }
}
