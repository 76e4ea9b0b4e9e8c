//! Roles and bindings of the API server in memory, with what server-side apply and RBAC promise: who holds a field, that a binding's role never changes, and
//! that nobody grants rights that they do not hold.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::{MutexGuard, PoisonError};

use async_trait::async_trait;

use super::FakeKube;
use super::kubernetes::{Fault, Verb, failed_request};
use crate::ports::rbac::{Binding, RbacObjects, Role, Subject};
use crate::ports::rbac_objects::{
    AppliedRbac, AppliedRbacObject, BoundSubject, Discovery, RbacField, RbacFieldOwner, RbacFields,
    RbacKey, RbacKind, RbacObject, RbacObjectApi, ServedResource,
};
use crate::ports::service_account::FIELD_MANAGER;
use crate::ports::{ApiError, ErrorKind};

/// What there is.
#[derive(Default)]
pub(super) struct FakeRbacObjects {
    objects: BTreeMap<RbacKey, RbacObject>,
    made: u32,
    calls: Vec<(Verb, RbacKind)>,
    faults: VecDeque<(Verb, Fault)>,
    /// What an apply of rules or bindings is refused with, as an escalation.
    escalates: Option<String>,
    discovery: Option<Discovery>,
    /// Calls about a kind, or about all, are let in as long as these are there.
    rests_on: Vec<(Option<RbacKind>, RbacKey)>,
}

impl FakeKube {
    /// Somebody else applies fields, and takes them from whoever holds them; the object is made if there is none.
    pub fn put_rbac_object(&self, manager: &str, key: &RbacKey, fields: RbacFields) -> RbacObject {
        self.make_namespace(&key.namespace);
        let applied = AppliedRbacObject {
            key: key.clone(),
            uid: None,
            fields,
            is_forced: true,
        };
        self.rbac_state().apply(manager, &applied).unwrap().object
    }

    /// Somebody deletes an object.
    pub fn remove_rbac_object(&self, key: &RbacKey) {
        self.rbac_state().objects.remove(key);
    }

    /// An object as it is now.
    pub fn rbac_object_now(&self, key: &RbacKey) -> Option<RbacObject> {
        self.rbac_state().objects.get(key).cloned()
    }

    /// All of them.
    pub fn rbac_keys(&self) -> Vec<RbacKey> {
        self.rbac_state().objects.keys().cloned().collect()
    }

    /// The next call about roles and bindings with the verb meets the fault.
    pub fn on_next_rbac(&self, verb: Verb, fault: Fault) {
        self.rbac_state().faults.push_back((verb, fault));
    }

    /// From now on every apply is refused because the caller has not these rights, in the words of the API server.
    pub fn refuse_escalation(&self, rules: &str) {
        self.rbac_state().escalates = Some(rules.to_owned());
    }

    /// From now on calls about objects of the kind, or of all kinds, are refused once this object is gone.
    pub fn rest_rights_on(&self, kind: Option<RbacKind>, object: RbacKey) {
        self.rbac_state().rests_on.push((kind, object));
    }

    /// What the server serves; unless a test says so it does not tell.
    pub fn set_discovery(&self, resources: &[(&str, &str, &[&str])]) {
        let resource = |(group, name, verbs): &(&str, &str, &[&str])| ServedResource {
            api_group: (*group).to_owned(),
            name: (*name).to_owned(),
            verbs: verbs.iter().map(|verb| (*verb).to_owned()).collect(),
            is_namespaced: true,
        };
        self.rbac_state().discovery = Some(Discovery {
            resources: resources.iter().map(resource).collect(),
            incomplete: Vec::new(),
        });
    }

    /// The calls about roles and bindings since this was asked last.
    pub fn take_rbac_calls(&self) -> Vec<(Verb, RbacKind)> {
        std::mem::take(&mut self.rbac_state().calls)
    }

    fn rbac_state(&self) -> MutexGuard<'_, FakeRbacObjects> {
        self.rbac_objects
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// The objects as the guard reads them, beside what a test says outright.
    pub(super) fn rbac_objects_for_the_guard(&self) -> RbacObjects {
        let mut found = RbacObjects::default();
        for object in self.rbac_state().objects.values() {
            let is_of_kube_system = object.key.namespace == "kube-system";
            match object.key.kind {
                RbacKind::ClusterRole => found.cluster_roles.push(role(object)),
                RbacKind::ClusterRoleBinding => found.cluster_role_bindings.push(binding(object)),
                RbacKind::Role if is_of_kube_system => found.roles.push(role(object)),
                RbacKind::RoleBinding if is_of_kube_system => {
                    found.role_bindings.push(binding(object));
                }
                RbacKind::Role | RbacKind::RoleBinding => {}
            }
        }
        found
    }

