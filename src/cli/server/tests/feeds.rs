use super::*;

#[tokio::test]
async fn a_changed_map_is_taken_over_and_a_broken_one_is_not() {
    let bed = Bed::start(|_| {}).await;
    let path = bed.folder.path().join("aws-auth.yaml");
    assert_eq!(bed.review("USER-eve").await.status, 403);
    let with_user = format!(
        "{AWS_AUTH}  mapUsers: |\n    - userarn: arn:aws:iam::111122223333:user/eve\n      username: eve\n"
    );
    std::fs::write(&path, with_user).unwrap();
    bed.reload.notify_one();
    let changed = async {
        while bed.review("USER-eve").await.status != 200 {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(30), changed)
        .await
        .unwrap();
    std::fs::write(&path, "kind: Pod\n").unwrap();
    bed.reload.notify_one();
    let noticed = async {
        while !bed
            .call("GET", "/metrics", "")
            .await
            .body
            .contains("\neksauth_reload_failures_total 1\n")
        {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(30), noticed)
        .await
        .unwrap();
    assert_eq!(bed.review("USER-eve").await.status, 200);
}

#[tokio::test]
async fn a_configuration_file_feeds_the_server_alone_or_before_aws_auth() {
    let config = |folder: &Path| -> PathBuf {
        let path = folder.join("config.yaml");
        let text = "clusterID: prod\nserver:\n  mapUsers:\n  - userARN: arn:aws:iam::111122223333:user/creator\n    username: kubernetes-admin\n    groups: [system:masters]\n";
        std::fs::write(&path, text).unwrap();
        path
    };
    let alone = Bed::start(|arguments| {
        arguments.config = Some(config(&arguments.state_dir));
        (arguments.cluster_id, arguments.aws_auth) = (None, None);
    })
    .await;
    assert_eq!(alone.review("USER-creator").await.status, 200);
    assert_eq!(alone.review("ROLE-Admin-eve").await.status, 403);
    let both = Bed::start(|arguments| {
        arguments.config = Some(config(&arguments.state_dir));
        arguments.backend_mode = vec![BackendName::MountedFile, BackendName::EksConfigMap];
    })
    .await;
    assert_eq!(both.review("USER-creator").await.status, 200);
    assert_eq!(both.review("ROLE-Admin-eve").await.status, 200);
}
