//! What stands inside something else: trust policies in every wrapping, resources in plans and states.

use super::*;

#[test]
fn a_trust_policy_is_found_in_every_wrapping() {
    let quoted = serde_json::Value::from(POLICY).to_string();
    let encoded: String = POLICY
        .bytes()
        .map(|byte| match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' => char::from(byte).to_string(),
            byte => format!("%{byte:02X}"),
        })
        .collect();
    let role = |policy: &str| {
        format!(
            r#"{{"Role":{{"RoleName":"role","Arn":"arn:aws:iam::111122223333:role/p/role","AssumeRolePolicyDocument":{policy}}}}}"#
        )
    };
    for text in [
        POLICY.to_owned(),
        quoted.clone(),
        serde_json::Value::from(quoted.clone()).to_string(),
        encoded.clone(),
        format!("\"{encoded}\""),
        format!("{encoded}\n"),
        role(POLICY),
        role(&quoted),
        role(&format!("\"{encoded}\"")),
        format!(r#"{{"Roles":[{{"RoleName":"x"}},{}]}}"#, role(POLICY).strip_prefix(r#"{"Role":"#).unwrap().strip_suffix('}').unwrap()),
        "Version: '2012-10-17'\nStatement:\n- Effect: Allow\n  Principal:\n    Service: ec2.amazonaws.com\n  Action: sts:AssumeRole\n".to_owned(),
        format!("'{POLICY}'\n"),
    ] {
        let policy = policy_of(&text);
        let value: serde_json::Value = serde_json::from_str(&policy.policy).unwrap();
        assert_eq!(value, serde_json::from_str::<serde_json::Value>(POLICY).unwrap(), "{text}");
    }
    assert_eq!(
        policy_of(&role(POLICY)).role_arn.as_deref(),
        Some("arn:aws:iam::111122223333:role/p/role")
    );
    // A key that is written twice is the policy's own fault, and has to be seen by who judges it.
    let twice = POLICY.replacen("\"Version\"", "\"Version\":\"2012-10-17\",\"Version\"", 1);
    assert_eq!(policy_of(&twice).policy, twice);
    let pretty = "{\n \"Version\": \"2012-10-17\",\n \"Statement\": [\n  {\"Effect\": \"Allow\", \"Principal\": \"*\", \"Action\": \"sts:AssumeRole\"},\n  {\"Effect\": \"Deny\", \"Principal\": \"*\", \"Action\": \"sts:AssumeRole\"}\n ]\n}\n";
    assert_eq!(policy_of(pretty).statement_lines, [4, 5]);
}

#[test]
fn several_roles_are_told_apart_by_the_one_that_is_asked_for() {
    let text = format!(
        r#"{{"Roles":[{{"RoleName":"a","Arn":"arn:aws:iam::111122223333:role/a","AssumeRolePolicyDocument":{POLICY}}},{{"RoleName":"b","Arn":"arn:aws:iam::111122223333:role/p/b","AssumeRolePolicyDocument":{POLICY}}}]}}"#
    );
    let documents = read(&text);
    let of = |role| trust_policy(&documents, role).map(|policy| policy.role_name.clone().unwrap());
    assert_eq!(of("b").as_deref(), Ok("b"));
    assert_eq!(of("arn:aws:iam::111122223333:role/a").as_deref(), Ok("a"));
    assert!(of("c").is_err());
}

#[test]
fn resources_of_plans_and_states_are_named_by_their_addresses() {
    let policy = serde_json::Value::from(POLICY).to_string();
    let role = format!(
        r#"{{"name":"r","arn":"arn:aws:iam::111122223333:role/r","assume_role_policy":{policy}}}"#
    );
    let map = r#"{"metadata":[{"name":"aws-auth","namespace":"kube-system"}],"data":{"mapRoles":"- rolearn: a\n"}}"#;
    let entry = r#"{"rolearn":"arn:aws:iam::111122223333:role/p/a","canonical_arn":"arn:aws:iam::111122223333:role/a","username":"a","groups":["g"]}"#;
    let member = |address: &str, kind: &str, key: &str, values: &str| {
        format!(r#"{{"address":"{address}","mode":"managed","type":"{kind}","{key}":{values}}}"#)
    };
    let show = format!(
        r#"{{"format_version":"1.0","terraform_version":"1.9.8","values":{{"root_module":{{"resources":[{}],"child_modules":[{{"resources":[{},{}]}}]}}}}}}"#,
        member("aws_iam_role.r", "aws_iam_role", "values", &role),
        member(
            "module.m.kubernetes_config_map_v1.a",
            "kubernetes_config_map_v1",
            "values",
            map
        ),
        member(
            "module.m.eksauth_aws_auth_role.e",
            "eksauth_aws_auth_role",
            "values",
            entry
        ),
    );
    let plan = format!(
        r#"{{"format_version":"1.2","planned_values":{{"root_module":{{}}}},"resource_changes":[{},{}]}}"#,
        member(
            "aws_iam_role.r",
            "aws_iam_role",
            "change",
            &format!(r#"{{"actions":["create"],"after":{role}}}"#)
        ),
        member(
            "aws_iam_role.gone",
            "aws_iam_role",
            "change",
            &format!(r#"{{"actions":["delete"],"before":{role},"after":null}}"#)
        ),
    );
    let state = format!(
        r#"{{"version":4,"terraform_version":"1.9.8","lineage":"x","resources":[{{"module":"module.m","mode":"managed","type":"aws_iam_role","name":"r","instances":[{{"index_key":"k","attributes":{role}}}]}}]}}"#
    );
    let addresses = |text: &str| -> Vec<String> {
        read(text)
            .iter()
            .map(|document| document.place.address.clone().unwrap_or_default())
            .collect()
    };
    assert_eq!(
        addresses(&show),
        [
            "aws_iam_role.r",
            "module.m.kubernetes_config_map_v1.a",
            "module.m.eksauth_aws_auth_role.e"
        ]
    );
    assert_eq!(addresses(&plan), ["aws_iam_role.r"]);
    assert_eq!(addresses(&state), [r#"module.m.aws_iam_role.r["k"]"#]);
    assert_eq!(policy_of(&show).policy, POLICY);
    // An entry by itself is not the whole map.
    assert_eq!(map_of(&show).data["mapRoles"], "- rolearn: a\n");
    let manifest = format!(
        r#"{{"format_version":"1.2","planned_values":{{"root_module":{{"resources":[{}]}}}}}}"#,
        member(
            "kubectl_manifest.a",
            "kubectl_manifest",
            "values",
            &format!(r#"{{"yaml_body":{}}}"#, serde_json::Value::from(MAP))
        )
    );
    assert!(map_of(&manifest).has_sections());
}
