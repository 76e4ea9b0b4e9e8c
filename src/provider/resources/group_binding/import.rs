//! A role with what binds it, or a binding of a role that is managed elsewhere, found by an import id or by identity.

use std::collections::BTreeSet;
use std::sync::Arc;

use tf_provider::resource::{Private, State};
use tf_provider::{Attr, Context, Diagnostics};

use super::flatten::{self, Found};
use super::identity::GroupBindingIdentity;
use super::objects::{self, BoundNames, HeldObject, hashed_name};
use super::schema::GroupBindingModel;
use super::{about, cannot_read, diagnostics, rules};
use crate::attributes::import_id::ImportId;
use crate::attributes::values::{to_map, to_set};
use crate::client::Client;
use crate::clusters::{ClusterIdentity, Clusters, FoundCluster};
use crate::ports::rbac_objects::{
    RbacField, RbacKey, RbacKind, RbacObject, RoleRef, is_built_in_name,
};
use crate::session::recent::Asked;

/// What an import names.
struct Named {
    cluster: ClusterIdentity,
    target: Target,
}

enum Target {
    /// One kind of object, in these namespaces where it is in any.
    Object {
        kind: RbacKind,
        namespaces: BTreeSet<String>,
        name: String,
    },
    /// Whatever a group binding of the name has made.
    Name(String),
}

pub(super) async fn by_id(
    cx: &Context<Client>,
    id: &str,
) -> Result<State<GroupBindingModel>, Diagnostics> {
    let named =
        parse(id, cx.client.clusters()).ok_or_else(|| diagnostics::malformed_import_id(id))?;
    import(cx, &named).await
}

pub(super) async fn by_identity(
    cx: &Context<Client>,
    identity: GroupBindingIdentity,
) -> Result<State<GroupBindingModel>, Diagnostics> {
    let named = Named {
        cluster: identity.cluster(),
        target: Target::Name(identity.name.known().cloned().unwrap_or_default()),
    };
    import(cx, &named).await
}

/// The cluster may be an ARN, which has slashes too; names of Kubernetes have none.
fn parse(id: &str, clusters: &Clusters) -> Option<Named> {
    let parsed = ImportId::parse(id);
    let mut parts = parsed.object.rsplit('/');
    let (name, second) = (parts.next()?, parts.next()?);
    let kind = |word: &str| {
        RbacKind::ALL
            .into_iter()
            .find(|kind| kind.word().eq_ignore_ascii_case(word))
    };
    let (kind, namespaces, within) = match kind(second) {
        Some(kind) if !kind.is_namespaced() => (kind, BTreeSet::new(), second.to_owned()),
        _ => {
            let word = parts.next()?;
            let namespaces = second.split(',').map(str::to_owned).collect();
            (kind(word)?, namespaces, format!("{word}/{second}"))
        }
    };
    let is_sound = namespaces
        .iter()
        .all(|namespace: &String| rules::namespace(namespace).is_ok());
    if !is_sound || kind.is_namespaced() == namespaces.is_empty() || rules::role_name(name).is_err()
    {
        return None;
    }
    let cluster = parsed.object.strip_suffix(&format!("/{within}/{name}"))?;
    let cluster = parsed.within(cluster)?;
    let named = Named {
        cluster: ClusterIdentity::of_import_id(&cluster, clusters),
        target: Target::Object {
            kind,
            namespaces,
            name: name.to_owned(),
        },
    };
    (!cluster.object.contains('/')).then_some(named)
}

async fn import(
    cx: &Context<Client>,
    named: &Named,
) -> Result<State<GroupBindingModel>, Diagnostics> {
    let placement = named.cluster.to_placement();
    let cluster = placement.at_import(cx.client.clusters()).await?;
    named.cluster.check_account(&cluster)?;
    let importing = Importing {
        cx,
        cluster: cluster.clone(),
    };
    let model = importing.find(&named.target).await?;
    let model = model.placed(placement.in_cluster(&cluster));
    let keys = objects::keys(&model).unwrap_or_default();
    let found = importing.read(&keys.into_iter().collect()).await?;
    let held: Vec<HeldObject> = found
        .values()
        .map(|object| HeldObject::new(object, !object.is_own_alone()))
        .collect();
    let state = State {
        private: objects::with_held(Private::default(), &held),
        model: with_labels(model, &found),
    };
    let text = about(&state.model, &cluster).text();
    flatten::flatten(&found, state)
        .ok_or_else(|| diagnostics::nothing_to_import(&cluster.reference.name, &text).into())
}

