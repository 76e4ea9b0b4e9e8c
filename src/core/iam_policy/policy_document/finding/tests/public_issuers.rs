//! Subjects of issuers that build systems share: one project, all of an owner, and anybody's.

use super::*;

const ANY: &str = "privilege.sub_wildcard_any_owner";
const OWNER: &str = "privilege.sub_wildcard_owner";

fn of(issuer: &str, conditions: &str) -> String {
    let conditions = conditions.replace("KEY", issuer);
    format!(
        r#"{{"Version":"2012-10-17","Statement":[{{"Effect":"Allow",
        "Principal":{{"Federated":"arn:aws:iam::111122223333:oidc-provider/{issuer}"}},
        "Action":"sts:AssumeRoleWithWebIdentity","Condition":{conditions}}}]}}"#
    )
}

fn on_pattern(issuer: &str, pattern: &str) -> String {
    of(
        issuer,
        &format!(
            r#"{{"StringEquals":{{"KEY:aud":"sts.amazonaws.com"}},"StringLike":{{"KEY:sub":"{pattern}"}}}}"#
        ),
    )
}

#[test]
fn a_wildcard_says_whose_tokens_it_lets_in() {
    let github = "token.actions.githubusercontent.com";
    for (issuer, pattern, expected) in [
        (github, "*", Some(ANY)),
        (github, "repo:*", Some(ANY)),
        (github, "rep*", Some(ANY)),
        (github, "repo:*/*", Some(ANY)),
        (github, "repo:*/app:ref:refs/heads/main", Some(ANY)),
        (github, "repo:?cme/app:*", Some(ANY)),
        (github, "repo:acme*", Some(ANY)),
        (github, "*:ref:refs/heads/main", Some(ANY)),
        (github, "*acme/app*", Some(ANY)),
        (github, "repo:acme/*", Some(OWNER)),
        (github, "repo:acme/app*", Some(OWNER)),
        (github, "repo:acme/*:ref:refs/heads/main", Some(OWNER)),
        (github, "repo:acme/app:*", None),
        (github, "repo:acme@12/app@34:environment:*", None),
        (github, "repo:acme/app:ref:refs/heads/main", None),
        (github, "job_workflow_ref:acme/shared/x.yml@*", None),
        (
            "token.actions.githubusercontent.com/acme",
            "repo:*",
            Some(OWNER),
        ),
        (
            "token.actions.githubusercontent.com/acme",
            "repo:acme/app:*",
            None,
        ),
        ("gitlab.com", "project_path:*", Some(ANY)),
        (
            "gitlab.com",
            "project_path:*:ref_type:branch:ref:main",
            Some(ANY),
        ),
        ("gitlab.com", "project_path:acme/*", Some(OWNER)),
        ("gitlab.com", "project_path:acme/infra/app:*", None),
        ("app.terraform.io", "organization:*", Some(ANY)),
        ("app.terraform.io", "organization:acme:*", Some(OWNER)),
        (
            "app.terraform.io",
            "organization:acme:project:*:workspace:a:run_phase:apply",
            Some(OWNER),
        ),
        (
            "app.terraform.io",
            "organization:acme:project:net:workspace:*",
            None,
        ),
        (
            "agent.buildkite.com",
            "organization:acme:pipeline:*",
            Some(OWNER),
        ),
        ("agent.buildkite.com", "*", Some(ANY)),
        ("oidc.vercel.com", "owner:*", Some(ANY)),
        ("oidc.vercel.com/acme", "*", Some(OWNER)),
        ("scalr.io", "account:*", Some(ANY)),
        ("oidc.codefresh.io", "account:*", Some(ANY)),
        ("oidc.circleci.com/org/0a", "org/0a/project/*", Some(OWNER)),
        ("oidc.circleci.com/org/0a", "org/0a/project/7/user/*", None),
        (
            "api.bitbucket.org/2.0/workspaces/acme/pipelines-config/identity/oidc",
            "*",
            Some(OWNER),
        ),
        (
            "api.bitbucket.org/2.0/workspaces/acme/pipelines-config/identity/oidc",
            "{7}:*",
            None,
        ),
    ] {
        let found = lint_ids(&on_pattern(issuer, pattern));
        assert_eq!(found, Vec::from_iter(expected), "{issuer} {pattern}");
    }
}

#[test]
fn a_wide_subject_of_anybody_is_an_error_and_one_of_an_owner_a_warning() {
    let github = "token.actions.githubusercontent.com";
    let found = said(&on_pattern(github, "repo:*"));
    assert_eq!(
        found,
        [(
            ANY,
            Severity::Error,
            "`repo:*` also covers a repository of another owner: whoever has an account at `token.actions.githubusercontent.com` can make such a token".to_owned()
        )]
    );
    let found = said(&on_pattern(github, "repo:acme/*"));
    assert_eq!(
        found,
        [(
            OWNER,
            Severity::Warning,
            "`repo:acme/*` covers more than one repository of the owner, those made later too"
                .to_owned()
        )]
    );
}

#[test]
fn a_wide_subject_is_silent_where_another_condition_names_whose_tokens_are_meant() {
    let github = "token.actions.githubusercontent.com";
    for (other, expected) in [
        (r#""StringEquals":{"KEY:repository_owner":"acme"}"#, None),
        (r#""StringLike":{"KEY:repository":"acme/*"}"#, None),
        (r#""StringLike":{"KEY:repository":"*"}"#, Some(ANY)),
        (r#""Null":{"KEY:repository":"false"}"#, Some(ANY)),
        (
            r#""StringNotEquals":{"KEY:repository_owner":"evil"}"#,
            Some(ANY),
        ),
        (
            r#""StringEquals":{"KEY:sub":"repo:acme/app:ref:refs/heads/main"}"#,
            None,
        ),
    ] {
        let conditions = format!(
            r#"{{"ForAnyValue:StringEquals":{{"KEY:aud":"sts.amazonaws.com"}},"ForAnyValue:StringLike":{{"KEY:sub":"repo:*"}},{other}}}"#
        );
        let found = lint_ids(&of(github, &conditions));
        let found: Vec<_> = found
            .into_iter()
            .filter(|id| id.starts_with("privilege."))
            .collect();
        assert_eq!(found, Vec::from_iter(expected), "{other}");
    }
    let excluded = of(
        github,
        r#"{"StringEquals":{"KEY:aud":"sts.amazonaws.com"},"StringNotLike":{"KEY:sub":"repo:evil/*"}}"#,
    );
    assert_eq!(
        said(&excluded)[0].2,
        "the subject is only excluded, never named: whoever has another token of the provider may assume the role"
    );
}
