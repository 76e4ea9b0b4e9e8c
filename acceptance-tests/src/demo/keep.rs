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

/// Holds the folder of the kept cloud while it is made: two at once would write into one folder.
///
/// # Errors
/// Somebody else makes one.
pub fn hold() -> Outcome<fs::File> {
    let path = cache()?.join("demo.lock");
    if let Some(above) = path.parent() {
        fs::create_dir_all(above)?;
    }
    let file = fs::File::create(path)?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(fs::TryLockError::WouldBlock) => Err(Failure::new(
            "another `cargo demo -- --keep` makes the cloud; wait for its end",
        )),
        Err(fs::TryLockError::Error(error)) => Err(error.into()),
    }
}

/// Prints how to use the cloud that is kept already; false where none is.
///
/// # Errors
/// A cloud is there that was not finished.
pub fn tell_again() -> Outcome<bool> {
    for folder in folders()? {
        if any_kept_runs(&folder)? {
            let told = fs::read_to_string(self::folder()?.join(HOW_TO_USE)).map_err(|_| {
                Failure::new(
                    "a cloud that was not finished is there; end it with `cargo demo -- --clean`",
                )
            })?;
            println!("{told}");
            return Ok(true);
        }
    }
    Ok(false)
}

/// The file in the kept cloud's folder with what a second `--keep` prints.
const HOW_TO_USE: &str = "how-to-use";

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
    fs::write(
        &configuration,
        with_other_providers(&fs::read_to_string(&configuration)?),
    )?;
    let kubeconfig = folder.join("kubeconfig");
    fs::write(&kubeconfig, kubeconfig_text(cloud)?)?;
    let mut lines = vec!["\n  The cloud stays. To use it:\n".to_owned()];
    for (name, value) in cloud.creator().environment() {
        lines.push(format!("    export {name}={value}"));
    }
    lines.push(format!(
        "    export AWS_REGION={REGION} AWS_DEFAULT_REGION={REGION}"
    ));
    lines.push(format!(
        "    export AWS_ENDPOINT_URL={}",
        cloud.emulator().url()
    ));
    lines.push(format!(
        "    export TF_CLI_CONFIG_FILE={}",
        configuration.display()
    ));
    lines.push(format!("    export KUBECONFIG={}", kubeconfig.display()));
    lines.push(who_is_let_in());
    lines.push(
        "\n  kubectl there takes its token from `aws eks get-token`. End the cloud with `cargo demo -- --clean`."
            .to_owned(),
    );
    let told = lines.join("\n");
    println!("{told}");
    Ok(fs::write(folder.join(HOW_TO_USE), told)?)
}

/// The CLI configuration with every provider that its mirrors do not have from its registry. Terraform asks the registry too for what `direct` does
/// not exclude, so without a network what a mirror has could not be used.
fn with_other_providers(configuration: &str) -> String {
    let blocks = configuration.strip_suffix("}\n").unwrap_or(configuration);
    let lists = configuration.lines().filter_map(|line| {
        let (key, value) = line.split_once('=')?;
        let list = value.trim().strip_prefix('[')?.strip_suffix(']')?;
        (key.trim() == "include").then_some(list)
    });
    let excluded = lists.collect::<Vec<_>>().join(", ");
    format!("{blocks}  direct {{\n    exclude = [{excluded}]\n  }}\n}}\n")
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_no_mirror_has_comes_from_its_registry() {
        let mirror = "provider_installation {\n  filesystem_mirror {\n    path = \"/m\"\n    include = [\"r.io/a/a\", \"r.org/a/a\"]\n  }\n  \
                      filesystem_mirror {\n    path = \"/m\"\n    include = [\"r.io/hashicorp/aws\"]\n  }\n}\n";
        let text = with_other_providers(mirror);
        assert!(
            text.ends_with("\n  }\n  direct {\n    exclude = [\"r.io/a/a\", \"r.org/a/a\", \"r.io/hashicorp/aws\"]\n  }\n}\n"),
            "{text}"
        );
        assert_eq!(text.matches("filesystem_mirror").count(), 2, "{text}");
    }
}
