//! Suite `legacy_pod_role`: kube2iam and kiam.

use eksauth_core::legacy_pod_role::kiam::{self, ExpressionMode};
use eksauth_core::legacy_pod_role::kube2iam::{self, Kube2iam, NamespaceRestriction};
use serde_json::{Value, json};

use super::{Judged, input, is_true, missing_ids, text, without};

pub(super) fn judge(case: &Value) -> Judged {
    let input = input(case);
    let annotation = |key: &str| input.get(key).and_then(Value::as_str);
    let mut found: Vec<&'static str> = Vec::new();
    let actual = match text(case, "kind").as_str() {
        "kube2iam_role" => {
            let cluster = Kube2iam {
                default_role: text(input, "default_role_arn"),
                ..cluster(input)
            };
            cluster
                .role_of_pod(annotation("annotation"))
                .map_or_else(|_| error(), |arn| json!({"result": "ok", "role_arn": arn}))
        }
        "kube2iam_base_arn" => json!({"valid": kube2iam::is_valid_base_arn(&text(input, "arn"))}),
        "kube2iam_namespace" => {
            let cluster = cluster(input);
            let allowed_roles = annotation("allowed_roles_annotation");
            found = cluster
                .findings(allowed_roles.unwrap_or_default())
                .iter()
                .map(|finding| finding.id)
                .collect();
            json!({"allowed": cluster.is_allowed(allowed_roles, &text(input, "role_arn"))})
        }
        "kiam_resolve" => match kiam::resolve(&text(input, "prefix"), &text(input, "role")) {
            Ok(role) => json!({"result": "ok", "arn": role.arn, "name": role.name}),
            Err(_) => error(),
        },
        "kiam_base_arn" => kiam::prefix_of_instance_profile(&text(input, "instance_profile_arn"))
            .map_or_else(|_| error(), |prefix| json!({"prefix": prefix})),
        "kiam_namespace" => {
            let mode = if is_true(input, "strict") {
                ExpressionMode::Strict
            } else {
                ExpressionMode::Search
            };
            let permitted = text(input, "permitted");
            found = kiam::findings(&permitted, mode)
                .iter()
                .map(|finding| finding.id)
                .collect();
            kiam::is_permitted(
                &permitted,
                &text(input, "prefix"),
                &text(input, "role"),
                mode,
            )
            .map_or_else(|_| error(), |allowed| json!({"allowed": allowed}))
        }
        "kiam_annotated_role" | "kiam_requested_role" => {
            let same = kiam::is_annotated_role(
                &text(input, "prefix"),
                &text(input, "annotated"),
                &text(input, "requested"),
            );
            same.map_or_else(|_| error(), |allowed| json!({"allowed": allowed}))
        }
        other => return Err(format!("unknown kind `{other}`")),
    };
    let mut expected = without(
        case.get("expected").cloned().unwrap_or_default(),
        &["reason"],
    );
    let mut actual = actual;
    let missing = missing_ids(case.get("plan_findings"), &found);
    if !missing.is_empty()
        && let (Some(expected), Some(actual)) = (expected.as_object_mut(), actual.as_object_mut())
    {
        expected.insert("plan_findings_at_least".to_owned(), json!(missing));
        actual.insert("plan_findings".to_owned(), json!(found));
    }
    Ok((expected, actual))
}

fn cluster(input: &Value) -> Kube2iam {
    Kube2iam {
        base_arn: text(input, "base_arn"),
        default_role: text(input, "default_role"),
        restriction: NamespaceRestriction::from_flags(
            is_true(input, "namespace_restrictions"),
            &text(input, "format"),
        ),
    }
}

fn error() -> Value {
    json!({"result": "error"})
}
