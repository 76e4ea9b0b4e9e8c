//! Two authenticators of one cluster that ask a stub of STS, so that a story chooses who calls and how STS says it.

use std::fmt::Display;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};

use super::pair::Pair;
use crate::{
    bed::{
        authenticator::OwnMappings,
        cloud::{ACCOUNT, Cloud, PROD},
        cluster::Cluster,
        stub_sts::{StsAnswer, StubSts},
        webhook::Answer,
    },
    failure::{Failure, Outcome, expect},
};

/// The two, with the stub behind them.
pub(super) struct Judges<'a> {
    pub(super) pair: Pair,
    pub(super) prod: Cluster<'a>,
    stub: StubSts,
    url: String,
}

impl<'a> Judges<'a> {
    pub(super) fn start(cloud: &'a Cloud, own: OwnMappings<'_>) -> Outcome<Judges<'a>> {
        let prod = cloud.cluster(PROD)?;
        let somebody = cloud.user(ACCOUNT, "/", "somebody")?;
        let url = url_in(&prod.token(&somebody)?)?;
        let stub = StubSts::start(cloud.folder())?;
        let pair = Pair::start_with(cloud, &prod, &stub.proxy(), own)?;
        Ok(Judges {
            pair,
            prod,
            stub,
            url,
        })
    }

    /// A presigned URL that STS would take, of the access key `id`.
    pub(super) fn url_of(&self, id: &str) -> String {
        let (before, after) = self
            .url
            .split_once("X-Amz-Credential=")
            .unwrap_or((&self.url, ""));
        let (_, after) = after.split_once("%2F").unwrap_or_default();
        format!("{before}X-Amz-Credential={id}%2F{after}")
    }

    pub(super) fn stub(&self) -> &StubSts {
        &self.stub
    }

    /// What both say of a caller whom STS reports with this body and status.
    pub(super) fn ask_with(&mut self, answer: StsAnswer) -> Outcome<(Answer, Answer)> {
        self.stub.answer("CALLER", answer);
        let token = token_of(self.url_of("CALLER"));
        self.pair.ask(&token)
    }

    /// What both say of a caller whom STS reports as it does.
    pub(super) fn ask_as(&mut self, arn: &str, user_id: &str) -> Outcome<(Answer, Answer)> {
        self.ask_with(answer_for(arn, user_id))
    }
}

/// STS's answer about somebody, in the account of its ARN.
pub(super) fn answer_for(arn: &str, user_id: &str) -> StsAnswer {
    let account = arn.split(':').nth(4).unwrap_or_default();
    let caller = serde_json::json!({"Account": account, "Arn": arn, "UserId": user_id});
    let body =
        serde_json::json!({"GetCallerIdentityResponse": {"GetCallerIdentityResult": caller}});
    StsAnswer {
        status: 200,
        body: body.to_string(),
    }
}

pub(super) fn token_of(url: impl AsRef<[u8]>) -> String {
    format!("k8s-aws-v1.{}", URL_SAFE_NO_PAD.encode(url))
}

fn url_in(token: &str) -> Outcome<String> {
    let encoded = token
        .strip_prefix("k8s-aws-v1.")
        .ok_or_else(|| Failure::new("the token has no prefix"))?;
    Ok(String::from_utf8(URL_SAFE_NO_PAD.decode(encoded)?)?)
}

/// What a comparison of many cases came to.
pub(super) struct Tally {
    row: &'static str,
    admitted: usize,
    refused: usize,
    stricter: usize,
    differences: Vec<String>,
}

impl Tally {
    pub(super) fn new(row: &'static str) -> Tally {
        Tally {
            row,
            admitted: 0,
            refused: 0,
            stricter: 0,
            differences: Vec::new(),
        }
    }

    /// Takes one case: both say the same, or ours refuses what DEVIATIONS.md says it refuses.
    pub(super) fn take(
        &mut self,
        (real, ours): &(Answer, Answer),
        is_stricter: bool,
        case: impl Display,
    ) {
        if real == ours {
            *match real.0 {
                200 => &mut self.admitted,
                _ => &mut self.refused,
            } += 1;
        } else if is_stricter && matches!(ours.0, 400 | 403) {
            self.stricter += 1;
        } else {
            let text = format!("{case}\n  the real one says {real:?}\n  ours says {ours:?}");
            self.differences.push(text);
        }
    }

    /// Takes one case in which ours answers otherwise than the real one on purpose.
    pub(super) fn take_meant(&mut self, holds: bool, case: impl Display) {
        match holds {
            true => self.stricter += 1,
            false => self.differences.push(case.to_string()),
        }
    }

    /// Says the counts. At least so many were admitted, refused and refused by ours alone.
    pub(super) fn end(self, least: [usize; 3]) -> Outcome {
        let counts = [self.admitted, self.refused, self.stricter];
        let [admitted, refused, stricter] = counts;
        let differences = self.differences.len();
        println!(
            "  {}: {} cases: both admit {admitted}, both refuse {refused}, ours differs on purpose {stricter}, unexplained {differences}",
            self.row,
            admitted + refused + stricter + differences
        );
        let first: Vec<String> = self.differences.into_iter().take(10).collect();
        expect(first.is_empty(), first.join("\n\n"))?;
        let is_spread = counts
            .iter()
            .zip(least)
            .all(|(count, least)| *count >= least);
        expect(
            is_spread,
            format!("{counts:?} of {least:?} compares little"),
        )
    }
}
