//! Imports: what comes out, written as a configuration, plans empty.

use super::*;

/// Imports a role with a trust policy; the attributes that say the trust, as a configuration would have them.
async fn imported(trust: &str) -> (Harness<IrsaRoleResource>, IrsaRoleModel, Action) {
    let cloud = cloud();
    let mut found = role_of_others("reader", trust);
    found.attached.insert(POLICY.to_owned());
    found.inline.insert(
        "s3".to_owned(),
        r#"{"Version":"2012-10-17","Statement":[]}"#.to_owned(),
    );
    cloud.iam.put_role(found);
    let resource = harness(&cloud);
    let state = resource.import("reader").await.unwrap().unwrap();
    let config = generated(&state.model);
    let action = resource.plan_update(&state, config).await.unwrap().action;
    (resource, state.model, action)
}

/// What `-generate-config-out` writes: every attribute that may be configured, as the state has it.
fn generated(model: &IrsaRoleModel) -> serde_json::Value {
    let texts = |set: &Attr<BTreeSet<Attr<String>>>| match set.known() {
        Some(set) => json!(
            set.iter()
                .map(|text| text.known().unwrap())
                .collect::<Vec<_>>()
        ),
        None => json!(null),
    };
    let text = |attribute: &Attr<String>| json!(attribute.known());
    let trust = model.trust.known().map(|elements| {
        let element = |element: &TrustModel| {
            json!({
                "oidc_provider_arn": text(&element.oidc_provider_arn),
                "service_accounts": texts(&element.service_accounts),
                "service_account_patterns": texts(&element.service_account_patterns),
                "audience": text(&element.audience),
            })
        };
        elements
            .iter()
            .map(|trust| element(trust.known().unwrap()))
            .collect::<Vec<_>>()
    });
    let inline = model.inline_policies.known().map(|policies| {
        policies
            .iter()
            .map(|(name, document)| (name.clone(), json!(document.known())))
            .collect::<serde_json::Map<_, _>>()
    });
    let statements = model.extra_statements.known();
    json!({
        "name": text(&model.name),
        "path": text(&model.path),
        "description": text(&model.description),
        "max_session_duration": model.max_session_duration.known(),
        "force_detach_policies": model.force_detach_policies.known(),
        "oidc_provider_arn": text(&model.oidc_provider_arn),
        "service_accounts": texts(&model.service_accounts),
        "service_account_patterns": texts(&model.service_account_patterns),
        "audience": text(&model.audience),
        "trust": trust,
        "pod_identity": model.pod_identity.known(),
        "pod_identity_condition": text(&model.pod_identity_condition),
        "node_role_arns": texts(&model.node_role_arns),
        "ec2": model.ec2.known(),
        "extra_statements": statements.map(|texts| texts.iter().map(|text| text.known().unwrap()).collect::<Vec<_>>()),
        "policy_arns": texts(&model.policy_arns),
        "exclusive_policy_arns": model.exclusive_policy_arns.known(),
        "inline_policies": inline,
    })
}

#[tokio::test]
async fn one_web_identity_becomes_the_short_form() {
    let (_, model, action) = imported(TRUST).await;
    assert_eq!(action, Action::None);
    assert_eq!(
        (
            model.oidc_provider_arn,
            model.service_accounts,
            model.trust,
            model.extra_statements
        ),
        (
            known(PROVIDER),
            to_set(["apps:reader".to_owned()]),
            Attr::Null,
            Attr::Null
        )
    );
    assert_eq!(model.policy_arns, to_set([POLICY.to_owned()]));
}

