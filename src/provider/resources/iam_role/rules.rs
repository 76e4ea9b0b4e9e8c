//! What IAM accepts of a role, judged on one value at a time.
//!
//! Source: the IAM user guide (quotas, name rules).

use eksauth_core::iam_policy::policy_document::{PolicyDocument, size};
use eksauth_core::iam_policy::trust_policy::TrustPolicy;
use eksauth_core::principal::arn::{Arn, EntryArnError, iam_role_name, iam_role_path};
use tf_provider::Value;
use tf_provider::schema::Invalid;

use crate::diagnostics::api_failure::{chain, sentence};

/// Characters that IAM adds nothing to.
const LONGEST_NAME: usize = 64;
/// Characters of all inline policies of a role.
const LONGEST_INLINE_POLICIES: usize = 10_240;
/// A generated name ends with 26 characters.
const LONGEST_PREFIX: usize = 38;

pub(crate) fn name(name: &str) -> Result<(), Invalid> {
    let length = name.chars().count();
    if length > LONGEST_NAME {
        return Err(Invalid::new(
            "Role Name Too Long",
            format!("`{name}` has {length} characters, and IAM takes {LONGEST_NAME} at most."),
        ));
    }
    characters("Invalid Role Name", name)
}

pub(crate) fn name_prefix(prefix: &str) -> Result<(), Invalid> {
    let length = prefix.chars().count();
    if length > LONGEST_PREFIX {
        return Err(Invalid::new(
            "Role Name Prefix Too Long",
            format!(
                "`{prefix}` has {length} characters, and a prefix {LONGEST_PREFIX} at most: 26 are added to make the name unique, and IAM takes \
                 {LONGEST_NAME}. Shorten it by {}, or set `name`.",
                length - LONGEST_PREFIX
            ),
        ));
    }
    characters("Invalid Role Name Prefix", prefix)
}

fn characters(summary: &str, name: &str) -> Result<(), Invalid> {
    let is_allowed = |letter: char| letter.is_ascii_alphanumeric() || "+=,.@-_".contains(letter);
    if !name.is_empty() && name.chars().all(is_allowed) {
        return Ok(());
    }
    Err(Invalid::new(
        summary,
        format!("`{name}` is not valid: letters, digits and `+=,.@-_`, at least one."),
    ))
}

pub(crate) fn path(path: &str) -> Result<(), Invalid> {
    let is_visible = path.bytes().all(|byte| (0x21..=0x7e).contains(&byte));
    if path.starts_with('/')
        && path.ends_with('/')
        && path.len() <= 512
        && is_visible
        && !path.contains("//")
    {
        return Ok(());
    }
    Err(Invalid::new(
        "Invalid Path",
        format!(
            "`{path}` is not a path: it begins and ends with `/`, such as `/teams/platform/`, and has 512 characters at most."
        ),
    ))
}

pub(crate) fn description(text: &str) -> Result<(), Invalid> {
    match text.chars().count() {
        0..=1000 => Ok(()),
        length => Err(Invalid::new(
            "Description Too Long",
            format!("The description has {length} characters, and IAM takes 1,000 at most."),
        )),
    }
}

pub(crate) fn max_session_duration(value: &Value) -> Result<(), Invalid> {
    within(value, 3600, 43_200).map_err(|given| {
        Invalid::new(
            "Invalid Session Duration",
            format!("`{given}` is not a session duration: whole seconds, 3600 to 43200."),
        )
    })
}

pub(crate) fn quota(value: &Value) -> Result<(), Invalid> {
    within(value, 1, 100_000).map_err(|given| {
        Invalid::new(
            "Invalid Quota",
            format!("`{given}` is not a number of characters."),
        )
    })
}

fn within(value: &Value, least: i64, most: i64) -> Result<(), String> {
    let Value::Number(number) = value else {
        return Ok(());
    };
    let given = number.to_string();
    match given.parse::<i64>() {
        Ok(whole) if (least..=most).contains(&whole) => Ok(()),
        _ => Err(given),
    }
}

