//! Every command line of this binary that a page, an example or a message prints is one that this binary knows.

use std::{
    fs,
    path::{Path, PathBuf},
};

use clap::{Parser, error::ErrorKind};

use crate::{command::Arguments, token::respelt};

const PROGRAM: &str = "terraform-provider-eksauth";

/// What the shell of a page puts in, so that a value is one of its kind.
const VARIABLES: [(&str, &str); 5] = [
    ("$CLUSTER", "prod"),
    ("$REGION", "eu-central-1"),
    ("$ROLE", "arn:aws:iam::111122223333:role/teams/platform"),
    ("$cluster", "prod"),
    ("$eksauth", PROGRAM),
];

/// A command line as it is printed, and where.
#[derive(Debug, PartialEq, Eq)]
struct Printed {
    place: String,
    line: String,
    /// Whether it is for copying, not a mention in a sentence.
    is_whole: bool,
}

impl Printed {
    /// What clap has against it.
    fn objection(&self) -> Option<String> {
        let Some(words) = shlex::split(&self.line) else {
            return Some(format!(
                "{}: `{}` is no command line",
                self.place, self.line
            ));
        };
        let error = Arguments::try_parse_from(respelt(words.into_iter().map(Into::into))).err()?;
        let is_wrong = match error.kind() {
            ErrorKind::DisplayVersion | ErrorKind::DisplayHelp => false,
            ErrorKind::UnknownArgument | ErrorKind::InvalidSubcommand => true,
            _ => self.is_whole,
        };
        is_wrong.then(|| format!("{}: `{}`: {error}", self.place, self.line))
    }
}

/// The command lines of a text: in its fenced blocks and scripts each line, elsewhere what stands between backticks.
fn printed(place: &str, text: &str, is_script: bool) -> Vec<Printed> {
    let mut found = Vec::new();
    let mut fence: Option<&str> = None;
    let text = text.replace("\\\n", " ");
    for (number, line) in text.lines().enumerate() {
        let place = format!("{place}:{}", number + 1);
        if let Some(language) = line.trim_start().strip_prefix("```") {
            fence = fence.is_none().then_some(language);
            continue;
        }
        let is_shell = is_script || matches!(fence, Some("shell" | "console" | "sh" | "bash"));
        if is_shell && !line.trim_start().starts_with('#') {
            found.extend(commands(line).into_iter().map(|line| Printed {
                place: place.clone(),
                line,
                is_whole: true,
            }));
        } else {
            let spans = line.split('`').skip(1).step_by(2);
            found.extend(spans.flat_map(commands).map(|line| Printed {
                place: place.clone(),
                line,
                is_whole: false,
            }));
        }
    }
    found
}

/// The commands of a line that are this program's, without what a shell does around them.
fn commands(line: &str) -> Vec<String> {
    let mut line = line.replace("&&", ";");
    for (name, value) in VARIABLES {
        line = line.replace(name, value);
    }
    let parts = line.split(['|', ';', ')']);
    parts.filter_map(command).collect()
}

/// A command, if it is this program's, behind the prompt and the variables that are set for it.
fn command(part: &str) -> Option<String> {
    let part = part.split(['>', '#']).next()?.trim();
    let mut rest = part.trim_start_matches("$ ");
    while let Some((word, behind)) = rest.split_once(' ')
        && word.contains('=')
    {
        rest = behind;
    }
    let (program, arguments) = rest.split_once(' ')?;
    (program.trim_matches('"') == PROGRAM).then(|| format!("{PROGRAM} {arguments}"))
}

fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn files_below(path: &Path, found: &mut Vec<PathBuf>) {
    if path.is_dir() {
        for entry in fs::read_dir(path).unwrap() {
            files_below(&entry.unwrap().path(), found);
        }
    } else {
        found.push(path.to_owned());
    }
}

#[test]
fn every_printed_command_line_is_known() {
    let mut files = Vec::new();
    for part in [
        "README.md",
        "CONTRIBUTING.md",
        "docs",
        "examples",
        "acceptance-tests/README.md",
    ] {
        files_below(&repository().join(part), &mut files);
    }
    let mut all = Vec::new();
    for file in files {
        let text = fs::read_to_string(&file).unwrap();
        let ending = file.extension().unwrap_or_default().to_string_lossy();
        let is_script = matches!(ending.as_ref(), "sh" | "yml");
        all.extend(printed(&file.display().to_string(), &text, is_script));
    }
    assert!(
        all.iter().filter(|one| one.is_whole).count() > 30,
        "{}",
        all.len()
    );
    let wrong: Vec<String> = all.iter().filter_map(Printed::objection).collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_command_line_is_found_where_it_is_printed() {
    let text = "Run `terraform-provider-eksauth token` or `terraform init`.\n\n```console\n$ A=1 terraform show -json p | terraform-provider-eksauth \
        check-plan - \\\n    --cluster prod > out # why\nterraform-provider-eksauth: no command\n```\n\n```text\nterraform-provider-eksauth X\n```\n";
    let one = |place: &str, line: &str, is_whole| Printed {
        place: place.to_owned(),
        line: line.to_owned(),
        is_whole,
    };
    assert_eq!(
        printed("page", text, false),
        [
            one("page:1", "terraform-provider-eksauth token", false),
            one(
                "page:4",
                "terraform-provider-eksauth check-plan -      --cluster prod",
                true
            ),
        ]
    );
}

#[test]
fn a_flag_or_a_command_that_is_not_there_is_an_objection() {
    let objection = |line: &str, is_whole| {
        let printed = Printed {
            place: "page:1".to_owned(),
            line: format!("{PROGRAM} {line}"),
            is_whole,
        };
        printed.objection()
    };
    assert_eq!(objection("whoami --cluster prod", true), None);
    assert_eq!(objection("verify --cluster", false), None);
    for (line, is_whole) in [
        ("whoami --klaster prod", false),
        ("forget role", false),
        ("explain", true),
        ("explain no-arn-at-all", true),
        ("lint 'a", true),
    ] {
        assert!(objection(line, is_whole).is_some(), "{line}");
    }
}
