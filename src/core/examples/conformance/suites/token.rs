//! Suite `token`: tokens against a verifier and a stub of STS, and the documents that token commands write.
//!
//! Cases about hosts answer with one stub, a caller of the commercial partition, whatever partition the verifier is of. No STS does: where such a
//! case wants the token accepted, its caller is taken to be of the verifier's partition, in the stub's answer and in what is wanted alike.

use std::time::SystemTime;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use eksauth_core::principal::partition::Partition;
use eksauth_core::token::{
    self, ExecCredential, ExecCredentialDialect, Identity, Refusal, StsRequest, Verifier,
    exec_credential_api_version,
};
use serde_json::{Value, json};

use super::{Judged, as_far_as_named, input, text, wanted};

pub(super) fn judge(case: &Value) -> Judged {
    let (input, wanted) = (input(case), wanted(case));
    let (input, wanted) = match is_of_one_stub(input, &wanted) {
        true => in_partition_of_verifier(input, wanted),
        false => (input.clone(), wanted),
    };
    let actual = if input.get("implementation").is_some() {
        exec_credential(&input)?
    } else {
        verify(&input)?
    };
    let actual = as_far_as_named(&wanted, &actual);
    Ok((wanted, actual))
}

const COMMERCIAL: &str = "arn:aws:";

/// Whether a case that wants its token accepted answers a verifier of another partition with the commercial caller of all cases.
fn is_of_one_stub(input: &Value, wanted: &Value) -> bool {
    let arn = wanted.pointer("/identity/arn").and_then(Value::as_str);
    text(wanted, "result") == "accept"
        && text(input, "partition") != Partition::Aws.id()
        && arn.is_some_and(|arn| arn.starts_with(COMMERCIAL))
}

fn in_partition_of_verifier(input: &Value, mut wanted: Value) -> (Value, Value) {
    let own = format!("arn:{}:", text(input, "partition"));
    let mut input = input.clone();
    let change = |place: Option<&mut Value>| {
        if let Some(place) = place {
            *place = json!(place.as_str().unwrap_or_default().replace(COMMERCIAL, &own));
        }
    };
    change(input.pointer_mut("/sts_response/body"));
    change(wanted.pointer_mut("/identity/arn"));
    change(wanted.pointer_mut("/identity/canonical_arn"));
    (input, wanted)
}

fn exec_credential(input: &Value) -> Result<Value, String> {
    let dialect = match text(input, "implementation").as_str() {
        "aws-iam-authenticator" => ExecCredentialDialect::Authenticator,
        "awscli" => ExecCredentialDialect::AwsCli,
        other => return Err(format!("unknown implementation `{other}`")),
    };
    let version = exec_credential_api_version(&text(input, "KUBERNETES_EXEC_INFO"), dialect);
    let document = ExecCredential::new(&version, &text(input, "token"), &text(input, "expiration"));
    let document = serde_json::to_value(document).map_err(|error| error.to_string())?;
    let status = document.get("status").cloned().unwrap_or_default();
    Ok(json!({
        "kind": document.get("kind"),
        "apiVersion": document.get("apiVersion"),
        "token": status.get("token"),
        "expirationTimestamp": status.get("expirationTimestamp"),
    }))
}

fn verify(input: &Value) -> Result<Value, String> {
    let Ok(partition) = Partition::parse(&text(input, "partition")) else {
        return Ok(of_unknown_partition(input));
    };
    let region = text(input, "instance_region");
    let verifier = Verifier {
        cluster_id: text(input, "cluster_id"),
        partition,
        region: (!region.is_empty()).then_some(region),
    };
    let given = match input.get("token").and_then(Value::as_str) {
        Some(token) => token.to_owned(),
        None => token::encode(&text(input, "url")),
    };
    Ok(
        match token::judge(&given, &verifier, moment(&text(input, "now"))?) {
            Err(refusal) => rejected(&refusal, false),
            Ok(request) => match answer(&request, input.get("sts_response")) {
                Err(refusal) => rejected(&refusal, true),
                Ok(identity) => accepted(&identity, &request),
            },
        },
    )
}

/// A verifier of no known partition cannot be made here. The reference refuses what is no token, and hosts that are none of STS anywhere; at a
/// host that some partition has it finds itself without one.
fn of_unknown_partition(input: &Value) -> Value {
    let token = text(input, "token");
    let reason = |partition, region| {
        let verifier = Verifier {
            cluster_id: text(input, "cluster_id"),
            partition,
            region,
        };
        match token::judge(&token, &verifier, SystemTime::UNIX_EPOCH) {
            Err(refusal) => refusal.reason(),
            Ok(_) => "accepted",
        }
    };
    // A region that nobody knows has the commercial names.
    let unknown_region =
        second_label(&token).filter(|region| Partition::of_region(region).is_none());
    let is_of_some_partition = Partition::ALL.into_iter().any(|partition| {
        let region = unknown_region
            .clone()
            .filter(|_| partition == Partition::Aws);
        let reason = reason(partition, region);
        !["token.", "host.", "url.parse", "url.scheme"]
            .iter()
            .any(|early| reason.starts_with(early))
    });
    let is_global = reason(Partition::AwsCn, None) == "host.global_unsupported";
    let class = match is_of_some_partition && !is_global {
        true => "other",
        false => "format",
    };
    json!({"result": "reject", "class": class, "sts_called": false})
}

/// The label after the first dot of a token's host: the region that a verifier would have to be in.
fn second_label(token: &str) -> Option<String> {
    let encoded = token.strip_prefix(token::TOKEN_PREFIX)?;
    let url = URL_SAFE_NO_PAD.decode(encoded).ok()?;
    let url = String::from_utf8(url).ok()?;
    let host = url.split('/').nth(2)?;
    host.split('.').nth(1).map(str::to_owned)
}

/// The answer of the stub.
fn answer(request: &StsRequest, stub: Option<&Value>) -> Result<Identity, Refusal> {
    let Some(stub) = stub else {
        return Err(Refusal::StsTransport);
    };
    if stub
        .get("transport_error")
        .is_some_and(|error| !error.is_null())
    {
        return Err(Refusal::StsTransport);
    }
    if stub.get("read_error").is_some_and(|error| !error.is_null()) {
        return Err(Refusal::StsRead);
    }
    let number = |key: &str| stub.get(key).and_then(Value::as_u64).unwrap_or_default();
    let mut body = text(stub, "body");
    body.push_str(&" ".repeat(usize::try_from(number("pad_spaces")).unwrap_or_default()));
    request.answer(
        u16::try_from(number("status")).unwrap_or_default(),
        body.as_bytes(),
    )
}

fn rejected(refusal: &Refusal, sts_called: bool) -> Value {
    json!({"result": "reject", "class": refusal.class().id(), "sts_called": sts_called})
}

fn accepted(identity: &Identity, request: &StsRequest) -> Value {
    json!({
        "result": "accept",
        "identity": {
            "arn": identity.arn(),
            "canonical_arn": identity.canonical_arn(),
            "account_id": identity.account_id(),
            "user_id": identity.user_id(),
            "session_name": identity.session_name(),
            "access_key_id": identity.access_key_id(),
            "sts_endpoint": identity.sts_endpoint(),
        },
        "sts_called": true,
        "request_headers": request.headers().into_iter().collect::<std::collections::BTreeMap<_, _>>(),
        "request_method": request.method(),
    })
}

fn moment(text: &str) -> Result<SystemTime, String> {
    let moment: jiff::Timestamp = text
        .parse()
        .map_err(|error| format!("`{text}` is no time: {error}"))?;
    Ok(moment.into())
}
