//! Which cluster an object of a plan is in: clusters of one name are told apart by region and account.

use serde_json::Value;

use super::configuration::expression;
use super::plan_file::{PlanFile, ResourceChange};

/// A cluster as far as it is known.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ClusterPlace {
    /// Its name.
    pub name: String,
    /// Its region, where it is known.
    pub region: Option<String>,
    /// Its account, where it is known.
    pub account: Option<String>,
}

/// Where an object is on one side of its change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// In this cluster.
    Cluster(ClusterPlace),
    /// In one that is decided during apply.
    Unknown,
    /// There is no object on this side.
    None,
}

/// Whether an object is in a cluster.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Within {
    /// It is.
    Yes,
    /// It is in another one, or nowhere.
    No,
    /// It cannot be told.
    Unknown,
}

impl ClusterPlace {
    /// A cluster by its name or ARN.
    pub fn parse(text: &str) -> Self {
        Self::from_arn(text).unwrap_or_else(|| Self {
            name: text.to_owned(),
            ..Self::default()
        })
    }

    /// The cluster in an ARN of EKS: of the cluster itself, or of something in it.
    fn from_arn(arn: &str) -> Option<Self> {
        let mut parts = arn.splitn(6, ':');
        let (scheme, _, service) = (parts.next()?, parts.next()?, parts.next()?);
        let (region, account, resource) = (parts.next()?, parts.next()?, parts.next()?);
        let mut path = resource.split('/');
        let kind = path.next()?;
        let is_in_cluster = ["cluster", "access-entry", "nodegroup", "fargateprofile"];
        if scheme != "arn" || service != "eks" || !is_in_cluster.contains(&kind) {
            return None;
        }
        Some(Self {
            name: path.next()?.to_owned(),
            region: Some(region.to_owned()),
            account: Some(account.to_owned()),
        })
    }

    /// Whether nothing that is known of both tells them apart.
    pub fn may_be(&self, other: &Self) -> bool {
        let agree = |one: &Option<String>, other: &Option<String>| {
            one.is_none() || other.is_none() || one == other
        };
        self.name == other.name
            && agree(&self.region, &other.region)
            && agree(&self.account, &other.account)
    }

    /// Whether as much is known of it as tells all clusters apart.
    fn is_whole(&self) -> bool {
        self.region.is_some() && self.account.is_some()
    }
}

/// The sides of a change in the cluster that is judged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sides {
    /// The object before.
    pub before: Within,
    /// The object after.
    pub after: Within,
}

/// What tells clusters apart in one plan.
pub struct Places<'p> {
    plan: &'p PlanFile,
    target: &'p ClusterPlace,
    /// Whether the plan has clusters that only account or region tell from the one that is judged.
    has_namesakes: bool,
}

impl<'p> Places<'p> {
    /// Prepares for a cluster.
    pub fn new(plan: &'p PlanFile, target: &'p ClusterPlace) -> Self {
        let mut places = Self {
            plan,
            target,
            has_namesakes: false,
        };
        let sides = plan
            .resource_changes
            .iter()
            .flat_map(|resource| [places.before(resource), places.after(resource)]);
        let mut named: Vec<ClusterPlace> = Vec::new();
        for place in sides {
            if let Place::Cluster(place) = place
                && place.name == target.name
                && !named.contains(&place)
            {
                named.push(place);
            }
        }
        places.has_namesakes = named
            .iter()
            .any(|place| !place.may_be(target) || named.iter().any(|other| !place.may_be(other)));
        places
    }

    /// Where an object of the plan is in regard to the cluster.
    pub fn sides(&self, resource: &ResourceChange) -> Sides {
        Sides {
            before: self.within(&self.before(resource)),
            after: self.within(&self.after(resource)),
        }
    }

    /// The names of the plan's clusters, where the one that is judged is not among them: perhaps it is misspelt.
    pub fn others_only(&self) -> Vec<String> {
        let mut others = Vec::new();
        for resource in &self.plan.resource_changes {
            for place in [self.before(resource), self.after(resource)] {
                match (self.within(&place), place) {
                    (Within::No, Place::Cluster(other)) if other.name != self.target.name => {
                        others.push(other.name);
                    }
                    (Within::No, Place::Unknown | Place::None) => {}
                    _ => return Vec::new(),
                }
            }
        }
        others.sort();
        others.dedup();
        others
    }

    fn within(&self, place: &Place) -> Within {
        match place {
            Place::None => Within::No,
            Place::Unknown => Within::Unknown,
            Place::Cluster(place) if !place.may_be(self.target) => Within::No,
            Place::Cluster(place)
                if self.has_namesakes
                    && !(place.is_whole() && self.target.is_whole())
                    && !self.agree_on_something(place) =>
            {
                Within::Unknown
            }
            Place::Cluster(_) => Within::Yes,
        }
    }

    /// Whether region or account, known of both, say that they are one.
    fn agree_on_something(&self, place: &ClusterPlace) -> bool {
        let agree = |one: &Option<String>, other: &Option<String>| one.is_some() && one == other;
        agree(&place.region, &self.target.region) || agree(&place.account, &self.target.account)
    }

    fn before(&self, resource: &ResourceChange) -> Place {
        self.place(resource, &resource.change.before, &Value::Null)
    }

    fn after(&self, resource: &ResourceChange) -> Place {
        let change = &resource.change;
        match self.place(resource, &change.after, &change.after_unknown) {
            Place::Cluster(place) if !place.is_whole() => {
                // An object that stays under its name stays where it is, although its ARN is decided anew.
                match self.before(resource) {
                    Place::Cluster(before) if before.may_be(&place) => Place::Cluster(before),
                    _ => Place::Cluster(place),
                }
            }
            place => place,
        }
    }

    fn place(&self, resource: &ResourceChange, values: &Value, unknown: &Value) -> Place {
        if values.is_null() {
            return Place::None;
        }
        let text = |name: &str| values.get(name).and_then(Value::as_str);
        let name = match resource.kind.as_str() {
            "aws_eks_cluster" => "name",
            _ => "cluster_name",
        };
        let arn = ["cluster_arn", "access_entry_arn", "arn"]
            .into_iter()
            .find_map(|name| ClusterPlace::from_arn(text(name)?));
        if let Some(place) = arn {
            return Place::Cluster(place);
        }
        // Ours may leave the name to their provider block.
        let of_block = || {
            let is_ours = resource.kind.starts_with("eksauth_");
            is_ours.then(|| self.configured(resource, name)).flatten()
        };
        let Some(name) = text(name).or_else(of_block) else {
            let is_unknown = unknown.get(name) == Some(&Value::Bool(true));
            return if is_unknown {
                Place::Unknown
            } else {
                Place::None
            };
        };
        let named = ClusterPlace::parse(name);
        let region = || {
            text("region")
                .or_else(|| self.configured(resource, "region"))
                .map(str::to_owned)
        };
        Place::Cluster(ClusterPlace {
            region: named.region.or_else(region),
            ..named
        })
    }

    /// A text of the provider block that has the resource.
    fn configured(&self, resource: &ResourceChange, name: &str) -> Option<&'p str> {
        let block = self.plan.configuration.provider_of(&resource.address)?;
        expression(&block.expressions, name, &self.plan.variables).text()
    }
}
