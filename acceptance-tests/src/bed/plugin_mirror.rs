//! hashicorp/aws on this machine: the filesystem mirror that has it, looked for where Terraform and people keep such mirrors.

use std::{
    env,
    ffi::OsString,
    fmt, fs,
    path::{Path, PathBuf},
};

/// Names the filesystem mirror with hashicorp/aws, for stories and benches that use it; where it is set no other place is looked at.
pub const PLUGIN_MIRROR: &str = "EKSAUTH_TEST_PLUGIN_MIRROR";

/// The provider that is looked for, and the registries below whose names a mirror may have it.
pub const ADDRESS: &str = "hashicorp/aws";
const HOSTS: [&str; 2] = ["registry.terraform.io", "registry.opentofu.org"];

/// What a mirror has of hashicorp/aws.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FoundMirror {
    /// The folder with a folder per version, or with packages as they are downloaded.
    pub versions: PathBuf,
}

/// Where there is none: every place that was looked at.
#[derive(Debug, PartialEq, Eq)]
pub struct NotFound {
    is_named: bool,
    places: Vec<PathBuf>,
}

impl fmt::Display for NotFound {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let places: Vec<String> = self
            .places
            .iter()
            .map(|place| place.display().to_string())
            .collect();
        let places = places.join(", ");
        match self.is_named {
            true => write!(
                f,
                "{PLUGIN_MIRROR} names {places}, which has no {ADDRESS} for {}",
                platform()
            ),
            false => write!(
                f,
                "no filesystem mirror with {ADDRESS} for {} in any of {places}; {PLUGIN_MIRROR} can name one",
                platform()
            ),
        }
    }
}

/// The mirror with hashicorp/aws for this machine.
///
/// # Errors
/// The places that were looked at.
pub fn find() -> Result<FoundMirror, NotFound> {
    Surroundings::of_this_process().find()
}

/// What the places are made of.
#[derive(Default)]
struct Surroundings {
    named: Option<OsString>,
    cache: Option<OsString>,
    configuration: Option<OsString>,
    home: Option<PathBuf>,
    data_home: Option<OsString>,
    data_folders: Option<OsString>,
    optional: PathBuf,
}

impl Surroundings {
    fn of_this_process() -> Surroundings {
        let variable = |name: &str| env::var_os(name).filter(|value| !value.is_empty());
        Surroundings {
            named: variable(PLUGIN_MIRROR),
            cache: variable("TF_PLUGIN_CACHE_DIR"),
            configuration: variable("TF_CLI_CONFIG_FILE"),
            home: env::home_dir(),
            data_home: variable("XDG_DATA_HOME"),
            data_folders: variable("XDG_DATA_DIRS"),
            optional: PathBuf::from("/opt"),
        }
    }

    fn find(&self) -> Result<FoundMirror, NotFound> {
        let places = match &self.named {
            Some(named) => vec![PathBuf::from(named)],
            None => self.usual(),
        };
        let found = places
            .iter()
            .find_map(|place| HOSTS.iter().find_map(|host| look(&place.join(host))));
        found.ok_or(NotFound {
            is_named: self.named.is_some(),
            places,
        })
    }

    /// The plugin cache, what the CLI configuration names, the folders where Terraform looks by itself
    /// (developer.hashicorp.com/terraform/cli/config/config-file, "Implied Local Mirror Directories"), and `/opt/*plugins`.
    fn usual(&self) -> Vec<PathBuf> {
        let mut places: Vec<PathBuf> = self.cache.iter().map(PathBuf::from).collect();
        let home = self.home.clone().unwrap_or_default();
        let configuration = self
            .configuration
            .clone()
            .map_or_else(|| home.join(".terraformrc"), PathBuf::from);
        places.extend(named_in(
            &fs::read_to_string(configuration).unwrap_or_default(),
        ));
        if self.home.is_some() {
            places.push(home.join(".terraform.d/plugins"));
        }
        if cfg!(target_os = "macos") {
            let below = "Library/Application Support/io.terraform/plugins";
            places.extend([home.join(below), Path::new("/").join(below)]);
        } else {
            let own = self
                .data_home
                .clone()
                .map_or_else(|| home.join(".local/share"), PathBuf::from);
            let shared = self
                .data_folders
                .clone()
                .unwrap_or_else(|| "/usr/local/share:/usr/share".into());
            let folders = [own].into_iter().chain(env::split_paths(&shared));
            places.extend(folders.map(|folder| folder.join("terraform/plugins")));
        }
        places.extend(named_plugins(&self.optional));
        places
    }
}

/// The folders that a CLI configuration names as mirrors or as the plugin cache.
fn named_in(configuration: &str) -> Vec<PathBuf> {
    let named = configuration.lines().filter_map(|line| {
        let (key, value) = line.split_once('=')?;
        let value = value.trim().strip_prefix('"')?.split('"').next()?;
        matches!(key.trim(), "path" | "plugin_cache_dir").then(|| PathBuf::from(value))
    });
    named.collect()
}

/// The folders below one for optional packages that are named after plugins.
fn named_plugins(optional: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(optional).into_iter().flatten();
    let mut found: Vec<PathBuf> = entries
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| path.to_string_lossy().ends_with("plugins") && path.is_dir())
        .collect();
    found.sort();
    found
}

