//! The policies of well-known add-ons on a role, from `addon_policies`.
//!
//! For IAM they are policies like those that are configured by name, and whatever writes, reads or removes a role is given all of them together.
//! The state keeps them apart ([`Policies`]), so that an add-on that leaves the list takes exactly its policies along.

use std::collections::{BTreeMap, BTreeSet};

use eksauth_core::iam_policy::addon_policy::{Addon, AddonPolicy, INLINE_POLICIES_SIZE};
use eksauth_core::iam_policy::policy_document::size;
use eksauth_core::principal::arn::Arn;
use eksauth_core::principal::partition::Partition;
use tf_provider::{Attr, AttributePath, Context, Diagnostics};

use super::diagnostics::addon_policies as diagnostics;
use super::schema::IrsaRoleModel;
use crate::attributes::addon::AddonChoice;
use crate::attributes::values::{known_map, known_set, to_map, to_set};
use crate::client::Client;
use crate::diagnostics::addon_policy::refusal;
use crate::diagnostics::api_failure;

/// Managed policies on one role unless the account's quota was raised. Source: IAM's quotas.
const DEFAULT_MANAGED_POLICIES: usize = 10;
/// The highest that IAM raises it to. Source: IAM's quotas.
const MANAGED_POLICIES: usize = 25;

/// An add-on of the list, with its place in it.
struct Listed {
    path: AttributePath,
    choice: AddonChoice,
}

/// Everything that can be said of the list without asking anyone.
pub(super) fn validate(config: &IrsaRoleModel, diagnostics: &mut Diagnostics) {
    let (listed, _) = listed(config);
    for one in &listed {
        for error in one.choice.errors(None) {
            diagnostics.push(refusal(&error, &one.path));
        }
    }
    diagnostics.extend(named_twice(&listed));
}

/// Fills the policies of the add-ons, as far as they can be known.
///
/// # Errors
/// An add-on that is wrong or named twice, a policy that has a name which is configured besides, and more than a role can have.
pub(super) async fn at_plan(
    cx: &Context<Client>,
    prior: Option<&IrsaRoleModel>,
    planned: &mut IrsaRoleModel,
) -> Result<(), Diagnostics> {
    if planned.addon_policies.is_null() {
        planned.addon_policy_arns = Attr::Null;
        planned.addon_inline_policies = Attr::Null;
        return Ok(());
    }
    match found(cx, planned).await? {
        Some(found) => {
            planned.addon_policy_arns = to_set(found.arns);
            planned.addon_inline_policies = to_map(found.inline);
        }
        None => {
            planned.addon_policy_arns = Attr::Unknown;
            planned.addon_inline_policies = Attr::Unknown;
        }
    }
    clashes(planned).into_result()?;
    check_size(cx, prior, planned)
}

/// The same at apply, where nothing stays unknown.
pub(super) async fn at_apply(
    cx: &Context<Client>,
    planned: &mut IrsaRoleModel,
) -> Result<(), Diagnostics> {
    let is_unknown = |planned: &IrsaRoleModel| {
        planned.addon_policy_arns.is_unknown() || planned.addon_inline_policies.is_unknown()
    };
    if is_unknown(planned) {
        at_plan(cx, None, planned).await?;
    }
    match is_unknown(planned) {
        true => Err(api_failure::not_known_at_apply("role").into()),
        false => Ok(()),
    }
}

/// Managed and inline policies of a role, by whom they come from.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Policies {
    /// Managed policies that are configured by ARN.
    pub(super) arns: Attr<BTreeSet<Attr<String>>>,
    /// Inline policies that are configured by name.
    pub(super) inline: Attr<BTreeMap<String, Attr<String>>>,
    /// Managed policies of add-ons.
    pub(super) of_addons: Attr<BTreeSet<Attr<String>>>,
    /// Inline policies of add-ons.
    pub(super) inline_of_addons: Attr<BTreeMap<String, Attr<String>>>,
}

impl Policies {
    /// Those of a model.
    pub(super) fn of(model: &IrsaRoleModel) -> Self {
        Self {
            arns: model.policy_arns.clone(),
            inline: model.inline_policies.clone(),
            of_addons: model.addon_policy_arns.clone(),
            inline_of_addons: model.addon_inline_policies.clone(),
        }
    }

