//! From the attributes to the roles and bindings that stand for them, and which of these the state has put where.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use tf_provider::Attr;
use tf_provider::resource::Private;

use super::schema::{GroupBindingModel, RuleModel};
use crate::attributes::values::{known_map, known_set};
use crate::ports::rbac_objects::{
    BoundSubject, RbacFields, RbacKey, RbacKind, RbacObject, RbacRule, RoleRef,
};
use crate::session::object_claim::Origin;

/// What the user name of every service account begins with.
const SERVICE_ACCOUNT: &str = "system:serviceaccount:";

/// Private facts: the objects of a state.
const OBJECTS: &str = "objects";

/// An object that is to be there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct WantedObject {
    pub(super) key: RbacKey,
    pub(super) fields: RbacFields,
}

/// An object that a state stands for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct HeldObject {
    /// As manifests write it.
    kind: String,
    namespace: String,
    name: String,
    /// The very object.
    pub(super) uid: String,
    /// Whether it was there before.
    pub(super) adopted: bool,
}

impl HeldObject {
    pub(super) fn new(object: &RbacObject, adopted: bool) -> Self {
        Self {
            kind: object.key.kind.word().to_owned(),
            namespace: object.key.namespace.clone(),
            name: object.key.name.clone(),
            uid: object.uid.clone(),
            adopted,
        }
    }

    /// Whether it is the very object that is held. One that only the attributes name is, if nobody else holds anything of it.
    pub(super) fn is_same(&self, object: &RbacObject) -> bool {
        match self.uid.as_str() {
            "" => object.is_own_alone(),
            uid => uid == object.uid,
        }
    }

    /// How it came to the state, for another address that goes on with it.
    pub(super) fn origin(&self) -> Origin {
        match self.adopted {
            true => Origin::Adopted,
            false => Origin::Made,
        }
    }

    /// Which object; `None` for a kind of another version of the provider.
    pub(super) fn key(&self) -> Option<RbacKey> {
        let kind = RbacKind::ALL
            .into_iter()
            .find(|kind| kind.word() == self.kind)?;
        Some(RbacKey {
            kind,
            namespace: self.namespace.clone(),
            name: self.name.clone(),
        })
    }
}

/// The objects that a state stands for; roles before bindings.
pub(super) fn held(private: &Private) -> Vec<HeldObject> {
    let entry = private.entries.get(OBJECTS);
    entry
        .and_then(|entry| serde_json::from_value(entry.clone()).ok())
        .unwrap_or_default()
}

/// The same, and what the attributes name beside them: private facts are lost where an object is to be made anew after a failure.
pub(super) fn held_or_named(model: &GroupBindingModel, private: &Private) -> Vec<HeldObject> {
    let mut found = held(private);
    for key in keys(model).unwrap_or_default() {
        if find_held(&found, &key).is_none() {
            found.push(HeldObject {
                kind: key.kind.word().to_owned(),
                namespace: key.namespace,
                name: key.name,
                uid: String::new(),
                adopted: model.adopted == Attr::Known(true),
            });
        }
    }
    found
}

pub(super) fn with_held(mut private: Private, held: &[HeldObject]) -> Private {
    if let Ok(entry) = serde_json::to_value(held) {
        private.entries.insert(OBJECTS.to_owned(), entry);
    }
    private
}

/// Which of the objects of a state it is.
pub(super) fn find_held<'h>(held: &'h [HeldObject], key: &RbacKey) -> Option<&'h HeldObject> {
    held.iter().find(|one| one.key().as_ref() == Some(key))
}

/// What the bindings refer to; `None` while that is not known.
pub(super) fn role_ref(model: &GroupBindingModel) -> Option<RoleRef> {
    let role = |kind, name: &String| {
        Some(RoleRef {
            kind,
            name: name.clone(),
        })
    };
    match (&model.rules, &model.cluster_role, &model.role) {
        (_, Attr::Known(name), _) => role(RbacKind::ClusterRole, name),
        (_, Attr::Null, Attr::Known(name)) => role(RbacKind::Role, name),
        (_, Attr::Null, Attr::Null) if !model.rules.is_unknown() => {
            let kind = match &model.namespaces {
                Attr::Null => RbacKind::ClusterRole,
                Attr::Known(_) => RbacKind::Role,
                Attr::Unknown => return None,
            };
            role(kind, model.name.known()?)
        }
        _ => None,
    }
}

/// A binding's name for what it refers to, which cannot be changed.
pub(super) fn hashed_name(name: &str, role: &RoleRef) -> String {
    let digest = Sha256::digest(format!("{}/{}", role.kind.word(), role.name));
    let hash: String = digest
        .iter()
        .take(5)
        .map(|byte| format!("{byte:02x}"))
        .collect();
    format!("{name}-{hash}")
}

/// The name of the bindings of what is planned: that of the state as long as it refers to the same role.
pub(super) fn binding_name(
    planned: &GroupBindingModel,
    prior: Option<&GroupBindingModel>,
) -> Attr<String> {
    let (Some(role), Attr::Known(name)) = (role_ref(planned), &planned.name) else {
        return Attr::Unknown;
    };
    let before =
        prior.filter(|prior| prior.name == planned.name && role_ref(prior).as_ref() == Some(&role));
    match before.map(|prior| &prior.binding_name) {
        Some(Attr::Known(before)) => Attr::Known(before.clone()),
        _ => Attr::Known(hashed_name(name, &role)),
    }
}

