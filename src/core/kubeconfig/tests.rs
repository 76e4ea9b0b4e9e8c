use super::*;

const AUTHORITY: &str = "-----BEGIN CERTIFICATE-----\n";

fn connection() -> Connection {
    Connection {
        context: "prod".to_owned(),
        cluster: "arn:aws:eks:eu-central-1:111122223333:cluster/prod".to_owned(),
        user: "arn:aws:eks:eu-central-1:111122223333:cluster/prod".to_owned(),
        server: "https://ABC.gr7.eu-central-1.eks.amazonaws.com".to_owned(),
        certificate_authority: AUTHORITY.to_owned(),
        exec: Exec {
            program: Program::Token {
                command: "terraform-provider-eksauth".to_owned(),
            },
            cluster_name: "prod".to_owned(),
            region: "eu-central-1".to_owned(),
            role_arn: None,
            profile: Some("dev".to_owned()),
        },
    }
}

const FRESH: &str = r#"apiVersion: v1
clusters:
- cluster:
    certificate-authority-data: LS0tLS1CRUdJTiBDRVJUSUZJQ0FURS0tLS0tCg==
    server: https://ABC.gr7.eu-central-1.eks.amazonaws.com
  name: arn:aws:eks:eu-central-1:111122223333:cluster/prod
contexts:
- context:
    cluster: arn:aws:eks:eu-central-1:111122223333:cluster/prod
    user: arn:aws:eks:eu-central-1:111122223333:cluster/prod
  name: prod
current-context: prod
kind: Config
users:
- name: arn:aws:eks:eu-central-1:111122223333:cluster/prod
  user:
    exec:
      apiVersion: client.authentication.k8s.io/v1
      args:
      - token
      - --cluster-name
      - prod
      - --region
      - eu-central-1
      - --profile
      - dev
      command: terraform-provider-eksauth
      interactiveMode: Never
"#;

const OTHERS: &str = "# mine\napiVersion: v1\nkind: Config\nclusters:\n  # the old one\n  - name: old\n    cluster: {server: \"https://old\"}   # keep\ncontexts:\n\
                      - context:\n    cluster: old\n    user: &u old\n  name: old\ncurrent-context: 'old'\npreferences: {}\nusers:\n- name: *u\n  user:\n    token: \
                      s3cr3t\nextensions: [ ]\n# the end\n";

fn put(text: &str) -> Result<Merged, KubeconfigError> {
    merge(text, &connection(), Merge::default())
}

fn overwrite() -> Merge {
    Merge {
        overwrite: true,
        ..Merge::default()
    }
}

/// Every line of the text before is there in its order.
fn has_every_line(before: &str, after: &str) -> bool {
    let mut lines = after.split_inclusive('\n');
    before
        .split_inclusive('\n')
        .all(|line| lines.any(|other| other.trim_end() == line.trim_end()))
}

/// The context comes in, nothing goes, and a second time changes nothing.
fn comes_in(before: &str) -> String {
    let merged = put(before).unwrap_or_else(|error| panic!("{error}\n{before}"));
    assert!(has_every_line(before, &merged.text), "{}", merged.text);
    let again = put(&merged.text).unwrap();
    assert_eq!(again.text, merged.text);
    assert_eq!((again.added, again.overwritten), (vec![], vec![]));
    merged.text
}

#[test]
fn a_new_file_is_what_kubectl_writes() {
    assert_eq!(connection().fresh(), FRESH);
    let merged = put("").unwrap();
    assert_eq!(merged.text, FRESH);
    assert_eq!(merged.current_context.as_deref(), Some("prod"));
    assert_eq!(put(FRESH).unwrap().text, FRESH);
    for before in ["# mine\n", "# mine", "---\n", "\n\n", "# a\r\n"] {
        let text = comes_in(before);
        assert!(text.starts_with(before), "{text}");
    }
}

#[test]
fn the_user_of_aws_is_written_as_aws_writes_it() {
    let mut connection = connection();
    connection.exec.program = Program::Aws;
    connection.exec.role_arn = Some("arn:aws:iam::111122223333:role/dev".to_owned());
    let expected = "    exec:\n      apiVersion: client.authentication.k8s.io/v1beta1\n      args:\n      - --region\n      - eu-central-1\n      - eks\n      - \
                    get-token\n      - --cluster-name\n      - prod\n      - --output\n      - json\n      - --role\n      - arn:aws:iam::111122223333:role/dev\n      \
                    command: aws\n      env:\n      - name: AWS_PROFILE\n        value: dev\n";
    assert!(connection.fresh().contains(expected));
}

