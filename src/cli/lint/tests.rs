use std::io::Write;
use std::path::PathBuf;

use serde_json::Value;

use eksauth_provider::ports::ErrorKind;

use super::*;
use crate::command::AwsArguments;
use crate::refusing_cloud::RefusingCloud;

const BAD: &str = "kind: ConfigMap\nmetadata:\n  name: aws-auth\ndata:\n  mapRoles: |\n    - rolearn: arn:aws:iam::111122223333:role/ok\n      username: ok\n    - rolearn: arn:aws:iam::111122223333:role/team/a\n      username: a\n";
const POLICY: &str = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Federated":"arn:aws:iam::111122223333:oidc-provider/oidc.eks.eu-central-1.amazonaws.com/id/ABCDEF0123456789ABCDEF0123456789"},"Action":"sts:AssumeRoleWithWebIdentity"}]}"#;

fn file(text: &str) -> tempfile::NamedTempFile {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(text.as_bytes()).unwrap();
    file
}

fn arguments(files: &[&tempfile::NamedTempFile], output: FindingFormat) -> LintArguments {
    LintArguments {
        files: files.iter().map(|file| file.path().to_owned()).collect(),
        cluster: None,
        fail_on: FailOn::Error,
        output,
        aws: AwsArguments::default(),
    }
}

async fn json_of(text: &str) -> Value {
    let file = file(text);
    let outcome = run(&arguments(&[&file], FindingFormat::Json))
        .await
        .unwrap();
    serde_json::from_str(&outcome.text).unwrap()
}

/// Ids with their lines in the file.
fn ids(json: &Value) -> Vec<(String, u64)> {
    json["findings"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| {
            let id = one["id"].as_str().unwrap().to_owned();
            (id, one["file_line"].as_u64().unwrap())
        })
        .collect()
}

fn case(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("testdata/files")
        .join(name)
}

async fn of_case(name: &str, output: FindingFormat) -> Result<Outcome, Failure> {
    run(&LintArguments {
        files: vec![case(name)],
        ..arguments(&[], output)
    })
    .await
}

#[tokio::test]
async fn the_reported_files_are_judged() {
    for (name, line, id) in [
        (
            "indent-lost-at-top-level.yaml",
            3,
            "lockout.section_outside_data",
        ),
        ("third-of-three-documents.yaml", 38, "lockout.yaml_error"),
        ("kubectl-list.yaml", 11, "lockout.rolearn_has_path"),
        ("as-get-role-prints.json", 11, "privilege.no_sub_condition"),
    ] {
        let outcome = of_case(name, FindingFormat::Sarif).await.unwrap();
        let sarif: Value = serde_json::from_str(&outcome.text).unwrap();
        let results = sarif["runs"][0]["results"].as_array().unwrap();
        let result = results.iter().find(|result| result["ruleId"] == id);
        let result = result.unwrap_or_else(|| panic!("{name}: {sarif}"));
        let location = &result["locations"][0]["physicalLocation"];
        assert_eq!(location["region"]["startLine"], line, "{name}");
        assert_eq!(
            location["artifactLocation"]["uri"],
            case(name).display().to_string(),
            "{name}"
        );
        assert_eq!(outcome.verdict, Verdict::No, "{name}");
    }
}

#[tokio::test]
async fn what_is_beside_is_said() {
    let outcome = of_case("third-of-three-documents.yaml", FindingFormat::Table)
        .await
        .unwrap();
    assert!(
        outcome.text.starts_with("error  lockout.yaml_error  ")
            && outcome
                .text
                .contains("third-of-three-documents.yaml:38, document 3: aws-auth mapRoles, line 9, column 17\n"),
        "{}",
        outcome.text
    );
    assert_eq!(
        outcome.warning.as_deref(),
        Some(
            "not judged: document 1 (line 1) is the ClusterRole `cluster-operators`; document 2 (line 10) is the ClusterRoleBinding `cluster-operators`"
        )
    );
    let other = file(&BAD.replace("name: aws-auth", "name: aws-auth-old"));
    let error = run(&arguments(&[&other], FindingFormat::Table))
        .await
        .unwrap_err();
    assert!(
        error.to_string().ends_with("holds no aws-auth and no trust policy: line 1 is the ConfigMap `aws-auth-old`; the authenticator reads only `aws-auth` in `kube-system`"),
        "{error}"
    );
}

