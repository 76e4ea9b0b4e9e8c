use eksauth_provider::ports::eks::{
    AccessEntryDetails, AccessEntryNames, ListedAccessPolicy, NewAccessEntry,
};

use super::*;

const ROLE: &str = "arn:aws:iam::111122223333:role/teams/platform";
const PATH: &str =
    "/clusters/prod/access-entries/arn%3Aaws%3Aiam%3A%3A111122223333%3Arole%2Fteams%2Fplatform";
const ENTRY: &str = r#"{"accessEntry":{"clusterName":"prod","principalArn":"arn:aws:iam::111122223333:role/teams/platform","kubernetesGroups":["viewers"],
    "accessEntryArn":"arn:aws:eks:eu-central-1:111122223333:access-entry/prod/role/111122223333/platform/1","createdAt":1767225600.5,"modifiedAt":1767225700,
    "tags":{"a":"b"},"username":"u","type":"STANDARD"}}"#;

fn entry() -> AccessEntryDetails {
    AccessEntryDetails {
        entry: AccessEntry {
            principal_arn: ROLE.to_owned(),
            kind: "STANDARD".to_owned(),
            username: "u".to_owned(),
            groups: vec!["viewers".to_owned()],
            policies: Vec::new(),
            created_at: Some(1_767_225_600),
        },
        arn: "arn:aws:eks:eu-central-1:111122223333:access-entry/prod/role/111122223333/platform/1"
            .to_owned(),
        tags: [("a".to_owned(), "b".to_owned())].into(),
        modified_at: Some(1_767_225_700),
    }
}

/// The bodies that were sent.
fn sent(cloud: &Loopback) -> Vec<serde_json::Value> {
    let received = cloud.received();
    let bodies = received.iter().map(|request| request.body.as_bytes());
    bodies
        .map(|body| serde_json::from_slice(body).unwrap())
        .collect()
}

#[tokio::test]
async fn an_entry_is_read_whole_and_one_that_is_not_there_is_none() {
    let cloud = Loopback::start(|_| Reply::new(200, ENTRY)).await;
    let found = eks(&cloud).await.access_entry("prod", ROLE).await;
    assert_eq!(found, Ok(Some(entry())));
    assert_eq!(cloud.received()[0].target, PATH);
    let cloud = Loopback::start(|_| missing()).await;
    let found = eks(&cloud).await.access_entry("prod", ROLE).await;
    assert_eq!(found, Ok(None));
}

