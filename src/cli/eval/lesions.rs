//! The flags about lesions.

use crate::cli::words::flag;
use crate::eval::{Asked, InstanceChoices, no_lesions};
use crate::metric::instances::{Charge, Criterion, Match, Size, Threshold};
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
    #[arg(long, value_name = "T", help_heading = "Lesions", allow_hyphen_values = true)]
    match_threshold: Option<Threshold>,
    /// Several predicted lesions may find the same true one
    #[arg(long, help_heading = "Lesions")]
    many_to_one: bool,
    /// Components whose N dilations meet are one lesion, of both sides or of truth and prediction [default: 0]
    #[arg(long, value_name = "N|T,P", help_heading = "Lesions", allow_hyphen_values = true)]
    join: Option<Join>,
    /// A predicted lesion that meets a true one after N dilations finds it; goes with --match any [default: 0]
    #[arg(long, value_name = "N", help_heading = "Lesions", allow_hyphen_values = true)]
    near: Option<u32>,
    /// Predicted lesions of at most this size vanish before anything is matched, such as 20vox or 10mm3
    #[arg(long, value_name = "SIZE", help_heading = "Lesions", allow_hyphen_values = true)]
    min_size: Option<Size>,
    /// True lesions of at most this size count in no score, such as 50mm3
    #[arg(long, value_name = "SIZE", help_heading = "Lesions", allow_hyphen_values = true)]
    floor: Option<Size>,
    /// Whether a false positive counts as a lesion of Dice 0 [default: yes]
    #[arg(long, value_enum, help_heading = "Lesions")]
    charge_fp: Option<YesNo>,
    /// Bounds in mm3 between sizes for which found lesions are counted apart, such as 20,100,1000
    #[arg(long, value_name = "LIST", value_delimiter = ',', value_parser = bound, help_heading = "Lesions")]
    #[arg(allow_hyphen_values = true)]
    size_classes: Vec<f64>,
    /// Most lesions of a side and class [default: 4194304]
    #[arg(long, value_name = "N", help_heading = "Lesions", allow_hyphen_values = true)]
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

    /// These choices beside others.
    pub fn beside(&self, asked: Asked) -> Asked {
        Asked {
            lesions: self.choices(),
            many_to_one: self.many_to_one,
            sizes: self.size_classes.clone(),
            voxels: if self.lesion_maps.is_some() { Runs::Kept } else { Runs::Off },
            ..asked
        }
    }

    /// Refuses files about lesions where none are looked for.
    pub fn check_files(&self, has_lesions: bool) -> Result<()> {
        let files = [("lesions", self.lesions.is_some()), ("lesion_maps", self.lesion_maps.is_some())];
        match files.iter().find(|(_, given)| *given && !has_lesions) {
            Some((name, _)) => bail!(no_lesions(&flag(name, None), flag)),
            None => Ok(()),
        }
    }
}