pub(crate) fn policy_arn(arn: &str) -> Result<(), Invalid> {
    let parsed = Arn::parse(arn).map_err(|error| {
        let text = match characters("", arn) {
            Ok(()) => format!(
                "`{arn}` is a name, and policies are named by ARN: one of AWS mostly `arn:aws:iam::aws:policy/{arn}`, one of your account \
                 `arn:aws:iam::111122223333:policy/{arn}`."
            ),
            Err(_) => sentence(&error.to_string()),
        };
        Invalid::new("Invalid Policy ARN", text)
    })?;
    if parsed.service == "iam" && parsed.resource.starts_with("policy/") {
        return Ok(());
    }
    Err(Invalid::new(
        "Invalid Policy ARN",
        format!(
            "`{arn}` is not the ARN of a managed policy; it looks like `arn:aws:iam::111122223333:policy/reader`."
        ),
    ))
}

pub(crate) fn node_role_arn(arn: &str) -> Result<(), Invalid> {
    let invalid = |text: &str| Err(Invalid::new("Invalid Node Role ARN", sentence(text)));
    let looks_like = "a node role looks like `arn:aws:iam::111122223333:role/nodes`";
    match iam_role_path(arn) {
        Ok(Some(_)) => Ok(()),
        Ok(None) => {
            let name = iam_role_name(arn).unwrap_or_default();
            invalid(&format!(
                "`{arn}` is the session of a role; write the role's own ARN, which ends with `role/{name}` and has the role's path"
            ))
        }
        Err(EntryArnError::Kind { found, .. }) if found.contains("instance profile") => {
            invalid(&format!(
                "`{arn}` is an instance profile; write the ARN of the role inside it: {looks_like}"
            ))
        }
        Err(EntryArnError::Kind { found, .. }) => invalid(&format!(
            "`{arn}` is {found}, and pods get their roles by a role: {looks_like}"
        )),
        Err(error) => invalid(&error.to_string()),
    }
}

pub(crate) fn statement(text: &str) -> Result<(), Invalid> {
    let invalid = |reason: &str| Invalid::new("Invalid Statement", sentence(reason));
    let statement = serde_json::from_str(text)
        .map_err(|error| invalid(&format!("the statement is not valid JSON: {error}")))?;
    let policy = TrustPolicy {
        statements: vec![statement],
        ..TrustPolicy::default()
    };
    policy
        .to_json()
        .map(drop)
        .map_err(|error| invalid(&chain(&error)))
}

pub(crate) fn inline_policies(value: &Value) -> Result<(), Invalid> {
    let Value::Map(policies) = value else {
        return Ok(());
    };
    for (name, document) in policies {
        if name.chars().count() > 128 {
            return Err(Invalid::new(
                "Invalid Policy Name",
                format!("`{name}` has more than 128 characters."),
            ));
        }
        characters("Invalid Policy Name", name)?;
        let Value::String(document) = document else {
            continue;
        };
        if let Err(error) = PolicyDocument::parse(document) {
            return Err(Invalid::new(
                "Invalid Inline Policy",
                format!("Policy `{name}`: {error}."),
            ));
        }
    }
    let documents = policies.values().filter_map(|document| match document {
        Value::String(document) => Some(document.as_str()),
        _ => None,
    });
    match inline_policies_fault(documents) {
        Some(fault) => Err(Invalid::new("Inline Policies Too Long", fault)),
        None => Ok(()),
    }
}

/// What is wrong with the length of a role's inline policies together; IAM does not raise this quota.
pub(crate) fn inline_policies_fault<'a>(
    documents: impl Iterator<Item = &'a str>,
) -> Option<String> {
    let size: usize = documents.map(size).sum();
    (size > LONGEST_INLINE_POLICIES).then(|| {
        format!(
            "The inline policies have {size} characters together without white space, and IAM takes 10,240 at most for a role. Make managed policies of \
             them, and attach those with `policy_arns`."
        )
    })
}
