use super::*;

#[test]
fn kinds_follow_the_code_and_then_the_status() {
    for (code, status, expected) in [
        (Some("NoSuchEntity"), 404, ErrorKind::NotFound),
        (Some("ResourceNotFoundException"), 404, ErrorKind::NotFound),
        (Some("EntityAlreadyExists"), 409, ErrorKind::AlreadyExists),
        (
            Some("ResourceInUseException"),
            409,
            ErrorKind::AlreadyExists,
        ),
        (Some("ConcurrentModification"), 409, ErrorKind::Conflict),
        (Some("DeleteConflict"), 409, ErrorKind::Conflict),
        (Some("AccessDenied"), 403, ErrorKind::AccessDenied),
        (Some("ExpiredToken"), 403, ErrorKind::ExpiredCredentials),
        (
            Some("ExpiredTokenException"),
            400,
            ErrorKind::ExpiredCredentials,
        ),
        (Some("InvalidClientTokenId"), 403, ErrorKind::Unauthorized),
        (Some("SignatureDoesNotMatch"), 403, ErrorKind::Unauthorized),
        (
            Some("UnrecognizedClientException"),
            403,
            ErrorKind::Unauthorized,
        ),
        (Some("Throttling"), 400, ErrorKind::Throttled),
        (Some("TooManyRequestsException"), 429, ErrorKind::Throttled),
        (Some("LimitExceeded"), 409, ErrorKind::LimitExceeded),
        (
            Some("ResourceLimitExceededException"),
            400,
            ErrorKind::LimitExceeded,
        ),
        (Some("MalformedPolicyDocument"), 400, ErrorKind::Invalid),
        (Some("ServiceFailure"), 500, ErrorKind::Service),
        (Some("ServerException"), 500, ErrorKind::Service),
        (None, 403, ErrorKind::AccessDenied),
        (None, 503, ErrorKind::Service),
    ] {
        assert_eq!(kind(code, status), expected, "{code:?} {status}");
    }
}

#[test]
fn a_principal_that_iam_does_not_know_is_told_from_another_bad_policy() {
    let code = Some("MalformedPolicyDocument");
    assert!(names_unknown_principal(
        code,
        "Invalid principal in policy: \"AWS\":\"arn:aws:iam::1:role/nodes\""
    ));
    assert!(!names_unknown_principal(
        code,
        "Has prohibited field Resource"
    ));
    assert!(!names_unknown_principal(
        Some("ValidationError"),
        "Invalid principal in policy"
    ));
}

#[test]
fn the_missing_action_is_read_from_the_message() {
    let message = "User: arn:aws:iam::1:user/me is not authorized to perform: iam:PassRole on resource: role r because no identity-based policy allows it";
    assert_eq!(missing_action(message), Some("iam:PassRole".to_owned()));
    assert_eq!(
        missing_action("Not authorized to perform sts:AssumeRoleWithWebIdentity"),
        Some("sts:AssumeRoleWithWebIdentity".to_owned())
    );
    assert_eq!(missing_action("Access Denied"), None);
}

#[test]
fn an_origin_holds_no_path_query_or_password() {
    assert_eq!(
        origin("https://me:pw@sts.amazonaws.com:8443/a?X-Amz-Signature=s"),
        Some("https://sts.amazonaws.com:8443".to_owned())
    );
    assert_eq!(origin("/only/a/path"), None);
}
