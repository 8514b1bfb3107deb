//! Rules that are changed, one at a time.

use super::golden::{Change, differences};
use voxdice::metric::instances::{Charge, Connected, Floor, Match, Objective, Size};
use voxdice::stats::{Connectivity, InstanceOptions};

/// Each of these changes one rule; the values of other tools must notice.
#[test]
fn canaries_die() {
    let faces: Change<'_> = &|rules| rules.connected = Connected::By(Connectivity::Faces);
    let above: Change<'_> = &|rules| {
        // > for >=, where a tool has that.
        if let Some(number) = Some(rules.threshold.to_string()).filter(|text| !text.starts_with('>')) {
            rules.threshold = format!(">{number}").parse().unwrap();
        }
    };
    let lower_floor: Change<'_> = &|rules| {
        if rules.floor == Floor::AtMost(Size::Mm3(50.0)) {
            rules.floor = Floor::AtMost(Size::Mm3(49.0));
        }
    };
    let not_near: Change<'_> = &|rules| rules.near = 0;
    let free: Change<'_> = &|rules| {
        if rules.charge == Charge::FalsePositives {
            rules.charge = Charge::Missed;
        }
    };
    let corners: Change<'_> = &|rules| rules.connected = Connected::By(Connectivity::Corners);
    let not_joined: Change<'_> = &|rules| rules.join = InstanceOptions::default().join;
    let kept: Change<'_> = &|rules| rules.drop = Size::NONE;
    let greedy: Change<'_> = &|rules| {
        if matches!(rules.matching, Match::Optimal(_)) {
            rules.matching = Match::Greedy;
        }
    };
    let count: Change<'_> = &|rules| {
        if rules.matching == Match::Optimal(Objective::Sum) {
            rules.matching = Match::Optimal(Objective::Count);
        }
    };
    let any: Change<'_> = &|rules| {
        if rules.matching == Match::MergeBoth {
            rules.matching = Match::Any;
        }
    };
    for (name, canary) in [
        ("faces for corners", faces),
        ("corners for faces", corners),
        ("> for >=", above),
        ("floor 49 for 50", lower_floor),
        ("near 0", not_near),
        ("false positives not charged", free),
        ("not joined", not_joined),
        ("small ones kept", kept),
        ("greedy for optimal", greedy),
        ("count for sum", count),
        ("any for both ways", any),
    ] {
        let (wrong, ..) = differences(canary, 0);
        assert!(!wrong.is_empty(), "not noticed: {name}");
    }
}
