//! Reading results back: our own JSON, and summaries of nnU-Net's layout.

use super::foreign::{is_version_one, without_nan};
use super::measured::{OwnLesions, OwnSearch, OwnSurfaces};
use crate::eval::SCHEMA;
use crate::eval::case::{CaseResult, Counted, Prediction};
use crate::eval::class::Class;
use crate::eval::error::{EvalError, MergeError, Unlike};
use crate::eval::evaluation::{Failure, Provenance, Unpaired};
use crate::eval::grids::GeometryRule;
use crate::eval::ignore::Ignore;
use crate::eval::named::ParseError;
use crate::eval::pairing::{Kind, case_name, is_usual_name};
use crate::eval::rules::{ClassSource, FROM_FILES, MissingRule, NamedBy, Rules};
use crate::eval::scoring::{StoredScores, known};
use crate::eval::verify::Verification;
use crate::eval::warning::Warning;
use crate::io::Gap;
use crate::metric::Metric;
use crate::stats::Counts;
use crate::text::printable;
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// A result that was read back.
#[derive(Debug)]
pub struct Partial {
    pub(super) path: PathBuf,
    pub(super) cases: Vec<CaseResult>,
    pub(super) failures: Vec<Failure>,
    pub(super) missing: Vec<Unpaired>,
    pub(super) extra: Vec<Unpaired>,
    pub(super) provenance: Provenance,
    pub(super) rules: Rules,
    /// The choices about scores that made it; nnU-Net's files have none.
    pub(super) scores: Option<StoredScores>,
}

impl Partial {
    /// Reads the text of a result: the JSON of an evaluation, or a summary of nnU-Net's layout. `path` is what errors call
    /// it.
    ///
    /// # Errors
    /// [`MergeError`] for any other text.
    pub fn parse(text: &str, path: &Path) -> Result<Self, MergeError> {
        let text = without_nan(text);
        let file: File = serde_json::from_str(&text).map_err(|error| {
            if is_version_one(&text) {
                return MergeError::VersionOne(path.into());
            }
            match schema_of(&text) {
                Some(schema) if schema > SCHEMA => MergeError::Newer { path: path.into(), schema },
                _ => MergeError::NoResult { path: path.into(), error },
            }
        })?;
        if let Some(schema) = file.voxdice.as_ref().and_then(|own| own.schema).filter(|&schema| schema > SCHEMA) {
            return Err(MergeError::Newer { path: path.into(), schema });
        }
        let partial = match file.voxdice {
            Some(own) => of_ours(file.metric_per_case, own),
            None => of_nnunet(file.metric_per_case),
        };
        let damaged = |fault| MergeError::Damaged { path: path.into(), fault };
        Ok(Self { path: path.into(), ..partial.map_err(damaged)? })
    }

    /// In which choice about counting two results differ.
    pub(super) fn unlike(&self, other: &Self) -> Option<Unlike> {
        let (a, b) = (&self.rules, &other.rules);
        let classes = |source: &ClassSource| match source {
            ClassSource::Found => None,
            ClassSource::Named { classes, .. } => Some(classes.clone()),
        };
        let checks = [
            (Unlike::Classes, classes(&a.classes) == classes(&b.classes)),
            (Unlike::Names, a.named_by == b.named_by),
            (Unlike::Ignore, a.ignore == b.ignore),
            (Unlike::Round, a.round == b.round),
            (Unlike::Threshold, a.threshold == b.threshold),
            (Unlike::Geometry, a.geometry == b.geometry),
            (Unlike::Surfaces, (&a.surfaces, a.spacing_mm) == (&b.surfaces, b.spacing_mm)),
            (Unlike::Instances, a.instances == b.instances),
            (Unlike::Missing, self.provenance.missing == other.provenance.missing),
        ];
        checks.into_iter().find(|(_, same)| !same).map(|(what, _)| what)
    }
}

#[derive(Deserialize)]
struct File {
    metric_per_case: Vec<Entry>,
    voxdice: Option<Own>,
}

#[derive(Deserialize)]
struct Entry {
    metrics: BTreeMap<String, Numbers>,
    prediction_file: PathBuf,
    reference_file: PathBuf,
    /// Scores of lesions, by class.
    #[serde(default)]
    instances: BTreeMap<String, OwnLesions>,
}

#[derive(Deserialize)]
#[allow(non_snake_case)] // nnU-Net's names
struct Numbers {
    TP: u64,
    FP: u64,
    FN: u64,
    TN: u64,
    /// Those of surfaces among them.
    #[serde(flatten)]
    others: BTreeMap<String, serde_json::Value>,
}

