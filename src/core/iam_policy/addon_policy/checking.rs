//! Whether the value of an argument is one that it can have: the right kind of ARN, of the partition that the policy is for.

use super::argument::{AddonArguments, ArgumentShape, ArgumentValue, ArnShape};
use super::error::AddonPolicyError;
use crate::principal::arn::Arn;
use crate::principal::partition::Partition;

/// Everything that is wrong with the values that are known.
pub(super) fn value_errors(arguments: &AddonArguments) -> Vec<AddonPolicyError> {
    let mut errors = Vec::new();
    for (argument, value) in arguments.iter() {
        for text in texts(value) {
            if let Err(reason) = check(argument.shape(), text) {
                errors.push(AddonPolicyError::Value {
                    argument,
                    value: text.to_owned(),
                    reason,
                });
            }
        }
    }
    errors
}

/// The partition of the first ARN or region that says one.
pub(super) fn partition(arguments: &AddonArguments) -> Option<Partition> {
    arguments.iter().find_map(|(argument, value)| {
        texts(value)
            .into_iter()
            .find_map(|text| partition_of(argument.shape(), text))
    })
}

/// The values that are of another partition.
pub(super) fn partition_errors(
    arguments: &AddonArguments,
    partition: Partition,
) -> Vec<AddonPolicyError> {
    let mut errors = Vec::new();
    for (argument, value) in arguments.iter() {
        for text in texts(value) {
            if let Some(found) = partition_of(argument.shape(), text)
                && found != partition
            {
                errors.push(AddonPolicyError::OtherPartition {
                    argument,
                    value: text.to_owned(),
                    found,
                    partition,
                });
            }
        }
    }
    errors
}

fn texts(value: &ArgumentValue) -> Vec<&str> {
    match value {
        ArgumentValue::Texts(texts) => texts.iter().map(String::as_str).collect(),
        ArgumentValue::Text(text) => vec![text],
        ArgumentValue::Flag(_) | ArgumentValue::Undecided => Vec::new(),
    }
}

fn partition_of(shape: ArgumentShape, text: &str) -> Option<Partition> {
    match shape {
        ArgumentShape::Arns(_) | ArgumentShape::ClusterName | ArgumentShape::ClusterNames => {
            Partition::parse(text.strip_prefix("arn:")?.split(':').next()?).ok()
        }
        ArgumentShape::Region => Partition::of_region(text),
        ArgumentShape::S3Prefixes | ArgumentShape::IpFamily | ArgumentShape::Flag => None,
    }
}

fn check(shape: ArgumentShape, text: &str) -> Result<(), String> {
    match shape {
        ArgumentShape::Arns(shape) => check_arn(shape, text),
        ArgumentShape::ClusterName | ArgumentShape::ClusterNames
            if is_cluster_name(text) || cluster_arn(text).is_some() =>
        {
            Ok(())
        }
        ArgumentShape::ClusterName | ArgumentShape::ClusterNames => {
            Err("it is neither the name of a cluster nor its ARN".to_owned())
        }
        ArgumentShape::Region if Partition::of_region(text).is_some() => Ok(()),
        ArgumentShape::Region => {
            Err("it is not a region's name, such as `eu-central-1`".to_owned())
        }
        ArgumentShape::IpFamily if ["ipv4", "ipv6"].contains(&text) => Ok(()),
        ArgumentShape::IpFamily => Err("it is `ipv4` or `ipv6`".to_owned()),
        ArgumentShape::S3Prefixes => check_prefix(text),
        ArgumentShape::Flag => Ok(()),
    }
}

/// A cluster's ARN, read.
pub(super) fn cluster_arn(text: &str) -> Option<(Arn, &str)> {
    let arn = Arn::parse(text).ok()?;
    let (_, name) = text.split_once(":cluster/")?;
    (arn.service == "eks" && is_cluster_name(name)).then_some((arn, name))
}

/// The rule of EKS on cluster names.
fn is_cluster_name(name: &str) -> bool {
    let is_inner = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    name.starts_with(|first: char| first.is_ascii_alphanumeric())
        && name.len() <= 100
        && name.bytes().all(is_inner)
}

fn check_prefix(text: &str) -> Result<(), String> {
    if text.starts_with('/') {
        return Err("keys in S3 do not begin with `/`".to_owned());
    }
    if text.is_empty() || text.contains(|c: char| c.is_control() || matches!(c, '*' | '?')) {
        return Err("it is not the beginning of a key, such as `velero/`".to_owned());
    }
    Ok(())
}

/// An ARN in which region, account and name may be patterns, as in the `Resource` of a policy.
fn check_arn(shape: ArnShape, text: &str) -> Result<(), String> {
    let looks = format!("it looks like `{}`", shape.example);
    if text == "*" {
        return Err(format!(
            "it would allow the actions on everything; if that is meant, write a pattern of the right kind; {looks}"
        ));
    }
    let sections: Vec<&str> = text.splitn(6, ':').collect();
    let ["arn", partition, service, region, account, resource] = sections.as_slice() else {
        return Err(format!("it is not an ARN; {looks}"));
    };
    Partition::parse(partition).map_err(|error| error.to_string())?;
    let is_account = account.contains('*')
        || (account.len() == 12 && account.bytes().all(|byte| byte.is_ascii_digit()));
    let is_region = !region.is_empty()
        && region.bytes().all(|byte| {
            byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"-*?".contains(&byte)
        });
    // An ARN with a part that its kind does not have matches nothing, and nobody would be told.
    let is_placed = match *service {
        "route53" | "s3" => region.is_empty() && account.is_empty(),
        "iam" => region.is_empty() && is_account,
        _ => is_region && is_account,
    };
    let name = resource.strip_prefix(shape.prefix);
    let is_named = name.is_some_and(|name| {
        !name.is_empty()
            && !name.starts_with('/')
            && !name.contains(|c: char| c.is_whitespace() || c.is_control())
    });
    if *service == "kms" && resource.starts_with("alias/") {
        return Err(format!(
            "a policy matches keys by their own ARN, never by an alias; {looks}"
        ));
    }
    if *service != shape.service || !is_named || !is_placed {
        return Err(looks);
    }
    if shape.prefix.is_empty() && resource.contains('/') {
        return Err(format!("it has no path; {looks}"));
    }
    Ok(())
}
