//! Cases of one mask per class: folders with a file per class (TotalSegmentator), and 3D Slicer's segmentations, whose
//! segments have names and may overlap. Classes are matched by name; a voxel is in a class where its mask is not 0.

use super::case::{Case, Device, Prediction, of_counts, same_extent, same_file};
use super::class::Class;
use super::geometry::{GeometryRule, gap};
use super::pairing::{self, CasePair, Source};
use super::settings::{Rules, Wanted};
use super::verify::{Verification, verified};
use crate::cli::interrupt;
use crate::cli::warning::{Notice, Warning, listed};
use crate::io::labels::{self, LabelVolume, Labels};
use crate::io::{Gap, Geometry, nrrd};
use crate::stats::Counts;
use crate::{Classes, LabelMap, Shape};
use anyhow::{Result, bail};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// The named segments of truth and prediction.
pub(super) type Segments = [Vec<nrrd::Segment>; 2];

/// What of two files has to match.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum MatchBy {
    Label,
    /// The names of 3D Slicer's segments.
    Name,
}

impl MatchBy {
    /// As the first pair that can be read has it: a case whose prediction is missing is to have the classes of the others.
    /// Without any pair, by the names that there are.
    pub fn of(pairs: &[CasePair]) -> Self {
        let named = pairs.iter().find_map(|pair| match (&pair.truth, &pair.pred) {
            (Source::File(truth), Source::File(pred)) => Some(segments(truth, pred).ok()?.is_some()),
            _ => None,
        });
        if named.unwrap_or(true) { Self::Name } else { Self::Label }
    }
}

/// The segments that a file names; none for other formats.
fn segments_of(path: &Path) -> Result<Vec<nrrd::Segment>> {
    let named = path.extension().is_some_and(|end| ["nrrd", "nhdr"].iter().any(|nrrd| end.eq_ignore_ascii_case(nrrd)));
    Ok(if named && path.is_file() { nrrd::segments(path)? } else { Vec::new() })
}

/// The segments of a truth without a prediction, where names have to match.
pub(super) fn segments_alone(truth: &Path, by: MatchBy) -> Result<Option<Vec<nrrd::Segment>>> {
    let segments = if by == MatchBy::Name { segments_of(truth)? } else { Vec::new() };
    Ok(Some(segments).filter(|segments| !segments.is_empty()))
}

/// The segments, where names rather than numbers have to match: both files name them, or one has several layers.
pub(super) fn segments(truth: &Path, pred: &Path) -> Result<Option<Segments>> {
    let segments = [segments_of(truth)?, segments_of(pred)?];
    let layered = |list: &[nrrd::Segment]| list.iter().any(|segment| segment.layer > 0);
    let both = segments.iter().all(|list| !list.is_empty());
    if !both && !segments.iter().any(|list| layered(list)) {
        return Ok(None);
    }
    if both {
        return Ok(Some(segments));
    }
    let (with, without) = if segments[0].is_empty() { (pred, truth) } else { (truth, pred) };
    bail!(
        "{} has segments that overlap, and {} has no names to match them by; export both as .seg.nrrd, or the segments \
         as one label map",
        with.display(),
        without.display()
    )
}

/// The segments by which a case was counted.
pub(super) fn segments_of_case(case: &Case) -> Result<Option<Segments>> {
    if case.truth.is_dir() || case.pred.is_dir() {
        return Ok(None);
    }
    if case.is_predicted() {
        return segments(&case.truth, &case.pred);
    }
    let of_truth = segments_of(&case.truth)?;
    let has = |class: &Class| of_truth.iter().any(|segment| segment.name == class.display());
    let by_name = case.counts.iter().any(|(class, _)| has(class));
    Ok(by_name.then(|| [of_truth, Vec::new()]))
}

