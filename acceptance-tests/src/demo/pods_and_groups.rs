//! Step 5: a pod's role and a person's rights, both from one configuration, without YAML and without a second provider.

use super::{Stage, copy, role};
use crate::{
    bed::{cluster::WhoAmI, json::text},
    failure::{Failure, Outcome, expect},
};

const NAMESPACE: &str = "apps";
const ACCOUNT: &str = "uploader";

pub(super) fn tell(stage: &mut Stage<'_>) -> Outcome {
    stage.begin(
        "What pods and groups may do",
        "A role with the ServiceAccount that names it, and a mapped role with what its group may do: one configuration, no YAML beside it.",
    );
    stage.cloud.role("/", "developers")?;
    copy(&stage.workspace, "pods-and-groups.tf")?;
    stage.command("terraform apply");
    stage
        .workspace
        .apply()?
        .says(&["4 added, 0 changed, 0 destroyed"])?;
    stage.workspace.expect_empty_plan()?;
    pod(stage)?;
    person(stage)
}

/// The role is taken from the account as the webhook of EKS takes it, and the token is what kubelet would put into the pod.
fn pod(stage: &mut Stage<'_>) -> Outcome {
    stage.command("kubectl create token uploader -n apps | aws sts assume-role-with-web-identity");
    let account = stage
        .prod
        .service_account(NAMESPACE, ACCOUNT)?
        .ok_or_else(|| Failure::new("the service account is not there"))?;
    let annotations = account.pointer("/metadata/annotations");
    let named = annotations
        .and_then(|annotations| annotations.get("eks.amazonaws.com/role-arn"))
        .and_then(|arn| arn.as_str())
        .ok_or_else(|| Failure::new(format!("the account names no role: {account}")))?;
    let token = stage
        .prod
        .service_account_token(NAMESPACE, ACCOUNT, "sts.amazonaws.com")?;
    let session = stage.cloud.assume_with_web_identity(named, &token)?;
    stage.show_result(&format!(
        "{}:{} → the role of its annotation → {}",
        text(&account, "metadata.namespace")?,
        text(&account, "metadata.name")?,
        session.arn
    ));
    Ok(())
}

fn person(stage: &mut Stage<'_>) -> Outcome {
    let dana = stage.cloud.assume(&role("developers"), "dana")?;
    let expected = WhoAmI {
        username: "developer:dana".into(),
        groups: vec!["developers".into()],
    };
    stage.prod.wait_for_whoami(&dana, Some(&expected))?;
    let token = stage.prod.token(&dana)?;
    let may = ["get", "pods", "--namespace=apps"];
    stage.command("kubectl get pods --namespace=apps");
    stage.prod.kubectl_with(&token, &may)?;
    stage.show_result("developer:dana may list the pods of apps: her group is bound");
    let others: [&[&str]; 3] = [
        &["delete", "pod", "uploader", "--namespace=apps"],
        &["get", "secrets", "--namespace=apps"],
        &["get", "pods", "--namespace=kube-system"],
    ];
    for arguments in others {
        stage.command(&format!("kubectl {}", arguments.join(" ")));
        match stage.prod.kubectl_with(&token, arguments) {
            Err(refusal) => expect(
                refusal.to_string().contains("Forbidden"),
                format!("it failed otherwise: {refusal}"),
            )?,
            Ok(printed) => {
                return Err(Failure::new(format!("she may do that too: {printed}")));
            }
        }
    }
    stage.show_result("she may not delete one, nor read secrets, nor look into kube-system");
    Ok(())
}
