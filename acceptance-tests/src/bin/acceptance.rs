//! `cargo acceptance`: every test of the workspace, then every story on the bed.
//!
//! `cargo acceptance -- NAME …` tells the stories whose names contain NAME, or runs the tests of
//! that name where no story has it; `--list` prints the stories. The last line counts.

use std::{
    cmp::Reverse,
    collections::VecDeque,
    env,
    io::{BufRead, BufReader},
    panic::{AssertUnwindSafe, catch_unwind},
    process::{Command, ExitCode, Stdio},
    sync::{Mutex, PoisonError},
    thread,
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
    let first = Tools::find(move || build_provider(build)).and_then(|tools| start_cloud(&tools, 0));
    let first = match first {
        Ok(cloud) => cloud,
        Err(failure) => {
            println!("the bed did not come up: {failure}");
            count.failed += chosen.len();
            return;
        }
    };
    println!("stories with {}", first.tools().cli);
    // Whoever measures, or looks at all that this program has started, is told while nothing else runs.
    let (alone, mut others): (Vec<Story>, Vec<Story>) =
        chosen.iter().partition(|story| story.is_told_alone());
    // A long one that began last would be waited for by everybody.
    others.sort_by_key(|story| !story.is_long());
    let mut came: Vec<Came> = tell_in_turn(&first, &Mutex::new(alone.into()));
    let beside = (1..clouds(others.len())).map(|number| start_cloud(first.tools(), number));
    let (beside, broken): (Vec<_>, Vec<_>) = beside.partition(Result::is_ok);
    for failure in broken.into_iter().filter_map(Result::err) {
        println!("a cloud beside the first did not come up: {failure}");
        count.failed += 1;
    }
    let clouds: Vec<Cloud> = beside.into_iter().flatten().chain([first]).collect();
    let queue = Mutex::new(others.into());
    thread::scope(|scope| {
        let queue = &queue;
        let tellers: Vec<_> = clouds
            .into_iter()
            .map(|cloud| scope.spawn(move || tell_in_turn(&cloud, queue)))
            .collect();
        for teller in tellers {
            match teller.join() {
                Ok(told) => came.extend(told),
                Err(_) => count.failed += 1,
            }
        }
    });
    conclude(came, count);
}

/// How many clouds tell that many stories: one for each core, up to the number at which the cores are busy, or as many as the environment says.
fn clouds(stories: usize) -> usize {
    let named = env::var(CLOUDS).ok().and_then(|text| text.parse().ok());
    let cores = thread::available_parallelism().map_or(1, usize::from);
    // A cloud takes some seconds to start.
    named
        .unwrap_or_else(|| cores.min(MOST_CLOUDS).min(stories / STORIES_OF_A_CLOUD))
        .max(1)
}

/// Says how many clouds tell stories beside each other.
const CLOUDS: &str = "EKSAUTH_TEST_CLOUDS";
const MOST_CLOUDS: usize = 4;
const STORIES_OF_A_CLOUD: usize = 8;

/// What came of a story, and how long it took.
struct Came {
    story: &'static str,
    told: Told,
    took: Duration,
}

/// Tells the stories that are left, one after the other, because aws-auth is one object.
fn tell_in_turn(cloud: &Cloud, queue: &Mutex<VecDeque<Story>>) -> Vec<Came> {
    let paint = Paint::for_stdout();
    let mut came = Vec::new();
    loop {
        let next = queue
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .pop_front();
        let Some(story) = next else {
            return came;
        };
        let began = Instant::now();
        let told = outcome(cloud, &story, cloud.tools().cli);
        let took = began.elapsed();
        let word = match &told {
            Told::Passed => paint.green("ok"),
            Told::Skipped(reason) => format!("skipped: {reason}"),
            Told::Failed(_) => paint.red("FAILED"),
        };
        println!("story {} … {word} ({})", story.name, seconds(took));
        came.push(Came {
            story: story.name,
            told,
            took,
        });
    }
}

/// Counts, and prints each failure and the slowest.
fn conclude(came: Vec<Came>, count: &mut Count) {
    let mut times = Vec::new();
    for one in came {
        times.push(Took {
            story: one.story,
            took: one.took,
        });
        match one.told {
            Told::Passed => count.passed += 1,
            Told::Skipped(_) => count.skipped += 1,
            Told::Failed(failure) => {
                count.failed += 1;
                println!("\n---- {} ----\n{failure}", one.story);
            }
        }
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

fn start_cloud(tools: &Tools, number: usize) -> Outcome<Cloud> {
    let what = match number {
        0 => "starting the local cloud",
        _ => "starting a cloud beside it",
    };
    step(what, || Cloud::start_beside(tools.clone(), number))
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
