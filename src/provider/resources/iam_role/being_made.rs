//! A note on this machine while a role is being made, so that a run that ends in the middle of it (kill -9, a machine that goes) is known to the next one.
//!
//! It stands beside the copies of aws-auth, below Terraform's data folder, and says what was asked for and when. There is nothing secret in it.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use eksauth_core::iam_policy::policy_document::equivalent;
use serde::{Deserialize, Serialize};
use tf_provider::Context;
use tf_provider::claims::terraform_process;

use super::name::is_generated_name;
use super::write::is_as_asked;
use crate::aws_auth::recovery::FOLDER;
use crate::client::Client;
use crate::ports::iam::{NewRole, Role};
use crate::ports::{FileStore, IamApi};

/// A role of the note was made at most so long after it was written.
const LONGEST: u64 = 15 * 60;
/// So far the clocks of this machine and of IAM may be apart.
const SKEW: u64 = 5 * 60;

/// The note of one role.
pub(super) struct BeingMade {
    files: Option<Arc<dyn FileStore>>,
    folder: PathBuf,
    name: String,
    /// Terraform's process, as it was in the beginning.
    process: String,
}

/// A role that a run began to make.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Begun {
    /// Seconds since 1970.
    begun_at: u64,
    /// The Terraform that the run belonged to.
    process: String,
    /// What was asked for.
    role: NewRole,
}

impl BeingMade {
    /// The note of a role by its name and the account in the ARN that it will have.
    pub(super) fn of(cx: &Context<Client>, arn: Option<&String>, role: &str) -> Self {
        let account = arn
            .and_then(|arn| arn.split(':').nth(4))
            .unwrap_or_default();
        let folder = cx.client.settings().recovery_folder.clone();
        Self {
            files: cx.client.cloud().map(|cloud| cloud.files()),
            folder: folder.unwrap_or_else(|| Path::new(".terraform").join(FOLDER)),
            name: note_name(account, role),
            process: terraform_process().unwrap_or_default(),
        }
    }

    /// What a run before this one began and did not end. A run of the same Terraform is none: another resource of it may want the same name.
    pub(super) async fn left(&self) -> Option<Begun> {
        self.read(&self.name).await
    }

    async fn read(&self, name: &str) -> Option<Begun> {
        let files = self.files.as_ref()?;
        let text = files.read(&self.folder, name).await.ok()??;
        let begun: Begun = serde_json::from_str(&text).ok()?;
        (begun.process != self.process && !begun.process.is_empty()).then_some(begun)
    }

    /// The same, where the role may be there. Of one that is not, the note says nothing any more.
    pub(super) async fn left_there(&self, iam: &dyn IamApi) -> Option<Begun> {
        let begun = self.left().await?;
        match iam.role(&begun.role.name).await {
            Ok(None) => None,
            Ok(Some(_)) | Err(_) => Some(begun),
        }
    }

    /// Of the roles with names that were generated from a prefix those that runs before this one began and did not end. The account is not known
    /// before such a role is there, so their notes have none.
    pub(super) async fn left_of_prefix(&self, prefix: &str) -> Vec<Begun> {
        let Some(files) = &self.files else {
            return Vec::new();
        };
        let start = format!("role-being-made..{}", prefix.to_ascii_lowercase());
        let mut left = Vec::new();
        for name in files.names(&self.folder).await.unwrap_or_default() {
            if !name.starts_with(&start) {
                continue;
            }
            let begun = self.read(&name).await;
            left.extend(begun.filter(|begun| is_generated_name(&begun.role.name, prefix)));
        }
        left
    }

    /// Forgets a role with a generated name that is not there, unless a run may still be about to make it.
    pub(super) async fn forget(&self, begun: &Begun, now: SystemTime) {
        let is_over = seconds(now) > begun.begun_at.saturating_add(LONGEST);
        let (Some(files), true) = (&self.files, is_over) else {
            return;
        };
        let name = note_name("", &begun.role.name);
        if let Err(error) = files.remove(&self.folder, &name).await {
            tracing::debug!(%error, "the note of a role that is gone stays");
        }
    }

    /// Notes that a role is about to be made. What cannot be noted hinders nothing.
    pub(super) async fn begin(&self, now: SystemTime, role: &NewRole) {
        let begun = Begun {
            begun_at: seconds(now),
            process: self.process.clone(),
            role: role.clone(),
        };
        let (Some(files), Ok(text)) = (&self.files, serde_json::to_string(&begun)) else {
            return;
        };
        if let Err(error) = files.write(&self.folder, &self.name, &text).await {
            tracing::debug!(%error, "a role that is about to be made cannot be noted");
        }
    }

    /// Forgets the role, whose outcome Terraform is told; not if Terraform has gone meanwhile.
    pub(super) async fn end(&self) {
        let is_told = terraform_process().unwrap_or_default() == self.process;
        let (Some(files), true) = (&self.files, is_told) else {
            return;
        };
        if let Err(error) = files.remove(&self.folder, &self.name).await {
            tracing::debug!(%error, "the note of a role that was made stays");
        }
    }
}

impl Begun {
    /// The name of its role.
    pub(super) fn role_name(&self) -> &str {
        &self.role.name
    }

    /// True for the role that the run has made, where the same is asked for now: it came to be then, and is what was asked for.
    pub(super) fn made(&self, role: &Role, asked: &NewRole) -> bool {
        let (then, now) = (&self.role.assume_role_policy, &asked.assume_role_policy);
        let is_asked_again = self.role.path == asked.path && equivalent(then, now);
        let created_at = u64::try_from(role.created_at).unwrap_or_default();
        let earliest = self.begun_at.saturating_sub(SKEW);
        let latest = self.begun_at.saturating_add(LONGEST);
        (earliest..=latest).contains(&created_at) && is_asked_again && is_as_asked(role, &self.role)
    }
}

fn note_name(account: &str, role: &str) -> String {
    format!(
        "role-being-made.{account}.{}.json",
        role.to_ascii_lowercase()
    )
}

fn seconds(time: SystemTime) -> u64 {
    time.duration_since(SystemTime::UNIX_EPOCH)
        .unwrap_or(Duration::ZERO)
        .as_secs()
}
