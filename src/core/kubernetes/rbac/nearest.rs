//! What comes nearest where nothing allows something: a rule that lacks one thing, a binding of a role that is not there or of a name that is
//! almost the same.

use std::fmt;

use super::evaluation::{BoundName, Evaluator, Held, RbacUser, counts_for};
use super::objects::{BindingObject, BoundSubject};
use super::question::{Question, ResourceQuestion, resource_text};
use super::{PolicyRule, lists};
use crate::kubernetes::resource_names::usual_spelling;
use crate::nearness::distance_ignoring_case;

/// More of them than this help nobody.
const MOST: usize = 5;

/// What a binding lacks, the most alike first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum MostAlike {
    /// The resource is called otherwise, or is in another API group.
    UsualSpelling,
    /// There is no such role.
    RoleMissing,
    /// It allows this in its own namespace.
    OtherNamespace,
    /// It allows this on objects of other names.
    OtherName,
    /// It allows other verbs on this.
    OtherVerb,
    /// It allows this on the object itself or on another subresource.
    OtherSubresource,
    /// It allows this on objects of that name in another API group.
    OtherApiGroup,
    /// It allows this to a user of the group's name, or to a group of the user's.
    OtherKindOfSubject,
    /// It allows this to somebody of almost the same name.
    SimilarSubject,
}

impl MostAlike {
    /// The stable word.
    pub fn id(self) -> &'static str {
        match self {
            Self::UsualSpelling => "usual_spelling",
            Self::RoleMissing => "role_missing",
            Self::OtherNamespace => "other_namespace",
            Self::OtherName => "other_name",
            Self::OtherVerb => "other_verb",
            Self::OtherSubresource => "other_subresource",
            Self::OtherApiGroup => "other_api_group",
            Self::OtherKindOfSubject => "other_kind_of_subject",
            Self::SimilarSubject => "similar_subject",
        }
    }
}

/// A binding that almost allows something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NearRule {
    /// What it lacks.
    pub lacks: MostAlike,
    /// The same in words.
    pub text: String,
}

impl fmt::Display for NearRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl Evaluator<'_> {
    /// What comes nearest to allowing something that nothing allows, the most alike first.
    pub fn nearest(&self, user: &RbacUser, question: &Question) -> Vec<NearRule> {
        let mut found: Vec<NearRule> = self
            .held(user)
            .flat_map(|held| self.lacking_one_thing(&held, question))
            .collect();
        found.extend(self.of_other_subjects(user, question));
        found.extend(spelling(question));
        found.sort_by(|one, other| (one.lacks, &one.text).cmp(&(other.lacks, &other.text)));
        found.dedup();
        found.truncate(MOST);
        found
    }

    fn lacking_one_thing(&self, held: &Held<'_>, question: &Question) -> Vec<NearRule> {
        let who = format!("{} of {}", held.binding, held.subject);
        let counts = counts_for(held.binding, question);
        let Some(role) = held.role else {
            let is_read = match held.binding.role.is_cluster_role {
                true => self.rbac.cluster_roles.is_ok(),
                false => self.rbac.roles.is_ok(),
            };
            let text = format!("{who} gives {}, which does not exist", held.binding.role);
            return match counts && is_read {
                true => vec![near(MostAlike::RoleMissing, text)],
                false => Vec::new(),
            };
        };
        let who = format!("{who} with {}", held.binding.role);
        match question {
            Question::Resource(_) if !counts => match role.allows(question) {
                Some(_) => vec![near(
                    MostAlike::OtherNamespace,
                    format!("{who} allows it in namespace `{}`", held.binding.namespace),
                )],
                None => Vec::new(),
            },
            Question::Resource(question) => role
                .rules
                .iter()
                .filter_map(|rule| Some(one_thing(rule, question)?.of(&who)))
                .collect(),
            Question::Url { verb, path } => role
                .url_rules
                .iter()
                .filter(|rule| counts && rule.covers_path(path))
                .map(|rule| {
                    let verbs = rule.verbs.join(", ");
                    let text = format!("{who} allows {verbs} on `{path}`, and not {verb}");
                    near(MostAlike::OtherVerb, text)
                })
                .collect(),
        }
    }

    /// Bindings that allow it to somebody whose name suggests that this user was meant.
    fn of_other_subjects(&self, user: &RbacUser, question: &Question) -> Vec<NearRule> {
        let allows = |binding: &&BindingObject| {
            counts_for(binding, question)
                && self
                    .role(binding)
                    .is_some_and(|role| role.allows(question).is_some())
        };
        self.rbac
            .bindings()
            .filter(allows)
            .flat_map(|binding| {
                let subjects = binding.subjects.iter();
                subjects.filter_map(move |subject| {
                    let (lacks, own) = resembling(user, subject)?;
                    let role = &binding.role;
                    let text =
                        format!("{binding} with {role} allows it to {subject}, and this is {own}");
                    Some(near(lacks, text))
                })
            })
            .collect()
    }
}