#[tokio::test]
async fn what_the_typed_attributes_can_say_is_typed_and_the_rest_stays_as_it_is() {
    let other = PROVIDER.replace("ABC", "DEF");
    let trust = format!(
        r#"{{"Version":"2012-10-17","Statement":[
            {{"Effect":"Allow","Principal":{{"Federated":"{PROVIDER}"}},"Action":["sts:AssumeRoleWithWebIdentity"],"Condition":{{
                "StringEquals":{{"oidc.eks.eu-central-1.amazonaws.com/id/ABC:aud":["sts.amazonaws.com"]}},
                "StringLike":{{"oidc.eks.eu-central-1.amazonaws.com/id/ABC:sub":"system:serviceaccount:apps:*"}}}}}},
            {{"Effect":"Allow","Principal":{{"Federated":"{other}"}},"Action":"sts:AssumeRoleWithWebIdentity","Condition":{{
                "StringEquals":{{"oidc.eks.eu-central-1.amazonaws.com/id/DEF:aud":"custom","oidc.eks.eu-central-1.amazonaws.com/id/DEF:sub":"system:serviceaccount:a:b"}}}}}},
            {{"Effect":"Allow","Principal":{{"Service":"pods.eks.amazonaws.com"}},"Action":["sts:TagSession","sts:AssumeRole"],"Condition":{{
                "StringEquals":{{"aws:RequestTag/kubernetes-namespace":"apps"}}}}}},
            {{"Effect":"Allow","Principal":{{"AWS":"arn:aws:iam::111122223333:role/nodes"}},"Action":"sts:AssumeRole"}},
            {{"Effect":"Allow","Principal":{{"Service":"ec2.amazonaws.com"}},"Action":"sts:AssumeRole"}},
            {{"Sid":"Named","Effect":"Allow","Principal":{{"Service":"lambda.amazonaws.com"}},"Action":"sts:AssumeRole"}}
        ]}}"#
    );
    let (_, model, action) = imported(&trust).await;
    assert_eq!(action, Action::None);
    assert_eq!(model.trust.known().unwrap().len(), 2);
    assert_eq!(
        (model.pod_identity, model.ec2),
        (Attr::Known(true), Attr::Known(true))
    );
    assert_eq!(
        model.pod_identity_condition,
        known(r#"{"StringEquals":{"aws:RequestTag/kubernetes-namespace":"apps"}}"#)
    );
    assert_eq!(
        model.node_role_arns,
        to_set(["arn:aws:iam::111122223333:role/nodes".to_owned()])
    );
    let statements = model.extra_statements.known().unwrap();
    assert_eq!(
        statements,
        &[known(
            r#"{"Action":"sts:AssumeRole","Effect":"Allow","Principal":{"Service":"lambda.amazonaws.com"},"Sid":"Named"}"#
        )]
    );
}

#[tokio::test]
async fn a_statement_that_only_looks_typed_is_kept_as_it_is() {
    for (what, trust) in [
        (
            "no audience",
            TRUST.replace(
                r#""oidc.eks.eu-central-1.amazonaws.com/id/ABC:aud":"sts.amazonaws.com","#,
                "",
            ),
        ),
        (
            "a wildcard under StringEquals",
            TRUST.replace("apps:reader", "apps:*"),
        ),
        ("a deny", TRUST.replace("Allow", "Deny")),
        (
            "another operator",
            TRUST.replace("StringEquals", "StringEqualsIgnoreCase"),
        ),
        (
            "another action",
            TRUST.replace("sts:AssumeRoleWithWebIdentity", "sts:*"),
        ),
    ] {
        let (_, model, action) = imported(&trust).await;
        assert_eq!(action, Action::None, "{what}");
        assert_eq!(
            (
                model.oidc_provider_arn.is_null(),
                model.extra_statements.known().map(Vec::len)
            ),
            (true, Some(1)),
            "{what}"
        );
    }
}

