//! Suite `username_template`: rendering, reserved prefixes, and what EKS takes as the user name of an access entry.
//!
//! Simulating a cluster renders as the reference does; a case with `hardened` asks for the strict rendering.

use eksauth_core::aws_auth::username_template::{
    TemplateIdentity, check_access_entry_username, has_reserved_prefix, render, render_strictly,
};
use serde_json::{Value, json};

use super::{Judged, input, text, texts, wanted};

pub(super) fn judge(case: &Value) -> Judged {
    let input = input(case);
    let actual = match text(case, "kind").as_str() {
        "render" => rendered(input, case.get("hardened").is_some()),
        "reserved_prefix" => {
            let prefixes = texts(input.get("prefixes"));
            json!({"reserved": has_reserved_prefix(&text(input, "username"), prefixes.iter().map(String::as_str))})
        }
        "eks_access_entry_username" => {
            json!({"valid": check_access_entry_username(&text(input, "username")).is_ok()})
        }
        other => return Err(format!("unknown kind `{other}`")),
    };
    Ok((wanted(case), actual))
}

fn rendered(input: &Value, is_strict: bool) -> Value {
    let identity = input.get("identity").cloned().unwrap_or_default();
    let (account_id, session_name) = (
        text(&identity, "account_id"),
        text(&identity, "session_name"),
    );
    let access_key_id = text(&identity, "access_key_id");
    let identity = TemplateIdentity {
        account_id: &account_id,
        session_name: &session_name,
        access_key_id: &access_key_id,
    };
    let private_dns_name = |instance: &str| {
        input
            .get("ec2_private_dns")
            .and_then(|names| names.get(instance))
            .and_then(Value::as_str)
            .map(str::to_owned)
    };
    let template = text(input, "template");
    let rendered = match is_strict {
        true => render_strictly(&template, &identity, private_dns_name).ok(),
        false => render(&template, &identity, private_dns_name).ok(),
    };
    rendered.map_or_else(
        || json!({"result": "error"}),
        |value| json!({"result": "ok", "value": value}),
    )
}
