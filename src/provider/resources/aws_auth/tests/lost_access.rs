//! A map that refuses a change by which somebody loses access, whatever the plan saw.

use eksauth_core::access::access_entry::AccessEntry;

use super::*;
use crate::config::{LockoutGuard, Settings};
use crate::fakes::FakeRbac;
use crate::ports::eks::AuthenticationMode;
use crate::ports::rbac::RbacObjects;

fn bed() -> Bed {
    let bed = Bed::new(&[("mapRoles", ROLES)]);
    bed.kube().set_rbac(FakeRbac {
        objects: Some(RbacObjects::default()),
        has_nodes: Some(false),
    });
    bed
}

fn harness(bed: &Bed) -> Harness<AwsAuthResource> {
    let settings = Settings {
        lockout_guard: LockoutGuard::Error,
        ..Bed::settings()
    };
    Harness::new(AwsAuthResource, bed.cloud.client(settings))
}

fn map(entries: &[Json], on_lost_access: &str) -> Json {
    json!({ "map_roles": entries, "on_lost_access": on_lost_access, "on_conflict": "adopt" })
}

async fn without_dev(bed: &Bed, on_lost_access: &str) -> Result<Vec<String>, String> {
    let before = map(&[admins(), dev(&["developers"])], on_lost_access);
    let state = harness(bed).create(before).await.unwrap();
    let resource = harness(bed);
    let update = resource.update(&state, map(&[admins()], on_lost_access));
    match update.await {
        Ok(_) => Ok(resource
            .take_warnings()
            .iter()
            .map(|told| told.summary.clone())
            .collect()),
        Err(failed) => Err(format!("{:?}", failed.diagnostics)),
    }
}

#[tokio::test]
async fn a_loss_is_refused_where_it_is_to_be() {
    let told = without_dev(&bed(), "warn").await.unwrap();
    assert!(
        told.iter().any(|title| title.contains("Loses Access")),
        "{told:?}"
    );
    let bed = bed();
    let text = without_dev(&bed, "error").await.unwrap_err();
    assert!(text.contains("Somebody Loses Access"), "{text}");
    assert!(text.contains("let it in by an access entry"), "{text}");
    assert!(
        text.contains("prod:lockout.reduced-access:arn:aws:iam::111122223333:role/dev"),
        "{text}"
    );
    assert!(
        bed.kube().section("mapRoles").unwrap().contains("role/dev"),
        "it stays as it is"
    );
}

#[tokio::test]
async fn an_access_entry_that_gives_as_much_lets_the_entry_go() {
    let bed = bed();
    bed.cloud.eks.put(crate::ports::eks::Cluster {
        authentication_mode: Some(AuthenticationMode::ApiAndConfigMap),
        ..active_cluster("prod", "A")
    });
    bed.cloud.eks.admit(AccessEntry {
        principal_arn: "arn:aws:iam::111122223333:role/teams/dev".to_owned(),
        kind: "STANDARD".to_owned(),
        username: "dev".to_owned(),
        groups: vec!["developers".to_owned()],
        policies: Vec::new(),
        created_at: None,
    });
    without_dev(&bed, "error").await.unwrap();
    assert!(!bed.kube().section("mapRoles").unwrap().contains("role/dev"));
}
