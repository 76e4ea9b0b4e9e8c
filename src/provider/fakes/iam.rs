//! IAM in memory: OIDC providers and roles of one account, refusing what IAM refuses.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use eksauth_core::iam_policy::addon_policy::INLINE_POLICIES_SIZE;
use eksauth_core::iam_policy::policy_document::size;

use super::calls::{Calls, Fate, refusal};
use crate::ports::iam::{
    IamApi, InlinePolicies, NewOidcProvider, NewRole, OidcProvider, Role, RoleDetails, Tags, User,
};
use crate::ports::{ApiError, ErrorKind};

/// IAM.
pub struct FakeIam {
    /// What was asked, and what goes wrong.
    pub calls: Calls,
    account: String,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    providers: BTreeMap<String, OidcProvider>,
    roles: BTreeMap<String, FakeRole>,
    users: BTreeMap<String, User>,
    missing_policies: BTreeSet<String>,
    made: u32,
}

/// A role with all that hangs on it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FakeRole {
    /// The role.
    pub role: Role,
    /// Managed policies.
    pub attached: BTreeSet<String>,
    /// Inline policies.
    pub inline: BTreeMap<String, String>,
    /// Instance profiles it is in.
    pub instance_profiles: Vec<String>,
}

impl FakeIam {
    /// IAM of an account, empty.
    pub fn of_account(account: &str) -> Self {
        Self {
            calls: Calls::default(),
            account: account.to_owned(),
            state: Mutex::default(),
        }
    }

    /// A provider as it is now.
    pub fn provider(&self, arn: &str) -> Option<OidcProvider> {
        self.state().providers.get(arn).cloned()
    }

    /// Someone else makes or changes a provider.
    pub fn put_provider(&self, provider: OidcProvider) {
        self.state()
            .providers
            .insert(provider.arn.clone(), provider);
    }

    /// Someone else deletes a provider.
    pub fn remove_provider(&self, arn: &str) {
        self.state().providers.remove(arn);
    }

    /// A role as it is now.
    pub fn role_now(&self, name: &str) -> Option<FakeRole> {
        self.state().roles.get(name).cloned()
    }

    /// Someone else makes a role or changes what it is.
    pub fn put_role(&self, role: FakeRole) {
        self.state().roles.insert(role.role.name.clone(), role);
    }

    /// Someone else changes a role that is there.
    pub fn change_role(&self, name: &str, change: impl FnOnce(&mut FakeRole)) {
        self.state().roles.get_mut(name).map(change);
    }

    /// Someone else makes a user under a path.
    pub fn put_user(&self, path: &str, name: &str) {
        let arn = format!("arn:aws:iam::{}:user{path}{name}", self.account);
        let mut state = self.state();
        state.made += 1;
        let user = User {
            arn,
            unique_id: format!("AIDA{}", state.made),
            created_at: 1_735_600_000,
        };
        state.users.insert(name.to_owned(), user);
    }

    /// Someone else deletes a managed policy; all that were not deleted exist.
    pub fn remove_policy(&self, arn: &str) {
        self.state().missing_policies.insert(arn.to_owned());
    }

    /// Someone else deletes a role.
    pub fn remove_role(&self, name: &str) {
        self.state().roles.remove(name);
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes a call, does it unless it is to fail, and answers.
    fn write<T>(
        &self,
        operation: &str,
        about: &str,
        change: impl FnOnce(&mut State) -> Result<T, ApiError>,
    ) -> Result<T, ApiError> {
        match self.calls.made(operation, about) {
            Fate::Works => change(&mut self.state()),
            Fate::Fails(error) => Err(error),
            Fate::CarriedOut(error) => {
                change(&mut self.state())?;
                Err(error)
            }
        }
    }

    fn change_provider(
        &self,
        operation: &str,
        arn: &str,
        about: &str,
        change: impl FnOnce(&mut OidcProvider),
    ) -> Result<(), ApiError> {
        self.write(operation, about, |state| {
            let provider = state
                .providers
                .get_mut(arn)
                .ok_or_else(|| no_such(operation, arn))?;
            change(provider);
            Ok(())
        })
    }

    fn change_known_role(
        &self,
        operation: &str,
        name: &str,
        about: &str,
        change: impl FnOnce(&mut FakeRole),
    ) -> Result<(), ApiError> {
        self.write(operation, &format!("{name} {about}"), |state| {
            let role = state
                .roles
                .get_mut(name)
                .ok_or_else(|| no_such(operation, name))?;
            change(role);
            Ok(())
        })
    }
}

fn no_such(operation: &str, name: &str) -> ApiError {
    let message = format!("{name} cannot be found.");
    refusal(
        ErrorKind::NotFound,
        &format!("iam:{operation}"),
        "NoSuchEntity",
        &message,
    )
}

fn exists(operation: &str, message: &str) -> ApiError {
    refusal(
        ErrorKind::AlreadyExists,
        operation,
        "EntityAlreadyExists",
        message,
    )
}

#[async_trait]
impl IamApi for FakeIam {
    async fn oidc_provider(&self, arn: &str) -> Result<Option<OidcProvider>, ApiError> {
        self.calls.read("GetOpenIDConnectProvider", "")?;
        Ok(self.provider(arn))
    }

