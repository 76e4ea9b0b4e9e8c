//! Access entries and policy associations, hashicorp/aws's and ours. EKS refuses a second entry of a principal (409) and drops the policies with
//! an entry; a policy that is associated again only gets another scope.

use eksauth_core::access::access_entry::{AccessEntry, Defaults};
use eksauth_core::access::access_policy::{AccessPolicy, policy_arn};
use eksauth_core::access::change::{AccessEntryChange, ClusterChange};
use eksauth_core::access::cluster_access::{Knowledge, Principal};
use eksauth_core::aws_auth::Section;
use eksauth_core::principal::arn::Arn;
use eksauth_core::principal::case_folding::equal_fold;
use serde_json::Value;

use super::super::configuration::{Expression, expression, references};
use super::super::place::{Places, Within};
use super::super::plan_file::{
    Change, Deed, PlanFile, Planned, ResourceChange, contains_unknown, texts,
};
use super::{Collector, Occurrence, Order};

/// The attribute of a user name or of groups: hashicorp/aws's spelling and ours.
const USERNAME: [&str; 2] = ["user_name", "username"];
const GROUPS: [&str; 2] = ["kubernetes_groups", "groups"];

fn change_of(change: AccessEntryChange) -> ClusterChange {
    ClusterChange::AccessEntry(change)
}

fn entry_object(principal: &str) -> Option<String> {
    Some(format!(
        "access entry {}",
        Principal::from_arn(principal).arn
    ))
}

/// An entry's attributes before a change.
fn entry_before(change: &Change) -> Option<AccessEntry> {
    let principal_arn = change.before_text("principal_arn")?.to_owned();
    let text = |names: [&str; 2]| names.iter().find_map(|name| change.before_text(name));
    let groups = GROUPS.iter().find_map(|name| change.before(name));
    Some(AccessEntry {
        created_at: None,
        principal_arn,
        kind: change.before_text("type").unwrap_or("STANDARD").to_owned(),
        username: text(USERNAME).unwrap_or_default().to_owned(),
        groups: texts(groups.unwrap_or(&Value::Null)),
        policies: Vec::new(),
    })
}

impl<'p> Collector<'p> {
    pub(super) fn collect_access_entry(&mut self, occurrence: Occurrence<'p>) {
        self.collect_policies_of_entry(&occurrence);
        let (resource, change) = (occurrence.resource, &occurrence.resource.change);
        let before = entry_before(change).filter(|_| occurrence.is_before);
        let after = change.after("principal_arn");
        if occurrence.is_after && after.is_unknown() {
            let decides = before.is_some() || self.may_shadow(resource);
            self.unknown(resource, "principal_arn", decides);
            return;
        }
        let after = after
            .text()
            .filter(|_| occurrence.is_after)
            .and_then(|principal| self.entry_after(resource, principal, before.as_ref()));
        match (before, after) {
            (Some(before), Some(after)) if is_same(&before, &after) => match occurrence.deed {
                Deed::CreateThenDelete => self.found.notes.push(format!(
                    "`{}` makes the access entry of `{}` before the old one goes, which EKS refuses: nothing changes",
                    resource.address, after.principal_arn
                )),
                Deed::Update => self.put(resource, after),
                _ => {
                    self.remove_for(&occurrence, &before);
                    self.put(resource, after);
                }
            },
            (before, after) => {
                if let Some(before) = before
                    && !self.is_handed(resource, Deed::Create)
                    && !self.stays(&occurrence)
                {
                    self.remove_for(&occurrence, &before);
                }
                match after {
                    Some(after) if self.is_handed(resource, Deed::Delete) => {
                        self.put(resource, after);
                    }
                    Some(after) => self.create(resource, after),
                    None => {}
                }
            }
        }
    }

    /// Whether what a change gives up stays in EKS: what was there before it was adopted outlives its resource.
    fn stays(&mut self, occurrence: &Occurrence<'p>) -> bool {
        let (resource, change) = (occurrence.resource, &occurrence.resource.change);
        if occurrence.deed == Deed::Update || !change.was_adopted() {
            return false;
        }
        self.found.notes.push(format!(
            "what `{}` stands for was there before it was adopted, so it stays",
            resource.address
        ));
        true
    }

    /// Whether another address of ours takes over what this one gives up, or gives up what this one takes over: the object stays as it is.
    fn is_handed(&self, resource: &ResourceChange, deed: Deed) -> bool {
        if !resource.kind.starts_with("eksauth_") {
            return false;
        }
        let names = ["cluster_name", "principal_arn", "policy_arn"];
        let named = |values: &Value| names.map(|name| values.get(name).cloned());
        let own = match deed {
            Deed::Create => named(&resource.change.before),
            _ => named(&resource.change.after),
        };
        self.plan.resource_changes.iter().any(|other| {
            let values = match deed {
                Deed::Create => &other.change.after,
                _ => &other.change.before,
            };
            other.kind == resource.kind
                && other.address != resource.address
                && other.deed() == Some(deed)
                && named(values) == own
        })
    }

