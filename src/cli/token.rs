//! `token`: a drop-in for `aws eks get-token` and `aws-iam-authenticator token` in existing kubeconfigs.
//!
//! The answer's apiVersion is the one kubectl asks for in KUBERNETES_EXEC_INFO: whatever it is under the authenticator's spelling of the
//! command, and under that of the AWS command line (`eks get-token`) only one of the three that exist; else v1beta1.
//! The expiry is the token's, 14 minutes from now: kubectl then asks again before the server would refuse it.

use std::ffi::OsString;
use std::time::SystemTime;

use crate::command::TokenArguments;
use crate::failure::Failure;
use crate::session;
use eksauth_core::token::{
    ExecCredential, ExecCredentialDialect, MAX_TOKEN_BYTES, exec_credential_api_version,
};
use eksauth_provider::ports::cloud::{AssumeRole, ClusterToken};

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
    let aws = session::beside_cluster(&arguments.aws, Some(&arguments.cluster));
    let client = session::connect(&aws, assume_role).await?;
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
    let dialect = match arguments.as_aws_cli {
        true => ExecCredentialDialect::AwsCli,
        false => ExecCredentialDialect::Authenticator,
    };
    Ok((exec_credential(&token, exec_info, dialect)?, warning))
}

/// `[OPTIONS] eks get-token [OPTIONS]`, as the AWS command line writes it into kubeconfigs, is `token [OPTIONS]`.
pub fn respelt(arguments: impl IntoIterator<Item = OsString>) -> Vec<OsString> {
    let arguments: Vec<OsString> = arguments.into_iter().collect();
    let spelling = ["eks", "get-token"];
    let Some(at) = arguments
        .windows(spelling.len())
        .position(|pair| pair == spelling)
    else {
        return arguments;
    };
    let (before, from) = arguments.split_at_checked(at).unwrap_or_default();
    let (program, options) = before.split_at_checked(1).unwrap_or_default();
    let behind = from.get(spelling.len()..).unwrap_or_default();
    let ours = ["token", "--as-aws-cli"].map(OsString::from);
    [program, &ours, options, behind].concat()
}

async fn present_session_name(arguments: &TokenArguments) -> Result<Option<String>, Failure> {
    let aws = session::beside_cluster(&arguments.aws, Some(&arguments.cluster));
    let client = session::connect(&aws, None).await?;
    let identity = session::identity(&client).await?;
    match identity.user_id.split_once(':') {
        Some((_, name)) => Ok(Some(name.to_owned())),
        None => Err(Failure::new(format!(
            "`{}` is no session, so there is no session name to forward",
            identity.arn
        ))),
    }
}

fn too_long(bytes: usize) -> Option<String> {
    (bytes > MAX_TOKEN_BYTES).then(|| {
        format!(
            "the token has {bytes} bytes and servers refuse more than {MAX_TOKEN_BYTES}; the session token inside is too long, most often because of \
             many session tags or policies"
        )
    })
}

fn exec_credential(
    token: &ClusterToken,
    exec_info: Option<&str>,
    dialect: ExecCredentialDialect,
) -> Result<String, Failure> {
    let api_version = exec_credential_api_version(exec_info.unwrap_or_default(), dialect);
    let expiration = timestamp(token.expires_at);
    let credential = ExecCredential::new(&api_version, token.token.expose(), &expiration);
    serde_json::to_string(&credential)
        .map_err(|_| Failure::new("the credential cannot be written as JSON"))
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
    fn the_credential_is_whole_and_expires_when_the_token_does() {
        let token = ClusterToken {
            token: Secret::new("k8s-aws-v1.abc"),
            expires_at: SystemTime::UNIX_EPOCH + Duration::from_secs(1_767_225_600),
        };
        assert_eq!(
            exec_credential(&token, None, ExecCredentialDialect::AwsCli).unwrap(),
            r#"{"kind":"ExecCredential","apiVersion":"client.authentication.k8s.io/v1beta1","spec":{},"status":{"expirationTimestamp":"2026-01-01T00:00:00Z","token":"k8s-aws-v1.abc"}}"#
        );
        let version = |asked: &str, dialect| {
            let asked = format!(r#"{{"apiVersion":"{asked}","kind":"ExecCredential"}}"#);
            let credential = exec_credential(&token, Some(&asked), dialect).unwrap();
            let json: serde_json::Value = serde_json::from_str(&credential).unwrap();
            json["apiVersion"].as_str().unwrap().to_owned()
        };
        for dialect in [
            ExecCredentialDialect::AwsCli,
            ExecCredentialDialect::Authenticator,
        ] {
            let known = "client.authentication.k8s.io/v1";
            assert_eq!(version(known, dialect), known);
        }
        assert_eq!(
            [
                ExecCredentialDialect::AwsCli,
                ExecCredentialDialect::Authenticator
            ]
            .map(|dialect| version("example.com/v9", dialect)),
            ["client.authentication.k8s.io/v1beta1", "example.com/v9"]
        );
    }

    #[test]
    fn the_spelling_of_the_aws_command_line_is_the_command_with_its_options() {
        let respelt = |line: &str| {
            let words = respelt(line.split(' ').map(OsString::from));
            let words: Vec<_> = words.iter().map(|word| word.to_string_lossy()).collect();
            words.join(" ")
        };
        assert_eq!(
            respelt("us --region eu-central-1 eks get-token --cluster-name prod --output json"),
            "us token --as-aws-cli --region eu-central-1 --cluster-name prod --output json"
        );
        assert_eq!(
            respelt("us eks get-token --cluster-name eks"),
            "us token --as-aws-cli --cluster-name eks"
        );
        for other in ["us token -i eks", "us", "us get-token eks"] {
            assert_eq!(respelt(other), other);
        }
    }

    #[test]
    fn a_token_that_servers_refuse_is_warned_of() {
        assert_eq!(too_long(4096), None);
        assert!(too_long(4097).is_some_and(|text| text.starts_with("the token has 4097 bytes")));
    }
}
