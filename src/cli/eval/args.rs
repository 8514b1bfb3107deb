//! The flags that shape a run: what is counted, and how counts become scores.

use crate::Empty;
use crate::cli::files::read_text;
use crate::eval::{
    Asked, Class, ColourTable, Dataset, GeometryRule, Ignore, LabelList, Like, Missed, MissingRule, ParseError,
    Pictures, Pool, ScoreChoices, ScoreList, SurfaceChoices, VoxelSize,
};
use crate::metric::surface::{Directions, NsdForm, Quantile, SurfacePreset};
use crate::report::metrics;
use crate::stats::{Elements, ImageEdge};
use crate::text::{columns, wrapped};
use anyhow::{Context, Result, anyhow};
use clap::builder::TypedValueParser;
use clap::error::ErrorKind;
use clap::{Arg, Args, Command, ValueEnum};
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::str::FromStr;

/// What is counted: it cannot be changed once the voxels are gone.
#[derive(Debug, Clone, Args)]
pub(in crate::cli) struct CountArgs {
    /// Labels to evaluate, such as 1,2,5-9 [default: all but 0 that occur]
    #[arg(short, long, value_name = "LIST", help_heading = "Classes", conflicts_with = "dataset")]
    #[arg(allow_hyphen_values = true, value_parser = labels)]
    pub labels: Option<LabelList>,
    /// Labels, regions, names and ignore label from nnU-Net's (or the Decathlon's) dataset.json
    #[arg(long, value_name = "FILE", help_heading = "Classes")]
    pub dataset: Option<PathBuf>,
    /// A named union of labels, such as WT=1,2,3; may be repeated
    #[arg(long, value_name = "NAME=LIST", help_heading = "Classes")]
    pub region: Vec<RegionFlag>,
    /// Voxels whose TRUTH has one of these labels, such as 255 or -1,255, do not count at all [default: none, or what
    /// --dataset says]
    #[arg(long, value_name = "LIST", allow_hyphen_values = true, help_heading = "Classes")]
    pub ignore: Option<Ignore>,
    /// Take numbers at most EPS from a whole one as that label: what scaling or floats left of it [EPS: 0.1]
    #[arg(long, value_name = "EPS", num_args = 0..=1, default_missing_value = "0.1", value_parser = distance)]
    #[arg(help_heading = "Classes", allow_negative_numbers = true)]
    pub round: Option<f64>,
    /// The PREDICTION holds probabilities: from T on a voxel is label 1, below it is background
    #[arg(long, value_name = "T", value_parser = threshold, help_heading = "Classes", allow_negative_numbers = true)]
    pub threshold: Option<f64>,
    /// Which colour of a picture is which label: a CSV of name,r,g,b (or r,g,b,label), or RRGGBB=LABEL,...
    #[arg(long, value_name = "FILE|LIST", help_heading = "Classes")]
    pub colors: Option<String>,
    /// Folders of pictures are volumes: each picture is a slice, in the order of the numbers in their names
    #[arg(long, help_heading = "Classes")]
    pub stack: bool,
    /// Whose definition of surface distances holds, such as deepmind, monai, kits23 [default: what --like says, or one that
    /// docs/which-hd95.md explains]
    #[arg(long, value_name = "PRESET", help_heading = "Surfaces")]
    pub surface: Option<SurfacePreset>,
    #[command(flatten)]
    pub boundary: SurfaceArgs,
    /// The size of a voxel in mm, x first, whatever the files say; X,Y of pictures
    #[arg(long, value_name = "X,Y,Z", help_heading = "Surfaces")]
    pub spacing: Option<VoxelSize>,
    /// What to do when the affines put voxels more than a thousandth of a voxel apart. The same points in another order
    /// and boxes of one lattice are compared point by point
    #[arg(long, value_enum, default_value_t = GeometryName::Warn, help_heading = "Grids")]
    pub geometry: GeometryName,
}

/// Single choices about surfaces, which go before those of `--surface`.
#[derive(Debug, Clone, Args)]
pub(in crate::cli) struct SurfaceArgs {
    /// What stands for a boundary: voxels with background across a face, also an edge, also a corner; corners of voxels with
    /// areas; or all voxels [possible values: face, edge, full, corner, voxel]
    #[arg(long, value_name = "ELEMENTS", help_heading = "Surfaces")]
    boundary: Option<Elements>,
    /// What lies beyond the image: background, or the outermost voxels again, so that its edge is no boundary [possible values:
    /// background, repeat]
    #[arg(long, value_name = "WHAT", help_heading = "Surfaces")]
    image_edge: Option<ImageEdge>,
    /// Which distance is a percentile [possible values: linear, lower, round, floor, cumulative]
    #[arg(long, value_name = "RULE", help_heading = "Surfaces")]
    percentile: Option<Quantile>,
    /// How two directions become one percentile [possible values: max, mean, pooled]
    #[arg(long, value_name = "HOW", help_heading = "Surfaces")]
    directions: Option<Directions>,
    /// How two directions become one NSD [possible values: pooled, mean]
    #[arg(long, value_name = "HOW", help_heading = "Surfaces")]
    nsd_form: Option<NsdForm>,
    /// The distance where one of the two is empty: nan leaves it out and counts it beside the mean, or inf, the diagonal of the
    /// image, or so many mm
    #[arg(long, value_name = "nan|inf|diagonal|MM", help_heading = "Surfaces", allow_negative_numbers = true)]
    missed: Option<Missed>,
}

