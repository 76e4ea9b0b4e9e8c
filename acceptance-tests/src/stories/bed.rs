//! The bed itself: what stories rely on is as AWS and Kubernetes have it.

use std::collections::BTreeMap;

use serde_json::json;

use super::story::stories;
use crate::{
    bed::{
        cloud::{ACCOUNT, Cloud, OTHER_ACCOUNT, PROD, REGION},
        cluster::WhoAmI,
        identity::Identity,
        json::text,
    },
    failure::{Failure, Outcome, expect, expect_parts},
};

stories!("bed":
    aws_auth_decides_who_gets_in,
    a_token_for_another_cluster_or_with_an_unknown_key_is_refused,
    the_creator_gets_in_whatever_aws_auth_says,
    a_service_account_gets_the_role_that_trusts_it,
    an_oidc_provider_answers_as_iam_does,
    a_role_is_found_without_regard_to_case,
    a_bad_trust_policy_is_malformed,
    keys_are_checked,
    a_fault_comes_as_often_as_it_was_ordered,
    a_cluster_is_made_as_the_story_says,
    kubernetes_requests_are_counted,
    no_grant_of_one_story_is_left_for_the_next,
    no_user_or_policy_of_one_story_is_left_for_the_next,
);

fn aws_auth_decides_who_gets_in(cloud: &Cloud) -> Outcome {
    let prod = cloud.cluster(PROD)?;
    cloud.role("/teams/", "platform")?;
    let session = cloud.assume(
        &format!("arn:aws:iam::{ACCOUNT}:role/teams/platform"),
        "eve",
    )?;
    prod.wait_for_whoami(&session, None)?;
    let entry = format!(
        "- rolearn: arn:aws:iam::{ACCOUNT}:role/platform\n  username: platform:{{{{SessionName}}}}\n  groups: [platform-admins]\n"
    );
    prod.put_aws_auth(&BTreeMap::from([("mapRoles".to_owned(), entry)]))?;
    let expected = WhoAmI {
        username: "platform:eve".into(),
        groups: vec!["platform-admins".into()],
    };
    prod.wait_for_whoami(&session, Some(&expected))
}

fn a_token_for_another_cluster_or_with_an_unknown_key_is_refused(cloud: &Cloud) -> Outcome {
    let prod = cloud.cluster(PROD)?;
    let user = cloud.user(ACCOUNT, "/people/", "mallory")?;
    let entry = format!("- userarn: {}\n  username: mallory\n", user.arn);
    prod.put_aws_auth(&BTreeMap::from([("mapUsers".to_owned(), entry)]))?;
    prod.wait_for_whoami(
        &user,
        Some(&WhoAmI {
            username: "mallory".into(),
            groups: vec![],
        }),
    )?;
    let elsewhere = prod.whoami_with(&prod.token_for("staging", &user)?)?;
    expect(
        elsewhere.is_none(),
        format!("a token for staging lets {elsewhere:?} in"),
    )?;
    let forged = Identity::new(
        user.arn,
        "AKIAUNKNOWNUNKNOWN00".into(),
        "secret".into(),
        None,
    );
    let seen = prod.whoami(&forged)?;
    expect(seen.is_none(), format!("an unknown key lets {seen:?} in"))
}

fn the_creator_gets_in_whatever_aws_auth_says(cloud: &Cloud) -> Outcome {
    let expected = WhoAmI {
        username: "cluster-creator".into(),
        groups: vec!["system:masters".into()],
    };
    cloud
        .cluster(PROD)?
        .wait_for_whoami(cloud.creator(), Some(&expected))
}

