//! Reading results back: our own JSON, and summaries of nnU-Net's layout.

use crate::cli::eval::case::{Case, Counted, Prediction};
use crate::cli::eval::class::Class;
use crate::cli::eval::geometry::GeometryRule;
use crate::cli::eval::ignore::Ignore;
use crate::cli::eval::json::FROM_FILES;
use crate::cli::eval::pairing::{case_name, is_usual_name};
use crate::cli::eval::pipeline::Failure;
use crate::cli::eval::report::{Kind, Origin, Unpaired};
use crate::cli::eval::settings::{MissingRule, NamedBy, Rules, StoredScores, Wanted, named};
use crate::cli::eval::verify::Verification;
use crate::cli::files::read_text;
use crate::cli::text::printable;
use crate::cli::warning::Notice;
use crate::io::Gap;
use crate::stats::Counts;
use anyhow::{Context, Result, anyhow, bail};
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// What one file holds.
#[derive(Debug)]
pub(super) struct Partial {
    pub cases: Vec<Case>,
    pub failures: Vec<Failure>,
    pub missing: Vec<Unpaired>,
    pub extra: Vec<Unpaired>,
    pub origin: Origin,
    pub rules: Rules,
    /// The choices about scores that made it; nnU-Net's files have none.
    pub scores: Option<StoredScores>,
}

impl Partial {
    /// In which choice about counting two results differ.
    pub fn differs(&self, other: &Self) -> Option<&'static str> {
        let (a, b) = (&self.rules, &other.rules);
        let classes = |wanted: &Wanted| match wanted {
            Wanted::Found => None,
            Wanted::Named { classes, .. } => Some(classes.clone()),
        };
        let checks = [
            ("classes", classes(&a.wanted) == classes(&b.wanted)),
            ("labels to ignore", a.ignore == b.ignore),
            ("choices of `voxdice eval --round`", a.round == b.round),
            ("choices of `voxdice eval --threshold`", a.threshold == b.threshold),
            ("rules of `voxdice eval --geometry`", a.geometry == b.geometry),
            ("rules of `voxdice eval --missing`", self.origin.missing == other.origin.missing),
        ];
        checks.into_iter().find(|(_, same)| !same).map(|(what, _)| what)
    }
}

#[derive(Deserialize)]
struct File {
    metric_per_case: Vec<Entry>,
    voxdice: Option<Own>,
}

/// The layout of nnU-Net's first version.
#[derive(Deserialize)]
struct VersionOne {
    #[serde(rename = "results")]
    _results: VersionOneResults,
}

#[derive(Deserialize)]
struct VersionOneResults {
    #[serde(rename = "all")]
    _all: Vec<serde_json::Value>,
}

#[derive(Deserialize)]
struct Entry {
    metrics: BTreeMap<String, Numbers>,
    prediction_file: PathBuf,
    reference_file: PathBuf,
}

#[derive(Deserialize)]
#[allow(non_snake_case)] // nnU-Net's names
struct Numbers {
    TP: u64,
    FP: u64,
    FN: u64,
    TN: u64,
}

#[derive(Deserialize)]
struct Own {
    backend: String,
    device: String,
    reason: String,
    kind: String,
    classes: Vec<OwnClass>,
    options: Options,
    cases: Vec<About>,
    missing_predictions: Vec<OwnUnpaired>,
    extra_predictions: Vec<OwnUnpaired>,
    failures: Vec<OwnFailure>,
    warnings: Vec<OwnWarning>,
    verify: Option<OwnVerify>,
}

#[derive(Deserialize)]
struct OwnClass {
    key: String,
    name: Option<String>,
    labels: Vec<u32>,
}

#[derive(Deserialize)]
struct Options {
    labels_from: String,
    #[serde(default)]
    ignore: Ignore,
    round: Option<f64>,
    threshold: Option<f64>,
    geometry: String,
    missing: String,
    shard: Option<String>,
    #[serde(flatten)]
    scores: StoredScores,
}

#[derive(Deserialize)]
struct About {
    case: String,
    prediction: String,
    shape: Vec<u64>,
    spacing_mm: Option<[f64; 3]>,
    voxels: Option<u64>,
    grid_gap: Option<OwnGap>,
}

#[derive(Deserialize)]
struct OwnGap {
    mm: f64,
    voxels: f64,
}

#[derive(Deserialize)]
struct OwnUnpaired {
    case: String,
    file: PathBuf,
}

