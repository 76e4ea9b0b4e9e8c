//! What becomes of every account: what has an association already is compared, and the rest gets one or stays with the reason.

use super::obstacles::{self, held_by_others, not_read, unfinished};
use super::trust::{Asking, admits, names, statement};
use super::{
    AccountFacts, Annotation, Association, AssociationAnswer, Becomes, ByToken, MayGo,
    MigratedAccount, MigrationFacts, Obstacle, PodIdentityMigration, PodSurvey, RoleAnswer,
};
use crate::access::cluster_access::Knowledge;
use crate::iam_policy::policy_document::size;
use crate::legacy_pod_role::migration::rewritten;
use crate::plural::counted;

/// Under this name EKS sets what its add-ons bring along.
const ADD_ONS: &str = "eks";
/// What IAM takes of a trust policy, unless the account has asked for more.
const USUAL_QUOTA: usize = 2048;

const SDK: &str = "what its programs are built with is not seen from here: an AWS SDK that does not know Pod Identity yet finds no credentials in a new pod, and one that is told its provider of \
                   credentials by name keeps that one (the guide has the versions)";

/// Judges every account.
pub fn plan(facts: &MigrationFacts<'_>) -> PodIdentityMigration {
    let mut unread = facts.unread.to_vec();
    if let Knowledge::Unreadable(reason) = facts.pods {
        unread.push(reason.clone());
    }
    let mut accounts: Vec<MigratedAccount> = facts
        .accounts
        .iter()
        .map(|account| Judge { facts, account }.judged())
        .collect();
    accounts.sort_by(|one, other| one.account.cmp(&other.account));
    PodIdentityMigration {
        cluster: facts.cluster.clone(),
        accounts,
        unread,
    }
}

struct Judge<'a> {
    facts: &'a MigrationFacts<'a>,
    account: &'a AccountFacts,
}

/// What can be moved.
struct Movable {
    trust_statement: Option<String>,
    notes: Vec<String>,
}

