//! Which failures of a call are no matter of the object that meets them: every object of the configuration would.

use tf_provider::Cause;

use crate::ports::{ApiError, ErrorKind, Service};

/// The operation of what a provider block that is not wholly known keeps from being asked.
pub(crate) const UNKNOWN_BLOCK: &str = "provider configuration";

/// The cause of a failure, where others meet it too. A call that may have been carried out is its object's own affair.
pub(crate) fn shared_cause(about: &str, error: &ApiError) -> Option<Cause> {
    if error.may_have_been_carried_out() || error.operation == UNKNOWN_BLOCK {
        return None;
    }
    let (key, name) = match error.service {
        Service::Aws => of_aws(error)?,
        Service::ApiServer(_) => of_api_server(error)?,
    };
    Some(Cause {
        key: format!("{:?} {key}", error.kind),
        name,
        about: about.to_owned(),
    })
}

/// Whom which cluster does not know.
pub(crate) struct UnknownCaller<'a> {
    pub(crate) cluster: &'a str,
    pub(crate) region: &'a str,
    /// Who asks: the caller, a role, or a token or certificate of the provider block.
    pub(crate) acts_as: &'a str,
}

/// A caller that a cluster refuses. An address does not tell clusters apart: tunnels may have one for several.
pub(crate) fn unknown_caller(about: &str, unknown: &UnknownCaller<'_>) -> Cause {
    let UnknownCaller {
        cluster,
        region,
        acts_as,
    } = unknown;
    Cause {
        key: format!("cluster {cluster} {region} does not know {acts_as}"),
        name: format!("The cluster `{cluster}` does not know the caller"),
        about: about.to_owned(),
    }
}

/// A state of another account than the one that this run works in.
pub(crate) fn other_account(about: &str, remembered: &str, account: &str) -> Cause {
    Cause {
        key: format!("account {account} instead of {remembered}"),
        name: "The state was made in another account".to_owned(),
        about: about.to_owned(),
    }
}

/// What tells the cause from others of its kind, and its name.
fn of_aws(error: &ApiError) -> Option<(String, String)> {
    let service = error.operation.split(':').next().unwrap_or_default();
    Some(match error.kind {
        ErrorKind::NoCredentials => (
            error.message.clone(),
            "There are no AWS credentials".to_owned(),
        ),
        ErrorKind::ExpiredCredentials => {
            (String::new(), "The AWS credentials have expired".to_owned())
        }
        // Services word it differently and repeat the request, so only a role that is assumed on the way is told apart.
        ErrorKind::Unauthorized if error.operation.starts_with("sts:Assume") => (
            error.message.clone(),
            "AWS does not accept the credentials that are to assume a role".to_owned(),
        ),
        ErrorKind::Unauthorized => (
            String::new(),
            "AWS does not accept the credentials".to_owned(),
        ),
        // The message names the endpoint, of which a service has one in each region.
        ErrorKind::Unreachable => (
            format!("{service} {}", error.message),
            format!("The AWS service `{service}` is out of reach"),
        ),
        // The words name the caller, the action and the resource. Without the resource nobody can tell whether another object meets the same.
        ErrorKind::AccessDenied if error.message.contains(" on resource: ") => (
            format!("{} {}", error.operation, error.message),
            format!("The permission for `{}` is denied", error.operation),
        ),
        ErrorKind::AccountNotAllowed => (
            error.message.clone(),
            "The account is not allowed".to_owned(),
        ),
        _ => return None,
    })
}

