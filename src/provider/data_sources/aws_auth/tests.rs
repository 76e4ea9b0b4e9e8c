use serde_json::json;
use tf_provider::Attr;
use tf_provider::testing::DataSourceHarness;

use super::{AwsAuthDataSource, Finding, RoleEntry, UnparsedSection};
use crate::aws_auth::bed::{Bed, ROLES, only, role_arn};
use crate::fakes::context_of_unknown_block;

fn text(text: &str) -> Attr<String> {
    Attr::Known(text.to_owned())
}

fn groups(groups: &[&str]) -> Attr<Vec<Attr<String>>> {
    Attr::Known(groups.iter().map(|group| text(group)).collect())
}

fn step(bed: &Bed) -> DataSourceHarness<AwsAuthDataSource> {
    DataSourceHarness::new(AwsAuthDataSource, bed.client())
}

#[test]
fn schema_and_model_fit() {
    assert_eq!(step(&Bed::lived_in()).check(), Vec::<String>::new());
}

#[tokio::test]
async fn entries_are_shown_as_the_server_reads_them() {
    let bed = Bed::lived_in();
    let (model, _) = step(&bed).read(json!({})).await.unwrap();
    let node = RoleEntry {
        rolearn: text(&role_arn("nodes")),
        username: text("system:node:{{EC2PrivateDNSName}}"),
        groups: groups(&["system:bootstrappers", "system:nodes"]),
        line: Attr::Known(1),
        is_node: Attr::Known(true),
        is_fargate: Attr::Known(false),
        effective: Attr::Known(true),
        reason: Attr::Null,
    };
    let admins = RoleEntry {
        rolearn: text(&role_arn("admins")),
        username: text("admin"),
        groups: groups(&["system:masters"]),
        line: Attr::Known(7),
        is_node: Attr::Known(false),
        ..node.clone()
    };
    assert_eq!(model.map_roles, Attr::Known(vec![node, admins]));
    assert_eq!(model.data.known().unwrap()["mapRoles"], text(ROLES));
    assert_eq!(
        (model.cluster_name, model.exists),
        (text("prod"), Attr::Known(true))
    );
    assert_eq!(model.unparsed_sections, Attr::Known(vec![]));
}

#[tokio::test]
async fn the_digest_changes_with_every_byte_and_with_nothing_else() {
    let digest = async |data: &[(&str, &str)]| {
        step(&Bed::new(data))
            .read(json!({}))
            .await
            .unwrap()
            .0
            .sha256
    };
    let first = digest(&[("mapRoles", ROLES)]).await;
    assert_eq!(first, digest(&[("mapRoles", ROLES)]).await);
    assert_ne!(first, digest(&[("mapRoles", &format!("{ROLES} "))]).await);
    assert_ne!(digest(&[("a", "bc")]).await, digest(&[("ab", "c")]).await);
}

#[tokio::test]
async fn entries_that_answer_nobody_say_why() {
    let bed = Bed::new(&[(
        "mapRoles",
        "- {rolearn: 'arn:aws:iam::111122223333:role/a', username: one}\n- {rolearn: 'arn:aws:iam::111122223333:role/a', username: two}\n\
         - {rolearn: 'arn:aws:iam::111122223333:role/teams/b', username: b}\n",
    )]);
    let (model, _) = step(&bed).read(json!({})).await.unwrap();
    let reasons: Vec<_> = model
        .map_roles
        .known()
        .unwrap()
        .iter()
        .map(|role| role.reason.clone().into_known())
        .collect();
    assert_eq!(
        reasons,
        [
            Some("a later entry of the same ARN, in line 2, takes its place".to_owned()),
            None,
            Some("no caller has this ARN; the server knows the principal as `arn:aws:iam::111122223333:role/b`".to_owned()),
        ]
    );
}

#[tokio::test]
async fn a_section_that_does_not_parse_is_shown_with_its_place() {
    let bed = Bed::new(&[
        ("mapRoles", ROLES),
        ("mapUsers", "- userarn: x\n\tusername: y\n"),
        ("maproles", "[]"),
    ]);
    let (model, _) = step(&bed)
        .read(json!({ "cluster_name": "prod" }))
        .await
        .unwrap();
    let unparsed = model.unparsed_sections.known().unwrap();
    assert_eq!(
        *unparsed,
        [UnparsedSection {
            section: text("mapUsers"),
            line: Attr::Known(2),
            column: Attr::Known(1),
            reason: unparsed[0].reason.clone(),
        }]
    );
    assert_eq!(
        model.map_roles.known().unwrap().len(),
        2,
        "the other sections are read"
    );
    let findings: Vec<&Finding> = model.findings.known().unwrap().iter().collect();
    let ids: Vec<_> = findings
        .iter()
        .map(|finding| finding.id.known().unwrap().as_str())
        .collect();
    assert!(
        ids.contains(&"lockout.yaml_error") && ids.contains(&"section.miscased"),
        "{ids:?}"
    );
}

#[tokio::test]
async fn a_cluster_without_aws_auth_has_an_empty_one_and_no_cluster_is_an_error() {
    let bed = Bed::without_aws_auth();
    let (model, _) = step(&bed).read(json!({})).await.unwrap();
    assert_eq!(
        (model.exists, model.map_roles),
        (Attr::Known(false), Attr::Known(vec![]))
    );
    let missing = step(&bed)
        .read(json!({ "cluster_name": "pord" }))
        .await
        .unwrap_err();
    assert_eq!(only(&missing).summary, "Cluster Not Found");
}

#[tokio::test]
async fn an_unknown_provider_block_is_said() {
    let cx = context_of_unknown_block(Bed::settings());
    let step = DataSourceHarness::new(AwsAuthDataSource, cx.client.clone());
    assert_eq!(
        only(&step.read(json!({})).await.unwrap_err()).summary,
        "Provider Not Configured Yet"
    );
}

#[tokio::test]
async fn an_old_manifest_is_among_the_findings_unless_suppressed() {
    let bed = Bed::lived_in();
    bed.kube().change(|map| {
        let manifest = json!({"kind": "ConfigMap", "data": {"mapUsers": "[]"}}).to_string();
        map.annotations.insert(
            "kubectl.kubernetes.io/last-applied-configuration".to_owned(),
            manifest,
        );
    });
    let (model, _) = step(&bed).read(json!({})).await.unwrap();
    let found = model.findings.known().unwrap();
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!(
        (&found[0].id, &found[0].section),
        (&text("mapping.stale_last_applied"), &text("mapUsers"))
    );
    let settings = crate::config::Settings {
        suppress_findings: ["mapping.stale_last_applied".to_owned()].into(),
        ..Bed::settings()
    };
    let quiet = DataSourceHarness::new(AwsAuthDataSource, bed.cloud.client(settings));
    assert_eq!(
        quiet.read(json!({})).await.unwrap().0.findings,
        Attr::Known(vec![])
    );
}
