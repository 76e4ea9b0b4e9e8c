//! The OIDC issuer of a cluster, and the names IAM derives from it.
//!
//! IAM keeps an issuer without `https://`: that form is the tail of the provider's ARN and the prefix of every condition key. The token's
//! `iss` is compared with the provider's URL byte for byte, so a trailing slash or another case is another issuer.
//! Sources: the IAM API reference (CreateOpenIDConnectProvider), the EKS user guide (IAM roles for service accounts).

use std::fmt;

use thiserror::Error;

use crate::principal::arn::{AccountId, Arn, ArnError};
use crate::principal::partition::Partition;

/// An issuer URL that IAM accepts: `https`, a host, an optional path, at most 255 characters.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Issuer {
    host_path: String,
}

/// The cluster behind an issuer of EKS.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct EksIssuer {
    /// The region in the host's name.
    pub region: String,
    /// The id after `/id/`, upper-case hexadecimal on real clusters.
    pub id: String,
}

/// Why a text is no issuer IAM can use.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum IssuerError {
    /// The scheme is missing or another one.
    #[error("issuer url `{url}` must start with `https://`")]
    Scheme {
        /// The text as given.
        url: String,
    },
    /// There is no host, or it has characters no host has.
    #[error("issuer url `{url}` has no valid host")]
    Host {
        /// The text as given.
        url: String,
    },
    /// A port was given.
    #[error("issuer url `{url}` must not name a port")]
    Port {
        /// The text as given.
        url: String,
    },
    /// A query or fragment was given.
    #[error("issuer url `{url}` must not have a query or a fragment")]
    Query {
        /// The text as given.
        url: String,
    },
    /// The URL ends with a slash, which the `iss` claim of a cluster's tokens does not.
    #[error(
        "issuer url `{url}` must not end with a slash: a token's issuer is compared as a whole, use `{without}`"
    )]
    TrailingSlash {
        /// The text as given.
        url: String,
        /// The same without it.
        without: String,
    },
    /// White space or a character that no URL has.
    #[error("issuer url `{url}` has a character that no url has: `{character}`")]
    Character {
        /// The text as given.
        url: String,
        /// The first offending character, escaped.
        character: String,
    },
    /// More than 255 characters.
    #[error("issuer url has {length} characters, and IAM takes 255 at most")]
    TooLong {
        /// Characters of the whole URL.
        length: usize,
    },
    /// The host of the dual-stack endpoint of EKS, which no token ever names.
    #[error(
        "issuer url `{url}` is the dual-stack name of a cluster, but tokens are issued by `{issuer}`: use that one"
    )]
    DualStack {
        /// The text as given.
        url: String,
        /// The issuer in the tokens of that cluster.
        issuer: String,
    },
    /// An ARN that could not be read.
    #[error(transparent)]
    Arn(#[from] ArnError),
    /// An ARN of something else.
    #[error(
        "`{arn}` is not the ARN of an OIDC provider; it looks like `arn:aws:iam::111122223333:oidc-provider/<issuer without https://>`"
    )]
    NotAProvider {
        /// The ARN as given.
        arn: String,
    },
}

impl Issuer {
    /// Reads an issuer URL, `https://` included.
    pub fn parse(url: &str) -> Result<Issuer, IssuerError> {
        let Some(host_path) = url.strip_prefix("https://") else {
            return Err(IssuerError::Scheme {
                url: url.to_owned(),
            });
        };
        Issuer::from_host_path(host_path, url)
    }

    /// Reads the issuer out of a provider's ARN, with its partition and account.
    pub fn from_provider_arn(arn: &str) -> Result<(Partition, AccountId, Issuer), IssuerError> {
        let parsed = Arn::parse(arn)?;
        let not_a_provider = || IssuerError::NotAProvider {
            arn: arn.to_owned(),
        };
        if parsed.service != "iam" {
            return Err(not_a_provider());
        }
        let host_path = parsed
            .resource
            .strip_prefix("oidc-provider/")
            .ok_or_else(not_a_provider)?;
        let issuer = Issuer::from_host_path(host_path, &format!("https://{host_path}"))?;
        let account = parsed.account.ok_or_else(not_a_provider)?;
        Ok((parsed.partition, account, issuer))
    }

