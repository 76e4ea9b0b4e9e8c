//! A role that is there already and is taken over because the practitioner says so.

use super::*;

fn adopting() -> serde_json::Value {
    with(
        reader(),
        json!({ "on_conflict": "adopt", "policy_arns": [POLICY], "tags": { "env": "prod" }, "description": "reads" }),
    )
}

/// Somebody else's role, with a policy, an inline policy and a tag of its own.
fn theirs() -> FakeRole {
    let mut role = role_of_others("reader", r#"{"Version":"2012-10-17","Statement":[]}"#);
    role.attached = [FOREIGN.to_owned()].into();
    role.inline = [("own".to_owned(), "{}".to_owned())].into();
    role.role.tags = [("owner".to_owned(), "they".to_owned())].into();
    role
}

#[tokio::test]
async fn it_gets_what_is_configured_keeps_what_others_gave_it_and_survives_destroy() {
    let cloud = cloud();
    cloud.iam.put_role(theirs());
    let resource = harness(&cloud);
    let state = resource.create(adopting()).await.unwrap();
    assert_eq!(
        titles(&resource.take_warnings()),
        ["Role Exists Already", "Role Adopted"]
    );
    let now = cloud.iam.role_now("reader").unwrap();
    assert_eq!(now.role.unique_id, "AROATHEIRS");
    assert_eq!(
        (
            now.role.assume_role_policy.as_str(),
            now.role.description.as_str()
        ),
        (TRUST, "reads")
    );
    assert_eq!(now.attached, [FOREIGN.to_owned(), POLICY.to_owned()].into());
    assert_eq!(now.inline, theirs().inline);
    let tags =
        [("env", "prod"), ("owner", "they")].map(|(key, value)| (key.to_owned(), value.to_owned()));
    assert_eq!(now.role.tags, tags.into());
    assert_eq!(state.model.adopted, Attr::Known(true));
    let read = resource.read(&state).await.unwrap().unwrap();
    assert_eq!(read.model, state.model);
    let planned = resource.plan_update(&read, adopting()).await.unwrap();
    assert_eq!(planned.action, Action::None);
    resource.take_warnings();
    resource.delete(&read).await.unwrap();
    assert_eq!(titles(&resource.take_warnings()), ["Adopted Role Stays"]);
    assert_eq!(cloud.iam.role_now("reader").unwrap(), now);
}

#[tokio::test]
async fn an_exclusive_list_detaches_what_others_attached() {
    let cloud = cloud();
    cloud.iam.put_role(theirs());
    let config = with(adopting(), json!({ "exclusive_policy_arns": true }));
    harness(&cloud).create(config).await.unwrap();
    assert_eq!(
        cloud.iam.role_now("reader").unwrap().attached,
        [POLICY.to_owned()].into()
    );
}

#[tokio::test]
async fn a_failed_adoption_leaves_no_state_and_is_done_again() {
    let cloud = cloud();
    cloud.iam.put_role(theirs());
    let denied = refusal(
        ErrorKind::AccessDenied,
        "iam:AttachRolePolicy",
        "AccessDenied",
        "no",
    );
    cloud.iam.calls.fail_next("AttachRolePolicy", denied);
    let failure = harness(&cloud).create(adopting()).await.unwrap_err();
    assert_eq!(
        titles(&failure.diagnostics),
        ["Role Adopted", "Cannot Create Role"]
    );
    assert_eq!(failure.state, None);
    assert_eq!(
        cloud.iam.role_now("reader").unwrap().role.unique_id,
        "AROATHEIRS"
    );
    let state = harness(&cloud).create(adopting()).await.unwrap();
    assert_eq!(state.model.adopted, Attr::Known(true));
}

#[tokio::test]
async fn a_role_of_another_path_is_another_role() {
    let cloud = cloud();
    let mut role = theirs();
    role.role.path = "/teams/".to_owned();
    cloud.iam.put_role(role.clone());
    let failure = harness(&cloud).create(adopting()).await.unwrap_err();
    assert_eq!(titles(&failure.diagnostics), ["Role Exists Already"]);
    let detail = &first(&failure.diagnostics).detail;
    assert!(!detail.contains("adopt"), "{detail}");
    assert_eq!(cloud.iam.role_now("reader").unwrap(), role);
}

#[tokio::test]
async fn what_an_adoption_overwrites_and_detaches_is_named() {
    let cloud = cloud();
    let mut role = theirs();
    role.inline = [("own", "{}"), ("other", "{}")]
        .map(|(name, text)| (name.to_owned(), text.to_owned()))
        .into();
    cloud.iam.put_role(role);
    let resource = harness(&cloud);
    let allow = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:*","Resource":"*"}]}"#;
    let config = with(
        adopting(),
        json!({ "exclusive_policy_arns": true, "inline_policies": { "own": allow }, "tags": { "owner": "we" } }),
    );
    resource.create(config).await.unwrap();
    let warnings = resource.take_warnings();
    let detail = &warnings.iter().last().unwrap().detail;
    assert!(
        detail.ends_with(&format!(
            "Overwritten or detached is:\n  managed policy    {FOREIGN}\n  inline policy     own\n  tag               owner"
        )),
        "{detail}"
    );
}
