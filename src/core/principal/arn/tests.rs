use super::*;

#[test]
fn an_arn_reads_and_prints_unchanged() {
    let text = "arn:aws-us-gov:iam::012345678901:role/team/app:x";
    let arn = Arn::parse(text).unwrap();
    assert_eq!(
        arn,
        Arn {
            partition: Partition::AwsUsGov,
            service: "iam".to_owned(),
            region: String::new(),
            account: Some(AccountId("012345678901".to_owned())),
            resource: "role/team/app:x".to_owned(),
        }
    );
    assert_eq!(arn.to_string(), text);
}

#[test]
fn a_malformed_arn_says_what_is_wrong() {
    let text = |arn: &str| Arn::parse(arn).unwrap_err().to_string();
    assert_eq!(
        text("role/x"),
        "`role/x` is not an ARN: it must start with `arn:`"
    );
    assert_eq!(
        text("arn:aws:iam::role/x"),
        "`arn:aws:iam::role/x` is not an ARN: it has 5 of the six parts `arn:partition:service:region:account:resource`"
    );
    assert_eq!(
        text("arn:azure:iam::111122223333:role/x"),
        "the partition of `arn:azure:iam::111122223333:role/x` is unknown"
    );
    assert_eq!(
        text("arn:aws:iam::12345:role/x"),
        "account id `12345` must have 12 digits"
    );
    assert_eq!(
        text("arn:aws:::111122223333:role/x"),
        "the service `` of `arn:aws:::111122223333:role/x` is not a service name"
    );
    assert_eq!(
        text("arn:aws:iam::111122223333:role/x\n"),
        r"the resource of `arn:aws:iam::111122223333:role/x\n` is empty or has white space in it"
    );
}

#[test]
fn what_a_practitioner_writes_becomes_what_the_server_compares() {
    let same = "arn:aws:iam::111122223333:role/app".to_owned();
    for written in [
        "arn:aws:iam::111122223333:role/app",
        "arn:aws:iam::111122223333:role/team/blue/app",
        "arn:aws:sts::111122223333:assumed-role/app/session",
    ] {
        assert_eq!(canonical_role_arn(written), Ok(same.clone()), "{written}");
        assert_eq!(iam_role_name(written), Ok("app".to_owned()), "{written}");
    }
    assert_eq!(
        canonical_role_arn(
            "arn:aws:iam::111122223333:role/aws-reserved/sso.amazonaws.com/eu-west-1/AWSReservedSSO_Admin_0123456789abcdef"
        ),
        Ok("arn:aws:iam::111122223333:role/AWSReservedSSO_Admin_0123456789abcdef".to_owned())
    );
    assert_eq!(
        iam_role_path("arn:aws:iam::111122223333:role/team/blue/app"),
        Ok(Some("/team/blue/".to_owned()))
    );
    assert_eq!(
        iam_role_path("arn:aws:iam::111122223333:role/app"),
        Ok(Some("/".to_owned()))
    );
    assert_eq!(
        iam_role_path("arn:aws:sts::111122223333:assumed-role/app/s"),
        Ok(None)
    );
}

#[test]
fn a_user_keeps_its_path() {
    for written in [
        "arn:aws:iam::111122223333:user/people/alice",
        "arn:aws:iam::111122223333:root",
        "arn:aws:sts::111122223333:federated-user/bob",
    ] {
        assert_eq!(canonical_user_arn(written), Ok(written.to_owned()));
    }
}

#[test]
fn an_arn_that_never_calls_is_refused_with_the_reason() {
    let role = |arn: &str| canonical_role_arn(arn).unwrap_err().to_string();
    let user = |arn: &str| canonical_user_arn(arn).unwrap_err().to_string();
    assert_eq!(
        role("arn:aws:iam::111122223333:instance-profile/node"),
        "`arn:aws:iam::111122223333:instance-profile/node` is an instance profile, not a role: write the role inside it"
    );
    assert_eq!(
        role(
            "arn:aws:iam::111122223333:role/aws-service-role/eks.amazonaws.com/AWSServiceRoleForAmazonEKS"
        ),
        "`arn:aws:iam::111122223333:role/aws-service-role/eks.amazonaws.com/AWSServiceRoleForAmazonEKS` is a service-linked role, \
         not a role: only its service assumes it, so it never calls a cluster"
    );
    assert_eq!(
        role("arn:aws:iam::111122223333:user/alice"),
        "`arn:aws:iam::111122223333:user/alice` is a user, not a role: write it among the users"
    );
    assert_eq!(
        user("arn:aws:iam::111122223333:group/admins"),
        "`arn:aws:iam::111122223333:group/admins` is a group of users, not a user: a caller is never a group; write its users one by one"
    );
    assert_eq!(
        user("arn:aws:iam::111122223333:role/x"),
        "`arn:aws:iam::111122223333:role/x` is a role, not a user: write it among the roles"
    );
    assert_eq!(
        role("arn:aws:eks:eu-west-1:111122223333:cluster/prod"),
        "`arn:aws:eks:eu-west-1:111122223333:cluster/prod` names region `eu-west-1`, but ARNs of roles and users have none"
    );
    assert_eq!(
        role("arn:aws:iam::111122223333:role/*"),
        "`*` in `arn:aws:iam::111122223333:role/*` is not a valid name: 1 to 64 letters, digits and `+=,.@-_`, no wildcard"
    );
    assert_eq!(
        role("arn:aws:iam:::role/x"),
        "`arn:aws:iam:::role/x` has no account id"
    );
    assert_eq!(
        role("arn:aws:iam::aws:policy/ReadOnlyAccess"),
        "`arn:aws:iam::aws:policy/ReadOnlyAccess` has no account id"
    );
    assert_eq!(
        role("arn:aws:iam::111122223333:role"),
        "`arn:aws:iam::111122223333:role` is an ARN without a name, not a role: a name follows after the slash"
    );
}

