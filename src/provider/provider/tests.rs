use std::collections::BTreeMap;
use std::sync::Mutex;

use async_trait::async_trait;
use serde_json::json;
use tf_provider::Attr;

mod one_cause;

use super::*;
use crate::config::{LockoutGuard, Recovery};
use crate::fakes::{FakeClock, FakeCloud};
use crate::ports::cloud::{AssumeRole, MetadataService, RetryMode, Secret};
use crate::ports::{ApiError, AwsSettings, Cloud};

/// Keeps what it was asked to connect with.
#[derive(Default)]
struct Factory {
    asked: Mutex<Vec<AwsSettings>>,
    cloud: Arc<FakeCloud>,
}

#[async_trait]
impl CloudFactory for Factory {
    async fn connect(&self, settings: AwsSettings) -> Result<Arc<dyn Cloud>, ApiError> {
        self.asked.lock().unwrap().push(settings);
        Ok(self.cloud.clone())
    }
}

fn provider(factory: &Arc<Factory>, append: Option<&str>) -> EksAuth {
    let environment = Environment {
        data_folder: None,
        append_user_agent: append.map(str::to_owned),
        lockout_acknowledgements: None,
    };
    EksAuth::new(factory.clone(), Arc::new(FakeClock::default()), environment)
}

async fn configured(config: ProviderModel) -> (Client, Vec<AwsSettings>, Diagnostics) {
    let factory = Arc::new(Factory::default());
    let mut diagnostics = Diagnostics::new();
    let request = Configure {
        terraform_version: "1.11.4".to_owned(),
        config,
    };
    let client = provider(&factory, Some(" pipeline/7 "))
        .configure(request, &mut diagnostics)
        .await;
    let asked = factory.asked.lock().unwrap().clone();
    (
        client.unwrap_or_else(|refused| panic!("{refused:?}")),
        asked,
        diagnostics,
    )
}

fn model(json: serde_json::Value) -> ProviderModel {
    let mut model = ProviderModel::default();
    let known = |name: &str| {
        json.get(name)
            .and_then(|value| value.as_str())
            .map(str::to_owned)
            .into()
    };
    model.region = known("region");
    model.cluster_name = known("cluster_name");
    model
}

fn titles(config: &ProviderModel) -> Vec<String> {
    let mut diagnostics = Diagnostics::new();
    config::validate(config, &mut diagnostics);
    diagnostics
        .iter()
        .map(|diagnostic| diagnostic.summary.clone())
        .collect()
}

fn known(text: &str) -> Attr<String> {
    Attr::Known(text.to_owned())
}

#[test]
fn every_schema_is_sound_and_fits_its_model() {
    assert_eq!(
        provider(&Arc::default(), None).objects().check(),
        Vec::<String>::new()
    );
}

#[tokio::test]
async fn a_region_and_a_cluster_are_enough() {
    let (client, asked, diagnostics) = configured(model(
        json!({ "region": "eu-central-1", "cluster_name": "prod" }),
    ))
    .await;
    let expected = AwsSettings {
        region: Some("eu-central-1".to_owned()),
        user_agent: format!(
            "Terraform/1.11.4 terraform-provider-eksauth/{} pipeline/7",
            env!("CARGO_PKG_VERSION")
        ),
        ..AwsSettings::default()
    };
    assert_eq!((asked, diagnostics.is_empty()), (vec![expected], true));
    assert_eq!(client.settings().cluster_name, known("prod"));
    assert_eq!(client.settings().lockout_guard, LockoutGuard::Error);
}

#[tokio::test]
async fn no_region_at_all_is_a_warning() {
    let (_, _, diagnostics) = configured(ProviderModel::default()).await;
    assert_eq!(
        diagnostics.iter().next().unwrap().summary,
        "Provider Block Without Region"
    );
}

#[tokio::test]
async fn an_unknown_value_of_the_aws_part_delays_everything() {
    for config in [
        ProviderModel {
            region: Attr::Unknown,
            ..ProviderModel::default()
        },
        ProviderModel {
            allowed_account_ids: Attr::Unknown,
            ..ProviderModel::default()
        },
        ProviderModel {
            assume_role: vec![config::AssumeRoleModel {
                role_arn: Attr::Unknown,
                ..Default::default()
            }],
            ..ProviderModel::default()
        },
    ] {
        let (client, asked, _) = configured(config).await;
        assert_eq!((client.cloud().is_none(), asked), (true, Vec::new()));
        assert!(
            client
                .identity()
                .await
                .unwrap_err()
                .to_string()
                .contains("known only after apply")
        );
    }
}

#[tokio::test]
async fn an_unknown_cluster_name_delays_only_what_is_of_a_cluster() {
    let config = ProviderModel {
        cluster_name: Attr::Unknown,
        ..model(json!({ "region": "eu-central-1" }))
    };
    let (client, asked, _) = configured(config).await;
    assert_eq!((client.cloud().is_some(), asked.len()), (true, 1));
    assert_eq!(
        client.clusters().resolve(&Attr::Null, &Attr::Null).unwrap(),
        Attr::Unknown
    );
}

