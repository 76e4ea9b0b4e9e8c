//! The whole cloud: the emulator, the cluster `prod` with its real control plane, and who uses them.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
    sync::{Mutex, PoisonError},
};

use serde_json::{Value, json};

pub use super::host::REGION;
use super::{
    cluster::{Cluster, Place},
    emulator::Emulator,
    host::Host,
    identity::Identity,
    kubernetes::{Kubernetes, Plan},
    process::Lifetime,
    tools::Tools,
};
use crate::failure::{Failure, Outcome};

pub mod access;
mod identities;

/// The account of the caller and of the clusters.
pub const ACCOUNT: &str = "111122223333";
/// The user whose rights a story chooses.
pub const RESTRICTED_ARN: &str = "arn:aws:iam::111122223333:user/restricted";
/// Another account that the emulator knows.
pub const OTHER_ACCOUNT: &str = "444455556666";
/// Names a folder for the bed's files that stays after the run, to read the servers' logs in.
pub const FOLDER: &str = "EKSAUTH_TEST_FOLDER";
/// The cluster every cloud has.
pub const PROD: &str = "prod";

/// The running cloud; its servers end when it is dropped, unless they are kept.
pub struct Cloud {
    control_planes: Mutex<Vec<(String, Kubernetes)>>,
    emulator: Emulator,
    host: Host,
    creator: Identity,
    lifetime: Lifetime,
    temporary: Option<tempfile::TempDir>,
}

impl Cloud {
    /// Starts a cloud in a folder of its own, which goes with it; a folder that is named by
    /// `EKSAUTH_TEST_FOLDER` stays, with the logs in it.
    ///
    /// # Errors
    /// A server that did not come up.
    pub fn start(tools: Tools) -> Outcome<Cloud> {
        Cloud::start_beside(tools, 0)
    }

    /// The same beside others, the first of which has the number 0; the folder of each other one is a numbered one in the first one's.
    ///
    /// # Errors
    /// A server that did not come up.
    pub fn start_beside(tools: Tools, number: usize) -> Outcome<Cloud> {
        if let Some(folder) = std::env::var_os(FOLDER).map(PathBuf::from) {
            let folder = match number {
                0 => folder,
                _ => folder.join(format!("cloud-{}", number + 1)),
            };
            _ = fs::remove_dir_all(&folder);
            fs::create_dir_all(&folder)?;
            return Cloud::begin(tools, fs::canonicalize(folder)?, Lifetime::WithUs, None);
        }
        let temporary = tempfile::Builder::new().prefix("eksauth-bed-").tempdir()?;
        let folder = temporary.path().to_owned();
        Cloud::begin(tools, folder, Lifetime::WithUs, Some(temporary))
    }

    /// Starts a cloud in `folder` that outlives this program.
    ///
    /// # Errors
    /// A server that did not come up.
    pub fn start_kept(tools: Tools, folder: PathBuf) -> Outcome<Cloud> {
        _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(&folder)?;
        Cloud::begin(tools, folder, Lifetime::Kept, None)
    }

    fn begin(
        tools: Tools,
        folder: PathBuf,
        lifetime: Lifetime,
        temporary: Option<tempfile::TempDir>,
    ) -> Outcome<Cloud> {
        let emulator = Emulator::start(&tools, &folder, ACCOUNT, lifetime)?;
        let creator = emulator.user(&json!({"account": ACCOUNT, "name": "terraform"}))?;
        let cloud = Cloud {
            control_planes: Mutex::default(),
            emulator,
            host: Host::new(tools, folder),
            creator,
            lifetime,
            temporary,
        };
        cloud.add_control_plane(PROD)?;
        cloud.make_prod()?;
        Ok(cloud)
    }

    /// Forgets every fault, request, role, OIDC provider and cluster, and makes `prod` anew, without aws-auth, copies of it, and the grants and
    /// namespaces of stories.
    ///
    /// # Errors
    /// The emulator or the API server does not answer.
    pub fn reset(&self) -> Outcome {
        self.emulator.control("reset", &json!({}))?;
        self.make_prod()?;
        let prod = self.cluster(PROD)?;
        prod.delete_aws_auth()?;
        prod.forget_grants()?;
        prod.forget_namespaces()?;
        prod.forget_copies()
    }

