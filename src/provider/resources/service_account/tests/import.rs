use super::*;

#[tokio::test]
async fn what_this_provider_made_is_imported_whole() {
    let bed = Bed::new().await;
    let config = with(
        config(),
        json!({"labels": {"a": "b"}, "image_pull_secrets": ["pull"], "automount_service_account_token": true, "token_expiration": 600, "sts_regional_endpoints": false}),
    );
    let made = bed.step().create(config.clone()).await.unwrap();
    for id in [
        "prod/apps/reader",
        "arn:aws:eks:eu-central-1:111122223333:cluster/prod/apps/reader",
        "prod/apps/reader@eu-central-1",
        "prod@eu-central-1/apps/reader",
    ] {
        let step = bed.step();
        let imported = step.import(id).await.unwrap().unwrap();
        assert_eq!(imported.model.adopted, Attr::Known(false), "{id}");
        let mut config = config.clone();
        if id.contains('@') {
            config["region"] = json!("eu-central-1");
        }
        assert_eq!(
            step.plan_update(&imported, config).await.unwrap().action,
            Action::None,
            "{id}"
        );
        assert_eq!(imported.identity(), made.identity());
    }
}

#[tokio::test]
async fn the_id_is_what_an_import_takes() {
    let bed = Bed::new().await;
    for more in [json!({}), json!({"region": "eu-central-1"})] {
        let config = with(config(), more);
        let state = bed.step().create(config).await.unwrap();
        let id = state.model.id.known().unwrap();
        let imported = bed.step().import(id).await.unwrap().unwrap();
        assert_eq!(imported.model.id.known(), Some(id));
        bed.step().delete(&state).await.unwrap();
    }
}

#[tokio::test]
async fn what_others_made_has_every_annotation_and_is_adopted() {
    let bed = Bed::new().await;
    bed.kube().put_service_account(
        "eksctl",
        &foreign(&[
            ("eks.amazonaws.com/role-arn", ROLE),
            ("x", "y"),
            ("eks.amazonaws.com/token-expiration", "900"),
        ]),
    );
    let identity = json!({"cluster_name": "prod", "namespace": "apps", "name": "reader"});
    let imported = bed.step().import_identity(identity).await.unwrap().unwrap();
    assert_eq!(imported.model.adopted, Attr::Known(true));
    assert_eq!(
        (
            imported.model.labels.clone(),
            imported.model.token_expiration.clone()
        ),
        (Attr::Null, Attr::Known(900))
    );
    let same = with(config(), json!({"token_expiration": 900}));
    assert_eq!(
        bed.step()
            .plan_update(&imported, same)
            .await
            .unwrap()
            .action,
        Action::None
    );
    let step = bed.step();
    step.delete(&imported).await.unwrap();
    assert_eq!(
        titles(&step.take_warnings()),
        [
            "Adopted Service Account Stays",
            "Field Stays On Service Account"
        ]
    );
    assert_eq!(bed.shown().len(), 3);
}

#[tokio::test]
async fn what_is_no_import_id_or_not_there_is_told() {
    let bed = Bed::new().await;
    for id in [
        "prod",
        "prod/reader",
        "prod/apps/",
        "/apps/reader",
        "prod/apps/Reader",
        "prod/apps:reader",
        "a/prod/apps/reader",
        "prod#apps/reader",
    ] {
        let refused = bed.step().import(id).await.unwrap_err();
        let titles = titles(&refused);
        assert_eq!(titles, ["Invalid Import Id"], "{id}");
    }
    let refused = bed.step().import("prod/apps/reader").await.unwrap_err();
    assert_eq!(titles(&refused), ["Nothing To Import"]);
    let refused = bed.step().import("prob/apps/reader").await.unwrap_err();
    assert_eq!(titles(&refused), ["Cluster Not Found"]);
}

#[tokio::test]
async fn a_cluster_of_another_account_region_or_partition_is_not_this_one() {
    let bed = Bed::new().await;
    bed.step().create(config()).await.unwrap();
    for (cluster, title) in [
        (
            "arn:aws:eks:eu-central-1:999988887777:cluster/prod",
            "Cluster In Another Account",
        ),
        (
            "arn:aws-cn:eks:eu-central-1:111122223333:cluster/prod",
            "Invalid Import Id",
        ),
    ] {
        let id = format!("{cluster}/apps/reader");
        let refused = bed.step().import(&id).await.unwrap_err();
        assert_eq!(titles(&refused), [title], "{id}");
    }
}

#[tokio::test]
async fn what_was_made_here_is_imported_as_made_whatever_others_add() {
    let bed = Bed::new().await;
    bed.step().create(config()).await.unwrap();
    bed.kube()
        .put_service_account("kubectl-annotate", &foreign(&[("note", "x")]));
    let imported = bed
        .step()
        .import("prod/apps/reader")
        .await
        .unwrap()
        .unwrap();
    assert_eq!(imported.model.adopted, Attr::Known(false));
}

#[tokio::test]
async fn an_annotation_that_no_attribute_can_have_is_named() {
    let bed = Bed::new().await;
    bed.kube().put_service_account(
        "eksctl",
        &foreign(&[
            ("eks.amazonaws.com/token-expiration", "1h"),
            ("eks.amazonaws.com/sts-regional-endpoints", "yes"),
        ]),
    );
    let step = bed.step();
    step.import("prod/apps/reader").await.unwrap().unwrap();
    let warnings = step.take_warnings();
    assert_eq!(titles(&warnings), ["Annotation Left Out Of Import"; 2]);
    for part in ["`1h`", "`yes`"] {
        assert!(text(&warnings).contains(part), "{}", text(&warnings));
    }
}
