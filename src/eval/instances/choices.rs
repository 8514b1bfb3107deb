//! Single choices about lesions, which override those of a preset.

use crate::eval::choice::read;
use crate::metric::instances::{
    Charge, Connected, Criterion, EmptyLesions, Floor, InstanceRules, Match, Size, Threshold,
};
use crate::stats::{Connectivity, InstanceOptions, InstancesBy, Join};

/// What is chosen separately; `None` keeps the preset's choice.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct InstanceChoices {
    /// What makes voxels one lesion.
    pub by: Option<InstancesBy>,
    /// Which voxels are connected.
    pub connectivity: Option<Connectivity>,
    /// What finds what.
    pub matching: Option<Match>,
    /// What is compared with the threshold.
    pub criterion: Option<Criterion>,
    /// What has to be reached.
    pub threshold: Option<Threshold>,
    /// Components that become one.
    pub join: Option<Join>,
    /// Dilations of true lesions, before it is asked what they meet.
    pub near: Option<u32>,
    /// Predicted lesions of at most this size vanish.
    pub drop: Option<Size>,
    /// True lesions of at most this size count in no score.
    pub floor: Option<Size>,
    /// Over what the mean Dice of lesions is taken.
    pub charge: Option<Charge>,
    /// Most lesions of a side and class.
    pub max_lesions: Option<u32>,
}

impl InstanceChoices {
    /// These before those of the rules.
    pub fn over(&self, rules: InstanceRules) -> InstanceRules {
        // Of false positives alone there is a mean where they cost something.
        let dice_no_truth = match self.charge.filter(|charge| *charge != rules.charge) {
            None => rules.empty.dice_no_truth,
            Some(Charge::FalsePositives) => 0.0,
            Some(Charge::Missed | Charge::Nothing) => f64::NAN,
        };
        InstanceRules {
            by: self.by.unwrap_or(rules.by),
            connected: self.connectivity.map_or(rules.connected, Connected::By),
            join: self.join.unwrap_or(rules.join),
            near: self.near.unwrap_or(rules.near),
            drop: self.drop.unwrap_or(rules.drop),
            floor: self.floor.map_or(rules.floor, Floor::AtMost),
            matching: self.matching.unwrap_or(rules.matching),
            criterion: self.criterion.unwrap_or(rules.criterion),
            threshold: self.threshold.unwrap_or(rules.threshold),
            // Who chooses what is found has chosen this too.
            found_from: rules.found_from.filter(|_| self.threshold.is_none() && self.criterion.is_none()),
            charge: self.charge.unwrap_or(rules.charge),
            empty: EmptyLesions { dice_no_truth, ..rules.empty },
        }
    }

    /// Those that were made, by their names in results.
    pub fn named(&self) -> Vec<(&'static str, String)> {
        let join = |join: Join| format!("{},{}", join.truth, join.pred);
        let all = [
            ("by", self.by.map(|by| by.name().to_owned())),
            ("connectivity", self.connectivity.map(|own| own.name().to_owned())),
            ("match", self.matching.map(|own| own.to_string())),
            ("criterion", self.criterion.map(|own| own.to_string())),
            ("match_threshold", self.threshold.map(|own| own.to_string())),
            ("join", self.join.map(join)),
            ("near", self.near.map(|own| own.to_string())),
            ("min_size", self.drop.map(|own| own.to_string())),
            ("floor", self.floor.map(|own| own.to_string())),
            ("charge", self.charge.map(|own| own.to_string())),
            ("max_lesions", self.max_lesions.map(|own| own.to_string())),
        ];
        all.into_iter().filter_map(|(name, choice)| Some((name, choice?))).collect()
    }

    /// Takes a choice by these names.
    ///
    /// # Errors
    /// What is wrong, in words, for another name or choice.
    pub fn take(&mut self, name: &str, choice: &str) -> Result<(), String> {
        match name {
            "by" => self.by = read(name, choice)?,
            "connectivity" => self.connectivity = read(name, choice)?,
            "match" => self.matching = read(name, choice)?,
            "criterion" => self.criterion = read(name, choice)?,
            "match_threshold" => self.threshold = read(name, choice)?,
            "join" => self.join = read(name, choice)?,
            "near" => self.near = read(name, choice)?,
            "min_size" => self.drop = read(name, choice)?,
            "floor" => self.floor = read(name, choice)?,
            "charge" => self.charge = read(name, choice)?,
            "max_lesions" => self.max_lesions = read(name, choice)?,
            _ => {
                return Err(format!(
                    "`{name}` is no choice about lesions; these are by, connectivity, match, criterion, match_threshold, \
                     join, near, min_size, floor, charge, max_lesions"
                ));
            }
        }
        Ok(())
    }

    pub(super) fn limit(&self) -> u32 {
        self.max_lesions.unwrap_or(InstanceOptions::MAX_LESIONS)
    }
}
