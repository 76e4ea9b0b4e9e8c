use serde_json::json;
use tf_provider::Attr;
use tf_provider::testing::DataSourceHarness;

use super::{AwsAuthDataModel, AwsAuthDataSource, Finding, RoleEntry, UnparsedSection};
use crate::aws_auth::fixture::{Bed, ROLES, only, role_arn};
use crate::config::Settings;
use crate::fakes::kubernetes::{Fault, Verb};
use crate::fakes::{context_of_unknown_block, refusal};
use crate::ports::ErrorKind;

fn text(text: &str) -> Attr<String> {
    Attr::Known(text.to_owned())
}

fn groups(groups: &[&str]) -> Attr<Vec<Attr<String>>> {
    Attr::Known(groups.iter().map(|group| text(group)).collect())
}

fn step(bed: &Bed) -> DataSourceHarness<AwsAuthDataSource> {
    let settings = Settings {
        suppress_findings: Default::default(),
        ..Bed::settings()
    };
    DataSourceHarness::new(AwsAuthDataSource, bed.cloud.client(settings))
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
        effective_username: text("system:node:{{EC2PrivateDNSName}}"),
        findings: groups(&[]),
    };
    let admins = RoleEntry {
        rolearn: text(&role_arn("admins")),
        username: text("admin"),
        groups: groups(&["system:masters"]),
        line: Attr::Known(7),
        is_node: Attr::Known(false),
        effective_username: text("admin"),
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
async fn groups_are_compared_with_bindings_once_and_what_is_not_read_is_named() {
    let entries = "- {rolearn: 'arn:aws:iam::111122223333:role/a', username: a, groups: [devs]}\n\
                   - {rolearn: 'arn:aws:iam::111122223333:role/b', username: b, groups: [devs]}\n";
    let bed = Bed::new(&[("mapRoles", entries)]);
    let of_groups = async || {
        let (model, _) = step(&bed).read(json!({})).await.unwrap();
        let found = model.group_findings.into_known().unwrap();
        found
            .into_iter()
            .map(|one| (one.id, one.group))
            .collect::<Vec<_>>()
    };
    assert_eq!(of_groups().await, [(text("group.unbound"), text("devs"))]);
    bed.kube().deny("list", "rolebindings");
    assert_eq!(of_groups().await, [(text("group.not_judged"), Attr::Null)]);
}

#[tokio::test]
async fn without_the_right_to_list_bindings_everything_else_is_as_before() {
    let bed = Bed::lived_in();
    let (before, _) = step(&bed).read(json!({})).await.unwrap();
    for kind in [
        "clusterroles",
        "clusterrolebindings",
        "roles",
        "rolebindings",
    ] {
        bed.kube().deny("list", kind);
    }
    let (model, warnings) = step(&bed).read(json!({})).await.unwrap();
    assert!(warnings.is_empty(), "{warnings:?}");
    let found = model.group_findings.known().unwrap();
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!(
        (&found[0].id, &found[0].severity),
        (&text("group.not_judged"), &text("note"))
    );
    let rest = AwsAuthDataModel {
        group_findings: before.group_findings.clone(),
        ..model
    };
    assert_eq!(rest, before);
}

/// The findings as `id severity line: text`.
fn found(model: &AwsAuthDataModel) -> Vec<String> {
    let show = |finding: &Finding| {
        let text = |value: &Attr<String>| value.known().unwrap().clone();
        format!(
            "{} {} {}: {}",
            text(&finding.id),
            text(&finding.severity),
            finding.line.known().unwrap(),
            text(&finding.text)
        )
    };
    model.findings.known().unwrap().iter().map(show).collect()
}

#[tokio::test]
async fn findings_tell_of_templates_and_of_roles_and_stand_with_their_entries() {
    let bed = Bed::new(&[(
        "mapRoles",
        "- {rolearn: 'arn:aws:iam::111122223333:role/admins', username: 'ci:{{AccountID}}', groups: [g]}\n\
         - {rolearn: 'arn:aws:iam::111122223333:role/gone', username: 'system:{{SessionNameRaw}}', groups: [g]}\n\
         - {rolearn: 'arn:aws:iam::444455556666:role/theirs', username: theirs, groups: [g]}\n",
    )]);
    // A year before the roles of the bed were made.
    bed.roles_written_at(1_704_067_200);
    let source = step(&bed);
    let (model, warnings) = source.read(json!({})).await.unwrap();
    assert_eq!(
        found(&model),
        [
            "role.newer_than_entry warning 1: role `admins` was made at 2025-01-01T00:00:00Z, and this entry was there by 2024-01-01T00:00:00Z: it was \
             written for an earlier role of that name, or for none",
            "privilege.caller_chosen_username error 2: username `system:{{SessionNameRaw}}`: who assumes the role chooses {{SessionNameRaw}} and can \
             become a `system:` identity",
            "role.missing warning 2: account `111122223333` has no role `gone`; whoever makes one gets what this entry gives",
            "role.other_account note 3: `theirs` is a role of account `444455556666`; whether it is there cannot be seen from account `111122223333`",
        ]
    );
    let of_entries: Vec<_> = model.map_roles.known().unwrap().iter().collect();
    assert_eq!(
        of_entries
            .iter()
            .map(|role| (role.findings.clone(), role.effective_username.clone()))
            .collect::<Vec<_>>(),
        [
            (groups(&["role.newer_than_entry"]), text("ci:111122223333")),
            (
                groups(&["privilege.caller_chosen_username", "role.missing"]),
                text("system:{{SessionNameRaw}}")
            ),
            (groups(&["role.other_account"]), text("theirs")),
        ]
    );
    assert_eq!(warnings.iter().count(), 0);
    assert_eq!(bed.cloud.iam.calls.take(), ["ListRoles /"]);
}

#[tokio::test]
async fn who_may_not_list_roles_hears_nothing_of_them_and_gets_the_rest() {
    let bed = Bed::new(&[(
        "mapRoles",
        "- {rolearn: 'arn:aws:iam::111122223333:role/gone', username: '{{SessionNameRaw}}', groups: [g]}\n",
    )]);
    let denied = refusal(
        ErrorKind::AccessDenied,
        "iam:ListRoles",
        "AccessDenied",
        "no",
    );
    bed.cloud.iam.calls.fail_next("ListRoles", denied);
    let (model, warnings) = step(&bed).read(json!({})).await.unwrap();
    assert_eq!(
        found(&model),
        [
            "template.caller_chosen_whole warning 1: username `{{SessionNameRaw}}`: who assumes the role chooses {{SessionNameRaw}} and can take any name \
          without a colon, also the name that another entry gives"
        ]
    );
    assert_eq!(warnings.iter().count(), 0);
}

#[tokio::test]
async fn a_suppressed_finding_is_shown_nowhere() {
    let bed = Bed::new(&[(
        "mapRoles",
        "- {rolearn: 'arn:aws:iam::111122223333:role/gone', username: gone, groups: [g]}\n",
    )]);
    let mut settings = Bed::settings();
    settings.suppress_findings.insert("role.missing".to_owned());
    let source = DataSourceHarness::new(AwsAuthDataSource, bed.cloud.client(settings));
    let (model, _) = source.read(json!({})).await.unwrap();
    assert_eq!(found(&model), Vec::<String>::new());
    assert_eq!(model.map_roles.known().unwrap()[0].findings, groups(&[]));
}

#[tokio::test]
async fn a_user_entry_is_effective_as_the_server_looks_it_up() {
    let bed = Bed::new(&[
        (
            "mapRoles",
            "- {rolearn: 'arn:aws:iam::111122223333:user/first', username: first}\n",
        ),
        (
            "mapUsers",
            "- {userarn: 'arn:aws:iam::111122223333:user/eve', username: 'eve{{SessionName}}@{{AccountID}}'}\n\
             - {userarn: 'arn:aws:iam::111122223333:user/first', username: second}\n\
             - {userarn: 'arn:aws:iam::111122223333:role/admins', username: a-role}\n\
             - {userarn: 'arn:aws:iam::111122223333:user/node', username: 'x:{{EC2PrivateDNSName}}'}\n",
        ),
    ]);
    let (model, _) = step(&bed).read(json!({})).await.unwrap();
    let fates: Vec<_> = model
        .map_users
        .known()
        .unwrap()
        .iter()
        .map(|user| (user.effective_username.clone(), user.reason.clone()))
        .collect();
    assert_eq!(
        fates,
        [
            (text("eve@111122223333"), Attr::Null),
            (
                Attr::Null,
                text("an entry of mapRoles for the same ARN, in line 1, is asked first")
            ),
            (text("a-role"), Attr::Null),
            (
                Attr::Null,
                text(
                    "`{{EC2PrivateDNSName}}` has a value for EC2 instances only, and callers of this ARN are none: the server refuses them"
                )
            ),
        ]
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

#[tokio::test]
async fn a_cluster_that_is_not_there_is_said_in_the_words_of_a_data_source() {
    let refused = step(&Bed::lived_in())
        .read(json!({ "cluster_name": "prob" }))
        .await
        .unwrap_err();
    let message = only(&refused);
    assert_eq!(message.summary, "Cluster Not Found");
    assert!(
        message
            .detail
            .ends_with(
                "A data source waits for no cluster. Correct `cluster_name` or `region`, or let it be read once the cluster is there: \
                 `cluster_name = aws_eks_cluster.this.id`."
            ),
        "{}",
        message.detail
    );
}

#[tokio::test]
async fn a_refusal_by_the_cluster_is_explained_to_a_data_source_and_to_an_import() {
    let bed = Bed::lived_in();
    let is_explained = |refused: &tf_provider::Diagnostics| {
        let message = only(refused);
        assert_eq!(message.summary, "The Cluster Does Not Know Who You Are");
        assert!(message.detail.contains("You are "), "{}", message.detail);
    };
    let unauthorized = || Fault::Refuse(ErrorKind::Unauthorized);
    bed.kube().on_next(Verb::Get, unauthorized());
    is_explained(&step(&bed).read(json!({})).await.unwrap_err());
    bed.kube().on_next(Verb::Get, unauthorized());
    let import = bed.step(crate::resources::aws_auth::AwsAuthResource);
    is_explained(&import.import("prod").await.unwrap_err());
}
