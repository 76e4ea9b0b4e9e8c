//! What a plan says of a role that is there already.

use tf_provider::Claims;

use super::*;

const KEEPS: &str = "policies and tags of other names stay, those of the same name become what is configured, with \
    `exclusive_policy_arns = true` every other managed policy is detached";
const OTHER_TRUST: &str = r#"{"Version":"2012-10-17","Statement":[]}"#;

#[tokio::test]
async fn a_role_that_is_there_is_a_warning_at_plan_with_what_differs() {
    let cloud = cloud();
    cloud.iam.put_role(role_of_others("reader", OTHER_TRUST));
    let resource = harness(&cloud);
    let config = with(reader(), json!({ "description": "reads" }));
    resource.plan_create(config.clone()).await.unwrap();
    let warnings = resource.take_warnings();
    assert_eq!(titles(&warnings), ["Role Exists Already"]);
    let told = format!(
        r#"There is a role `reader` already: `{ARN}`.

  description
    exists      (none)
    configured  reads
  trust policy, a statement that only the configuration has
    {{
      "Action": "sts:AssumeRoleWithWebIdentity",
      "Condition": {{
        "StringEquals": {{
          "oidc.eks.eu-central-1.amazonaws.com/id/ABC:aud": "sts.amazonaws.com",
          "oidc.eks.eu-central-1.amazonaws.com/id/ABC:sub": "system:serviceaccount:apps:reader"
        }}
      }},
      "Effect": "Allow",
      "Principal": {{
        "Federated": "arn:aws:iam::111122223333:oidc-provider/oidc.eks.eu-central-1.amazonaws.com/id/ABC"
      }}
    }}

Apply will refuse to make another one. There are two ways to manage it here:

  - import it: then everything that is attached counts as yours and goes unless the configuration names it, and destroy deletes the role.

  import {{
    to = eksauth_irsa_role.NAME
    id = "reader"
  }}

  - set `on_conflict = "adopt"`: then {KEEPS}, and the role survives destroy.

Or choose another name, or a `name_prefix`."#
    );
    assert_eq!(first(&warnings).detail, told);
    let adopting = with(config, json!({ "on_conflict": "adopt" }));
    resource.plan_create(adopting).await.unwrap();
    let detail = first(&resource.take_warnings()).detail.clone();
    assert!(
        detail.ends_with(&format!(
            "Apply adopts it: it becomes what is configured, {KEEPS}, and it survives destroy."
        )),
        "{detail}"
    );
}

#[tokio::test]
async fn a_role_that_is_as_configured_is_said_to_be() {
    let cloud = cloud();
    cloud.iam.put_role(role_of_others("reader", TRUST));
    let resource = harness(&cloud);
    resource.plan_create(reader()).await.unwrap();
    let detail = first(&resource.take_warnings()).detail.clone();
    assert!(
        detail.contains("boundary and trust policy are as configured."),
        "{detail}"
    );
}

#[tokio::test]
async fn who_may_not_look_is_told_nothing() {
    let cloud = cloud();
    cloud.iam.put_role(role_of_others("reader", OTHER_TRUST));
    cloud.iam.calls.deny("iam:GetRole");
    let resource = harness(&cloud);
    resource.plan_create(reader()).await.unwrap();
    assert_eq!(titles(&resource.take_warnings()), Vec::<&str>::new());
}

#[tokio::test]
async fn many_roles_are_looked_for_together() {
    let cloud = cloud();
    let resource = harness(&cloud);
    cloud.iam.put_role(role_of_others("reader-30", OTHER_TRUST));
    for number in 0..40 {
        let name = format!("reader-{number}");
        resource
            .plan_create(with(reader(), json!({ "name": name })))
            .await
            .unwrap();
    }
    assert_eq!(
        cloud.iam.calls.take(),
        [
            "GetRole reader-0",
            "GetRole reader-1",
            "GetRole reader-2",
            "ListRoles /",
            "GetRole reader-30"
        ]
    );
    assert_eq!(titles(&resource.take_warnings()), ["Role Exists Already"]);
}

#[tokio::test]
async fn what_is_replaced_or_gets_another_address_is_no_news() {
    let (cloud, folder) = (cloud(), tempfile::tempdir().unwrap());
    let state = harness(&cloud).create(reader()).await.unwrap();
    let walk = harness(&cloud).with_claims(Claims::in_folder(folder.path()));
    walk.plan_delete(&state).await.unwrap();
    walk.plan_create(reader()).await.unwrap();
    assert_eq!(titles(&walk.take_warnings()), Vec::<&str>::new());
    // At apply the create is planned again, by another process, and removals are not.
    let apply = harness(&cloud).with_claims(Claims::in_folder(folder.path()));
    apply.plan_create(reader()).await.unwrap();
    assert_eq!(titles(&apply.take_warnings()), Vec::<&str>::new());
    let refreshed = harness(&cloud);
    refreshed.read(&state).await.unwrap();
    refreshed.plan_create(reader()).await.unwrap();
    assert_eq!(titles(&refreshed.take_warnings()), Vec::<&str>::new());
}

#[tokio::test]
async fn what_apply_completes_is_said_to_be_unfinished() {
    let cloud = cloud();
    let denied = refusal(
        ErrorKind::AccessDenied,
        "iam:AttachRolePolicy",
        "AccessDenied",
        "no",
    );
    cloud.iam.calls.fail_next("AttachRolePolicy", denied);
    let config = with(reader(), json!({ "policy_arns": [POLICY] }));
    harness(&cloud).create(config.clone()).await.unwrap_err();
    let resource = harness(&cloud);
    resource.plan_create(config).await.unwrap();
    assert_eq!(titles(&resource.take_warnings()), ["Unfinished Role"]);
}

#[tokio::test]
async fn of_two_trust_policies_the_statements_are_shown_that_one_of_them_has() {
    let node = r#"{"Effect":"Allow","Principal":{"Service":"ec2.amazonaws.com"},"Action":"sts:AssumeRole"}"#;
    let more = TRUST.replace("]}", &format!(",{node}]}}"));
    let cloud = cloud();
    cloud.iam.put_role(role_of_others("reader", &more));
    let resource = harness(&cloud);
    resource.plan_create(reader()).await.unwrap();
    let warnings = resource.take_warnings();
    let detail = &first(&warnings).detail;
    let there = r#"  trust policy, a statement that only the role has
    {
      "Action": "sts:AssumeRole",
      "Effect": "Allow",
      "Principal": { "Service": "ec2.amazonaws.com" }
    }
"#;
    assert!(detail.contains(there), "{detail}");
    assert!(!detail.contains("WebIdentity"), "{detail}");
}