    /// The URL as `iss` has it.
    pub fn url(&self) -> String {
        format!("https://{}", self.host_path)
    }

    /// Host and path without the scheme, as in provider ARNs and condition keys.
    pub fn host_path(&self) -> &str {
        &self.host_path
    }

    /// The condition key of a claim, such as `oidc.eks.eu-west-1.amazonaws.com/id/ABC:sub`.
    pub fn condition_key(&self, claim: &str) -> String {
        format!("{}:{claim}", self.host_path)
    }

    /// The ARN of this issuer's provider in an account; IAM has no other choice of name, so it is known before the provider exists.
    pub fn provider_arn(&self, partition: Partition, account: &AccountId) -> String {
        format!(
            "arn:{partition}:iam::{account}:{}",
            self.provider_resource()
        )
    }

    /// The end of the provider's ARN, which is the same in every account.
    pub fn provider_resource(&self) -> String {
        format!("oidc-provider/{}", self.host_path)
    }

    /// Region and id, if this is the issuer of an EKS cluster.
    pub fn eks_cluster(&self) -> Option<EksIssuer> {
        let (host, path) = self.host_path.split_once('/')?;
        let region_and_suffix = host.strip_prefix("oidc.eks.")?;
        let (region, suffix) = region_and_suffix.split_once('.')?;
        let id = path.strip_prefix("id/")?;
        let partition = Partition::of_region(region)?;
        let is_id = !id.is_empty() && id.bytes().all(|byte| byte.is_ascii_alphanumeric());
        (suffix == partition.dns_suffix() && is_id).then(|| EksIssuer {
            region: region.to_owned(),
            id: id.to_owned(),
        })
    }

    fn from_host_path(host_path: &str, url: &str) -> Result<Issuer, IssuerError> {
        let given = || url.to_owned();
        let length = url.chars().count();
        if length > 255 {
            return Err(IssuerError::TooLong { length });
        }
        if host_path.contains(['?', '#']) {
            return Err(IssuerError::Query { url: given() });
        }
        if let Some(character) = host_path
            .chars()
            .find(|character| !is_url_character(*character))
        {
            return Err(IssuerError::Character {
                url: given(),
                character: character.escape_default().to_string(),
            });
        }
        let (host, path) = host_path.split_once('/').unwrap_or((host_path, ""));
        if host.contains(':') {
            return Err(IssuerError::Port { url: given() });
        }
        if !is_host(host) {
            return Err(IssuerError::Host { url: given() });
        }
        if host_path.ends_with('/') {
            return Err(IssuerError::TrailingSlash {
                url: given(),
                without: url.trim_end_matches('/').to_owned(),
            });
        }
        if let Some(issuer) = issuer_of_dual_stack(host, path) {
            return Err(IssuerError::DualStack {
                url: given(),
                issuer,
            });
        }
        Ok(Issuer {
            host_path: host_path.to_owned(),
        })
    }
}

impl fmt::Display for Issuer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "https://{}", self.host_path)
    }
}

fn is_url_character(character: char) -> bool {
    character.is_ascii_alphanumeric() || "-._~/:@!$&'()*+,;=%".contains(character)
}

fn is_host(host: &str) -> bool {
    let is_label = |label: &str| {
        !label.is_empty()
            && label.len() <= 63
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_')
    };
    !host.is_empty() && host.split('.').all(is_label)
}

