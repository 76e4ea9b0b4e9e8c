//! `--keep` and `--clean`: a cloud that stays, and its end by the ids and start times it was begun with.

use std::{fs, path::PathBuf};

use crate::{
    bed::{
        authenticator::HEALTH_PORT,
        cloud::{Cloud, PROD, REGION},
        process::{any_kept_runs, end_kept},
        provider_under_test::built_provider,
        terraform::write_mirror,
        tools::cache,
    },
    failure::{Failure, Outcome},
};

/// The folder of the kept cloud.
///
/// # Errors
/// There is no home folder.
pub fn folder() -> Outcome<PathBuf> {
    Ok(cache()?.join("demo"))
}

/// Fails when a cloud is kept already.
///
/// # Errors
/// The cloud that is there.
pub fn refuse_second() -> Outcome {
    for folder in folders()? {
        if any_kept_runs(&folder)? {
            return Err(Failure::new(
                "a cloud is kept already; end it with `cargo demo -- --clean`",
            ));
        }
    }
    Ok(())
}

/// Ends the servers of the kept cloud and removes its folder; says what it did.
///
/// # Errors
/// The notes cannot be read, or a server cannot be ended.
pub fn clean() -> Outcome {
    let folders = folders()?;
    if folders.is_empty() {
        println!("  there is no kept cloud");
        return Ok(());
    }
    for folder in folders {
        for told in end_kept(&folder)? {
            println!("  {told}");
        }
    }
    Ok(fs::remove_dir_all(folder()?)?)
}

/// The kept cloud's folder and those in it, each of which may note servers; none when nothing is kept.
fn folders() -> Outcome<Vec<PathBuf>> {
    let above = folder()?;
    if !above.exists() {
        return Ok(Vec::new());
    }
    let mut folders = Vec::new();
    for entry in fs::read_dir(&above)? {
        let path = entry?.path();
        if path.is_dir() {
            folders.push(path);
        }
    }
    folders.push(above);
    Ok(folders)
}

/// Prints what to export to use the kept cloud by hand.
///
/// # Errors
/// The files it names cannot be written.
pub fn tell_how_to_use(cloud: &Cloud) -> Outcome {
    let folder = cloud.folder();
    let configuration = folder.join("terraform.rc");
    write_mirror(
        &configuration,
        &folder.join("mirror"),
        &built_provider()?,
        &[],
    )?;
    let kubeconfig = folder.join("kubeconfig");
    fs::write(&kubeconfig, kubeconfig_text(cloud)?)?;
    println!("\n  The cloud stays. To use it:\n");
    for (name, value) in cloud.creator().environment() {
        println!("    export {name}={value}");
    }
    println!("    export AWS_REGION={REGION} AWS_DEFAULT_REGION={REGION}");
    println!("    export AWS_ENDPOINT_URL={}", cloud.emulator().url());
    println!("    export TF_CLI_CONFIG_FILE={}", configuration.display());
    println!("    export KUBECONFIG={}", kubeconfig.display());
    println!("{}", who_is_let_in());
    println!(
        "\n  kubectl there takes its token from `aws eks get-token`. End the cloud with `cargo demo -- --clean`."
    );
    Ok(())
}

/// Where the kept cloud listens, for whoever leaves it running on a machine that others reach.
fn who_is_let_in() -> String {
    format!(
        "\n  It listens on 127.0.0.1 only, but for one port: aws-iam-authenticator says whether it is well at port {HEALTH_PORT} of every\n  \
         address, and no flag moves that. Where others reach this machine, close that port to them."
    )
}

/// Tokens are signed for the public STS host, so the aws CLI must not see the emulator's URL when it makes one.
fn kubeconfig_text(cloud: &Cloud) -> Outcome<String> {
    let prod = cloud.cluster(PROD)?;
    Ok(format!(
        "apiVersion: v1
kind: Config
current-context: prod
clusters:
  - name: prod
    cluster: {{certificate-authority: {authority}, server: '{server}'}}
users:
  - name: aws
    user:
      exec:
        apiVersion: client.authentication.k8s.io/v1beta1
        interactiveMode: Never
        command: aws
        args: [eks, get-token, --cluster-name, {PROD}, --region, {REGION}]
        env:
          - {{name: AWS_IGNORE_CONFIGURED_ENDPOINT_URLS, value: 'true'}}
          - {{name: AWS_STS_REGIONAL_ENDPOINTS, value: regional}}
contexts:
  - name: prod
    context: {{cluster: prod, user: aws}}
",
        authority = cloud.folder().join("ca.crt").display(),
        server = prod.endpoint(),
    ))
}