    fn put(&mut self, resource: &ResourceChange, entry: AccessEntry) {
        let object = entry_object(&entry.principal_arn);
        let change = change_of(AccessEntryChange::Put(entry));
        self.push(resource, Order::Addition, change, object);
    }

    /// A new entry; where there is one already EKS refuses it, and it stays as it is.
    fn create(&mut self, resource: &ResourceChange, entry: AccessEntry) {
        let there = match &self.before.view.access_entries {
            Knowledge::Known(entries) => entries.iter().find(|there| is_same(there, &entry)),
            Knowledge::Unreadable(_) => None,
        };
        if there.is_none() && resource.kind == "eksauth_access_entry" {
            self.found.made_entries.insert(resource.address.clone());
        }
        self.put(resource, there.cloned().unwrap_or(entry));
    }

    /// One of ours that is made again has gone meanwhile, which the guard judges by itself.
    fn remove_for(&mut self, occurrence: &Occurrence<'p>, entry: &AccessEntry) {
        self.remove(occurrence.resource, entry);
        self.mark_ours_remade(occurrence);
    }

    fn mark_ours_remade(&mut self, occurrence: &Occurrence<'p>) {
        if occurrence.is_remade() && occurrence.resource.kind.starts_with("eksauth_") {
            self.mark_remade();
        }
    }

    fn remove(&mut self, resource: &ResourceChange, entry: &AccessEntry) {
        let object = entry_object(&entry.principal_arn);
        let change = change_of(AccessEntryChange::Remove {
            principal_arn: entry.principal_arn.clone(),
        });
        self.push(resource, Order::Removal, change, object);
    }

    /// The entry after a change, with what EKS fills in; `None` where something that decides is not known.
    fn entry_after(
        &mut self,
        resource: &'p ResourceChange,
        principal: &str,
        before: Option<&AccessEntry>,
    ) -> Option<AccessEntry> {
        let change = &resource.change;
        let same = before.filter(|before| before.principal_arn == principal);
        let kind = match change.after("type") {
            Planned::Known(value) => value.as_str().unwrap_or("STANDARD").to_owned(),
            Planned::Unknown => match same {
                Some(before) if !self.is_configured(resource, &["type"]) => before.kind.clone(),
                _ => {
                    let decides = same.is_some() || self.shadows(principal);
                    self.unknown(resource, "type", decides);
                    return None;
                }
            },
        };
        let defaults = Defaults::for_type(&kind, principal);
        let filled = same.map_or(defaults, |before| Defaults {
            username: before.username.clone(),
            groups: before.groups.clone(),
        });
        let username = self.attribute(resource, USERNAME, principal, same)?;
        let groups = self.attribute(resource, GROUPS, principal, same)?;
        Some(AccessEntry {
            created_at: None,
            principal_arn: principal.to_owned(),
            kind,
            username: username
                .and_then(Value::as_str)
                .filter(|name| !name.is_empty())
                .map_or(filled.username, str::to_owned),
            groups: groups
                .filter(|groups| groups.is_array())
                .map_or(filled.groups, texts),
            policies: Vec::new(),
        })
    }