#[test]
fn a_caller_loses_only_the_name_of_its_session() {
    let caller =
        canonical_caller_arn("arn:aws-cn:sts::111122223333:assumed-role/Org/Team/Admin/session")
            .unwrap();
    assert_eq!(
        caller,
        CallerArn {
            principal_type: PrincipalType::AssumedRole,
            arn: "arn:aws-cn:iam::111122223333:role/Org/Team/Admin".to_owned(),
            account: "111122223333".to_owned(),
            partition: Partition::AwsCn,
        }
    );
}

#[test]
fn shapes_that_sts_cannot_report_are_no_callers() {
    for (arn, reason) in [
        (
            "arn:aws:sts::111122223333:assumed-role/Admin",
            CallerArnError::Resource,
        ),
        (
            "arn:aws:sts::111122223333:assumed-role//s",
            CallerArnError::Resource,
        ),
        ("arn:aws:iam::111122223333:role", CallerArnError::Resource),
        ("arn:aws:iam::111122223333:role/", CallerArnError::Resource),
        ("arn:aws:iam::111122223333:root/x", CallerArnError::Resource),
        (
            "arn:aws:iam::111122223333:user/a b",
            CallerArnError::Resource,
        ),
        ("arn:aws:iam:::root", CallerArnError::Account),
        (
            "arn:aws:iam:eu-west-1:111122223333:user/a",
            CallerArnError::Region,
        ),
        (
            "arn:aws:iam:aws-global:111122223333:role/a",
            CallerArnError::Region,
        ),
        ("arn:aws:iam: :111122223333:root", CallerArnError::Region),
        ("arn:AWS:iam::111122223333:root", CallerArnError::Partition),
    ] {
        assert_eq!(canonical_caller_arn(arn), Err(reason), "{arn}");
    }
}

#[test]
fn an_account_is_twelve_digits_whoever_calls() {
    for principal in [
        ("iam", "root"),
        ("iam", "user/a"),
        ("iam", "user/path/a"),
        ("iam", "role/a"),
        ("iam", "role/path/a"),
        ("sts", "assumed-role/a/s"),
        ("sts", "federated-user/a"),
    ] {
        let caller = |account: &str| {
            let (service, resource) = principal;
            canonical_caller_arn(&format!("arn:aws:{service}::{account}:{resource}")).map(drop)
        };
        assert_eq!(caller("000000000000"), Ok(()));
        for account in [
            "",
            "1",
            "11112222333",
            "1111222233334",
            "11112222333a",
            "abc",
            "aws",
            " 11112222333",
            "111122223333 ",
            "+11112222333",
            "1111-2222-33",
            "1111 2222 33",
            "\u{ff11}11122223333",
            "\u{ff11}\u{ff11}\u{ff11}\u{ff11}\u{ff12}\u{ff12}\u{ff12}\u{ff12}\u{ff13}\u{ff13}\u{ff13}\u{ff13}",
            "\u{661}11122223",
            "*",
            "1111\n2222333",
        ] {
            assert_eq!(caller(account), Err(CallerArnError::Account), "{account:?}");
        }
    }
}

#[test]
fn a_question_mark_in_a_pattern_stands_for_exactly_one_character() {
    let matches = |name: &str| {
        arn_matches(
            &format!("arn:aws:iam::1:role/{name}"),
            "arn:aws:iam::1:role/x?y*",
        )
        .unwrap()
    };
    assert_eq!(
        [
            "xy",
            "xay",
            "xaay",
            "xayz",
            "x\u{e9}y",
            "x\u{1f600}y",
            "x\ny",
            "xay\n"
        ]
        .map(matches),
        [false, true, false, true, true, true, false, false]
    );
}

#[test]
fn stripping_the_path_leaves_other_arns_alone() {
    assert_eq!(
        strip_role_path("arn:aws:iam::1:user/a/b"),
        Ok("arn:aws:iam::1:user/a/b".to_owned())
    );
    assert_eq!(
        strip_role_path("arn:aws:iam::1:role/b"),
        Ok("arn:aws:iam::1:role/b".to_owned())
    );
    assert_eq!(
        strip_role_path("arn:aws:iam::1:role/a/b"),
        Ok("arn:aws:iam::1:role/b".to_owned())
    );
}

#[test]
fn the_source_arn_gives_both_headers_or_none() {
    let arn = "arn:aws:eks:us-east-1:123456789012:cluster/x";
    assert_eq!(
        source_headers(arn),
        Ok([
            ("x-amz-source-account", "123456789012".to_owned()),
            ("x-amz-source-arn", arn.to_owned())
        ]
        .into())
    );
    assert_eq!(source_headers(""), Ok([].into()));
}

#[test]
fn a_callers_partition_is_that_of_its_arn_and_aws_where_it_names_none() {
    let partition = |arn: &str| caller_partition(arn);
    assert_eq!(
        partition("arn:aws-cn:sts::111122223333:assumed-role/admins/me"),
        Partition::AwsCn
    );
    assert_eq!(
        partition("arn:aws-us-gov:iam::111122223333:user/me"),
        Partition::AwsUsGov
    );
    assert_eq!(partition("no arn"), Partition::Aws);
}