fn a_service_account_gets_the_role_that_trusts_it(cloud: &Cloud) -> Outcome {
    let prod = cloud.cluster(PROD)?;
    let issuer = text(
        &cloud.set_cluster(PROD, &json!({}))?,
        "identity.oidc.issuer",
    )?;
    let host = issuer.trim_start_matches("https://").to_owned();
    let role = format!("arn:aws:iam::{ACCOUNT}:role/reader");
    let trust = json!({"Version": "2012-10-17", "Statement": [{
        "Effect": "Allow",
        "Principal": {"Federated": format!("arn:aws:iam::{ACCOUNT}:oidc-provider/{host}")},
        "Action": "sts:AssumeRoleWithWebIdentity",
        "Condition": {"StringEquals": {
            format!("{host}:sub"): "system:serviceaccount:apps:reader", format!("{host}:aud"): "sts.amazonaws.com"}},
    }]});
    cloud.emulator().control(
        "role",
        &json!({"account": ACCOUNT, "name": "reader", "trust": trust}),
    )?;
    let reader = prod.service_account_token("apps", "reader", "sts.amazonaws.com")?;
    refused(
        cloud.assume_with_web_identity(&role, &reader),
        &["InvalidIdentityToken", "No OpenIDConnect provider found"],
    )?;
    let provider = [
        "iam",
        "create-open-id-connect-provider",
        "--client-id-list",
        "sts.amazonaws.com",
        "--url",
        &issuer,
    ];
    cloud.aws_as(cloud.creator(), &provider)?;
    let session = cloud.assume_with_web_identity(&role, &reader)?;
    expect(
        session.arn == format!("arn:aws:sts::{ACCOUNT}:assumed-role/reader/story"),
        session.arn.clone(),
    )?;
    let intruder = prod.service_account_token("apps", "intruder", "sts.amazonaws.com")?;
    refused(
        cloud.assume_with_web_identity(&role, &intruder),
        &["AccessDenied", "sts:AssumeRoleWithWebIdentity"],
    )?;
    let elsewhere =
        prod.service_account_token("apps", "reader", "https://kubernetes.default.svc")?;
    refused(
        cloud.assume_with_web_identity(&role, &elsewhere),
        &["InvalidIdentityToken", "Incorrect token audience"],
    )?;
    let tampered = reader
        .rsplit_once('.')
        .map_or(String::new(), |(head, _)| format!("{head}.AAAA"));
    refused(
        cloud.assume_with_web_identity(&role, &tampered),
        &["InvalidIdentityToken"],
    )
}

fn an_oidc_provider_answers_as_iam_does(cloud: &Cloud) -> Outcome {
    let aws = |arguments: &[&str]| cloud.aws_as(cloud.creator(), arguments);
    let url = "https://oidc.eks.eu-central-1.amazonaws.com/id/0123456789ABCDEF0123456789ABCDEF";
    let arn = text(
        &aws(&["iam", "create-open-id-connect-provider", "--url", url])?,
        "OpenIDConnectProviderArn",
    )?;
    refused(
        aws(&["iam", "create-open-id-connect-provider", "--url", url]),
        &["EntityAlreadyExists", url],
    )?;
    let named = ["--open-id-connect-provider-arn", &arn];
    for step in [
        [
            "iam",
            "add-client-id-to-open-id-connect-provider",
            "--client-id",
            "sts.amazonaws.com",
        ],
        [
            "iam",
            "update-open-id-connect-provider-thumbprint",
            "--thumbprint-list",
            "0123456789012345678901234567890123456789",
        ],
        [
            "iam",
            "tag-open-id-connect-provider",
            "--tags",
            "Key=team,Value=a&b",
        ],
    ] {
        aws(&[step.as_slice(), named.as_slice()].concat())?;
    }
    let mut read = aws(&[
        ["iam", "get-open-id-connect-provider"].as_slice(),
        named.as_slice(),
    ]
    .concat())?;
    if let Some(read) = read.as_object_mut() {
        read.remove("CreateDate");
    }
    let expected = json!({
        "Url": url.trim_start_matches("https://"), "ClientIDList": ["sts.amazonaws.com"],
        "ThumbprintList": ["0123456789012345678901234567890123456789"], "Tags": [{"Key": "team", "Value": "a&b"}],
    });
    expect(read == expected, format!("{read} is not {expected}"))
}

fn a_role_is_found_without_regard_to_case(cloud: &Cloud) -> Outcome {
    cloud.role("/", "Deployer")?;
    let found = cloud.aws_as(
        cloud.creator(),
        &["iam", "get-role", "--role-name", "deployer"],
    )?;
    expect(
        text(&found, "Role.RoleName")? == "Deployer",
        found.to_string(),
    )?;
    refused(
        cloud.role("/", "DEPLOYER").map(|_| ()),
        &["EntityAlreadyExists"],
    )
}

