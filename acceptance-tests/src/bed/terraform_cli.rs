//! The Terraform or OpenTofu that stories run: found on this machine, named by its path, or built once by name.

use std::{
    env, fmt,
    path::{self, Path, PathBuf},
    process::Command,
};

use super::{
    command::{on_path, succeeded},
    go::Source,
};
use crate::failure::{Failure, Outcome};

/// Names the Terraform or OpenTofu to use instead of the one on `PATH`: a path, or one of `KEPT` by its name.
pub const TERRAFORM: &str = "EKSAUTH_TEST_TERRAFORM";

/// Whose command line it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Product {
    /// HashiCorp's.
    Terraform,
    /// The Linux Foundation's.
    OpenTofu,
}

/// A product and its version, without the patch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CliVersion {
    /// Whose.
    pub product: Product,
    /// The first number of the version.
    pub major: u32,
    /// The second one.
    pub minor: u32,
}

impl CliVersion {
    /// What a program says of itself.
    ///
    /// # Errors
    /// It cannot be run, or is neither.
    pub fn of(program: &Path) -> Outcome<CliVersion> {
        let mut command = Command::new(program);
        command
            .arg("version")
            .env("CHECKPOINT_DISABLE", "1")
            .env("TF_CLI_CONFIG_FILE", "/dev/null");
        let output = succeeded(&mut command)?;
        let said = String::from_utf8_lossy(&output.stdout);
        CliVersion::parse(&said).ok_or_else(|| {
            Failure::new(format!(
                "{} is neither Terraform nor OpenTofu: it says {said:?} of itself",
                program.display()
            ))
        })
    }

    /// The first line of `terraform version`: `Terraform v1.16.0`, `OpenTofu v1.12.6-dev`.
    fn parse(said: &str) -> Option<CliVersion> {
        let (product, version) = said.lines().next()?.split_once(" v")?;
        let product = match product {
            "Terraform" => Product::Terraform,
            "OpenTofu" => Product::OpenTofu,
            _ => return None,
        };
        let mut numbers = version.split('.').map(str::parse::<u32>);
        Some(CliVersion {
            product,
            major: numbers.next()?.ok()?,
            minor: numbers.next()?.ok()?,
        })
    }
}

impl fmt::Display for CliVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} {}.{}", self.product, self.major, self.minor)
    }
}

/// One that is built where it is named, and kept by its version.
pub struct KeptCli {
    /// The name: the product and the first two numbers of the version.
    pub name: &'static str,
    /// The whole version.
    pub version: &'static str,
    program: &'static str,
}

/// The oldest that the provider is for, a newer one, and OpenTofu.
pub const KEPT: [KeptCli; 3] = [
    KeptCli {
        name: "terraform-1.5",
        version: "1.5.7",
        program: "terraform",
    },
    KeptCli {
        name: "terraform-1.16",
        version: "1.16.0",
        program: "terraform",
    },
    KeptCli {
        name: "opentofu-1.12",
        version: "1.12.6",
        program: "tofu",
    },
];

impl KeptCli {
    /// Its product and whole version: `terraform 1.16.0`.
    #[must_use]
    pub fn full_name(&self) -> String {
        format!("{} {}", self.product(), self.version)
    }

    fn product(&self) -> &'static str {
        self.name.split('-').next().unwrap_or_default()
    }

    /// Its place in the folder of built programs.
    #[must_use]
    pub fn below(&self, cache: &Path) -> PathBuf {
        cache
            .join(format!("{}-{}", self.product(), self.version))
            .join(self.program)
    }

    /// Where its source is. Newer versions need `replace`, which `go install` does not take: each has a tool module.
    #[must_use]
    pub fn source(&self) -> Source {
        // Without it the program calls itself a development version.
        let released = |package: &str| format!("-s -w -X {package}/version.dev=no");
        match self.name {
            "terraform-1.16" => Source::ToolModule {
                folder: "terraform",
                package: "github.com/hashicorp/terraform",
                link: released("github.com/hashicorp/terraform"),
            },
            "opentofu-1.12" => Source::ToolModule {
                folder: "opentofu",
                package: "github.com/opentofu/opentofu/cmd/tofu",
                link: released("github.com/opentofu/opentofu"),
            },
            _ => Source::Published {
                package: "github.com/hashicorp/terraform",
                version: self.version,
                without_checksum: None,
            },
        }
    }
}

