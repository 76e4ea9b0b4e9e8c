//! Roles that IAM Identity Center makes for permission sets, told apart exactly by their names.
//!
//! A permission set that is assigned in an account has one role there, `AWSReservedSSO_SET_SUFFIX`: 16 lower-case hexadecimal digits, new with
//! every role. Its path begins with [`ROLE_PATH`], in some regions followed by the region. `Admin` and `Admin_Ops` differ only in where the
//! suffix begins, so a name is read from its end. Source: IAM Identity Center user guide, "Referencing permission sets in resource policies".

use thiserror::Error;

use crate::principal::arn::iam_role_name;

/// What the paths of such roles begin with, in every partition.
pub const ROLE_PATH: &str = "/aws-reserved/sso.amazonaws.com/";

const NAME_BEGIN: &str = "AWSReservedSSO_";
const SUFFIX_LENGTH: usize = 16;
const LONGEST_NAME: usize = 32;

/// The name of a permission set's role, taken apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PermissionSetRole<'n> {
    /// The permission set.
    pub permission_set: &'n str,
    /// What makes each role of it another one.
    pub suffix: &'n str,
}

impl<'n> PermissionSetRole<'n> {
    /// The parts of a role's name, without path; `None` where it is no role of a permission set.
    pub fn parse(role_name: &'n str) -> Option<Self> {
        let (permission_set, suffix) = role_name.strip_prefix(NAME_BEGIN)?.rsplit_once('_')?;
        let is_suffix = suffix.len() == SUFFIX_LENGTH
            && suffix
                .bytes()
                .all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
        let is_ours = is_suffix && check_permission_set(permission_set).is_ok();
        is_ours.then_some(Self {
            permission_set,
            suffix,
        })
    }
}

/// True for the ARN of such a role, with its path or without, and for the ARN of one of its sessions.
pub fn is_of_permission_set(arn: &str) -> bool {
    iam_role_name(arn).is_ok_and(|name| PermissionSetRole::parse(&name).is_some())
}

/// Why a text names no permission set.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum PermissionSetError {
    /// A role or an ARN was written instead.
    #[error(
        "`{name}` is a role's name or ARN; write the name of its permission set, or the ARN as `rolearn`"
    )]
    Role {
        /// As given.
        name: String,
    },
    /// It breaks the rules for such names.
    #[error("`{name}` is no name of a permission set: 1 to 32 letters, digits and `+=,.@-_`")]
    Name {
        /// As given.
        name: String,
    },
}

/// Whether a text can be a permission set's name.
///
/// # Errors
/// It cannot.
pub fn check_permission_set(name: &str) -> Result<(), PermissionSetError> {
    let refused = || name.to_owned();
    if name.starts_with(NAME_BEGIN) || name.starts_with("arn:") {
        return Err(PermissionSetError::Role { name: refused() });
    }
    let is_allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"+=,.@-_".contains(&byte);
    if name.is_empty() || name.len() > LONGEST_NAME || !name.bytes().all(is_allowed) {
        return Err(PermissionSetError::Name { name: refused() });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(role_name: &str) -> Option<&str> {
        PermissionSetRole::parse(role_name).map(|role| role.permission_set)
    }

    #[test]
    fn a_name_is_read_from_its_end_so_that_a_longer_set_is_not_taken_for_a_shorter_one() {
        assert_eq!(
            PermissionSetRole::parse("AWSReservedSSO_Admin_0123456789abcdef"),
            Some(PermissionSetRole {
                permission_set: "Admin",
                suffix: "0123456789abcdef"
            })
        );
        assert_eq!(
            set("AWSReservedSSO_Admin_Ops_0123456789abcdef"),
            Some("Admin_Ops")
        );
        assert_eq!(
            set("AWSReservedSSO_Admin_0123456789abcdef_fedcba9876543210"),
            Some("Admin_0123456789abcdef")
        );
        assert_eq!(
            set("AWSReservedSSO_a+=,.@-b_0123456789abcdef"),
            Some("a+=,.@-b")
        );
    }

    #[test]
    fn what_only_looks_like_a_role_of_a_permission_set_is_none() {
        for name in [
            "AWSReservedSSO_Admin",
            "AWSReservedSSO_0123456789abcdef",
            "AWSReservedSSO__0123456789abcdef",
            "AWSReservedSSO_Admin_0123456789ABCDEF",
            "AWSReservedSSO_Admin_0123456789abcde",
            "AWSReservedSSO_Admin_0123456789abcdef0",
            "awsreservedsso_Admin_0123456789abcdef",
            "Admin_0123456789abcdef",
        ] {
            assert_eq!(set(name), None, "{name}");
        }
    }

    #[test]
    fn an_arn_is_recognised_with_and_without_its_path_and_as_a_session() {
        for arn in [
            "arn:aws:iam::111122223333:role/AWSReservedSSO_Admin_0123456789abcdef",
            "arn:aws:iam::111122223333:role/aws-reserved/sso.amazonaws.com/eu-central-1/AWSReservedSSO_Admin_0123456789abcdef",
            "arn:aws:sts::111122223333:assumed-role/AWSReservedSSO_Admin_0123456789abcdef/eve@example.com",
        ] {
            assert!(is_of_permission_set(arn), "{arn}");
        }
        for arn in [
            "arn:aws:iam::111122223333:role/Admin",
            "arn:aws:sts::111122223333:assumed-role/dev/AWSReservedSSO_Admin_0123456789abcdef",
            "AWSReservedSSO_Admin_0123456789abcdef",
        ] {
            assert!(!is_of_permission_set(arn), "{arn}");
        }
    }

    #[test]
    fn a_name_that_no_permission_set_can_have_is_refused_with_what_to_write() {
        let refusal = |name: &str| check_permission_set(name).unwrap_err().to_string();
        assert_eq!(check_permission_set("Admin_Ops"), Ok(()));
        for name in ["", "two words", "a/b", "123456789012345678901234567890123"] {
            assert_eq!(
                refusal(name),
                format!(
                    "`{name}` is no name of a permission set: 1 to 32 letters, digits and `+=,.@-_`"
                )
            );
        }
        assert_eq!(
            refusal("AWSReservedSSO_Admin_0123456789abcdef"),
            "`AWSReservedSSO_Admin_0123456789abcdef` is a role's name or ARN; write the name of its permission set, or the ARN as `rolearn`"
        );
    }
}