#[tokio::test]
async fn a_cluster_whose_entry_is_partly_unknown_is_not_known() {
    let entry = config::ClusterModel {
        host: Attr::Unknown,
        ..Default::default()
    };
    let clusters = BTreeMap::from([("prod".to_owned(), Attr::Known(entry))]);
    let config = ProviderModel {
        clusters: Attr::Known(clusters),
        ..model(json!({ "region": "eu-central-1" }))
    };
    let (client, _, _) = configured(config).await;
    let clusters = client.clusters();
    assert_eq!(
        clusters.resolve(&known("prod"), &Attr::Null).unwrap(),
        Attr::Unknown
    );
    assert!(
        clusters
            .resolve(&known("other"), &Attr::Null)
            .unwrap()
            .is_known()
    );
}

#[tokio::test]
async fn roles_and_secrets_reach_the_cloud_as_they_were_given() {
    let config = ProviderModel {
        access_key: known("AKIDEXAMPLE"),
        secret_key: known("hidden"),
        assume_role: vec![config::AssumeRoleModel {
            role_arn: known("arn:aws:iam::111122223333:role/deploy"),
            external_id: known("x"),
            duration: known("1h"),
            ..Default::default()
        }],
        ..model(json!({ "region": "eu-central-1" }))
    };
    let (_, asked, _) = configured(config).await;
    let asked = asked.first().unwrap();
    assert_eq!(asked.secret_key, Some(Secret::new("hidden")));
    assert_eq!(
        asked.assume_role,
        [AssumeRole {
            role_arn: "arn:aws:iam::111122223333:role/deploy".to_owned(),
            external_id: Some("x".to_owned()),
            duration_seconds: Some(3600),
            ..AssumeRole::default()
        }]
    );
    assert!(!format!("{asked:?}").contains("hidden"));
}

#[test]
fn values_that_contradict_each_other_are_refused() {
    let set = |text: &str| Attr::Known([known(text)].into());
    let both = ProviderModel {
        allowed_account_ids: set("111122223333"),
        forbidden_account_ids: set("999988887777"),
        ..Default::default()
    };
    assert_eq!(titles(&both), ["Conflicting Attributes"]);
    let half = ProviderModel {
        access_key: known("AKIDEXAMPLE"),
        ..Default::default()
    };
    assert_eq!(titles(&half), ["Incomplete Credentials"]);
    let role = config::AssumeRoleModel {
        role_arn: known("arn:aws-cn:iam::111122223333:role/x"),
        ..Default::default()
    };
    let partition = ProviderModel {
        assume_role: vec![role],
        ..model(json!({ "region": "eu-central-1" }))
    };
    assert_eq!(titles(&partition), ["Partitions Do Not Match"]);
    let entry = config::ClusterModel {
        token: known("t"),
        client_certificate: known("c"),
        ..Default::default()
    };
    let clusters = Attr::Known(BTreeMap::from([("prod".to_owned(), Attr::Known(entry))]));
    assert_eq!(
        titles(&ProviderModel {
            clusters,
            ..Default::default()
        }),
        ["Conflicting Attributes", "Incomplete Credentials"]
    );
    let nothing = ProviderModel {
        assume_role_with_web_identity: Some(Default::default()),
        ..Default::default()
    };
    assert_eq!(titles(&nothing), ["Missing Role ARN", "Missing Token"]);
}

#[tokio::test]
async fn a_block_that_names_no_role_assumes_none_and_is_told_once() {
    let off = ProviderModel {
        assume_role: vec![config::AssumeRoleModel::default()],
        ..model(json!({ "region": "eu-central-1" }))
    };
    assert_eq!(titles(&off), Vec::<String>::new());
    let (_, settings, diagnostics) = configured(off).await;
    assert_eq!(settings[0].assume_role, []);
    let told: Vec<&str> = diagnostics.iter().map(|one| one.summary.as_str()).collect();
    assert_eq!(told, ["Argument Without Effect"]);
}

#[test]
fn certificates_are_always_verified() {
    let insecure = |value| ProviderModel {
        insecure: value,
        ..Default::default()
    };
    let refused = titles(&insecure(Attr::Known(true)));
    assert_eq!(refused, ["Certificates Are Always Verified"]);
    for accepted in [Attr::Known(false), Attr::Null, Attr::Unknown] {
        assert_eq!(titles(&insecure(accepted)), Vec::<String>::new());
    }
}