/// The layout that a text of another one says it has.
fn schema_of(text: &str) -> Option<u32> {
    let value: serde_json::Value = serde_json::from_str(text).ok()?;
    value["voxdice"]["schema"].as_u64().map(|schema| u32::try_from(schema).unwrap_or(u32::MAX))
}

#[derive(Deserialize)]
struct Own {
    /// Earlier versions have none.
    schema: Option<u32>,
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
    /// Earlier versions did not say, and took this.
    #[serde(default = "dataset")]
    named_by: String,
    #[serde(default)]
    ignore: Ignore,
    round: Option<f64>,
    threshold: Option<f64>,
    geometry: String,
    missing: String,
    shard: Option<String>,
    spacing_mm: Option<[f64; 3]>,
    surfaces: Option<OwnSurfaces>,
    instances: Option<OwnSearch>,
    #[serde(flatten)]
    scores: StoredScores,
}

fn dataset() -> String {
    NamedBy::Dataset.to_string()
}

#[derive(Deserialize)]
struct About {
    case: String,
    prediction: String,
    shape: Vec<u64>,
    spacing_mm: Option<[f64; 3]>,
    voxels: Option<u64>,
    grid_gap: Option<OwnGap>,
    /// Values that are infinite, by class and metric.
    #[serde(default)]
    infinite: Vec<[String; 2]>,
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

fn of_ours(entries: Vec<Entry>, own: Own) -> Result<Partial, String> {
    if entries.len() != own.cases.len() {
        return Err(format!("{} cases are described and {} counted", own.cases.len(), entries.len()));
    }
    let classes: Vec<Class> =
        own.classes.into_iter().map(|class| Class { key: class.key, name: class.name, labels: class.labels }).collect();
    unique(&classes)?;
    let surfaces = own.options.surfaces.map(OwnSurfaces::read).transpose()?.unwrap_or_default();
    let instances = own.options.instances.map(OwnSearch::read).transpose()?;
    let mut cases = Vec::new();
    for (entry, about) in entries.into_iter().zip(own.cases) {
        if about.shape.iter().try_fold(1u64, |voxels, &length| voxels.checked_mul(length)).is_none() {
            let About { case, shape, .. } = about;
            return Err(format!("the shape {shape:?} of {case} has more voxels than can be counted"));
        }
        let counts = classes.iter().map(|class| {
            let numbers = entry.metrics.get(&class.key).ok_or_else(|| format!("{} lacks {}", about.case, class.key))?;
            Ok::<_, String>((class.clone(), numbers.counts()?))
        });
        let measured = classes.iter().filter(|_| !surfaces.metrics.is_empty()).map(|class| {
            let numbers = entry.metrics.get(&class.key).ok_or_else(|| format!("{} lacks {}", about.case, class.key))?;
            let value = |metric: &Metric| {
                let name = metric.to_string();
                let stored = numbers.others.get(&name).ok_or_else(|| format!("{} lacks {name}", about.case))?;
                let is_infinite = about.infinite.iter().any(|[key, metric]| *key == class.key && *metric == name);
                Ok::<_, String>(if is_infinite { f64::INFINITY } else { stored.as_f64().unwrap_or(f64::NAN) })
            };
            Ok((class.key.clone(), surfaces.metrics.iter().map(value).collect::<Result<_, String>>()?))
        });
        let measured: BTreeMap<String, Vec<f64>> = measured.collect::<Result<_, String>>()?;
        let warnings = own.warnings.iter().filter(|warning| warning.case == about.case);
        let stored =
            |warning: &OwnWarning| Warning::Stored { kind: warning.kind.clone(), message: warning.message.clone() };
        let counts: Counted = counts.collect::<Result<_, String>>()?;
        let in_counts = || counts.first().map(|(_, counts)| counts.n());
        cases.push(CaseResult {
            name: printable(&about.case),
            truth: entry.reference_file.clone(),
            pred: entry.prediction_file.clone(),
            prediction: if about.prediction == "missing" { Prediction::Missing } else { Prediction::Read },
            // Earlier versions left it out where nothing was counted.
            voxels: about.voxels.or_else(in_counts).unwrap_or_else(|| about.shape.iter().product()),
            shape: about.shape,
            spacing_mm: about.spacing_mm,
            gap: about.grid_gap.map(|gap| Gap { millimetres: gap.mm, voxels: gap.voxels }),
            warnings: warnings.map(stored).collect(),
            verification: None,
            surfaces: measured,
            instances: entry.instances.into_iter().map(|(key, found)| (key, found.read())).collect(),
            counts,
        });
    }
    if let (Some(case), Some(verify)) = (cases.first_mut(), own.verify) {
        case.verification = Some(Verification { cpu: verify.cpu, gpu: verify.gpu, difference: verify.difference });
    }
    let wanted = match own.options.labels_from {
        from if from == FROM_FILES => ClassSource::Found,
        from => ClassSource::Named { classes, from },
    };
    let unpaired = |list: Vec<OwnUnpaired>| {
        list.into_iter().map(|lone| Unpaired { case: printable(&lone.case), file: lone.file }).collect()
    };
    let failure =
        |failure: OwnFailure| Failure { case: printable(&failure.case), error: EvalError::Stored(failure.message) };
    let unknown = |error: MergeError| error.to_string();
    Ok(Partial {
        path: PathBuf::new(),
        cases,
        failures: own.failures.into_iter().map(failure).collect(),
        missing: unpaired(own.missing_predictions),
        extra: unpaired(own.extra_predictions),
        provenance: Provenance {
            kind: if own.kind == "pair" { Kind::Pair } else { Kind::Folders },
            missing: known(&own.options.missing).map_err(unknown)?,
            shard: own
                .options
                .shard
                .map(|shard| shard.parse().map_err(|error: ParseError| error.to_string()))
                .transpose()?,
            backend: own.backend,
            device: own.device,
            reason: own.reason,
        },
        rules: Rules {
            named_by: known(&own.options.named_by).map_err(unknown)?,
            ignore: own.options.ignore,
            round: own.options.round,
            threshold: own.options.threshold,
            geometry: known(&own.options.geometry).map_err(unknown)?,
            spacing_mm: own.options.spacing_mm,
            surfaces,
            instances,
            ..Rules::of(wanted)
        },
        scores: Some(own.options.scores),
    })
}

fn of_nnunet(entries: Vec<Entry>) -> Result<Partial, String> {
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
        let counts =
            entry.metrics.iter().map(|(key, numbers)| Ok::<_, String>((Class::of_key(key), numbers.counts()?)));
        let counts: Counted = counts.collect::<Result<_, String>>()?;
        unique(counts.iter().map(|(class, _)| class))?;
        Ok::<_, String>(CaseResult {
            name: name_of(&entry.prediction_file),
            truth: entry.reference_file.clone(),
            pred: entry.prediction_file.clone(),
            prediction: Prediction::Read,
            shape: Vec::new(),
            voxels: counts.first().map_or(0, |(_, counts)| counts.n()),
            spacing_mm: None,
            gap: None,
            counts,
            surfaces: BTreeMap::new(),
            instances: BTreeMap::new(),
            warnings: Vec::new(),
            verification: None,
        })
    };
    Ok(Partial {
        path: PathBuf::new(),
        cases: entries.into_iter().map(case).collect::<Result<_, _>>()?,
        failures: Vec::new(),
        missing: Vec::new(),
        extra: Vec::new(),
        provenance: Provenance {
            kind: Kind::Folders,
            missing: MissingRule::Error,
            shard: None,
            backend: "cpu".into(),
            device: "counts from summary.json".into(),
            reason: "nothing is counted here".into(),
        },
        rules: Rules { geometry: GeometryRule::Off, ..Rules::of(ClassSource::Found) },
        scores: None,
    })
}

