//! Choices by the names that a command line and results know them by.

use super::rules::{Charge, Criterion, Match, Objective};
use crate::error::{Error, Result};
use crate::metric::wrong::wrong;
use std::fmt;
use std::str::FromStr;

macro_rules! names {
    ($type:ident, $what:literal { $($variant:expr => $name:literal),* $(,)? }) => {
        impl $type {
            /// Those that have a name, with it.
            pub const NAMED: &'static [(Self, &'static str)] = &[$(($variant, $name)),*];

            /// The name that a command line knows it by.
            pub fn name(self) -> &'static str {
                Self::NAMED.iter().find(|(own, _)| *own == self).map_or("other", |(_, name)| name)
            }
        }

        impl fmt::Display for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.name())
            }
        }

        impl FromStr for $type {
            type Err = Error;

            fn from_str(text: &str) -> Result<Self> {
                let found = Self::NAMED.iter().find(|(_, name)| name.eq_ignore_ascii_case(text));
                let names = || Self::NAMED.iter().map(|(_, name)| *name).collect::<Vec<_>>().join(", ");
                found.map(|(own, _)| *own).ok_or_else(|| wrong($what, text, format!("one of {}", names())))
            }
        }
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
