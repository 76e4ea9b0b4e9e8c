//! `cargo acceptance`: every test of the workspace, then every story on the bed.
//!
//! `cargo acceptance -- NAME …` tells the stories whose names contain NAME, or runs the tests of
//! that name where no story has it; `--list` prints the stories. The last line counts.

use std::{
    env,
    io::{BufRead, BufReader},
    panic::{AssertUnwindSafe, catch_unwind},
    process::{Command, ExitCode, Stdio},
    time::Instant,
};

use acceptance_tests::{
    bed::{
        cloud::Cloud,
        plugin_mirror,
        provider_under_test::{Build, build_provider},
        terraform_cli::CliVersion,
        tools::Tools,
    },
    failure::{Failure, Outcome},
    progress::{Paint, seconds, step},
    stories::{self, Story, skips},
};

/// How many went well, how many did not, and how many stories could not be told here.
#[derive(Default)]
struct Count {
    passed: usize,
    failed: usize,
    skipped: usize,
}

fn main() -> ExitCode {
    let names: Vec<String> = env::args().skip(1).filter(|name| name != "--").collect();
    if names.iter().any(|name| name == "--list") {
        stories::all()
            .iter()
            .for_each(|story| println!("{}", story.name));
        return ExitCode::SUCCESS;
    }
    let chosen: Vec<Story> = stories::all()
        .into_iter()
        .filter(|story| matches(story.name, &names))
        .collect();
    let mut count = Count::default();
    let needs_writer = chosen.iter().any(|story| story.needs_writer());
    let mut build = match needs_writer {
        true => Build::WithWriter,
        false => Build::Alone,
    };
    if names.is_empty() || chosen.is_empty() {
        run_tests(&names, &mut count);
        build = Build::Workspace;
    }
    if !chosen.is_empty() {
        tell_all(&chosen, build, &mut count);
    }
    if count.skipped > 0 {
        println!("{} skipped, each with its reason above", count.skipped);
    }
    println!("{} passed, {} failed", count.passed, count.failed);
    if count.failed == 0 && count.passed + count.skipped > 0 {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

fn matches(story: &str, names: &[String]) -> bool {
    names.is_empty() || names.iter().any(|name| story.contains(name.as_str()))
}

/// `cargo test`, its output passed on and its results added up.
fn run_tests(names: &[String], count: &mut Count) {
    let mut command = cargo();
    command
        .args(["test", "--workspace", "--no-fail-fast"])
        .args(names)
        .stdout(Stdio::piped());
    let ended = match command.spawn() {
        Ok(mut child) => {
            for line in child
                .stdout
                .take()
                .into_iter()
                .flat_map(|output| BufReader::new(output).lines().map_while(Result::ok))
            {
                println!("{line}");
                add_result(&line, count);
            }
            child.wait().is_ok_and(|status| status.success())
        }
        Err(error) => {
            println!("cargo test cannot be run: {error}");
            false
        }
    };
    if !ended && count.failed == 0 {
        println!("cargo test failed");
        count.failed += 1;
    }
}

/// Adds a line like `test result: ok. 12 passed; 0 failed; …`.
fn add_result(line: &str, count: &mut Count) {
    let Some((_, numbers)) = line.split_once("test result: ") else {
        return;
    };
    let number = |word: &str| {
        let before = numbers
            .split(word)
            .next()
            .and_then(|text| text.trim_end().rsplit(' ').next());
        before
            .and_then(|text| text.parse::<usize>().ok())
            .unwrap_or_default()
    };
    count.passed += number("passed");
    count.failed += number("failed");
}

fn tell_all(chosen: &[Story], build: Build, count: &mut Count) {
    let paint = Paint::for_stdout();
    let cloud = match prepare(build) {
        Ok(cloud) => cloud,
        Err(failure) => {
            println!("the bed did not come up: {failure}");
            count.failed += chosen.len();
            return;
        }
    };
    let cli = cloud.tools().cli;
    println!("stories with {cli}");
    let mut failures = Vec::new();
    for story in chosen {
        let began = Instant::now();
        let (word, came) = match outcome(&cloud, story, cli) {
            Told::Passed => (paint.green("ok"), &mut count.passed),
            Told::Skipped(reason) => (format!("skipped: {reason}"), &mut count.skipped),
            Told::Failed(failure) => {
                failures.push((story.name, failure));
                (paint.red("FAILED"), &mut count.failed)
            }
        };
        *came += 1;
        println!(
            "story {} … {word} ({})",
            story.name,
            seconds(began.elapsed())
        );
    }
    for (name, failure) in failures {
        println!("\n---- {name} ----\n{failure}");
    }
}

/// What came of a story.
enum Told {
    Passed,
    Skipped(String),
    Failed(Failure),
}

/// Tells a story, also one that the list skips for this CLI: it has to fail in the way that the list says.
fn outcome(cloud: &Cloud, story: &Story, cli: CliVersion) -> Told {
    if story.needs_mirror
        && let Err(lacking) = plugin_mirror::find()
    {
        return Told::Skipped(lacking.to_string());
    }
    match (tell(cloud, story), skips::of(story.name, cli)) {
        (told, Some(skip)) => match skip.judge(told, cli) {
            Ok(reason) => Told::Skipped(reason),
            Err(failure) => Told::Failed(failure),
        },
        (Ok(()), None) => Told::Passed,
        (Err(failure), None) => Told::Failed(failure),
    }
}

fn prepare(build: Build) -> Outcome<Cloud> {
    let tools = Tools::find(move || build_provider(build))?;
    step("starting the local cloud", || Cloud::start(tools))
}

fn tell(cloud: &Cloud, story: &Story) -> Outcome {
    cloud.reset()?;
    let told = catch_unwind(AssertUnwindSafe(|| (story.tell)(cloud)));
    told.unwrap_or_else(|_| Err(Failure::new("the story panicked; see above")))
}

fn cargo() -> Command {
    Command::new(env::var_os("CARGO").unwrap_or("cargo".into()))
}