    /// An attribute in either spelling: known, or left to EKS. `None` where it is decided during apply by something else.
    fn attribute(
        &mut self,
        resource: &'p ResourceChange,
        names: [&str; 2],
        principal: &str,
        before: Option<&AccessEntry>,
    ) -> Option<Option<&'p Value>> {
        for name in names {
            match resource.change.after(name) {
                Planned::Known(Value::Null) => {}
                Planned::Known(value) => return Some(Some(value)),
                Planned::Unknown if self.is_configured(resource, &[name]) => {
                    let decides = before.is_some() || self.shadows(principal);
                    self.unknown(resource, name, decides);
                    return None;
                }
                Planned::Unknown => return Some(None),
            }
        }
        Some(None)
    }

    /// Whether the configuration says something of an attribute, so that EKS does not fill it in.
    fn is_configured(&self, resource: &ResourceChange, names: &[&str]) -> bool {
        let Some(block) = self.plan.configuration.resource(&resource.address) else {
            return false;
        };
        names.iter().any(|name| {
            expression(&block.expressions, name, &self.plan.variables) != Expression::Absent
        })
    }

    /// Whether an access entry of the principal takes the place of what aws-auth says of it.
    fn shadows(&self, principal: &str) -> bool {
        let arn = Principal::from_arn(principal).arn;
        let Some(reading) = self.reading() else {
            return true;
        };
        [Section::MapRoles, Section::MapUsers]
            .into_iter()
            .flat_map(|section| reading.section(section))
            .any(|entry| equal_fold(&Principal::from_arn(&entry.arn).arn, &arn))
    }

    /// Whether an entry whose principal is not known yet may be for somebody whom aws-auth names: not where nobody is named, and not for a role or
    /// user that this plan makes under a name that nobody has.
    fn may_shadow(&self, resource: &ResourceChange) -> bool {
        let Some(reading) = self.reading() else {
            return true;
        };
        let mut named = [Section::MapRoles, Section::MapUsers]
            .into_iter()
            .flat_map(|section| reading.section(section))
            .filter_map(|entry| entry.arn.rsplit('/').next())
            .peekable();
        if named.peek().is_none() {
            return false;
        }
        match self.new_principal(resource) {
            Some(name) => named.any(|there| equal_fold(there, name)),
            None => true,
        }
    }

    /// The name of the role or user that this plan makes and an entry refers to.
    fn new_principal(&self, resource: &ResourceChange) -> Option<&'p str> {
        let block = self.plan.configuration.resource(&resource.address)?;
        let referred = references(block.expressions.get("principal_arn")?);
        let (module, _) = resource.address.rsplit_once(&resource.kind)?;
        self.plan.resource_changes.iter().find_map(|other| {
            let local = other.address.strip_prefix(module)?;
            let is_referred = referred.contains(&local);
            let is_principal = matches!(other.kind.as_str(), "aws_iam_role" | "aws_iam_user");
            (is_referred && is_principal && other.deed() == Some(Deed::Create))
                .then(|| other.change.after("name").text())
                .flatten()
        })
    }

    /// Policies that an entry of ours names itself; those of one that goes go with it.
    fn collect_policies_of_entry(&mut self, occurrence: &Occurrence<'p>) {
        let (resource, change) = (occurrence.resource, &occurrence.resource.change);
        let mut before = associations_of_entry(&change.before);
        let is_another = change.before("principal_arn") != change.after.get("principal_arn");
        if !occurrence.is_before || is_another && change.was_adopted() {
            before.clear();
        }
        let unknown = change.after_unknown.get("policies");
        if occurrence.is_after && unknown.is_some_and(contains_unknown) {
            self.unknown(resource, "policies", !before.is_empty());
            return;
        }
        if !occurrence.is_after {
            return;
        }
        let after = associations_of_entry(&change.after);
        let is_kept = |old: &Association| {
            let mut new = after.iter();
            new.any(|new| new.policy.policy_arn == old.policy.policy_arn)
        };
        for gone in before.iter().filter(|old| !is_kept(old)) {
            let change = AccessEntryChange::Disassociate {
                principal_arn: gone.principal_arn.clone(),
                policy_arn: gone.policy.policy_arn.clone(),
            };
            let object = object(&gone.principal_arn, &gone.policy);
            self.push(resource, Order::Removal, change_of(change), object);
        }
        for made in after {
            let object = object(&made.principal_arn, &made.policy);
            let change = AccessEntryChange::Associate {
                principal_arn: made.principal_arn,
                policy: made.policy,
            };
            self.push(resource, Order::Association, change_of(change), object);
        }
    }

    pub(super) fn collect_association(&mut self, occurrence: Occurrence<'p>) {
        let (resource, change) = (occurrence.resource, &occurrence.resource.change);
        let before = association(&change.before).filter(|_| occurrence.is_before);
        let unknown: Vec<&str> = ["principal_arn", "policy_arn", "access_scope"]
            .into_iter()
            .filter(|name| {
                let value = change.after_unknown.get(name);
                occurrence.is_after && value.is_some_and(contains_unknown)
            })
            .collect();
        if !unknown.is_empty() {
            for name in unknown {
                self.unknown(resource, name, before.is_some());
            }
            return;
        }
        let after = association(&change.after).filter(|_| occurrence.is_after);
        if let Some(Association {
            principal_arn,
            policy,
        }) = before
            .filter(|_| occurrence.deed != Deed::Update && !self.is_handed(resource, Deed::Create))
            .filter(|_| !self.stays(&occurrence))
        {
            let object = object(&principal_arn, &policy);
            // The policy is associated once; made again before the old one goes, it goes with it.
            let is_lost = after.is_some() && occurrence.deed == Deed::CreateThenDelete;
            let order = match is_lost {
                true => Order::LateRemoval,
                false => Order::Removal,
            };
            let gone = AccessEntryChange::Disassociate {
                principal_arn,
                policy_arn: policy.policy_arn,
            };
            self.push(resource, order, change_of(gone), object);
            self.mark_ours_remade(&occurrence);
        }
        if let Some(Association {
            principal_arn,
            policy,
        }) = after
        {
            let object = object(&principal_arn, &policy);
            let made = AccessEntryChange::Associate {
                principal_arn,
                policy,
            };
            self.push(resource, Order::Association, change_of(made), object);
        }
    }
}