/// A class of one side: the masks of a file, of a layer, or labels of a label map.
enum Side<'a> {
    Files(&'a [(String, PathBuf)]),
    Layers { volumes: Vec<LabelVolume>, segments: &'a [nrrd::Segment] },
    Map { volume: Box<LabelVolume>, classes: Vec<Class> },
    Empty,
}

/// One class of one side.
pub(super) struct Mask {
    pub voxels: Vec<u8>,
    pub shape: Vec<u64>,
    pub geometry: Option<Geometry>,
    pub path: PathBuf,
}

impl Side<'_> {
    fn names(&self) -> Vec<String> {
        match self {
            Self::Files(files) => files.iter().map(|(name, _)| name.clone()).collect(),
            Self::Layers { segments, .. } => segments.iter().map(|segment| segment.name.clone()).collect(),
            // What the other side has; a label map has no names of its own.
            Self::Map { .. } | Self::Empty => Vec::new(),
        }
    }

    /// The mask of a class; None where this side does not have it.
    fn mask(&self, name: &str, path: &Path) -> Result<Option<Mask>> {
        match self {
            Self::Empty => Ok(None),
            Self::Files(files) => {
                let mut of_name = files.iter().filter(|(own, _)| own == name).map(|(_, file)| file);
                match (of_name.next(), of_name.next()) {
                    (None, _) => Ok(None),
                    (Some(file), None) => Ok(Some(mask_of(&labels::read(file)?, file, |label| label != 0))),
                    (Some(file), Some(other)) => bail!(
                        "{} and {} are both the mask of {name}; leave one of them in the folder",
                        file.display(),
                        other.display()
                    ),
                }
            }
            Self::Layers { volumes, segments } => {
                // Slicer's names need not differ; what has the same name is one class.
                let mut mask: Option<Mask> = None;
                for segment in segments.iter().filter(|segment| segment.name == name) {
                    let Some(volume) = volumes.get(segment.layer as usize) else {
                        bail!(
                            "{}: the segment {name} is in layer {}, which is not there",
                            path.display(),
                            segment.layer
                        )
                    };
                    let own = mask_of(volume, path, |label| u64::from(label) == segment.label);
                    match &mut mask {
                        None => mask = Some(own),
                        Some(mask) => mask.voxels.iter_mut().zip(own.voxels).for_each(|(all, own)| *all |= own),
                    }
                }
                Ok(mask)
            }
            Self::Map { volume, classes } => {
                let class = classes.iter().find(|class| class.name.as_deref() == Some(name));
                Ok(class.map(|class| mask_of(volume, path, |label| class.labels.contains(&label))))
            }
        }
    }
}

fn mask_of(volume: &LabelVolume, path: &Path, is_in: impl Fn(u32) -> bool) -> Mask {
    let voxels = match &volume.labels {
        Labels::U8(labels) => labels.iter().map(|&label| u8::from(is_in(label.into()))).collect(),
        Labels::U16(labels) => labels.iter().map(|&label| u8::from(is_in(label.into()))).collect(),
        Labels::U32(labels) => labels.iter().map(|&label| u8::from(is_in(label))).collect(),
    };
    Mask { voxels, shape: volume.shape.clone(), geometry: volume.geometry, path: path.into() }
}

/// Two segmentations of 3D Slicer.
pub(super) fn evaluate(
    name: &str,
    paths: [&PathBuf; 2],
    segments: &Segments,
    rules: &Rules,
    device: Device<'_>,
) -> Result<Case> {
    let side = |i: usize| -> Result<Side<'_>> {
        Ok(Side::Layers { volumes: labels::read_layers(paths[i])?, segments: &segments[i] })
    };
    count(name, [paths[0], paths[1]], [side(0)?, side(1)?], rules, device)
}

/// A segmentation of 3D Slicer whose prediction is missing.
pub(super) fn segments_without_prediction(
    name: &str,
    truth: &Path,
    segments: &[nrrd::Segment],
    expected: &Path,
    rules: &Rules,
    device: Device<'_>,
) -> Result<Case> {
    let sides = [Side::Layers { volumes: labels::read_layers(truth)?, segments }, Side::Empty];
    count(name, [truth, expected], sides, rules, device)
}