fn spelling(question: &Question) -> Option<NearRule> {
    match question {
        Question::Resource(asked) => Some(near(
            MostAlike::UsualSpelling,
            usual_spelling(&asked.resource, &asked.api_group)?,
        )),
        Question::Url { .. } => None,
    }
}

fn near(lacks: MostAlike, text: String) -> NearRule {
    NearRule { lacks, text }
}

/// The one thing that a rule lacks, and what it allows instead.
struct Lacking {
    what: MostAlike,
    instead: String,
}

impl Lacking {
    fn of(self, who: &str) -> NearRule {
        near(self.what, format!("{who} allows {}", self.instead))
    }
}

/// `None` where it lacks more than one thing, or nothing.
fn one_thing(rule: &PolicyRule, question: &ResourceQuestion) -> Option<Lacking> {
    let has_verb = lists(&rule.verbs, &question.verb);
    let has_group = lists(&rule.api_groups, &question.api_group);
    let has_resource = rule.covers_resource(question);
    let has_name = rule.covers_name(&question.name);
    let asked = question.resource_text();
    match (has_verb, has_group, has_resource, has_name) {
        (true, true, true, false) => Some(Lacking {
            what: MostAlike::OtherName,
            instead: format!(
                "it on objects of the names {} alone",
                quoted(&rule.resource_names)
            ),
        }),
        (false, true, true, true) => Some(Lacking {
            what: MostAlike::OtherVerb,
            instead: format!(
                "{} on {asked}, and not {}",
                rule.verbs.join(", "),
                question.verb
            ),
        }),
        (true, true, false, true) => {
            let of_same_object =
                |resource: &&String| resource.split('/').next() == Some(question.resource.as_str());
            let own = rule.resources.iter().find(of_same_object)?;
            let group = &question.api_group;
            Some(Lacking {
                what: MostAlike::OtherSubresource,
                instead: format!(
                    "it on {}, and {asked} needs a rule of its own",
                    resource_text(group, own)
                ),
            })
        }
        (true, false, true, true) => {
            let group = rule.api_groups.first()?;
            Some(Lacking {
                what: MostAlike::OtherApiGroup,
                instead: format!(
                    "it on {}, and {asked} is in another API group",
                    resource_text(group, &question.combined())
                ),
            })
        }
        _ => None,
    }
}

fn quoted(names: &[String]) -> String {
    let names: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
    names.join(", ")
}

/// What of a user a subject resembles.
fn resembling(user: &RbacUser, subject: &BoundSubject) -> Option<(MostAlike, String)> {
    let group_of = |wanted: &dyn Fn(&str) -> bool| {
        let mut groups = user.groups.iter().map(BoundName::text);
        groups.find(|group| wanted(group)).map(str::to_owned)
    };
    match subject {
        BoundSubject::User(name) => {
            let group = group_of(&|group| group == name)?;
            Some((
                MostAlike::OtherKindOfSubject,
                format!("the group `{group}`"),
            ))
        }
        BoundSubject::Group(name) if user.name.text() == name => {
            Some((MostAlike::OtherKindOfSubject, format!("the user `{name}`")))
        }
        BoundSubject::Group(name) => {
            let group = group_of(&|group| group != name && is_similar(group, name))?;
            Some((MostAlike::SimilarSubject, format!("the group `{group}`")))
        }
        BoundSubject::ServiceAccount { .. } => None,
    }
}

/// Case apart the same, or one or two letters to change in a name that is long enough for that to be a slip.
fn is_similar(one: &str, other: &str) -> bool {
    let is_of_the_system = |name: &str| name.starts_with("system:");
    let shorter = one.chars().count().min(other.chars().count());
    !is_of_the_system(one)
        && !is_of_the_system(other)
        && distance_ignoring_case(one, other) <= 2.min(shorter / 4)
}