#[derive(Deserialize)]
struct OwnFailure {
    case: String,
    message: String,
}

#[derive(Deserialize)]
struct OwnWarning {
    case: String,
    kind: String,
    message: String,
}

#[derive(Deserialize)]
struct OwnVerify {
    cpu: String,
    gpu: String,
    difference: Option<String>,
}

/// Reads a result.
pub(super) fn read(path: &Path) -> Result<Partial> {
    let text = read_text(path)?;
    parse(&text, path)
}

/// Reads the text of a result. `path` is what errors call it.
pub(super) fn parse(text: &str, path: &Path) -> Result<Partial> {
    let text = without_nan(text);
    let file: File = serde_json::from_str(&text).map_err(|error| {
        if serde_json::from_str::<VersionOne>(&text).is_ok() {
            return anyhow!(
                "{}: a summary of nnU-Net version 1, which holds rates rather than counts and cannot be merged; evaluate its \
                 two folders with `voxdice eval`",
                path.display()
            );
        }
        anyhow!(
            "{}: not a result of `voxdice eval --format json`, nor a summary.json: {error}; evaluate this part again",
            path.display()
        )
    })?;
    let partial = match file.voxdice {
        Some(own) => of_ours(file.metric_per_case, own),
        None => of_nnunet(file.metric_per_case),
    };
    partial.with_context(|| format!("{}: the result is damaged, evaluate this part again", path.display()))
}

fn of_ours(entries: Vec<Entry>, own: Own) -> Result<Partial> {
    if entries.len() != own.cases.len() {
        bail!("{} cases are described and {} counted", own.cases.len(), entries.len());
    }
    let classes: Vec<Class> =
        own.classes.into_iter().map(|class| Class { key: class.key, name: class.name, labels: class.labels }).collect();
    unique(&classes)?;
    let mut cases = Vec::new();
    for (entry, about) in entries.into_iter().zip(own.cases) {
        if about.shape.iter().try_fold(1u64, |voxels, &length| voxels.checked_mul(length)).is_none() {
            bail!("the shape {:?} of {} has more voxels than can be counted", about.shape, about.case);
        }
        let counts = classes.iter().map(|class| {
            let numbers = entry.metrics.get(&class.key).ok_or_else(|| anyhow!("{} lacks {}", about.case, class.key))?;
            Ok((class.clone(), numbers.counts()?))
        });
        let warnings = own.warnings.iter().filter(|warning| warning.case == about.case);
        let notice = |warning: &OwnWarning| Notice { kind: warning.kind.clone(), message: warning.message.clone() };
        let counts: Counted = counts.collect::<Result<_>>()?;
        let in_counts = || counts.first().map(|(_, counts)| counts.n());
        cases.push(Case {
            name: printable(&about.case),
            truth: entry.reference_file.clone(),
            pred: entry.prediction_file.clone(),
            prediction: if about.prediction == "missing" { Prediction::Missing } else { Prediction::Read },
            // Earlier versions left it out where nothing was counted.
            voxels: about.voxels.or_else(in_counts).unwrap_or_else(|| about.shape.iter().product()),
            shape: about.shape,
            spacing_mm: about.spacing_mm,
            gap: about.grid_gap.map(|gap| Gap { millimetres: gap.mm, voxels: gap.voxels }),
            warnings: warnings.map(notice).collect(),
            verification: None,
            counts,
        });
    }
    if let (Some(case), Some(verify)) = (cases.first_mut(), own.verify) {
        case.verification = Some(Verification { cpu: verify.cpu, gpu: verify.gpu, difference: verify.difference });
    }
    let wanted = match own.options.labels_from {
        from if from == FROM_FILES => Wanted::Found,
        from => Wanted::Named { classes, from },
    };
    let unpaired = |list: Vec<OwnUnpaired>| {
        list.into_iter().map(|lone| Unpaired { case: printable(&lone.case), file: lone.file }).collect()
    };
    Ok(Partial {
        cases,
        failures: own.failures.into_iter().map(|f| Failure { case: printable(&f.case), message: f.message }).collect(),
        missing: unpaired(own.missing_predictions),
        extra: unpaired(own.extra_predictions),
        origin: Origin {
            kind: if own.kind == "pair" { Kind::Pair } else { Kind::Folders },
            missing: named(&own.options.missing)?,
            shard: own.options.shard.map(|shard| shard.parse().map_err(|error| anyhow!("{error}"))).transpose()?,
            backend: own.backend,
            device: own.device,
            reason: own.reason,
        },
        rules: Rules {
            named_by: NamedBy::Dataset,
            ignore: own.options.ignore,
            round: own.options.round,
            threshold: own.options.threshold,
            geometry: named(&own.options.geometry)?,
            ..Rules::of(wanted)
        },
        scores: Some(own.options.scores),
    })
}

