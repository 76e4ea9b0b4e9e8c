//! Who counts as an administrator that is left. Run as a mapped identity that is none: of the cluster's creator no edit takes anything.

use super::case::Case;
use crate::{
    bed::cloud::Cloud,
    failure::{Outcome, expect},
};

const LAST_ADMIN: &[&str] = &["lockout.last-admin", "role/admins"];
const WILDCARD: &str = "arn:aws:iam::111122223333:role/AWSReservedSSO_Admin_*";

/// ARNs of nobody, and names as which no person comes.
const DEAD: [(&str, &str); 10] = [
    (WILDCARD, "sso"),
    ("arn:aws:iam::111122223333:instance-profile/sso", "sso"),
    ("arn:aws:iam::111122223333:group/sso", "sso"),
    ("'arn:aws:iam::111122223333:role/sso '", "sso"),
    ("arn:aws-cn:iam::111122223333:role/sso", "sso"),
    ("arn:aws:iam::11112222333:role/sso", "sso"),
    ("sso", "sso"),
    (
        "arn:aws:iam::111122223333:role/sso",
        "'{{EC2PrivateDNSName}}'",
    ),
    ("arn:aws:iam::111122223333:role/left-the-company", "sso"),
    ("arn:aws:iam::111122223333:role/teams/sso", "sso"),
];

pub(super) fn a_group_is_no_user(cloud: &Cloud) -> Outcome {
    for role in ["admins", "developers"] {
        cloud.role("/", role)?;
    }
    let mut case = Case::open(cloud, "user_or_group")?;
    let pipeline = case.pipeline()?;
    case.act_as(&pipeline);
    case.apply(&[])?;
    case.is_refused(&["keep=false"], LAST_ADMIN)
}

pub(super) fn a_dead_admin_counts_for_nobody(cloud: &Cloud) -> Outcome {
    for role in ["admins", "sso"] {
        cloud.role("/", role)?;
    }
    let mut case = Case::open(cloud, "dead_admin_counts")?;
    let pipeline = case.pipeline()?;
    case.act_as(&pipeline);
    case.apply(&[])?;
    let alive = case.aws_auth()?;
    for (arn, username) in DEAD {
        let mut data = alive.clone();
        if let Some(roles) = data.get_mut("mapRoles") {
            *roles = roles
                .replace(WILDCARD, arn)
                .replace("username: sso", &format!("username: {username}"));
        }
        case.prod().put_aws_auth(&data)?;
        case.is_refused(&["keep=false"], LAST_ADMIN)
            .map_err(|failure| failure.during(arn))?;
    }
    let mut data = alive;
    if let Some(roles) = data.get_mut("mapRoles") {
        *roles = roles.replace(WILDCARD, "arn:aws:iam::111122223333:role/sso");
    }
    case.prod().put_aws_auth(&data)?;
    case.apply(&["keep=false"]).map(|_| ())
}

pub(super) fn a_role_that_is_gone_is_no_admin(cloud: &Cloud) -> Outcome {
    cloud.role("/", "admins")?;
    let mut case = Case::open(cloud, "last_admin_is_gone")?;
    let pipeline = case.pipeline()?;
    case.act_as(&pipeline);
    case.apply(&[])?;
    let text = case.configuration()?;
    let without: String = text
        .lines()
        .filter(|line| !line.contains("role/admins"))
        .map(|line| format!("{line}\n"))
        .collect();
    expect(without != text, "the configuration names the role `admins`")?;
    case.configure(&without)?;
    let plan = case.workspace().plan()?;
    plan.says(&["lockout.last-admin"])?;
    case.is_refused(&[], LAST_ADMIN)
}
