//! A map as Terraform has it where each of its entries is a resource.

use super::{
    aws_auth::{Item, Map, Section},
    change::Request,
};

/// The resources of a map's entries.
pub(super) fn resources(map: &Map) -> String {
    let entries = map.items.iter().map(|item| {
        let (kind, label) = address(item);
        let field = match item.section {
            Section::Roles => "rolearn",
            Section::Users => "userarn",
        };
        format!(
            "resource \"{kind}\" \"{label}\" {{\n  {field} = \"{}\"\n  username = \"{}\"\n  groups = {:?}\n}}\n",
            item.arn, item.username, item.groups
        )
    });
    let accounts = map.accounts.iter().map(|number| {
        format!(
            "resource \"{ACCOUNT_KIND}\" \"{}\" {{\n  account_id = \"{number}\"\n}}\n",
            of_account(number)
        )
    });
    entries.chain(accounts).collect()
}

/// What has to be done so that one map becomes another one.
pub(super) fn requests(before: &Map, after: &Map) -> Vec<Request> {
    let is_gone = |item: &&Item| !after.items.iter().any(|other| is_same(item, other));
    let is_other = |item: &&Item| !before.items.contains(item);
    let accounts = |from: &Map, than: &Map| -> Vec<String> {
        let is_new = |number: &&String| !than.accounts.contains(number);
        from.accounts.iter().filter(is_new).cloned().collect()
    };
    let put = after.items.iter().filter(is_other).cloned();
    let gone = before.items.iter().filter(is_gone).cloned();
    put.map(Request::Put)
        .chain(gone.map(Request::Remove))
        .chain(accounts(after, before).into_iter().map(Request::PutAccount))
        .chain(
            accounts(before, after)
                .into_iter()
                .map(Request::RemoveAccount),
        )
        .collect()
}

/// Whether Terraform says that it has done a part of a change.
pub(super) fn is_done(request: &Request, output: &str) -> bool {
    let (kind, label) = match request {
        Request::Put(item) | Request::Remove(item) => address(item),
        Request::PutAccount(number) | Request::RemoveAccount(number) => {
            (ACCOUNT_KIND, of_account(number))
        }
        Request::Replace(_) => return false,
    };
    let line = |what: &str| output.contains(&format!("{kind}.{label}: {what} complete"));
    ["Creation", "Modifications", "Destruction"]
        .into_iter()
        .any(line)
}

const ACCOUNT_KIND: &str = "eksauth_aws_auth_account";

fn of_account(number: &str) -> String {
    format!("of-{number}")
}

fn is_same(one: &Item, other: &Item) -> bool {
    address(one) == address(other)
}

/// A resource of one label for each spelling of an ARN.
fn address(item: &Item) -> (&'static str, String) {
    let kind = match item.section {
        Section::Roles => "eksauth_aws_auth_role",
        Section::Users => "eksauth_aws_auth_user",
    };
    let letters = item.arn.chars().map(|letter| match letter {
        letter if letter.is_ascii_alphanumeric() => letter,
        _ => '-',
    });
    (kind, letters.collect())
}