/// The labels that this provider holds; those of others are theirs.
fn with_labels(model: GroupBindingModel, found: &Found) -> GroupBindingModel {
    let of_object = |object: &RbacObject| {
        let own = object.own_fields();
        let labels = object.fields.labels.clone().into_iter();
        labels
            .filter(move |(key, _)| own.contains(&RbacField::Label(key.clone())))
            .collect::<Vec<_>>()
    };
    let labels: Vec<(String, String)> = found.values().flat_map(of_object).collect();
    GroupBindingModel {
        labels: match labels.is_empty() {
            true => Attr::Null,
            false => to_map(labels),
        },
        ..model
    }
}

struct Importing<'a> {
    cx: &'a Context<Client>,
    cluster: Arc<FoundCluster>,
}

/// A role, and what its state says of it.
struct FoundRole<'a> {
    role: RoleRef,
    /// Null: the whole cluster.
    namespaces: BTreeSet<String>,
    /// The role itself, unless it is only bound.
    own: Option<&'a RbacObject>,
}

impl Importing<'_> {
    async fn find(&self, target: &Target) -> Result<GroupBindingModel, Diagnostics> {
        match target {
            Target::Object {
                kind,
                namespaces,
                name,
            } if kind.is_role() => self.role(*kind, namespaces, name).await,
            Target::Object {
                kind,
                namespaces,
                name,
            } => self.binding(*kind, namespaces, name).await,
            Target::Name(name) => self.name(name).await,
        }
    }

    async fn all(&self, kind: RbacKind) -> Result<Vec<RbacObject>, Diagnostics> {
        let about = self.about();
        let listed = match self.cluster.kubernetes() {
            Ok(kube) => kube.rbac_objects(kind).await,
            Err(error) => Err(error),
        };
        match listed {
            Ok(objects) => Ok(objects),
            Err(error) => Err(cannot_read(self.cx, &self.cluster, &about, &error).await),
        }
    }

    async fn read(&self, keys: &BTreeSet<RbacKey>) -> Result<Found, Diagnostics> {
        match super::find(self.cx, &self.cluster, keys, Asked::AtRefresh).await {
            Ok(found) => Ok(found),
            Err(error) => Err(cannot_read(self.cx, &self.cluster, &self.about(), &error).await),
        }
    }

    fn about(&self) -> diagnostics::About {
        about(&GroupBindingModel::default(), &self.cluster)
    }

    fn nothing(&self, what: &str) -> Diagnostics {
        diagnostics::nothing_to_import(&self.cluster.reference.name, what).into()
    }

    /// The objects of a name, one in each namespace or one in none; all of them have to be there.
    async fn in_each(
        &self,
        kind: RbacKind,
        namespaces: &BTreeSet<String>,
        name: &str,
    ) -> Result<Found, Diagnostics> {
        let places: Vec<String> = match namespaces.is_empty() {
            true => vec![String::new()],
            false => namespaces.iter().cloned().collect(),
        };
        let keys: BTreeSet<RbacKey> = places
            .into_iter()
            .map(|namespace| RbacKey {
                kind,
                namespace,
                name: name.to_owned(),
            })
            .collect();
        let found = self.read(&keys).await?;
        match keys.iter().find(|key| !found.contains_key(key)) {
            Some(missing) => Err(self.nothing(&missing.to_string())),
            None => Ok(found),
        }
    }

    /// A role with what binds it. A built-in one is only bound.
    async fn role(
        &self,
        kind: RbacKind,
        namespaces: &BTreeSet<String>,
        name: &str,
    ) -> Result<GroupBindingModel, Diagnostics> {
        let found = self.in_each(kind, namespaces, name).await?;
        let own = found.values().next();
        let own = own.filter(|role| !role.is_built_in() && !role.is_aggregated);
        let found = FoundRole {
            role: RoleRef {
                kind,
                name: name.to_owned(),
            },
            namespaces: namespaces.clone(),
            own,
        };
        self.with_bindings(found).await
    }

    /// The state of a role with the binding that has this provider's name for it, else the only one that there is.
    async fn with_bindings(&self, found: FoundRole<'_>) -> Result<GroupBindingModel, Diagnostics> {
        let kind = match found.namespaces.is_empty() {
            true => RbacKind::ClusterRoleBinding,
            false => RbacKind::RoleBinding,
        };
        let all = self.all(kind).await?;
        let of_role = |object: &&RbacObject| {
            let is_there =
                found.namespaces.is_empty() || found.namespaces.contains(&object.key.namespace);
            is_there
                && object.fields.role_ref.as_ref() == Some(&found.role)
                && !object.is_built_in()
        };
        let bindings: Vec<&RbacObject> = all.iter().filter(of_role).collect();
        let usual = hashed_name(&found.role.name, &found.role);
        let names: BTreeSet<&str> = bindings.iter().map(|one| one.key.name.as_str()).collect();
        let name = match (names.contains(usual.as_str()), names.len()) {
            (true, _) => usual,
            (false, 0) if found.own.is_none() => {
                return Err(self.nothing(&format!("binding of {}", found.role)));
            }
            (false, 0) => usual,
            (false, 1) => names.iter().next().map_or(usual, |name| (*name).to_owned()),
            (false, _) => {
                let keys: Vec<&RbacKey> = bindings.iter().map(|one| &one.key).collect();
                let text = found.role.to_string();
                let cluster = &self.cluster.reference.name;
                return Err(diagnostics::ambiguous_import(cluster, &text, &keys).into());
            }
        };
        let subjects = bindings.iter().find(|one| one.key.name == name);
        let subjects = subjects.and_then(|one| one.fields.subjects.clone());
        Ok(model(
            &found,
            &name,
            &BoundNames::of_subjects(&subjects.unwrap_or_default()),
        ))
    }

    async fn binding(
        &self,
        kind: RbacKind,
        namespaces: &BTreeSet<String>,
        name: &str,
    ) -> Result<GroupBindingModel, Diagnostics> {
        let found = self.in_each(kind, namespaces, name).await?;
        if let Some(object) = found.values().find(|object| object.is_built_in()) {
            return Err(diagnostics::built_in_import(&self.about(), &object.key).into());
        }
        let first = found.values().next();
        let role = first.and_then(|object| object.fields.role_ref.clone());
        let (Some(first), Some(role)) = (first, role) else {
            return Err(self.nothing(&format!("{} `{name}`", kind.word())));
        };
        let names = BoundNames::of_subjects(first.fields.subjects.as_deref().unwrap_or_default());
        let bound = FoundRole {
            role,
            namespaces: namespaces.clone(),
            own: None,
        };
        Ok(model(&bound, name, &names))
    }

    /// Whatever has the name: a role of its own, cluster-wide or in namespaces, or bindings whose name is made of this one.
    async fn name(&self, name: &str) -> Result<GroupBindingModel, Diagnostics> {
        if !is_built_in_name(name) {
            let cluster_wide = RbacKey {
                kind: RbacKind::ClusterRole,
                namespace: String::new(),
                name: name.to_owned(),
            };
            if self.read(&[cluster_wide].into()).await?.len() == 1 {
                return self
                    .role(RbacKind::ClusterRole, &BTreeSet::new(), name)
                    .await;
            }
            let roles = self.all(RbacKind::Role).await?;
            let roles = roles.iter().filter(|role| role.key.name == name);
            let namespaces: BTreeSet<String> =
                roles.map(|role| role.key.namespace.clone()).collect();
            if !namespaces.is_empty() {
                return self.role(RbacKind::Role, &namespaces, name).await;
            }
        }
        for kind in [RbacKind::ClusterRoleBinding, RbacKind::RoleBinding] {
            let all = self.all(kind).await?;
            let is_named = |object: &&RbacObject| {
                let role = object.fields.role_ref.as_ref();
                role.is_some_and(|role| hashed_name(name, role) == object.key.name)
            };
            let mut named = all.iter().filter(is_named).peekable();
            if let Some(first) = named.peek().map(|first| first.key.name.clone()) {
                let places = named.map(|one| one.key.namespace.clone());
                let namespaces: BTreeSet<String> =
                    places.filter(|place| !place.is_empty()).collect();
                return self.binding(kind, &namespaces, &first).await;
            }
        }
        Err(self.nothing(&format!("group binding `{name}`")))
    }
}

