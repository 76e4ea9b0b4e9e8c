//! Fuzz targets for what comes from outside: tokens, answers of STS, trust policies, documents of every backend, files, templates, reviews.
//!
//! They run for a moment with the other tests. For minutes: `BOLERO_RANDOM_TEST_TIME_MS=120000 cargo test --release -p eksauth-core
//! --test fuzz -- --nocapture`, which tells how many inputs each target had; CONTRIBUTING.md says more.

use std::collections::BTreeMap;
use std::time::{Duration, SystemTime};

use eksauth_core::access::findings::mapping_findings;
use eksauth_core::authenticator::backend_findings::{backend_findings, recreated_principal};
use eksauth_core::authenticator::identity_mapping::{DynamicFile, UserIdStrict};
use eksauth_core::authenticator::webhook::token_of_review;
use eksauth_core::aws_auth::read;
use eksauth_core::aws_auth::username_template::{TemplateIdentity, render_once};
use eksauth_core::document::read_documents;
use eksauth_core::iam_policy::policy_document::{
    Breadth, Decision, OidcProvider, PolicyDocument, WebIdentityRequest, WebIdentityToken, breadth,
    equivalent, evaluate, findings,
};
use eksauth_core::legacy_pod_role::kiam::{self, ExpressionMode};
use eksauth_core::legacy_pod_role::kube2iam::{Kube2iam, NamespaceRestriction};
use eksauth_core::principal::caller::Caller;
use eksauth_core::principal::partition::Partition;
use eksauth_core::token::{Verifier, encode, judge};

const URL: &str = "https://sts.eu-west-1.amazonaws.com/?Action=GetCallerIdentity&Version=2011-06-15\
    &X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKIA%2F20260601%2Feu-west-1%2Fsts%2Faws4_request\
    &X-Amz-Date=20260601T115500Z&X-Amz-Expires=60&X-Amz-SignedHeaders=host%3Bx-k8s-aws-id&X-Amz-Signature=00";

const POLICY: &str = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Federated":"arn:aws:iam::111122223333:oidc-provider/oidc.eks.eu-west-1.amazonaws.com/id/A1"},"Action":"sts:AssumeRoleWithWebIdentity","Condition":{"StringLike":{"oidc.eks.eu-west-1.amazonaws.com/id/A1:sub":"system:serviceaccount:apps:*"}}}]}"#;

const DOCUMENT: &str = "- rolearn: arn:aws:iam::111122223333:role/app # kept\n  username: &u 'app:{{SessionName}}'\n  groups:\n  - a\n  - \"b\"\n\
    - {rolearn: arn:aws:iam::111122223333:role/b, username: *u, groups: [c]}\n";

/// Edits of a text: at each position (in 65536ths of its length) some bytes are replaced.
type Edits = Vec<(u16, u8, Vec<u8>)>;

fn edited(text: &str, edits: &Edits) -> Vec<u8> {
    let mut bytes = text.as_bytes().to_vec();
    for (at, length, new) in edits {
        let start = usize::from(*at) * bytes.len() / 65_536;
        let end = bytes.len().min(start + usize::from(*length % 8));
        bytes.splice(start..end, new.iter().copied().take(8));
    }
    bytes
}

fn verifier() -> Verifier {
    Verifier {
        cluster_id: "prod".to_owned(),
        partition: Partition::Aws,
        region: Some("eu-west-1".to_owned()),
    }
}

/// Five minutes after the token in [`URL`] was made.
fn now() -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(1_780_315_200)
}

#[test]
fn a_token_that_is_accepted_asks_a_host_of_sts_and_nobody_else() {
    assert!(judge(&encode(URL), &verifier(), now()).is_ok());
    bolero::check!().with_type::<Edits>().for_each(|edits| {
        let url = edited(URL, edits);
        let Ok(text) = std::str::from_utf8(&url) else {
            return;
        };
        if let Ok(request) = judge(&encode(text), &verifier(), now()) {
            assert!(Partition::Aws.is_sts_host(request.host(), Some("eu-west-1")));
            assert!(
                request
                    .url()
                    .starts_with(&format!("https://{}/?", request.host()))
            );
            assert!(request.url().is_ascii() && !request.url().contains([' ', '#', ';']));
            let is_odd = |letter: char| letter.is_control() || letter.is_whitespace();
            assert!(!request.access_key_id().contains(is_odd));
            assert!(!text.contains("%0") && !text.contains("%20") && !text.contains(is_odd));
        }
    });
}

#[test]
fn no_text_at_all_makes_the_token_judge_panic() {
    bolero::check!().with_type::<String>().for_each(|text| {
        assert!(judge(text, &verifier(), now()).is_err());
        assert!(judge(&encode(text), &verifier(), now()).is_err());
    });
}