#[tokio::test]
async fn arguments_that_do_nothing_are_named_in_one_warning() {
    let copied = ProviderModel {
        skip_credentials_validation: Attr::Known(true),
        skip_requesting_account_id: Attr::Unknown,
        s3_use_path_style: Attr::Known(false),
        s3_us_east_1_regional_endpoint: known("legacy"),
        ..model(json!({ "region": "eu-central-1" }))
    };
    assert_eq!(titles(&copied), Vec::<String>::new());
    let (_, _, diagnostics) = configured(copied).await;
    let told: Vec<_> = diagnostics.iter().collect();
    assert_eq!(told.len(), 1);
    assert_eq!(told[0].summary, "Argument Without Effect");
    assert!(!diagnostics.has_errors());
    for name in [
        "skip_credentials_validation",
        "skip_requesting_account_id",
        "s3_use_path_style",
        "s3_us_east_1_regional_endpoint",
    ] {
        assert!(told[0].detail.contains(&format!("`{name}`: ")), "{name}");
    }
}

#[test]
fn a_region_looks_like_one_unless_that_is_not_to_be_checked() {
    let block = |skip| ProviderModel {
        region: known("the moon"),
        sts_region: known("mars"),
        skip_region_validation: skip,
        ..Default::default()
    };
    for (skip, expected) in [
        (Attr::Null, 2),
        (Attr::Known(false), 2),
        (Attr::Known(true), 0),
        (Attr::Unknown, 0),
    ] {
        assert_eq!(titles(&block(skip.clone())).len(), expected, "{skip:?}");
    }
}

#[tokio::test]
async fn settings_of_hashicorp_aws_reach_the_cloud() {
    let config = ProviderModel {
        retry_mode: known("adaptive"),
        token_bucket_rate_limiter_capacity: Attr::Known(0),
        sts_region: known("us-east-2"),
        skip_metadata_api_check: known("TRUE"),
        ec2_metadata_service_endpoint: known("http://127.0.0.1:1"),
        ec2_metadata_service_endpoint_mode: known("IPv6"),
        ..model(json!({ "region": "eu-central-1" }))
    };
    let (_, asked, _) = configured(config).await;
    let asked = asked.first().unwrap();
    assert_eq!(asked.retry_mode, Some(RetryMode::Adaptive));
    assert_eq!(asked.retry_tokens, None);
    assert_eq!(asked.sts_region.as_deref(), Some("us-east-2"));
    let metadata = MetadataService {
        is_skipped: true,
        endpoint: Some("http://127.0.0.1:1".into()),
        by_ipv6: Some(true),
    };
    assert_eq!(asked.metadata, metadata);
    let not_skipped = ProviderModel {
        skip_metadata_api_check: known(""),
        ..ProviderModel::default()
    };
    let (_, asked, _) = configured(not_skipped).await;
    assert_eq!(asked[0].metadata, MetadataService::default());
}

#[tokio::test]
async fn copies_go_where_the_block_says_else_below_the_folder_that_terraform_was_given() {
    let configured = async |recovery: Option<&str>, folder: Option<&str>, data: Option<&str>| {
        let factory = Arc::new(Factory::default());
        let environment = Environment {
            data_folder: data.map(str::to_owned),
            ..Environment::default()
        };
        let provider = EksAuth::new(factory, Arc::new(FakeClock::default()), environment);
        let config = ProviderModel {
            recovery: recovery.map(str::to_owned).into(),
            recovery_folder: folder.map(str::to_owned).into(),
            dry_run: Attr::Known(recovery.is_some()),
            ..ProviderModel::default()
        };
        let request = Configure {
            terraform_version: "1.11.4".to_owned(),
            config,
        };
        let client = provider.configure(request, &mut Diagnostics::new()).await;
        let settings = client.unwrap().settings().clone();
        let folder = settings
            .recovery_folder
            .map(|path| path.display().to_string());
        (settings.recovery, folder, settings.dry_run)
    };
    let folder = |path: &str| Some(path.to_owned());
    assert_eq!(
        configured(None, None, None).await,
        (Recovery::ConfigMap, None, false)
    );
    assert_eq!(
        configured(Some("off"), None, Some("")).await,
        (Recovery::Off, None, true)
    );
    assert_eq!(
        configured(Some("file"), None, Some("/data")).await,
        (Recovery::File, folder("/data/eksauth-recovery"), true)
    );
    assert_eq!(
        configured(Some("file"), Some("kept"), Some("/data")).await,
        (Recovery::File, folder("kept"), true)
    );
}

/// Terraform reads all schemas at every command, `validate` of one resource included. What is longer than a sentence or two belongs on the page.
#[test]
fn the_schemas_stay_small_and_nothing_is_asked_for_them() {
    const MOST_BYTES: usize = 128 * 1024;
    let factory = Arc::new(Factory::default());
    let size = tf_provider::testing::schema_size(provider(&factory, None));
    assert!(size <= MOST_BYTES, "{size} bytes");
    assert!(factory.asked.lock().unwrap().is_empty());
}
