//! Access entries of the bed: whom they admit, and what EKS refuses.

use std::time::Duration;

use serde_json::{Value, json};

use super::story::stories;
use crate::{
    bed::{
        cloud::{
            ACCOUNT, Cloud, OTHER_ACCOUNT, PROD,
            access::{AccessDelay, Mode},
        },
        cluster::{WhoAmI, reviews::Admission},
        json::text,
    },
    failure::{Failure, Outcome, expect, expect_parts, expect_same},
};

stories!("bed":
    an_access_entry_admits_under_the_name_that_eks_fills_in,
    an_access_entry_without_groups_hides_the_one_of_aws_auth,
    a_role_made_again_is_locked_out,
    lists_are_paged,
    a_request_with_the_same_token_is_done_once,
    an_access_entry_counts_and_is_listed_a_while_later,
    eks_refuses_what_is_no_access_entry,
    eks_refuses_an_update_that_breaks_a_rule,
    a_node_role_is_given_an_entry_by_who_may_pass_it_on,
    a_principal_made_a_moment_ago_is_not_known_yet,
);

fn an_access_entry_admits_under_the_name_that_eks_fills_in(cloud: &Cloud) -> Outcome {
    let prod = cloud.cluster(PROD)?;
    cloud.set_mode(PROD, Mode::Api)?;
    let role = cloud.role("/teams/", "platform")?;
    let user = cloud.user(ACCOUNT, "/people/", "mallory")?;
    eks(
        cloud,
        &[
            "create-access-entry",
            "--principal-arn",
            &role,
            "--kubernetes-groups",
            "viewers",
        ],
    )?;
    eks(
        cloud,
        &["create-access-entry", "--principal-arn", &user.arn],
    )?;
    let session = cloud.assume(&role, "eve@example.com")?;
    let name = format!("arn:aws:sts::{ACCOUNT}:assumed-role/platform/eve-example.com");
    // The whole way once: aws eks get-token, kubectl, the authenticator.
    prod.wait_for_whoami(&session, Some(&who(&name, &["viewers"])))?;
    prod.wait_for_admission(&user, Some(&who(&user.arn, &[])))?;
    let Admission::As { extra, .. } = prod.admission(&session)? else {
        return Err(Failure::new("the session may not ask"));
    };
    let canonical = format!("arn:aws:iam::{ACCOUNT}:role/platform");
    expect(
        extra.pointer("/canonicalArn/0") == Some(&json!(canonical)),
        extra.to_string(),
    )
}

fn an_access_entry_without_groups_hides_the_one_of_aws_auth(cloud: &Cloud) -> Outcome {
    let prod = cloud.cluster(PROD)?;
    cloud.set_mode(PROD, Mode::ApiAndConfigMap)?;
    let role = cloud.role("/", "admins")?;
    let session = cloud.session(&role, "eve")?;
    prod.put_aws_auth_key(
        "mapRoles",
        &format!("- rolearn: {role}\n  username: admin\n  groups: [system:masters]\n"),
    )?;
    prod.wait_for_admission(&session, Some(&who("admin", &["system:masters"])))?;
    eks(cloud, &["create-access-entry", "--principal-arn", &role])?;
    let name = format!("arn:aws:sts::{ACCOUNT}:assumed-role/admins/eve");
    prod.wait_for_admission(&session, Some(&who(&name, &[])))?;
    eks(cloud, &["delete-access-entry", "--principal-arn", &role])?;
    prod.wait_for_admission(&session, Some(&who("admin", &["system:masters"])))
}

fn a_role_made_again_is_locked_out(cloud: &Cloud) -> Outcome {
    let prod = cloud.cluster(PROD)?;
    cloud.set_mode(PROD, Mode::ApiAndConfigMap)?;
    let role = cloud.role("/teams/", "platform")?;
    eks(cloud, &["create-access-entry", "--principal-arn", &role])?;
    let name = format!("arn:aws:sts::{ACCOUNT}:assumed-role/platform/eve");
    let before = cloud.session(&role, "eve")?;
    prod.wait_for_admission(&before, Some(&who(&name, &[])))?;
    cloud.make_principal_again(&role)?;
    let after = cloud.session(&role, "eve")?;
    expect(
        prod.admission(&after)? == Admission::Refused,
        "the role that was made again gets in",
    )?;
    let entry = eks(cloud, &["describe-access-entry", "--principal-arn", &role])?;
    expect(
        text(&entry, "accessEntry.principalArn")? == role,
        "the entry shows nothing of it",
    )?;
    eks(cloud, &["delete-access-entry", "--principal-arn", &role])?;
    eks(cloud, &["create-access-entry", "--principal-arn", &role])?;
    prod.wait_for_admission(&after, Some(&who(&name, &[])))
}