#[test]
fn an_answer_of_sts_gives_an_identity_or_a_refusal() {
    let good = r#"{"GetCallerIdentityResponse":{"GetCallerIdentityResult":{"Account":"111122223333","Arn":"arn:aws:sts::111122223333:assumed-role/A/s","UserId":"AROA:s"}}}"#;
    let request = judge(&encode(URL), &verifier(), now()).expect("the token in this file is good");
    bolero::check!().with_type::<Edits>().for_each(|edits| {
        if let Ok(identity) = request.answer(200, &edited(good, edits)) {
            assert!(identity.canonical_arn().starts_with("arn:"));
            assert!(identity.canonical_arn().starts_with("arn:aws:"));
            assert!(identity.canonical_arn().contains(identity.account_id()));
            let account = identity.account_id();
            assert!(account.len() == 12 && account.bytes().all(|digit| digit.is_ascii_digit()));
            assert!(!identity.user_id().is_empty());
            let has_session = identity.arn().contains("role/");
            assert_eq!(has_session, !identity.session_name().is_empty());
        }
    });
}

#[test]
fn a_trust_policy_that_is_read_is_equivalent_to_itself() {
    bolero::check!().with_type::<Edits>().for_each(|edits| {
        let text = String::from_utf8_lossy(&edited(POLICY, edits)).into_owned();
        findings(&text, Some("arn:aws:iam::111122223333:role/app"), Some(&[]));
        if PolicyDocument::parse(&text).is_ok() {
            assert!(equivalent(&text, &format!(" {text}\n")));
        }
    });
}

#[test]
fn an_aws_auth_document_is_read_or_said_to_be_wrong() {
    bolero::check!().with_type::<Edits>().for_each(|edits| {
        let text = String::from_utf8_lossy(&edited(DOCUMENT, edits)).into_owned();
        let reading = read(&BTreeMap::from([("mapRoles".to_owned(), text)]));
        mapping_findings(&reading);
        assert!(
            reading
                .roles
                .iter()
                .all(|entry| !entry.arn.is_empty() || entry.sso.is_some())
        );
    });
}

#[test]
fn a_dynamic_file_is_read_and_judged_or_refused() {
    let good = r#"{"mapRoles":[{"rolearn":"arn:aws:iam::111122223333:role/a","userid":"AROA","username":"u","groups":["g"]},{"rolearn":"arn:aws:iam::111122223333:role/p/a","userid":"AROA","username":""}],"mapAccounts":["111122223333"]}"#;
    let caller = Caller {
        canonical_arn: "arn:aws:iam::111122223333:role/a".to_owned(),
        user_id: "AROANEW".to_owned(),
        ..Caller::default()
    };
    bolero::check!().with_type::<Edits>().for_each(|edits| {
        let text = String::from_utf8_lossy(&edited(good, edits)).into_owned();
        for strict in [UserIdStrict::Yes, UserIdStrict::No] {
            if let Some(file) = DynamicFile::parse(&text, strict) {
                backend_findings(&file.compared());
                recreated_principal(&file, &caller);
            }
        }
    });
}

#[test]
fn a_template_is_filled_in_one_pass_and_never_with_what_a_session_makes_of_it() {
    bolero::check!()
        .with_type::<(Edits, String)>()
        .for_each(|(edits, session)| {
            let good = "a:{{SessionName}}:{{SessionNameRaw}}:{{AccountID}}:{{AccessKeyID}}";
            let template = String::from_utf8_lossy(&edited(good, edits)).into_owned();
            let of = |session_name| {
                let identity = TemplateIdentity {
                    account_id: "111122223333",
                    session_name,
                    access_key_id: "AKIA",
                };
                render_once(&template, &identity, |_| None)
            };
            // The session's name stands where a mark stands when the mark is the session's name, and nothing else is changed by it.
            const MARK: &str = "\u{1}";
            if let (Ok(filled), Ok(marked)) = (of(session), of(MARK)) {
                let is_plain = !template.contains(MARK) && !session.contains('@');
                assert!(!is_plain || filled == marked.replace(MARK, session));
            }
        });
}

#[test]
fn a_review_gives_a_token_or_an_answer() {
    bolero::check!().with_type::<Edits>().for_each(|edits| {
        let body = edited(
            r#"{"kind":"TokenReview","spec":{"token":"k8s-aws-v1.x","audiences":["a"]}}"#,
            edits,
        );
        match token_of_review("POST", &body) {
            Err(response) => assert_eq!(response.status, 400),
            Ok(token) => {
                let value: serde_json::Value =
                    serde_json::from_slice(&body).expect("the whole body is one value");
                let spec = value.get("spec").and_then(|spec| spec.get("token"));
                assert_eq!(
                    spec.and_then(|token| token.as_str()).unwrap_or_default(),
                    token
                );
            }
        }
    });
}

