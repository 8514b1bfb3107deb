//! Choices by the names that a command line and results know them by.

use super::rules::{Charge, Criterion, Match, Objective};
use crate::error::by_name;

macro_rules! names {
    ($type:ident, $what:literal { $($variant:expr => $name:literal),* $(,)? }) => {
        impl $type {
            /// Those that have a name.
            pub const ALL: &'static [Self] = &[$($variant),*];

            /// The name that a command line knows it by.
            pub fn name(self) -> &'static str {
                [$(($variant, $name)),*].into_iter().find(|(own, _)| *own == self).map_or("other", |(_, name)| name)
            }
        }

        by_name!($type, $what);
    };
}

names!(Match, "match" {
    Match::Any => "any",
    Match::Unique => "unique",
    Match::Greedy => "greedy",
    Match::GreedyManyToOne => "greedy-many-to-one",
    Match::Merge => "merge",
    Match::Optimal(Objective::Sum) => "optimal",
    Match::Optimal(Objective::Count) => "optimal-count",
    Match::Optimal(Objective::SumOfAll) => "optimal-of-all",
    Match::Nearest => "nearest",
    Match::MergeBoth => "merge-both",
    Match::Worst => "worst",
});

names!(Criterion, "criterion" {
    Criterion::Voxels => "voxels",
    Criterion::Iou => "iou",
    Criterion::Dice => "dice",
    Criterion::OfTruth => "iot",
    Criterion::OfPred => "iop",
});

names!(Charge, "charge" {
    Charge::FalsePositives => "false-positives",
    Charge::Missed => "missed",
    Charge::Nothing => "nothing",
});
