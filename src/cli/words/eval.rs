//! The facts of an evaluation with the flags that fix them.

use super::{of_file, of_library};
use crate::Error;
use crate::cli::interrupt::Interrupted;
use crate::eval::{
    DatasetError, EvalError, GridError, Ignore, MaskError, MergeError, ModelsError, OfFolders, PairingError, Unlike,
    Warning, but, no_foreground,
};
use crate::metric::Bootstrap;
use crate::metric::compare::Better;
use crate::report::Words;
use crate::text::{extent, listed};
use std::error::Error as StdError;

/// The words of a report that the command writes.
#[derive(Debug, Clone, Copy)]
pub(in crate::cli) struct Flags;

impl Words for Flags {
    fn warning(&self, warning: &Warning) -> String {
        of_warning(warning)
    }

    // Errors are kept as facts: `merge` reports them too, and does not have the flags of `eval`.
}

/// What may be said with flags, without its causes.
pub(super) fn of_cause(cause: &(dyn StdError + 'static)) -> Option<String> {
    cause
        .downcast_ref()
        .map(of_error)
        .or_else(|| cause.downcast_ref().map(of_grids))
        .or_else(|| cause.downcast_ref().map(of_masks))
        .or_else(|| cause.downcast_ref().map(of_pairing))
        .or_else(|| cause.downcast_ref().map(of_merge))
        .or_else(|| cause.downcast_ref().map(of_models))
        .or_else(|| cause.downcast_ref().map(of_dataset))
}

fn of_error(error: &EvalError) -> String {
    match error {
        EvalError::Cancelled => Interrupted.to_string(),
        EvalError::File(error) => of_file(error),
        EvalError::Grids(error) => of_grids(error),
        EvalError::Masks(error) => of_masks(error),
        EvalError::Pairing(error) => of_pairing(error),
        EvalError::Merge(error) => of_merge(error),
        EvalError::Models(error) => of_models(error),
        EvalError::Resamples { resamples } if *resamples > Bootstrap::MOST_RESAMPLES => {
            format!("{resamples} resamples are too many; give --bootstrap at most {}", Bootstrap::MOST_RESAMPLES)
        }
        EvalError::Resamples { resamples } => format!(
            "{resamples} resamples are too few for an interval; give --bootstrap at least {}, or 0 for none",
            Bootstrap::LEAST_RESAMPLES
        ),
        EvalError::NoneEvaluated { .. } => "no case could be evaluated; see the errors above".into(),
        EvalError::NoForeground { cases, files } => format!(
            "{}; say with {} which ones to evaluate",
            no_foreground(*cases, files),
            if *cases == 1 { "--labels" } else { "`voxdice eval --labels`" }
        ),
        EvalError::Engine(Error::Parameter { name: "spacing", .. }) => {
            format!("{error}; correct the header, or give the size of a voxel with --spacing")
        }
        EvalError::Engine(error) => of_library(error),
        EvalError::NoSpacing(_) => format!("{error}, or say it with --spacing X,Y,Z (X,Y of a picture)"),
        EvalError::SizeOfPlane { path, shape } => format!(
            "{}: it is {}, and --spacing has two lengths, as for pictures; say --spacing X,Y,Z",
            path.display(),
            extent(shape)
        ),
        EvalError::ThreadLost => format!("{error}; run again with --jobs 1"),
        other => other.to_string(),
    }
}

fn of_grids(error: &GridError) -> String {
    match error {
        GridError::Apart(_) | GridError::MasksApart { .. } => format!("{error}, or say --geometry warn"),
        other => other.to_string(),
    }
}

fn of_dataset(error: &DatasetError) -> String {
    match error {
        DatasetError::NoLabels => format!("{error}, or say --labels"),
        other => other.to_string(),
    }
}

fn of_masks(error: &MaskError) -> String {
    match error {
        MaskError::NoLabelToIgnore { path, ignore } => format!(
            "{}: masks have names and no labels, so that there is no label {ignore} to ignore; leave --ignore out, or call \
             the mask of what is to be left out `{}`",
            path.display(),
            Ignore::NAME
        ),
        MaskError::NamelessMap { map, other, overlap, names } => format!(
            "{}: this label map has no names, and {} has {}, matched by name ({}); say with --dataset dataset.json which \
             label is which class, or name two files or two folders of label maps",
            map.display(),
            other.display(),
            if *overlap { "segments that overlap" } else { "one file per class" },
            listed(names)
        ),
        MaskError::NamelessPair([truth, pred]) => format!(
            "{} and {} are label maps without names, and other cases have named masks or segments; say with --dataset \
             dataset.json what the labels are called, or evaluate them by themselves",
            truth.display(),
            pred.display()
        ),
        MaskError::NoneIsAClass { path, classes, names, from } => format!(
            "{} has no mask of a class to evaluate ({}): masks and segments are matched by name, and here they are {}; {}",
            path.display(),
            listed(classes),
            listed(names),
            match from {
                None => "call them as the dataset does, or leave --dataset out to have them all".to_owned(),
                Some(from) => format!("leave {from} out to have them all, or call the classes so"),
            }
        ),
        other => other.to_string(),
    }
}

fn of_pairing(error: &PairingError) -> String {
    match error {
        PairingError::NotTwoFolders { what, file } => {
            let flag = match what {
                OfFolders::Pairs => "--pairs",
                OfFolders::Pattern => "--pair-regex",
                OfFolders::Shard => "--shard",
                OfFolders::Cases => "--cases",
            };
            format!("{flag} is for two folders, and {} is none; leave it out or name two folders", file.display())
        }
        PairingError::NoPair { folders, names, alike, passed_over } => format!(
            "no name in {} fits one in {}: the first are {} and {}{}; say with --pair-regex which part of a name is the case, \
             or list the pairs with --pairs",
            folders[0].display(),
            folders[1].display(),
            names[0],
            names[1],
            but(*alike, passed_over)
        ),
        PairingError::PatternFindsTwice { case, files } => format!(
            "--pair-regex finds the case `{case}` in {} and in {}; write a pattern that tells them apart",
            files[0].display(),
            files[1].display()
        ),
        PairingError::PatternFitsNothing(beside) => format!(
            "--pair-regex fits no name beside {}; write a pattern that fits the names of both folders",
            beside.display()
        ),
        PairingError::NoCaseChosen { cases, first } => format!(
            "--cases fits none of the {cases} names of cases, the first of which is {first}; write a pattern that fits whole \
             names, or the name of a file with one name a line"
        ),
        other => other.to_string(),
    }
}

fn of_merge(error: &MergeError) -> String {
    match error {
        MergeError::NoResult { path, error } => format!(
            "{}: not a result of `voxdice eval --format json`, nor a summary.json: {error}; evaluate this part again",
            path.display()
        ),
        MergeError::NoJson(path) => format!(
            "{}: this is no JSON; name results of `voxdice eval --format json`, or a summary.json",
            path.display()
        ),
        MergeError::Counting { files, what } => {
            let what = match what {
                Unlike::Names => "sources of names, as `voxdice eval --dataset`",
                Unlike::Ignore => "labels to ignore",
                Unlike::Round => "choices of `voxdice eval --round`",
                Unlike::Threshold => "choices of `voxdice eval --threshold`",
                Unlike::Colours => "labels of colours, `voxdice eval --colors`",
                Unlike::Geometry => "rules of `voxdice eval --geometry`",
                Unlike::Instances => "choices about lesions, `voxdice eval --instances` or `--like`",
                Unlike::Surfaces => "choices of surface metrics, `voxdice eval --surface` or `--spacing`",
                Unlike::Missing => "rules of `voxdice eval --missing`",
            };
            format!(
                "{} and {} were made with different {what}; evaluate all shards with the same options",
                files[0].display(),
                files[1].display()
            )
        }
        MergeError::Classes { files, has } => format!(
            "{} and {} were made with different classes: {} in the one, and {} in the other; evaluate one again with the \
             `voxdice eval --dataset`, `voxdice eval --labels` or `voxdice eval --region` of the other",
            files[0].display(),
            files[1].display(),
            has[0],
            has[1]
        ),
        MergeError::Scoring(files) => format!(
            "{} and {} were made with different choices about scores; say here with --metrics, --empty, --like, --bootstrap \
             and --seed which ones are to hold",
            files[0].display(),
            files[1].display()
        ),
        MergeError::OtherLesions(_) => format!("--like {error}"),
        other => other.to_string(),
    }
}

fn of_models(error: &ModelsError) -> String {
    match error {
        ModelsError::NoDirection(metric) => {
            format!("{error} with --higher-is-better {metric} or --lower-is-better {metric}")
        }
        ModelsError::Direction { known, .. } => {
            let flag = if *known == Better::Higher { "--lower-is-better" } else { "--higher-is-better" };
            format!("{error} of {flag}")
        }
        ModelsError::TwoDirections(metric) => {
            format!("{metric} is named by --higher-is-better and by --lower-is-better; leave one out")
        }
        ModelsError::NoMetric { .. } => format!("{error} with --metrics"),
        ModelsError::UnfitPattern { case, pattern } => format!(
            "{case} has no group: `{pattern}` of --group is no file and no column of the results, and as a pattern it does not \
             fit this name; name a file or a column that is there, or write a pattern that fits all cases"
        ),
        ModelsError::UnequalGroups => format!("{error}: --interval expanded"),
        ModelsError::Differ { what: "rules for empty classes", models: [one, other] } => format!(
            "{one} and {other} were scored with different rules for empty classes; say here with --empty or --like which one is \
             to hold"
        ),
        other => other.to_string(),
    }
}

/// A warning of the evaluation. `merge` reports it too, so a flag that `merge` lacks is named with its command.
pub(in crate::cli) fn of_warning(warning: &Warning) -> String {
    match warning {
        Warning::ManyLabels { .. } => format!("{warning}, or name labels with `voxdice eval --labels`"),
        Warning::Absent { .. } => format!("{warning}; --empty says what such a label scores"),
        Warning::NoCommonLabel { truth, pred } => match (&truth[..], &pred[..]) {
            ([a], [b]) => format!("{warning}; if both mean the same, `voxdice eval --region fg={a},{b}` compares them"),
            _ => warning.to_string(),
        },
        Warning::LikeSlices { .. } => format!("{warning} (`voxdice eval --stack`)"),
        Warning::White { .. } => {
            format!("{warning} (with 255 among `voxdice eval --labels` or `--ignore` it stays 255)")
        }
        Warning::Merged { .. } => format!("{warning} (`voxdice eval --threshold`)"),
        Warning::ByValue { .. } => {
            format!("{warning}; say with `voxdice eval --dataset dataset.json` which label is which class")
        }
        other => other.to_string(),
    }
}