fn of_api_server(error: &ApiError) -> Option<(String, String)> {
    let key = format!("of {}", error.address.as_deref().unwrap_or_default());
    Some(match error.kind {
        ErrorKind::Unreachable => (key, "The cluster's API server is out of reach".to_owned()),
        ErrorKind::Unauthorized => (key, "The cluster does not know the caller".to_owned()),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ports::RequestVerb;

    fn key(error: &ApiError) -> Option<String> {
        shared_cause("it", error).map(|cause| cause.key)
    }

    fn aws(kind: ErrorKind, operation: &str) -> ApiError {
        ApiError::new(kind, operation, "no")
    }

    fn kubernetes(kind: ErrorKind, address: &str) -> ApiError {
        ApiError {
            address: Some(address.to_owned()),
            ..ApiError::from_api_server(kind, RequestVerb::Get, "configmaps", "no")
        }
    }

    #[test]
    fn credentials_are_one_cause_whichever_service_refuses_them() {
        for kind in [
            ErrorKind::Unauthorized,
            ErrorKind::ExpiredCredentials,
            ErrorKind::NoCredentials,
        ] {
            let (one, other) = (aws(kind, "eks:DescribeCluster"), aws(kind, "iam:GetRole"));
            assert_eq!(key(&one), key(&other));
            assert!(key(&one).is_some());
        }
        assert_ne!(
            key(&aws(ErrorKind::Unauthorized, "iam:GetRole")),
            key(&aws(ErrorKind::ExpiredCredentials, "iam:GetRole"))
        );
    }

    #[test]
    fn an_endpoint_is_one_cause_and_another_service_another() {
        let down = |operation| key(&aws(ErrorKind::Unreachable, operation));
        assert_eq!(down("iam:GetRole"), down("iam:CreateRole"));
        assert_ne!(down("iam:GetRole"), down("eks:DescribeCluster"));
        let down_in = |region: &str| {
            let message = format!("the endpoint https://eks.{region}.amazonaws.com did not answer");
            let kind = ErrorKind::Unreachable;
            key(&ApiError::new(kind, "eks:DescribeCluster", message))
        };
        assert_eq!(down_in("eu-central-1"), down_in("eu-central-1"));
        assert_ne!(down_in("eu-central-1"), down_in("us-east-1"));
    }

    #[test]
    fn api_servers_are_told_apart_by_their_address() {
        for kind in [ErrorKind::Unreachable, ErrorKind::Unauthorized] {
            let one = key(&kubernetes(kind, "https://a"));
            assert_eq!(one, key(&kubernetes(kind, "https://a")));
            assert_ne!(one, key(&kubernetes(kind, "https://b")));
            assert_ne!(one, key(&aws(kind, "iam:GetRole")));
        }
    }

    #[test]
    fn a_permission_that_is_denied_on_a_resource_is_one_cause_for_one_caller() {
        let denied = |caller: &str, action: &str, resource: &str| {
            let message = format!(
                "User: {caller} is not authorized to perform: {action} on resource: {resource} because no policy allows it"
            );
            key(&ApiError::new(ErrorKind::AccessDenied, action, message))
        };
        let one = denied("ci", "eks:DescribeCluster", "cluster/prod");
        assert!(one.is_some());
        assert_eq!(one, denied("ci", "eks:DescribeCluster", "cluster/prod"));
        for other in [
            denied("dev", "eks:DescribeCluster", "cluster/prod"),
            denied("ci", "eks:ListClusters", "cluster/prod"),
            denied("ci", "eks:DescribeCluster", "cluster/dev"),
        ] {
            assert_ne!(one, other);
        }
        let unnamed = aws(ErrorKind::AccessDenied, "eks:DescribeCluster");
        assert_eq!(key(&unnamed), None, "nobody knows what is denied");
    }

    #[test]
    fn what_is_an_objects_own_affair_has_no_shared_cause() {
        for kind in [
            ErrorKind::NotFound,
            ErrorKind::AccessDenied,
            ErrorKind::Conflict,
            ErrorKind::Throttled,
            ErrorKind::AnswerLost,
            ErrorKind::Service,
        ] {
            assert_eq!(key(&aws(kind, "iam:CreateRole")), None, "{kind:?}");
        }
        let open = ApiError {
            earlier_attempt_is_open: true,
            ..aws(ErrorKind::Unreachable, "iam:CreateRole")
        };
        assert_eq!(key(&open), None);
        assert_eq!(key(&aws(ErrorKind::NoCredentials, UNKNOWN_BLOCK)), None);
    }
}