impl From<&SurfaceArgs> for SurfaceChoices {
    fn from(args: &SurfaceArgs) -> Self {
        let &SurfaceArgs { boundary, image_edge, percentile, directions, nsd_form, missed } = args;
        Self { boundary, image_edge, percentile, directions, nsd_form, missed }
    }
}

/// How counts become scores.
#[derive(Debug, Clone, Default, Args)]
pub(in crate::cli) struct ScoreArgs {
    /// Scores to show, such as dice,fbeta=2,hd95,nsd=2; `--metrics help` has all of them [default: dice,iou]
    #[arg(long, value_name = "LIST", help_heading = "Scores", value_parser = Metrics)]
    pub metrics: Option<ScoreList>,
    /// A score whose denominator is 0, as of a class that neither file has [default: nan, or what --like says]
    #[arg(long, value_enum, help_heading = "Scores")]
    pub empty: Option<EmptyName>,
    /// The conventions of another evaluator or challenge, such as nnunet, kits23, brats23-gli [default: none]
    ///
    /// The conventions of another evaluator: empty classes, classes, order of means (nnunet, monai, kits23, brats23 for whole
    /// regions, totalseg), or whose lesions: brats23-gli, brats24-met, brats26-gli, panoptica, cc-dice, cellpose, stardist, coco,
    /// isles22, autopet, lits and others [default: none]
    #[arg(long, value_name = "WHO", help_heading = "Scores")]
    pub like: Option<Like>,
    /// Resamples of the cases for the confidence intervals of means, 100 to 1000000; 0 for none [default: 10000]
    #[arg(long, value_name = "N", help_heading = "Scores")]
    pub bootstrap: Option<usize>,
    /// Seed of the resampling [default: 0]
    #[arg(long, value_name = "SEED", help_heading = "Scores")]
    pub seed: Option<u64>,
    /// Over what means of lesion scores are taken: over cases, or over the lesions of all cases together
    /// [possible values: cases, lesions] [default: cases]
    #[arg(long, value_name = "OVER", help_heading = "Lesions")]
    pub pool: Option<Pool>,
}

/// Reads `--metrics`; `help` lists the metrics, even if other arguments are missing.
#[derive(Debug, Clone)]
struct Metrics;

impl TypedValueParser for Metrics {
    type Value = ScoreList;

    fn parse_ref(&self, cmd: &Command, arg: Option<&Arg>, value: &OsStr) -> Result<ScoreList, clap::Error> {
        if value.eq_ignore_ascii_case("help") {
            // Clap shows the help of a command as it is, and other texts as errors.
            let shown = cmd.clone().override_help(metrics()).try_get_matches_from(["eval", "--help"]);
            return Err(shown.err().unwrap_or_else(|| clap::Error::new(ErrorKind::DisplayHelp)));
        }
        // A list of all names is long: a terminal gets it in lines.
        let parse = |text: &str| {
            text.parse::<ScoreList>().map_err(|error| match columns() {
                Some(_) => format!("\n{}", wrapped(&error.to_string(), 0)),
                None => error.to_string(),
            })
        };
        parse.parse_ref(cmd, arg, value)
    }
}

/// What to do about grids that lie apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(in crate::cli) enum GeometryName {
    /// Refuse
    Strict,
    /// Evaluate, warn, and end with exit code 1 where it is more than a hundredth of a voxel
    Warn,
    /// Do not compare: voxels belong together in the order of the files
    Off,
}

impl From<GeometryName> for GeometryRule {
    fn from(name: GeometryName) -> Self {
        match name {
            GeometryName::Strict => Self::Strict,
            GeometryName::Warn => Self::Warn,
            GeometryName::Off => Self::Off,
        }
    }
}

/// What becomes of a case without a prediction, or without a truth.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(in crate::cli) enum MissingName {
    /// List it, evaluate the others, and end with exit code 1
    Error,
    /// List it, and leave it out
    Skip,
    /// List it, and count a missing prediction as empty: every class of its truth scores 0
    Zero,
}

impl From<MissingName> for MissingRule {
    fn from(name: MissingName) -> Self {
        match name {
            MissingName::Error => Self::Error,
            MissingName::Skip => Self::Skip,
            MissingName::Zero => Self::Zero,
        }
    }
}

