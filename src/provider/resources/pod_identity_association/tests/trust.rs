//! The trust policies of the roles at plan.

use super::*;

const REFUSED: &str = "Role Does Not Trust Pod Identity";
const TARGET_REFUSED: &str = "Target Role Does Not Trust Role";

async fn planned(bed: &Bed, more: Json) -> Result<Vec<String>, Vec<String>> {
    let step = bed.step();
    let owned = |diagnostics: &Diagnostics| -> Vec<String> {
        titles(diagnostics).into_iter().map(str::to_owned).collect()
    };
    match step.plan_create(with(config(), more)).await {
        Ok(_) => Ok(owned(&step.take_warnings())),
        Err(refused) => Err(owned(&refused)),
    }
}

#[tokio::test]
async fn a_trust_policy_is_judged_by_its_principal_its_actions_and_its_conditions() {
    let only_assume = json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow",
        "Principal": {"Service": "pods.eks.amazonaws.com"}, "Action": "sts:AssumeRole"}]});
    let equals = |key: &str, value: &str| pods(json!({"StringEquals": {key: value}}));
    for (trust, admits) in [
        (only_assume.to_string(), false),
        (chained(ROLE, json!({})), false),
        (equals("aws:RequestTag/kubernetes-namespace", "apps"), true),
        (
            equals("aws:RequestTag/kubernetes-namespace", "other"),
            false,
        ),
        (
            equals("aws:RequestTag/kubernetes-service-account", "writer"),
            false,
        ),
        (equals("aws:RequestTag/eks-cluster-name", "prod"), true),
        (equals("aws:SourceAccount", "444455556666"), false),
        (
            pods(
                json!({"ArnEquals": {"aws:SourceArn": "arn:aws:eks:eu-central-1:111122223333:cluster/prod"}}),
            ),
            true,
        ),
    ] {
        let bed = Bed::new();
        bed.put_role("/apps/", "reader", &trust);
        let expected = match admits {
            true => Ok(vec![]),
            false => Err(vec![REFUSED.to_owned()]),
        };
        assert_eq!(planned(&bed, json!({})).await, expected, "{trust}");
        if !admits {
            let warned = planned(&bed, json!({"on_untrusted": "warn"})).await;
            assert_eq!(warned, Ok(vec![REFUSED.to_owned()]));
            let ignored = planned(&bed, json!({"on_untrusted": "ignore"})).await;
            assert_eq!(ignored, Ok(vec![]));
        }
    }
}

#[tokio::test]
async fn without_tags_a_trust_policy_that_compares_them_lets_nobody_in() {
    let bed = Bed::new();
    let condition = json!({"StringEquals": {"aws:RequestTag/kubernetes-namespace": "apps"}});
    bed.put_role("/apps/", "reader", &pods(condition));
    let state = bed.step().create(config()).await.unwrap();
    let untagged = with(config(), json!({"disable_session_tags": true}));
    let refused = bed.step().plan_update(&state, untagged).await.unwrap_err();
    assert_eq!(titles(&refused), [REFUSED]);
}

#[tokio::test]
async fn a_target_role_has_to_trust_the_first_one() {
    for (trust, expected) in [
        (chained(ROLE, json!({})), Ok(vec![])),
        (
            chained("arn:aws:iam::111122223333:root", json!({})),
            Ok(vec![]),
        ),
        (
            chained(OTHER, json!({})),
            Err(vec![TARGET_REFUSED.to_owned()]),
        ),
        (
            chained(ROLE, json!({"StringEquals": {"sts:ExternalId": "later"}})),
            Ok(vec!["Role Trust Not Judged".to_owned()]),
        ),
    ] {
        let bed = Bed::new();
        bed.put_role("/", "target", &trust);
        let told = planned(&bed, json!({"target_role_arn": TARGET})).await;
        assert_eq!(told, expected, "{trust}");
    }
}

#[tokio::test]
async fn an_external_id_that_is_known_is_compared() {
    let bed = Bed::new();
    let state = bed
        .step()
        .create(with(config(), json!({"target_role_arn": TARGET})))
        .await
        .unwrap();
    let id = bed.now().unwrap().external_id.unwrap();
    bed.put_role("/", "other", &pods(json!({})));
    let changed = with(
        config(),
        json!({"target_role_arn": TARGET, "role_arn": OTHER}),
    );
    for (known, is_refused) in [(id.as_str(), false), ("another", true)] {
        let condition = json!({"StringEquals": {"sts:ExternalId": known}});
        bed.put_role("/", "target", &chained(OTHER, condition));
        let plan = bed.step().plan_update(&state, changed.clone()).await;
        assert_eq!(plan.is_err(), is_refused, "{known}");
    }
}

#[tokio::test]
async fn what_cannot_be_looked_at_is_named() {
    let bed = Bed::new();
    for (more, title) in [
        (
            json!({"role_arn": "arn:aws:iam::111122223333:role/none"}),
            "Role Not Found",
        ),
        (
            json!({"target_role_arn": "arn:aws:iam::444455556666:role/x"}),
            "Role In Another Account",
        ),
    ] {
        assert_eq!(planned(&bed, more).await, Ok(vec![title.to_owned()]));
    }
    let elsewhere = json!({"role_arn": "arn:aws:iam::111122223333:role/reader"});
    assert_eq!(
        planned(&bed, elsewhere).await,
        Err(vec!["Another Role".to_owned()])
    );
    bed.cloud.deny("iam:GetRole");
    assert_eq!(
        planned(&bed, json!({})).await,
        Ok(vec!["Role Trust Not Judged".to_owned()])
    );
}

#[tokio::test]
async fn a_role_of_the_same_plan_is_judged_as_planned() {
    let bed = Bed::new();
    let settings = Settings {
        cluster_name: Attr::Known("prod".to_owned()),
        ..FakeCloud::settings()
    };
    let client = bed.cloud.client(settings);
    for (trust, is_refused) in [(pods(json!({})), false), (chained(ROLE, json!({})), true)] {
        let arn = Attr::Known("arn:aws:iam::111122223333:role/new".to_owned());
        client.planned().note_role(&arn, &Attr::Known(trust));
        let step = Harness::new(PodIdentityAssociationResource, client.clone());
        let plan = step.plan_create(with(
            config(),
            json!({"role_arn": "arn:aws:iam::111122223333:role/new"}),
        ));
        assert_eq!(plan.await.is_err(), is_refused);
    }
}