    async fn create_oidc_provider(&self, new: &NewOidcProvider) -> Result<String, ApiError> {
        let url = new.url.trim_start_matches("https://").to_owned();
        let arn = format!("arn:aws:iam::{}:oidc-provider/{url}", self.account);
        self.write("CreateOpenIDConnectProvider", "", |state| {
            if state.providers.contains_key(&arn) {
                let message = format!("Provider with url {} already exists.", new.url);
                return Err(exists("iam:CreateOpenIDConnectProvider", &message));
            }
            let provider = OidcProvider {
                arn: arn.clone(),
                url,
                client_ids: new.client_ids.clone(),
                thumbprints: match new.thumbprints.as_slice() {
                    [] => vec!["9e99a48a9960b14926bb7f3b02e22da2b0ab7280".to_owned()],
                    given => given.to_vec(),
                },
                tags: new.tags.clone(),
            };
            state.providers.insert(arn.clone(), provider);
            Ok(arn.clone())
        })
    }

    async fn add_client_id(&self, arn: &str, client_id: &str) -> Result<(), ApiError> {
        let operation = "AddClientIDToOpenIDConnectProvider";
        self.change_provider(operation, arn, client_id, |provider| {
            provider.client_ids.insert(client_id.to_owned());
        })
    }

    async fn remove_client_id(&self, arn: &str, client_id: &str) -> Result<(), ApiError> {
        let operation = "RemoveClientIDFromOpenIDConnectProvider";
        self.change_provider(operation, arn, client_id, |provider| {
            provider.client_ids.remove(client_id);
        })
    }

    async fn update_thumbprints(&self, arn: &str, thumbprints: &[String]) -> Result<(), ApiError> {
        let operation = "UpdateOpenIDConnectProviderThumbprint";
        self.change_provider(operation, arn, "", |provider| {
            provider.thumbprints = thumbprints.to_vec();
        })
    }

    async fn tag_oidc_provider(&self, arn: &str, tags: &Tags) -> Result<(), ApiError> {
        self.change_provider("TagOpenIDConnectProvider", arn, "", |provider| {
            provider.tags.extend(tags.clone());
        })
    }

    async fn untag_oidc_provider(&self, arn: &str, keys: &[String]) -> Result<(), ApiError> {
        self.change_provider("UntagOpenIDConnectProvider", arn, "", |provider| {
            provider.tags.retain(|key, _| !keys.contains(key));
        })
    }

    async fn delete_oidc_provider(&self, arn: &str) -> Result<(), ApiError> {
        self.write("DeleteOpenIDConnectProvider", "", |state| {
            state.providers.remove(arn);
            Ok(())
        })
    }

    async fn list_oidc_providers(&self) -> Result<Vec<String>, ApiError> {
        self.calls.read("ListOpenIDConnectProviders", "")?;
        Ok(self.state().providers.keys().cloned().collect())
    }

