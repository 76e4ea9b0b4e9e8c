//! `cargo acceptance`: every test of the workspace, then every story on the bed.
//!
//! `cargo acceptance -- NAME …` tells the stories whose names contain NAME, or runs the tests of
//! that name where no story has it; `--list` prints the stories. The last line counts.

use std::{
    cmp::Reverse,
    env,
    io::{BufRead, BufReader},
    panic::{AssertUnwindSafe, catch_unwind},
    process::{Command, ExitCode, Stdio},
    time::{Duration, Instant},
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
    let mut times = Vec::new();
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
        let took = began.elapsed();
        println!("story {} … {word} ({})", story.name, seconds(took));
        times.push(Took {
            story: story.name,
            took,
        });
    }
    for (name, failure) in failures {
        println!("\n---- {name} ----\n{failure}");
    }
    if let Some(text) = slowest(times) {
        println!("{text}");
    }
}

/// How long a story took.
struct Took {
    story: &'static str,
    took: Duration,
}

/// How many of the slowest stories are named.
const SLOWEST: usize = 10;

/// The slowest stories, and what all of them took together; nothing where there are no more than these.
fn slowest(mut times: Vec<Took>) -> Option<String> {
    if times.len() <= SLOWEST {
        return None;
    }
    let sum = |times: &[Took]| times.iter().map(|one| one.took).sum();
    let all = seconds(sum(&times));
    let count = times.len();
    times.sort_by_key(|one| Reverse(one.took));
    times.truncate(SLOWEST);
    let own = seconds(sum(&times));
    let lines: Vec<String> = times
        .iter()
        .map(|one| format!("  {:>8.1}s {}", one.took.as_secs_f64(), one.story))
        .collect();
    Some(format!(
        "\nthe slowest {SLOWEST} took {own} of the {all} of {count} stories:\n{}\n",
        lines.join("\n")
    ))
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_slowest_are_named_where_there_are_more() {
        let names = [
            "a::1", "a::2", "a::3", "a::4", "a::5", "a::6", "a::7", "a::8", "a::9", "a::10",
            "a::11",
        ];
        let times = |count: usize| -> Vec<Took> {
            let all = names.iter().zip(1_u32..).take(count);
            all.map(|(story, number)| Took {
                story,
                took: Duration::from_secs(7) * number,
            })
            .collect()
        };
        assert_eq!(slowest(times(10)), None);
        let text = slowest(times(11)).unwrap();
        assert!(
            text.starts_with("\nthe slowest 10 took 7m 35s of the 7m 42s of 11 stories:\n      77.0s a::11\n      70.0s a::10\n"),
            "{text}"
        );
        assert!(text.ends_with("      14.0s a::2\n"), "{text}");
    }
}
