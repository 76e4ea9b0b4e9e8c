//! What a report says where nobody is in its table.

use crate::check_plan::planned::UnknownValue;
use crate::check_plan::report::{ClusterReport, markdown, table};

#[test]
fn what_was_not_read_or_not_counted_is_not_taken_for_nothing() {
    let report = || ClusterReport {
        cluster: "prod".to_owned(),
        ..ClusterReport::default()
    };
    let unread = ClusterReport {
        unread: vec!["the access entries could not be read".to_owned()],
        ..report()
    };
    let uncounted = ClusterReport {
        unknown: vec![UnknownValue {
            address: "eksauth_aws_auth_role.new".to_owned(),
            value: "groups".to_owned(),
            decides: false,
        }],
        ..report()
    };
    for (report, is_nobody) in [(report(), true), (unread, false), (uncounted, false)] {
        let reports = [report];
        for text in [table(&reports), markdown(&reports)] {
            let says = text.contains("nobody gains or loses access");
            assert_eq!(says, is_nobody, "{text}");
        }
    }
}