fn of_nnunet(entries: Vec<Entry>) -> Result<Partial> {
    // Where there is a folder per case, all files may have the same name.
    let mut times: BTreeMap<String, usize> = BTreeMap::new();
    for entry in &entries {
        *times.entry(case_name(&entry.prediction_file)).or_default() += 1;
    }
    let name_of = |path: &Path| match (case_name(path), path.parent().filter(|folder| folder.file_name().is_some())) {
        (name, Some(folder)) if is_usual_name(&name) || times.get(&name).is_some_and(|&times| times > 1) => {
            case_name(folder)
        }
        (name, _) => name,
    };
    let case = |entry: Entry| {
        let counts = entry.metrics.iter().map(|(key, numbers)| Ok((Class::of_key(key), numbers.counts()?)));
        let counts: Counted = counts.collect::<Result<_>>()?;
        unique(counts.iter().map(|(class, _)| class))?;
        Ok(Case {
            name: name_of(&entry.prediction_file),
            truth: entry.reference_file.clone(),
            pred: entry.prediction_file.clone(),
            prediction: Prediction::Read,
            shape: Vec::new(),
            voxels: counts.first().map_or(0, |(_, counts)| counts.n()),
            spacing_mm: None,
            gap: None,
            counts,
            warnings: Vec::new(),
            verification: None,
        })
    };
    Ok(Partial {
        cases: entries.into_iter().map(case).collect::<Result<_>>()?,
        failures: Vec::new(),
        missing: Vec::new(),
        extra: Vec::new(),
        origin: Origin {
            kind: Kind::Folders,
            missing: MissingRule::Error,
            shard: None,
            backend: "cpu".into(),
            device: "counts from summary.json".into(),
            reason: "nothing is counted here".into(),
        },
        rules: Rules { geometry: GeometryRule::Off, ..Rules::of(Wanted::Found) },
        scores: None,
    })
}

/// Counts are kept by the keys of their classes: of two alike one would be lost.
fn unique<'a>(classes: impl IntoIterator<Item = &'a Class>) -> Result<()> {
    let mut keys = BTreeSet::new();
    for class in classes {
        if !keys.insert(&class.key) {
            bail!("the class {} is there twice", class.key);
        }
    }
    Ok(())
}

impl Numbers {
    fn counts(&self) -> Result<Counts> {
        let sum = |parts: &[u64]| parts.iter().try_fold(0u64, |sum, &part| sum.checked_add(part));
        let of = |parts: &[u64]| sum(parts).ok_or(crate::Error::CountOverflow);
        let n = of(&[self.TP, self.FP, self.FN, self.TN])?;
        Ok(Counts::new(self.TP, of(&[self.TP, self.FP])?, of(&[self.TP, self.FN])?, n)?)
    }
}

/// Python writes NaN and Infinity, which are no JSON; outside of strings they become null.
fn without_nan(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let (mut in_string, mut escaped) = (false, false);
    let mut rest = text;
    while let Some(next) = rest.chars().next() {
        let constant = ["-Infinity", "Infinity", "NaN"].into_iter().find(|word| !in_string && rest.starts_with(word));
        if let Some(word) = constant {
            out.push_str("null");
            rest = &rest[word.len()..];
            continue;
        }
        in_string ^= next == '"' && !escaped;
        escaped = in_string && next == '\\' && !escaped;
        out.push(next);
        rest = &rest[next.len_utf8()..];
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_json_becomes_null_outside_of_strings() {
        let text = r#"{"a": NaN, "NaN \" NaN": [Infinity, -Infinity, "é NaN\\"], "b": -1}"#;
        assert_eq!(without_nan(text), r#"{"a": null, "NaN \" NaN": [null, null, "é NaN\\"], "b": -1}"#);
    }

    #[test]
    fn counts_that_cannot_be_are_refused() {
        let numbers = Numbers { TP: u64::MAX, FP: 1, FN: 0, TN: 0 };
        assert!(numbers.counts().is_err());
        assert_eq!(Numbers { TP: 3, FP: 1, FN: 2, TN: 4 }.counts().unwrap(), Counts::new(3, 4, 5, 10).unwrap());
    }
}