    async fn role_details(
        &self,
        name: &str,
        inline_policies: InlinePolicies,
    ) -> Result<Option<RoleDetails>, ApiError> {
        self.calls.read("RoleDetails", name)?;
        self.calls.permit("GetRole")?;
        self.calls.permit("ListAttachedRolePolicies")?;
        if inline_policies == InlinePolicies::Read {
            self.calls.permit("ListRolePolicies")?;
            self.calls.permit("GetRolePolicy")?;
        }
        Ok(self.role_now(name).map(|found| RoleDetails {
            role: found.role,
            attached_policies: found.attached,
            inline_policies: (inline_policies == InlinePolicies::Read).then_some(found.inline),
        }))
    }

    async fn role(&self, name: &str) -> Result<Option<Role>, ApiError> {
        self.calls.read("GetRole", name)?;
        Ok(self.role_now(name).map(|found| found.role))
    }

    async fn create_role(&self, new: &NewRole) -> Result<Role, ApiError> {
        self.write("CreateRole", &new.name, |state| {
            if state.roles.contains_key(&new.name) {
                let message = format!("Role with name {} already exists.", new.name);
                return Err(exists("iam:CreateRole", &message));
            }
            state.made += 1;
            let role = Role {
                name: new.name.clone(),
                arn: format!("arn:aws:iam::{}:role{}{}", self.account, new.path, new.name),
                unique_id: format!("AROAEXAMPLE{:010}", state.made),
                path: new.path.clone(),
                assume_role_policy: new.assume_role_policy.clone(),
                description: new.description.clone(),
                max_session_duration: new.max_session_duration,
                permissions_boundary: new.permissions_boundary.clone(),
                tags: new.tags.clone(),
                created_at: 1_735_689_600,
            };
            let fake = FakeRole {
                role: role.clone(),
                attached: BTreeSet::new(),
                inline: BTreeMap::new(),
                instance_profiles: Vec::new(),
            };
            state.roles.insert(new.name.clone(), fake);
            Ok(role)
        })
    }

    async fn update_role(
        &self,
        name: &str,
        description: &str,
        max_session_duration: i32,
    ) -> Result<(), ApiError> {
        self.change_known_role("UpdateRole", name, "", |found| {
            found.role.description = description.to_owned();
            found.role.max_session_duration = max_session_duration;
        })
    }

    async fn update_assume_role_policy(&self, name: &str, document: &str) -> Result<(), ApiError> {
        self.change_known_role("UpdateAssumeRolePolicy", name, "", |found| {
            found.role.assume_role_policy = document.to_owned();
        })
    }

    async fn set_permissions_boundary(
        &self,
        name: &str,
        boundary: Option<&str>,
    ) -> Result<(), ApiError> {
        let operation = match boundary {
            Some(_) => "PutRolePermissionsBoundary",
            None => "DeleteRolePermissionsBoundary",
        };
        self.change_known_role(operation, name, boundary.unwrap_or_default(), |found| {
            found.role.permissions_boundary = boundary.map(str::to_owned);
        })
    }

    async fn tag_role(&self, name: &str, tags: &Tags) -> Result<(), ApiError> {
        self.change_known_role("TagRole", name, "", |found| {
            found.role.tags.extend(tags.clone())
        })
    }

    async fn untag_role(&self, name: &str, keys: &[String]) -> Result<(), ApiError> {
        self.change_known_role("UntagRole", name, "", |found| {
            found.role.tags.retain(|key, _| !keys.contains(key));
        })
    }

    async fn delete_role(&self, name: &str) -> Result<(), ApiError> {
        self.write("DeleteRole", name, |state| {
            let Some(found) = state.roles.get(name) else {
                return Ok(());
            };
            let reason = if !found.attached.is_empty() {
                "Cannot delete entity, must detach all policies first."
            } else if !found.inline.is_empty() {
                "Cannot delete entity, must delete policies first."
            } else if !found.instance_profiles.is_empty() {
                "Cannot delete entity, must remove roles from instance profile first."
            } else {
                state.roles.remove(name);
                return Ok(());
            };
            Err(refusal(
                ErrorKind::Conflict,
                "iam:DeleteRole",
                "DeleteConflict",
                reason,
            ))
        })
    }

    async fn list_roles(&self, path_prefix: &str) -> Result<Vec<Role>, ApiError> {
        self.calls.read("ListRoles", path_prefix)?;
        let state = self.state();
        let roles = state.roles.values().map(|found| found.role.clone());
        Ok(roles
            .filter(|role| role.path.starts_with(path_prefix))
            .collect())
    }

