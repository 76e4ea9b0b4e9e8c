//! Memory over a million reviews: what the server has after 100,000 and after 1,000,000.

use acceptance_tests::{
    bed::cloud::Cloud,
    failure::{Outcome, expect},
    measure::{mebibytes, usage},
    progress::step,
};

use super::{
    load::{self, Load},
    serving,
    stub_sts::StubSts,
};

/// Reviews of one step; tokens are made anew for each, so that none gets old.
const STEP: usize = 100_000;
const STEPS: usize = 10;

/// How much more the server may have at the end than after the first step: what allocators keep, and no leak.
const SLACK: u64 = 4 * 1024 * 1024;

pub fn measure(cloud: &Cloud) -> Outcome {
    let stub = StubSts::start(cloud.folder())?;
    let served = serving::ours_alone(cloud, &stub, 4096)?;
    let id = served.server.program()?;
    let load = Load {
        reviews: STEP,
        ..served.load.clone()
    };
    println!("\n| reviews | memory | peak |\n|---|---|---|");
    let mut first = None;
    for done in 1..=STEPS {
        let seen = step("100,000 reviews", || load::run(&load))?;
        let now = usage(id);
        let first = *first.get_or_insert(now.memory);
        println!(
            "| {} | {} | {} | {:.0}/s",
            done * STEP,
            mebibytes(now.memory),
            mebibytes(now.peak),
            seen.rate()
        );
        expect(
            now.memory <= first + SLACK,
            format!(
                "memory grew from {} to {}",
                mebibytes(first),
                mebibytes(now.memory)
            ),
        )?;
    }
    Ok(())
}