impl Judge<'_> {
    fn judged(&self) -> MigratedAccount {
        let facts = self.account;
        let base = MigratedAccount {
            account: facts.account.clone(),
            role_arn: facts.role_arn().map(str::to_owned),
            becomes: Becomes::Done,
            annotation: facts.annotation.clone(),
            association: facts.found().cloned(),
            trust_policy: self.policy().map(str::to_owned),
            trust_statement: None,
            may_go: MayGo::default(),
            waiting: Vec::new(),
            notes: Vec::new(),
        };
        match &facts.annotation {
            Some(annotation) => match self.annotated(annotation) {
                Ok(movable) => self.moving(base, movable),
                Err(obstacle) => MigratedAccount {
                    becomes: Becomes::Stays(obstacle),
                    ..base
                },
            },
            None => self.without_annotation(base),
        }
    }

    fn policy(&self) -> Option<&str> {
        match &self.account.role {
            RoleAnswer::Found(policy) => Some(policy),
            _ => None,
        }
    }

    /// # Errors
    /// Why it stays.
    fn annotated(&self, annotation: &Annotation) -> Result<Movable, Obstacle> {
        let association = self.equal_association(annotation)?;
        let policy = obstacles::policy(&self.account.role, &annotation.role_arn)?;
        if association.is_none() {
            self.check_today(annotation)?;
        }
        let pods = self.pods()?;
        if let Some(obstacle) = pods.obstacle(&self.account.account) {
            return Err(obstacle);
        }
        let mut notes = Vec::new();
        if association.is_none() {
            notes.push(SDK.to_owned());
            if !pods.shows_where(&self.account.account) {
                notes.push("no pod uses this service account now, so nothing shows where its pods run: on Fargate and on Windows they would get nothing".to_owned());
            }
        }
        let trust_statement = self.missing_statement(association, policy)?;
        if let Some(statement) = &trust_statement {
            notes.extend(too_long(policy, statement));
        }
        notes.extend(changed_by_writing(policy));
        Ok(Movable {
            trust_statement,
            notes,
        })
    }

    /// The association that says the same as the annotation, if there is one.
    ///
    /// # Errors
    /// Another one, or one that is not known.
    fn equal_association(&self, annotation: &Annotation) -> Result<Option<&Association>, Obstacle> {
        let association = match &self.account.association {
            AssociationAnswer::None => return Ok(None),
            AssociationAnswer::Unread(reason) => return Err(not_read(reason)),
            AssociationAnswer::Found(association) => association,
        };
        if let Some(owner) = &association.owner_arn {
            return Err(obstacles::addon_association(owner));
        }
        let goes_on = association.target_role_arn.as_ref();
        if association.role_arn != annotation.role_arn || goes_on.is_some() {
            let role = goes_on.unwrap_or(&association.role_arn);
            return Err(obstacles::other_association(role, &annotation.role_arn));
        }
        Ok(Some(association))
    }

    /// Whoever gets nothing today is given nothing.
    fn check_today(&self, annotation: &Annotation) -> Result<(), Obstacle> {
        match &self.account.by_token {
            _ if annotation.others.contains(ADD_ONS) => Err(obstacles::addon()),
            ByToken::Admits => Ok(()),
            ByToken::Refuses(why) => Err(obstacles::not_admitted(why)),
            ByToken::Unknown(why) => Err(obstacles::not_judged(why)),
        }
    }

    fn pods(&self) -> Result<&PodSurvey, Obstacle> {
        match self.facts.pods {
            Knowledge::Known(pods) => Ok(pods),
            Knowledge::Unreadable(reason) => Err(not_read(reason)),
        }
    }

    /// The statement that lets Pod Identity in; `None` where it is let in already.
    fn missing_statement(
        &self,
        association: Option<&Association>,
        policy: &str,
    ) -> Result<Option<String>, Obstacle> {
        let has_session_tags = association.is_none_or(|one| !one.is_without_session_tags);
        let asking = Asking {
            cluster: self.facts.cluster,
            account: &self.account.account,
            has_session_tags,
        };
        if admits(&asking.evaluate(policy)) {
            return Ok(None);
        }
        let by_hand = |id, why: String| Obstacle {
            id,
            why,
            what_to_do: "Change the trust policy by hand, then look again.".to_owned(),
        };
        if !has_session_tags {
            return Err(by_hand(
                "no_session_tags",
                "its association has session tags off, so no statement can name it, and the role does not let Pod Identity in".to_owned(),
            ));
        }
        let Some(statement) = statement(self.facts.cluster, &self.account.account) else {
            return Err(by_hand(
                "denied",
                "no statement can be made for it".to_owned(),
            ));
        };
        let with = asking.evaluate_with(policy, &statement);
        match admits(&with) {
            true => Ok(Some(statement)),
            false => Err(by_hand(
                "denied",
                format!(
                    "the trust policy keeps Pod Identity out even with a statement for it (`{}`{})",
                    with.reason,
                    match with.statement_index {
                        Some(index) => format!(", statement {index}"),
                        None => String::new(),
                    }
                ),
            )),
        }
    }

    /// How far an annotated account is.
    fn moving(&self, base: MigratedAccount, movable: Movable) -> MigratedAccount {
        let is_made = base.association.is_some();
        let is_let_in = movable.trust_statement.is_none();
        let is_own = base
            .annotation
            .as_ref()
            .is_some_and(Annotation::is_own_alone);
        let mut waiting = Vec::new();
        if is_made && !is_let_in {
            waiting.push("the role does not let Pod Identity in for it yet (phase 1)".to_owned());
        }
        waiting.extend(base.annotation.as_ref().and_then(held_by_others));
        let moved = MigratedAccount {
            becomes: match is_made {
                true => Becomes::Both,
                false => Becomes::New,
            },
            trust_statement: movable.trust_statement,
            notes: movable.notes,
            waiting: match is_made {
                true => waiting,
                false => Vec::new(),
            },
            ..base
        };
        match is_made {
            true => self.with_trust(moved, is_let_in && is_own, is_let_in && is_own),
            false => moved,
        }
    }

    /// An account that has its role by Pod Identity already: is the trust in its token still there?
    fn without_annotation(&self, base: MigratedAccount) -> MigratedAccount {
        let is_addons = base
            .association
            .as_ref()
            .is_some_and(|one| one.owner_arn.is_some());
        let Some(policy) = self.policy().filter(|_| !is_addons) else {
            return base;
        };
        let is_named = names(self.facts.cluster, &self.account.account, policy);
        if !is_named && matches!(self.account.by_token, ByToken::Refuses(_)) {
            return base;
        }
        let association = base.association.as_ref();
        let is_let_in = matches!(self.missing_statement(association, policy), Ok(None));
        let mut both = MigratedAccount {
            becomes: Becomes::Both,
            ..base
        };
        if !is_let_in {
            both.waiting
                .push("the role does not let Pod Identity in for it".to_owned());
        }
        self.with_trust(both, false, is_let_in)
    }

    /// What of IRSA can go, and what keeps the trust in its token.
    fn with_trust(
        &self,
        mut account: MigratedAccount,
        annotation: bool,
        trust: bool,
    ) -> MigratedAccount {
        account.may_go.annotation = annotation;
        let policy = account.trust_policy.clone().unwrap_or_default();
        let role_arn = account.role_arn.clone().unwrap_or_default();
        let old = match self.facts.pods {
            Knowledge::Known(pods) => pods.by_token(&account.account, &role_arn),
            Knowledge::Unreadable(reason) => {
                account.waiting.push(reason.clone());
                return account;
            }
        };
        if old > 0 {
            account.waiting.push(format!(
                "{} came to the role by a token and must be made anew before the role stops trusting it",
                counted(old, "pod")
            ));
        }
        let is_named = names(self.facts.cluster, &account.account, &policy);
        account.may_go.trust = trust && old == 0 && is_named;
        match &self.account.by_token {
            ByToken::Admits if !is_named => account.waiting.push(format!(
                "the trust policy of `{role_arn}` lets it in by a pattern, or by a statement of another shape, which may be for others too: take it out by hand"
            )),
            ByToken::Unknown(why) if !is_named => account.waiting.push(format!(
                "whether the role still lets it in by its token is not known: {}",
                unfinished(why)
            )),
            _ => {}
        }
        account
    }
}

fn too_long(policy: &str, statement: &str) -> Option<String> {
    let after = size(policy) + size(statement) + 1;
    (after > USUAL_QUOTA).then(|| format!(
        "the trust policy of its role comes to {after} characters, and IAM takes {USUAL_QUOTA} unless the account's quota is higher"
    ))
}

fn changed_by_writing(policy: &str) -> Vec<String> {
    let Ok(serde_json::Value::Object(document)) = serde_json::from_str(policy) else {
        return Vec::new();
    };
    let changes = rewritten(&document).into_iter();
    changes
        .map(|change| format!("the trust policy of its role {change}"))
        .collect()
}