#[tokio::test]
async fn two_statements_that_would_be_built_into_one_stay_two() {
    let statement = TRUST
        .trim_start_matches(r#"{"Version":"2012-10-17","Statement":["#)
        .trim_end_matches("]}");
    let second = statement.replace("apps:reader", "apps:writer");
    let (_, model, action) = imported(&format!(
        r#"{{"Version":"2012-10-17","Statement":[{statement},{second}]}}"#
    ))
    .await;
    assert_eq!(action, Action::None);
    assert_eq!(model.extra_statements.known().map(Vec::len), Some(1));
}

#[tokio::test]
async fn an_import_of_nothing_or_of_a_services_role_says_so() {
    let cloud = cloud();
    let mut linked = role_of_others("AWSServiceRoleForAmazonEKS", TRUST);
    linked.role.path = "/aws-service-role/eks.amazonaws.com/".to_owned();
    cloud.iam.put_role(linked);
    cloud.iam.put_role(role_of_others("me@eu-central-1", TRUST));
    let resource = harness(&cloud);
    assert_eq!(
        titles(&resource.import("nobody").await.unwrap_err()),
        ["Nothing To Import"]
    );
    assert_eq!(
        titles(
            &resource
                .import("AWSServiceRoleForAmazonEKS")
                .await
                .unwrap_err()
        ),
        ["Cannot Import Role"]
    );
    let named = resource.import("me@eu-central-1").await.unwrap().unwrap();
    assert_eq!(named.model.name, known("me@eu-central-1"));
    cloud.iam.put_role(role_of_others("plain", TRUST));
    let plain = resource
        .import("plain@eu-central-1")
        .await
        .unwrap()
        .unwrap();
    assert_eq!(plain.model.name, known("plain"));
}

#[tokio::test]
async fn the_plan_after_an_import_says_what_will_be_detached_and_how_it_stays() {
    const TITLE: &str = "Policies Will Be Detached";
    let cloud = cloud();
    let mut found = role_of_others("reader", TRUST);
    found.attached.insert(POLICY.to_owned());
    let document = r#"{"Version":"2012-10-17","Statement":[]}"#;
    found.inline.insert("s3".to_owned(), document.to_owned());
    cloud.iam.put_role(found);
    let resource = harness(&cloud);
    let state = resource.import("reader").await.unwrap().unwrap();
    let state = resource.read(&state).await.unwrap().unwrap();
    resource.take_warnings();
    resource.plan_update(&state, reader()).await.unwrap();
    let warnings = resource.take_warnings();
    assert_eq!(titles(&warnings), [TITLE]);
    let detail = &first(&warnings).detail;
    for part in [
        &format!("  managed policy    {POLICY}\n"),
        "  inline policy     s3\n",
        "`policy_arns`",
        "`inline_policies`",
        "`on_conflict = \"adopt\"`",
        "destroy deletes the role",
    ] {
        assert!(detail.contains(part), "{part}\n{detail}");
    }

    let named = json!({ "policy_arns": [POLICY], "inline_policies": { "s3": document } });
    let named = with(reader(), named);
    let renewed = with(named, json!({ "description": "reads" }));
    let left = resource.update(&state, renewed).await.unwrap();
    assert_eq!(titles(&resource.take_warnings()), Vec::<&str>::new());
    resource.plan_update(&left, reader()).await.unwrap();
    assert_eq!(
        titles(&resource.take_warnings()),
        Vec::<&str>::new(),
        "what the configuration named once goes without a word"
    );
}

#[tokio::test]
async fn a_role_is_imported_by_its_arn_and_a_path_is_not_part_of_its_name() {
    let cloud = cloud();
    let found = role_of_others("reader", "{}");
    let arn = found.role.arn.clone();
    cloud.iam.put_role(found);
    let resource = harness(&cloud);
    let state = resource.import(&arn).await.unwrap().unwrap();
    assert_eq!(state.model.name, Attr::Known("reader".to_owned()));
    let elsewhere = arn.replace("111122223333", "444455556666");
    for (id, reason) in [
        (elsewhere.as_str(), "There is no role `"),
        ("/x/reader", "Write `reader`."),
    ] {
        let refused = resource.import(id).await.unwrap_err();
        let refused = refused.iter().next().unwrap();
        assert_eq!(refused.summary, "Nothing To Import");
        assert!(refused.detail.contains(reason), "{}", refused.detail);
    }
}
