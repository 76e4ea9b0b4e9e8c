//! An AWS identity of the bed: an ARN and the keys to sign as it.

use std::fmt;

use serde_json::{Map, Value};

/// Keys of a user or of a role's session.
#[derive(Clone)]
pub struct Identity {
    /// The user's or the session's ARN.
    pub arn: String,
    access_key: String,
    secret_key: String,
    session_token: Option<String>,
}

impl Identity {
    /// An identity from its keys.
    #[must_use]
    pub fn new(
        arn: String,
        access_key: String,
        secret_key: String,
        session_token: Option<String>,
    ) -> Identity {
        Identity {
            arn,
            access_key,
            secret_key,
            session_token,
        }
    }

    /// The environment variables with which AWS's tools sign as this identity.
    #[must_use]
    pub fn environment(&self) -> Vec<(&'static str, String)> {
        let mut variables = vec![
            ("AWS_ACCESS_KEY_ID", self.access_key.clone()),
            ("AWS_SECRET_ACCESS_KEY", self.secret_key.clone()),
        ];
        if let Some(token) = &self.session_token {
            variables.push(("AWS_SESSION_TOKEN", token.clone()));
        }
        variables
    }
}

impl Identity {
    /// The keys as the bed's own endpoints take them: `access_key`, `secret_key` and, of a session, `session_token`.
    #[must_use]
    pub fn keys(&self) -> Map<String, Value> {
        let mut keys = Map::new();
        keys.insert("access_key".into(), self.access_key.clone().into());
        keys.insert("secret_key".into(), self.secret_key.clone().into());
        if let Some(token) = &self.session_token {
            keys.insert("session_token".into(), token.clone().into());
        }
        keys
    }
}

impl fmt::Debug for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Identity")
            .field("arn", &self.arn)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_tells_no_key() {
        let identity = Identity::new(
            "arn".into(),
            "AKIA".into(),
            "secret".into(),
            Some("token".into()),
        );
        assert_eq!(format!("{identity:?}"), "Identity { arn: \"arn\", .. }");
    }
}