#[test]
fn a_role_that_nobody_can_assume_admits_no_token() {
    let role = "arn:aws:iam::111122223333:role/app";
    let issuer = "https://oidc.eks.eu-west-1.amazonaws.com/id/A1".to_owned();
    let request = WebIdentityRequest {
        role_arn: role.to_owned(),
        providers: vec![OidcProvider {
            arn: "arn:aws:iam::111122223333:oidc-provider/oidc.eks.eu-west-1.amazonaws.com/id/A1"
                .to_owned(),
            url: issuer.clone(),
            client_ids: vec!["sts.amazonaws.com".to_owned()],
        }],
        action: "sts:AssumeRoleWithWebIdentity".to_owned(),
        token: WebIdentityToken {
            issuer,
            subject: Some("system:serviceaccount:apps:reader".to_owned()),
            audiences: vec!["sts.amazonaws.com".to_owned()],
            ..WebIdentityToken::default()
        },
        context: BTreeMap::new(),
    };
    assert_eq!(evaluate(POLICY, &request).decision, Decision::Allow);
    bolero::check!().with_type::<Edits>().for_each(|edits| {
        let text = String::from_utf8_lossy(&edited(POLICY, edits)).into_owned();
        if evaluate(&text, &request).decision == Decision::Allow {
            assert_ne!(
                breadth(&text, Some(role), Some(&request.providers)),
                Some(Breadth::Nobody)
            );
        }
    });
}

#[test]
fn an_annotation_that_matches_no_role_allows_none() {
    let role = "arn:aws:iam::111122223333:role/app";
    let is_never = |id: &str| id.ends_with("_never_matches") || id == "lockout.regex_caret";
    bolero::check!().with_type::<Edits>().for_each(|edits| {
        let text =
            String::from_utf8_lossy(&edited("arn:aws:iam::111122223333:role/(app|b.*)$", edits))
                .into_owned();
        for mode in [ExpressionMode::Strict, ExpressionMode::Search] {
            let found = kiam::findings(&text, mode);
            let is_permitted = kiam::is_permitted(&text, "", role, mode) == Ok(true);
            assert!(
                !is_permitted || !found.iter().any(|finding| is_never(finding.id)),
                "{text}"
            );
        }
        for restriction in [NamespaceRestriction::Glob, NamespaceRestriction::Regexp] {
            let cluster = Kube2iam {
                base_arn: "arn:aws:iam::111122223333:role/".to_owned(),
                default_role: String::new(),
                restriction,
            };
            let annotation = serde_json::json!([text]).to_string();
            let found = cluster.findings(&annotation);
            let is_allowed = cluster.is_allowed(Some(&annotation), role);
            assert!(
                !is_allowed || !found.iter().any(|finding| is_never(finding.id)),
                "{text}"
            );
        }
    });
}

#[test]
fn a_file_of_any_shape_gives_documents_or_a_reason() {
    let manifest = format!(
        "apiVersion: v1\nkind: List\nitems:\n- kind: ConfigMap\n  metadata: {{name: aws-auth}}\n  data:\n    mapRoles: |\n      {}---\n{POLICY}\n",
        DOCUMENT.replace('\n', "\n      ").trim_end()
    );
    let role = format!(r#"{{"Role":{{"RoleName":"a","AssumeRolePolicyDocument":{POLICY}}}}}"#);
    let plan = format!(
        r#"{{"format_version":"1.2","planned_values":{{"root_module":{{"resources":[{{"address":"a.b","type":"aws_iam_role","values":{{"assume_role_policy":{}}}}}]}}}}}}"#,
        serde_json::Value::from(POLICY)
    );
    for text in [manifest, role, plan] {
        bolero::check!().with_type::<Edits>().for_each(|edits| {
            let bytes = edited(&text, edits);
            let breaks = bytes.iter().filter(|byte| b"\r\n".contains(byte)).count();
            let is_utf8 = std::str::from_utf8(&bytes).is_ok_and(|text| text.is_ascii());
            let Ok(documents) = read_documents(bytes) else {
                return;
            };
            assert!(!documents.is_empty());
            for document in &documents {
                assert!(document.place.line >= 1);
                assert!(!is_utf8 || document.place.line <= breaks + 2);
                assert!(!document.content.to_string().is_empty());
            }
        });
    }
}
