//! From the roles and bindings that are there to the state. What is not there, or refers to another role, shows as missing where it is written: as a
//! namespace, as groups and users, as rules.

use std::collections::{BTreeMap, BTreeSet};

use tf_provider::Attr;
use tf_provider::resource::State;

use super::objects::{self, BoundNames, HeldObject};
use super::schema::{GroupBindingModel, RuleModel, Texts};
use crate::attributes::values::{known_map, known_set, to_map, to_set};
use crate::ports::rbac_objects::{RbacField, RbacKey, RbacObject, RbacRule, are_same_rules};

/// What was found of the objects of a state.
pub(super) type Found = BTreeMap<RbacKey, RbacObject>;

/// Every object that a state stands for: by its attributes, and by what it has made.
pub(super) fn expected(state: &State<GroupBindingModel>) -> BTreeSet<RbacKey> {
    let held = objects::held(&state.private);
    let held = held.iter().filter_map(HeldObject::key);
    let by_attributes = objects::keys(&state.model).unwrap_or_default();
    by_attributes.into_iter().chain(held).collect()
}

/// The state of what is there; `None` where nothing is left of it.
pub(super) fn flatten(
    found: &Found,
    state: State<GroupBindingModel>,
) -> Option<State<GroupBindingModel>> {
    let live = Live {
        state: &state.model,
        found: understood(found, &state.model),
    };
    if live.found.is_empty() {
        return None;
    }
    let held = held_now(found, &objects::held(&state.private));
    let names = live.names();
    let of =
        |names: &Option<BoundNames>, pick: fn(&BoundNames) -> &BTreeSet<String>, before: &Texts| {
            names
                .as_ref()
                .map_or(Attr::Null, |names| set_or_null(pick(names), before))
        };
    let model = GroupBindingModel {
        rules: live.rules(),
        groups: of(&names, |names| &names.groups, &state.model.groups),
        users: of(&names, |names| &names.users, &state.model.users),
        namespaces: live.namespaces(),
        labels: live.labels(),
        adopted: Attr::Known(held.iter().any(|one| one.adopted)),
        ..state.model.clone()
    };
    Some(State {
        private: objects::with_held(state.private, &held),
        model,
    })
}

/// A binding that refers to another role was made by somebody else, and gives nothing of what is meant.
fn understood(found: &Found, state: &GroupBindingModel) -> Found {
    let role = objects::role_ref(state);
    let is_meant = |object: &RbacObject| {
        object.key.kind.is_role() || role.is_none() || object.fields.role_ref == role
    };
    let meant = found.iter().filter(|(_, object)| is_meant(object));
    meant
        .map(|(key, object)| (key.clone(), object.clone()))
        .collect()
}

/// One that somebody else has made again is theirs. What the state has made beside what its attributes say waits for the next apply.
fn held_now(found: &Found, held: &[HeldObject]) -> Vec<HeldObject> {
    let one = |object: &RbacObject| {
        let adopted = match objects::find_held(held, &object.key) {
            Some(before) => before.adopted || (before.uid != object.uid && !object.is_own_alone()),
            None => !object.is_own_alone(),
        };
        HeldObject::new(object, adopted)
    };
    found.values().map(one).collect()
}

fn set_or_null(names: &BTreeSet<String>, before: &Texts) -> Texts {
    match names.is_empty() && before.is_null() {
        true => Attr::Null,
        false => to_set(names.iter().cloned()),
    }
}

struct Live<'a> {
    state: &'a GroupBindingModel,
    found: Found,
}