/// A folder of masks on at least one side.
pub(super) fn evaluate_folders(pair: &CasePair, rules: &Rules, device: Device<'_>) -> Result<Case> {
    let path = |source: &Source| match source {
        Source::File(path) => path.clone(),
        Source::Masks { folder, .. } => folder.clone(),
    };
    let paths = [path(&pair.truth), path(&pair.pred)];
    count(&pair.name, [&paths[0], &paths[1]], [side(&pair.truth, rules)?, side(&pair.pred, rules)?], rules, device)
}

/// A folder of masks whose prediction is missing.
pub(super) fn without_prediction(
    name: &str,
    folder: &Path,
    files: &[(String, PathBuf)],
    expected: &Path,
    rules: &Rules,
    device: Device<'_>,
) -> Result<Case> {
    count(name, [folder, expected], [Side::Files(files), Side::Empty], rules, device)
}

fn side<'a>(source: &'a Source, rules: &Rules) -> Result<Side<'a>> {
    match source {
        Source::Masks { files, .. } => Ok(Side::Files(files)),
        Source::File(path) => {
            let classes = match &rules.wanted {
                Wanted::Named { classes, .. } if classes.iter().any(|class| class.name.is_some()) => classes.clone(),
                _ => bail!(
                    "{}: the other side is a folder, which beside a file means one file per class; name two files or two \
                     folders, or say with --dataset dataset.json which label of this file is which class",
                    path.display()
                ),
            };
            Ok(Side::Map { volume: Box::new(labels::read(path)?), classes })
        }
    }
}