#[test]
fn entries_stand_behind_those_of_others_and_the_current_context_stays() {
    let merged = put(OTHERS).unwrap();
    assert_eq!(merged.added, Section::ALL);
    assert_eq!(merged.current_context.as_deref(), Some("old"));
    let name = "arn:aws:eks:eu-central-1:111122223333:cluster/prod";
    let cluster = format!(
        "   # keep\n  - cluster:\n      certificate-authority-data: LS0tLS1CRUdJTiBDRVJUSUZJQ0FURS0tLS0tCg==\n      server: \
         https://ABC.gr7.eu-central-1.eks.amazonaws.com\n    name: {name}\ncontexts:\n"
    );
    let context = format!(
        "  name: old\n- context:\n    cluster: {name}\n    user: {name}\n  name: prod\ncurrent-context: 'old'\n"
    );
    let text = comes_in(OTHERS);
    assert!(text.contains(&cluster), "{text}");
    assert!(text.contains(&context), "{text}");
    assert!(text.ends_with("interactiveMode: Never\nextensions: [ ]\n# the end\n"));
    let set = Merge {
        current_context: CurrentContext::Set,
        ..Merge::default()
    };
    let set = merge(OTHERS, &connection(), set).unwrap();
    assert_eq!(
        set.text,
        text.replace("current-context: 'old'", "current-context: 'prod'")
    );
}

#[test]
fn every_form_of_a_list_takes_an_entry() {
    for form in [
        "clusters: []\ncontexts: []\nusers: []\n",
        "clusters: null\ncontexts: ~\nusers:\n",
        "clusters:   # none\ncontexts: [] # none\nusers: null # none\n",
        "clusters: [\n]\ncontexts: [ # none\n]\n",
        "clusters: [{name: a, cluster: {server: x}}]\n",
        "clusters:\n- {name: a, cluster: {server: x}}\n",
        "clusters:\n-   name: a\n    cluster:\n        server: x\n",
        "clusters:\n- name: a\n  cluster:\n    server: |\n      x\n",
        "users:\n- name: a\n  user:\n    password: |\n      x",
        "users:\n- name: a\n  user:\n    password: |+\n      x\n\n\n",
        "preferences: {}",
        "kind: Config\napiVersion: v1",
        "current-context:\n",
        "current-context: \"\"\n",
        "clusters: &c []\nusers:\n  - name: x\n",
        "\u{feff}kind: Config\n",
        "%YAML 1.1\n---\nkind: Config\n...\n",
        "--- # first\nkind: Config\n",
        "  kind: Config\n  clusters: []\n",
        "\"kind\": \"Config\"\n\"clusters\": []\n",
        "? kind\n: Config\n",
    ] {
        for before in [form.to_owned(), form.replace('\n', "\r\n")] {
            let merged = put(&before).unwrap_or_else(|error| panic!("{error}\n{before}"));
            let again = put(&merged.text).unwrap();
            assert_eq!(again.text, merged.text, "{before}");
            assert_eq!(
                merged.text.ends_with('\n'),
                before.ends_with('\n'),
                "{before}"
            );
            if before.contains("\r\n") {
                let bare = merged.text.replace("\r\n", "");
                assert!(!bare.contains('\n'), "{:?}", merged.text);
            }
        }
    }
}

#[test]
fn json_stays_json() {
    let forms = [
        "{}",
        "{}\n",
        r#"{"kind":"Config","apiVersion":"v1","clusters":[],"contexts":null,"users":[{"name":"a","user":{"token":"t"}}]}"#,
        "{\n    \"kind\": \"Config\",\n    \"clusters\": [\n        {\n            \"name\": \"a\",\n            \"cluster\": {}\n        }\n    ],\n    \
         \"contexts\": [],\n    \"current-context\": \"\"\n}\n",
        "{\n\t\"kind\": \"Config\",\n\t\"users\": [\n\t\t{\n\t\t\t\"name\": \"a\"\n\t\t}\n\t]\n}\n",
    ];
    for before in forms {
        let merged = put(before).unwrap_or_else(|error| panic!("{error}\n{before}"));
        let json: serde_json::Value = serde_json::from_str(&merged.text)
            .unwrap_or_else(|error| panic!("{error}\n{}", merged.text));
        assert_eq!(json["current-context"], "prod", "{}", merged.text);
        assert_eq!(put(&merged.text).unwrap().text, merged.text);
    }
    assert!(put(forms[3]).unwrap().text.contains(
        "        },\n        {\n            \"cluster\": {\n                \"certificate-authority-data\": "
    ));
}

#[test]
fn an_entry_of_the_same_name_with_other_contents_is_refused_unless_it_may_be_overwritten() {
    let before = FRESH
        .replace("https://ABC.", "https://OLD.")
        .replace("    exec:", "    token: s3cr3t # mine\n    exec:");
    let before = before.replace(
        "  name: prod\n",
        "    namespace: apps\n  name: prod\n- name: other\n",
    );
    let before = before.replace("    namespace: apps\n  name", "  name");
    let refused = put(&before).unwrap_err();
    let name = "arn:aws:eks:eu-central-1:111122223333:cluster/prod";
    assert_eq!(
        refused.to_string(),
        format!(
            "the cluster `{name}` (`cluster.server` differs) and the user `{name}` (`user.token` differs) are there with other contents"
        )
    );
    let merged = merge(&before, &connection(), overwrite()).unwrap();
    assert_eq!(merged.overwritten, [Section::Clusters, Section::Users]);
    assert_eq!(
        merged.text,
        FRESH.replace("  name: prod\n", "  name: prod\n- name: other\n")
    );
}

