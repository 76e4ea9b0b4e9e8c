use super::*;
use eksauth_core::aws_auth::Section;

use eksauth_core::access::access_entry::AuthenticationMode;
use eksauth_core::access::cluster_access::Knowledge;
use serde_json::json;

const ADMIN: &str = "- rolearn: arn:aws:iam::111122223333:role/admin\n  username: admin\n  groups: [system:masters]\n";
const DEV: &str =
    "- rolearn: arn:aws:iam::111122223333:role/dev\n  username: dev\n  groups: [viewers]\n";

fn data(texts: &[(&str, &str)]) -> BTreeMap<String, String> {
    let texts = texts.iter();
    texts
        .map(|(key, text)| ((*key).to_owned(), (*text).to_owned()))
        .collect()
}

fn copy(name: &str, roles: &str) -> RecoveryCopy {
    RecoveryCopy {
        name: name.to_owned(),
        data: data(&[("mapRoles", roles), ("notes", "old")]),
        kept_at: Some("2025-01-01T00:00:00Z".to_owned()),
        changed_by: Some("arn:aws:iam::111122223333:role/admin".to_owned()),
        resources: vec![
            "`eksauth_aws_auth_role` with `arn:aws:iam::111122223333:role/dev`".to_owned(),
        ],
        resource_version: Some("7".to_owned()),
    }
}

fn difference(now: &BTreeMap<String, String>, copy: &RecoveryCopy) -> Difference {
    let beside = Beside {
        mode: AuthenticationMode::ConfigMap,
        access_entries: Knowledge::Known(Vec::new()),
    };
    let after = restored(now, &copy.data);
    Difference {
        text: diff(now, &after),
        comparisons: access_changes(&beside, now, &after),
    }
}

#[test]
fn only_sections_that_differ_are_put_back_and_other_keys_stay() {
    let now = data(&[("mapRoles", ADMIN), ("mapUsers", "[]"), ("notes", "new")]);
    let copy = copy("a", &format!("{ADMIN}{DEV}"));
    assert_eq!(
        restored(&now, &copy.data),
        data(&[("mapRoles", &format!("{ADMIN}{DEV}")), ("notes", "new")])
    );
    assert_eq!(
        SectionReplacement::between(&now, &copy.data),
        [
            SectionReplacement {
                section: Section::MapRoles,
                from: Some(ADMIN.to_owned()),
                to: Some(format!("{ADMIN}{DEV}")),
            },
            SectionReplacement {
                section: Section::MapUsers,
                from: Some("[]".to_owned()),
                to: None,
            },
        ]
    );
}

#[test]
fn a_list_says_when_by_whom_what_and_who_would_gain() {
    let now = data(&[("mapRoles", ADMIN)]);
    let (one, same) = (
        copy("copy-1", &format!("{ADMIN}{DEV}")),
        copy("copy-2", ADMIN),
    );
    let listed = [same, one].map(|copy| Listed {
        difference: difference(&now, &copy),
        copy,
    });
    assert_eq!(
        report::list("prod", &listed),
        "copy-2\n  kept                2025-01-01T00:00:00Z\n  before a change by  arn:aws:iam::111122223333:role/admin\n  of                  \
         `eksauth_aws_auth_role` with `arn:aws:iam::111122223333:role/dev`\n  putting it back     it is what stands there now\n\n\
         copy-1\n  kept                2025-01-01T00:00:00Z\n  before a change by  arn:aws:iam::111122223333:role/admin\n  of                  \
         `eksauth_aws_auth_role` with `arn:aws:iam::111122223333:role/dev`\n  putting it back     1 principal gains access\n\n\
         show one with: terraform-provider-eksauth restore --cluster prod NAME\n"
    );
    let program = report::list_json("prod", &listed);
    assert_eq!(
        program["copies"][1]["difference"]["principals"][0]["change"],
        json!("gains")
    );
    assert!(report::list("prod", &[]).starts_with("cluster `prod` has no copies of aws-auth"));
}

#[test]
fn a_copy_is_shown_as_a_diff_and_as_who_gains_and_loses() {
    let now = data(&[("mapRoles", ADMIN)]);
    let copy = copy("copy-1", DEV);
    let difference = difference(&now, &copy);
    assert_eq!(
        report::restore(&copy, &difference, report::NOT_CONFIRMED, None),
        "--- aws-auth mapRoles\n+++ aws-auth mapRoles\n@@ -1,3 +1,3 @@\n-- rolearn: arn:aws:iam::111122223333:role/admin\n-  username: admin\n\
         -  groups: [system:masters]\n+- rolearn: arn:aws:iam::111122223333:role/dev\n+  username: dev\n+  groups: [viewers]\n\n\
         \x20 who                                   now                     then\n\
         \x20 arn:aws:iam::111122223333:role/admin  admin · system:masters  –              loses everything\n\
         \x20 arn:aws:iam::111122223333:role/dev    –                       dev · viewers  gains\n\n\
         nothing was written; --yes puts it back without a question\n"
    );
    let program = report::restore_json(&copy, &difference, report::DONE, None);
    assert_eq!(
        (&program["outcome"], &program["reasons"]),
        (&json!("restored"), &json!([]))
    );
}

#[test]
fn a_copy_that_does_not_parse_is_refused_with_its_line() {
    let refused = check_readable(&copy("copy-1", "- rolearn: a\n\tusername: b\n")).unwrap_err();
    assert!(
        refused.to_string().contains("mapRoles, line 2, column 1"),
        "{refused}"
    );
    assert!(check_readable(&copy("copy-1", ADMIN)).is_ok());
}

#[test]
fn a_name_that_is_not_there_is_answered_with_those_that_are() {
    assert_eq!(
        missing("x", &[copy("copy-1", "")]).to_string(),
        "there is no copy `x`; there are copy-1"
    );
    assert_eq!(
        missing("x", &[]).to_string(),
        "there is no copy `x`, and no other one"
    );
}

/// Somebody who answers, or nobody.
struct Answers(Option<&'static str>, String);

impl Person for Answers {
    fn is_there(&self) -> bool {
        self.0.is_some()
    }

    fn answer(&mut self, text: &str) -> std::io::Result<String> {
        self.1 = text.to_owned();
        Ok(self.0.unwrap_or_default().to_owned())
    }
}

#[test]
fn only_a_yes_at_a_terminal_confirms() {
    for (answer, is_confirmed) in [
        (Some("yes\n"), true),
        (Some("y\n"), false),
        (Some(""), false),
        (None, false),
    ] {
        let mut person = Answers(answer, String::new());
        assert_eq!(
            confirmed("diff\n", &mut person).unwrap(),
            is_confirmed,
            "{answer:?}"
        );
        assert_eq!(person.1.starts_with("diff\nPut it back?"), answer.is_some());
    }
}