fn count(name: &str, paths: [&Path; 2], sides: [Side<'_>; 2], rules: &Rules, device: Device<'_>) -> Result<Case> {
    if !rules.ignore.is_empty() {
        bail!("{}: masks have no label {} to ignore; leave --ignore out", paths[0].display(), rules.ignore);
    }
    let mut case = Case {
        name: name.into(),
        truth: paths[0].into(),
        pred: paths[1].into(),
        prediction: if matches!(sides[1], Side::Empty) { Prediction::Missing } else { Prediction::Read },
        shape: Vec::new(),
        voxels: 0,
        spacing_mm: None,
        gap: None,
        counts: Vec::new(),
        warnings: Vec::new(),
        verification: None,
    };
    let mut warnings = Vec::new();
    if same_file(paths[0], paths[1]) {
        warnings.push(Warning::SameFile);
    }
    let mut unpaired: [Vec<String>; 2] = Default::default();
    for class in wanted(&sides, rules) {
        interrupt::check()?;
        let masks = [sides[0].mask(&class, paths[0])?, sides[1].mask(&class, paths[1])?];
        for (list, mask) in unpaired.iter_mut().zip(&masks) {
            if mask.is_none() {
                list.push(class.clone());
            }
        }
        if let Some(counted) = count_class(&mut case, masks, rules, device)? {
            case.counts.push((class_of(class, rules), counted));
        }
    }
    case.voxels = case.counts.first().map_or(0, |(_, counts)| counts.n());
    if case.counts.is_empty() {
        let names = sides.iter().flat_map(Side::names).collect::<BTreeSet<_>>().into_iter().collect::<Vec<_>>();
        bail!(
            "neither {} nor {} has a mask of a class to evaluate: masks are matched by name, and here they are {}; leave \
             --labels out to have them all, or name them with --region NAME=LABELS or --dataset",
            paths[0].display(),
            paths[1].display(),
            if names.is_empty() { "none".into() } else { listed(&names) }
        );
    }
    for (side, classes) in ["truth", "prediction"].into_iter().zip(unpaired) {
        if !classes.is_empty() && case.prediction == Prediction::Read {
            warnings.push(Warning::NoMask { side, classes });
        }
    }
    warnings.extend(case.gap.map(|gap| rules.geometry.check(gap)).transpose()?.flatten());
    warnings.extend(of_counts(&case.counts));
    case.warnings = warnings.iter().map(Warning::notice).collect::<Vec<Notice>>();
    Ok(case)
}

/// The names of the classes: those that were asked for, else all that either side has.
fn wanted(sides: &[Side<'_>; 2], rules: &Rules) -> Vec<String> {
    match &rules.wanted {
        Wanted::Named { classes, .. } => classes.iter().map(|class| class.display().to_owned()).collect(),
        Wanted::Found => sides.iter().flat_map(Side::names).collect::<BTreeSet<_>>().into_iter().collect(),
    }
}

fn class_of(name: String, rules: &Rules) -> Class {
    match &rules.wanted {
        Wanted::Named { classes, .. } => classes.iter().find(|class| class.display() == name).cloned(),
        Wanted::Found => None,
    }
    .unwrap_or_else(|| Class::mask(name))
}

/// Counts a class; a side without a mask of it counts as empty. None where neither has one.
fn count_class(case: &mut Case, masks: [Option<Mask>; 2], rules: &Rules, device: Device<'_>) -> Result<Option<Counts>> {
    let (truth, pred) = match masks {
        [None, None] => return Ok(None),
        [Some(truth), None] => {
            let empty = truth.empty();
            (truth, empty)
        }
        [None, Some(pred)] => (pred.empty(), pred),
        [Some(truth), Some(pred)] => (truth, pred),
    };
    same_extent([&truth.path, &pred.path], [&truth.shape, &pred.shape])?;
    if case.shape.is_empty() {
        case.shape.clone_from(&truth.shape);
        case.spacing_mm = truth.geometry.as_ref().map(Geometry::spacing_mm);
    } else {
        same_extent([&case.truth, &truth.path], [&case.shape, &truth.shape])?;
    }
    if let (Some(a), Some(b)) = (&truth.geometry, &pred.geometry)
        && rules.geometry != GeometryRule::Off
    {
        let found = gap(a, b, &truth.shape);
        case.gap = Some(case.gap.map_or(found, |worst: Gap| worst.larger(found)));
    }
    let shape = Shape::new(1, 1, [truth.voxels.len()])?;
    let (t, p) = (LabelMap::u8(shape.clone(), &truth.voxels)?, LabelMap::u8(shape, &pred.voxels)?);
    let (counts, verification) = verified(&t, &p, &Classes::new([1])?, &[Class::label(1)], device)?;
    keep_worst(&mut case.verification, verification);
    Ok(counts.into_iter().next())
}

/// The first difference, else the last agreement.
fn keep_worst(kept: &mut Option<Verification>, found: Option<Verification>) {
    if kept.as_ref().is_none_or(|kept| kept.difference.is_none()) && found.is_some() {
        *kept = found;
    }
}

impl Mask {
    fn empty(&self) -> Self {
        Self { voxels: vec![0; self.voxels.len()], shape: self.shape.clone(), geometry: None, path: self.path.clone() }
    }
}

/// Truth and prediction of one class of a case that was counted, read again; None for a side without a mask of it.
pub(super) fn of_class(case: &Case, class: &Class, rules: &Rules) -> Result<[Option<Mask>; 2]> {
    let (truth, pred) = (case.truth.as_path(), case.pred.as_path());
    let name = class.display();
    let sides = [source_of(truth)?, source_of(pred)?];
    let segments = segments_of_case(case)?;
    let of = |place: usize, path: &Path| -> Result<Option<Mask>> {
        let (source, segments) = (sides.get(place), segments.as_ref().and_then(|both| both.get(place)));
        match (source, segments) {
            _ if path == pred && !case.is_predicted() => Ok(None),
            (_, Some(segments)) => Side::Layers { volumes: labels::read_layers(path)?, segments }.mask(name, path),
            (Some(source), None) => side(source, rules)?.mask(name, path),
            (None, None) => Ok(None),
        }
    };
    Ok([of(0, truth)?, of(1, pred)?])
}

/// A file, or the masks in a folder.
fn source_of(path: &Path) -> Result<Source> {
    if !path.is_dir() {
        return Ok(Source::File(path.into()));
    }
    Ok(pairing::masks(path)?.unwrap_or_else(|| Source::Masks { folder: path.into(), files: Vec::new() }))
}
