//! What `restore` prints.

use eksauth_core::access::lockout::{AccessChange, Comparison};
use eksauth_core::access::report::{Appliers, changed_rows, has_refusal_table};
use eksauth_provider::aws_auth::recovery::RecoveryCopy;
use serde_json::{Value, json};
use tf_provider::Diagnostics;

use crate::check_plan::report::comparisons_json;
use crate::failure::messages;
use crate::output;

/// The copy says what the document says.
pub(super) const SAME: &str = "same";
/// The guard refuses it.
pub(super) const REFUSED: &str = "refused";
/// Nobody has answered yet.
pub(super) const ASKED: &str = "asked";
/// Nobody said yes.
pub(super) const NOT_CONFIRMED: &str = "not-confirmed";
/// It was put back.
pub(super) const DONE: &str = "restored";

/// What putting a copy back would change.
pub(super) struct Difference {
    /// A unified diff of the sections; empty where nothing differs.
    pub(super) text: String,
    /// Everyone before and after.
    pub(super) comparisons: Vec<Comparison>,
}

/// A copy in a list.
pub(super) struct Listed {
    pub(super) copy: RecoveryCopy,
    pub(super) difference: Difference,
}

impl Difference {
    fn table(&self) -> String {
        let rows = changed_rows(&self.comparisons, Appliers::default());
        match rows.is_empty() {
            true => "  nobody gains or loses access\n".to_owned(),
            false => output::columns(["who", "now", "then", ""], &rows, "  "),
        }
    }

    fn summary(&self) -> String {
        let counts = who_gains_and_loses(&self.comparisons);
        match (counts.is_empty(), self.text.is_empty()) {
            (_, true) => "it is what stands there now".to_owned(),
            (true, false) => "nobody gains or loses access, only the text differs".to_owned(),
            (false, false) => counts,
        }
    }

    fn json(&self) -> Value {
        json!({"diff": self.text, "principals": comparisons_json(&self.comparisons)})
    }
}

/// `1 principal gains access, 2 principals lose access`; empty where nobody does.
fn who_gains_and_loses(comparisons: &[Comparison]) -> String {
    let words = [
        (AccessChange::Gains, ["gains access", "gain access"]),
        (AccessChange::Loses, ["loses access", "lose access"]),
        (
            AccessChange::Changes,
            ["gets other access", "get other access"],
        ),
    ];
    let parts = words.into_iter().filter_map(|(change, [of_one, of_many])| {
        let count = comparisons
            .iter()
            .filter(|comparison| comparison.change == change)
            .count();
        match count {
            0 => None,
            1 => Some(format!("1 principal {of_one}")),
            many => Some(format!("{many} principals {of_many}")),
        }
    });
    parts.collect::<Vec<_>>().join(", ")
}

/// Every copy, the newest first.
pub(super) fn list(cluster: &str, listed: &[Listed]) -> String {
    if listed.is_empty() {
        return format!(
            "cluster `{cluster}` has no copies of aws-auth; one is made before a write removes or overwrites an entry\n"
        );
    }
    let mut text = String::new();
    for Listed { copy, difference } in listed {
        text.push_str(&format!("{}\n", copy.name));
        let unknown = "not known".to_owned();
        let rows = [
            [
                "kept".to_owned(),
                copy.kept_at.clone().unwrap_or(unknown.clone()),
            ],
            [
                "before a change by".to_owned(),
                copy.changed_by.clone().unwrap_or(unknown),
            ],
            ["of".to_owned(), copy.resources.join(", ")],
            ["putting it back".to_owned(), difference.summary()],
        ];
        text.push_str(&output::aligned(&rows, "  "));
        text.push('\n');
    }
    text.push_str(&format!(
        "show one with: terraform-provider-eksauth restore --cluster {cluster} NAME\n"
    ));
    text
}

/// The same for programs.
pub(super) fn list_json(cluster: &str, listed: &[Listed]) -> Value {
    let one = |Listed { copy, difference }: &Listed| {
        json!({
            "name": copy.name,
            "kept_at": copy.kept_at,
            "changed_by": copy.changed_by,
            "resources": copy.resources,
            "resource_version": copy.resource_version,
            "difference": difference.json(),
        })
    };
    json!({"cluster": cluster, "copies": listed.iter().map(one).collect::<Vec<_>>()})
}

/// One copy: the difference, and what became of it.
pub(super) fn restore(
    copy: &RecoveryCopy,
    difference: &Difference,
    outcome: &str,
    reasons: Option<&Diagnostics>,
) -> String {
    if outcome == SAME {
        return format!(
            "aws-auth has the text of {} already; nothing was written\n",
            copy.name
        );
    }
    // What the guard says of somebody's loss shows everybody already.
    let is_shown = titles_and_details(reasons).any(|(_, detail)| has_refusal_table(detail));
    let table = match is_shown {
        true => String::new(),
        false => difference.table(),
    };
    let mut text = format!("{}\n{table}", difference.text);
    for reason in reasons.into_iter().flat_map(messages) {
        text.push_str(&format!("\n{reason}\n"));
    }
    text.push_str(match outcome {
        REFUSED => "\nrefused; nothing was written\n",
        DONE => "\n",
        NOT_CONFIRMED => "\nnothing was written; --yes puts it back without a question\n",
        _ => "\n",
    });
    text
}

/// The same for programs.
pub(super) fn restore_json(
    copy: &RecoveryCopy,
    difference: &Difference,
    outcome: &str,
    reasons: Option<&Diagnostics>,
) -> Value {
    let reasons: Vec<Value> = titles_and_details(reasons)
        .map(|(summary, detail)| json!({"summary": summary, "detail": detail}))
        .collect();
    json!({"name": copy.name, "outcome": outcome, "difference": difference.json(), "reasons": reasons})
}

fn titles_and_details(reasons: Option<&Diagnostics>) -> impl Iterator<Item = (&str, &str)> {
    let all = reasons.into_iter().flat_map(Diagnostics::iter);
    all.map(|reason| (reason.summary.as_str(), reason.detail.as_str()))
}
