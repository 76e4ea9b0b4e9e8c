//! What Terraform needs to find a provider: a mirror in a folder, or an override; and the handshake it begins with.

use std::{
    fs,
    io::{BufRead, BufReader},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
};

use crate::failure::{Failure, Outcome};

/// Names a filesystem mirror with other providers, for stories that use hashicorp/aws.
pub const PLUGIN_MIRROR: &str = "EKSAUTH_TEST_PLUGIN_MIRROR";
/// The version under which the mirror offers the provider under test.
pub const VERSION: &str = "0.1.0";

/// What Terraform puts into the environment of its plugins, so that nobody else starts them by mistake.
const COOKIE: &str = "d602bf8f470bc67ca7faa0386276bbdd4330efaf76d1a219cb4d6991ca9872b2";
const HOSTS: [&str; 2] = ["registry.terraform.io", "registry.opentofu.org"];

/// Starts a provider as Terraform does, and waits for the line in which it says where it listens. Any certificate stands for Terraform's.
///
/// # Errors
/// It cannot be started, or says something else.
pub fn shake_hands(command: &mut Command, certificate: &str) -> Outcome<Child> {
    let mut child = command
        .env("TF_PLUGIN_MAGIC_COOKIE", COOKIE)
        .env("PLUGIN_PROTOCOL_VERSIONS", "6")
        .env("PLUGIN_CLIENT_CERT", certificate)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()?;
    let mut line = String::new();
    if let Some(output) = child.stdout.take() {
        BufReader::new(output).read_line(&mut line)?;
    }
    if line.starts_with("1|6|") {
        return Ok(child);
    }
    child.kill()?;
    child.wait()?;
    Err(Failure::new(format!("no handshake line: {line:?}")))
}

/// A CLI configuration that takes the provider from the folder it was built in, without `terraform init`.
///
/// # Errors
/// The file cannot be written.
pub fn write_override(file: &Path, provider: &Path) -> Outcome {
    write_override_with(file, provider, Path::new("."), &[])
}

/// The same, with stand-ins for other providers: programs by source address (`hashicorp/kubernetes`), each in a folder of its own below `folder`.
///
/// # Errors
/// The files cannot be written.
pub fn write_override_with(
    file: &Path,
    provider: &Path,
    folder: &Path,
    stand_ins: &[(&str, &Path)],
) -> Outcome {
    let own = provider.parent().unwrap_or(Path::new("."));
    let mut lines = format!("    \"eksauth/eksauth\" = \"{}\"\n", own.display());
    for (address, program) in stand_ins {
        let name = address.rsplit('/').next().unwrap_or(address);
        let place = folder.join(address);
        fs::create_dir_all(&place)?;
        let link = place.join(format!("terraform-provider-{name}"));
        if !link.exists() {
            std::os::unix::fs::symlink(program, link)?;
        }
        lines.push_str(&format!("    \"{address}\" = \"{}\"\n", place.display()));
    }
    let text =
        format!("provider_installation {{\n  dev_overrides {{\n{lines}  }}\n  direct {{}}\n}}\n");
    Ok(fs::write(file, text)?)
}

/// A mirror in `folder` with the provider and whatever the named mirror has, and a CLI configuration for it.
///
/// `stand_ins` are other providers that only have to be there, by address and version; the provider's own binary stands for each.
///
/// # Errors
/// The files cannot be written.
pub fn write_mirror(
    file: &Path,
    folder: &Path,
    provider: &Path,
    stand_ins: &[(&str, &str)],
) -> Outcome {
    let mut own = String::new();
    for (address, version) in [("eksauth/eksauth", VERSION)].iter().chain(stand_ins) {
        for host in HOSTS {
            put_package(&folder.join(host).join(address), version, provider)?;
        }
        own.push_str(&mirror_text(folder, address));
    }
    let other = other_plugins().map_or(String::new(), |other| mirror_text(&other, "hashicorp/aws"));
    let text = format!("provider_installation {{\n{own}{other}}}\n");
    Ok(fs::write(file, text)?)
}

/// A mirror in `folder` with one other provider, by address, and a CLI configuration for it.
///
/// # Errors
/// The files cannot be written.
pub fn write_mirror_of(file: &Path, folder: &Path, address: &str, program: &Path) -> Outcome {
    for host in HOSTS {
        put_package(&folder.join(host).join(address), VERSION, program)?;
    }
    let text = mirror_text(folder, address);
    Ok(fs::write(
        file,
        format!("provider_installation {{\n{text}}}\n"),
    )?)
}

fn put_package(folder: &Path, version: &str, provider: &Path) -> Outcome {
    let package = folder.join(version).join(platform());
    fs::create_dir_all(&package)?;
    let name = folder
        .file_name()
        .map(|name| name.to_string_lossy().into_owned())
        .unwrap_or_default();
    let place = package.join(format!("terraform-provider-{name}_v{version}"));
    if place.exists() {
        fs::remove_file(&place)?;
    }
    if fs::hard_link(provider, &place).is_err() {
        fs::copy(provider, place)?;
    }
    Ok(())
}

fn mirror_text(folder: &Path, provider: &str) -> String {
    let included = HOSTS
        .map(|host| format!("\"{host}/{provider}\""))
        .join(", ");
    format!(
        "  filesystem_mirror {{\n    path    = \"{}\"\n    include = [{included}]\n  }}\n",
        folder.display()
    )
}

/// The mirror with hashicorp/aws, where one is named.
#[must_use]
pub fn other_plugins() -> Option<PathBuf> {
    std::env::var_os(PLUGIN_MIRROR).map(PathBuf::from)
}

fn platform() -> String {
    let system = if cfg!(target_os = "macos") {
        "darwin"
    } else {
        std::env::consts::OS
    };
    let processor = match std::env::consts::ARCH {
        "x86_64" => "amd64",
        "aarch64" => "arm64",
        other => other,
    };
    format!("{system}_{processor}")
}
