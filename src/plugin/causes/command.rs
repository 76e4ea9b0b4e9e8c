//! The command that Terraform or OpenTofu was run with, as the plugin process can see it.

/// What a command says of its walks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Command {
    /// It plans and changes nothing.
    Plan,
    /// It plans, and applies that plan in a walk after it.
    PlanAndApply,
    /// It applies a plan that was saved, and makes none.
    ApplySaved,
    /// Another command, or one that cannot be seen.
    Unknown,
}

/// The options whose value may be the next word. Where one is missing, its value is taken for the file of a plan, which errs on the side of errors.
const WITH_VALUE: [&str; 15] = [
    "backup",
    "deprecation",
    "exclude",
    "exclude-file",
    "invoke",
    "json-into",
    "lock-timeout",
    "parallelism",
    "replace",
    "state",
    "state-out",
    "target",
    "target-file",
    "var",
    "var-file",
];

impl Command {
    /// The command of the process that started this one.
    #[cfg(target_os = "linux")]
    pub(super) fn of_parent() -> Self {
        let parent = std::os::unix::process::parent_id();
        let Ok(line) = std::fs::read_to_string(format!("/proc/{parent}/cmdline")) else {
            return Self::Unknown;
        };
        let line = line.strip_suffix('\0').unwrap_or(&line);
        let words: Vec<&str> = line.split('\0').skip(1).collect();
        // Terraform hands its environment on to the plugins that it starts.
        Self::of(&words, |name| std::env::var(name).unwrap_or_default())
    }

    /// Not known here.
    #[cfg(not(target_os = "linux"))]
    pub(super) fn of_parent() -> Self {
        Self::Unknown
    }

    /// The command of a line without the program's name. `variable` gives the environment: `TF_CLI_ARGS` and `TF_CLI_ARGS_apply` stand before what
    /// follows the command.
    #[cfg_attr(not(target_os = "linux"), allow(dead_code))]
    pub(super) fn of(words: &[&str], variable: impl Fn(&str) -> String) -> Self {
        // Before the command there are global options only, whose values stand in the same word (`-chdir=DIR`).
        let mut words = words.iter().copied().skip_while(|word| is_option(word));
        match words.next() {
            Some("plan" | "refresh") => Self::Plan,
            Some(command @ ("apply" | "destroy")) => {
                let of_command = variable(&format!("TF_CLI_ARGS_{command}"));
                let of_all = variable("TF_CLI_ARGS");
                let given = of_command
                    .split_whitespace()
                    .chain(of_all.split_whitespace());
                if has_file(given.chain(words)) {
                    Self::ApplySaved
                } else {
                    Self::PlanAndApply
                }
            }
            _ => Self::Unknown,
        }
    }
}

fn is_option(word: &str) -> bool {
    word.len() > 1 && word.starts_with('-')
}

/// True if a word is neither an option nor the value of one.
fn has_file<'a>(mut words: impl Iterator<Item = &'a str>) -> bool {
    while let Some(word) = words.next() {
        if !is_option(word) {
            return true;
        }
        if WITH_VALUE.contains(&word.trim_start_matches('-')) {
            words.next();
        }
    }
    false
}
