//! How clusters of a cloud decide who gets in: their mode and creator, access entries, how soon a change counts, and nodes.
//!
//! What EKS makes of itself is made: entries for the creator and for managed nodes when the mode is raised.

use std::time::Duration;

use serde_json::{Value, json};

use super::{ACCOUNT, Cloud, REGION};
use crate::{
    bed::{identity::Identity, json::text},
    failure::Outcome,
};

/// A cluster's authentication mode.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Mode {
    /// aws-auth alone.
    ConfigMap,
    /// Access entries, then aws-auth.
    ApiAndConfigMap,
    /// Access entries alone.
    Api,
}

impl Mode {
    /// Every mode.
    pub const ALL: [Mode; 3] = [Mode::ConfigMap, Mode::ApiAndConfigMap, Mode::Api];

    /// EKS's word.
    #[must_use]
    pub fn id(self) -> &'static str {
        match self {
            Mode::ConfigMap => "CONFIG_MAP",
            Mode::ApiAndConfigMap => "API_AND_CONFIG_MAP",
            Mode::Api => "API",
        }
    }
}

/// How a cluster begins.
#[derive(Clone, Copy, Debug)]
pub struct Beginning<'a> {
    /// Its mode.
    pub mode: Mode,
    /// The ARN of the role or user who made it.
    pub creator: &'a str,
    /// `bootstrapClusterCreatorAdminPermissions`: whether the creator has access, hidden in CONFIG_MAP and by an entry else.
    pub bootstrap: bool,
    /// Whether the bed's own users get in beside all this: the cloud's creator and the one whose rights a story chooses.
    pub mounted: bool,
}

/// How long a change of access takes.
#[derive(Clone, Copy, Default, Debug)]
pub struct AccessDelay {
    /// Until it counts in the cluster.
    pub in_force: Duration,
    /// Until Describe and List operations show it.
    pub listed: Duration,
}

/// A node of a cluster.
pub struct Node {
    /// A session of its role, named like the instance.
    pub identity: Identity,
    /// The EC2 instance's id.
    pub instance: String,
    /// What `{{EC2PrivateDNSName}}` stands for.
    pub private_dns_name: String,
}

impl Cloud {
    /// Deletes the EKS cluster of that name and makes it anew, on the same control plane and with the same issuer.
    ///
    /// # Errors
    /// There is no control plane of that name, or the emulator refuses.
    pub fn begin_cluster(&self, name: &str, beginning: &Beginning<'_>) -> Outcome {
        let issuer = self.with_control_plane(name, |plane| Ok(plane.issuer().to_owned()))?;
        self.delete_cluster(name)?;
        let access_config = json!({
            "authenticationMode": beginning.mode.id(),
            "bootstrapClusterCreatorAdminPermissions": beginning.bootstrap,
        });
        let fields = json!({
            "accessConfig": access_config, "creator": beginning.creator, "issuer": issuer, "mounted": beginning.mounted,
        });
        self.set_cluster(name, &fields).map(|_| ())
    }

    /// Sets a cluster's mode, upwards with what EKS makes then, and downwards, which EKS does not.
    ///
    /// # Errors
    /// The emulator refuses.
    pub fn set_mode(&self, name: &str, mode: Mode) -> Outcome {
        self.set_cluster(name, &json!({"mode": mode.id()}))
            .map(|_| ())
    }

    /// Until the next reset lists have at most so many items a page.
    ///
    /// # Errors
    /// The emulator does not answer.
    pub fn set_page_size(&self, items: usize) -> Outcome {
        self.access("access-settings", &json!({"page_size": items}))
    }

    /// Until the next reset a cluster takes at most so many access entries.
    ///
    /// # Errors
    /// The emulator does not answer.
    pub fn set_access_entry_quota(&self, entries: usize) -> Outcome {
        self.access("access-settings", &json!({"quota": entries}))
    }

    /// Until the next reset entries of node roles stay when the last managed nodes of the role go.
    ///
    /// # Errors
    /// The emulator does not answer.
    pub fn keep_entries_of_deleted_nodes(&self) -> Outcome {
        self.access("access-settings", &json!({"entries_stay": true}))
    }

    /// From now until it is settled, or the next reset, changes of access take their time.
    ///
    /// # Errors
    /// The emulator does not answer.
    pub fn delay_access(&self, delay: AccessDelay) -> Outcome {
        let seconds =
            json!({"in_force": delay.in_force.as_secs_f64(), "listed": delay.listed.as_secs_f64()});
        self.access("access-delay", &seconds)
    }

