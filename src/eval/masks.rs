//! Cases whose classes have names: folders with a file per class (TotalSegmentator), 3D Slicer's segmentations, whose
//! segments may overlap, and label maps beside them, whose labels the rules name. Names decide which voxels are a
//! class, not values.

mod bits;
mod file;
mod grid;
mod meeting;
pub(super) mod names;
mod side;

pub(super) use grid::LEFT_OUT;

use super::case::{CaseResult, Prediction, merged, of_counts, surplus};
use super::class::Class;
use super::count::{Counter, needs_volumes};
use super::error::{EvalError, MaskError};
use super::pairing::slices::order;
use super::pairing::{CasePair, Source};
use super::rules::{ClassSource, Rules};
use super::surfaces::{Field, Frame, Image};
use super::verify::{Verification, verified, with_places};
use super::warning::{Side as WhichSide, Warning};
use crate::io::axes::without_ones_behind;
use crate::io::{Gap, Geometry, is_picture};
use crate::stats::Counts;
use crate::{Classes, LabelMap, LabelSlice, Shape};
use bits::Bits;
use grid::Notes;
use meeting::{Boxed, Meeting};
use side::{Found, Side, wanted};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// A pair of which at least one side has names.
pub(super) fn evaluate(pair: &CasePair, rules: &Rules, counter: Counter<'_>) -> Result<CaseResult, EvalError> {
    let sides = [Side::open(&pair.truth, rules.of_truth())?, Side::open(&pair.pred, rules.of_pred())?];
    let is_same = pair.truth.is_same_as(&pair.pred);
    let mut found = count(&pair.name, &sides, Prediction::Read, is_same, rules, counter)?;
    found.warnings.extend([&pair.truth, &pair.pred].into_iter().find_map(like_slices));
    Ok(found)
}

/// That pictures taken as masks have names as slices of a volume have.
fn like_slices(source: &Source) -> Option<Warning> {
    let Source::Masks { folder, files } = source else { return None };
    let names: Vec<String> =
        files.iter().map(|(_, file)| file.path().file_name()?.to_str().map(String::from)).collect::<Option<_>>()?;
    let are_slices =
        names.len() >= FEWEST_SLICES && files.iter().all(|(_, file)| is_picture(file.path())) && order(&names).is_ok();
    are_slices.then(|| Warning::LikeSlices { folder: folder.display().to_string(), pictures: names.len() })
}

/// Fewer pictures with numbers may well be classes.
const FEWEST_SLICES: usize = 3;

/// A truth with names whose prediction is missing.
pub(super) fn without_prediction(
    name: &str,
    truth: &Source,
    expected: &Path,
    rules: &Rules,
    counter: Counter<'_>,
) -> Result<CaseResult, EvalError> {
    let sides = [Side::open(truth, rules.of_truth())?, Side::missing(expected)];
    count(name, &sides, Prediction::Missing, false, rules, counter)
}

