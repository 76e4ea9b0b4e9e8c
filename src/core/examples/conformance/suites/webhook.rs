//! Suite `webhook`: paths, bodies and statuses around a stub of the token judge, answered as our own server answers.

use eksauth_core::authenticator::identity_mapping::{Answer, Index, SsoRoleMatch};
use eksauth_core::authenticator::webhook::{
    Disclosure, Endpoint, Response, accepted, healthy, not_found, not_mapped, refused,
    token_of_review,
};
use eksauth_core::token::RefusalClass;
use serde_json::{Value, json};

use super::{Judged, as_far_as_named, input, mapping, text, texts, wanted};

pub(super) fn judge(case: &Value) -> Judged {
    let input = input(case);
    let mut wanted = wanted(case);
    if let Some(user) = wanted.get_mut("user").and_then(Value::as_object_mut) {
        // Absent and empty are the same on the wire.
        user.retain(|_, value| {
            !(value.is_null() || value.as_object().is_some_and(serde_json::Map::is_empty))
        });
    }
    let (response, token) = match Endpoint::from_path(&text(input, "path")) {
        Some(Endpoint::Authenticate) => {
            match token_of_review(&text(input, "method"), text(input, "body").as_bytes()) {
                Err(response) => (response, None),
                Ok(token) => (respond(input)?, Some(token)),
            }
        }
        Some(Endpoint::Health) => (healthy(), None),
        None => (not_found(), None),
        Some(other) => return Err(format!("{other:?} says what the process knows, not a rule")),
    };
    let actual = as_far_as_named(&wanted, &shown(&response, token.as_deref()));
    Ok((wanted, actual))
}

fn respond(input: &Value) -> Result<Response, String> {
    if let Some(error) = input.get("verifier_error").filter(|error| !error.is_null()) {
        return Ok(refused(match text(error, "type").as_str() {
            "format" => RefusalClass::Format,
            "sts" => RefusalClass::Sts,
            "throttling" => RefusalClass::Throttling,
            _ => RefusalClass::Other,
        }));
    }
    let caller = mapping::caller(input.get("verifier_identity"))?;
    let Some(chain) = mapping::chain(input)? else {
        return Err("the chain has a configuration error".to_owned());
    };
    let instances = |instance: &str| {
        input
            .get("ec2_private_dns")
            .and_then(|names| names.get(instance))
            .and_then(Value::as_str)
            .map(str::to_owned)
    };
    let outcome = Index::new(chain).map(&caller, SsoRoleMatch::Off, &instances);
    let disclosure =
        Disclosure::for_account(&caller.account_id, &texts(input.get("scrubbed_accounts")));
    let answer = |answer: &Answer| match answer {
        Ok(mapped) => accepted(&caller, &mapped.username, &mapped.groups, disclosure),
        Err(_) => not_mapped(),
    };
    outcome
        .answers()
        .first()
        .map(answer)
        .ok_or_else(|| "no answer".to_owned())
}

/// The response in the shape of the cases.
fn shown(response: &Response, token: Option<&str>) -> Value {
    let mut shown = json!({"status": response.status, "content_type": response.content_type});
    let Some(members) = shown.as_object_mut() else {
        return shown;
    };
    match serde_json::from_str::<Value>(&response.body) {
        Ok(body) => {
            let status = body.get("status").cloned().unwrap_or_default();
            let is_authenticated = status
                .get("authenticated")
                .and_then(Value::as_bool)
                .unwrap_or_default();
            members.insert("authenticated".to_owned(), json!(is_authenticated));
            members.insert(
                "user".to_owned(),
                status.get("user").cloned().unwrap_or_default(),
            );
        }
        Err(_) => {
            members.insert("body_text".to_owned(), json!(response.body));
        }
    }
    if let Some(token) = token {
        members.insert("token_passed_to_verifier".to_owned(), json!(token));
    }
    shown
}