/// What a plan has of a cluster's access entries, where there is no list of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum EntriesOfPlan {
    /// None.
    None,
    /// It makes some, which EKS refuses where one is there already.
    Made,
    /// It changes or removes some that are there.
    Changed,
}

impl EntriesOfPlan {
    /// Of a cluster.
    pub fn of(plan: &PlanFile, places: &Places<'_>) -> Self {
        let of_one = |resource: &ResourceChange| {
            let is_one = ["_access_entry", "_access_policy_association"]
                .iter()
                .any(|end| resource.kind.ends_with(end));
            let sides = places.sides(resource);
            match resource.deed() {
                Some(Deed::Create) if is_one && sides.after == Within::Yes => Self::Made,
                None | Some(Deed::Create | Deed::Forget) => Self::None,
                Some(_) if is_one && sides.before == Within::Yes => Self::Changed,
                Some(_) => Self::None,
            }
        };
        let all = plan.resource_changes.iter().map(of_one);
        all.max().unwrap_or(Self::None)
    }
}

/// The policies that the plan knows to be associated before it, whether they change or not.
pub fn associated_before(plan: &PlanFile, places: &Places<'_>) -> Vec<ClusterChange> {
    let there = plan
        .resource_changes
        .iter()
        .filter(|resource| resource.mode != "data" && places.sides(resource).before == Within::Yes);
    let associations = there.flat_map(|resource| {
        let before = &resource.change.before;
        match resource.kind.as_str() {
            "eksauth_access_entry" => associations_of_entry(before),
            kind if kind.ends_with("_access_policy_association") => {
                association(before).into_iter().collect()
            }
            _ => Vec::new(),
        }
    });
    associations
        .map(|one| {
            change_of(AccessEntryChange::Associate {
                principal_arn: one.principal_arn,
                policy: one.policy,
            })
        })
        .collect()
}

struct Association {
    principal_arn: String,
    policy: AccessPolicy,
}

fn object(principal: &str, policy: &AccessPolicy) -> Option<String> {
    let principal = Principal::from_arn(principal).arn;
    Some(format!("policy {} of {principal}", policy.policy_arn))
}

fn association(values: &Value) -> Option<Association> {
    let principal_arn = values.get("principal_arn")?.as_str()?;
    Some(Association {
        policy: policy_of(principal_arn, values)?,
        principal_arn: principal_arn.to_owned(),
    })
}

/// A policy as an association or an entry of ours names it, by its ARN: a name alone is one of the principal's partition.
fn policy_of(principal_arn: &str, values: &Value) -> Option<AccessPolicy> {
    let given = values.get("policy_arn")?.as_str()?;
    let partition = Arn::parse(principal_arn).map(|arn| arn.partition).ok();
    let arn = partition.and_then(|partition| policy_arn(given, partition).ok());
    Some(AccessPolicy {
        policy_arn: arn.unwrap_or_else(|| given.to_owned()),
        namespaces: namespaces(values),
    })
}

/// The associations that stand in an entry of ours itself.
fn associations_of_entry(values: &Value) -> Vec<Association> {
    let Some(principal_arn) = values.get("principal_arn").and_then(Value::as_str) else {
        return Vec::new();
    };
    let policies = values.get("policies").and_then(Value::as_array);
    let policies = policies.into_iter().flatten();
    policies
        .filter_map(|policy| policy_of(principal_arn, policy))
        .map(|policy| Association {
            principal_arn: principal_arn.to_owned(),
            policy,
        })
        .collect()
}

/// The namespaces a policy association is limited to; empty for the whole cluster.
fn namespaces(values: &Value) -> Vec<String> {
    let scope = values.get("access_scope").unwrap_or(&Value::Null);
    let scope = scope.get(0).unwrap_or(scope);
    match scope.get("type").and_then(Value::as_str) {
        Some("namespace") => texts(scope.get("namespaces").unwrap_or(&Value::Null)),
        _ => Vec::new(),
    }
}

fn is_same(one: &AccessEntry, other: &AccessEntry) -> bool {
    Principal::from_arn(&one.principal_arn) == Principal::from_arn(&other.principal_arn)
}