    /// From now until it is settled, or the next reset, an update of a cluster takes so long.
    ///
    /// # Errors
    /// The emulator does not answer.
    pub fn set_update_time(&self, time: Duration) -> Outcome {
        self.access("update-time", &json!({"seconds": time.as_secs_f64()}))
    }

    /// From now until it is settled, or the next reset, EKS knows a new role or user after so long.
    ///
    /// # Errors
    /// The emulator does not answer.
    pub fn delay_principals(&self, time: Duration) -> Outcome {
        self.access("principal-delay", &json!({"seconds": time.as_secs_f64()}))
    }

    /// Every update is done, every change of access counts and is listed now, and later ones at once.
    ///
    /// # Errors
    /// The emulator does not answer.
    pub fn settle_access(&self) -> Outcome {
        self.access("access-settle", &json!({}))
    }

    /// Makes many access entries at once, each as CreateAccessEntry takes it, with `policies` as AssociateAccessPolicy takes
    /// them. No rule is asked, and principals that are missing are made.
    ///
    /// # Errors
    /// An entry that is none.
    pub fn put_access_entries(&self, name: &str, entries: &[Value]) -> Outcome {
        let wanted =
            json!({"account": ACCOUNT, "region": REGION, "name": name, "entries": entries});
        self.access("access-entries", &wanted)
    }

    /// Makes many pod identity associations at once, each as CreatePodIdentityAssociation takes it, and with the `ownerArn` of an
    /// add-on where it has one; no rule is asked, and one of the same service account is taken away. Returns their ids.
    ///
    /// # Errors
    /// There is no such cluster.
    pub fn put_pod_identity_associations(
        &self,
        name: &str,
        associations: &[Value],
    ) -> Outcome<Vec<String>> {
        let wanted = json!({"account": ACCOUNT, "region": REGION, "name": name, "associations": associations});
        let made = self
            .emulator
            .control("pod-identity-associations", &wanted)?;
        let ids = made.get("ids").cloned().unwrap_or_default();
        Ok(serde_json::from_value(ids)?)
    }

    /// Until the next reset a cluster takes at most so many pod identity associations.
    ///
    /// # Errors
    /// The emulator does not answer.
    pub fn set_pod_identity_quota(&self, associations: usize) -> Outcome {
        self.access(
            "access-settings",
            &json!({"association_quota": associations}),
        )
    }

    /// Deletes a role or user and makes it again under the same ARN; what is attached to it stays.
    ///
    /// # Errors
    /// There is none.
    pub fn make_principal_again(&self, arn: &str) -> Outcome {
        self.access("principal-again", &json!({"account": ACCOUNT, "arn": arn}))
    }

    /// One request to EKS by `identity`, such as `POST /clusters/prod/access-entries`, and much quicker than the aws CLI:
    /// (status, body).
    ///
    /// # Errors
    /// The emulator does not answer.
    pub fn eks_as(
        &self,
        identity: &Identity,
        method: &str,
        path: &str,
        body: Option<&Value>,
    ) -> Outcome<(u64, Value)> {
        let mut wanted = identity.keys();
        wanted.insert("region".into(), json!(REGION));
        wanted.insert("method".into(), json!(method));
        wanted.insert("path".into(), json!(path));
        if let Some(body) = body {
            wanted.insert("body".into(), body.clone());
        }
        let answer = self.emulator.control("eks", &Value::Object(wanted))?;
        let status = answer.get("status").and_then(Value::as_u64);
        Ok((
            status.unwrap_or_default(),
            answer.get("body").cloned().unwrap_or_default(),
        ))
    }

    /// A session of a role, without asking its trust policy and much quicker than [`Cloud::assume`].
    ///
    /// # Errors
    /// The emulator does not answer.
    pub fn session(&self, role_arn: &str, name: &str) -> Outcome<Identity> {
        let wanted = json!({"role": role_arn, "session": name});
        let made = self.emulator.control("session", &wanted)?;
        Ok(Identity::new(
            text(&made, "arn")?,
            text(&made, "access_key")?,
            text(&made, "secret_key")?,
            Some(text(&made, "session_token")?),
        ))
    }

    /// A running EC2 instance with a session of its node role.
    ///
    /// # Errors
    /// The emulator does not answer.
    pub fn node(&self, role_arn: &str) -> Outcome<Node> {
        let place = json!({"account": ACCOUNT, "region": REGION});
        let made = self.emulator.control("instance", &place)?;
        let instance = text(&made, "id")?;
        Ok(Node {
            identity: self.session(role_arn, &instance)?,
            private_dns_name: text(&made, "private_dns_name")?,
            instance,
        })
    }

    fn access(&self, endpoint: &str, wanted: &Value) -> Outcome {
        self.emulator.control(endpoint, wanted).map(|_| ())
    }
}