#[tokio::test]
async fn a_broken_document_beside_aws_auth_is_a_finding_and_alone_an_error() {
    let json = json_of(&format!("{BAD}---\na: b: c\n")).await;
    assert_eq!(
        ids(&json),
        [
            ("groups.missing".to_owned(), 6),
            ("groups.missing".to_owned(), 8),
            ("lockout.rolearn_has_path".to_owned(), 8),
            ("yaml.unreadable".to_owned(), 11)
        ]
    );
    let alone = file("kind: ConfigMap\na: b: c\n");
    let error = run(&arguments(&[&alone], FindingFormat::Table))
        .await
        .unwrap_err();
    assert!(error.to_string().contains("line 2, column 5: "), "{error}");
}

#[tokio::test]
async fn the_annotation_of_kubectl_is_judged_as_in_a_cluster() {
    let applied = r#"{"kind":"ConfigMap","data":{"mapRoles":"- rolearn: arn:aws:iam::111122223333:role/gone\n  username: gone\n"}}"#;
    let json = json_of(&BAD.replace(
        "  name: aws-auth\n",
        &format!("  name: aws-auth\n  annotations:\n    kubectl.kubernetes.io/last-applied-configuration: '{applied}'\n"),
    ))
    .await;
    assert!(
        ids(&json)
            .iter()
            .any(|(id, _)| id == "mapping.stale_last_applied"),
        "{json}"
    );
}

#[tokio::test]
async fn resources_of_a_plan_are_named() {
    let plan = format!(
        r#"{{"format_version":"1.2","planned_values":{{"root_module":{{"resources":[{{"address":"aws_iam_role.app","mode":"managed","type":"aws_iam_role","values":{{"name":"app","assume_role_policy":{}}}}}]}}}}}}"#,
        Value::from(POLICY)
    );
    let json = json_of(&plan).await;
    assert_eq!(
        json["findings"][0]["place"],
        "aws_iam_role.app: trust policy, statement 0"
    );
}

