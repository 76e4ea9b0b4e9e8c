//! Judges and maps tokens for a measurement: `reviews FOLDER COUNT` takes the tokens of FOLDER in turn until COUNT are judged.
//!
//! FOLDER has `map_roles.yaml`, and in `tokens` and `answers` line by line a token and what STS says to it. Prints how many were mapped.
//! What it costs is for whoever started it to see: nothing is measured here, so that programs in other languages can be held beside it.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::ExitCode;
use std::time::SystemTime;

use eksauth_core::authenticator::identity_mapping::{Backend, Index, Outcome, SsoRoleMatch};
use eksauth_core::aws_auth::read;
use eksauth_core::principal::caller::Caller;
use eksauth_core::principal::partition::Partition;
use eksauth_core::token::{Verifier, judge};

fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1);
    let folder = arguments.next();
    let count = arguments.next().and_then(|count| count.parse().ok());
    let (Some(folder), Some(count)) = (folder, count) else {
        eprintln!("usage: reviews FOLDER COUNT");
        return ExitCode::from(2);
    };
    match mapped(Path::new(&folder), count) {
        Ok(mapped) => {
            println!("{mapped}");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("{folder}: {error}");
            ExitCode::FAILURE
        }
    }
}

fn mapped(folder: &Path, count: usize) -> std::io::Result<usize> {
    let text = |name: &str| std::fs::read_to_string(folder.join(name));
    let data = BTreeMap::from([("mapRoles".to_owned(), text("map_roles.yaml")?)]);
    let index = Index::new(vec![Backend::EksConfigMap {
        reading: read(&data),
        reserved_prefixes: Vec::new(),
    }]);
    let verifier = Verifier {
        cluster_id: "prod".to_owned(),
        partition: Partition::Aws,
        region: Some("eu-central-1".to_owned()),
    };
    let (tokens, answers) = (text("tokens")?, text("answers")?);
    let reviews: Vec<(&str, &str)> = tokens.lines().zip(answers.lines()).collect();
    let in_turn = reviews.iter().cycle().take(count);
    Ok(in_turn
        .filter(|(token, answer)| is_mapped(&verifier, &index, token, answer))
        .count())
}

fn is_mapped(verifier: &Verifier, index: &Index, token: &str, answer: &str) -> bool {
    let Ok(request) = judge(token, verifier, SystemTime::now()) else {
        return false;
    };
    let Ok(identity) = request.answer(200, answer.as_bytes()) else {
        return false;
    };
    let outcome = index.map(&Caller::from(&identity), SsoRoleMatch::Off, &|_| None);
    matches!(outcome, Outcome::Certain(Ok(_)))
}
