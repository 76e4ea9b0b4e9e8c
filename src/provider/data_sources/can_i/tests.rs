use eksauth_core::kubernetes::rbac::{
    BindingObject, BoundSubject, ClusterRbac, PolicyRule, RoleObject, RoleRef,
};
use serde_json::json;
use tf_provider::testing::DataSourceHarness;

use super::*;
use crate::aws_auth::fixture::{Bed, only, role_arn};
use crate::fakes::FakeReviews;
use crate::ports::access_review::ReviewedUser;

const ENTRIES: &str = "\
- {rolearn: 'arn:aws:iam::111122223333:role/dev', username: 'dev:{{SessionName}}', groups: [devs]}
- {rolearn: 'arn:aws:iam::111122223333:role/admins', username: admin, groups: ['system:masters']}
";

fn source(bed: &Bed) -> DataSourceHarness<CanIDataSource> {
    DataSourceHarness::new(CanIDataSource, bed.client())
}

fn known(text: &str) -> Attr<String> {
    Attr::Known(text.to_owned())
}

/// A cluster in which `devs` may get pods in `prod`, and the user `dev:alice` may delete them.
fn bed() -> Bed {
    let bed = Bed::new(&[("mapRoles", ENTRIES)]);
    let role = |name: &str, verb: &str| RoleObject {
        namespace: "prod".to_owned(),
        name: name.to_owned(),
        rules: vec![PolicyRule {
            verbs: vec![verb.to_owned()],
            api_groups: vec![String::new()],
            resources: vec!["pods".to_owned()],
            resource_names: Vec::new(),
        }],
        ..RoleObject::default()
    };
    let binding = |name: &str, subject| BindingObject {
        namespace: "prod".to_owned(),
        name: format!("{name}s"),
        role: RoleRef {
            is_cluster_role: false,
            name: name.to_owned(),
        },
        subjects: vec![subject],
    };
    bed.kube().set_named_rbac(ClusterRbac {
        roles: Ok(vec![role("reader", "get"), role("deleter", "delete")]),
        role_bindings: Ok(vec![
            binding("reader", BoundSubject::Group("devs".to_owned())),
            binding("deleter", BoundSubject::User("dev:alice".to_owned())),
        ]),
        ..ClusterRbac::default()
    });
    bed
}

/// Who may what, as the API server says: `devs get pods`.
fn others_may(bed: &Bed, may: &[&str]) {
    bed.kube().set_reviews(FakeReviews {
        others: Some(may.iter().map(|text| (*text).to_owned()).collect()),
        ..FakeReviews::default()
    });
}

async fn asked(bed: &Bed, arn: &str, verb: &str) -> CanIModel {
    let config = json!({"arn": arn, "verb": verb, "resource": "pods", "namespace": "prod"});
    source(bed).read(config).await.unwrap().0
}

const ALICE: &str = "arn:aws:sts::111122223333:assumed-role/dev/alice";

#[test]
fn the_schema_is_sound() {
    assert_eq!(source(&bed()).check(), Vec::<String>::new());
}

#[tokio::test]
async fn the_api_servers_yes_comes_with_the_binding_that_gives_it() {
    let bed = bed();
    others_may(&bed, &["devs get pods"]);
    let model = asked(&bed, &role_arn("dev"), "get").await;
    let expected = CanIModel {
        cluster_name: known("prod"),
        region: known("eu-central-1"),
        arn: known(&role_arn("dev")),
        verb: known("get"),
        resource: known("pods"),
        namespace: known("prod"),
        name: Attr::Null,
        allowed: Attr::Known(true),
        answered_by: known("api_server"),
        summary: known(
            "arn:aws:iam::111122223333:role/dev may get pods in namespace `prod`, by RoleBinding `prod/readers` of group `devs` with Role `reader`: get on \
             pods of API group core",
        ),
        username: known("dev:{{SessionName}}"),
        groups: texts(["devs", "system:authenticated"].map(str::to_owned)),
        mapping: known("aws-auth mapRoles[0], line 1"),
        granted_by: Attr::Known(vec![GrantModel {
            kind: known("RoleBinding"),
            namespace: known("prod"),
            name: known("readers"),
            role_kind: known("Role"),
            role: known("reader"),
            text: known(
                "RoleBinding `prod/readers` of group `devs` with Role `reader`: get on pods of API group core",
            ),
        }]),
        reasons: texts([]),
        nearest: Attr::Known(Vec::new()),
        near_misses: Attr::Known(Vec::new()),
        not_asked: Attr::Null,
    };
    assert_eq!(model, expected);
}

