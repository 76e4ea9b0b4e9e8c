//! An object of AWS or Kubernetes that passes from one address of a configuration to another: neither deleted nor "there already". See docs/decisions/0016.
//!
//! What surprises: an object of IAM is noted by the end of its ARN, without partition and account. The notes are those of one provider configuration,
//! whose objects are all in one account, and a plan need not have asked which. A removal that is followed compares the account before it believes that.
//! What is in a region, and every object of a cluster, is noted by the whole ARN: one provider configuration may have several regions.

use tf_provider::claims::{Claim, Holder, Holding};
use tf_provider::resource::Private;
use tf_provider::{Attr, Context};

/// `role/team/reader` of `arn:aws:iam::111122223333:role/team/reader`, which may be given too; the whole text of an ARN that has a region.
fn name_in_account(object: &str) -> &str {
    let of_arn = object.strip_prefix("arn:");
    let without_region = of_arn.filter(|rest| rest.split(':').nth(2) == Some(""));
    without_region
        .and_then(|rest| rest.splitn(5, ':').nth(4))
        .unwrap_or(object)
}

/// The plan and the apply of a few runs of Terraform.
const FEW_WALKS: usize = 6;

/// Something of an object that is given up with it: a policy that hangs on a role.
fn claim_of_part(object: &str, part: &str) -> Claim {
    Claim {
        object: format!("object {} {part}", name_in_account(object)),
        content: Some(String::new()),
    }
}

fn claim(object: &str, content: &str) -> Claim {
    Claim {
        object: format!("object {}", name_in_account(object)),
        content: Some(content.to_owned()),
    }
}

/// How an object came to the address that gives it up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Origin {
    /// It was made there.
    Made,
    /// It was there before, and outlives the configuration.
    Adopted,
}

impl Origin {
    const ALL: [Self; 2] = [Self::Made, Self::Adopted];

    const fn content(self) -> &'static str {
        match self {
            Self::Made => "made",
            Self::Adopted => "adopted",
        }
    }
}

/// An address that stands for an object of which there can be only one, in a plan.
pub(crate) struct SoleHolder<'a> {
    /// The object.
    pub(crate) object: &'a Attr<String>,
    /// How a message tells it from another.
    pub(crate) label: String,
    /// Whether the state has it for this object.
    pub(crate) is_in_state: bool,
    /// What the private facts tell of the state that it has or, in the second plan of a replacement, had; `None` for a new one.
    pub(crate) mark: Option<&'a str>,
}

/// Another address that stands for the same object.
pub(crate) struct OtherHolder {
    /// How a message tells it from the one that was planned now.
    pub(crate) label: String,
    /// Whether both are in the state: then a refusal would stop a destroy too.
    pub(crate) is_in_state_too: bool,
}

/// As [`hold`], for an object that no other address may stand for. Where one provider serves many walks nobody is found, and apply has to find out.
pub(crate) fn hold_alone<C>(cx: &Context<C>, holder: SoleHolder<'_>) -> Option<OtherHolder> {
    let claim = claim(holder.object.known()?, "");
    let earlier = cx.claims.hold(
        &claim.object,
        Holder {
            label: holder.label,
            is_in_state: holder.is_in_state,
            config: holder.mark.unwrap_or_default().to_owned(),
            content: claim.content,
        },
    );
    // A replacement was planned with its state right before.
    let is_itself = |earlier: &Holder| {
        !holder.is_in_state && holder.mark.is_some_and(|mark| mark == earlier.config)
    };
    let other = earlier.into_iter().find(|earlier| !is_itself(earlier))?;
    Some(OtherHolder {
        is_in_state_too: holder.is_in_state && other.is_in_state,
        label: other.label,
    })
}

/// How much of a set an address stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Share {
    /// One of it.
    One,
    /// All of it: what it does not name goes.
    All,
}

impl Share {
    const fn content(self) -> &'static str {
        match self {
            Self::One => "one",
            Self::All => "all",
        }
    }

    const fn other(self) -> Self {
        match self {
            Self::One => Self::All,
            Self::All => Self::One,
        }
    }
}

/// As [`hold_alone`], for a set (`holder.object`) of which many addresses may stand for one each, or one for all.
pub(crate) fn hold_share<C>(
    cx: &Context<C>,
    holder: SoleHolder<'_>,
    share: Share,
) -> Option<OtherHolder> {
    let claim = claim(holder.object.known()?, share.content());
    let earlier = cx.claims.hold(
        &claim.object,
        Holder {
            label: holder.label,
            is_in_state: holder.is_in_state,
            config: holder.mark.unwrap_or_default().to_owned(),
            content: claim.content,
        },
    );
    let is_other = |earlier: &Holder| earlier.content.as_deref() == Some(share.other().content());
    let other = earlier.into_iter().find(is_other)?;
    Some(OtherHolder {
        is_in_state_too: holder.is_in_state && other.is_in_state,
        label: other.label,
    })
}

/// Notes that an object is in the state, and how it came there: a create that finds it at apply replaces who has it, or is refused by the plan. Where one
/// provider serves many walks, whose states are several, nothing is noted.
pub(crate) fn note_in_state<C>(
    cx: &Context<C>,
    object: &Attr<String>,
    origin: Origin,
    part: Option<String>,
) {
    let Some(object) = object.known() else {
        return;
    };
    if cx.claims.is_shared() {
        return;
    }
    cx.claims.give_up(&claim(object, origin.content()));
    if let Some(part) = part {
        cx.claims.give_up(&claim_of_part(object, &part));
    }
}

