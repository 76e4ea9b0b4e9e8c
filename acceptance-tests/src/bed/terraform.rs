//! What Terraform needs to find a provider: a mirror in a folder, or an override; and the handshake it begins with.

use std::{
    fs::{self, Permissions},
    io::{BufRead, BufReader},
    os::unix::fs::{PermissionsExt, symlink},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
};

use super::{
    plugin_mirror::{self, platform},
    terraform_cli::Product,
    tools::Tools,
};
use crate::failure::{Failure, Outcome};

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

/// Terraform 1.16 takes the provider of an import block whose resource is still to be generated from `hashicorp/`, whatever
/// `required_providers` says, unless the block names it; and it refuses a block that names it when the resource is there.
/// So the blocks name it while the resources are generated, as `docs/guides/take-over-an-existing-aws-auth.md` advises.
const NAMES_THE_PROVIDER: &str = r#"#!/bin/sh
case " $* " in
  *" -generate-config-out="*) ;;
  *) exec "@PROGRAM@" "$@" ;;
esac
for file in $(grep -l '^import {' *.tf); do
  mv "$file" "$file.before"
  awk '{ print } /^import \{/ { print "  provider = eksauth" }' "$file.before" >"$file"
done
"@PROGRAM@" "$@"
code=$?
for file in *.before; do [ ! -e "$file" ] || mv "$file" "${file%.before}"; done
exit "$code"
"#;

/// Puts the CLI into a folder of its own as `terraform`, for `PATH`.
///
/// # Errors
/// The files cannot be written.
pub fn put_on_path(folder: &Path, tools: &Tools) -> Outcome {
    fs::create_dir_all(folder)?;
    let place = folder.join("terraform");
    if tools.cli.product == Product::Terraform && tools.cli.minor == 16 {
        let program = tools.terraform.display().to_string();
        fs::write(&place, NAMES_THE_PROVIDER.replace("@PROGRAM@", &program))?;
        return Ok(fs::set_permissions(place, Permissions::from_mode(0o755))?);
    }
    Ok(symlink(&tools.terraform, place)?)
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
            symlink(program, link)?;
        }
        lines.push_str(&format!("    \"{address}\" = \"{}\"\n", place.display()));
    }
    let text =
        format!("provider_installation {{\n  dev_overrides {{\n{lines}  }}\n  direct {{}}\n}}\n");
    Ok(fs::write(file, text)?)
}

/// A mirror in `folder` with the provider and hashicorp/aws where this machine has it, and a CLI configuration for it.
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
    if let Ok(found) = plugin_mirror::find() {
        link_versions(folder, plugin_mirror::ADDRESS, &found.versions)?;
        own.push_str(&mirror_text(folder, plugin_mirror::ADDRESS));
    }
    let text = format!("provider_installation {{\n{own}}}\n");
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
    link(provider, &place)
}

/// Puts another mirror's versions of a provider below both registries' names: Terraform and OpenTofu each ask for their own.
fn link_versions(folder: &Path, address: &str, versions: &Path) -> Outcome {
    for host in HOSTS {
        let place = folder.join(host).join(address);
        for file in files_below(versions)? {
            let own = place.join(file.strip_prefix(versions)?);
            if let (Some(above), false) = (own.parent(), own.exists()) {
                fs::create_dir_all(above)?;
                link(&file, &own)?;
            }
        }
    }
    Ok(())
}

fn files_below(folder: &Path) -> Outcome<Vec<PathBuf>> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        match path.is_dir() {
            true => files.extend(files_below(&path)?),
            false => files.push(path),
        }
    }
    Ok(files)
}

/// A provider is some hundred megabytes: it is never copied. A hard link stays what it was when cargo builds anew.
fn link(file: &Path, place: &Path) -> Outcome {
    match fs::hard_link(file, place) {
        Ok(()) => Ok(()),
        Err(_) => Ok(symlink(file, place)?),
    }
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