fn count(
    name: &str,
    sides: &[Side<'_>; 2],
    prediction: Prediction,
    is_same: bool,
    rules: &Rules,
    counter: Counter<'_>,
) -> Result<CaseResult, EvalError> {
    let classes = wanted(sides, rules)?;
    let meeting = Meeting::of(sides, &classes, rules)?;
    let mut facts = Facts::default();
    let left_out = meeting.ignored(sides, rules, &mut facts.notes)?;
    let ignored = left_out.as_ref().map_or(0, Bits::ones);
    let voxels = meeting.voxels().saturating_sub(ignored);
    let mut warnings = Vec::new();
    if is_same {
        warnings.push(Warning::SameFile);
    }
    warnings.extend(sides.iter().filter_map(|side| side.undeclared(rules)));
    let given = rules.spacing_mm.map(|size| size.of(sides[0].path, meeting.shape())).transpose()?;
    let spacing_mm = given.or(meeting.geometry().map(Geometry::spacing_mm));
    // Whole volumes are needed for distances, for lesions, and for an engine that counts on a GPU or to compare.
    let by_bits = !rules.need_places() && counter.counterpart.is_none() && !needs_volumes(counter.engine);
    let (mut counts, mut verification) = (Vec::new(), None);
    let (mut surfaces, mut distances, mut instances) = (BTreeMap::new(), BTreeMap::new(), BTreeMap::new());
    for class in &classes {
        counter.cancel.check()?;
        let Some(masks) = masks_of(sides, class, &classes, &meeting, rules, &mut facts)? else { continue };
        let [tp, n_pred, n_truth] = if by_bits {
            meeting.counted(masks, left_out.as_ref())
        } else {
            let (mut counted, mut verified) = (Counts::default(), None);
            if let Some(pair) = pair_of(masks, left_out.as_ref(), &meeting, rules)? {
                (counted, verified) = count_pair(&pair, counter)?;
                let field = field_of(&pair, sides[0].path, spacing_mm, &meeting);
                let engines = (counter.engine, counter.counterpart);
                if !rules.surfaces.metrics.is_empty() {
                    let measured = field.measure(engines, &mask_class()?, &rules.surfaces)?;
                    let difference = measured.difference.map(|(_, how)| (class.clone(), how));
                    verified = with_places(verified, difference.as_ref());
                    distances.extend(measured.histograms.into_iter().map(|found| (class.key.clone(), found)));
                    surfaces.insert(class.key.clone(), measured.values.into_iter().flatten().collect());
                }
                if let Some(search) = &rules.instances {
                    let (mut difference, own) = (None, std::slice::from_ref(class));
                    let found = field.lesions(engines, &mut difference, &mask_class()?, own, search)?;
                    let difference = difference.map(|(_, how)| (class.clone(), how));
                    verified = with_places(verified, difference.as_ref());
                    instances.extend(found.into_iter().map(|found| (class.key.clone(), found)));
                }
            }
            keep_worst(&mut verification, verified);
            [counted.tp(), counted.n_pred(), counted.n_truth()]
        };
        let counted = Counts::new(tp, n_pred, n_truth, voxels)?;
        counts.push((class.clone(), counted));
    }
    if let (true, Some(file)) = (counts.is_empty(), facts.left_out.first()) {
        return Err(MaskError::NotAMask(file.into()).into());
    }
    let gap = meeting.gap.into_iter().chain(facts.notes.gap()).reduce(Gap::larger);
    warnings.extend(facts.warnings(sides, &classes, rules));
    warnings.extend(meeting.warnings.iter().cloned());
    warnings.extend(of_counts(&counts));
    Ok(CaseResult {
        name: name.into(),
        truth: sides[0].path.into(),
        pred: sides[1].path.into(),
        prediction,
        shape: meeting.shape().to_vec(),
        voxels,
        spacing_mm,
        gap,
        counts,
        surfaces,
        distances,
        instances,
        warnings,
        verification,
    })
}

/// The notes about the masks of a case.
#[derive(Default)]
struct Facts {
    /// Classes that a side does not have.
    absent: [Vec<String>; 2],
    /// Files that are not masks.
    left_out: BTreeSet<String>,
    notes: Notes,
}

impl Facts {
    fn warnings(self, sides: &[Side<'_>; 2], classes: &[Class], rules: &Rules) -> Vec<Warning> {
        let mut warnings: Vec<Warning> = sides.iter().flat_map(Side::warnings).collect();
        warnings.extend(self.notes.surplus.iter().filter_map(|(file, &bytes)| surplus(file, bytes)));
        warnings.extend(self.notes.merged.iter().filter_map(|(file, labels)| merged(file, labels)));
        if let Some((files, Gap { millimetres, voxels })) = self.notes.apart.filter(|(_, gap)| !gap.is_same_grid()) {
            let files = files.map(|file| file.display().to_string());
            warnings.push(Warning::MasksApart { files, millimetres, voxels });
        }
        if !self.left_out.is_empty() {
            warnings.push(Warning::NotMasks { files: self.left_out.into_iter().collect() });
        }
        for ((word, side), classes) in WhichSide::BOTH.into_iter().zip(sides).zip(self.absent) {
            // An empty segmentation does not lack a class.
            if !classes.is_empty() && !side.is_empty() {
                warnings.push(Warning::NoMask { side: word, classes });
            }
        }
        for (word, side) in WhichSide::BOTH.into_iter().zip(sides) {
            let names = side.unlisted(classes, rules);
            if let ClassSource::Named { from, .. } = &rules.classes
                && !names.is_empty()
            {
                warnings.push(Warning::UnlistedMasks { side: word, names, from: from.clone() });
            }
        }
        warnings
    }
}

/// Truth and prediction of a class, whose absence is noted; `None` where all files of that name are not masks.
fn masks_of(
    sides: &[Side<'_>; 2],
    class: &Class,
    classes: &[Class],
    meeting: &Meeting,
    rules: &Rules,
    facts: &mut Facts,
) -> Result<Option<[Option<Bits>; 2]>, EvalError> {
    let [truth, pred] = sides;
    let found = [
        truth.class(class, classes, &mut meeting.onto(0, rules, &mut facts.notes))?,
        pred.class(class, classes, &mut meeting.onto(1, rules, &mut facts.notes))?,
    ];
    let is_wanted =
        rules.classes != ClassSource::Found || found.iter().any(|found| matches!(found, Some(Found::Mask(_))));
    let mut masks = [None, None];
    let mut others = Vec::new();
    for (place, found) in found.into_iter().enumerate() {
        match found {
            None => {}
            Some(Found::Mask(mask)) => masks[place] = Some(mask),
            Some(Found::Several(file)) if is_wanted => return Err(MaskError::NotAMask(file).into()),
            Some(Found::Several(file)) => others.push(file.display().to_string()),
        }
    }
    if !others.is_empty() {
        facts.left_out.extend(others);
        return Ok(None);
    }
    for (absent, mask) in facts.absent.iter_mut().zip(&masks) {
        if mask.is_none() {
            absent.push(class.display().to_owned());
        }
    }
    Ok(Some(masks))
}

/// Truth and prediction of a class over the same voxels, in any order unless places matter. A side without a mask is
/// empty; the result is empty where neither side has one.
fn pair_of(
    masks: [Option<Bits>; 2],
    left_out: Option<&Bits>,
    meeting: &Meeting,
    rules: &Rules,
) -> Result<Option<Boxed>, EvalError> {
    if masks.iter().all(Option::is_none) {
        return Ok(None);
    }
    if rules.need_places() {
        return meeting.boxed(masks, left_out).map(Some);
    }
    Ok(Some(meeting.joined(masks, left_out)))
}

/// A mask is label 1.
fn mask_class() -> Result<Classes, crate::Error> {
    Classes::new([1])?.ignoring(LEFT_OUT.into())
}

fn field_of<'a>(pair: &'a Boxed, truth_path: &'a Path, spacing_mm: Option<[f64; 3]>, meeting: &Meeting) -> Field<'a> {
    let (truth, pred) = (LabelSlice::U8(&pair.truth), LabelSlice::U8(&pair.pred));
    let is_larger = without_ones_behind(&pair.shape) != without_ones_behind(meeting.shape());
    let frame = if is_larger { Frame::Box } else { Frame::File(meeting.geometry().copied()) };
    Field { image: Image { truth_path, shape: &pair.shape, spacing_mm, frame }, truth, pred }
}

fn count_pair(pair: &Boxed, counter: Counter<'_>) -> Result<(Counts, Option<Verification>), EvalError> {
    let shape = Shape::new(1, 1, [pair.truth.len()])?;
    let (t, p) = (LabelMap::u8(shape.clone(), &pair.truth)?, LabelMap::u8(shape, &pair.pred)?);
    let (counts, verification) = verified(&t, &p, &mask_class()?, &[Class::label(1)], counter)?;
    Ok((counts.into_iter().next().unwrap_or_default(), verification))
}

/// The first difference, else the last agreement.
fn keep_worst(kept: &mut Option<Verification>, found: Option<Verification>) {
    if kept.as_ref().is_none_or(|kept| kept.difference.is_none()) && found.is_some() {
        *kept = found;
    }
}

/// Truth and prediction of a class of a case that was counted, read again: 1 where the class is, and [`LEFT_OUT`].
pub(super) struct Again {
    pub truth: Vec<u8>,
    pub pred: Vec<u8>,
    pub shape: Vec<u64>,
    pub geometry: Option<Geometry>,
}

/// Reads a class of a case again.
pub(super) fn of_class(
    case: &CaseResult,
    [truth, pred]: &[Source; 2],
    class: &Class,
    rules: &Rules,
) -> Result<Again, EvalError> {
    let of_pred = if case.is_predicted() { Side::open(pred, rules.of_pred())? } else { Side::missing(pred.path()) };
    let sides = [Side::open(truth, rules.of_truth())?, of_pred];
    let classes = match &rules.classes {
        ClassSource::Named { classes, .. } => classes.clone(),
        ClassSource::Found => vec![class.clone()],
    };
    let meeting = Meeting::of(&sides, &classes, rules)?;
    let facts = &mut Facts::default();
    let left_out = meeting.ignored(&sides, rules, &mut facts.notes)?;
    let Some(masks) = masks_of(&sides, class, &classes, &meeting, rules, facts)? else {
        return Err(MaskError::Gone.into());
    };
    let Boxed { shape, truth, pred } = meeting.boxed(masks, left_out.as_ref())?;
    Ok(Again { truth, pred, shape, geometry: meeting.geometry().copied() })
}