/// Notes at plan that an address gives the object up, with what it has put on it.
pub(crate) fn give_up<C>(
    cx: &Context<C>,
    private: &mut Private,
    arn: &Attr<String>,
    origin: Origin,
    parts: impl IntoIterator<Item = String>,
) {
    let Some(arn) = arn.known() else {
        return;
    };
    for part in parts {
        cx.claims.give_up(&claim_of_part(arn, &part));
    }
    let claim = claim(arn, origin.content());
    cx.claims.release(&mut private.entries, &claim);
}

/// True at plan if another address was planned, until now, to hold an object that this one gives up.
pub(crate) fn is_held_now<C>(cx: &Context<C>, object: &Attr<String>) -> bool {
    let Some(object) = object.known() else {
        return false;
    };
    let holding = cx.claims.holding_now(&claim(object, ""));
    matches!(holding, Holding::Same | Holding::Changed)
}

/// True at a removal whose object another address was planned to hold: it is not deleted.
pub(crate) fn is_followed<C>(cx: &Context<C>, private: &Private, arn: &str) -> bool {
    let is_followed = cx.claims.is_followed(&private.entries, &claim(arn, ""));
    if is_followed {
        tracing::debug!(
            arn,
            "another resource of the configuration holds this object, so it stays"
        );
    }
    is_followed
}

/// How the object came to the address that the plan of this apply takes it from; `None`: it takes it from none.
pub(crate) fn given_up<C>(cx: &Context<C>, arn: &str) -> Option<Origin> {
    let is_from = |origin: &Origin| cx.claims.noted(&claim(arn, origin.content())).is_released;
    Origin::ALL.into_iter().find(is_from)
}

/// True for what the address that gives the object up had put on it.
pub(crate) fn is_part_given_up<C>(cx: &Context<C>, arn: &str, part: &str) -> bool {
    cx.claims.noted(&claim_of_part(arn, part)).is_released
}

/// Notes that an address could not take the object, so that it is deleted as planned and made with the next apply.
pub(crate) fn note_failed<C>(cx: &Context<C>, object: &Attr<String>) {
    if let Some(object) = object.known() {
        cx.claims.note_failed(&claim(object, "").object);
    }
}

/// A claim that nobody holds: what an address gave up, and who was to take it has not.
fn claim_of_left(object: &str, part: &str, origin: Origin) -> Claim {
    Claim {
        object: format!("left {} {part}", name_in_account(object)),
        content: Some(origin.content().to_owned()),
    }
}

/// Notes at apply that an address could not take what another gives up. Where that one went without removing it, it is in no state: the next plan
/// finds it by [`was_left`].
pub(crate) fn note_left<C>(cx: &Context<C>, object: &str, part: &str, origin: Origin) {
    if !cx.claims.is_shared() {
        cx.claims.give_up(&claim_of_left(object, part, origin));
    }
}

/// Notes at apply that what was noted by [`note_left`] is in the state now.
pub(crate) fn note_kept<C>(cx: &Context<C>, object: &str, part: &str, origin: Origin) {
    if cx.claims.is_shared() {
        return;
    }
    let claim = claim_of_left(object, part, origin);
    let holder = Holder {
        label: String::new(),
        is_in_state: true,
        config: String::new(),
        content: claim.content,
    };
    cx.claims.hold(&claim.object, holder);
}

/// How an object that an earlier apply of this configuration has left in no state had come to it.
pub(crate) fn was_left<C>(cx: &Context<C>, object: &str, part: &str) -> Option<Origin> {
    was_left_by(cx, (object, part), usize::MAX)
}

/// The same by the last few walks alone, for what each plan asks.
pub(crate) fn was_left_just_now<C>(cx: &Context<C>, object: &str, part: &str) -> Option<Origin> {
    was_left_by(cx, (object, part), FEW_WALKS)
}

fn was_left_by<C>(cx: &Context<C>, (object, part): (&str, &str), walks: usize) -> Option<Origin> {
    let is_left = |origin: &Origin| {
        let claim = claim_of_left(object, part, *origin);
        let noted = cx.claims.noted_earlier(&claim, walks);
        noted.is_released && !noted.is_held && !noted.is_held_otherwise
    };
    Origin::ALL.into_iter().find(is_left)
}

/// True at apply if the plan has another address hold an object that the one which asks gives up while it stays itself. Where the plan has to be guessed
/// and another one has nobody hold it, it is not: what nobody holds must not go on giving access.
pub(crate) fn is_held_by_plan<C>(cx: &Context<C>, object: &str, origin: Origin) -> bool {
    let noted = cx.claims.noted(&claim(object, origin.content()));
    (noted.is_held || noted.is_held_otherwise) && !noted.is_disputed
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_object_is_the_same_by_its_arn_and_by_the_end_of_it() {
        for (arn, end) in [
            (
                "arn:aws-cn:iam::111122223333:role/team/reader",
                "role/team/reader",
            ),
            (
                "arn:aws:iam::111122223333:oidc-provider/host:8443/a:b",
                "oidc-provider/host:8443/a:b",
            ),
        ] {
            assert_eq!(claim(arn, "").object, claim(end, "").object);
            assert_eq!(name_in_account(arn), end);
        }
    }

    #[test]
    fn an_object_of_a_cluster_is_one_of_its_region() {
        let in_region = |region: &str| {
            let key = format!(
                "arn:aws:eks:{region}:111122223333:cluster/prod serviceaccount apps/reader"
            );
            claim(&key, "").object
        };
        assert_ne!(in_region("eu-central-1"), in_region("us-east-1"));
    }
}
