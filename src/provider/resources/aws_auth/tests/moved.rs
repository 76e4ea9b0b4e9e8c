use tf_provider::resource::MoveSource;

use super::*;

fn source(provider: &str, type_name: &str, state: Json) -> MoveSource {
    MoveSource {
        provider_address: provider.to_owned(),
        type_name: type_name.to_owned(),
        schema_version: 0,
        state,
        private: Vec::new(),
    }
}

fn config_map(name: &str) -> Json {
    json!({
        "id": format!("kube-system/{name}"),
        "metadata": [{ "name": name, "namespace": "kube-system", "annotations": {}, "labels": {} }],
        "data": { "mapRoles": ROLES },
        "binary_data": {},
        "immutable": false,
    })
}

fn manifest(name: &str) -> Json {
    json!({ "api_version": "v1", "kind": "ConfigMap", "namespace": "kube-system", "name": name, "yaml_body": "…" })
}

#[tokio::test]
async fn the_state_of_another_provider_becomes_ours_without_a_change_or_a_write() {
    let bed = Bed::lived_in();
    let before = bed.kube().aws_auth();
    for source in [
        source(
            "registry.terraform.io/hashicorp/kubernetes",
            "kubernetes_config_map",
            config_map("aws-auth"),
        ),
        source(
            "registry.opentofu.org/hashicorp/kubernetes",
            "kubernetes_config_map_v1",
            config_map("aws-auth"),
        ),
        source(
            "mirror.example/hashicorp/kubernetes",
            "kubernetes_config_map_v1_data",
            config_map("aws-auth"),
        ),
        source(
            "registry.terraform.io/gavinbunney/kubectl",
            "kubectl_manifest",
            manifest("aws-auth"),
        ),
        source(
            "registry.terraform.io/alekc/kubectl",
            "kubectl_manifest",
            manifest("aws-auth"),
        ),
        source(
            "kubernetes",
            "kubernetes_config_map",
            config_map("aws-auth"),
        ),
        source("kubectl", "kubectl_manifest", manifest("aws-auth")),
    ] {
        let step = bed.step(AwsAuthResource);
        let moved = step.move_from(source).unwrap();
        let read = step.read(&moved).await.unwrap().unwrap();
        assert_eq!(titles(&step.take_warnings()), ["Node Entries Not Imported"]);
        assert_eq!(
            step.plan_update(&read, imported()).await.unwrap().action,
            Action::None
        );
        let again = bed.step(AwsAuthResource);
        assert_eq!(again.read(&read).await.unwrap().unwrap(), read);
        assert_eq!(titles(&again.take_warnings()), Vec::<&str>::new());
    }
    assert_eq!(bed.kube().aws_auth(), before);
}

#[tokio::test]
async fn where_only_the_configuration_names_the_cluster_nothing_is_replaced_or_written() {
    let bed = Bed::lived_in();
    let before = bed.kube().aws_auth();
    let step = || {
        Harness::new(
            AwsAuthResource,
            bed.cloud.client(crate::fakes::FakeCloud::settings()),
        )
    };
    let moved = step()
        .move_from(source(
            "registry.terraform.io/hashicorp/kubernetes",
            "kubernetes_config_map",
            config_map("aws-auth"),
        ))
        .unwrap();
    let read = step().read(&moved).await.unwrap().unwrap();
    let config = json!({ "cluster_name": "prod", "map_roles": [admins()] });
    let planned = step().plan_update(&read, config.clone()).await.unwrap();
    assert_eq!(planned.action, Action::Update);
    let state = step().apply(planned).await.unwrap().unwrap();
    assert_eq!(bed.kube().aws_auth(), before);
    let read = step().read(&state).await.unwrap().unwrap();
    assert_eq!(
        step().plan_update(&read, config).await.unwrap().action,
        Action::None
    );
}

#[test]
fn another_object_and_another_type_are_refused() {
    let bed = Bed::lived_in();
    let step = bed.step(AwsAuthResource);
    let refused = step
        .move_from(source(
            "registry.terraform.io/hashicorp/kubernetes",
            "kubernetes_config_map",
            config_map("coredns"),
        ))
        .unwrap_err();
    assert_eq!(
        only(&refused).detail,
        "The state of `kubernetes_config_map` is of `kube-system/coredns`, and `eksauth_aws_auth` is the ConfigMap `kube-system/aws-auth` \
         only. Leave the other object where it is."
    );
    assert!(
        step.move_from(source(
            "registry.terraform.io/hashicorp/kubernetes",
            "kubernetes_secret",
            json!({})
        ))
        .is_err()
    );
    assert!(
        step.move_from(source(
            "registry.terraform.io/evil/kubernetes",
            "kubernetes_config_map",
            config_map("aws-auth")
        ))
        .is_err()
    );
}