fn a_bad_trust_policy_is_malformed(cloud: &Cloud) -> Outcome {
    let create = |statement: &serde_json::Value| {
        let document = json!({"Version": "2012-10-17", "Statement": [statement]}).to_string();
        cloud.aws_as(
            cloud.creator(),
            &[
                "iam",
                "create-role",
                "--role-name",
                "bad",
                "--assume-role-policy-document",
                &document,
            ],
        )
    };
    let nobody = format!("arn:aws:iam::{ACCOUNT}:role/nobody");
    let statement =
        json!({"Effect": "Allow", "Principal": {"AWS": nobody}, "Action": "sts:AssumeRole"});
    refused(
        create(&statement),
        &["MalformedPolicyDocument", "Invalid principal in policy"],
    )?;
    let statement = json!({"Effect": "Allow", "Principal": {"Service": "eks.amazonaws.com"}, "Action": "sts:AssumeRole", "Resource": "*"});
    refused(
        create(&statement),
        &["MalformedPolicyDocument", "prohibited field Resource"],
    )?;
    let many: Vec<String> = (0..60)
        .map(|number| format!("system:serviceaccount:namespace:account-{number}"))
        .collect();
    let statement = json!({"Effect": "Allow", "Principal": {"Service": "eks.amazonaws.com"}, "Action": "sts:AssumeRole",
        "Condition": {"StringEquals": {"x:sub": many}}});
    refused(
        create(&statement),
        &["LimitExceeded", "ACLSizePerRole: 2048"],
    )
}

fn keys_are_checked(cloud: &Cloud) -> Outcome {
    let who = |identity: &Identity| cloud.aws_as(identity, &["sts", "get-caller-identity"]);
    expect(
        text(&who(cloud.creator())?, "Arn")? == cloud.creator().arn,
        "the creator is not itself",
    )?;
    let stranger = cloud.user(OTHER_ACCOUNT, "/", "stranger")?;
    expect(
        text(&who(&stranger)?, "Account")? == OTHER_ACCOUNT,
        "the stranger is of the wrong account",
    )?;
    let unknown = Identity::new(
        String::new(),
        "AKIAUNKNOWNUNKNOWN00".into(),
        "secret".into(),
        None,
    );
    refused(who(&unknown), &["InvalidClientTokenId"])?;
    let policy = json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "iam:Get*", "Resource": "*"}]});
    let limited = cloud.limited_user("limited", &policy)?;
    refused(
        cloud.aws_as(&limited, &["eks", "describe-cluster", "--name", PROD]),
        &["AccessDenied", "eks:DescribeCluster"],
    )
}

fn a_fault_comes_as_often_as_it_was_ordered(cloud: &Cloud) -> Outcome {
    let once = json!({"action": "DescribeCluster", "kind": "error", "status": 400, "code": "InvalidParameterException", "message": "no"});
    cloud.emulator().control("fault", &once)?;
    let describe = || {
        cloud.aws_as(
            cloud.creator(),
            &["eks", "describe-cluster", "--name", PROD],
        )
    };
    refused(describe(), &["InvalidParameterException"])?;
    describe()?;
    cloud
        .emulator()
        .control("fault", &json!({"action": "ListRoles", "kind": "lost"}))?;
    cloud.aws_as(cloud.creator(), &["iam", "list-roles"])?;
    let lines: Vec<String> = cloud
        .emulator()
        .asked()?
        .iter()
        .map(|line| format!("{} {}", line.action, line.error))
        .collect();
    expect(
        lines
            == [
                "DescribeCluster InvalidParameterException",
                "DescribeCluster ",
                "ListRoles AnswerLost",
                "ListRoles ",
            ],
        format!("{lines:?}"),
    )
}

fn a_cluster_is_made_as_the_story_says(cloud: &Cloud) -> Outcome {
    cloud
        .emulator()
        .control("new-status", &json!({"name": "slow", "status": "CREATING"}))?;
    let made = cloud.set_cluster("slow", &json!({}))?;
    expect(text(&made, "status")? == "CREATING", made.to_string())?;
    let describe = || {
        cloud.aws_as(
            cloud.creator(),
            &["eks", "describe-cluster", "--name", "slow"],
        )
    };
    expect(
        describe()?.pointer("/cluster/endpoint").is_none(),
        "a cluster in the making has no endpoint",
    )?;
    cloud.set_cluster("slow", &json!({"status": "ACTIVE"}))?;
    let first = text(&describe()?, "cluster.identity.oidc.issuer")?;
    cloud.delete_cluster("slow")?;
    refused(
        describe(),
        &[
            "ResourceNotFoundException",
            "No cluster found for name: slow.",
        ],
    )?;
    let second = text(
        &cloud.set_cluster("slow", &json!({"status": "ACTIVE"}))?,
        "identity.oidc.issuer",
    )?;
    expect(
        first != second && second.contains(REGION),
        format!("{first} and {second}"),
    )
}