#[tokio::test]
async fn an_entry_is_made_with_a_token_that_a_repeated_attempt_keeps() {
    let tries = std::sync::atomic::AtomicU32::new(0);
    let cloud =
        Loopback::start(
            move |_| match tries.fetch_add(1, std::sync::atomic::Ordering::SeqCst) {
                0 => Reply::new(500, r#"{"__type":"ServerException","message":"later"}"#),
                _ => Reply::new(200, ENTRY),
            },
        )
        .await;
    let new = NewAccessEntry {
        principal_arn: ROLE.to_owned(),
        kind: "STANDARD".to_owned(),
        username: Some("u".to_owned()),
        groups: Some(vec!["viewers".to_owned()]),
        tags: [("a".to_owned(), "b".to_owned())].into(),
    };
    let made = eks(&cloud).await.create_access_entry("prod", &new).await;
    assert_eq!(made, Ok(entry()));
    let sent = sent(&cloud);
    assert_eq!(sent.len(), 2);
    assert_eq!(sent[0], sent[1]);
    assert!(sent[0]["clientRequestToken"].is_string());
    assert_eq!(sent[0]["principalArn"], ROLE);
    assert_eq!(sent[0]["kubernetesGroups"], serde_json::json!(["viewers"]));
}

#[tokio::test]
async fn names_of_nodes_are_not_sent() {
    let cloud = Loopback::start(|_| Reply::new(200, ENTRY)).await;
    let new = NewAccessEntry {
        principal_arn: ROLE.to_owned(),
        kind: "EC2_LINUX".to_owned(),
        ..NewAccessEntry::default()
    };
    let made = eks(&cloud).await.create_access_entry("prod", &new).await;
    made.unwrap();
    let sent = &sent(&cloud)[0];
    assert_eq!(sent["type"], "EC2_LINUX");
    for unsent in ["username", "kubernetesGroups", "tags"] {
        assert!(sent.get(unsent).is_none(), "{unsent}");
    }
}

#[tokio::test]
async fn user_name_and_groups_are_sent_together_and_no_groups_as_none() {
    let cloud = Loopback::start(|_| Reply::new(200, ENTRY)).await;
    let names = AccessEntryNames {
        username: "u".to_owned(),
        groups: Vec::new(),
    };
    let changed = eks(&cloud)
        .await
        .update_access_entry("prod", ROLE, &names)
        .await;
    assert_eq!(changed, Ok(()));
    let sent = &sent(&cloud)[0];
    assert_eq!(sent["username"], "u");
    assert_eq!(sent["kubernetesGroups"], serde_json::json!([]));
}

#[tokio::test]
async fn what_is_gone_already_is_success() {
    let cloud = Loopback::start(|_| missing()).await;
    let eks = eks(&cloud).await;
    assert_eq!(eks.delete_access_entry("prod", ROLE).await, Ok(()));
    let policy = "arn:aws:eks::aws:cluster-access-policy/AmazonEKSViewPolicy";
    let gone = eks.disassociate_access_policy("prod", ROLE, policy).await;
    assert_eq!(gone, Ok(()));
    assert_eq!(eks.untag_resource("arn:e", &["a".to_owned()]).await, Ok(()));
    let targets: Vec<String> = cloud
        .received()
        .iter()
        .map(|request| request.target.clone())
        .collect();
    assert_eq!(targets[0], PATH);
    assert_eq!(
        targets[1],
        format!(
            "{PATH}/access-policies/arn%3Aaws%3Aeks%3A%3Aaws%3Acluster-access-policy%2FAmazonEKSViewPolicy"
        )
    );
}

#[tokio::test]
async fn a_scope_names_namespaces_only_where_it_has_some() {
    let cloud = Loopback::start(|_| Reply::new(200, "{}")).await;
    let eks = eks(&cloud).await;
    for namespaces in [vec![], vec!["apps".to_owned()]] {
        let policy = AccessPolicy {
            policy_arn: "arn:p".to_owned(),
            namespaces,
        };
        let done = eks.associate_access_policy("prod", ROLE, &policy).await;
        assert_eq!(done, Ok(()));
    }
    let scopes: Vec<serde_json::Value> = sent(&cloud)
        .iter()
        .map(|sent| sent["accessScope"].clone())
        .collect();
    assert_eq!(scopes[0], serde_json::json!({ "type": "cluster" }));
    assert_eq!(
        scopes[1],
        serde_json::json!({ "type": "namespace", "namespaces": ["apps"] })
    );
}

#[tokio::test]
async fn all_pages_of_access_policies_are_read() {
    let cloud = Loopback::start(|received| match received.target.contains("nextToken=t1") {
        false => Reply::new(
            200,
            r#"{"accessPolicies":[{"name":"A","arn":"arn:a"}],"nextToken":"t1"}"#,
        ),
        true => Reply::new(200, r#"{"accessPolicies":[{"name":"B","arn":"arn:b"}]}"#),
    })
    .await;
    let policy = |name: &str, arn: &str| ListedAccessPolicy {
        name: name.to_owned(),
        arn: arn.to_owned(),
    };
    assert_eq!(
        eks(&cloud).await.access_policies().await,
        Ok(vec![policy("A", "arn:a"), policy("B", "arn:b")])
    );
}

#[tokio::test]
async fn a_refusal_of_eks_keeps_its_words() {
    let cloud = Loopback::start(|_| Reply::Answer {
        status: 400,
        headers: vec![("x-amzn-errortype", "InvalidParameterException".to_owned())],
        body: r#"{"message":"The username is reserved."}"#.to_owned(),
    })
    .await;
    let refused = eks(&cloud)
        .await
        .update_access_entry("prod", ROLE, &AccessEntryNames::default())
        .await
        .unwrap_err();
    assert!(refused.operation.ends_with("UpdateAccessEntry"));
    assert_eq!(refused.message, "The username is reserved.");
}