impl Live<'_> {
    fn roles(&self) -> impl Iterator<Item = &RbacObject> {
        self.found.values().filter(|one| one.key.kind.is_role())
    }

    fn bindings(&self) -> impl Iterator<Item = &RbacObject> {
        self.found.values().filter(|one| !one.key.kind.is_role())
    }

    /// Whom the bindings name: of several those of the first that says something else than the state. `None` where there is no binding.
    fn names(&self) -> Option<BoundNames> {
        let before = BoundNames {
            groups: known_set(&self.state.groups).unwrap_or_default(),
            users: known_set(&self.state.users).unwrap_or_default(),
        };
        let mut names = self.bindings().map(|binding| {
            BoundNames::of_subjects(binding.fields.subjects.as_deref().unwrap_or_default())
        });
        let first = names.next()?;
        let mut all = std::iter::once(first.clone()).chain(names);
        Some(all.find(|names| *names != before).unwrap_or(first))
    }

    /// Where there is all that belongs there.
    fn namespaces(&self) -> Texts {
        if self.state.namespaces.is_null() {
            return Attr::Null;
        }
        let in_namespaces = |of: &mut dyn Iterator<Item = &RbacObject>| -> BTreeSet<String> {
            of.map(|one| one.key.namespace.clone()).collect()
        };
        let bound = in_namespaces(&mut self.bindings());
        let is_own = self.state.cluster_role.is_null() && self.state.role.is_null();
        let with_role = in_namespaces(&mut self.roles());
        to_set(
            bound
                .into_iter()
                .filter(|namespace| !is_own || with_role.contains(namespace)),
        )
    }

    /// Of several roles the rules of the first that says something else than the state.
    fn rules(&self) -> Attr<Vec<Attr<RuleModel>>> {
        if !self.state.cluster_role.is_null() || !self.state.role.is_null() {
            return Attr::Null;
        }
        let before: Option<Vec<RbacRule>> = self.state.rules.known().and_then(|rules| {
            rules
                .iter()
                .map(|rule| objects::expand_rule(rule.known()?))
                .collect()
        });
        let rules = |role: &RbacObject| role.fields.rules.clone().unwrap_or_default();
        let is_other = |role: &&RbacObject| {
            before
                .as_ref()
                .is_none_or(|before| !are_same_rules(before, &rules(role)))
        };
        match self.roles().find(is_other) {
            Some(role) => flatten_rules(&rules(role)),
            None if self.roles().next().is_some() || !self.state.namespaces.is_null() => {
                self.state.rules.clone()
            }
            None => Attr::Null,
        }
    }

    /// What the state has and what this provider holds beside that, as the first object has it that says something else than the state.
    fn labels(&self) -> Attr<BTreeMap<String, Attr<String>>> {
        let before = known_map(&self.state.labels).unwrap_or_default();
        let mut shown = BTreeMap::new();
        let own = self.found.values().flat_map(RbacObject::own_fields);
        let own = own.filter_map(|field| match field {
            RbacField::Label(key) => Some(key),
            _ => None,
        });
        let keys: BTreeSet<String> = own.chain(before.keys().cloned()).collect();
        for key in keys {
            let values = self.found.values().map(|one| one.fields.labels.get(&key));
            let was = before.get(&key);
            let mut others = values.filter(|value| *value != was);
            match (others.next(), was) {
                (Some(Some(other)), _) => shown.insert(key, other.clone()),
                (Some(None), _) | (None, None) => None,
                (None, Some(was)) => shown.insert(key, was.clone()),
            };
        }
        match shown.is_empty() && self.state.labels.is_null() {
            true => Attr::Null,
            false => to_map(shown),
        }
    }
}

/// Rules as the attributes have them: the core group alone is what a rule without `api_groups` stands for.
pub(super) fn flatten_rules(rules: &[RbacRule]) -> Attr<Vec<Attr<RuleModel>>> {
    let set = |texts: &[String]| match texts {
        [] => Attr::Null,
        texts => to_set(texts.iter().cloned()),
    };
    let groups = |rule: &RbacRule| match rule.api_groups.as_slice() {
        [core] if core.is_empty() && !rule.resources.is_empty() => Attr::Null,
        groups => set(groups),
    };
    let rule = |rule: &RbacRule| {
        Attr::Known(RuleModel {
            api_groups: groups(rule),
            resources: set(&rule.resources),
            verbs: to_set(rule.verbs.iter().cloned()),
            resource_names: set(&rule.resource_names),
            non_resource_urls: set(&rule.non_resource_urls),
        })
    };
    Attr::Known(rules.iter().map(rule).collect())
}