/// `oidc-eks.<region>.<dual-stack suffix>/id/X` names the discovery documents over IPv6; the issuer stays the IPv4 name.
fn issuer_of_dual_stack(host: &str, path: &str) -> Option<String> {
    let region_and_suffix = host.strip_prefix("oidc-eks.")?;
    let (region, suffix) = region_and_suffix.split_once('.')?;
    let partition = Partition::of_region(region)?;
    let is_dual_stack = partition.dual_stack_suffix() == Some(suffix) || suffix.starts_with("api.");
    is_dual_stack.then(|| {
        format!(
            "https://oidc.eks.{region}.{}/{path}",
            partition.dns_suffix()
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const URL: &str =
        "https://oidc.eks.eu-central-1.amazonaws.com/id/0123456789ABCDEF0123456789ABCDEF";

    fn account() -> AccountId {
        AccountId::parse("111122223333").unwrap()
    }

    #[test]
    fn an_issuer_of_eks_gives_every_name_iam_derives() {
        let issuer = Issuer::parse(URL).unwrap();
        assert_eq!(issuer.url(), URL);
        assert_eq!(
            issuer.host_path(),
            "oidc.eks.eu-central-1.amazonaws.com/id/0123456789ABCDEF0123456789ABCDEF"
        );
        assert_eq!(
            issuer.provider_arn(Partition::Aws, &account()),
            "arn:aws:iam::111122223333:oidc-provider/oidc.eks.eu-central-1.amazonaws.com/id/0123456789ABCDEF0123456789ABCDEF"
        );
        assert_eq!(
            issuer.eks_cluster(),
            Some(EksIssuer {
                region: "eu-central-1".to_owned(),
                id: "0123456789ABCDEF0123456789ABCDEF".to_owned()
            })
        );
        assert_eq!(
            Issuer::from_provider_arn(&issuer.provider_arn(Partition::Aws, &account())),
            Ok((Partition::Aws, account(), issuer))
        );
    }

    #[test]
    fn an_issuer_of_another_host_is_an_issuer_but_no_cluster() {
        let issuer = Issuer::parse("https://s3.us-west-2.amazonaws.com/my-bucket").unwrap();
        assert_eq!(
            issuer.condition_key("sub"),
            "s3.us-west-2.amazonaws.com/my-bucket:sub"
        );
        assert_eq!(issuer.eks_cluster(), None);
    }

    #[test]
    fn a_wrong_url_is_refused_with_what_is_wrong() {
        let text = |url: &str| Issuer::parse(url).unwrap_err().to_string();
        assert_eq!(
            text("http://a.example/x"),
            "issuer url `http://a.example/x` must start with `https://`"
        );
        assert_eq!(
            text("oidc.eks.eu-west-1.amazonaws.com/id/A"),
            "issuer url `oidc.eks.eu-west-1.amazonaws.com/id/A` must start with `https://`"
        );
        assert_eq!(
            text("https://a.example:8443/x"),
            "issuer url `https://a.example:8443/x` must not name a port"
        );
        assert_eq!(
            text("https://a.example/x?y=1"),
            "issuer url `https://a.example/x?y=1` must not have a query or a fragment"
        );
        assert_eq!(
            text("https:///x"),
            "issuer url `https:///x` has no valid host"
        );
        assert_eq!(
            text("https://a.example/x y"),
            "issuer url `https://a.example/x y` has a character that no url has: ` `"
        );
        assert_eq!(
            text("https://a.example/x/"),
            "issuer url `https://a.example/x/` must not end with a slash: a token's issuer is compared as a whole, use `https://a.example/x`"
        );
        assert_eq!(
            text(&format!("https://a.example/{}", "x".repeat(240))),
            "issuer url has 258 characters, and IAM takes 255 at most"
        );
    }

    #[test]
    fn the_dual_stack_name_of_a_cluster_is_refused_with_the_right_issuer() {
        assert_eq!(
            Issuer::parse("https://oidc-eks.us-west-2.api.aws/id/ABC")
                .unwrap_err()
                .to_string(),
            "issuer url `https://oidc-eks.us-west-2.api.aws/id/ABC` is the dual-stack name of a cluster, but tokens are issued by \
             `https://oidc.eks.us-west-2.amazonaws.com/id/ABC`: use that one"
        );
        assert_eq!(
            Issuer::parse("https://oidc-eks.cn-north-1.api.amazonwebservices.com.cn/id/ABC")
                .unwrap_err(),
            IssuerError::DualStack {
                url: "https://oidc-eks.cn-north-1.api.amazonwebservices.com.cn/id/ABC".to_owned(),
                issuer: "https://oidc.eks.cn-north-1.amazonaws.com.cn/id/ABC".to_owned(),
            }
        );
    }

    #[test]
    fn an_arn_of_something_else_is_no_provider() {
        assert_eq!(
            Issuer::from_provider_arn("arn:aws:iam::111122223333:saml-provider/x")
                .unwrap_err()
                .to_string(),
            "`arn:aws:iam::111122223333:saml-provider/x` is not the ARN of an OIDC provider; it looks like \
             `arn:aws:iam::111122223333:oidc-provider/<issuer without https://>`"
        );
    }
}
