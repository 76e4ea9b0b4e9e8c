//! What the API server itself says of somebody who comes with a token: who they are, and whether they may do something.
//!
//! Each question is asked with a token that was never shown before, because the API server remembers for ten seconds whom it
//! admitted with one. The tokens are signed by the emulator: the aws CLI takes a second for each.

use std::{
    thread,
    time::{Duration, Instant},
};

use serde_json::{Value, json};

use super::{Cluster, WhoAmI, who};
use crate::{
    bed::{host::REGION, identity::Identity, json::text},
    failure::{Failure, Outcome},
};

const SELF_REVIEW: &str = "/apis/authentication.k8s.io/v1/selfsubjectreviews";
const ACCESS_REVIEW: &str = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews";

/// What a SelfSubjectReview says.
#[derive(Clone, Debug, PartialEq)]
pub enum Admission {
    /// 401: nothing admits them.
    Refused,
    /// 403: they are admitted, and may not ask.
    MayNotAsk,
    /// They are this user.
    As {
        /// Username and groups, without `system:authenticated`.
        who: WhoAmI,
        /// What the authenticator says besides: `canonicalArn` and the like, each a list.
        extra: Value,
    },
}

impl Admission {
    /// Who they are, where they are admitted and may ask.
    #[must_use]
    pub fn who(&self) -> Option<&WhoAmI> {
        match self {
            Admission::As { who, .. } => Some(who),
            Admission::Refused | Admission::MayNotAsk => None,
        }
    }
}

/// What somebody would do, as a SelfSubjectAccessReview asks for it.
#[derive(Clone, Copy, Debug, Default)]
pub struct Attempt<'a> {
    /// `get`, `create`, …
    pub verb: &'a str,
    /// The API group; empty for the core.
    pub group: &'a str,
    /// `pods`, or `pods/log`.
    pub resource: &'a str,
    /// The namespace; empty for all of them, and for what has none.
    pub namespace: &'a str,
    /// The object's name; empty for any.
    pub name: &'a str,
}

/// What a SelfSubjectAccessReview says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decision {
    /// Whether they may.
    pub allowed: bool,
    /// By what: the binding, or the access policy; empty where nothing allows it.
    pub reason: String,
}

impl Cluster<'_> {
    /// A bearer token for this cluster that was never shown to it.
    ///
    /// # Errors
    /// The emulator does not answer.
    pub fn fresh_token(&self, identity: &Identity) -> Outcome<String> {
        let mut wanted = identity.keys();
        wanted.insert("cluster".into(), json!(self.name));
        wanted.insert("region".into(), json!(REGION));
        text(
            &self
                .place
                .emulator
                .control("token", &Value::Object(wanted))?,
            "token",
        )
    }

    /// One request of `identity` to the API server: (status, body).
    ///
    /// # Errors
    /// The API server does not answer.
    pub fn ask_as(
        &self,
        identity: &Identity,
        method: &str,
        path: &str,
        body: Option<&Value>,
    ) -> Outcome<(u64, Value)> {
        let token = self.fresh_token(identity)?;
        let mut wanted = json!({"name": self.name, "method": method, "path": path, "token": token});
        if let (Some(wanted), Some(body)) = (wanted.as_object_mut(), body) {
            wanted.insert("body".into(), body.clone());
        }
        self.answer(&wanted)
    }

    /// Who the API server takes `identity` for.
    ///
    /// # Errors
    /// It answers otherwise than a SelfSubjectReview is answered.
    pub fn admission(&self, identity: &Identity) -> Outcome<Admission> {
        let review = json!({"apiVersion": "authentication.k8s.io/v1", "kind": "SelfSubjectReview"});
        let (status, answer) = self.ask_as(identity, "POST", SELF_REVIEW, Some(&review))?;
        match status {
            201 => Ok(Admission::As {
                who: who(&answer)?,
                extra: answer
                    .pointer("/status/userInfo/extra")
                    .cloned()
                    .unwrap_or_default(),
            }),
            401 => Ok(Admission::Refused),
            403 => Ok(Admission::MayNotAsk),
            _ => Err(super::unexpected(status, &answer)),
        }
    }

    /// Whether `identity` may do something; `None` when it is not admitted or may not ask.
    ///
    /// # Errors
    /// The API server answers otherwise than a SelfSubjectAccessReview is answered.
    pub fn may(&self, identity: &Identity, attempt: &Attempt<'_>) -> Outcome<Option<Decision>> {
        let (resource, subresource) = attempt
            .resource
            .split_once('/')
            .unwrap_or((attempt.resource, ""));
        let review = json!({
            "apiVersion": "authorization.k8s.io/v1", "kind": "SelfSubjectAccessReview",
            "spec": {"resourceAttributes": {
                "verb": attempt.verb, "group": attempt.group, "resource": resource, "subresource": subresource,
                "namespace": attempt.namespace, "name": attempt.name}},
        });
        let (status, answer) = self.ask_as(identity, "POST", ACCESS_REVIEW, Some(&review))?;
        let said = |field: &str| answer.pointer(&format!("/status/{field}"));
        match (status, said("allowed").and_then(Value::as_bool)) {
            (201, Some(allowed)) => Ok(Some(Decision {
                allowed,
                reason: said("reason")
                    .and_then(Value::as_str)
                    .unwrap_or_default()
                    .to_owned(),
            })),
            (401 | 403, _) => Ok(None),
            _ => Err(super::unexpected(status, &answer)),
        }
    }

    /// Asks until `identity` is taken for `expected`, or is not admitted: changes are in force a moment later.
    ///
    /// # Errors
    /// It is taken for somebody else for ten seconds.
    pub fn wait_for_admission(&self, identity: &Identity, expected: Option<&WhoAmI>) -> Outcome {
        self.wait_for(&identity.arn, expected, || {
            Ok(self.admission(identity)?.who().cloned())
        })
    }

    /// Asks until `identity` may do something, or may not.
    ///
    /// # Errors
    /// It is otherwise for ten seconds.
    pub fn wait_for_decision(
        &self,
        identity: &Identity,
        attempt: &Attempt<'_>,
        allowed: bool,
    ) -> Outcome {
        let what = format!("{} with {attempt:?}", identity.arn);
        self.wait_for(&what, Some(&allowed), || {
            Ok(self
                .may(identity, attempt)?
                .map(|decision| decision.allowed))
        })
    }

    fn wait_for<T: PartialEq + std::fmt::Debug>(
        &self,
        what: &str,
        expected: Option<&T>,
        ask: impl Fn() -> Outcome<Option<T>>,
    ) -> Outcome {
        let began = Instant::now();
        loop {
            let seen = ask()?;
            if seen.as_ref() == expected {
                return Ok(());
            }
            if began.elapsed() > Duration::from_secs(10) {
                let text = format!("{what} is {seen:?} in {} and not {expected:?}", self.name);
                return Err(Failure::new(text));
            }
            thread::sleep(Duration::from_millis(50));
        }
    }
}