    /// All managed policies, as IAM knows them.
    pub(super) fn all_arns(&self) -> Attr<BTreeSet<Attr<String>>> {
        both(&self.arns, &self.of_addons)
    }

    /// All inline policies, as IAM knows them.
    pub(super) fn all_inline(&self) -> Attr<BTreeMap<String, Attr<String>>> {
        both(&self.inline, &self.inline_of_addons)
    }

    /// The same with what a role has now: what was an add-on's is one still, everything else is not.
    pub(super) fn with(
        self,
        all_arns: Attr<BTreeSet<Attr<String>>>,
        all_inline: Attr<BTreeMap<String, Attr<String>>>,
    ) -> Self {
        let arns = known_set(&self.of_addons).unwrap_or_default();
        let names = known_map(&self.inline_of_addons).unwrap_or_default();
        let Parts { own, of_addons } = Parts::of(all_arns, (&self.arns, &self.of_addons), |arn| {
            arn.known().is_some_and(|arn| arns.contains(arn))
        });
        let inline = Parts::of(
            all_inline,
            (&self.inline, &self.inline_of_addons),
            |(name, _)| names.contains_key(name),
        );
        Self {
            arns: own,
            of_addons,
            inline: inline.own,
            inline_of_addons: inline.of_addons,
        }
    }
}

/// A collection in two.
struct Parts<C> {
    own: Attr<C>,
    of_addons: Attr<C>,
}

impl<C: Clone + Default + Extend<C::Item> + IntoIterator> Parts<C> {
    /// Takes `all` apart; what is not known yet is as it was before, and nothing is null where it was.
    fn of(
        all: Attr<C>,
        (own, of_addons): (&Attr<C>, &Attr<C>),
        is_of_addon: impl Fn(&C::Item) -> bool,
    ) -> Self {
        let all = match all {
            Attr::Known(all) => all,
            Attr::Null => C::default(),
            Attr::Unknown => {
                return Self {
                    own: own.clone(),
                    of_addons: of_addons.clone(),
                };
            }
        };
        let (theirs, ours): (C, C) = all.into_iter().partition(is_of_addon);
        Self {
            own: null_or(own.is_null(), ours),
            of_addons: null_or(of_addons.is_null(), theirs),
        }
    }
}

/// An empty collection is null where it was.
fn null_or<C: Clone + IntoIterator>(was_null: bool, collection: C) -> Attr<C> {
    match was_null && collection.clone().into_iter().next().is_none() {
        true => Attr::Null,
        false => Attr::Known(collection),
    }
}

fn both<C: Clone + IntoIterator + FromIterator<C::Item>>(
    own: &Attr<C>,
    of_addons: &Attr<C>,
) -> Attr<C> {
    match (own, of_addons) {
        (own, Attr::Null) => own.clone(),
        (Attr::Null, of_addons) => of_addons.clone(),
        (Attr::Known(own), Attr::Known(of_addons)) => {
            Attr::Known(own.clone().into_iter().chain(of_addons.clone()).collect())
        }
        (Attr::Unknown, _) | (_, Attr::Unknown) => Attr::Unknown,
    }
}

/// The add-ons of the list as far as they are known, and whether that is all of them.
fn listed(model: &IrsaRoleModel) -> (Vec<Listed>, bool) {
    let root = AttributePath::attribute("addon_policies");
    let elements = model.addon_policies.known().into_iter().flatten();
    let listed = elements.enumerate().filter_map(|(index, element)| {
        Some(Listed {
            path: root.clone().index(index),
            choice: element.known()?.choice(),
        })
    });
    let elements = model.addon_policies.known();
    let is_all = elements.is_some_and(|elements| !elements.iter().any(Attr::is_unknown));
    (listed.collect(), is_all)
}

/// An error for every add-on that stands in the list before, whichever of its names is used.
fn named_twice(listed: &[Listed]) -> Diagnostics {
    let mut diagnostics = Diagnostics::new();
    let mut seen = BTreeSet::new();
    for one in listed {
        let name = one.choice.name.known().map_or("", String::as_str);
        if let Ok(addon) = Addon::find(name)
            && !seen.insert(addon.name)
        {
            diagnostics.push(diagnostics::named_twice(addon.name, one.path.clone()));
        }
    }
    diagnostics
}

/// What the add-ons of a list come to.
#[derive(Default)]
struct Found {
    arns: BTreeSet<String>,
    inline: BTreeMap<String, String>,
}

