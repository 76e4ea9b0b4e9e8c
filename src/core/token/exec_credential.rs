//! The credential document that kubectl reads from a token command, and which version of it to write.
//!
//! kubectl says in `KUBERNETES_EXEC_INFO` which version it wants. The authenticator echoes whatever it finds there, the AWS command line
//! only the versions it knows; both write v1beta1 where nothing usable is said. Sources: `pkg/token/token.go` FormatJSON, awscli
//! `customizations/eks/get_token.py`.

use serde::Serialize;
use serde_json::Value;

const BETA: &str = "client.authentication.k8s.io/v1beta1";
const KNOWN: [&str; 3] = [
    "client.authentication.k8s.io/v1",
    BETA,
    "client.authentication.k8s.io/v1alpha1",
];

/// Whose manners a token command has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExecCredentialDialect {
    /// `aws-iam-authenticator token`.
    Authenticator,
    /// `aws eks get-token`.
    AwsCli,
}

/// The document. It holds the token, so it is for standard output and nothing else, and has no `Debug`.
#[derive(Serialize)]
pub struct ExecCredential {
    kind: &'static str,
    #[serde(rename = "apiVersion")]
    api_version: String,
    spec: serde_json::Map<String, Value>,
    status: Status,
}

#[derive(Serialize)]
struct Status {
    #[serde(rename = "expirationTimestamp")]
    expiration_timestamp: String,
    token: String,
}

impl ExecCredential {
    /// `expiration` in RFC 3339 with seconds, such as `2026-06-01T12:14:00Z`.
    pub fn new(api_version: &str, token: &str, expiration: &str) -> ExecCredential {
        ExecCredential {
            kind: "ExecCredential",
            api_version: api_version.to_owned(),
            spec: serde_json::Map::new(),
            status: Status {
                expiration_timestamp: expiration.to_owned(),
                token: token.to_owned(),
            },
        }
    }
}

/// The version to write, from the text of `KUBERNETES_EXEC_INFO`; empty and absent are the same.
pub fn exec_credential_api_version(exec_info: &str, dialect: ExecCredentialDialect) -> String {
    let wanted = serde_json::from_str::<Value>(exec_info)
        .ok()
        .and_then(|info| {
            let object = info.as_object()?;
            match object.get("apiVersion") {
                Some(Value::String(version)) => Some(version.clone()),
                None | Some(Value::Null) => Some(String::new()),
                Some(_) => None,
            }
        });
    match (wanted, dialect) {
        (Some(version), ExecCredentialDialect::Authenticator) => version,
        (Some(version), ExecCredentialDialect::AwsCli) if KNOWN.contains(&version.as_str()) => {
            version
        }
        _ => BETA.to_owned(),
    }
}
