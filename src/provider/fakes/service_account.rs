//! ServiceAccounts and pods of the API server in memory, with what server-side apply promises: who holds a field, and who is refused it.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::{MutexGuard, PoisonError};

use async_trait::async_trait;

use super::FakeKube;
use super::kubernetes::{Fault, Verb, failed_request};
use crate::ports::service_account::{
    AccountField, AccountFields, Applied, AppliedFields, FIELD_MANAGER, FieldOwner, NAMED_PODS,
    RunningPods, ServiceAccount, ServiceAccountApi,
};
use crate::ports::{ApiError, ErrorKind};

/// What there is.
#[derive(Default)]
pub(super) struct FakeAccounts {
    namespaces: BTreeSet<String>,
    accounts: BTreeMap<(String, String), ServiceAccount>,
    pods: BTreeMap<(String, String), Vec<String>>,
    made: u32,
    calls: Vec<Verb>,
    faults: VecDeque<(Verb, Fault)>,
}

impl FakeKube {
    /// Somebody makes a namespace.
    pub fn make_namespace(&self, name: &str) {
        self.account_state().namespaces.insert(name.to_owned());
    }

    pub(super) fn namespace_names(&self) -> Vec<String> {
        let state = self.account_state();
        let names = state.namespaces.iter().filter(|name| !name.is_empty());
        names.cloned().collect()
    }

    /// Whether there is a namespace.
    pub(super) fn has_namespace(&self, name: &str) -> bool {
        self.account_state().namespaces.contains(name)
    }

    /// Somebody else applies fields, and takes them from whoever holds them; the account is made if there is none.
    pub fn put_service_account(&self, manager: &str, applied: &AppliedFields) -> ServiceAccount {
        let applied = AppliedFields {
            is_forced: true,
            ..applied.clone()
        };
        self.make_namespace(&applied.namespace);
        self.account_state()
            .apply(manager, &applied)
            .unwrap()
            .account
    }

    /// Somebody deletes an account.
    pub fn remove_service_account(&self, namespace: &str, name: &str) {
        let key = (namespace.to_owned(), name.to_owned());
        self.account_state().accounts.remove(&key);
    }

    /// An account as it is now.
    pub fn service_account_now(&self, namespace: &str, name: &str) -> Option<ServiceAccount> {
        let key = (namespace.to_owned(), name.to_owned());
        self.account_state().accounts.get(&key).cloned()
    }

    /// Pods run as an account.
    pub fn run_pods(&self, namespace: &str, name: &str, pods: &[&str]) {
        let key = (namespace.to_owned(), name.to_owned());
        let pods = pods.iter().map(|pod| (*pod).to_owned()).collect();
        self.account_state().pods.insert(key, pods);
    }

    /// The next call about accounts with the verb meets the fault.
    pub fn on_next_account(&self, verb: Verb, fault: Fault) {
        self.account_state().faults.push_back((verb, fault));
    }

    /// The calls about accounts since this was asked last.
    pub fn take_account_calls(&self) -> Vec<Verb> {
        std::mem::take(&mut self.account_state().calls)
    }

    fn account_state(&self) -> MutexGuard<'_, FakeAccounts> {
        self.accounts.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Counts the call and lets its fault happen; what is returned is still to be done by the call itself.
    fn begin_with_account(&self, verb: Verb, word: &str) -> Result<Option<Fault>, ApiError> {
        self.permit(word, "serviceaccounts")?;
        let fault = {
            let mut state = self.account_state();
            state.calls.push(verb);
            let position = state.faults.iter().position(|(wanted, _)| *wanted == verb);
            let fault = position.and_then(|position| state.faults.remove(position));
            fault.map(|(_, fault)| fault)
        };
        match fault {
            Some(Fault::Refuse(kind)) => Err(refused(kind, word, "refused on demand")),
            Some(Fault::LoseRequest) => {
                Err(refused(ErrorKind::AnswerLost, word, "the connection broke"))
            }
            Some(Fault::After(other)) => {
                other(self);
                Ok(None)
            }
            fault => Ok(fault),
        }
    }
}

fn refused(kind: ErrorKind, word: &str, message: &str) -> ApiError {
    failed_request(kind, &format!("{word} serviceaccounts"), message)
}

impl FakeAccounts {
    fn apply(&mut self, manager: &str, applied: &AppliedFields) -> Result<Applied, ApiError> {
        if !self.namespaces.contains(&applied.namespace) {
            let message = format!("namespaces \"{}\" not found", applied.namespace);
            return Err(refused(ErrorKind::NotFound, "patch", &message));
        }
        let key = (applied.namespace.clone(), applied.name.clone());
        let before = self.accounts.get(&key).cloned();
        let uid = before.as_ref().map(|account| &account.uid);
        if applied.uid.is_some() && applied.uid.as_ref() != uid {
            return Err(refused(ErrorKind::Conflict, "patch", "uid mismatch"));
        }
        let is_new = before.is_none();
        let mut account = before.unwrap_or_else(|| {
            self.made += 1;
            ServiceAccount {
                namespace: applied.namespace.clone(),
                name: applied.name.clone(),
                uid: format!("uid-{}", self.made),
                ..ServiceAccount::default()
            }
        });
        take_fields(&mut account, manager, applied)?;
        let made = account.owners.iter_mut().filter(|_| is_new);
        made.for_each(|owner| owner.is_from_creation = true);
        self.accounts.insert(key, account.clone());
        Ok(Applied { account, is_new })
    }
}