/// Which one a run uses.
pub enum Chosen {
    /// This program.
    Program(PathBuf),
    /// One that is built and kept.
    Kept(&'static KeptCli),
}

impl Chosen {
    /// The one that the environment names, else the one on `PATH`; none where there is none.
    ///
    /// # Errors
    /// The environment names something that is neither a program nor one of the names.
    pub fn find() -> Outcome<Option<Chosen>> {
        match env::var(TERRAFORM) {
            Ok(named) if !named.is_empty() => Chosen::named(&named).map(Some),
            _ => Ok(on_path("terraform")
                .or_else(|| on_path("tofu"))
                .map(Chosen::Program)),
        }
    }

    fn named(named: &str) -> Outcome<Chosen> {
        if let Some(kept) = KEPT.iter().find(|kept| kept.name == named) {
            return Ok(Chosen::Kept(kept));
        }
        let program = match named.contains('/') {
            true => path::absolute(named).ok().filter(|path| path.is_file()),
            false => on_path(named),
        };
        program.map(Chosen::Program).ok_or_else(|| {
            let names = KEPT.map(|kept| kept.name).join(", ");
            Failure::new(format!(
                "{TERRAFORM} is `{named}`: that is no program, and none of {names}"
            ))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bed::go::tool_module;

    #[test]
    fn a_version_is_read_from_the_first_line() {
        let version = |product, minor| CliVersion {
            product,
            major: 1,
            minor,
        };
        for (said, expected) in [
            (
                "Terraform v1.16.0\non linux_amd64\n",
                Some(version(Product::Terraform, 16)),
            ),
            ("Terraform v1.5.7", Some(version(Product::Terraform, 5))),
            (
                "OpenTofu v1.12.6-dev\non linux_amd64",
                Some(version(Product::OpenTofu, 12)),
            ),
            ("Pulumi v3.1.0", None),
            ("Terraform", None),
            ("", None),
        ] {
            assert_eq!(CliVersion::parse(said), expected, "{said}");
        }
    }

    #[test]
    fn a_name_is_one_of_the_kept_and_a_path_a_program() {
        assert!(
            matches!(Chosen::named("opentofu-1.12"), Ok(Chosen::Kept(kept)) if kept.version == "1.12.6")
        );
        assert!(
            matches!(Chosen::named("/bin/sh"), Ok(Chosen::Program(path)) if path == Path::new("/bin/sh"))
        );
        let Err(failure) = Chosen::named("terraform-9.9") else {
            panic!("it is found");
        };
        assert!(failure.to_string().starts_with(
            "EKSAUTH_TEST_TERRAFORM is `terraform-9.9`: that is no program, and none of terraform-1.5, terraform-1.16, opentofu-1.12"
        ));
        assert!(Chosen::named("/nowhere/terraform").is_err());
    }

    #[test]
    fn each_kept_one_has_a_place_of_its_own_by_its_version() {
        let places = KEPT.map(|kept| kept.below(Path::new("/cache")).display().to_string());
        assert_eq!(
            places,
            [
                "/cache/terraform-1.5.7/terraform",
                "/cache/terraform-1.16.0/terraform",
                "/cache/opentofu-1.12.6/tofu"
            ]
        );
        for kept in KEPT {
            if let Source::ToolModule { folder, .. } = kept.source() {
                let module = std::fs::read_to_string(tool_module(folder).join("go.mod")).unwrap();
                assert!(
                    module.contains(&format!(" v{}\n", kept.version)),
                    "{}",
                    kept.name
                );
            }
        }
    }
}