fn lists_are_paged(cloud: &Cloud) -> Outcome {
    cloud.set_mode(PROD, Mode::Api)?;
    let entries: Vec<Value> = (0..130)
        .map(|number| {
            json!({"principalArn": format!("arn:aws:iam::{ACCOUNT}:role/team-{number:03}")})
        })
        .collect();
    cloud.put_access_entries(PROD, &entries)?;
    let counted = |list: &Value| {
        list.get("accessEntries")
            .and_then(Value::as_array)
            .map(Vec::len)
    };
    let first = eks(cloud, &["list-access-entries", "--no-paginate"])?;
    expect(
        counted(&first) == Some(100) && first.get("nextToken").is_some(),
        first.to_string(),
    )?;
    cloud.set_page_size(50)?;
    cloud.emulator().control("reset-log", &json!({}))?;
    let all = eks(cloud, &["list-access-entries"])?;
    expect(counted(&all) == Some(131), all.to_string())?;
    expect(
        cloud.emulator().count("ListAccessEntries")? == 3,
        "131 entries are not three pages of 50",
    )?;
    let path = format!("/clusters/{PROD}/access-entries?nextToken=e30%3D");
    let (status, answer) = cloud.eks_as(cloud.creator(), "GET", &path, None)?;
    expect(status == 400, format!("{status}: {answer}"))
}

fn a_request_with_the_same_token_is_done_once(cloud: &Cloud) -> Outcome {
    cloud.set_mode(PROD, Mode::Api)?;
    let role = cloud.role("/", "platform")?;
    let create = [
        "create-access-entry",
        "--principal-arn",
        &role,
        "--client-request-token",
        "once",
    ];
    let first = eks(cloud, &create)?;
    let again = eks(cloud, &create)?;
    expect(first == again, format!("{first} and {again}"))?;
    refused(
        eks(
            cloud,
            &[create.as_slice(), &["--username", "other"]].concat(),
        ),
        &["InvalidParameterException", "clientRequestToken"],
    )?;
    refused(
        eks(cloud, &["create-access-entry", "--principal-arn", &role]),
        &["ResourceInUseException", "already in use"],
    )
}

fn an_access_entry_counts_and_is_listed_a_while_later(cloud: &Cloud) -> Outcome {
    let prod = cloud.cluster(PROD)?;
    cloud.set_mode(PROD, Mode::Api)?;
    let role = cloud.role("/", "platform")?;
    let session = cloud.session(&role, "eve")?;
    let an_hour = Duration::from_secs(3600);
    cloud.delay_access(AccessDelay {
        in_force: an_hour,
        listed: an_hour,
    })?;
    eks(cloud, &["create-access-entry", "--principal-arn", &role])?;
    let describe = || eks(cloud, &["describe-access-entry", "--principal-arn", &role]);
    refused(describe(), &["ResourceNotFoundException"])?;
    refused(
        eks(cloud, &["create-access-entry", "--principal-arn", &role]),
        &["ResourceInUseException"],
    )?;
    expect(
        prod.admission(&session)? == Admission::Refused,
        "the entry counts at once",
    )?;
    cloud.delay_access(AccessDelay {
        in_force: an_hour,
        listed: Duration::ZERO,
    })?;
    describe()?;
    expect(
        prod.admission(&session)? == Admission::Refused,
        "the entry counts as soon as it is listed",
    )?;
    cloud.settle_access()?;
    let name = format!("arn:aws:sts::{ACCOUNT}:assumed-role/platform/eve");
    prod.wait_for_admission(&session, Some(&who(&name, &[])))?;
    cloud.delay_access(AccessDelay {
        in_force: Duration::from_secs(3),
        listed: Duration::ZERO,
    })?;
    let update = format!("access-entries/{role}");
    post(cloud, &update, &json!({"username": "later"}))?;
    expect(
        prod.admission(&session)?.who() == Some(&who(&name, &[])),
        "the update counts at once",
    )?;
    prod.wait_for_admission(&session, Some(&who("later", &[])))
}

