use super::*;

#[tokio::test]
async fn a_stopping_server_finishes_and_takes_no_more() {
    let bed = Bed::start(|_| {}).await;
    let mut open = bed.connect().await.unwrap();
    assert!(exchange(&mut open, "GET", "/healthz", "").await.is_some());
    let address = bed.address;
    let log = bed.stopped().await;
    assert!(log.contains("listening on https://127.0.0.1:"), "{log}");
    assert_eq!(open.read(&mut [0; 16]).await.unwrap_or(0), 0);
    assert!(TcpStream::connect(address).await.is_err());
}

#[tokio::test]
async fn what_is_missing_is_said_before_anything_listens() {
    let (folder, sts) = (tempfile::tempdir().unwrap(), StubSts::start().await);
    let good = || {
        let folder = tempfile::tempdir().unwrap();
        let mut arguments = arguments(folder.path(), &sts);
        arguments.state_dir = folder.path().to_owned();
        (arguments, folder)
    };
    let refused = async |arguments: &ServerArguments| {
        let limits = Limits::default();
        let outcome = Server::prepare(arguments, Setup::at_noon(limits), io::sink()).await;
        outcome
            .err()
            .map(|failure| failure.to_string())
            .unwrap_or_default()
    };
    let (mut none, _keep) = good();
    none.aws_auth = None;
    assert_eq!(
        refused(&none).await,
        "there are no mappings: give --cluster, --api-server, --aws-auth, --config or --dynamic-file"
    );
    let (mut twice, _keep) = good();
    twice.backend_mode = vec![BackendName::EksConfigMap, BackendName::EksConfigMap];
    assert_eq!(
        refused(&twice).await,
        "--backend-mode names a backend twice"
    );
    let (mut mounted, _keep) = good();
    mounted.backend_mode = vec![BackendName::MountedFile];
    assert_eq!(refused(&mounted).await, "MountedFile needs --config");
    let (mut nameless, _keep) = good();
    nameless.cluster_id = None;
    assert_eq!(
        refused(&nameless).await,
        "give the cluster id: --cluster-id, --cluster or --config"
    );
    let (mut without_keys, _keep) = good();
    without_keys.state_dir = folder.path().to_owned();
    assert!(
        refused(&without_keys)
            .await
            .contains("`init` makes certificate and key")
    );
}