    async fn user(&self, name: &str) -> Result<Option<User>, ApiError> {
        self.calls.read("GetUser", name)?;
        Ok(self.state().users.get(name).cloned())
    }

    async fn check_managed_policy(&self, arn: &str) -> Result<(), ApiError> {
        self.calls.read("GetPolicy", arn)?;
        match self.state().missing_policies.contains(arn) {
            true => Err(no_such("GetPolicy", arn)),
            false => Ok(()),
        }
    }

    async fn attach_role_policy(&self, role: &str, policy_arn: &str) -> Result<(), ApiError> {
        self.write(
            "AttachRolePolicy",
            &format!("{role} {policy_arn}"),
            |state| {
                let is_missing = state.missing_policies.contains(policy_arn);
                match state.roles.get_mut(role) {
                    Some(found) if !is_missing => found.attached.insert(policy_arn.to_owned()),
                    Some(_) => return Err(no_such("AttachRolePolicy", policy_arn)),
                    None => return Err(no_such("AttachRolePolicy", role)),
                };
                Ok(())
            },
        )
    }

    async fn detach_role_policy(&self, role: &str, policy_arn: &str) -> Result<(), ApiError> {
        self.change_known_role("DetachRolePolicy", role, policy_arn, |found| {
            found.attached.remove(policy_arn);
        })
    }

    async fn put_role_policy(
        &self,
        role: &str,
        name: &str,
        document: &str,
    ) -> Result<(), ApiError> {
        self.write("PutRolePolicy", &format!("{role} {name}"), |state| {
            let found = state.roles.get_mut(role);
            let found = found.ok_or_else(|| no_such("PutRolePolicy", role))?;
            let others = found.inline.iter().filter(|(other, _)| *other != name);
            let all = others.map(|(_, text)| text.as_str()).chain([document]);
            if all.map(size).sum::<usize>() > INLINE_POLICIES_SIZE {
                return Err(refusal(
                    ErrorKind::LimitExceeded,
                    "iam:PutRolePolicy",
                    "LimitExceeded",
                    "Maximum policy size of 10240 bytes exceeded for role",
                ));
            }
            found.inline.insert(name.to_owned(), document.to_owned());
            Ok(())
        })
    }

    async fn delete_role_policy(&self, role: &str, name: &str) -> Result<(), ApiError> {
        self.change_known_role("DeleteRolePolicy", role, name, |found| {
            found.inline.remove(name);
        })
    }

    async fn instance_profiles_of_role(&self, role: &str) -> Result<Vec<String>, ApiError> {
        self.calls.read("ListInstanceProfilesForRole", role)?;
        Ok(self
            .role_now(role)
            .map(|found| found.instance_profiles)
            .unwrap_or_default())
    }

    async fn add_role_to_instance_profile(
        &self,
        role: &str,
        instance_profile: &str,
    ) -> Result<(), ApiError> {
        let operation = "AddRoleToInstanceProfile";
        self.calls.permit("PassRole")?;
        self.write(operation, &format!("{role} {instance_profile}"), |state| {
            let has_role = |found: &FakeRole| {
                found
                    .instance_profiles
                    .iter()
                    .any(|name| name == instance_profile)
            };
            if state.roles.values().any(has_role) {
                return Err(refusal(
                    ErrorKind::LimitExceeded,
                    "iam:AddRoleToInstanceProfile",
                    "LimitExceeded",
                    "Cannot exceed quota for InstanceSessionsPerInstanceProfile: 1",
                ));
            }
            let found = state.roles.get_mut(role);
            let found = found.ok_or_else(|| no_such(operation, role))?;
            found.instance_profiles.push(instance_profile.to_owned());
            Ok(())
        })
    }

    async fn remove_role_from_instance_profile(
        &self,
        role: &str,
        instance_profile: &str,
    ) -> Result<(), ApiError> {
        self.change_known_role(
            "RemoveRoleFromInstanceProfile",
            role,
            instance_profile,
            |found| {
                found
                    .instance_profiles
                    .retain(|name| name != instance_profile);
            },
        )
    }
}