fn eks_refuses_what_is_no_access_entry(cloud: &Cloud) -> Outcome {
    let role = cloud.role("/teams/", "platform")?;
    let create = |entry: &Value| post(cloud, "access-entries", entry);
    refused(
        create(&json!({"principalArn": role})),
        &[
            "InvalidRequestException",
            "must be set to one of [API, API_AND_CONFIG_MAP]",
        ],
    )?;
    cloud.set_mode(PROD, Mode::Api)?;
    let user = cloud.user(ACCOUNT, "/", "mallory")?.arn;
    let stranger = format!("arn:aws:iam::{OTHER_ACCOUNT}:role/stranger");
    cloud.emulator().control(
        "role",
        &json!({"account": OTHER_ACCOUNT, "name": "stranger"}),
    )?;
    let without_path = role.replace("teams/", "");
    let session = format!("arn:aws:sts::{ACCOUNT}:assumed-role/platform/eve");
    let linked = format!("arn:aws:iam::{ACCOUNT}:role/aws-service-role/eks.amazonaws.com/R");
    for (principal, rest, told) in [
        (&without_path, json!({}), "invalid principal"),
        (&session, json!({}), "invalid principal"),
        (&linked, json!({}), "Service Linked Role"),
        (
            &role,
            json!({"kubernetesGroups": ["system:masters"]}),
            "group name system:masters is invalid",
        ),
        (
            &role,
            json!({"username": "system:eve"}),
            "must not begin with system:",
        ),
        (
            &role,
            json!({"username": "iam:eve"}),
            "must not begin with iam:",
        ),
        (
            &role,
            json!({"username": "eve{{SessionName}}"}),
            "a colon before {{SessionName}}",
        ),
        (&role, json!({"type": "LINUX"}), "The type LINUX is none of"),
        (&user, json!({"type": "EC2_LINUX"}), "must be an IAM role"),
        (
            &stranger,
            json!({"type": "EC2"}),
            "in the cluster's account",
        ),
        (
            &role,
            json!({"type": "EC2_LINUX", "kubernetesGroups": ["nodes"]}),
            "can't specify kubernetesGroups",
        ),
        (
            &role,
            json!({"type": "HYBRID_LINUX", "username": "a:b"}),
            "can't specify username",
        ),
    ] {
        let mut entry = json!({"principalArn": principal});
        if let (Some(entry), Some(rest)) = (entry.as_object_mut(), rest.as_object()) {
            entry.extend(rest.clone());
        }
        refused(create(&entry), &["InvalidParameterException", told])?;
    }
    create(&json!({"principalArn": stranger, "username": "other:{{SessionName}}"}))?;
    cloud.set_access_entry_quota(2)?;
    refused(
        create(&json!({"principalArn": role})),
        &["ResourceLimitExceededException"],
    )
}

fn eks_refuses_an_update_that_breaks_a_rule(cloud: &Cloud) -> Outcome {
    cloud.set_mode(PROD, Mode::Api)?;
    let (role, node) = (cloud.role("/", "platform")?, cloud.role("/", "node")?);
    for (principal, kind, username) in [
        (
            &role,
            "STANDARD",
            "arn:aws:sts::111122223333:assumed-role/platform/{{SessionName}}",
        ),
        (&node, "EC2_LINUX", "system:node:{{EC2PrivateDNSName}}"),
    ] {
        let made = post(
            cloud,
            "access-entries",
            &json!({"principalArn": principal, "type": kind}),
        )?;
        expect_same(
            "the user name",
            username,
            &text(&made, "accessEntry.username")?,
        )?;
    }
    let update =
        |arn: &str, changes: &Value| post(cloud, &format!("access-entries/{arn}"), changes);
    for (arn, changes, told) in [
        (
            &role,
            json!({"kubernetesGroups": ["system:nodes"]}),
            "group name system:nodes is invalid",
        ),
        (
            &role,
            json!({"username": "aws:eve"}),
            "must not begin with aws:",
        ),
        (
            &node,
            json!({"username": "system:node:{{EC2PrivateDNSName}}"}),
            "must not begin with system:",
        ),
        (
            &node,
            json!({"kubernetesGroups": ["nodes"]}),
            "can't specify kubernetesGroups",
        ),
    ] {
        refused(update(arn, &changes), &["InvalidParameterException", told])?;
    }
    let changed = update(&role, &json!({"kubernetesGroups": ["viewers"]}))?;
    expect_parts(
        &changed.to_string(),
        &["viewers", "assumed-role/platform/{{SessionName}}"],
    )
}

