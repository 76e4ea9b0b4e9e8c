use super::*;

const TEXT: &str = "# eksauth_thing\n\n```json\n{\"not\": \"this\"}\n```\n\n## Permissions\n\n### Required\n\nIn AWS:\n\n```json\n{\"Version\": \"2012-10-17\"}\n```\n\n\
    In the cluster:\n\n```yaml\nkind: Role\n---\nkind: RoleBinding\n```\n\n### Optional permissions\n\n```json\n{}\n```\n\n## Import\n\n```yaml\nkind: no\n```\n";

const POLICY: &str = r#"{"Version": "2012-10-17", "Statement": [
    {"Effect": "Allow", "Action": ["iam:GetRole", "iam:CreateRole"], "Resource": "arn:aws:iam::111122223333:role/reader"},
    {"Effect": "Allow", "Action": "eks:DescribeCluster", "Resource": ["a", "b"], "Condition": {"Bool": {}}}]}"#;

fn role(kind: &str, name: &str) -> Value {
    json!({"kind": kind, "metadata": {"name": name, "namespace": "kube-system"}, "rules": [
        {"apiGroups": [""], "resources": ["configmaps"], "resourceNames": ["aws-auth"], "verbs": ["get", "patch"]},
        {"apiGroups": [""], "resources": ["configmaps"], "verbs": ["create"]}]})
}

fn binding(kind: &str, role_kind: &str, role: &str, group: &str) -> Value {
    json!({"kind": kind, "metadata": {"name": "b", "namespace": "kube-system"},
        "roleRef": {"kind": role_kind, "name": role}, "subjects": [{"kind": "Group", "name": group}]})
}

fn right(namespace: Option<&str>, name: Option<&str>, verb: &str) -> KubernetesRight {
    KubernetesRight {
        namespace: namespace.map(str::to_owned),
        group: String::new(),
        resource: "configmaps".to_owned(),
        name: name.map(str::to_owned),
        verb: verb.to_owned(),
    }
}

#[test]
fn the_blocks_of_a_page_are_found_below_their_headings() {
    let page = Page::parse(TEXT).unwrap();
    let required = Blocks {
        policy: Some("{\"Version\": \"2012-10-17\"}\n".to_owned()),
        manifest: Some("kind: Role\n---\nkind: RoleBinding\n".to_owned()),
    };
    let where_granted = Blocks {
        policy: Some("{}\n".to_owned()),
        manifest: None,
    };
    assert_eq!(
        page,
        Page {
            required,
            where_granted
        }
    );
}

#[test]
fn a_page_that_lacks_a_part_or_has_a_block_too_many_is_refused() {
    let said = |text: &str| Page::parse(text).unwrap_err().to_string();
    assert!(said("# Title\n").starts_with("the page has no `## Permissions`"));
    let without = TEXT.replace("### Required", "Required");
    assert!(said(&without).starts_with("`## Permissions` has no `### Required`"));
    let none = Page::parse("# Title\n\n## Permissions\n\nNone.\n").unwrap();
    assert_eq!(none, Page::default());
    let twice = TEXT.replace("In the cluster:", "```json\n{}\n```");
    assert!(said(&twice).starts_with("more than one block of json"));
}

#[test]
fn a_policy_becomes_one_right_an_action_and_a_policy_again() {
    let aws = aws_rights(POLICY).unwrap();
    let rights = Rights {
        aws,
        ..Rights::default()
    };
    let expected = BTreeSet::from(["eks:DescribeCluster", "iam:CreateRole", "iam:GetRole"]);
    assert_eq!(rights.actions(), expected);
    let rest = rights.without_action("iam:GetRole").policy();
    let expected = json!({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Action": "iam:CreateRole", "Resource": "arn:aws:iam::111122223333:role/reader"},
        {"Effect": "Allow", "Action": "eks:DescribeCluster", "Resource": ["a", "b"], "Condition": {"Bool": {}}}]});
    assert_eq!(rest, expected);
}

#[test]
fn a_policy_that_denies_or_names_many_actions_at_once_is_refused() {
    for (from, to) in [("\"Allow\"", "\"Deny\""), ("iam:GetRole", "iam:Get*")] {
        assert!(aws_rights(&POLICY.replace(from, to)).is_err(), "{to}");
    }
}

#[test]
fn roles_are_read_through_their_bindings() {
    let objects = [
        role("Role", "editor"),
        binding("RoleBinding", "Role", "editor", GROUP),
    ];
    let place = Some("kube-system");
    let expected = BTreeSet::from([
        right(place, Some("aws-auth"), "get"),
        right(place, Some("aws-auth"), "patch"),
        right(place, None, "create"),
    ]);
    assert_eq!(kubernetes_rights(&objects).unwrap(), expected);
    let objects = [
        role("ClusterRole", "editor"),
        binding("ClusterRoleBinding", "ClusterRole", "editor", GROUP),
    ];
    let everywhere = kubernetes_rights(&objects).unwrap();
    assert!(everywhere.contains(&right(None, None, "create")));
}

#[test]
fn a_role_that_the_group_does_not_get_is_refused() {
    let said = |objects: &[Value]| kubernetes_rights(objects).unwrap_err().to_string();
    let alone = [role("Role", "editor")];
    assert!(said(&alone).starts_with("nothing binds the Role `editor`"));
    let of_another = [
        role("Role", "editor"),
        binding("RoleBinding", "Role", "editor", "viewers"),
    ];
    assert!(said(&of_another).starts_with("no binding of `eksauth-permissions`"));
    let of_nothing = [binding("RoleBinding", "Role", "editor", GROUP)];
    assert!(said(&of_nothing).starts_with("no binding of `eksauth-permissions`"));
}

#[test]
fn rights_become_roles_again_that_give_the_same() {
    let objects = [
        role("Role", "editor"),
        binding("RoleBinding", "Role", "editor", GROUP),
    ];
    let rights = Rights {
        kubernetes: kubernetes_rights(&objects).unwrap(),
        ..Rights::default()
    };
    assert_eq!(
        kubernetes_rights(&rights.objects()).unwrap(),
        rights.kubernetes
    );
    let create = right(Some("kube-system"), None, "create");
    let rest = rights.without(&create);
    assert_eq!(rest.kubernetes.len(), 2);
    assert_eq!(rest.and(&rights), rights);
}
