mod embedded;

use super::*;
use crate::aws_auth::Section;

const MAP: &str = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: aws-auth\n  namespace: kube-system\ndata:\n  mapRoles: |\n    - rolearn: arn:aws:iam::111122223333:role/a\n      username: a\n";
const POLICY: &str = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"ec2.amazonaws.com"},"Action":"sts:AssumeRole"}]}"#;

fn read(text: &str) -> Vec<Document> {
    documents_of_text(text).unwrap()
}

fn of_bytes(bytes: &[u8]) -> String {
    match read_documents(bytes.to_vec()) {
        Ok(documents) => match aws_auth(&documents) {
            Ok(map) => format!("aws-auth with {:?}", map.data.keys().collect::<Vec<_>>()),
            Err(error) => error.to_string(),
        },
        Err(error) => error.to_string(),
    }
}

fn map_of(text: &str) -> ConfigMap {
    let documents = read(text);
    aws_auth(&documents)
        .unwrap_or_else(|error| panic!("{text}: {error}"))
        .clone()
}

fn policy_of(text: &str) -> TrustPolicy {
    let documents = read(text);
    trust_policy(&documents, "role")
        .unwrap_or_else(|error| panic!("{text}: {error}"))
        .clone()
}

fn indented(text: &str, by: usize) -> String {
    text.lines()
        .map(|line| format!("{}{line}\n", " ".repeat(by)))
        .collect()
}

#[test]
fn aws_auth_is_found_wherever_it_stands() {
    let item = indented(MAP, 2).replacen("  apiVersion", "- apiVersion", 1);
    let json_map = r#"{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"aws-auth","namespace":"kube-system"},"data":{"mapRoles":"- rolearn: a\n"}}"#;
    let role = "apiVersion: v1\nkind: ClusterRole\nmetadata:\n  name: r\n";
    for (text, line) in [
        (MAP.to_owned(), 8),
        (format!("---\n{MAP}"), 9),
        (format!("# head\n---\n{role}---\n{MAP}"), 8 + 7),
        (
            format!("{role}---\n\n# nothing\n---\n{MAP}---\n{role}"),
            8 + 8,
        ),
        (format!("{role}...\n---\n{MAP}"), 8 + 6),
        (format!("apiVersion: v1\nkind: List\nitems:\n{item}"), 8 + 3),
        (
            format!(
                "kind: List\nitems:\n- kind: List\n  items:\n{}",
                indented(&item, 2)
            ),
            8 + 4,
        ),
        (format!("\u{feff}{MAP}"), 8),
        (MAP.replace('\n', "\r\n"), 8),
        (json_map.to_owned(), 1),
        (format!("{json_map}\n"), 1),
        (format!("\n{{\"kind\":\"Pod\"}}\n{json_map}"), 3),
        (
            format!("{{\"kind\":\"List\",\n\"items\":[{{}},\n{json_map}]}}"),
            3,
        ),
        (format!("[{{\"kind\":\"Pod\"}},\n{json_map}]"), 2),
        ("mapRoles: |\n  - rolearn: a\n".to_owned(), 2),
        ("- rolearn: a\n  username: b\n".to_owned(), 1),
        (
            r#"{"mapRoles":"- rolearn: a\n","mapUsers":""}"#.to_owned(),
            1,
        ),
        ("data:\n  mapRoles: |\n    - rolearn: a\n".to_owned(), 3),
        ("{kind: ConfigMap, data: {mapRoles: '[]'}}".to_owned(), 1),
    ] {
        let map = map_of(&text);
        assert!(map.has_sections(), "{text}");
        assert_eq!(map.line_of(Section::MapRoles, 1), line, "{text}");
    }
}