#[tokio::test]
async fn roles_of_one_answer_are_told_apart_by_their_names() {
    let role = |name: &str| {
        format!(
            r#"{{"RoleName":"{name}","Arn":"arn:aws:iam::111122223333:role/{name}","AssumeRolePolicyDocument":{POLICY}}}"#
        )
    };
    let answer = format!(r#"{{"Roles":[{},{}]}}"#, role("app"), role("web"));
    let linted = file(&answer);
    let outcome = run(&arguments(&[&linted], FindingFormat::Table))
        .await
        .unwrap();
    for name in ["app", "web"] {
        let place = format!(
            "{}:1, trust policy of `{name}`, statement 0\n",
            linted.path().display()
        );
        assert!(outcome.text.contains(&place), "{}", outcome.text);
    }
}

#[tokio::test]
async fn several_files_are_judged_and_named() {
    let (good, bad) = (file("kind: Pod\nmetadata: {name: p}\n"), file(BAD));
    let empty = file("");
    let outcome = run(&arguments(&[&good, &empty, &bad], FindingFormat::Table))
        .await
        .unwrap();
    assert!(
        outcome
            .text
            .contains(&format!("{}:8, aws-auth", bad.path().display())),
        "{}",
        outcome.text
    );
    assert!(
        outcome
            .warning
            .unwrap()
            .contains(&good.path().display().to_string())
    );
}

#[tokio::test]
async fn the_exit_code_is_what_is_asked_for() {
    let warning = file("mapAccounts: |\n  - '111122223333'\n");
    let error = file(BAD);
    for (fail_on, of_warning, of_error) in [
        (FailOn::Error, Verdict::Yes, Verdict::No),
        (FailOn::Warning, Verdict::No, Verdict::No),
        (FailOn::Never, Verdict::Yes, Verdict::Yes),
    ] {
        for (file, wanted) in [(&warning, of_warning), (&error, of_error)] {
            let outcome = run(&LintArguments {
                fail_on,
                ..arguments(&[file], FindingFormat::Table)
            })
            .await
            .unwrap();
            assert_eq!(outcome.verdict, wanted, "{fail_on:?}");
        }
    }
}

#[test]
fn a_cluster_without_the_config_map_is_an_error_where_it_is_read() {
    let found = without_aws_auth("prod", AuthenticationMode::ConfigMap);
    assert_eq!(
        verdict(FailOn::Error, std::slice::from_ref(&found)),
        Verdict::No
    );
    assert!(report::table(&[found]).starts_with(
        "error  lockout.no_aws_auth  cluster prod\n  the cluster has no ConfigMap `aws-auth`"
    ),);
    let found = without_aws_auth("prod", AuthenticationMode::Api);
    assert_eq!(found.severity, Severity::Warning);
}

#[tokio::test]
async fn a_refusal_of_the_cluster_says_who_was_refused_and_what_to_do() {
    for refusal in [ErrorKind::Unauthorized, ErrorKind::AccessDenied] {
        let client = RefusingCloud {
            refusal,
            region: Some("eu-central-1"),
        }
        .client();
        let linted = in_cluster(&client, "prod").await.unwrap_err().to_string();
        let cluster = session::cluster(&client, "prod").await.unwrap();
        let writer = client.aws_auth().writer(&cluster).unwrap();
        let elsewhere = writer.document_or_reason().await.unwrap_err();
        let elsewhere = Failure::from(Diagnostics::from(elsewhere)).to_string();
        assert_eq!(linted, elsewhere, "{refusal:?}");
        for words in [
            "aws-auth of cluster `prod`: kubernetes:get configmaps kube-system/aws-auth: no",
            "You are   arn:aws:iam::111122223333:user/eve",
        ] {
            assert!(linted.contains(words), "{linted}");
        }
        assert!(!linted.starts_with("kubernetes:"), "{linted}");
    }
}

#[tokio::test]
async fn a_misspelt_key_is_told_with_its_own_line() {
    let text = "kind: ConfigMap\nmetadata:\n  name: aws-auth\ndata:\n  mapRoles: |\n    - rolearn: arn:aws:iam::111122223333:role/ok\n      username: ok\n      groups: [a]\n  mapusers: |\n    - userarn: arn:aws:iam::111122223333:user/eve\n      username: eve\n";
    for (text, key) in [
        (text.to_owned(), "mapusers"),
        (text.replace("mapusers: |", "mapUsErs: |"), "mapUsErs"),
    ] {
        let json = json_of(&text).await;
        let wanted = [("section.miscased".to_owned(), 9)];
        assert_eq!(ids(&json), wanted, "{json}");
        let place = format!("aws-auth {key}, line 1, column 1");
        assert_eq!(json["findings"][0]["place"], place.as_str());
    }
}

#[tokio::test]
async fn pods_with_roles_of_kube2iam_are_judged_with_the_namespace_of_another_file() {
    let namespace = file(
        "kind: Namespace\nmetadata:\n  name: apps\n  annotations:\n    iam.amazonaws.com/allowed-roles: '[\"arn:aws:iam::111122223333:role/reader\"]'\n",
    );
    let pods = file(
        "kind: Service\n---\nkind: Deployment\nmetadata: {name: web, namespace: apps}\nspec:\n  template:\n    metadata:\n      annotations:\n        \
         iam.amazonaws.com/role: arn:aws:iam::111122223333:role/writer\n    spec: {serviceAccountName: web}\n",
    );
    let outcome = run(&arguments(&[&namespace, &pods], FindingFormat::Json))
        .await
        .unwrap();
    let json: Value = serde_json::from_str(&outcome.text).unwrap();
    assert_eq!(ids(&json), [("lockout.role_not_permitted".to_owned(), 3)]);
    assert_eq!(json["findings"][0]["place"], "Deployment apps/web");
    let passed_over = json["not_judged"].to_string();
    assert!(passed_over.contains("the Service"), "{passed_over}");
    assert!(!passed_over.contains("Deployment"), "{passed_over}");
}

#[tokio::test]
async fn workloads_that_ask_for_no_role_in_this_way_are_passed_over_as_before() {
    let deployment = file("kind: Deployment\nmetadata: {name: web}\nspec: {}\n");
    let error = run(&arguments(&[&deployment], FindingFormat::Json))
        .await
        .unwrap_err();
    let told = error.to_string();
    assert!(told.contains("the Deployment `web`"), "{told}");
}
