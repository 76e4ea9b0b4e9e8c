//! Writes that prove nothing: because they are meant, or because the API server does not answer such questions.

use super::*;

pub(super) fn who_means_it_is_not_asked(cloud: &Cloud) -> Outcome {
    for more in [
        "",
        "  lockout_guard = \"off\"\n",
        "  confirm_access = false\n",
    ] {
        cloud.reset()?;
        let Believed {
            prod,
            mut workspace,
            ci,
            ..
        } = believed(cloud)?;
        if more.is_empty() {
            let acknowledged = format!("prod:lockout.running-identity:{}", role_arn("ci"));
            workspace.set("EKSAUTH_LOCKOUT_ACK", &acknowledged);
        }
        workspace.file("main.tf", &provider_block(more))?;
        workspace.apply()?.says(&["1 destroyed"])?;
        let roles = prod.aws_auth_key("mapRoles")?;
        expect(!roles.contains("role/ci"), roles)?;
        prod.wait_for_admission(&ci, None)?;
    }
    Ok(())
}

pub(super) fn a_token_of_the_practitioners_is_not_confirmed_and_that_is_logged(
    cloud: &Cloud,
) -> Outcome {
    let Believed {
        prod,
        mut workspace,
        ci,
        ..
    } = believed(cloud)?;
    let log = workspace.path().join("info.log");
    workspace.set("TF_LOG", "INFO");
    workspace.set("TF_LOG_PATH", &log.to_string_lossy());
    workspace.set("TF_VAR_token", &prod.token(&ci)?);
    workspace.file(
        "main.tf",
        &format!(
            "variable \"token\" {{\n  type      = string\n  sensitive = true\n}}\n\n{}",
            provider_block("  clusters = { prod = { token = var.token } }\n")
        ),
    )?;
    workspace.apply()?.says(&["1 destroyed"])?;
    let told = fs::read_to_string(&log)?;
    expect(
        told.contains("not confirmed: the token of the provider block acts"),
        "it is not logged",
    )
}

/// The names of the API server's own objects, and who may ask about oneself.
const BASIC_USER: &str = "/apis/rbac.authorization.k8s.io/v1/clusterrolebindings/system:basic-user";

pub(super) fn an_api_server_without_such_questions_leaves_it_to_the_rules(
    cloud: &Cloud,
) -> Outcome {
    // One that is older than Kubernetes 1.28.
    let Believed { workspace, .. } = believed(cloud)?;
    cloud.reach_through_faults(PROD)?;
    cloud.emulator().fault(json!({
        "action": "POST selfsubjectreviews", "kind": "error", "status": 404, "code": "NotFound", "times": 100,
        "message": "the server could not find the requested resource",
    }))?;
    workspace.configure("")?;
    workspace.apply()?.says(&[
        "Access Not Confirmed",
        "does not know SelfSubjectReview",
        "1 destroyed",
    ])?;

    // A hardened one.
    cloud.reset()?;
    let prod = cloud.cluster(PROD)?;
    let role = cloud.role("/", "ci")?;
    let (_, binding) = prod.ask("GET", BASIC_USER, None)?;
    prod.ask("DELETE", BASIC_USER, None)?;
    let told = hardened(cloud, prod, &role);
    let prod = cloud.cluster(PROD)?;
    let (collection, _) = BASIC_USER.rsplit_once('/').unwrap_or_default();
    let labels = binding.pointer("/metadata/labels");
    let metadata = json!({"name": "system:basic-user", "labels": labels});
    let again = json!({
        "apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRoleBinding", "metadata": metadata,
        "roleRef": binding.get("roleRef"), "subjects": binding.get("subjects"),
    });
    prod.ensure(collection, &again)?;
    told
}

/// Whoever may not ask about itself and is no `system:masters`, which no rule stops.
fn hardened(cloud: &Cloud, prod: Cluster<'_>, role: &str) -> Outcome {
    pipeline_rights(&prod)?;
    let entry = |groups: &str| {
        format!(
            "resource \"eksauth_aws_auth_role\" \"ci\" {{\n  rolearn  = \"{role}\"\n  username = \"ci\"\n  groups   = [{groups}]\n}}\n"
        )
    };
    prod.put_aws_auth_key(
        "mapRoles",
        &format!("- rolearn: {role}\n  username: ci\n  groups: [pipelines]\n"),
    )?;
    let ci = cloud.session(role, "run-42")?;
    let mut workspace = Workspace::new(cloud)?;
    workspace.act_as(&ci);
    workspace.configure(&entry("\"pipelines\""))?;
    workspace.apply()?;
    workspace.configure(&entry("\"pipelines\", \"viewers\""))?;
    workspace
        .apply()?
        .says(&["Access Not Confirmed", "`system:basic-user`"])?;
    workspace.expect_empty_plan()
}
