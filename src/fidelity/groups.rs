//! [`name`]: the names that a model gives to groups of checks, and the parameters that its advice names.

use super::assessment::{Check, State};
use super::findings::Findings;
use crate::model::Model;

/// Puts every check into the first group that has its subject, and names the group's parameters in its advice.
pub fn name(model: &Model, findings: &mut Findings) {
    for check in &mut findings.checks {
        let of_subject = |subjects: &[String]| subjects.iter().any(|subject| is_of(check, subject));
        let group = match &check.group {
            Some(name) => model.criteria.iter().find(|group| group.name == *name),
            None => model.criteria.iter().find(|group| of_subject(&group.subjects)),
        };
        let Some(group) = group else { continue };
        check.group = Some(group.name.clone());
        if let (Some(advice), Some(parameters)) = (&mut check.advice, &group.parameters)
            && check.state != State::Pass
        {
            advice.push_str(&format!(" (parameters: {parameters})"));
        }
    }
}

/// Whether a check is of a subject: of it itself, or of a case or an aspect of it.
fn is_of(check: &Check, subject: &str) -> bool {
    check.subject.strip_prefix(subject).is_some_and(|rest| rest.is_empty() || rest.starts_with([':', ' ']))
}
