//! What was there before a resource adopted it: destroy takes of it what nobody else holds, and a plan does not say who does. So a plan is judged twice, as if all of it
//! went and as if all of it stayed: an error of both is one, an error of one is a warning and not found out.

use std::collections::BTreeSet;

use eksauth_core::access::lockout::{Finding, Severity};

/// Leaves errors only where they are found both ways; true if something then is not found out.
pub(super) fn soften(
    found: &mut Vec<Finding>,
    of_left: &[Finding],
    adopted: &BTreeSet<&str>,
    is_meant: impl Fn(&Finding) -> bool,
) -> bool {
    let is_about_the_same =
        |one: &Finding, other: &Finding| one.id == other.id && one.arn == other.arn;
    let is_error = |findings: &[Finding], one: &Finding| {
        findings
            .iter()
            .any(|other| is_about_the_same(one, other) && other.severity == Severity::Error)
    };
    let of_left_alone = of_left
        .iter()
        .filter(|one| !found.iter().any(|other| is_about_the_same(one, other)))
        .cloned();
    let gone = found.clone();
    let before = found.len();
    found.extend(of_left_alone.collect::<Vec<Finding>>());
    let mut is_open = false;
    for (place, finding) in found.iter_mut().enumerate() {
        let is_both = is_error(&gone, finding) && is_error(of_left, finding);
        let is_one = is_error(&gone, finding) || is_error(of_left, finding);
        if is_both || !is_one || is_meant(finding) {
            continue;
        }
        is_open = true;
        finding.severity = Severity::Warning;
        finding.reason.push_str(&condition(adopted, place < before));
    }
    is_open
}

/// When it is so.
fn condition(adopted: &BTreeSet<&str>, is_gone: bool) -> String {
    let held = match is_gone {
        true => "nobody else holds",
        false => "others hold",
    };
    format!(
        "; this is so only if {held} what `{}` binds, which was there before it was adopted",
        named(adopted)
    )
}

/// What is not found out.
pub(super) fn who_else(adopted: &BTreeSet<&str>) -> String {
    format!(
        "who else holds what `{}` binds, which was there before it was adopted: what others hold stays (`kubectl get --show-managed-fields -o yaml` names them), \
         and somebody may lose access by the rest",
        named(adopted)
    )
}

fn named(adopted: &BTreeSet<&str>) -> String {
    let adopted: Vec<&str> = adopted.iter().copied().collect();
    adopted.join("`, `")
}

#[cfg(test)]
mod tests {
    use eksauth_core::access::lockout::FindingId;

    use super::*;

    fn finding(id: FindingId, severity: Severity) -> Finding {
        Finding {
            id,
            severity,
            cluster: "prod".to_owned(),
            arn: "arn:aws:iam::111122223333:user/pipe".to_owned(),
            reason: "it goes".to_owned(),
            notes: Vec::new(),
        }
    }

    #[test]
    fn an_error_stays_one_only_where_it_is_found_both_ways() {
        use FindingId::{LastAdmin, ReducedAccess, RunningIdentity};
        use Severity::{Error, Warning};
        let adopted = BTreeSet::from(["eksauth_group_binding.this"]);
        let judge =
            |gone: &[(FindingId, Severity)], left: &[(FindingId, Severity)], meant: bool| {
                let of = |findings: &[(FindingId, Severity)]| -> Vec<Finding> {
                    findings
                        .iter()
                        .map(|(id, severity)| finding(*id, *severity))
                        .collect()
                };
                let mut found = of(gone);
                let is_open = soften(&mut found, &of(left), &adopted, |_| meant);
                let severities: Vec<(FindingId, Severity)> =
                    found.iter().map(|one| (one.id, one.severity)).collect();
                (severities, is_open, found)
            };
        let (found, is_open, told) = judge(&[(RunningIdentity, Error)], &[], false);
        assert_eq!((found, is_open), (vec![(RunningIdentity, Warning)], true));
        assert!(
            told[0]
                .reason
                .contains("only if nobody else holds what `eksauth_group_binding.this` binds")
        );
        let (found, is_open, _) = judge(&[(LastAdmin, Error)], &[(LastAdmin, Error)], false);
        assert_eq!((found, is_open), (vec![(LastAdmin, Error)], false));
        // A warning is one, however it comes out.
        let (found, is_open, _) = judge(&[(ReducedAccess, Warning)], &[], false);
        assert_eq!((found, is_open), (vec![(ReducedAccess, Warning)], false));
        // Nothing is silent that is found one way, and what is meant is as it was.
        let (found, is_open, told) = judge(&[], &[(LastAdmin, Error)], false);
        assert_eq!((found, is_open), (vec![(LastAdmin, Warning)], true));
        assert!(told[0].reason.contains("only if others hold"));
        let (found, is_open, _) = judge(&[(LastAdmin, Warning)], &[(LastAdmin, Error)], false);
        assert_eq!((found, is_open), (vec![(LastAdmin, Warning)], true));
        let (found, is_open, _) = judge(&[(RunningIdentity, Error)], &[], true);
        assert_eq!((found, is_open), (vec![(RunningIdentity, Error)], false));
    }
}
