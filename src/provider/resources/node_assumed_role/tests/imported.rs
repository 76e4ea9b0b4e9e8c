//! A role that exists, as if it had been configured.

use super::*;

#[tokio::test]
async fn an_imported_role_plans_empty() {
    let with_id = TRUST.replace(
        r#""Action":"sts:AssumeRole""#,
        r#""Action":"sts:AssumeRole","Condition":{"StringEquals":{"sts:ExternalId":"team-a"}}"#,
    );
    let ec2 = TRUST.replace(
        "]}",
        r#",{"Effect":"Allow","Principal":{"Service":"ec2.amazonaws.com"},"Action":"sts:AssumeRole"}]}"#,
    );
    let odd = r#"{"Action":["sts:AssumeRole","sts:TagSession"],"Effect":"Allow","Principal":{"Service":"pods.eks.amazonaws.com"}}"#;
    let other = TRUST.replace("]}", &format!(",{odd}]}}"));
    let stranger = r#"{"Version":"2008-10-17","Statement":[{"Sid":"x","Effect":"Allow","Principal":{"AWS":"111122223333"},"Action":"sts:AssumeRole"}]}"#;
    let sid = r#"{"Action":"sts:AssumeRole","Effect":"Allow","Principal":{"AWS":"111122223333"},"Sid":"x"}"#;
    for (trust, more) in [
        (TRUST.to_owned(), json!({ "node_role_arns": [NODES] })),
        (
            with_id,
            json!({ "node_role_arns": [NODES], "external_id": "team-a" }),
        ),
        (ec2, json!({ "node_role_arns": [NODES], "ec2": true })),
        (
            other,
            json!({ "node_role_arns": [NODES], "extra_statements": [odd] }),
        ),
        (stranger.to_owned(), json!({ "extra_statements": [sid] })),
    ] {
        let cloud = cloud();
        cloud.iam.put_role(existing_role(ARN, &trust));
        let resource = harness(&cloud);
        for id in ["reader", ARN] {
            let imported = resource.import(id).await.unwrap().unwrap();
            assert_eq!(imported.model.arn, known(ARN));
            assert_eq!(imported.model.node_policy_json, known(POLICY));
            let config = with(json!({ "name": "reader", "path": "/pods/" }), more.clone());
            let plan = resource.plan_update(&imported, config).await.unwrap();
            assert_eq!(plan.action, Action::None, "{trust}");
        }
    }
}

#[tokio::test]
async fn a_role_is_imported_by_its_identity() {
    let cloud = cloud();
    cloud.iam.put_role(existing_role(ARN, TRUST));
    let resource = harness(&cloud);
    let by_id = resource.import("reader").await.unwrap().unwrap();
    let identity = json!({ "name": "reader", "account_id": "111122223333" });
    let by_identity = resource.import_identity(identity).await.unwrap().unwrap();
    assert_eq!(by_identity, by_id);
    let another = json!({ "name": "reader", "account_id": "999988887777" });
    let refused = resource.import_identity(another).await.unwrap_err();
    assert_eq!(titles(&refused), ["Role In Another Account"]);
}

#[tokio::test]
async fn an_imported_role_puts_its_node_policy_where_it_is_already() {
    let cloud = cloud();
    cloud.iam.put_role(existing_role(ARN, TRUST));
    cloud.iam.change_role("nodes", |nodes| {
        nodes
            .inline
            .insert(POLICY_NAME.to_owned(), POLICY.to_owned());
    });
    let resource = harness(&cloud);
    let imported = resource.import("reader").await.unwrap().unwrap();
    let state = resource.update(&imported, attached()).await.unwrap();
    let plan = resource.plan_update(&state, attached()).await.unwrap();
    assert_eq!(plan.action, Action::None);
}
