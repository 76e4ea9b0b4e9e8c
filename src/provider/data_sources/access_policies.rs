//! The access policies that EKS has in the cluster's region.

use serde::{Deserialize, Serialize};
use tf_provider::{Attr, Attribute, Context, DataSource, Diagnostics, Schema, Validator};

use super::computed::{objects, text};
use crate::attributes::cluster::{check_cluster_name, region_attribute};
use crate::client::Client;
use crate::clusters::{DESCRIBE_CLUSTER, LIST_CLUSTERS};
use crate::diagnostics::api_failure;
use crate::permissions::{AwsResource, AwsStatement, DeclaresPermissions, Need, Permissions, Step};

/// The data source `eksauth_access_policies`.
pub struct AccessPoliciesDataSource;

/// One policy.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ListedPolicyModel {
    /// `AmazonEKSViewPolicy`.
    pub name: Attr<String>,
    /// Its ARN.
    pub arn: Attr<String>,
}

/// The attributes in schema order.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct AccessPoliciesModel {
    /// The cluster.
    pub cluster_name: Attr<String>,
    /// Its region.
    pub region: Attr<String>,
    /// The policies, by name.
    pub access_policies: Attr<Vec<ListedPolicyModel>>,
}

impl DeclaresPermissions for AccessPoliciesDataSource {
    const PERMISSIONS: Permissions = Permissions {
        aws: &[
            DESCRIBE_CLUSTER,
            LIST_CLUSTERS,
            AwsStatement {
                actions: &["eks:ListAccessPolicies"],
                resource: AwsResource::All,
                need: Need::Required { step: Step::Plan },
            },
        ],
        ..Permissions::NONE
    };
}

impl DataSource for AccessPoliciesDataSource {
    type Client = Client;
    type Model = AccessPoliciesModel;

    const NAME: &'static str = "eksauth_access_policies";

    fn schema(&self) -> Schema {
        let policy = vec![
            ("name", text("Name, such as `AmazonEKSViewPolicy`.")),
            ("arn", text("ARN in the cluster's partition.")),
        ];
        Schema::new("The access policies that EKS has in a cluster's region, by name: what `policies` of `eksauth_access_entry` and `eksauth_access_policy_association` may name.")
            .attribute(
                "cluster_name",
                Attribute::string()
                    .optional()
                    .computed()
                    .validate(Validator::string(check_cluster_name))
                    .description("Name of the cluster, or its ARN; the provider's `cluster_name` unless set."),
            )
            .attribute("region", region_attribute().computed())
            .attribute(
                "access_policies",
                objects(policy, "The policies, by name."),
            )
    }

    async fn read(
        &self,
        cx: &Context<Client>,
        config: AccessPoliciesModel,
    ) -> Result<AccessPoliciesModel, Diagnostics> {
        let clusters = cx.client.clusters();
        let cluster = clusters
            .existing(&config.cluster_name, &config.region)
            .await?;
        let about = format!(
            "The access policies of region `{}`",
            cluster.reference.region
        );
        let listed = cluster.eks().access_policies().await;
        let mut listed =
            listed.map_err(api_failure::failure("Cannot List Access Policies", &about))?;
        listed.sort_by(|one, other| one.name.cmp(&other.name));
        let policies = listed.into_iter().map(|policy| ListedPolicyModel {
            name: Attr::Known(policy.name),
            arn: Attr::Known(policy.arn),
        });
        Ok(AccessPoliciesModel {
            cluster_name: cluster.reference.named_as(&config.cluster_name),
            region: Attr::Known(cluster.reference.region.clone()),
            access_policies: Attr::Known(policies.collect()),
        })
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use serde_json::json;
    use tf_provider::testing::DataSourceHarness;

    use super::*;
    use crate::fakes::{FakeCloud, active_cluster};

    #[tokio::test]
    async fn the_policies_are_listed_by_name() {
        let cloud = Arc::new(FakeCloud::default());
        cloud.eks.put(active_cluster("prod", "ABC"));
        let source = DataSourceHarness::new(
            AccessPoliciesDataSource,
            cloud.client(FakeCloud::settings()),
        );
        assert_eq!(source.check(), Vec::<String>::new());
        let (read, _) = source
            .read(json!({ "cluster_name": "prod" }))
            .await
            .unwrap();
        let policies = read.access_policies.known().cloned().unwrap();
        let first = policies.first().cloned().unwrap();
        assert_eq!(first.name, Attr::Known("AmazonEKSAdminPolicy".to_owned()));
        assert_eq!(
            first.arn,
            Attr::Known("arn:aws:eks::aws:cluster-access-policy/AmazonEKSAdminPolicy".to_owned())
        );
    }
}
