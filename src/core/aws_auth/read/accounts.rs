//! `mapAccounts`: every scalar counts with the characters it is written with, so leading zeros survive without quotes.
//!
//! A null is an empty text, a list or a mapping is dropped. An explicit tag that does not fit stops the server in the middle: the accounts before
//! it stay, and empty texts take the places of the others.

use super::problem_list::{ProblemList, line_of};
use crate::aws_auth::{ProblemKind, ReadEntry, Section};
use crate::principal::arn::Arn;
use crate::yaml::{Decoder, Document, Kind, NodeId, Value};

pub(super) fn read(
    document: &Document<'_>,
    root: NodeId,
    problems: &mut ProblemList,
) -> Vec<ReadEntry> {
    let mut decoder = Decoder::new(document);
    let is_list = document
        .node(root)
        .is_some_and(|node| matches!(node.kind, Kind::Sequence { .. }));
    if !is_list {
        match decoder.decode_raw(root) {
            Ok(Some(_)) if is_null(&mut decoder, root) => {}
            Ok(_) => {
                let text = "no list of account ids, so the server reads none".to_owned();
                problems.add_at(ProblemKind::NotAList, None, (document, root), text);
            }
            Err(error) => problems.undecodable(document, &error),
        }
        return Vec::new();
    }
    let mut entries = Vec::new();
    for (index, item) in document.children(root).enumerate() {
        match decoder.decode_raw(item) {
            Ok(Some(text)) => {
                entries.push(account(index, line_of(document, item), &text));
                judge(&text, index, (document, item), problems);
            }
            Ok(None) => {
                let text = "no single value, so the server drops it".to_owned();
                problems.add_at(ProblemKind::WrongItem, Some(index), (document, item), text);
            }
            Err(error) => {
                problems.undecodable(document, &error);
                let rest = document.children(root).enumerate().skip(entries.len());
                let blanks: Vec<_> = rest
                    .map(|(index, item)| account(index, line_of(document, item), ""))
                    .collect();
                entries.extend(blanks);
                return entries;
            }
        }
    }
    entries
}

fn is_null(decoder: &mut Decoder<'_>, root: NodeId) -> bool {
    matches!(decoder.decode(root), Ok(Value::Null))
}

fn judge(text: &str, index: usize, place: (&Document<'_>, NodeId), problems: &mut ProblemList) {
    if text.len() != 12 || !text.bytes().all(|byte| byte.is_ascii_digit()) {
        let text = format!("`{text}` is no account id of 12 digits, so it matches nobody");
        problems.add_at(ProblemKind::MalformedAccount, Some(index), place, text);
    }
    if let Ok(arn) = Arn::parse(text) {
        let right = match (arn.account, arn.resource.as_str()) {
            (Some(account), "root") => format!("write the account, `{account}`"),
            (_, resource) if resource.starts_with("user/") => "write it into `mapUsers`".to_owned(),
            _ => "write it into `mapRoles`".to_owned(),
        };
        let text = format!("`{text}` is an ARN, and `mapAccounts` has account ids only; {right}");
        problems.add_at(ProblemKind::ArnAmongAccounts, Some(index), place, text);
    }
}

fn account(index: usize, line: usize, id: &str) -> ReadEntry {
    ReadEntry {
        section: Section::MapAccounts,
        index,
        line,
        arn: id.to_owned(),
        username: String::new(),
        groups: Vec::new(),
        sso: None,
        user_id: String::new(),
        has_unknown_fields: false,
    }
}