fn kubernetes_requests_are_counted(cloud: &Cloud) -> Outcome {
    let prod = cloud.cluster(PROD)?;
    let audit = cloud.with_control_plane(PROD, |plane| plane.audit())?;
    prod.wait_for_whoami(
        cloud.creator(),
        Some(&WhoAmI {
            username: "cluster-creator".into(),
            groups: vec!["system:masters".into()],
        }),
    )?;
    let reviews = audit
        .requests()?
        .into_iter()
        .filter(|request| request.resource == "selfsubjectreviews")
        .count();
    expect(reviews == 1, format!("{reviews} reviews"))
}

/// Fails unless an attempt failed with all of `parts`.
fn refused<T>(attempt: Outcome<T>, parts: &[&str]) -> Outcome {
    match attempt {
        Ok(_) => Err(Failure::new(format!("it was not refused with {parts:?}"))),
        Err(failure) => expect_parts(&failure.to_string(), parts),
    }
}

fn no_grant_of_one_story_is_left_for_the_next(cloud: &Cloud) -> Outcome {
    let rbac = "/apis/rbac.authorization.k8s.io/v1";
    let in_namespace = format!("{rbac}/namespaces/kube-system");
    let carol = json!({"apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": format!("arn:aws:iam::{OTHER_ACCOUNT}:user/carol")});
    let bound_to = |kind: &str, name: &str| {
        json!({
            "metadata": {"name": "of-a-story"}, "subjects": [carol],
            "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": kind, "name": name},
        })
    };
    let rules = json!({"metadata": {"name": "of-a-story"}, "rules": []});
    let made = [
        (format!("{rbac}/clusterroles"), rules.clone()),
        (format!("{in_namespace}/roles"), rules),
        (
            format!("{rbac}/clusterrolebindings"),
            bound_to("ClusterRole", "cluster-admin"),
        ),
        (
            format!("{in_namespace}/rolebindings"),
            bound_to("Role", "of-a-story"),
        ),
    ];
    let prod = cloud.cluster(PROD)?;
    for (collection, object) in &made {
        prod.ensure(collection, object)?;
    }
    cloud.reset()?;
    let prod = cloud.cluster(PROD)?;
    for (collection, _) in &made {
        let (status, _) = prod.ask("GET", &format!("{collection}/of-a-story"), None)?;
        expect(status == 404, format!("{collection}: {status}"))?;
    }
    let own = format!("{rbac}/clusterrolebindings/cluster-admin");
    let (status, _) = prod.ask("GET", &own, None)?;
    expect(status == 200, format!("{own}: {status}"))
}

fn no_user_or_policy_of_one_story_is_left_for_the_next(cloud: &Cloud) -> Outcome {
    let before = cloud.user(ACCOUNT, "/", "mallory")?;
    let document = json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}]}).to_string();
    let create = ["iam", "create-policy", "--policy-name", "of-a-story"];
    let policy = [create.as_slice(), &["--policy-document", &document]].concat();
    cloud.aws_as(cloud.creator(), &policy)?;
    cloud.reset()?;
    cloud.aws_as(cloud.creator(), &policy)?;
    let whoami = |who: &Identity| cloud.aws_as(who, &["sts", "get-caller-identity"]);
    refused(whoami(&before), &["InvalidClientTokenId"])?;
    let after = cloud.user(ACCOUNT, "/people/", "mallory")?;
    let expected = format!("arn:aws:iam::{ACCOUNT}:user/people/mallory");
    expect(after.arn == expected, after.arn.clone())?;
    expect(
        text(&whoami(cloud.creator())?, "Arn")? == cloud.creator().arn,
        "the creator is gone",
    )
}