    /// A cluster that exists, by name.
    ///
    /// # Errors
    /// There is no control plane of that name.
    pub fn cluster(&self, name: &str) -> Outcome<Cluster<'_>> {
        let planes = self
            .control_planes
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let Some((_, plane)) = planes.iter().find(|(known, _)| known == name) else {
            return Err(Failure::new(format!(
                "no control plane was started for cluster `{name}`"
            )));
        };
        let place = Place {
            host: &self.host,
            emulator: &self.emulator,
            creator: &self.creator,
            restricted: RESTRICTED_ARN,
        };
        Ok(Cluster::new(place, name, plane))
    }

    /// Starts a control plane for clusters called `name`, unless there is one; the cluster itself is not made.
    ///
    /// # Errors
    /// A server that did not come up.
    pub fn add_control_plane(&self, name: &str) -> Outcome {
        let mut planes = self
            .control_planes
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if planes.iter().any(|(known, _)| known == name) {
            return Ok(());
        }
        let plan = Plan {
            cluster: name,
            issuer: issuer(planes.len()),
            creator: &self.creator,
            restricted: RESTRICTED_ARN,
            bed: self.host.folder(),
            lifetime: self.lifetime,
        };
        let plane = Kubernetes::start(self.host.tools(), &self.emulator, plan)?;
        planes.push((name.to_owned(), plane));
        Ok(())
    }

    /// Restarts the API server of a control plane; from now on the authenticator at `webhook_port` judges its tokens, where one is given.
    ///
    /// # Errors
    /// There is no control plane of that name, or it did not come up.
    pub fn restart_api_server(&self, name: &str, webhook_port: Option<u16>) -> Outcome {
        let mut planes = self
            .control_planes
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        match planes.iter_mut().find(|(known, _)| known == name) {
            Some((_, plane)) => {
                plane.restart_api_server(self.host.tools(), &self.emulator, webhook_port)
            }
            None => Err(Failure::new(format!(
                "no control plane was started for cluster `{name}`"
            ))),
        }
    }

    /// From now until the next reset DescribeCluster names an endpoint where the story's faults are met on the way to the API server.
    ///
    /// # Errors
    /// There is no control plane of that name.
    pub fn reach_through_faults(&self, name: &str) -> Outcome {
        let endpoint = self.with_control_plane(name, |plane| Ok(plane.endpoint().to_owned()))?;
        self.emulator
            .control(
                "reach",
                &json!({"name": name, "endpoint": endpoint, "under_faults": true}),
            )
            .map(|_| ())
    }

    /// From now until the next reset DescribeCluster names `endpoint`, with the bed's certificate authority or another one.
    ///
    /// # Errors
    /// The emulator does not answer.
    pub fn reach_at(&self, name: &str, endpoint: &str, authority: &str) -> Outcome {
        let wanted =
            json!({"name": name, "endpoint": endpoint, "authority": format!("{authority}.crt")});
        self.emulator.control("reach", &wanted).map(|_| ())
    }

    /// Hands the control plane of a cluster to `look`.
    ///
    /// # Errors
    /// There is none of that name, or what `look` fails with.
    pub fn with_control_plane<T>(
        &self,
        name: &str,
        look: impl FnOnce(&Kubernetes) -> Outcome<T>,
    ) -> Outcome<T> {
        let planes = self
            .control_planes
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        match planes.iter().find(|(known, _)| known == name) {
            Some((_, plane)) => look(plane),
            None => Err(Failure::new(format!(
                "no control plane was started for cluster `{name}`"
            ))),
        }
    }

    /// Whether the cloud outlives this program, or its folder stays to be looked at.
    #[must_use]
    pub fn is_kept(&self) -> bool {
        self.temporary.is_none()
    }

    /// The emulator of IAM, EKS and STS.
    #[must_use]
    pub fn emulator(&self) -> &Emulator {
        &self.emulator
    }

    /// The programs of this bed.
    #[must_use]
    pub fn tools(&self) -> &Tools {
        self.host.tools()
    }

    /// The bed's folder, with certificates and logs.
    #[must_use]
    pub fn folder(&self) -> &Path {
        self.host.folder()
    }

    /// The user who made the clusters and runs Terraform unless a story says otherwise.
    #[must_use]
    pub fn creator(&self) -> &Identity {
        &self.creator
    }

    /// Makes an EKS cluster or changes one: `fields` are those of the bed's `cluster` endpoint.
    ///
    /// # Errors
    /// The emulator refuses.
    pub fn set_cluster(&self, name: &str, fields: &Value) -> Outcome<Value> {
        let mut wanted = json!({"account": ACCOUNT, "region": REGION, "name": name});
        if let (Some(wanted), Some(fields)) = (wanted.as_object_mut(), fields.as_object()) {
            wanted.extend(fields.clone());
        }
        self.emulator.control("cluster", &wanted)
    }

    /// Deletes an EKS cluster; its control plane stays and serves the next one of that name.
    ///
    /// # Errors
    /// The emulator does not answer.
    pub fn delete_cluster(&self, name: &str) -> Outcome {
        self.emulator
            .control(
                "delete-cluster",
                &json!({"account": ACCOUNT, "region": REGION, "name": name}),
            )
            .map(|_| ())
    }

    /// A command without the variables of this machine that could lead AWS's, Kubernetes' or Terraform's tools astray.
    #[must_use]
    pub fn plain(&self, program: &Path) -> Command {
        self.host.plain(program)
    }

    fn make_prod(&self) -> Outcome {
        let issuer = self.with_control_plane(PROD, |plane| Ok(plane.issuer().to_owned()))?;
        self.set_cluster(
            PROD,
            &json!({"creator": self.creator.arn, "issuer": issuer}),
        )
        .map(|_| ())
    }
}

fn issuer(number: usize) -> String {
    format!(
        "https://oidc.eks.{REGION}.amazonaws.com/id/{:032X}",
        0xB0D0_0000_0000_0000_0000_0000_0000_0001_u128 + number as u128
    )
}