    /// Counts the call and lets its fault happen; what is returned is still to be done by the call itself.
    fn begin_with_rbac(&self, verb: Verb, kind: RbacKind) -> Result<Option<Fault>, ApiError> {
        let word = word(verb);
        self.permit(word, kind.plural())?;
        if self.rbac_state().has_lost_rights(kind) {
            let message = "whoever acts has no right to it any more";
            return Err(refused(ErrorKind::AccessDenied, verb, kind, message));
        }
        let fault = {
            let mut state = self.rbac_state();
            state.calls.push((verb, kind));
            let position = state.faults.iter().position(|(wanted, _)| *wanted == verb);
            let fault = position.and_then(|position| state.faults.remove(position));
            fault.map(|(_, fault)| fault)
        };
        match fault {
            Some(Fault::Refuse(error)) => Err(refused(error, verb, kind, "refused on demand")),
            Some(Fault::LoseRequest) => {
                let message = "the connection broke";
                Err(refused(ErrorKind::AnswerLost, verb, kind, message))
            }
            Some(Fault::After(other)) => {
                other(self);
                Ok(None)
            }
            fault => Ok(fault),
        }
    }
}

fn word(verb: Verb) -> &'static str {
    match verb {
        Verb::Get => "get",
        Verb::List => "list",
        Verb::Create => "create",
        Verb::Patch | Verb::DryRun => "patch",
        Verb::Delete => "delete",
    }
}

fn refused(error: ErrorKind, verb: Verb, kind: RbacKind, message: &str) -> ApiError {
    failed_request(error, &format!("{} {}", word(verb), kind.plural()), message)
}

fn role(object: &RbacObject) -> Role {
    Role {
        name: object.key.name.clone(),
        rules: object.fields.policy_rules(),
        labels: object.fields.labels.clone(),
        ..Role::default()
    }
}

fn binding(object: &RbacObject) -> Binding {
    let role = object.fields.role_ref.clone();
    let subject = |subject: &BoundSubject| match subject {
        BoundSubject::Group(name) => Some(Subject::Group(name.clone())),
        BoundSubject::User(name) => Some(Subject::User(name.clone())),
        BoundSubject::ServiceAccount { namespace, name } => {
            Subject::service_account(namespace, name)
        }
    };
    Binding {
        refers_to_cluster_role: role
            .as_ref()
            .is_some_and(|role| role.kind == RbacKind::ClusterRole),
        role: role.map(|role| role.name).unwrap_or_default(),
        subjects: object
            .fields
            .subjects
            .iter()
            .flatten()
            .filter_map(subject)
            .collect(),
    }
}

impl FakeRbacObjects {
    fn has_lost_rights(&self, kind: RbacKind) -> bool {
        self.rests_on.iter().any(|(of, object)| {
            of.is_none_or(|of| of == kind) && !self.objects.contains_key(object)
        })
    }

    fn apply(
        &mut self,
        manager: &str,
        applied: &AppliedRbacObject,
    ) -> Result<AppliedRbac, ApiError> {
        let kind = applied.key.kind;
        let refuse = |error, message: &str| Err(refused(error, Verb::Patch, kind, message));
        if let (Some(rules), true) = (&self.escalates, manager == FIELD_MANAGER) {
            let message = format!(
                "user \"ci\" (groups=[\"system:authenticated\"]) is attempting to grant RBAC permissions not currently held:\n{rules}"
            );
            return refuse(ErrorKind::AccessDenied, &message);
        }
        let before = self.objects.get(&applied.key).cloned();
        let uid = before.as_ref().map(|object| &object.uid);
        if applied.uid.is_some() && applied.uid.as_ref() != uid {
            return refuse(ErrorKind::Conflict, "uid mismatch");
        }
        let is_new = before.is_none();
        let mut object = before.unwrap_or_else(|| {
            self.made += 1;
            RbacObject {
                key: applied.key.clone(),
                uid: format!("uid-{}", self.made),
                fields: RbacFields::default(),
                is_aggregated: false,
                owners: Vec::new(),
            }
        });
        let other_role = applied.fields.role_ref.as_ref();
        if !is_new && other_role.is_some_and(|role| object.fields.role_ref.as_ref() != Some(role)) {
            return refuse(ErrorKind::Invalid, "cannot change roleRef");
        }
        take_fields(&mut object, manager, applied)?;
        self.objects.insert(applied.key.clone(), object.clone());
        Ok(AppliedRbac { object, is_new })
    }
}

