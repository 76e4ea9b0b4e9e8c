//! Suite `arn`: the server's rules on ARNs.

use eksauth_core::principal::arn::{
    arn_matches, canonical_caller_arn, source_account, source_headers, strip_role_path,
};
use serde_json::{Value, json};

use super::{Judged, input, text, wanted};

pub(super) fn judge(case: &Value) -> Judged {
    let input = input(case);
    let arn = text(input, "arn");
    let actual = match text(input, "op").as_str() {
        "canonicalize" => match canonical_caller_arn(&arn) {
            Ok(caller) => {
                json!({"result": "ok", "type": caller.principal_type.id(), "value": caller.arn})
            }
            Err(_) => error(),
        },
        "strip_path" => strip_role_path(&arn)
            .map_or_else(|_| error(), |value| json!({"result": "ok", "value": value})),
        "arn_like" => match arn_matches(&arn, &text(input, "pattern")) {
            Ok(matches) => json!({"result": "ok", "match": matches}),
            Err(_) => error(),
        },
        "source_account" => source_account(&arn)
            .map_or_else(|_| error(), |value| json!({"result": "ok", "value": value})),
        "source_headers" => source_headers(&arn).map_or_else(
            |_| error(),
            |headers| json!({"result": "ok", "headers": headers}),
        ),
        other => return Err(format!("unknown op `{other}`")),
    };
    Ok((wanted(case), actual))
}

fn error() -> Value {
    json!({"result": "error"})
}