fn a_node_role_is_given_an_entry_by_who_may_pass_it_on(cloud: &Cloud) -> Outcome {
    cloud.set_mode(PROD, Mode::Api)?;
    let role = cloud.role("/", "nodes")?;
    let policy = |actions: &[&str]| json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": actions, "Resource": "*"}]});
    let entry = json!({"principalArn": role, "type": "EC2_LINUX"});
    let path = format!("/clusters/{PROD}/access-entries");
    let limited = cloud.limited_user("limited", &policy(&["eks:CreateAccessEntry"]))?;
    let (status, answer) = cloud.eks_as(&limited, "POST", &path, Some(&entry))?;
    expect(status == 403, format!("{status}: {answer}"))?;
    expect_parts(
        &answer.to_string(),
        &["AccessDeniedException", "iam:PassRole", &role],
    )?;
    let both = ["eks:CreateAccessEntry", "iam:PassRole"];
    let limited = cloud.limited_user("limited", &policy(&both))?;
    let (status, answer) = cloud.eks_as(&limited, "POST", &path, Some(&entry))?;
    expect(status == 200, format!("{status}: {answer}"))
}

fn a_principal_made_a_moment_ago_is_not_known_yet(cloud: &Cloud) -> Outcome {
    cloud.set_mode(PROD, Mode::Api)?;
    let role = cloud.role("/", "platform")?;
    cloud.delay_principals(Duration::from_secs(3600))?;
    let create = || post(cloud, "access-entries", &json!({"principalArn": role}));
    refused(
        create(),
        &["InvalidParameterException", "invalid principal"],
    )?;
    cloud.delay_principals(Duration::from_secs(2))?;
    let began = std::time::Instant::now();
    while let Err(failure) = create() {
        expect(
            began.elapsed() < Duration::from_secs(30),
            failure.to_string(),
        )?;
    }
    Ok(())
}

/// What EKS answers to a POST of the creator below the cluster `prod`.
pub(super) fn post(cloud: &Cloud, path: &str, body: &Value) -> Outcome<Value> {
    let path = format!("/clusters/{PROD}/{path}");
    let (status, answer) = cloud.eks_as(cloud.creator(), "POST", &path, Some(body))?;
    if status == 200 {
        return Ok(answer);
    }
    Err(Failure::new(format!("{status}: {answer}")))
}

/// What `aws eks` prints for the cluster `prod`, run by its creator.
pub(super) fn eks(cloud: &Cloud, arguments: &[&str]) -> Outcome<Value> {
    let Some((action, rest)) = arguments.split_first() else {
        return Err(Failure::new("no action was named"));
    };
    let all = [&["eks", action, "--cluster-name", PROD], rest].concat();
    cloud.aws_as(cloud.creator(), &all)
}

/// A user of the cluster.
pub(super) fn who(username: &str, groups: &[&str]) -> WhoAmI {
    WhoAmI {
        username: username.to_owned(),
        groups: groups.iter().map(|group| (*group).to_owned()).collect(),
    }
}

/// Fails unless an attempt failed with all of `parts`.
pub(super) fn refused<T>(attempt: Outcome<T>, parts: &[&str]) -> Outcome {
    match attempt {
        Ok(_) => Err(Failure::new(format!("it was not refused with {parts:?}"))),
        Err(failure) => expect_parts(&failure.to_string(), parts),
    }
}
