//! Import by service account, by id and by identity, and a state of hashicorp/aws.

use tf_provider::resource::MoveSource;

use super::*;

#[tokio::test]
async fn an_association_is_imported_by_its_account_and_by_its_id() {
    let bed = Bed::new();
    let chained = with(
        config(),
        json!({"target_role_arn": TARGET, "tags": {"a": "b"}}),
    );
    let made = bed.step().create(chained.clone()).await.unwrap();
    let id = bed.now().unwrap().id;
    let arn = "arn:aws:eks:eu-central-1:111122223333:cluster/prod";
    for import in [
        "prod/apps/reader".to_owned(),
        format!("prod,{id}"),
        format!("{arn}/apps/reader"),
        format!("{arn},{id}"),
        "prod/apps/reader@eu-central-1".to_owned(),
        format!("prod@eu-central-1,{id}"),
        format!("prod,{id}@eu-central-1"),
    ] {
        let step = bed.step();
        let imported = step.import(&import).await.unwrap().unwrap();
        let mut config = chained.clone();
        if import.contains('@') {
            config["region"] = json!("eu-central-1");
        }
        let plan = step.plan_update(&imported, config).await.unwrap();
        assert_eq!(plan.action, Action::None, "{import}");
        assert_eq!(imported.identity(), made.identity());
    }
    let identity =
        json!({"cluster_name": "prod", "namespace": "apps", "service_account": "reader"});
    let imported = bed.step().import_identity(identity).await.unwrap().unwrap();
    assert_eq!(imported.model.association_id, Attr::Known(id));
}

#[tokio::test]
async fn what_is_no_import_id_or_is_not_there_is_told() {
    let bed = Bed::new();
    for wrong in [
        "prod",
        "prod/apps",
        "prod,",
        "prod,b-1",
        "prod,a-1/2",
        "a/b/c/d",
        "prod/Apps/x",
    ] {
        let refused = bed.step().import(wrong).await.unwrap_err();
        assert_eq!(titles(&refused), ["Invalid Import Id"], "{wrong}");
    }
    for gone in ["prod/apps/reader", "prod,a-1234"] {
        let refused = bed.step().import(gone).await.unwrap_err();
        assert_eq!(titles(&refused), ["Nothing To Import"], "{gone}");
    }
}

#[tokio::test]
async fn a_state_of_hashicorp_aws_is_taken_over_without_a_change() {
    let bed = Bed::new();
    bed.give(ROLE, None);
    let now = bed.now().unwrap();
    let state = json!({
        "association_arn": now.arn, "association_id": now.id, "cluster_name": "prod", "disable_session_tags": null,
        "external_id": null, "id": now.id, "namespace": "apps", "role_arn": ROLE, "service_account": "reader",
        "tags": null, "tags_all": {}, "target_role_arn": null,
    });
    let source = |state: Json| MoveSource {
        provider_address: "registry.terraform.io/hashicorp/aws".to_owned(),
        type_name: "aws_eks_pod_identity_association".to_owned(),
        schema_version: 0,
        state,
        private: Vec::new(),
    };
    let step = bed.step();
    let moved = step.move_from(source(state)).unwrap();
    let read = step.read(&moved).await.unwrap().unwrap();
    assert_eq!(read.identity(), moved.identity());
    let plan = step.plan_update(&read, config()).await.unwrap();
    assert_eq!(plan.action, Action::None);
    assert!(step.move_from(source(json!({"id": "a-1"}))).is_err());
}