fn take_fields(
    object: &mut RbacObject,
    manager: &str,
    applied: &AppliedRbacObject,
) -> Result<(), ApiError> {
    let (wanted, live) = (applied.fields.values(), object.fields.values());
    let others = object
        .owners
        .iter_mut()
        .filter(|owner| owner.manager != manager);
    for owner in others {
        let differs = |field: &&RbacField| {
            wanted
                .get(*field)
                .is_some_and(|value| live.get(*field) != Some(value))
        };
        let taken: Vec<RbacField> = owner.fields.iter().filter(differs).cloned().collect();
        if let Some(field) = taken.first()
            && !applied.is_forced
        {
            let message = format!("conflict with \"{}\": {field}", owner.manager);
            let kind = applied.key.kind;
            return Err(refused(ErrorKind::Conflict, Verb::Patch, kind, &message));
        }
        owner.fields.retain(|field| !taken.contains(field));
    }
    let is_own = |owner: &RbacFieldOwner| owner.manager == manager;
    let before: BTreeSet<RbacField> = object
        .owners
        .iter()
        .filter(|owner| is_own(owner))
        .flat_map(|owner| owner.fields.clone())
        .collect();
    object.owners.retain(|owner| !is_own(owner));
    for field in before {
        let mut owners = object.owners.iter();
        if !wanted.contains_key(&field) && !owners.any(|owner| owner.fields.contains(&field)) {
            unset(&mut object.fields, &field);
        }
    }
    let AppliedRbacObject { fields, .. } = applied;
    object.fields.labels.extend(fields.labels.clone());
    if fields.rules.is_some() {
        object.fields.rules.clone_from(&fields.rules);
    }
    if fields.role_ref.is_some() {
        object.fields.role_ref.clone_from(&fields.role_ref);
    }
    if fields.subjects.is_some() {
        object.fields.subjects.clone_from(&fields.subjects);
    }
    if !wanted.is_empty() {
        object.owners.push(RbacFieldOwner {
            manager: manager.to_owned(),
            operation: "Apply".to_owned(),
            fields: wanted.into_keys().collect(),
        });
    }
    Ok(())
}

fn unset(fields: &mut RbacFields, field: &RbacField) {
    match field {
        RbacField::Label(key) => {
            fields.labels.remove(key);
        }
        RbacField::Rules => fields.rules = Some(Vec::new()),
        RbacField::Subjects => fields.subjects = Some(Vec::new()),
        RbacField::RoleRef => fields.role_ref = None,
    }
}

#[async_trait]
impl RbacObjectApi for FakeKube {
    async fn rbac_object(&self, key: &RbacKey) -> Result<Option<RbacObject>, ApiError> {
        tokio::task::yield_now().await;
        self.begin_with_rbac(Verb::Get, key.kind)?;
        Ok(self.rbac_object_now(key))
    }

    async fn rbac_objects(&self, kind: RbacKind) -> Result<Vec<RbacObject>, ApiError> {
        tokio::task::yield_now().await;
        self.begin_with_rbac(Verb::List, kind)?;
        let state = self.rbac_state();
        let of_kind = state
            .objects
            .values()
            .filter(|object| object.key.kind == kind);
        Ok(of_kind.cloned().collect())
    }

    async fn apply_rbac_object(
        &self,
        applied: &AppliedRbacObject,
    ) -> Result<AppliedRbac, ApiError> {
        tokio::task::yield_now().await;
        let kind = applied.key.kind;
        let fault = self.begin_with_rbac(Verb::Patch, kind)?;
        if !applied.key.namespace.is_empty() && !self.has_namespace(&applied.key.namespace) {
            let message = format!("namespaces \"{}\" not found", applied.key.namespace);
            return Err(refused(ErrorKind::NotFound, Verb::Patch, kind, &message));
        }
        if self.rbac_object_now(&applied.key).is_none() && applied.uid.is_none() {
            self.permit("create", kind.plural())?;
        }
        let done = self.rbac_state().apply(FIELD_MANAGER, applied)?;
        match fault {
            Some(Fault::LoseAnswer) => {
                let message = "the connection broke";
                Err(refused(ErrorKind::AnswerLost, Verb::Patch, kind, message))
            }
            _ => Ok(done),
        }
    }

    async fn delete_rbac_object(&self, key: &RbacKey, uid: &str) -> Result<(), ApiError> {
        self.begin_with_rbac(Verb::Delete, key.kind)?;
        // Whoever is let in is, whatever is removed until it is done.
        tokio::task::yield_now().await;
        match self.rbac_object_now(key) {
            Some(object) if object.uid != uid => {
                let message = "the UID in the precondition does not match";
                Err(refused(
                    ErrorKind::Conflict,
                    Verb::Delete,
                    key.kind,
                    message,
                ))
            }
            _ => {
                self.remove_rbac_object(key);
                Ok(())
            }
        }
    }

    async fn discovery(&self) -> Result<Discovery, ApiError> {
        let discovery = self.rbac_state().discovery.clone();
        discovery
            .ok_or_else(|| failed_request(ErrorKind::AccessDenied, "get /apis", "forbidden: /apis"))
    }
}
