//! Names of roles that are generated.

use std::time::SystemTime;

use super::ManagedRole;
use tf_provider::Attr;

/// Another prefix needs another name, unless the name begins with it already.
pub(super) fn needs_new_name(prior: &ManagedRole, planned: &ManagedRole) -> bool {
    let (Some(name), false) = (prior.name.known(), prior.name_prefix == planned.name_prefix) else {
        return false;
    };
    match &planned.name_prefix {
        Attr::Known(prefix) => !name.starts_with(prefix.as_str()),
        Attr::Unknown => true,
        Attr::Null => false,
    }
}

/// `prefix`, the time to a tenth of a millisecond, and eight random digits: 26 characters more, in the order of their making.
pub(super) fn generated_name(now: SystemTime, prefix: Option<&String>) -> String {
    let prefix = name_prefix(prefix);
    let time = jiff::Timestamp::try_from(now).unwrap_or_default();
    let fraction = time.subsec_nanosecond() / 100_000;
    let random = fastrand::u32(..);
    format!(
        "{prefix}{}{fraction:04}{random:08x}",
        time.strftime("%Y%m%d%H%M%S")
    )
}

pub(super) fn name_prefix(configured: Option<&String>) -> &str {
    configured.map_or("terraform-", String::as_str)
}

/// True for a name that [`generated_name`] can have made from the prefix.
pub(super) fn is_generated_name(name: &str, prefix: &str) -> bool {
    let rest = name.strip_prefix(prefix);
    rest.is_some_and(|rest| rest.len() == 26 && rest.bytes().all(|byte| byte.is_ascii_hexdigit()))
}
