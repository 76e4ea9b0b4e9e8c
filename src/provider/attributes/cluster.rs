//! The attributes that every cluster-scoped object has, described once.

use tf_provider::schema::Invalid;
use tf_provider::{Attribute, Validator};

/// `cluster_name`: the provider's default where it is not set. Once in a state it stays, whatever the default becomes.
pub fn cluster_name_attribute() -> Attribute {
    Attribute::string()
        .optional()
        .computed()
        .keep()
        .validate(Validator::string(check_cluster_name))
        .description(
            "Name of the cluster; the provider's `cluster_name` unless set. Pass `aws_eks_cluster.this.id`, which is unknown while the \
             cluster is being created or replaced, so that nothing is planned against the old one.",
        )
}

/// `region`: the provider's where it is not set.
pub fn region_attribute() -> Attribute {
    Attribute::string()
        .optional()
        .validate(Validator::string(check_region))
        .description(
            "Region of the cluster; the provider's `clusters` entry or its `region` unless set.",
        )
}

/// `cluster_arn` of a resource: what the state remembers of account and region.
pub fn cluster_arn_attribute() -> Attribute {
    Attribute::string().computed().keep().description(
        "ARN of the cluster. The account and region in it are compared in every run: in another place nothing is read or written.",
    )
}

/// `cluster_issuer`: what the state remembers to tell a cluster from another one of the same name.
pub fn cluster_issuer_attribute() -> Attribute {
    Attribute::string().computed().keep().description(
        "OIDC issuer of the cluster, which is new with every cluster: another one under the same name means that the cluster was replaced.",
    )
}

/// The rule of EKS on cluster names.
///
/// # Errors
/// What a name looks like.
pub fn check_cluster_name(name: &str) -> Result<(), Invalid> {
    let is_inner = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    let is_first = name
        .bytes()
        .next()
        .is_some_and(|byte| byte.is_ascii_alphanumeric());
    if is_first && name.len() <= 100 && name.bytes().all(is_inner) {
        return Ok(());
    }
    let hint = match name.starts_with("arn:") {
        true => " This is an ARN; write only the name, the part after `cluster/`.",
        false => "",
    };
    Err(Invalid::new(
        "Invalid Cluster Name",
        format!(
            "`{name}` is not a cluster's name: 1 to 100 letters, digits, hyphens and underscores, a letter or digit first.{hint}"
        ),
    ))
}

/// A region's name by its shape only: regions are added faster than tables.
///
/// # Errors
/// What a name looks like.
pub fn check_region(region: &str) -> Result<(), Invalid> {
    let parts: Vec<&str> = region.split('-').collect();
    let is_word = |part: &&str| {
        !part.is_empty()
            && part
                .bytes()
                .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
    };
    let ends_in_number = parts
        .last()
        .is_some_and(|part| part.bytes().all(|byte| byte.is_ascii_digit()));
    if parts.len() >= 3 && parts.iter().all(is_word) && ends_in_number {
        return Ok(());
    }
    Err(Invalid::new(
        "Invalid Region",
        format!("`{region}` is not a region's name; it looks like `eu-central-1`."),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wrong_cluster_name_is_refused_with_what_would_be_right() {
        assert_eq!(check_cluster_name("prod_1-a"), Ok(()));
        assert_eq!(
            check_cluster_name("arn:aws:eks:eu-central-1:111122223333:cluster/prod")
                .unwrap_err()
                .detail,
            "`arn:aws:eks:eu-central-1:111122223333:cluster/prod` is not a cluster's name: 1 to 100 letters, digits, hyphens and underscores, \
             a letter or digit first. This is an ARN; write only the name, the part after `cluster/`."
        );
        assert!(check_cluster_name("").is_err());
        assert!(check_cluster_name("-prod").is_err());
    }

    #[test]
    fn a_region_is_judged_by_its_shape() {
        for region in [
            "eu-central-1",
            "us-gov-west-1",
            "us-isob-east-1",
            "eusc-de-east-1",
            "xx-new-1",
        ] {
            assert_eq!(check_region(region), Ok(()));
        }
        for wrong in ["", "eu-central", "eu-central-1a", "EU-central-1", "global"] {
            assert!(check_region(wrong).is_err(), "{wrong}");
        }
    }
}
