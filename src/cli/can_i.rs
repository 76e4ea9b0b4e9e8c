//! `can-i`: whether a principal may do something in a cluster, by what, or what comes nearest to allowing it.

use serde_json::{Value, json};

use eksauth_core::access::can_i::{AskedPrincipal, GrantedBy, Permission, PermissionAnswer};
use eksauth_core::access::cluster_access::Access;
use eksauth_core::kubernetes::rbac::{BoundName, Question, WrittenQuestion};
use eksauth_provider::access::can_i::{AnsweredQuestion, PermissionInquiry};
use eksauth_provider::access::cluster_access::cluster_access;

use crate::command::{CanIArguments, Format};
use crate::failure::Failure;
use crate::outcome::{Outcome, Verdict};
use crate::{output, session, whoami};

/// The answer.
///
/// # Errors
/// An ARN that names no principal, a text that names no resource, no credentials or no such cluster.
pub async fn run(arguments: &CanIArguments) -> Result<Outcome, Failure> {
    let question = question(arguments)?;
    let named = match arguments.principal.as_str() {
        "me" => None,
        arn => {
            whoami::named(arn)?;
            Some(AskedPrincipal::from_arn(arn))
        }
    };
    let aws = session::beside_cluster(&arguments.aws, Some(&arguments.cluster));
    let client = session::connect(&aws, None).await?;
    let asked = match named {
        Some(asked) => asked,
        None => {
            let identity = session::identity(&client).await?;
            session::principal(&identity)?;
            AskedPrincipal::from_arn(&identity.arn)
        }
    };
    let cluster = session::cluster(&client, &arguments.cluster).await?;
    let view = cluster_access(&cluster).await;
    let inquiry = PermissionInquiry::new(&cluster, client.session());
    let answered = inquiry.about(&view, &asked, &question).await;
    let text = match arguments.output {
        Format::Json => json_of(&question, &answered).to_string() + "\n",
        Format::Table => table(&question, &answered),
    };
    Ok(Outcome::new(text, verdict(&answered.answer)))
}

fn question(arguments: &CanIArguments) -> Result<Question, Failure> {
    let written = WrittenQuestion {
        verb: &arguments.verb,
        resource: &arguments.resource,
        namespace: arguments.namespace.as_deref().unwrap_or_default(),
        name: arguments.name.as_deref().unwrap_or_default(),
    };
    Question::parse(written).map_err(|error| Failure::new(error.to_string()))
}

fn verdict(answer: &PermissionAnswer) -> Verdict {
    match answer.permission {
        Permission::Yes => Verdict::Yes,
        Permission::No => Verdict::No,
        Permission::NotKnown => Verdict::Undetermined,
    }
}

fn table(question: &Question, answered: &AnsweredQuestion) -> String {
    let headline = match answered.answer.permission {
        Permission::Yes => "yes",
        Permission::No => "no",
        Permission::NotKnown => "not known",
    };
    let rows = rows(answered);
    format!("{headline}  {question}\n{}", output::aligned(&rows, "  "))
}

fn row(label: &str, value: &str) -> [String; 3] {
    [label.to_owned(), value.to_owned(), String::new()]
}

fn rows(answered: &AnsweredQuestion) -> Vec<[String; 3]> {
    let AnsweredQuestion { both, answer } = answered;
    let explanation = &both.explanation;
    let mut rows = vec![row("principal", &explanation.principal.arn)];
    if let Some(user) = &answer.user {
        let groups: Vec<&str> = user.groups.iter().map(BoundName::text).collect();
        let note = match mapping(answered) {
            Some(mapping) => format!("from {mapping}"),
            None => String::new(),
        };
        rows.push(["username".to_owned(), user.name.text().to_owned(), note]);
        rows.push(row("groups", &groups.join(", ")));
    }
    rows.push(row("answered", answered_by(answer)));
    let granted = answer.granted_by.iter();
    rows.extend(granted.map(|granted| row("granted by", &granted.to_string())));
    rows.extend(answer.reasons.iter().map(|reason| row("why", reason)));
    let nearest = answer.nearest.iter();
    rows.extend(nearest.map(|near| row("nearest", &near.to_string())));
    let misses = explanation.near_misses.iter();
    rows.extend(misses.map(|miss| row("near miss", &miss.to_string())));
    if answer.permission != Permission::Yes {
        rows.extend(answer.not_asked.iter().map(|why| row("not asked", why)));
    }
    rows
}

fn answered_by(answer: &PermissionAnswer) -> &'static str {
    use eksauth_core::access::can_i::AnsweredBy;
    match answer.answered_by {
        AnsweredBy::ApiServer => "by the API server",
        AnsweredBy::Rules => "by the rules",
    }
}

/// The rule that admits the principal.
fn mapping(answered: &AnsweredQuestion) -> Option<String> {
    match &answered.both.explanation.principal_access.access {
        Access::Granted(grant) if answered.both.difference.is_none() => {
            Some(grant.rule.to_string())
        }
        _ => None,
    }
}

fn json_of(question: &Question, answered: &AnsweredQuestion) -> Value {
    let AnsweredQuestion { both, answer } = answered;
    let explanation = &both.explanation;
    let user = answer.user.as_ref();
    let groups = user.map(|user| user.groups.iter().map(BoundName::text).collect::<Vec<_>>());
    let granted: Vec<Value> = answer.granted_by.iter().map(granted_json).collect();
    let near: Vec<Value> = answer
        .nearest
        .iter()
        .map(|near| json!({"id": near.lacks.id(), "text": near.text}))
        .collect();
    let misses: Vec<Value> = explanation
        .near_misses
        .iter()
        .map(|miss| json!({"id": miss.id(), "text": miss.to_string()}))
        .collect();
    json!({
        "arn": explanation.principal.arn,
        "question": question.to_string(),
        "allowed": match answer.permission {
            Permission::Yes => Some(true),
            Permission::No => Some(false),
            Permission::NotKnown => None,
        },
        "answered_by": answer.answered_by.word(),
        "username": user.map(|user| user.name.text()),
        "groups": groups,
        "mapping": mapping(answered),
        "granted_by": granted,
        "reasons": answer.reasons,
        "nearest": near,
        "near_misses": misses,
        "not_asked": answer.not_asked,
    })
}

fn granted_json(granted: &GrantedBy) -> Value {
    let mut value = json!({"kind": granted.kind(), "text": granted.to_string()});
    let (Value::Object(members), GrantedBy::Binding(binding)) = (&mut value, granted) else {
        return value;
    };
    for (name, text) in [
        ("namespace", binding.namespace.as_str()),
        ("name", &binding.name),
        ("role_kind", binding.role_kind),
        ("role", &binding.role),
        ("subject", &binding.subject),
        ("rule", &binding.rule),
    ] {
        members.insert(name.to_owned(), json!(text));
    }
    value
}

#[cfg(test)]
mod tests;
