//! What `add` and `remove` are asked about: one entry of aws-auth by the ARN or account that somebody wrote.

use std::sync::Arc;

use eksauth_core::aws_auth::Section;
use eksauth_provider::Client;
use eksauth_provider::aws_auth::rules::Kind;
use eksauth_provider::aws_auth::{Document, Writer};
use eksauth_provider::clusters::FoundCluster;
use tf_provider::Diagnostics;

use crate::command::{Addition, RemovedEntry, TargetArguments, values};
use crate::failure::Failure;
use crate::session;

/// The aws-auth of the cluster that is named, and by what it is written.
pub(crate) struct TargetDocument {
    pub(crate) client: Client,
    pub(crate) cluster: Arc<FoundCluster>,
    pub(crate) writer: Arc<Writer>,
    pub(crate) before: Arc<Document>,
}

/// The principal of an entry, and the cluster that it is about.
#[derive(Clone, Copy, Debug)]
pub(crate) struct EntryTarget<'a> {
    pub(crate) kind: Kind,
    /// The ARN or account id as it was written.
    pub(crate) written: &'a str,
    pub(crate) arguments: &'a TargetArguments,
}

impl<'a> EntryTarget<'a> {
    pub(crate) fn of_addition(addition: &'a Addition) -> Self {
        let (kind, written, arguments) = match addition {
            Addition::Role(role) => (Kind::Role, &role.rolearn, &role.target),
            Addition::User(user) => (Kind::User, &user.userarn, &user.target),
            Addition::Account(account) => (Kind::Account, &account.account_id, &account.target),
        };
        Self {
            kind,
            written,
            arguments,
        }
    }

    pub(crate) fn of_removal(removed: &'a RemovedEntry) -> Self {
        let (kind, written, arguments) = match removed {
            RemovedEntry::Role(role) => (Kind::Role, &role.rolearn, &role.target),
            RemovedEntry::User(user) => (Kind::User, &user.userarn, &user.target),
            RemovedEntry::Account(account) => (Kind::Account, &account.account_id, &account.target),
        };
        Self {
            kind,
            written,
            arguments,
        }
    }

    pub(crate) fn section(&self) -> Section {
        self.kind.section()
    }

    /// Why no caller can have the ARN or account: `reason`, or, for an ARN of the other kind, the command to call.
    pub(crate) fn nobodys(&self, verb: &str, reason: String) -> Failure {
        let (other, found) = match self.kind {
            Kind::User => (
                Kind::Role,
                format!("a role's ARN, or a session's of one: use `{verb} role`"),
            ),
            Kind::Role => (Kind::User, format!("a user's ARN: use `{verb} user`")),
            Kind::Account => return Failure::new(values::no_account_id(self.written)),
        };
        match other.canonical(self.written) {
            Ok(_) if self.written.ends_with(":root") => Failure::new(format!(
                "`{}` is the ARN of an account's root user: use `{verb} user`, or `{verb} account` for everybody in the account",
                self.written
            )),
            Ok(_) => Failure::new(format!("`{}` is {found}", self.written)),
            Err(_) => Failure::new(reason),
        }
    }

    /// Connects to the cluster that is named, and reads its aws-auth as the write is to find it.
    ///
    /// # Errors
    /// No credentials, no such cluster, a document that cannot be read, or whose section does not parse.
    pub(crate) async fn read(&self) -> Result<TargetDocument, Failure> {
        let asked = &self.arguments.cluster;
        let aws = session::beside_cluster(&self.arguments.aws, Some(asked));
        let client = session::connect_to_write(&aws, &self.arguments.protected).await?;
        let cluster = session::cluster(&client, asked).await?;
        let writer = client.aws_auth().writer(&cluster)?;
        let before = writer
            .document_or_reason()
            .await
            .map_err(Diagnostics::from)?;
        self.check_readable(&before)?;
        Ok(TargetDocument {
            client,
            cluster,
            writer,
            before,
        })
    }

    /// Where the section does not parse, nobody can tell whether the ARN has an entry.
    ///
    /// # Errors
    /// The section does not parse.
    pub(crate) fn check_readable(&self, document: &Document) -> Result<(), Failure> {
        let section = self.section();
        match document.unparsed(section) {
            None => Ok(()),
            Some(place) => Err(Failure::new(format!(
                "{section} of aws-auth does not parse, so nothing of it can be known or changed: {place}"
            ))),
        }
    }
}