#[test]
fn encodings_of_windows_are_read() {
    let units: Vec<u16> = MAP.encode_utf16().collect();
    let little: Vec<u8> = units.iter().flat_map(|unit| unit.to_le_bytes()).collect();
    let big: Vec<u8> = units.iter().flat_map(|unit| unit.to_be_bytes()).collect();
    for bytes in [
        [b"\xff\xfe".as_slice(), &little].concat(),
        [b"\xfe\xff".as_slice(), &big].concat(),
        little,
        big,
        [b"\xef\xbb\xbf", MAP.as_bytes()].concat(),
        MAP.replace('\n', "\r\n").into_bytes(),
    ] {
        assert_eq!(of_bytes(&bytes), r#"aws-auth with ["mapRoles"]"#);
    }
}

#[test]
fn what_is_no_text_is_named() {
    for (bytes, wanted) in [
        (
            b"PK\x03\x04\x14\0".as_slice(),
            "this is a zip archive, as the plan file of `terraform plan -out` is one; make JSON of it with `terraform show -json PLANFILE`",
        ),
        (
            b"\x1f\x8b\x08\0",
            "this is compressed with gzip; unpack it first",
        ),
        (
            b"a\0\0\0b",
            "this is no text: it has zero bytes in it; give a text file: YAML or JSON",
        ),
        (
            b"a\nb\xe9\n",
            "this is neither UTF-8 nor UTF-16: line 2 has bytes that are no character; save it as UTF-8",
        ),
        (b"\xff\xfea", "this is broken UTF-16; save it as UTF-8"),
    ] {
        assert_eq!(of_bytes(bytes), wanted);
    }
    let mut tar = vec![b'a'; 600];
    tar.splice(257..262, *b"ustar");
    assert_eq!(of_bytes(&tar), "this is a tar archive; unpack it first");
    for empty in [
        "",
        " \n\t\n",
        "# only this\n",
        "---\n",
        "---\n# a\n---\n",
        "\u{feff}",
    ] {
        assert!(
            of_bytes(empty.as_bytes()).starts_with("this is empty"),
            "{empty:?}"
        );
    }
}

#[test]
fn what_is_something_else_is_named() {
    let none = "it holds no aws-auth: ";
    for (text, wanted) in [
        (
            "apiVersion: v1\nkind: Config\nclusters: []\n",
            "line 1 is a kubeconfig",
        ),
        (
            "kind: Secret\nmetadata:\n  name: s\n",
            "line 1 is the Secret `s`, whose values are not looked at",
        ),
        (
            "<!DOCTYPE html><p>",
            "line 1 is an HTML page: whoever was asked answered with a page, such as one of a proxy or a sign-in",
        ),
        (
            r#"{"cluster":{"name":"prod","arn":"arn:aws:eks:eu-central-1:111122223333:cluster/prod"}}"#,
            "line 1 is the description of the EKS cluster `prod` (`aws eks describe-cluster`), which has no aws-auth in it; `--cluster prod` reads that",
        ),
        (
            r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:*","Resource":"*"}]}"#,
            "line 1 is a policy of permissions: it names no principal, so it is no trust policy",
        ),
        (POLICY, "line 1 is a trust policy"),
        (
            "kind: ConfigMap\nmetadata: {name: other, namespace: kube-system}\ndata: {mapRoles: ''}\n",
            "line 1 is the ConfigMap `other` in namespace `kube-system`; the authenticator reads only `aws-auth` in `kube-system`",
        ),
        (
            "kind: ConfigMap\nmetadata: {name: aws-auth, namespace: default}\n",
            "line 1 is the ConfigMap `aws-auth` in namespace `default`; the authenticator reads only `aws-auth` in `kube-system`",
        ),
        ("hello\n", "line 1 is plain text"),
        ("{}", "line 1 is an empty object"),
        ("[]", "line 1 is an empty list"),
        (r#"{"kind":"List","items":[]}"#, "line 1 is an empty List"),
        (
            "kind: ConfigMap\na: b: c\n",
            "line 2, column 5: a colon with a space behind it cannot stand here; the value needs quotes",
        ),
        (
            r#"{"kind": "ConfigMap",}"#,
            "line 1, column 22: key must be a string",
        ),
        (
            "apiVersion: v1\nmetadata:\n  name: {{ .Values.name }}\n",
            "line 3 is a template of Helm; render it first (`helm template`)",
        ),
        (
            "resource \"a\" \"b\" {\n  c = \"d\"\n}\n",
            "line 1 is a configuration of Terraform",
        ),
        (
            "Error from server (NotFound): configmaps \"aws-auth\" not found\n",
            "line 1 is the error message of another command, and not its answer",
        ),
        (
            r#"{"format_version":"1.2","terraform_version":"1.9.8","planned_values":{"root_module":{}}}"#,
            "line 1 is a Terraform plan whose values hold no aws-auth and no trust policy of a role",
        ),
    ] {
        let found = of_bytes(text.as_bytes());
        assert!(
            found
                .strip_prefix(none)
                .is_some_and(|found| found.starts_with(wanted)),
            "{text}: {found}"
        );
    }
}

#[test]
fn a_section_outside_data_is_said_with_its_line() {
    for (text, wanted) in [
        (
            "apiVersion: v1\ndata:\nmapRoles: |\n  - rolearn: a\nkind: ConfigMap\n",
            "line 3: `mapRoles` stands at the top level, outside `data`",
        ),
        (
            "kind: ConfigMap\nmetadata:\n  name: aws-auth\n  mapUsers: |\n    - userarn: a\n",
            "line 4: `mapUsers` stands in `metadata`, outside `data`",
        ),
        (
            "kind: ConfigMap\nmetadata: {name: aws-auth}\nbinaryData:\n  mapRoles: YQ==\n",
            "line 4: `mapRoles` stands in `binaryData`, outside `data`",
        ),
        (
            "apiVersion: v1\nkind: ConfigMap\nData:\n  mapRoles: |\n    []\n",
            "line 4: `mapRoles` stands in `Data`, outside `data`",
        ),
        (
            "kind: ConfigMap\nmapRoles:\n- rolearn: a\n",
            "line 2: `mapRoles` stands at the top level, outside `data`",
        ),
        (
            "kind: ConfigMap\ndata:\n  mapUsers: ''\nmetadata:\n  labels:\n    mapRoles: x\n",
            "line 6: `mapRoles` stands in `metadata.labels`, outside `data`",
        ),
        (
            "kind: ConfigMap\ndata:\n  mapRoles:\n  - rolearn: a\n",
            "line 3: `data.mapRoles` is no text",
        ),
        (
            r#"{"kind":"ConfigMap","mapRoles":"[]"}"#,
            "line 1: `mapRoles` stands at the top level, outside `data`",
        ),
    ] {
        let found = of_bytes(text.as_bytes());
        assert!(found.starts_with(wanted), "{text}: {found}");
    }
}

#[test]
fn a_broken_document_hides_no_other() {
    let documents = read(&format!("a: b: c\n---\n{MAP}"));
    assert_eq!(documents.len(), 2);
    assert!(matches!(&documents[0].content, Content::Broken(broken) if broken.line == 1));
    assert!(aws_auth(&documents).is_ok());
    let several = read(&format!("{MAP}---\n{MAP}"));
    assert_eq!(
        aws_auth(&several).unwrap_err().to_string(),
        "it holds 2 of what one is wanted, aws-auth: document 1 (line 1), document 2 (line 11); leave one of them in the file"
    );
}

#[test]
fn anchors_and_merges_are_followed_and_bounded() {
    let map = map_of(
        "kind: ConfigMap\nmetadata: {annotations: &a {other: b, own: b}}\ndata:\n  own: c\n  <<: *a\n",
    );
    assert_eq!(
        (map.data["own"].as_str(), map.data["other"].as_str()),
        ("c", "b")
    );
    let mut bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
    for level in 1..9 {
        let below = vec![format!("*a{}", level - 1); 10].join(", ");
        bomb.push_str(&format!("a{level}: &a{level} [{below}]\n"));
    }
    assert!(of_bytes(bomb.as_bytes()).contains("too many values"));
    let deep = "[".repeat(100_000);
    assert!(of_bytes(deep.as_bytes()).starts_with("it holds no aws-auth: line 1"));
    let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    assert!(of_bytes(deep.as_bytes()).contains("nested too deeply"));
}

#[test]
fn a_recovery_copy_is_the_aws_auth_of_a_file_that_has_no_other() {
    let copy = MAP
        .replace("name: aws-auth", "name: aws-auth-recovery-20261128t111328322z\n  labels: {terraform-provider-eksauth/recovery-of: aws-auth}")
        .replace("mapRoles", "mapUsers");
    assert_eq!(of_bytes(copy.as_bytes()), r#"aws-auth with ["mapUsers"]"#);
    let both = format!("{copy}---\n{MAP}");
    assert_eq!(of_bytes(both.as_bytes()), r#"aws-auth with ["mapRoles"]"#);
    let twice = format!("{copy}---\n{copy}");
    assert!(of_bytes(twice.as_bytes()).starts_with("it holds 2 of what one is wanted"));
}
