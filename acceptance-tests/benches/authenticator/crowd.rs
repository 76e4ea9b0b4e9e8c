//! Ten thousand connections that ask nothing, half of them without TLS, while others are answered as ever.

use std::{
    net::Ipv4Addr,
    sync::mpsc::channel,
    thread,
    time::{Duration, Instant},
};

use acceptance_tests::{
    bed::cloud::Cloud,
    failure::Outcome,
    measure::{mebibytes, time, usage},
    progress::step,
};
use tokio::net::TcpStream;

use super::{
    load::{self, Load, connect, connector},
    serving,
    stub_sts::StubSts,
};

const CROWD: usize = 10_000;
/// Reviews that are asked meanwhile.
const REVIEWS: usize = 5_000;

pub fn measure(cloud: &Cloud) -> Outcome {
    let stub = StubSts::start(cloud.folder())?;
    let served = serving::ours_alone(cloud, &stub, CROWD + 100)?;
    let id = served.server.program()?;
    let load = Load {
        reviews: REVIEWS,
        ..served.load.clone()
    };
    let alone = step("reviews without the crowd", || load::run(&load))?;
    let before = usage(id);
    let (ready, is_ready) = channel();
    let (done, is_done) = channel::<()>();
    let (port, connector) = (load.port, connector(&load.authority)?);
    let crowd = thread::spawn(move || -> std::io::Result<(usize, usize)> {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        runtime.block_on(async move {
            let (mut plain, mut shaken) = (Vec::new(), Vec::new());
            for number in 0..CROWD {
                // What the server closes, or the kernel does not let us open, is no part of the crowd.
                if number % 2 == 0 {
                    plain.extend(TcpStream::connect((Ipv4Addr::LOCALHOST, port)).await.ok());
                } else {
                    shaken.extend(connect(&connector, port).await.ok());
                }
            }
            let _ = ready.send(());
            let _ = tokio::task::spawn_blocking(move || is_done.recv()).await;
            Ok((plain.len(), shaken.len()))
        })
    });
    let begun = Instant::now();
    let (mut least, mut rounds) = (Duration::ZERO, 0);
    while rounds == 0 || is_ready.try_recv().is_err() {
        let seen = load::run(&load)?;
        least = least.max(seen.within(990));
        rounds += 1;
    }
    let (arrived, after) = (begun.elapsed(), usage(id));
    drop(done);
    let (plain, shaken) = crowd
        .join()
        .map_err(|_| acceptance_tests::failure::Failure::new("the crowd panicked"))??;
    println!(
        "\n{plain} connections without TLS and {shaken} with it came within {}; memory {} before, {} at most; \
         {} reviews meanwhile, all answered, p99 {} (alone {})",
        time(arrived),
        mebibytes(before.memory),
        mebibytes(after.peak),
        rounds * REVIEWS,
        time(least),
        time(alone.within(990)),
    );
    thread::sleep(Duration::from_secs(12));
    println!("12 seconds later: memory {}", mebibytes(usage(id).memory));
    Ok(())
}
