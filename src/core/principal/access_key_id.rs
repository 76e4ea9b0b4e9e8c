//! The id of an access key, which names a session of somebody: not a secret, and nothing for a log either.

use std::fmt;

use serde::{Deserialize, Serialize};

/// The id of an access key; empty where nobody says it. `Debug` hides it.
#[derive(Clone, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct AccessKeyId(String);

impl AccessKeyId {
    /// The id itself.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<&str> for AccessKeyId {
    fn from(id: &str) -> Self {
        Self(id.to_owned())
    }
}

impl fmt::Debug for AccessKeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.as_str() {
            "" => f.write_str("(none)"),
            _ => f.write_str("(redacted)"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::access::lockout::CallerSession;
    use crate::principal::caller::Caller;

    #[test]
    fn whoever_has_one_does_not_show_it() {
        let caller = Caller {
            arn: "arn:aws:iam::111122223333:user/alice".to_owned(),
            access_key_id: "ASIAEXAMPLEKEY000001".into(),
            ..Caller::default()
        };
        let session = CallerSession {
            access_key_id: "ASIAEXAMPLEKEY000001".into(),
            ..CallerSession::default()
        };
        let shown = format!("{caller:?} {session:?}");
        assert!(
            !shown.contains("ASIA") && shown.contains("user/alice"),
            "{shown}"
        );
        assert_eq!(format!("{:?}", AccessKeyId::default()), "(none)");
    }
}
