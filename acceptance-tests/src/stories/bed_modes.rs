//! The bed's clusters in every authentication mode, and what EKS makes when the mode is raised.

use serde_json::{Value, json};

use super::{
    bed_access_entries::{eks, refused, who},
    story::stories,
};
use crate::{
    bed::{
        authenticator::Whose,
        cloud::{
            ACCOUNT, Cloud, PROD,
            access::{Beginning, Mode},
        },
        cluster::reviews::{Admission, Attempt},
        json::text,
    },
    failure::{Outcome, expect, expect_parts, expect_same},
};

stories!("bed":
    a_mode_is_switched_while_the_cluster_runs,
    the_creator_is_hidden_until_the_mode_is_raised,
    managed_nodes_have_the_access_of_the_mode,
    a_node_may_do_what_a_node_may,
    an_update_of_the_mode_takes_a_while,
    a_cluster_of_aws_auth_alone_has_its_creator,
);

/// Whether the authenticator is told of modes and asks EC2 for the names of nodes: ours has no file for either.
pub(super) fn knows_modes_and_nodes() -> Outcome<bool> {
    let is_real = Whose::chosen()? == Whose::Real;
    if !is_real {
        println!("  skipped: our authenticator has no file for the mode and does not ask EC2");
    }
    Ok(is_real)
}

/// Raises the mode as a practitioner does.
fn raise(cloud: &Cloud, mode: Mode) -> Outcome<Value> {
    let config = format!("authenticationMode={}", mode.id());
    let arguments = [
        "eks",
        "update-cluster-config",
        "--name",
        PROD,
        "--access-config",
        &config,
    ];
    cloud.aws_as(cloud.creator(), &arguments)
}

fn a_mode_is_switched_while_the_cluster_runs(cloud: &Cloud) -> Outcome {
    if !knows_modes_and_nodes()? {
        return Ok(());
    }
    let prod = cloud.cluster(PROD)?;
    let role = cloud.role("/", "platform")?;
    let session = cloud.session(&role, "eve")?;
    prod.put_aws_auth_key("mapRoles", &format!("- rolearn: {role}\n  username: old\n"))?;
    prod.wait_for_admission(&session, Some(&who("old", &[])))?;
    refused(
        raise(cloud, Mode::Api),
        &["InvalidParameterException", "from CONFIG_MAP to API"],
    )?;
    raise(cloud, Mode::ApiAndConfigMap)?;
    let listed = eks(cloud, &["list-access-entries"])?;
    expect(
        listed == json!({"accessEntries": [cloud.creator().arn]}),
        listed.to_string(),
    )?;
    eks(
        cloud,
        &[
            "create-access-entry",
            "--principal-arn",
            &role,
            "--username",
            "new",
        ],
    )?;
    prod.wait_for_admission(&session, Some(&who("new", &[])))?;
    eks(cloud, &["delete-access-entry", "--principal-arn", &role])?;
    prod.wait_for_admission(&session, Some(&who("old", &[])))?;
    raise(cloud, Mode::Api)?;
    prod.wait_for_admission(&session, None)?;
    refused(
        raise(cloud, Mode::ApiAndConfigMap),
        &[
            "InvalidParameterException",
            "from API to API_AND_CONFIG_MAP",
        ],
    )
}

