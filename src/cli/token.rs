//! `token`: a drop-in for `aws eks get-token` and `aws-iam-authenticator token` in existing kubeconfigs.
//!
//! The answer's apiVersion is the one kubectl asks for in KUBERNETES_EXEC_INFO where it is one of the three that exist, else v1beta1.
//! The expiry is the token's, 14 minutes from now: kubectl then asks again before the server would refuse it.

use std::time::SystemTime;

use eksauth_provider::ports::cloud::{AssumeRole, ClusterToken};
use serde_json::{Value, json};

use crate::command::TokenArguments;
use crate::failure::Failure;
use crate::session;

/// The longest token that a server accepts, in bytes.
const LONGEST_TOKEN: usize = 4096;

/// What the command prints, and a warning beside it.
///
/// # Errors
/// No credentials, no region, or a role that cannot be assumed.
pub async fn run(
    arguments: &TokenArguments,
    exec_info: Option<&str>,
) -> Result<(String, Option<String>), Failure> {
    let assume_role = match &arguments.role {
        None => None,
        Some(role_arn) => {
            let session_name = match arguments.forward_session_name {
                true => present_session_name(arguments).await?,
                false => Some(
                    arguments
                        .session_name
                        .clone()
                        .unwrap_or_else(|| "EKSGetTokenAuth".to_owned()),
                ),
            };
            let external_id = arguments.external_id.clone();
            Some(AssumeRole {
                role_arn: role_arn.clone(),
                session_name,
                external_id,
                ..AssumeRole::default()
            })
        }
    };
    let client = session::connect(&arguments.aws, assume_role).await?;
    let reference = session::reference(&client, &arguments.cluster)?;
    let Some(cloud) = client.cloud() else {
        return Err(Failure::new("there are no clients"));
    };
    let token = cloud
        .cluster_token(&reference.name, &reference.region, None)
        .await?;
    let warning = too_long(token.token.expose().len());
    if arguments.token_only {
        return Ok((token.token.expose().to_owned(), warning));
    }
    Ok((exec_credential(&token, exec_info).to_string(), warning))
}

async fn present_session_name(arguments: &TokenArguments) -> Result<Option<String>, Failure> {
    let client = session::connect(&arguments.aws, None).await?;
    let identity = client.identity().await?;
    match identity.user_id.split_once(':') {
        Some((_, name)) => Ok(Some(name.to_owned())),
        None => Err(Failure::new(format!(
            "`{}` is no session, so there is no session name to forward",
            identity.arn
        ))),
    }
}

fn too_long(bytes: usize) -> Option<String> {
    (bytes > LONGEST_TOKEN).then(|| {
        format!(
            "the token has {bytes} bytes and servers refuse more than {LONGEST_TOKEN}; the session token inside is too long, most often because of \
             many session tags or policies"
        )
    })
}

fn exec_credential(token: &ClusterToken, exec_info: Option<&str>) -> Value {
    json!({
        "kind": "ExecCredential",
        "apiVersion": api_version(exec_info),
        "spec": {},
        "status": {"expirationTimestamp": timestamp(token.expires_at), "token": token.token.expose()},
    })
}

fn api_version(exec_info: Option<&str>) -> String {
    let asked = exec_info.and_then(|text| serde_json::from_str::<Value>(text).ok());
    let asked = asked
        .as_ref()
        .and_then(|info| info.get("apiVersion"))
        .and_then(Value::as_str);
    let known = ["v1", "v1beta1", "v1alpha1"]
        .map(|version| format!("client.authentication.k8s.io/{version}"));
    match asked {
        Some(version) if known.iter().any(|known| known == version) => version.to_owned(),
        _ => "client.authentication.k8s.io/v1beta1".to_owned(),
    }
}

/// RFC 3339 in whole seconds, UTC.
fn timestamp(time: SystemTime) -> String {
    match jiff::Timestamp::try_from(time) {
        Ok(timestamp) => timestamp.strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
        Err(_) => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use eksauth_provider::ports::cloud::Secret;

    use super::*;

    #[test]
    fn the_answer_has_the_version_that_kubectl_asks_for() {
        let asked =
            |version: &str| format!("{{\"apiVersion\":\"{version}\",\"kind\":\"ExecCredential\"}}");
        assert_eq!(
            api_version(Some(&asked("client.authentication.k8s.io/v1"))),
            "client.authentication.k8s.io/v1"
        );
        assert_eq!(
            api_version(Some(&asked("client.authentication.k8s.io/v9"))),
            "client.authentication.k8s.io/v1beta1"
        );
        assert_eq!(
            api_version(Some("nonsense")),
            "client.authentication.k8s.io/v1beta1"
        );
        assert_eq!(api_version(None), "client.authentication.k8s.io/v1beta1");
    }

    #[test]
    fn the_credential_is_whole_and_expires_when_the_token_does() {
        let token = ClusterToken {
            token: Secret::new("k8s-aws-v1.abc"),
            expires_at: SystemTime::UNIX_EPOCH + Duration::from_secs(1_767_225_600),
        };
        assert_eq!(
            exec_credential(&token, None),
            json!({"kind": "ExecCredential", "apiVersion": "client.authentication.k8s.io/v1beta1", "spec": {},
                "status": {"expirationTimestamp": "2026-01-01T00:00:00Z", "token": "k8s-aws-v1.abc"}})
        );
    }

    #[test]
    fn a_token_that_servers_refuse_is_warned_of() {
        assert_eq!(too_long(4096), None);
        assert!(too_long(4097).is_some_and(|text| text.starts_with("the token has 4097 bytes")));
    }
}
