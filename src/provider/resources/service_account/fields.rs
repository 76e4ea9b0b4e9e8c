//! From the attributes to the fields of a ServiceAccount, and back.

use std::collections::{BTreeMap, BTreeSet};

use tf_provider::Attr;

use super::schema::ServiceAccountModel;
use crate::attributes::values::{known_map, known_set, to_map, to_set};
use crate::ports::service_account::{AccountField, AccountFields, ServiceAccount};

/// What every annotation of the pod identity webhook begins with.
const PREFIX: &str = "eks.amazonaws.com/";
const ROLE_ARN: &str = "role-arn";
const AUDIENCE: &str = "audience";
const TOKEN_EXPIRATION: &str = "token-expiration";
const STS_REGIONAL_ENDPOINTS: &str = "sts-regional-endpoints";

fn key(name: &str) -> String {
    format!("{PREFIX}{name}")
}

/// The fields that are set; `None` while one of them is unknown.
pub(super) fn expand(model: &ServiceAccountModel) -> Option<AccountFields> {
    let texts = [
        (ROLE_ARN, model.role_arn.clone()),
        (AUDIENCE, model.audience.clone()),
        (TOKEN_EXPIRATION, text(&model.token_expiration)),
        (STS_REGIONAL_ENDPOINTS, text(&model.sts_regional_endpoints)),
    ];
    let mut annotations = BTreeMap::new();
    for (name, value) in texts {
        match value {
            Attr::Known(value) => {
                annotations.insert(key(name), value);
            }
            Attr::Null => {}
            Attr::Unknown => return None,
        }
    }
    let secrets = known_set(&model.image_pull_secrets)?;
    if model.automount_service_account_token.is_unknown() {
        return None;
    }
    Some(AccountFields {
        annotations,
        labels: known_map(&model.labels)?,
        image_pull_secrets: model
            .image_pull_secrets
            .is_known()
            .then(|| secrets.into_iter().collect()),
        automount_token: model.automount_service_account_token.known().copied(),
    })
}

fn text<T: ToString>(value: &Attr<T>) -> Attr<String> {
    match value {
        Attr::Known(value) => Attr::Known(value.to_string()),
        Attr::Null => Attr::Null,
        Attr::Unknown => Attr::Unknown,
    }
}

/// The state of an account that is there: what the state has, and what this provider holds beside that. Everything else is somebody else's.
pub(super) fn flatten(account: &ServiceAccount, state: ServiceAccountModel) -> ServiceAccountModel {
    let live = Live {
        account,
        own: account.own_fields(),
    };
    ServiceAccountModel {
        role_arn: live.annotation(ROLE_ARN, state.role_arn.is_null()),
        audience: live.annotation(AUDIENCE, state.audience.is_null()),
        token_expiration: live
            .annotation(TOKEN_EXPIRATION, state.token_expiration.is_null())
            .into_known()
            .and_then(|text| text.parse().ok())
            .into(),
        sts_regional_endpoints: live
            .annotation(
                STS_REGIONAL_ENDPOINTS,
                state.sts_regional_endpoints.is_null(),
            )
            .into_known()
            .and_then(|text| text.parse().ok())
            .into(),
        labels: live.labels(&state),
        image_pull_secrets: live.image_pull_secrets(&state),
        automount_service_account_token: match live.is_shown(
            &AccountField::AutomountToken,
            state.automount_service_account_token.is_null(),
        ) {
            true => account.fields.automount_token.into(),
            false => Attr::Null,
        },
        ..state
    }
}

/// The audience that others have annotated an account with, which no apply of ours takes away.
pub(super) fn audience_of_others(account: &ServiceAccount) -> Option<&str> {
    let key = key(AUDIENCE);
    let audience = account.fields.annotations.get(&key)?;
    let field = AccountField::Annotation(key);
    let is_own_alone =
        account.own_fields().contains(&field) && account.other_owners(&field).is_empty();
    (!is_own_alone).then_some(audience.as_str())
}

/// An account for an import: it has every annotation of the webhook, whoever set it.
pub(super) fn imported(account: &ServiceAccount) -> ServiceAccountModel {
    let annotations = &account.fields.annotations;
    let given = |name: &str| -> Attr<String> { annotations.get(&key(name)).cloned().into() };
    ServiceAccountModel {
        role_arn: given(ROLE_ARN),
        audience: given(AUDIENCE),
        token_expiration: given(TOKEN_EXPIRATION)
            .into_known()
            .and_then(|text| text.parse().ok())
            .into(),
        sts_regional_endpoints: given(STS_REGIONAL_ENDPOINTS)
            .into_known()
            .and_then(|text| text.parse().ok())
            .into(),
        ..ServiceAccountModel::default()
    }
}

/// The annotations of the webhook, by key, whose values no attribute can have.
pub(super) fn unreadable(account: &ServiceAccount) -> Vec<(String, String)> {
    let read = imported(account);
    let annotations = &account.fields.annotations;
    let one = |(name, is_read): (&str, bool)| {
        let key = key(name);
        let value = annotations.get(&key).filter(|_| !is_read)?;
        Some((key, value.clone()))
    };
    [
        (TOKEN_EXPIRATION, read.token_expiration.is_known()),
        (
            STS_REGIONAL_ENDPOINTS,
            read.sts_regional_endpoints.is_known(),
        ),
    ]
    .into_iter()
    .filter_map(one)
    .collect()
}

struct Live<'a> {
    account: &'a ServiceAccount,
    own: BTreeSet<AccountField>,
}

impl Live<'_> {
    fn is_shown(&self, field: &AccountField, is_null_in_state: bool) -> bool {
        !is_null_in_state || self.own.contains(field)
    }

    fn annotation(&self, name: &str, is_null_in_state: bool) -> Attr<String> {
        let key = key(name);
        match self.is_shown(&AccountField::Annotation(key.clone()), is_null_in_state) {
            true => self.account.fields.annotations.get(&key).cloned().into(),
            false => Attr::Null,
        }
    }

    fn labels(&self, state: &ServiceAccountModel) -> Attr<BTreeMap<String, Attr<String>>> {
        let before = known_map(&state.labels).unwrap_or_default();
        let live = self.account.fields.labels.clone().into_iter();
        let shown: BTreeMap<String, String> = live
            .filter(|(key, _)| {
                let field = AccountField::Label(key.clone());
                self.is_shown(&field, !before.contains_key(key))
            })
            .collect();
        match shown.is_empty() && state.labels.is_null() {
            true => Attr::Null,
            false => to_map(shown),
        }
    }

    fn image_pull_secrets(&self, state: &ServiceAccountModel) -> Attr<BTreeSet<Attr<String>>> {
        let is_null = state.image_pull_secrets.is_null();
        let live = &self.account.fields.image_pull_secrets;
        match (
            self.is_shown(&AccountField::ImagePullSecrets, is_null),
            live,
        ) {
            (true, Some(names)) => to_set(names.clone()),
            // The API server does not store an empty list.
            (true, None) if !is_null => to_set([]),
            _ => Attr::Null,
        }
    }
}
