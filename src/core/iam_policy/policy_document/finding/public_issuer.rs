//! Findings about wide subjects in the tokens of build systems, whose issuers have customers that do not know each other.
//!
//! A subject names an owner and one of its projects. Where a wildcard begins in the owner's name, whoever has an account there can make a
//! token that matches. Sources: what each issuer documents of its subjects.

use super::statement_finding::{StatementFinding, finding, warning};

/// How an issuer writes its subjects: text before the owner, between owner and project, and behind the project.
struct SubjectForm {
    before_owner: &'static str,
    before_project: &'static str,
    after_project: &'static str,
}

/// Who makes the tokens, and what its customers call what they own.
struct PublicIssuer {
    /// Host, and path as far as it is the same for everybody.
    host_path: &'static str,
    /// True if further path makes the issuer that of one owner alone.
    has_one_of_owner: bool,
    /// True if everybody shares the issuer without further path.
    is_shared: bool,
    owner: &'static str,
    project: &'static str,
    form: SubjectForm,
}

const fn form(
    before_owner: &'static str,
    before_project: &'static str,
    after_project: &'static str,
) -> SubjectForm {
    SubjectForm {
        before_owner,
        before_project,
        after_project,
    }
}

const PUBLIC_ISSUERS: [PublicIssuer; 9] = [
    PublicIssuer {
        host_path: "token.actions.githubusercontent.com",
        has_one_of_owner: true,
        is_shared: true,
        owner: "owner",
        project: "repository",
        form: form("repo:", "/", ":"),
    },
    PublicIssuer {
        host_path: "gitlab.com",
        has_one_of_owner: false,
        is_shared: true,
        owner: "group",
        project: "project",
        form: form("project_path:", "/", ":"),
    },
    PublicIssuer {
        host_path: "app.terraform.io",
        has_one_of_owner: false,
        is_shared: true,
        owner: "organization",
        project: "project",
        form: form("organization:", ":project:", ":"),
    },
    PublicIssuer {
        host_path: "agent.buildkite.com",
        has_one_of_owner: false,
        is_shared: true,
        owner: "organization",
        project: "pipeline",
        form: form("organization:", ":pipeline:", ":"),
    },
    PublicIssuer {
        host_path: "oidc.vercel.com",
        has_one_of_owner: true,
        is_shared: true,
        owner: "team",
        project: "project",
        form: form("owner:", ":project:", ":"),
    },
    PublicIssuer {
        host_path: "scalr.io",
        has_one_of_owner: false,
        is_shared: true,
        owner: "account",
        project: "environment",
        form: form("account:", ":environment:", ":"),
    },
    PublicIssuer {
        host_path: "oidc.codefresh.io",
        has_one_of_owner: false,
        is_shared: true,
        owner: "account",
        project: "pipeline",
        form: form("account:", ":pipeline:", ":"),
    },
    PublicIssuer {
        host_path: "oidc.circleci.com",
        has_one_of_owner: true,
        is_shared: false,
        owner: "organization",
        project: "project",
        form: form("org/", "/project/", "/"),
    },
    PublicIssuer {
        host_path: "api.bitbucket.org/2.0/workspaces",
        has_one_of_owner: true,
        is_shared: false,
        owner: "workspace",
        project: "repository",
        form: form("", "{", "}"),
    },
];

/// What a pattern leaves open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Open {
    Owner,
    Project,
}

/// What a pattern for the subject of a public issuer covers beyond one project; `None` too where the issuer is not known.
pub(super) fn wide_subject(issuer: &str, pattern: &str) -> Option<StatementFinding> {
    let (known, has_one_owner) = known(issuer)?;
    let (owner, project) = (known.owner, known.project);
    match open(&known.form, pattern)? {
        Open::Owner if !has_one_owner => Some(finding(
            "privilege.sub_wildcard_any_owner",
            format!(
                "`{pattern}` also covers a {project} of another {owner}: whoever has an account at `{issuer}` can make such a token"
            ),
        )),
        Open::Owner | Open::Project => Some(warning(
            "privilege.sub_wildcard_owner",
            format!(
                "`{pattern}` covers more than one {project} of the {owner}, those made later too"
            ),
        )),
    }
}

/// True if an issuer's tokens are those of a build system or the like, and no service accounts.
pub(super) fn is_known(issuer: &str) -> bool {
    known(issuer).is_some()
}

/// The issuer, and whether it makes tokens for one owner only.
fn known(issuer: &str) -> Option<(&'static PublicIssuer, bool)> {
    PUBLIC_ISSUERS.iter().find_map(|known| {
        let path = issuer.strip_prefix(known.host_path)?;
        let is_of_owner =
            known.has_one_of_owner && path.strip_prefix('/').is_some_and(|path| !path.is_empty());
        let is_shared = known.is_shared && matches!(path, "" | "/");
        (is_of_owner || is_shared).then_some((known, is_of_owner))
    })
}

/// Where the first wildcard begins; `None` where it is behind the project, there is none, or the subject is of another form.
fn open(form: &SubjectForm, pattern: &str) -> Option<Open> {
    let fixed = pattern.get(..pattern.find(['*', '?'])?)?;
    let Some(rest) = fixed.strip_prefix(form.before_owner) else {
        return form.before_owner.starts_with(fixed).then_some(Open::Owner);
    };
    let Some(first) = form.before_project.chars().next() else {
        return Some(Open::Owner);
    };
    let Some(at) = rest.find(first) else {
        return Some(Open::Owner);
    };
    let rest = rest.get(at..)?;
    let Some(project) = rest.strip_prefix(form.before_project) else {
        return form
            .before_project
            .starts_with(rest)
            .then_some(Open::Project);
    };
    (!project.contains(form.after_project)).then_some(Open::Project)
}