impl Found {
    fn add(&mut self, policy: AddonPolicy) {
        self.arns.extend(policy.managed_policy_arns);
        let name = format!("addon-{}", policy.name);
        let is_split = policy.documents.len() > 1;
        for (number, document) in (1..).zip(policy.documents) {
            let name = match is_split {
                true => format!("{name}-{number}"),
                false => name.clone(),
            };
            self.inline.insert(name, document);
        }
    }
}

/// The policies of all add-ons; `None` while something of them is not known.
async fn found(
    cx: &Context<Client>,
    planned: &IrsaRoleModel,
) -> Result<Option<Found>, Diagnostics> {
    let (listed, mut is_known) = listed(planned);
    named_twice(&listed).into_result()?;
    let Some(partition) = partition(cx, planned).await? else {
        return Ok(None);
    };
    let region = region(cx, planned);
    let mut refusals = Diagnostics::new();
    let mut found = Found::default();
    for Listed { path, choice } in listed {
        match choice.in_region(&region).build(partition) {
            Ok(Some(policy)) => found.add(policy),
            Ok(None) => is_known = false,
            Err(errors) => {
                for error in &errors {
                    refusals.push(refusal(error, &path));
                }
            }
        }
    }
    refusals.into_result()?;
    Ok(is_known.then_some(found))
}

/// The partition that the role will be in; `None` while the provider block is not known.
async fn partition(
    cx: &Context<Client>,
    planned: &IrsaRoleModel,
) -> Result<Option<Partition>, Diagnostics> {
    let arn = planned.arn.known().and_then(|arn| Arn::parse(arn).ok());
    match (arn, cx.client.cloud()) {
        (Some(arn), _) => Ok(Some(arn.partition)),
        (None, Some(_)) => Ok(Some(cx.client.caller_account().await?.partition)),
        (None, None) => Ok(None),
    }
}

/// The region of the role's cluster, else the provider's.
fn region(cx: &Context<Client>, planned: &IrsaRoleModel) -> Attr<String> {
    if !planned.region.is_null() {
        return planned.region.clone();
    }
    match &planned.cluster_arn {
        Attr::Unknown => Attr::Unknown,
        Attr::Known(arn) => Arn::parse(arn).map(|arn| arn.region).ok().into(),
        Attr::Null => match &cx.client.settings().region {
            Attr::Null => cx.client.cloud().and_then(|cloud| cloud.region()).into(),
            region => region.clone(),
        },
    }
}

/// Policies of add-ons that are configured besides.
fn clashes(planned: &IrsaRoleModel) -> Diagnostics {
    let mut diagnostics = Diagnostics::new();
    let own = planned.inline_policies.known();
    for name in known_map(&planned.addon_inline_policies)
        .unwrap_or_default()
        .keys()
    {
        if own.is_some_and(|own| own.contains_key(name)) {
            diagnostics.push(diagnostics::inline_policy_twice(name));
        }
    }
    let own = planned.policy_arns.known();
    for arn in known_set(&planned.addon_policy_arns).unwrap_or_default() {
        if own.is_some_and(|own| own.contains(&Attr::Known(arn.clone()))) {
            diagnostics.push(diagnostics::policy_twice(&arn));
        }
    }
    diagnostics
}

/// Whether a role can have all these policies.
fn check_size(
    cx: &Context<Client>,
    prior: Option<&IrsaRoleModel>,
    planned: &IrsaRoleModel,
) -> Result<(), Diagnostics> {
    let all = Policies::of(planned);
    if let Some(documents) = known_map(&all.all_inline()) {
        let size = documents.values().map(|document| size(document)).sum();
        if size > INLINE_POLICIES_SIZE {
            return Err(diagnostics::long_inline_policies(size).into());
        }
    }
    let Some(arns) = known_set(&all.all_arns()) else {
        return Ok(());
    };
    let before = prior.and_then(|prior| known_set(&Policies::of(prior).all_arns()));
    if arns.len() > MANAGED_POLICIES {
        return Err(diagnostics::too_many_policies(arns.len()).into());
    }
    if arns.len() > DEFAULT_MANAGED_POLICIES && before.as_ref() != Some(&arns) {
        cx.add(diagnostics::many_policies(arns.len()));
    }
    Ok(())
}