#[test]
fn what_does_not_change_whom_one_reaches_may_stand_beside() {
    let beside = FRESH
        .replace("    user: arn", "    namespace: apps\n    user: arn")
        .replace("    server:", "    proxy-url: http://proxy\n    server:")
        .replace(
            "      interactiveMode",
            "      env: null\n      provideClusterInfo: false\n      interactiveMode",
        );
    assert_eq!(put(&beside).unwrap().text, beside);
    let moved = beside.replace("https://ABC.", "https://OLD.");
    let merged = merge(&moved, &connection(), overwrite()).unwrap();
    assert_eq!(merged.text, beside, "the namespace and the proxy stay");
    for (other, field) in [
        (
            "insecure-skip-tls-verify: true",
            "cluster.insecure-skip-tls-verify",
        ),
        (
            "certificate-authority: /ca",
            "cluster.certificate-authority",
        ),
    ] {
        let text = FRESH.replace("    server:", &format!("    {other}\n    server:"));
        let refused = put(&text).unwrap_err().to_string();
        assert!(refused.contains(field), "{refused}");
    }
    let variable = FRESH.replace(
        "      interactiveMode",
        "      env:\n      - {name: AWS_PROFILE, value: admin}\n      interactiveMode",
    );
    let refused = put(&variable).unwrap_err().to_string();
    assert!(refused.contains("user.exec.env"), "{refused}");
}

#[test]
fn what_kubectl_reads_otherwise_or_not_at_all_is_refused() {
    for (text, why) in [
        ("kind: Config\n---\nkind: Config\n", "second document"),
        ("kind: Config\n...\n---\n", "second document"),
        ("- a\n", "the text is no mapping"),
        ("just text\n", "the text is no mapping"),
        ("kind: ConfigMap\n", "its `kind` is not `Config`"),
        ("apiVersion: v2\n", "its `apiVersion` is not `v1`"),
        ("clusters: {}\n", "its `clusters` is no list"),
        ("clusters: []\nclusters: []\n", "the key `clusters`"),
        ("users:\n- name: a\n- name: a\n", "the user `a`"),
        ("clusters: [\n", "line "),
        ("a: &a []\nusers: *a\n", "`users` is an alias"),
        (
            "users: &a []\nb: *a\n",
            "an anchor that is used in another place",
        ),
        ("a: &a {users: []}\n<<: *a\n", "a merge key"),
        ("current-context: [a]\n", "its `current-context` is no text"),
    ] {
        let refused = put(text).unwrap_err().to_string();
        assert!(refused.contains(why), "{text}: {refused}");
    }
}

#[test]
fn an_overwritten_entry_that_others_use_is_refused() {
    let name = "arn:aws:eks:eu-central-1:111122223333:cluster/prod";
    let text = format!(
        "clusters:\n- name: {name}\n  cluster: &c {{server: x}}\n- name: b\n  cluster: *c\n"
    );
    let refused = merge(&text, &connection(), overwrite()).unwrap_err();
    assert_eq!(refused, KubeconfigError::Shared { line: 3 });
    let aliased = format!("x: &x {{name: {name}}}\nclusters:\n- *x\n- name: b\n");
    let merged = merge(&aliased, &connection(), overwrite()).unwrap();
    assert!(
        merged
            .text
            .starts_with(&format!("x: &x {{name: {name}}}\nclusters:\n- cluster:\n"))
    );
}

#[test]
fn what_may_be_secret_is_not_shown() {
    let text = "clusters:\n- name: a\n  cluster: {server: 'https://me:s3cr3t@x', proxy-url: http://s3cr3t@p}\nusers:\n# s3cr3t\n- name: a\n  user:\n    token: \
                s3cr3t\n    client-key-data: |\n      s3cr3t\n    exec:\n      command: kubelogin\n      args: [--secret, s3cr3t] # s3cr3t\n- name: b\n  user:\n    \
                exec:\n      command: /usr/bin/aws\n      args: [eks, get-token]\n      env:\n      - {name: AWS_PROFILE, value: dev}\n      - {name: \
                AWS_SECRET_ACCESS_KEY, value: s3cr3t}\nother: &s s3cr3t\n";
    let shown = masked(text).unwrap();
    assert!(!shown.contains("s3cr3t"), "{shown}");
    for seen in [
        "name: a",
        "kubelogin",
        "get-token",
        "value: dev",
        "token: ***",
    ] {
        assert!(shown.contains(seen), "{shown}");
    }
    assert_eq!(masked(FRESH).unwrap(), FRESH);
}

#[test]
fn names_are_listed() {
    let names = entry_names(OTHERS).unwrap();
    assert_eq!(names.current_context.as_deref(), Some("old"));
    assert!(names.users.contains("old") && names.contexts.contains("old"));
    assert_eq!(entry_names("").unwrap(), EntryNames::default());
}

#[test]
fn a_name_can_be_typed() {
    assert_eq!(check_entry_name("prod"), Ok(()));
    for wrong in ["", " ", " prod", "prod\n", "a\tb"] {
        assert!(check_entry_name(wrong).is_err(), "{wrong:?}");
    }
}