/// Counts are kept by the keys of their classes: with two equal keys one would be lost.
fn unique<'a>(classes: impl IntoIterator<Item = &'a Class>) -> Result<(), String> {
    let mut keys = BTreeSet::new();
    for class in classes {
        if !keys.insert(&class.key) {
            return Err(format!("the class {} is there twice", class.key));
        }
    }
    Ok(())
}

impl Numbers {
    fn counts(&self) -> Result<Counts, String> {
        let sum = |parts: &[u64]| parts.iter().try_fold(0u64, |sum, &part| sum.checked_add(part));
        let of = |parts: &[u64]| sum(parts).ok_or_else(|| crate::Error::CountOverflow.to_string());
        let n = of(&[self.TP, self.FP, self.FN, self.TN])?;
        Counts::new(self.TP, of(&[self.TP, self.FP])?, of(&[self.TP, self.FN])?, n).map_err(|error| error.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_that_cannot_be_are_refused() {
        let numbers =
            |[tp, fp, fn_, tn]: [u64; 4]| Numbers { TP: tp, FP: fp, FN: fn_, TN: tn, others: BTreeMap::new() };
        assert!(numbers([u64::MAX, 1, 0, 0]).counts().is_err());
        assert_eq!(numbers([3, 1, 2, 4]).counts().unwrap(), Counts::new(3, 4, 5, 10).unwrap());
    }
}