/// The state, with every default, so that generated configuration plans empty.
fn model(found: &FoundRole<'_>, binding: &str, bound: &BoundNames) -> GroupBindingModel {
    let set = |names: &BTreeSet<String>| match names.is_empty() {
        true => Attr::Null,
        false => to_set(names.iter().cloned()),
    };
    let is_own = found.own.is_some();
    let named = |kind| match found.role.kind == kind && !is_own {
        true => Attr::Known(found.role.name.clone()),
        false => Attr::Null,
    };
    // What the name of a binding of this provider begins with.
    let end = hashed_name("", &found.role);
    let name = match is_own {
        true => &found.role.name,
        false => binding.strip_suffix(&end).unwrap_or(binding),
    };
    let rules = found.own.and_then(|role| role.fields.rules.clone());
    GroupBindingModel {
        name: Attr::Known(name.to_owned()),
        rules: rules.map_or(Attr::Null, |rules| flatten::flatten_rules(&rules)),
        cluster_role: named(RbacKind::ClusterRole),
        role: named(RbacKind::Role),
        groups: set(&bound.groups),
        users: set(&bound.users),
        namespaces: set(&found.namespaces),
        on_conflict: Attr::Known("error".to_owned()),
        binding_name: Attr::Known(binding.to_owned()),
        ..GroupBindingModel::default()
    }
}