/// The provider below a registry's folder, unpacked or as a package, for this platform.
fn look(host: &Path) -> Option<FoundMirror> {
    let versions = host.join(ADDRESS);
    let has_it = fs::read_dir(&versions).ok()?.flatten().any(|entry| {
        let name = entry.file_name().to_string_lossy().into_owned();
        let is_package = name.ends_with(&format!("_{}.zip", platform()));
        is_package || has_plugin(&entry.path().join(platform()))
    });
    has_it.then_some(FoundMirror { versions })
}

fn has_plugin(package: &Path) -> bool {
    let entries = fs::read_dir(package).into_iter().flatten().flatten();
    entries.into_iter().any(|entry| {
        entry
            .file_name()
            .to_string_lossy()
            .starts_with("terraform-provider-aws")
    })
}

/// This machine as Terraform names it: `linux_amd64`.
#[must_use]
pub fn platform() -> String {
    let system = if cfg!(target_os = "macos") {
        "darwin"
    } else {
        env::consts::OS
    };
    let processor = match env::consts::ARCH {
        "x86_64" => "amd64",
        "aarch64" => "arm64",
        other => other,
    };
    format!("{system}_{processor}")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A mirror below `folder`, with the provider unpacked.
    fn put(folder: &Path, host: &str) -> PathBuf {
        let versions = folder.join(host).join(ADDRESS);
        let package = versions.join("5.100.0").join(platform());
        fs::create_dir_all(&package).unwrap();
        fs::write(package.join("terraform-provider-aws_v5.100.0_x5"), "").unwrap();
        versions
    }

    fn nowhere(folder: &Path) -> Surroundings {
        Surroundings {
            home: Some(folder.join("home")),
            data_folders: Some(folder.join("data").into()),
            optional: folder.join("opt"),
            ..Surroundings::default()
        }
    }

    #[test]
    fn every_usual_place_is_looked_at() {
        let places = [
            "cache",
            "configured",
            "home/.terraform.d/plugins",
            "opt/shared-plugins",
        ];
        let linux = [
            "home/.local/share/terraform/plugins",
            "data/terraform/plugins",
        ];
        let linux = linux.iter().filter(|_| !cfg!(target_os = "macos"));
        for place in places.iter().chain(linux) {
            for host in HOSTS {
                let folder = tempfile::tempdir().unwrap();
                let configuration = folder.path().join("terraform.rc");
                let named = folder.path().join("configured");
                let text = format!(
                    "provider_installation {{\n  filesystem_mirror {{\n    path = \"{}\" # ours\n  }}\n}}\n",
                    named.display()
                );
                fs::write(&configuration, text).unwrap();
                let surroundings = Surroundings {
                    cache: Some(folder.path().join("cache").into()),
                    configuration: Some(configuration.into()),
                    ..nowhere(folder.path())
                };
                assert!(surroundings.find().is_err());
                let versions = put(&folder.path().join(place), host);
                assert_eq!(surroundings.find(), Ok(FoundMirror { versions }), "{place}");
            }
        }
    }

    #[test]
    fn where_one_is_named_no_other_place_is_looked_at() {
        let folder = tempfile::tempdir().unwrap();
        put(&folder.path().join("opt/shared-plugins"), HOSTS[0]);
        let mut surroundings = nowhere(folder.path());
        assert!(surroundings.find().is_ok());
        surroundings.named = Some("/nonexistent".into());
        let told = surroundings.find().unwrap_err().to_string();
        let expected =
            "EKSAUTH_TEST_PLUGIN_MIRROR names /nonexistent, which has no hashicorp/aws for ";
        assert!(told.starts_with(expected), "{told}");
        let versions = put(&folder.path().join("mine"), HOSTS[1]);
        surroundings.named = Some(folder.path().join("mine").into());
        assert_eq!(surroundings.find(), Ok(FoundMirror { versions }));
    }

    #[test]
    fn a_package_as_it_is_downloaded_is_found_and_one_of_another_platform_is_not() {
        let folder = tempfile::tempdir().unwrap();
        let versions = folder
            .path()
            .join("opt/plugins")
            .join(HOSTS[0])
            .join(ADDRESS);
        fs::create_dir_all(versions.join("5.100.0/plan9_mips")).unwrap();
        fs::write(
            versions.join("5.100.0/plan9_mips/terraform-provider-aws"),
            "",
        )
        .unwrap();
        fs::write(
            versions.join("terraform-provider-aws_5.100.0_plan9_mips.zip"),
            "",
        )
        .unwrap();
        let told = nowhere(folder.path()).find().unwrap_err().to_string();
        assert!(
            told.starts_with("no filesystem mirror with hashicorp/aws for "),
            "{told}"
        );
        assert!(told.contains("/home/.terraform.d/plugins, "), "{told}");
        let package = format!("terraform-provider-aws_5.100.0_{}.zip", platform());
        fs::write(versions.join(package), "").unwrap();
        assert_eq!(nowhere(folder.path()).find(), Ok(FoundMirror { versions }));
    }
}
