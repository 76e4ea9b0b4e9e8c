//! From exec to the handshake line, with mutual TLS: what Terraform waits for, three or four times a command.
//!
//! This program is its own plugin: started with Terraform's cookie it serves the example, otherwise it measures.

#![allow(clippy::print_stdout, missing_docs)]

#[path = "../examples/notebook/broken.rs"]
mod broken;
#[path = "../examples/notebook/note.rs"]
mod note;
#[path = "../examples/notebook/provider.rs"]
mod provider;
#[path = "../examples/notebook/reading.rs"]
mod reading;

use std::error::Error;
use std::io::{BufRead as _, BufReader};
use std::process::{Command, ExitCode, Stdio};
use std::time::{Duration, Instant};

use rcgen::{BasicConstraints, CertificateParams, IsCa, KeyPair, PKCS_ECDSA_P521_SHA512};
use tf_provider::ServeOptions;

const RUNS: usize = 50;
const COOKIE: &str = "d602bf8f470bc67ca7faa0386276bbdd4330efaf76d1a219cb4d6991ca9872b2";

fn main() -> ExitCode {
    if tf_provider::started_by_terraform() {
        return tf_provider::serve(provider::Notebook::default(), ServeOptions::default());
    }
    match measured() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn measured() -> Result<(), Box<dyn Error>> {
    let host = host_certificate()?;
    println!("from exec to the handshake line, {RUNS} starts");
    for (name, certificate) in [("mutual TLS", Some(host.as_str())), ("plain", None)] {
        let mut starts = (0..RUNS)
            .map(|_| start(certificate))
            .collect::<Result<Vec<_>, _>>()?;
        starts.sort_by_key(|start| start.time);
        let at = |share: usize| {
            starts
                .get(RUNS * share / 100)
                .map_or(0.0, Start::milliseconds)
        };
        let memory = starts.iter().map(|start| start.memory).max().unwrap_or(0);
        println!(
            "{name:<10}  median {:.1} ms  fastest {:.1} ms  95 % {:.1} ms  memory {memory} KiB",
            at(50),
            at(0),
            at(95)
        );
    }
    Ok(())
}

struct Start {
    time: Duration,
    memory: u64,
}

impl Start {
    fn milliseconds(&self) -> f64 {
        self.time.as_secs_f64() * 1000.0
    }
}

fn start(certificate: Option<&str>) -> Result<Start, Box<dyn Error>> {
    let mut command = Command::new(std::env::current_exe()?);
    command
        .env("TF_PLUGIN_MAGIC_COOKIE", COOKIE)
        .env("PLUGIN_PROTOCOL_VERSIONS", "5,6")
        .env_remove("PLUGIN_CLIENT_CERT")
        .stdout(Stdio::piped());
    if let Some(certificate) = certificate {
        command.env("PLUGIN_CLIENT_CERT", certificate);
    }
    let begin = Instant::now();
    let mut process = command.spawn()?;
    let mut line = String::new();
    let output = process.stdout.take().ok_or("the plugin has no output")?;
    BufReader::new(output).read_line(&mut line)?;
    let time = begin.elapsed();
    let memory = peak_memory(process.id());
    let socket = line.split('|').nth(3).map(str::to_owned);
    process.kill()?;
    process.wait()?;
    // A plugin that is killed leaves its socket.
    if let Some(socket) = socket {
        std::fs::remove_file(socket)?;
    }
    if line.starts_with("1|6|") {
        Ok(Start { time, memory })
    } else {
        Err(format!("no handshake but `{line}`").into())
    }
}

/// In KiB, where the system says it.
fn peak_memory(process: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
    status
        .lines()
        .find_map(|line| {
            line.strip_prefix("VmHWM:")?
                .split_whitespace()
                .next()?
                .parse()
                .ok()
        })
        .unwrap_or(0)
}

fn host_certificate() -> Result<String, rcgen::Error> {
    let mut params = CertificateParams::new(vec!["localhost".to_owned()])?;
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let key = KeyPair::generate_for(&PKCS_ECDSA_P521_SHA512)?;
    Ok(params.self_signed(&key)?.pem())
}
