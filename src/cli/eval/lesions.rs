//! The flags about lesions.

use crate::eval::{InstanceChoices, InstanceSearch, many_to_one};
use crate::metric::instances::{Charge, Criterion, Floor, InstancePreset, InstanceRules, Match, Size, Threshold};
use crate::stats::{Connectivity, InstancesBy, Join, Runs};
use anyhow::{Result, bail};
use clap::{Args, ValueEnum};
use std::path::PathBuf;

/// Lesions, cells and other objects one by one.
#[derive(Debug, Clone, Default, Args)]
pub(in crate::cli) struct LesionArgs {
    /// Score objects one by one: connected components of each class, or labels, each of which is an object (cells)
    #[arg(long, value_name = "components|labels", help_heading = "Lesions")]
    instances: Option<InstancesBy>,
    /// Which voxels are connected [possible values: faces, edges, corners] [default: corners]
    #[arg(long, value_name = "HOW", help_heading = "Lesions")]
    connectivity: Option<Connectivity>,
    /// Which predicted lesion finds which true one [possible values: any, unique, greedy, greedy-many-to-one,
    /// merge, optimal, optimal-count, optimal-of-all, nearest, merge-both, worst] [default: optimal]
    #[arg(long = "match", value_name = "HOW", help_heading = "Lesions")]
    matching: Option<Match>,
    /// What is compared with the threshold: overlap over union, Dice, over the truth, over the prediction, or voxels in common
    /// [possible values: iou, dice, iot, iop, voxels] [default: iou]
    #[arg(long, value_name = "WHAT", help_heading = "Lesions")]
    criterion: Option<Criterion>,
    /// From where on a lesion is found, or above which: 0.5, or ">0.5" [default: 0.5]
    #[arg(long, value_name = "T", help_heading = "Lesions")]
    match_threshold: Option<Threshold>,
    /// Several predicted lesions may find the same true one
    #[arg(long, help_heading = "Lesions")]
    many_to_one: bool,
    /// Components whose N dilations meet are one lesion, of both sides or of truth and prediction [default: 0]
    #[arg(long, value_name = "N|T,P", help_heading = "Lesions")]
    join: Option<Join>,
    /// A predicted lesion that meets a true one after N dilations finds it; goes with --match any [default: 0]
    #[arg(long, value_name = "N", help_heading = "Lesions")]
    near: Option<u32>,
    /// Predicted lesions of at most this size vanish before anything is matched, such as 20vox or 10mm3
    #[arg(long, value_name = "SIZE", help_heading = "Lesions")]
    min_size: Option<Size>,
    /// True lesions of at most this size count in no score, such as 50mm3
    #[arg(long, value_name = "SIZE", help_heading = "Lesions")]
    floor: Option<Size>,
    /// Whether a false positive counts as a lesion of Dice 0 [default: yes]
    #[arg(long, value_enum, help_heading = "Lesions")]
    charge_fp: Option<YesNo>,
    /// Bounds in mm3 between sizes for which found lesions are counted apart, such as 20,100,1000
    #[arg(long, value_name = "LIST", value_delimiter = ',', value_parser = bound, help_heading = "Lesions")]
    size_classes: Vec<f64>,
    /// Most lesions of a side and class [default: 4194304]
    #[arg(long, value_name = "N", help_heading = "Lesions")]
    max_lesions: Option<u32>,
    /// Also write label maps to this folder, a new or an empty one: the numbers of the lesions of each case, class and side
    #[arg(long, value_name = "DIR", help_heading = "Lesions")]
    pub lesion_maps: Option<PathBuf>,
    /// Also write CSV to this file: one row per lesion of either side
    #[arg(long, value_name = "FILE", help_heading = "Lesions")]
    pub lesions: Option<PathBuf>,
}

/// Yes or no.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum YesNo {
    /// It does
    Yes,
    /// It does not
    No,
}

fn bound(text: &str) -> Result<f64, String> {
    let found = text.trim().parse().ok().filter(|mm3: &f64| mm3.is_finite() && *mm3 > 0.0);
    found.ok_or_else(|| format!("`{text}` is not a volume above 0; write bounds in mm3, such as 20,100,1000"))
}

impl LesionArgs {
    fn choices(&self) -> InstanceChoices {
        let charge = |yes: YesNo| if yes == YesNo::Yes { Charge::FalsePositives } else { Charge::Missed };
        InstanceChoices {
            by: self.instances,
            connectivity: self.connectivity,
            matching: self.matching,
            criterion: self.criterion,
            threshold: self.match_threshold,
            join: self.join,
            near: self.near,
            drop: self.min_size,
            floor: self.floor,
            charge: self.charge_fp.map(charge),
            max_lesions: self.max_lesions,
        }
    }