fn the_creator_is_hidden_until_the_mode_is_raised(cloud: &Cloud) -> Outcome {
    if !knows_modes_and_nodes()? {
        return Ok(());
    }
    let prod = cloud.cluster(PROD)?;
    let role = cloud.role("/ci/", "founder")?;
    let founder = cloud.session(&role, "first")?;
    cloud.begin_cluster(
        PROD,
        &Beginning {
            mode: Mode::ConfigMap,
            creator: &role,
            bootstrap: true,
            mounted: false,
        },
    )?;
    prod.wait_for_admission(&founder, Some(&who("cluster-creator", &["system:masters"])))?;
    prod.wait_for_admission(cloud.creator(), None)?;
    raise(cloud, Mode::ApiAndConfigMap)?;
    let name = format!("arn:aws:sts::{ACCOUNT}:assumed-role/founder/first");
    prod.wait_for_admission(&founder, Some(&who(&name, &[])))?;
    let write = Attempt {
        verb: "patch",
        resource: "configmaps",
        namespace: "kube-system",
        ..Attempt::default()
    };
    prod.wait_for_decision(&founder, &write, true)?;
    // From now on the creator can be locked out.
    eks(cloud, &["delete-access-entry", "--principal-arn", &role])?;
    prod.wait_for_admission(&founder, None)?;
    cloud.begin_cluster(
        PROD,
        &Beginning {
            mode: Mode::Api,
            creator: &role,
            bootstrap: false,
            mounted: false,
        },
    )?;
    let listed = eks(cloud, &["list-access-entries"])?;
    expect(listed == json!({"accessEntries": []}), listed.to_string())?;
    expect(
        prod.admission(&founder)? == Admission::Refused,
        "the creator of a cluster without bootstrapped permissions gets in",
    )
}

fn managed_nodes_have_the_access_of_the_mode(cloud: &Cloud) -> Outcome {
    if !knows_modes_and_nodes()? {
        return Ok(());
    }
    let prod = cloud.cluster(PROD)?;
    let role = cloud.role("/", "nodes")?;
    let pods = cloud.role("/", "fargate")?;
    let group = |action: &str, name: &str| {
        let named = [action, "--nodegroup-name", name];
        let made = ["--node-role", &role, "--subnets", "subnet-1"];
        let create = action == "create-nodegroup";
        eks(
            cloud,
            &[named.as_slice(), if create { &made } else { &[] }].concat(),
        )
    };
    group("create-nodegroup", "blue")?;
    group("create-nodegroup", "green")?;
    let fargate = [
        "create-fargate-profile",
        "--fargate-profile-name",
        "jobs",
        "--pod-execution-role-arn",
        &pods,
    ];
    eks(cloud, &fargate)?;
    let node = cloud.node(&role)?;
    let name = format!("system:node:{}", node.private_dns_name);
    prod.wait_for_admission(
        &node.identity,
        Some(&who(&name, &["system:bootstrappers", "system:nodes"])),
    )?;
    expect_parts(
        &prod.aws_auth_key("mapRoles")?,
        &[&role, &pods, "system:node-proxier"],
    )?;
    raise(cloud, Mode::ApiAndConfigMap)?;
    raise(cloud, Mode::Api)?;
    prod.wait_for_admission(&node.identity, Some(&who(&name, &["system:nodes"])))?;
    let kind = |arn: &str| {
        let entry = eks(cloud, &["describe-access-entry", "--principal-arn", arn])?;
        text(&entry, "accessEntry.type")
    };
    expect_same("the nodes' type", "EC2_LINUX", &kind(&role)?)?;
    expect_same("the pods' type", "FARGATE_LINUX", &kind(&pods)?)?;
    group("delete-nodegroup", "blue")?;
    kind(&role)?;
    group("delete-nodegroup", "green")?;
    refused(kind(&role), &["ResourceNotFoundException"])?;
    prod.wait_for_admission(&node.identity, None)?;
    eks(
        cloud,
        &["delete-fargate-profile", "--fargate-profile-name", "jobs"],
    )?;
    refused(kind(&pods), &["ResourceNotFoundException"])?;
    // Others report that entries stay behind.
    cloud.keep_entries_of_deleted_nodes()?;
    group("create-nodegroup", "red")?;
    group("delete-nodegroup", "red")?;
    kind(&role).map(|_| ())
}

