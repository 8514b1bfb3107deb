//! Reading results back: our own JSON, and summaries of nnU-Net's layout.

use super::foreign::{is_version_one, without_nan};
use crate::eval::SCHEMA;
use crate::eval::case::{CaseResult, Counted, Prediction};
use crate::eval::class::Class;
use crate::eval::colour_table::ColourTable;
use crate::eval::error::{EvalError, MergeError, Unlike};
use crate::eval::evaluation::{Failure, Provenance, Unpaired};
use crate::eval::grids::GeometryRule;
use crate::eval::named::ParseError;
use crate::eval::pairing::{Kind, case_name, is_usual_name};
use crate::eval::passed_over::PassedOver;
use crate::eval::rules::{ClassSource, FROM_FILES, MissingRule, Rules};
use crate::eval::schema::{
    About, Document, Entry, Failed, Lesions, Lone, Made, Number, Scores, StoredScores, StoredSearch, StoredSurfaces,
};
use crate::eval::scoring::known;
use crate::eval::surfaces::Surfaces;
use crate::eval::warning::Warning;
use crate::io::Colours;
use crate::metric::Metric;
use crate::stats::Counts;
use crate::text::{listed, printable};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::sync::Arc;

/// A result that was read back.
#[derive(Debug)]
pub struct Partial {
    pub(super) path: PathBuf,
    pub(super) cases: Vec<CaseResult>,
    pub(super) failures: Vec<Failure>,
    pub(super) missing: Vec<Unpaired>,
    pub(super) extra: Vec<Unpaired>,
    pub(super) passed_over: Vec<PassedOver>,
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
        let file: Document = serde_json::from_str(&text).map_err(|error| {
            if is_version_one(&text) {
                return MergeError::VersionOne(path.into());
            }
            match schema_of(&text) {
                Some(schema) if schema > SCHEMA => MergeError::Newer { path: path.into(), schema },
                _ if error.is_syntax() && !text.trim_start().starts_with(['{', '[']) => MergeError::NoJson(path.into()),
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

    /// Where the classes of two results differ first, in words.
    pub(super) fn unlike_classes(&self, other: &Self) -> Option<[String; 2]> {
        let [own, others] = [self, other].map(|part| match &part.rules.classes {
            ClassSource::Found => None,
            ClassSource::Named { classes, .. } => Some(classes.as_slice()),
        });
        let whole = |source: Option<&[Class]>| match source {
            None => "all labels that occur".to_owned(),
            Some(classes) => listed(&classes.iter().map(in_words).collect::<Vec<_>>()),
        };
        let (Some(a), Some(b)) = (own, others) else {
            return (own.is_some() != others.is_some()).then(|| [own, others].map(whole));
        };
        let first = (0..a.len().max(b.len())).find(|&place| a.get(place) != b.get(place))?;
        Some([a, b].map(|classes| classes.get(first).map_or("no further class".to_owned(), in_words)))
    }

    /// In which choice about counting two results differ.
    pub(super) fn unlike(&self, other: &Self) -> Option<Unlike> {
        let (a, b) = (&self.rules, &other.rules);
        let checks = [
            (Unlike::Names, a.named_by == b.named_by),
            (Unlike::Ignore, a.ignore == b.ignore),
            (Unlike::Round, a.round == b.round),
            (Unlike::Threshold, a.threshold == b.threshold),
            (Unlike::Colours, a.colours == b.colours),
            (Unlike::Geometry, a.geometry == b.geometry),
            (Unlike::Surfaces, (&a.surfaces, a.spacing_mm) == (&b.surfaces, b.spacing_mm)),
            (Unlike::Instances, a.instances == b.instances),
            (Unlike::Missing, self.provenance.missing == other.provenance.missing),
        ];
        checks.into_iter().find(|(_, same)| !same).map(|(what, _)| what)
    }
}

/// A class by its name and labels.
fn in_words(class: &Class) -> String {
    match (class.display(), &class.key) {
        (name, key) if name == key => format!("class {key}"),
        (name, key) => format!("{name} ({key})"),
    }
}

/// The layout that a text of another one says it has.
fn schema_of(text: &str) -> Option<u32> {
    let value: serde_json::Value = serde_json::from_str(text).ok()?;
    value["voxdice"]["schema"].as_u64().map(|schema| u32::try_from(schema).unwrap_or(u32::MAX))
}

fn of_ours(entries: Vec<Entry>, made: Made) -> Result<Partial, String> {
    if entries.len() != made.cases.len() {
        return Err(format!("{} cases are described and {} counted", made.cases.len(), entries.len()));
    }
    let classes: Vec<Class> = made.classes.into_iter().map(Into::into).collect();
    unique(&classes)?;
    let surfaces = made.options.surfaces.map(StoredSurfaces::read).transpose()?.unwrap_or_default();
    let instances = made.options.instances.map(StoredSearch::read).transpose()?;
    let mut cases = Vec::new();
    for (entry, about) in entries.into_iter().zip(made.cases) {
        let warnings = made
            .warnings
            .iter()
            .filter(|warning| warning.case == about.case)
            .map(|warning| Warning::Stored { kind: warning.kind.clone(), message: warning.message.clone() });
        let warnings = warnings.collect();
        cases.push(CaseResult { warnings, ..of_case(entry, about, &classes, &surfaces)? });
    }
    if let Some(case) = cases.first_mut() {
        case.verification = made.verify.map(Into::into);
    }
    let wanted = match made.options.labels_from {
        from if from == FROM_FILES => ClassSource::Found,
        from => ClassSource::Named { classes, from },
    };
    let unpaired = |list: Vec<Lone>| list.into_iter().map(Into::into).collect();
    let failure = |failed: Failed| Failure { case: printable(&failed.case), error: EvalError::Stored(failed.message) };
    let shard = made.options.shard.map(|shard| shard.parse().map_err(|error: ParseError| error.to_string()));
    Ok(Partial {
        path: PathBuf::new(),
        cases,
        failures: made.failures.into_iter().map(failure).collect(),
        missing: unpaired(made.missing_predictions),
        extra: unpaired(made.extra_predictions),
        passed_over: made.passed_over,
        provenance: Provenance {
            kind: choice(&made.kind)?,
            missing: choice(&made.options.missing)?,
            shard: shard.transpose()?,
            backend: made.backend,
            device: made.device,
            reason: made.reason,
        },
        rules: Rules {
            named_by: choice(&made.options.named_by)?,
            ignore: made.options.ignore,
            round: made.options.round,
            threshold: made.options.threshold,
            geometry: choice(&made.options.geometry)?,
            spacing_mm: made.options.spacing_mm,
            colours: colours(&made.options.colors)?,
            surfaces,
            instances,
            ..Rules::of(wanted)
        },
        scores: Some(made.options.scores),
    })
}

/// The table of colours that was given, if one was.
fn colours(stored: &BTreeMap<String, u8>) -> Result<Option<Arc<Colours>>, String> {
    if stored.is_empty() {
        return Ok(None);
    }
    let spec: Vec<String> = stored.iter().map(|(colour, label)| format!("{colour}={label}")).collect();
    let table: ColourTable = spec.join(",").parse().map_err(|error: ParseError| error.to_string())?;
    Ok(Some(table.colours))
}

/// A choice by its name, with an error in words.
fn choice<T: FromStr>(name: &str) -> Result<T, String> {
    known(name).map_err(|error| error.to_string())
}

fn of_case(entry: Entry, about: About, classes: &[Class], surfaces: &Surfaces) -> Result<CaseResult, String> {
    let About { case, shape, .. } = &about;
    if shape.iter().try_fold(1u64, |voxels, &length| voxels.checked_mul(length)).is_none() {
        return Err(format!("the shape {shape:?} of {case} has more voxels than can be counted"));
    }
    let numbers: BTreeMap<String, Scores> = entry.metrics.into_iter().collect();
    let is_infinite =
        |key: &str, name: &str| about.infinite.iter().any(|[class, metric]| class == key && metric == name);
    let (mut counts, mut measured) = (Counted::new(), BTreeMap::new());
    for class in classes {
        let numbers = numbers.get(&class.key).ok_or_else(|| format!("{case} lacks {}", class.key))?;
        counts.push((class.clone(), numbers.counts()?));
        let others: BTreeMap<&str, Number> = numbers.others.0.iter().map(|(name, value)| (&name[..], *value)).collect();
        let value = |metric: &Metric| {
            let (name, row) = (metric.to_string(), metric.row());
            // It is there under the name that it was asked for by.
            let mut names = std::iter::once(&row.name).chain(row.aliases).map(|own| metric.under(own));
            let stored = names.find_map(|own| others.get(&own[..])).ok_or_else(|| format!("{case} lacks {name}"))?;
            Ok::<_, String>(if is_infinite(&class.key, &name) { f64::INFINITY } else { stored.value() })
        };
        if !surfaces.metrics.is_empty() {
            let values = surfaces.metrics.iter().map(value).collect::<Result<_, _>>()?;
            measured.insert(class.key.clone(), values);
        }
    }
    let of_lesions = |(key, found): (String, Lesions)| {
        let scores = found.read(|name| is_infinite(&key, name));
        (key, scores)
    };
    let instances = entry.instances.into_iter().map(of_lesions).collect();
    let in_counts = || counts.first().map(|(_, counts)| counts.n());
    Ok(CaseResult {
        name: printable(case),
        truth: entry.reference_file.into(),
        pred: entry.prediction_file.into(),
        prediction: choice(&about.prediction)?,
        voxels: about.voxels.or_else(in_counts).unwrap_or_else(|| shape.iter().product()),
        shape: about.shape,
        spacing_mm: about.spacing_mm,
        gap: about.grid_gap.map(Into::into),
        warnings: Vec::new(),
        verification: None,
        surfaces: measured,
        distances: BTreeMap::new(),
        instances,
        counts,
    })
}

fn of_nnunet(entries: Vec<Entry>) -> Result<Partial, String> {
    // Where there is a folder per case, all files may have the same name.
    let mut times: BTreeMap<String, usize> = BTreeMap::new();
    for entry in &entries {
        *times.entry(case_name(Path::new(&entry.prediction_file))).or_default() += 1;
    }
    let name_of = |path: &Path| match (case_name(path), path.parent().filter(|folder| folder.file_name().is_some())) {
        (name, Some(folder)) if is_usual_name(&name) || times.get(&name).is_some_and(|&times| times > 1) => {
            case_name(folder)
        }
        (name, _) => name,
    };
    let case = |entry: Entry| {
        let counts =
            entry.metrics.into_iter().map(|(key, scores)| Ok::<_, String>((Class::of_key(&key), scores.counts()?)));
        let counts: Counted = counts.collect::<Result<_, String>>()?;
        unique(counts.iter().map(|(class, _)| class))?;
        Ok::<_, String>(CaseResult {
            name: name_of(Path::new(&entry.prediction_file)),
            truth: entry.reference_file.into(),
            pred: entry.prediction_file.into(),
            prediction: Prediction::Read,
            shape: Vec::new(),
            voxels: counts.first().map_or(0, |(_, counts)| counts.n()),
            spacing_mm: None,
            gap: None,
            counts,
            surfaces: BTreeMap::new(),
            distances: BTreeMap::new(),
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
        passed_over: Vec::new(),
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

impl Scores {
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
        let scores = |[tp, fp, fn_, tn]: [u64; 4]| {
            serde_json::from_str::<Scores>(&format!(r#"{{"TP":{tp},"FP":{fp},"FN":{fn_},"TN":{tn}}}"#)).unwrap()
        };
        assert!(scores([u64::MAX, 1, 0, 0]).counts().is_err());
        assert_eq!(scores([3, 1, 2, 4]).counts().unwrap(), Counts::new(3, 4, 5, 10).unwrap());
    }
}