    /// What is to be looked for: nothing, where neither a flag, nor a preset, nor a score asks for it.
    pub fn search(&self, preset: Option<InstancePreset>, has_scores: bool) -> Result<Option<InstanceSearch>> {
        let mut choices = self.choices();
        if self.instances.is_none() && preset.is_none() && !has_scores {
            let named = choices.named();
            let flags =
                named.iter().map(|(name, _)| format!("--{}", name.replace('_', "-").replace("charge", "charge-fp")));
            let others = [
                ("--many-to-one", self.many_to_one),
                ("--size-classes", !self.size_classes.is_empty()),
                ("--lesions", self.lesions.is_some()),
                ("--lesion-maps", self.lesion_maps.is_some()),
            ];
            let others = others.into_iter().filter(|(_, given)| *given).map(|(flag, _)| flag.to_owned());
            return match flags.chain(others).next() {
                Some(flag) => bail!(
                    "{flag} is about lesions, and none are looked for; add --instances components, or leave it out"
                ),
                None => Ok(None),
            };
        }
        if !self.size_classes.is_sorted_by(|a, b| a < b) {
            bail!("the bounds of --size-classes must ascend, as in 20,100,1000");
        }
        let sizes = self.size_classes.clone();
        let voxels = if self.lesion_maps.is_some() { Runs::Kept } else { Runs::Off };
        let mut search = InstanceSearch { preset, choices, sizes, voxels, ..InstanceSearch::default() };
        if self.many_to_one {
            let matching = search.rules().matching;
            // Without a choice the best assignment is one to one.
            let matching = if self.matching.is_none() && preset.is_none() { Match::Greedy } else { matching };
            let Some(many) = many_to_one(matching) else {
                bail!("--many-to-one does not go with --match {matching}; write --match greedy, or leave it out");
            };
            choices.matching = Some(many);
            search.choices = choices;
        }
        self.check(&search)?;
        Ok(Some(search))
    }

    /// Refuses surfaces of lesions that have no counterparts.
    pub fn check_surfaces(search: &InstanceSearch) -> Result<()> {
        let matching = search.rules().matching;
        match search.surfaces.metrics.first() {
            Some(metric) if matches!(matching, Match::Nearest | Match::MergeBoth) => {
                bail!("{metric} is about pairs of lesions, and --match {matching} has none; leave one of the two out")
            }
            _ => Ok(()),
        }
    }

    /// Refuses a distance of misses where the mean is that of the lesions that are found.
    pub fn check_missed(search: &InstanceSearch) -> Result<()> {
        match search.preset.filter(|_| search.rules().charge == Charge::Nothing) {
            Some(preset) => bail!(
                "--missed is the distance of a lesion that is missed, and with --like {preset} means are over those that are \
                 found; leave it out, or evaluate with --charge-fp yes"
            ),
            None => Ok(()),
        }
    }

    /// Refuses what LiTS' way to count does not look at.
    fn check_merged(&self, preset: Option<InstancePreset>, rules: &InstanceRules) -> Result<()> {
        let flags = [
            ("--criterion", self.criterion.is_some(), "compares IoU"),
            ("--floor", self.floor.is_some(), "counts lesions of every size"),
            ("--charge-fp", self.charge_fp.is_some(), "has no mean Dice of lesions"),
        ];
        if let Some((flag, _, why)) = flags.iter().find(|(_, given, _)| *given) {
            bail!("{flag} does not go with --match merge-both, which {why}; leave it out");
        }
        match preset.filter(|_| rules.floor != Floor::NONE) {
            Some(preset) => bail!(
                "--like {preset} does not count small true lesions, and --match merge-both counts those of every size; leave \
                 one of the two out"
            ),
            None => Ok(()),
        }
    }

    /// Refuses flags that would do nothing.
    fn check(&self, search: &InstanceSearch) -> Result<()> {
        let rules = search.rules();
        if search.is_by_labels() {
            if self.connectivity.is_some() {
                bail!("--connectivity is about components, and here each label is an object; leave it out");
            }
            if let (Some(preset), true) = (search.preset, rules.join != Join::default()) {
                bail!(
                    "--like {preset} joins components, and --instances labels has none; leave one of the two out, or add \
                     --join 0"
                );
            }
        }
        if self.near.is_some_and(|near| near > 0) && rules.matching != Match::Any {
            bail!("--near goes with --match any, and not with --match {}; leave one of the two out", rules.matching);
        }
        if rules.near > 0 && rules.matching == Match::Any && rules.criterion != Criterion::Voxels {
            bail!(
                "--near finds lesions that share no voxel, so that --criterion {} would refuse those that share a few; add \
                 --criterion voxels --match-threshold \">0\"",
                rules.criterion
            );
        }
        if rules.matching == Match::MergeBoth {
            self.check_merged(search.preset, &rules)?;
        }
        if let (Match::Nearest, true) = (rules.matching, self.charge_fp.is_some()) {
            bail!("--charge-fp does not go with --match nearest, where voxels cost and not lesions; leave it out");
        }
        let compares =
            [("--criterion", self.criterion.is_some()), ("--match-threshold", self.match_threshold.is_some())];
        if let (Match::Nearest, Some((flag, _))) = (rules.matching, compares.iter().find(|(_, given)| *given)) {
            bail!("{flag} is about pairs of lesions, and --match nearest has none; leave it out");
        }
        Ok(())
    }
}