/// Everything that is to be there, roles before bindings; `None` while something of it is unknown.
pub(super) fn expand(model: &GroupBindingModel) -> Option<Vec<WantedObject>> {
    let rules = expand_rules(model)?;
    let labels = known_map(&model.labels)?;
    let role = role_ref(model)?;
    let subjects = expand_subjects(model)?;
    let keys = keys(model)?;
    let wanted = |key: RbacKey| {
        let is_role = key.kind.is_role();
        WantedObject {
            fields: RbacFields {
                labels: labels.clone(),
                rules: rules.clone().filter(|_| is_role),
                role_ref: (!is_role).then(|| role.clone()),
                subjects: (!is_role).then(|| subjects.clone()),
            },
            key,
        }
    };
    Some(keys.into_iter().map(wanted).collect())
}

/// The objects by name, roles before bindings; `None` while that is not known.
pub(super) fn keys(model: &GroupBindingModel) -> Option<Vec<RbacKey>> {
    let role = role_ref(model)?;
    let binding = model.binding_name.known()?;
    let is_own = model.cluster_role.is_null() && model.role.is_null();
    let namespaces = match model.namespaces.is_null() {
        true => vec![String::new()],
        false => known_set(&model.namespaces)?.into_iter().collect(),
    };
    let binding_kind = match model.namespaces.is_null() {
        true => RbacKind::ClusterRoleBinding,
        false => RbacKind::RoleBinding,
    };
    let in_namespaces = |kind, name: &str| -> Vec<RbacKey> {
        let key = |namespace: &String| RbacKey {
            kind,
            namespace: namespace.clone(),
            name: name.to_owned(),
        };
        namespaces.iter().map(key).collect()
    };
    let mut keys = match is_own {
        true => in_namespaces(role.kind, &role.name),
        false => Vec::new(),
    };
    keys.extend(in_namespaces(binding_kind, binding));
    Some(keys)
}

/// The rules of a role of its own; the inner `None`: there is no such role.
fn expand_rules(model: &GroupBindingModel) -> Option<Option<Vec<RbacRule>>> {
    match &model.rules {
        Attr::Null => Some(None),
        Attr::Unknown => None,
        Attr::Known(rules) => {
            let rules = rules.iter().map(|rule| expand_rule(rule.known()?));
            Some(Some(rules.collect::<Option<_>>()?))
        }
    }
}

pub(super) fn expand_rule(rule: &RuleModel) -> Option<RbacRule> {
    let texts = |texts| Some(known_set(texts)?.into_iter().collect::<Vec<String>>());
    let resources = texts(&rule.resources)?;
    let api_groups = match (&rule.api_groups, resources.is_empty()) {
        (Attr::Null, false) => vec![String::new()],
        (given, _) => texts(given)?,
    };
    Some(RbacRule {
        api_groups,
        resources,
        verbs: texts(&rule.verbs)?,
        resource_names: texts(&rule.resource_names)?,
        non_resource_urls: texts(&rule.non_resource_urls)?,
    })
}

/// A user name of a service account stands for the account itself, as for the API server.
fn expand_subjects(model: &GroupBindingModel) -> Option<Vec<BoundSubject>> {
    let groups = known_set(&model.groups)?.into_iter();
    let users = known_set(&model.users)?.into_iter();
    let user = |name: String| match name
        .strip_prefix(SERVICE_ACCOUNT)
        .and_then(|rest| rest.split_once(':'))
    {
        Some((namespace, account)) => BoundSubject::ServiceAccount {
            namespace: namespace.to_owned(),
            name: account.to_owned(),
        },
        None => BoundSubject::User(name),
    };
    Some(
        groups
            .map(BoundSubject::Group)
            .chain(users.map(user))
            .collect(),
    )
}

/// Whom a binding names, as the attributes have them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct BoundNames {
    pub(super) groups: BTreeSet<String>,
    pub(super) users: BTreeSet<String>,
}

impl BoundNames {
    /// The groups and users among subjects, in which a service account has its user name.
    pub(super) fn of_subjects(subjects: &[BoundSubject]) -> Self {
        let mut names = Self::default();
        for subject in subjects {
            match subject {
                BoundSubject::Group(name) => names.groups.insert(name.clone()),
                BoundSubject::User(name) => names.users.insert(name.clone()),
                BoundSubject::ServiceAccount { namespace, name } => names
                    .users
                    .insert(format!("{SERVICE_ACCOUNT}{namespace}:{name}")),
            };
        }
        names
    }
}

/// What an import takes for it.
pub(super) fn id(model: &GroupBindingModel) -> Attr<String> {
    let Some(keys) = keys(model) else {
        return Attr::Unknown;
    };
    let Some(first) = keys.first() else {
        // No namespace has all that belongs there, so no import finds it.
        return match &model.name {
            Attr::Known(name) => model.placement().import_id(&format!("/{name}")),
            _ => Attr::Unknown,
        };
    };
    let same_kind = keys.iter().filter(|key| key.kind == first.kind);
    let namespaces: Vec<&str> = same_kind.map(|key| key.namespace.as_str()).collect();
    let place = match first.kind.is_namespaced() {
        true => format!("{}/", namespaces.join(",")),
        false => String::new(),
    };
    let kind = first.kind.word().to_lowercase();
    model
        .placement()
        .import_id(&format!("/{kind}/{place}{}", first.name))
}