fn take_fields(
    account: &mut ServiceAccount,
    manager: &str,
    applied: &AppliedFields,
) -> Result<(), ApiError> {
    let wanted = applied.fields.values();
    let live = account.fields.values();
    for owner in account
        .owners
        .iter_mut()
        .filter(|owner| owner.manager != manager)
    {
        let differs = |field: &&AccountField| {
            wanted
                .get(*field)
                .is_some_and(|value| live.get(*field) != Some(value))
        };
        let taken: Vec<AccountField> = owner.fields.iter().filter(differs).cloned().collect();
        if let Some(field) = taken.first()
            && !applied.is_forced
        {
            let message = format!("conflict with \"{}\": {field}", owner.manager);
            return Err(refused(ErrorKind::Conflict, "patch", &message));
        }
        owner.fields.retain(|field| !taken.contains(field));
    }
    let is_own = |owner: &FieldOwner| owner.manager == manager;
    let before = account.owners.iter().find(|owner| is_own(owner));
    let before = before.map(|owner| owner.fields.clone()).unwrap_or_default();
    account.owners.retain(|owner| !is_own(owner));
    for field in before {
        let is_held = account
            .owners
            .iter()
            .any(|owner| owner.fields.contains(&field));
        if !wanted.contains_key(&field) && !is_held {
            unset(&mut account.fields, &field);
        }
    }
    let AppliedFields { fields, .. } = applied;
    account
        .fields
        .annotations
        .extend(fields.annotations.clone());
    account.fields.labels.extend(fields.labels.clone());
    if fields.image_pull_secrets.is_some() {
        account.fields.image_pull_secrets = fields.image_pull_secrets.clone();
    }
    account.fields.automount_token = fields.automount_token.or(account.fields.automount_token);
    if !wanted.is_empty() {
        account.owners.push(FieldOwner {
            manager: manager.to_owned(),
            operation: "Apply".to_owned(),
            fields: wanted.into_keys().collect(),
            is_from_creation: false,
        });
    }
    Ok(())
}

fn unset(fields: &mut AccountFields, field: &AccountField) {
    match field {
        AccountField::Annotation(key) => {
            fields.annotations.remove(key);
        }
        AccountField::Label(key) => {
            fields.labels.remove(key);
        }
        AccountField::ImagePullSecrets => fields.image_pull_secrets = None,
        AccountField::AutomountToken => fields.automount_token = None,
    }
}

#[async_trait]
impl ServiceAccountApi for FakeKube {
    async fn service_account(
        &self,
        namespace: &str,
        name: &str,
    ) -> Result<Option<ServiceAccount>, ApiError> {
        tokio::task::yield_now().await;
        self.begin_with_account(Verb::Get, "get")?;
        Ok(self.service_account_now(namespace, name))
    }

    async fn service_accounts(
        &self,
        namespace: Option<&str>,
    ) -> Result<Vec<ServiceAccount>, ApiError> {
        tokio::task::yield_now().await;
        self.begin_with_account(Verb::List, "list")?;
        let state = self.account_state();
        let asked = state
            .accounts
            .values()
            .filter(|account| namespace.is_none_or(|namespace| account.namespace == namespace));
        Ok(asked.cloned().collect())
    }

    async fn apply_service_account(&self, applied: &AppliedFields) -> Result<Applied, ApiError> {
        tokio::task::yield_now().await;
        let fault = self.begin_with_account(Verb::Patch, "patch")?;
        let is_there = self
            .service_account_now(&applied.namespace, &applied.name)
            .is_some();
        if !is_there && applied.uid.is_none() {
            self.permit("create", "serviceaccounts")?;
        }
        let done = self.account_state().apply(FIELD_MANAGER, applied)?;
        match fault {
            Some(Fault::LoseAnswer) => Err(refused(
                ErrorKind::AnswerLost,
                "patch",
                "the connection broke",
            )),
            _ => Ok(done),
        }
    }

    async fn delete_service_account(
        &self,
        namespace: &str,
        name: &str,
        uid: &str,
    ) -> Result<(), ApiError> {
        self.begin_with_account(Verb::Delete, "delete")?;
        match self.service_account_now(namespace, name) {
            Some(account) if account.uid != uid => Err(refused(
                ErrorKind::Conflict,
                "delete",
                "the UID in the precondition does not match",
            )),
            _ => {
                self.remove_service_account(namespace, name);
                Ok(())
            }
        }
    }

    async fn pods_of_service_account(
        &self,
        namespace: &str,
        name: &str,
    ) -> Result<RunningPods, ApiError> {
        self.permit("list", "pods")?;
        let key = (namespace.to_owned(), name.to_owned());
        let mut names = self
            .account_state()
            .pods
            .get(&key)
            .cloned()
            .unwrap_or_default();
        let has_more = names.len() > NAMED_PODS;
        names.truncate(NAMED_PODS);
        Ok(RunningPods { names, has_more })
    }
}
