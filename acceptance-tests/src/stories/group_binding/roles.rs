//! Roles that go while they are bound: nobody loses rights unseen.

use super::*;
use crate::stories::by_hand::ours;

pub(super) fn a_role_does_not_go_unseen_while_it_is_bound(cloud: &Cloud) -> Outcome {
    let (prod, ann) = fresh(cloud)?;
    let workspace = Workspace::new(cloud)?;
    workspace.configure(&dev(READS_PODS))?;
    workspace.apply()?;
    prod.wait_for_decision(&ann, &pods("list", "team-a"), true)?;
    let before = names(&prod)?;
    workspace.configure(&dev("  cluster_role = \"dev\"\n"))?;
    workspace
        .try_apply()?
        .refused_with(&["Role Goes With Its Rules", "ClusterRole `dev`"])?;
    expect_same("roles and bindings", &before, &names(&prod)?)?;
    let other = dev("  cluster_role = \"dev\"\n")
        .replace("\"dev\" {", "\"other\" {")
        .replace("name = \"dev\"", "name = \"dev-other\"");
    workspace.configure(&format!("{}{other}", dev(READS_PODS)))?;
    workspace.apply()?;
    workspace.configure(&other)?;
    workspace.apply()?.says(&[
        "Role Goes And Is Still Bound",
        "dev-other-",
        "group developers",
    ])?;
    workspace
        .plan()?
        .says(&["No changes", "Role Not Found", "ClusterRole `dev`"])?;
    let lint = ["lint", "--cluster", PROD];
    let found = ours(cloud, cloud.creator(), &lint, "")?;
    expect(
        found.out.contains("group.role_missing"),
        format!("lint does not find it: {}", found.out),
    )?;
    let destroyed = workspace.destroy()?;
    expect(
        !destroyed.output.contains("Still Bound"),
        format!("a binding that goes is no loss:\n{}", destroyed.output),
    )?;
    expect_same("what is left", "", &names(&prod)?)
}

/// What somebody else has made of an unchanged resource hinders its apply, and not its destroy.
pub(super) fn a_conflict_does_not_stop_a_destroy(cloud: &Cloud) -> Outcome {
    const VIEW: &str = "  cluster_role = \"view\"\n";
    for role in [READS_PODS, VIEW] {
        let (prod, _) = fresh(cloud)?;
        let workspace = Workspace::new(cloud)?;
        workspace.configure(&dev(role))?;
        workspace.apply()?;
        made_anew_for_another_role(&prod)?;
        // Of the other one nothing is left in the state once a refresh is saved.
        if role != VIEW {
            workspace.try_apply()?.refused_with(&[
                "Binding Refers To Another Role",
                "kubectl delete clusterrolebinding",
            ])?;
        }
        workspace
            .destroy()
            .map_err(|failure| failure.during(role))?;
        cloud.reset()?;
    }
    Ok(())
}

fn made_anew_for_another_role(prod: &Cluster<'_>) -> Outcome {
    let mut found = left(prod)?.into_iter();
    let (path, object) = found
        .find(|(path, _)| path.contains("/clusterrolebindings/"))
        .ok_or_else(|| Failure::new("there is no binding"))?;
    prod.ask("DELETE", &path, None)?;
    let role =
        json!({"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "edit"});
    let anew = json!({
        "metadata": {"name": object.pointer("/metadata/name")},
        "roleRef": role,
        "subjects": object.get("subjects"),
    });
    prod.ensure(&format!("{RBAC}/clusterrolebindings"), &anew)
}