/// The score where the denominator is 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(in crate::cli) enum EmptyName {
    /// Undefined, and left out of means (nnU-Net, MONAI)
    Nan,
    /// 1 where the two maps are equal, else 0 (KiTS, BraTS)
    One,
    /// No overlap
    Zero,
}

impl From<EmptyName> for Empty {
    fn from(name: EmptyName) -> Self {
        match name {
            EmptyName::Nan => Self::Nan,
            EmptyName::One => Self::One,
            EmptyName::Zero => Self::Zero,
        }
    }
}

/// `--region NAME=LIST`.
#[derive(Debug, Clone)]
pub(in crate::cli) struct RegionFlag(pub Class);

impl FromStr for RegionFlag {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (name, list) =
            text.split_once('=').ok_or_else(|| format!("`{text}` has no name; write NAME=LIST, such as WT=1,2,3"))?;
        let name = name.trim();
        if name.is_empty() {
            return Err(format!("`{text}` has no name before the `=`; write NAME=LIST, such as WT=1,2,3"));
        }
        let LabelList(labels) = list.parse().map_err(|error: ParseError| error.to_string())?;
        Ok(Self(Class::region(labels).named(name)))
    }
}

/// Names are of a dataset.
fn labels(text: &str) -> Result<LabelList, String> {
    let has_names = text.contains(char::is_alphabetic);
    let next = if has_names { "; where classes have names, say --dataset dataset.json" } else { "" };
    text.parse().map_err(|error: ParseError| format!("{error}{next}"))
}

fn distance(text: &str) -> Result<f64, String> {
    let found = text.parse().ok().filter(|&most: &f64| most > 0.0 && most <= 0.5);
    found.ok_or_else(|| {
        format!("`{text}` is not a distance above 0, of 0.5 at most; after --round without one, name the files first")
    })
}

fn threshold(text: &str) -> Result<f64, String> {
    let found = text.parse().ok().filter(|threshold: &f64| threshold.is_finite());
    found.ok_or_else(|| format!("`{text}` is not a number; write a probability such as 0.5"))
}

impl CountArgs {
    /// These choices.
    pub fn asked(&self) -> Result<Asked> {
        let dataset = match &self.dataset {
            Some(path) => {
                let name = path.display().to_string();
                let dataset = Dataset::from_json(&read_text(path)?).with_context(|| name.clone())?;
                Some((name, dataset))
            }
            None => None,
        };
        let colours = self.colors.as_deref().map(|given| {
            let path = Path::new(given);
            let table = if path.is_file() { ColourTable::from_csv(&read_text(path)?) } else { given.parse() };
            let wrong = |error: ParseError| match path.is_file() {
                true => anyhow!("{given}: {error}"),
                false => anyhow!("--colors: {error}, or name a file that is there"),
            };
            Ok::<_, anyhow::Error>((given.to_owned(), table.map_err(wrong)?))
        });
        Ok(Asked {
            colours: colours.transpose()?,
            labels: self.labels.as_ref().map(|LabelList(labels)| labels.clone()),
            dataset,
            regions: self.region.iter().map(|region| region.0.clone()).collect(),
            ignore: self.ignore.clone(),
            round: self.round,
            threshold: self.threshold,
            geometry: self.geometry.into(),
            spacing_mm: self.spacing,
            pictures: if self.stack { Pictures::Slices } else { Pictures::Cases },
            surface: self.surface,
            surface_choices: SurfaceChoices::from(&self.boundary),
            ..Asked::default()
        })
    }
}

impl ScoreArgs {
    /// What was asked for.
    pub fn choices(&self) -> ScoreChoices {
        ScoreChoices {
            scores: self.metrics.clone(),
            empty: self.empty.map(Empty::from),
            convention: self.like.and_then(Like::convention),
            resamples: self.bootstrap,
            seed: self.seed,
            pool: self.pool,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::args::tests::same;

    #[test]
    fn every_choice_has_its_name_in_both_worlds() {
        GeometryName::value_variants().iter().for_each(same::<_, GeometryRule>);
        MissingName::value_variants().iter().for_each(same::<_, MissingRule>);
        EmptyName::value_variants().iter().for_each(same::<_, Empty>);
    }

    #[test]
    fn regions_have_a_name_and_labels() {
        let RegionFlag(class) = "WT=3,1-2".parse().unwrap();
        assert_eq!((class.display(), &class.labels[..], &class.key[..]), ("WT", &[1, 2, 3][..], "(1, 2, 3)"));
        for (text, part) in [("1,2", "NAME=LIST"), ("=1", "before the `=`"), ("WT=", "missing"), ("WT=a", "`a`")] {
            let message = text.parse::<RegionFlag>().unwrap_err();
            assert!(message.contains(part), "{message}");
        }
    }
}
