//! One entry found by `cluster#arn` or `cluster#account`, with an optional `@region`, or by its identity.

use eksauth_core::aws_auth::ReadEntry;
use tf_provider::resource::{Private, State};
use tf_provider::{Attr, Context, Diagnostic, Diagnostics};

use super::identity::NamedEntry;
use super::{EntryIdentity, EntryModel, Fields, IMPORTED, diagnostics};
use crate::attributes::import_id::ImportId;
use crate::attributes::values::to_set;
use crate::aws_auth::rules::Kind;
use crate::aws_auth::{self, ClusterName, Document};
use crate::client::Client;
use crate::clusters::ClusterIdentity;

/// The state of an entry that is there.
pub(crate) async fn import<M: EntryModel>(
    cx: &Context<Client>,
    id: &str,
) -> Result<State<M>, Diagnostics> {
    let kind = M::KIND;
    let parsed = ImportId::parse(id);
    let parts = parsed.object.split_once('#');
    let parts = parts.filter(|(_, written)| !written.is_empty());
    let Some((cluster, written)) = parts
        .and_then(|(cluster, written)| parsed.within(cluster).map(|cluster| (cluster, written)))
    else {
        return Err(diagnostics::malformed_import_id(kind, id).into());
    };
    let named = NamedEntry {
        cluster: ClusterIdentity::of_import_id(&cluster, cx.client.clusters()),
        written: written.to_owned(),
    };
    import_named(cx, &named).await
}

/// The state of the entry of an identity.
pub(crate) async fn import_identity<M: EntryModel>(
    cx: &Context<Client>,
    identity: M::Identity,
) -> Result<State<M>, Diagnostics> {
    import_named(cx, &identity.into_entry()).await
}

async fn import_named<M: EntryModel>(
    cx: &Context<Client>,
    named: &NamedEntry,
) -> Result<State<M>, Diagnostics> {
    let (kind, written) = (M::KIND, named.written.as_str());
    let placement = named.cluster.to_placement();
    let (target, document) = cx.client.aws_auth().at_import(&placement).await?;
    named.cluster.check_account(&target.cluster)?;
    let cluster = target.writer.cluster();
    if let Some(reason) = document.unparsed(kind.section()) {
        return Err(aws_auth::diagnostics::unparsed(cluster, kind.section(), &reason).into());
    }
    let found = find(kind, &document, written);
    let entry = one(kind, cluster, &document, written, &found)?;
    let written = if found.is_respelled {
        written
    } else {
        &entry.arn
    };
    let fields = Fields {
        placement: placement.in_cluster(&target.cluster),
        ..flatten(kind, entry, written)
    };
    let private = Private {
        entries: [(IMPORTED.to_owned(), serde_json::Value::Bool(true))].into(),
    };
    Ok(State {
        model: M::from_fields(fields),
        private,
    })
}

/// Every attribute of the entry, defaults filled, so that generated configuration plans empty.
fn flatten(kind: Kind, entry: &ReadEntry, written: &str) -> Fields {
    let fields = Fields {
        written: Attr::Known(written.to_owned()),
        canonical: Attr::Known(entry.arn.clone()),
        adopted: Attr::Known(true),
        ..Fields::default()
    };
    if kind == Kind::Account {
        return fields;
    }
    Fields {
        username: Attr::Known(entry.username.clone()),
        groups: to_set(entry.groups.iter().cloned()),
        on_conflict: Attr::Known("error".to_owned()),
        ..fields
    }
}

/// The entries that an id may mean.
struct Found<'a> {
    entries: Vec<&'a ReadEntry>,
    /// True if they were found by the canonical form of what the id says: the id's spelling is the practitioner's.
    is_respelled: bool,
}

/// By the text as it stands in the document, else by the canonical form of what was given.
fn find<'a>(kind: Kind, document: &'a Document, written: &str) -> Found<'a> {
    let entries = document.find(kind.section(), written);
    if !entries.is_empty() {
        return Found {
            entries,
            is_respelled: false,
        };
    }
    let canonical = kind.canonical(written).unwrap_or_default();
    Found {
        entries: document.find(kind.section(), &canonical),
        is_respelled: true,
    }
}

fn one<'a>(
    kind: Kind,
    cluster: &ClusterName,
    document: &Document,
    written: &str,
    found: &Found<'a>,
) -> Result<&'a ReadEntry, Diagnostic> {
    let Some((last, others)) = found.entries.split_last() else {
        return Err(diagnostics::not_found(kind, cluster, document, written));
    };
    let is_equal = |entry: &&ReadEntry| {
        entry.arn == last.arn
            && last
                .to_entry()
                .is_some_and(|meant| entry.same_meaning(&meant))
    };
    if others.iter().all(is_equal) {
        Ok(last)
    } else {
        Err(diagnostics::ambiguous(cluster, written, &found.entries))
    }
}