#[tokio::test]
async fn a_session_is_known_and_a_role_without_one_leaves_the_answer_open() {
    let bed = bed();
    others_may(&bed, &["dev:alice delete pods"]);
    let model = asked(&bed, ALICE, "delete").await;
    assert_eq!(
        (model.allowed, model.answered_by),
        (Attr::Known(true), known("api_server"))
    );
    let config =
        json!({"arn": role_arn("dev"), "verb": "delete", "resource": "pods", "namespace": "prod"});
    let (model, warnings) = source(&bed).read(config).await.unwrap();
    assert_eq!(
        (model.allowed, model.answered_by),
        (Attr::Null, known("rules"))
    );
    let warning = warnings.iter().next().unwrap();
    assert_eq!(warning.summary, "Permission Not Known");
    assert!(
        warning
            .detail
            .contains("`dev:{{SessionName}}` is known only once somebody calls"),
        "{}",
        warning.detail
    );
    let bob = asked(
        &bed,
        "arn:aws:sts::111122223333:assumed-role/dev/bob",
        "delete",
    )
    .await;
    assert_eq!(
        (bob.allowed, bob.answered_by),
        (Attr::Known(false), known("api_server"))
    );
}

#[tokio::test]
async fn without_the_right_to_ask_the_rules_answer_and_what_is_not_read_is_named() {
    let bed = bed();
    let model = asked(&bed, ALICE, "get").await;
    assert_eq!(
        (model.allowed, model.answered_by),
        (Attr::Known(true), known("rules"))
    );
    assert!(
        model
            .not_asked
            .known()
            .unwrap()
            .contains("`create subjectaccessreviews` is missing")
    );
    bed.kube().deny("list", "rolebindings everywhere");
    assert_eq!(
        asked(&bed, ALICE, "get").await.allowed,
        Attr::Known(true),
        "the one namespace is read"
    );
    bed.kube().deny("list", "rolebindings");
    let model = asked(&bed, ALICE, "get").await;
    assert_eq!(model.allowed, Attr::Null);
    let reasons = model.reasons.known().unwrap();
    assert_eq!(
        reasons[..],
        [known(
            "RoleBindings could not be read: `list rolebindings` is missing"
        )]
    );
}

#[tokio::test]
async fn the_caller_is_asked_about_as_itself() {
    let bed = bed();
    bed.kube().set_reviews(FakeReviews {
        user: Some(ReviewedUser {
            username: "admin".to_owned(),
            groups: vec![
                "system:masters".to_owned(),
                "system:authenticated".to_owned(),
            ],
            extra: [("canonicalArn".to_owned(), vec![role_arn("admins")])].into(),
        }),
        may: Some(["delete nodes".to_owned()].into()),
        ..FakeReviews::default()
    });
    let config = json!({"verb": "delete", "resource": "nodes"});
    let (model, _) = source(&bed).read(config).await.unwrap();
    assert_eq!(
        (model.allowed, model.answered_by),
        (Attr::Known(true), known("api_server"))
    );
    assert_eq!(
        model.granted_by.known().unwrap()[0].kind,
        known("system:masters")
    );
}

#[tokio::test]
async fn whoever_has_no_mapping_may_nothing_and_why_is_told() {
    let bed = bed();
    let model = asked(&bed, &role_arn("devs"), "get").await;
    assert_eq!(
        (&model.allowed, &model.username),
        (&Attr::Known(false), &Attr::Null)
    );
    assert_eq!(
        model.reasons.known().unwrap()[..],
        [known(
            "nothing admits it to the cluster, so it may do nothing there"
        )]
    );
    assert_eq!(
        model.near_misses.known().unwrap()[0].id,
        known("mapping.similar_name")
    );
    bed.kube().deny("get", "configmaps");
    let model = asked(&bed, &role_arn("dev"), "get").await;
    assert_eq!(
        model.allowed,
        Attr::Null,
        "a mapping that cannot be read is none that is not there"
    );
}

#[tokio::test]
async fn a_text_that_names_no_resource_is_refused_where_it_stands() {
    let config = json!({"verb": "get", "resource": "pods/"});
    let refused = source(&bed()).read(config).await.unwrap_err();
    assert_eq!(only(&refused).summary, "Invalid Kubernetes Resource");
}
