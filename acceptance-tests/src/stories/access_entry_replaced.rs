//! Access entries that are made again, and what others gave the old ones.

use super::{
    access_entry::{admits, associated, association, described, entry},
    bed_access_entries::eks,
    story::stories,
};
use crate::{
    bed::{
        cloud::{ACCOUNT, Cloud, PROD, access::Mode},
        json::text,
        workspace::Workspace,
    },
    failure::{Outcome, expect, expect_same},
};

stories!("access_entry_replaced":
    what_others_gave_a_replaced_entry_is_there_again_after_one_apply,
    an_entry_that_is_made_before_the_old_one_goes_is_a_new_one,
    an_association_beside_an_exclusive_entry_is_refused,
);

/// The association of the configuration, a policy and a tag of somebody else.
fn what_others_gave_a_replaced_entry_is_there_again_after_one_apply(cloud: &Cloud) -> Outcome {
    cloud.set_mode(PROD, Mode::Api)?;
    let role = cloud.role("/teams/", "platform")?;
    let workspace = Workspace::new(cloud)?;
    let view = "AmazonEKSViewPolicy";
    workspace.configure(&association(&role, view, "{ type = \"cluster\" }"))?;
    workspace.apply()?;
    let edit = "arn:aws:eks::aws:cluster-access-policy/AmazonEKSEditPolicy";
    let associate = [
        "associate-access-policy",
        "--principal-arn",
        &role,
        "--policy-arn",
        edit,
        "--access-scope",
        "type=namespace,namespaces=apps",
    ];
    eks(cloud, &associate)?;
    let both = "AmazonEKSEditPolicy [\"apps\"], AmazonEKSViewPolicy []";
    expect_same("policies", both, &associated(cloud, &role)?)?;
    let before = described(cloud, &role)?;
    cloud.make_principal_again(&role)?;
    workspace.plan()?.says(&[
        "Access Entry Counts For Nobody",
        "policy AmazonEKSEditPolicy",
        "policy AmazonEKSViewPolicy",
    ])?;
    workspace
        .apply()?
        .says(&["1 added, 0 changed, 1 destroyed"])?;
    workspace.expect_empty_plan()?;
    expect_same("policies", both, &associated(cloud, &role)?)?;
    let arn = "accessEntry.accessEntryArn";
    let now = described(cloud, &role)?;
    expect(text(&before, arn)? != text(&now, arn)?, "the entry stayed")?;
    workspace.destroy().map(|_| ())
}

fn before_the_old_one_goes(role: &str, more: &str) -> String {
    let lifecycle = "  lifecycle {\n    create_before_destroy = true\n  }\n";
    entry(role, &format!("{more}{lifecycle}"))
}

/// A principal that was made again, with a policy that the new plan drops, and then another type.
fn an_entry_that_is_made_before_the_old_one_goes_is_a_new_one(cloud: &Cloud) -> Outcome {
    let prod = cloud.cluster(PROD)?;
    cloud.set_mode(PROD, Mode::Api)?;
    let role = cloud.role("/", "platform")?;
    let workspace = Workspace::new(cloud)?;
    let view = "  policies = [{ policy_arn = \"AmazonEKSViewPolicy\", access_scope = { type = \"cluster\" } }]\n";
    let groups = "  kubernetes_groups = [\"viewers\"]\n";
    workspace.configure(&before_the_old_one_goes(&role, &format!("{groups}{view}")))?;
    workspace.apply()?;
    cloud.make_principal_again(&role)?;
    workspace.configure(&before_the_old_one_goes(&role, groups))?;
    workspace
        .apply()?
        .says(&["1 added, 0 changed, 1 destroyed"])?;
    workspace.expect_empty_plan()?;
    let session = cloud.session(&role, "eve")?;
    let name = format!("arn:aws:sts::{ACCOUNT}:assumed-role/platform/eve");
    admits(&prod, &session, &name, &["viewers"])?;
    expect_same("policies", "", &associated(cloud, &role)?)?;
    workspace.configure(&before_the_old_one_goes(&role, "  type = \"EC2_LINUX\"\n"))?;
    workspace
        .apply()?
        .says(&["1 added, 0 changed, 1 destroyed"])?;
    workspace.expect_empty_plan()?;
    let kind = text(&described(cloud, &role)?, "accessEntry.type")?;
    expect_same("type", "EC2_LINUX", &kind)?;
    workspace.destroy().map(|_| ())
}

fn an_association_beside_an_exclusive_entry_is_refused(cloud: &Cloud) -> Outcome {
    cloud.set_mode(PROD, Mode::Api)?;
    let role = cloud.role("/", "platform")?;
    let workspace = Workspace::new(cloud)?;
    let scope = "{ type = \"cluster\" }";
    let held = association(&role, "AmazonEKSViewPolicy", scope);
    let exclusive = held.replacen(
        "}\nresource",
        "  policies = []\n  exclusive_policies = true\n}\nresource",
        1,
    );
    for is_there in [false, true] {
        workspace.configure(&exclusive)?;
        workspace
            .run(&["plan", "-no-color", "-input=false"])?
            .refused_with(&["Two Holders Of One Access Policy", "exclusive_policies"])?;
        if !is_there {
            workspace.configure(&held)?;
            workspace.apply()?;
        }
    }
    workspace.configure(&held)?;
    workspace.expect_empty_plan()?;
    workspace.destroy().map(|_| ())
}