fn a_node_may_do_what_a_node_may(cloud: &Cloud) -> Outcome {
    if !knows_modes_and_nodes()? {
        return Ok(());
    }
    let prod = cloud.cluster(PROD)?;
    cloud.set_mode(PROD, Mode::Api)?;
    let role = cloud.role("/", "nodes")?;
    eks(
        cloud,
        &[
            "create-access-entry",
            "--principal-arn",
            &role,
            "--type",
            "EC2_LINUX",
        ],
    )?;
    let node = cloud.node(&role)?;
    let name = format!("system:node:{}", node.private_dns_name);
    prod.wait_for_admission(&node.identity, Some(&who(&name, &["system:nodes"])))?;
    let own =
        json!({"apiVersion": "v1", "kind": "Node", "metadata": {"name": node.private_dns_name}});
    let (status, answer) = prod.ask_as(&node.identity, "POST", "/api/v1/nodes", Some(&own))?;
    expect(
        status == 201,
        format!("the node registers itself: {status} {answer}"),
    )?;
    let other = json!({"apiVersion": "v1", "kind": "Node", "metadata": {"name": "another"}});
    let (status, answer) = prod.ask_as(&node.identity, "POST", "/api/v1/nodes", Some(&other))?;
    prod.ask(
        "DELETE",
        &format!("/api/v1/nodes/{}", node.private_dns_name),
        None,
    )?;
    expect(
        status == 403,
        format!("the node registers another: {status} {answer}"),
    )?;
    expect_parts(&answer.to_string(), &["is not allowed to modify node"])
}

fn an_update_of_the_mode_takes_a_while(cloud: &Cloud) -> Outcome {
    let role = cloud.role("/", "platform")?;
    let create = || eks(cloud, &["create-access-entry", "--principal-arn", &role]);
    let describe =
        |arguments: &[&str]| cloud.aws_as(cloud.creator(), &[&["eks"], arguments].concat());
    let status = || {
        text(
            &describe(&["describe-cluster", "--name", PROD])?,
            "cluster.status",
        )
    };
    cloud.set_update_time(std::time::Duration::from_secs(3600))?;
    let update = raise(cloud, Mode::ApiAndConfigMap)?;
    let id = text(&update, "update.id")?;
    let of_update = |name: &str| describe(&["describe-update", "--name", name, "--update-id", &id]);
    let state = || text(&of_update(PROD)?, "update.status");
    expect_same("the cluster", "UPDATING", &status()?)?;
    expect_same("the update", "InProgress", &state()?)?;
    refused(
        create(),
        &[
            "InvalidRequestException",
            "must be set to one of [API, API_AND_CONFIG_MAP]",
        ],
    )?;
    let busy = format!(
        "Cannot AccessConfigUpdate because cluster {PROD} currently has update {id} in progress"
    );
    refused(
        raise(cloud, Mode::ApiAndConfigMap),
        &["ResourceInUseException", &busy],
    )?;
    cloud.settle_access()?;
    expect_same("the cluster", "ACTIVE", &status()?)?;
    expect_same("the update", "Successful", &state()?)?;
    let listed = eks(cloud, &["list-access-entries"])?;
    expect(
        listed == json!({"accessEntries": [cloud.creator().arn]}),
        listed.to_string(),
    )?;
    create()?;
    cloud.set_cluster("staging", &json!({}))?;
    refused(of_update("staging"), &["ResourceNotFoundException"])?;
    let updates = describe(&["list-updates", "--name", PROD])?;
    expect(updates == json!({"updateIds": [id]}), updates.to_string())?;
    // One that is not waited for ends by itself.
    cloud.set_update_time(std::time::Duration::from_millis(500))?;
    raise(cloud, Mode::Api)?;
    let began = std::time::Instant::now();
    while status()? != "ACTIVE" {
        expect(
            began.elapsed() < std::time::Duration::from_secs(30),
            "the update does not end",
        )?;
    }
    Ok(())
}

fn a_cluster_of_aws_auth_alone_has_its_creator(cloud: &Cloud) -> Outcome {
    let role = cloud.role("/", "founder")?;
    let without = Beginning {
        mode: Mode::ConfigMap,
        creator: &role,
        bootstrap: false,
        mounted: false,
    };
    refused(
        cloud.begin_cluster(PROD, &without),
        &[
            "InvalidParameterException",
            "bootstrapClusterCreatorAdminPermissions must be true",
        ],
    )
}
