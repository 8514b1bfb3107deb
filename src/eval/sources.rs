//! Whether names or labels say which voxels of a file are a class. This is decided for all cases together, so that all
//! cases have the same classes.
//!
//! Names decide where both sides have them, where a dataset names the labels of the other side, and where a segment is
//! called as a class that was asked for. Else the labels of a segmentation are those of a label map.

use super::case::CaseResult;
use super::class::Class;
use super::error::{EvalError, MaskError};
use super::masks::names::{parts, plain};
use super::pairing::{self, CasePair, Pairing, Source};
use super::rules::{ClassSource, NamedBy, Rules};
use super::segmentation::{is_label_map, segment_names, segmentation_of};
use crate::io::Input;
use crate::io::nrrd::Segmentation;
use std::collections::BTreeSet;
use std::path::Path;

/// Cases that cannot be evaluated as the others are.
pub(super) type Refused = Vec<(String, EvalError)>;

/// Decides for all sources what they are.
pub(super) fn settle(pairing: &mut Pairing, rules: &Rules) -> Result<Refused, EvalError> {
    let classes: &[Class] = match &rules.classes {
        ClassSource::Named { classes, .. } => classes,
        ClassSource::Found => &[],
    };
    shorten(pairing, classes);
    let by_name = is_by_name(pairing, classes, rules);
    let each = pairing.pairs.iter_mut().flat_map(|pair| [&mut pair.truth, &mut pair.pred]);
    for source in each.chain(pairing.missing.iter_mut().map(|lone| &mut lone.source)) {
        if let Source::File(input) = source
            && let Some(found) = readable(input)
            && (by_name || !is_label_map(input, &found))
        {
            *source = Source::Segments(input.clone(), Box::new(found));
        }
    }
    if !classes.is_empty() {
        check(pairing, classes, rules)?;
    }
    let mut refused = Refused::new();
    if by_name && rules.classes == ClassSource::Found {
        let (named, plain) = std::mem::take(&mut pairing.pairs).into_iter().partition(CasePair::has_names);
        pairing.pairs = named;
        refused.extend(plain.into_iter().map(|pair| (pair.name.clone(), nameless(&pair).into())));
    }
    Ok(refused)
}

/// What the header of a file says about segments. A file that cannot be read is reported when it is counted.
fn readable(input: &Input) -> Option<Segmentation> {
    segmentation_of(input).ok().flatten()
}

impl CasePair {
    /// Whether either side has names, or is a segmentation in which nothing was drawn.
    fn has_names(&self) -> bool {
        [&self.truth, &self.pred].into_iter().any(|source| !matches!(source, Source::File(_)))
    }
}

/// The names that a source has, if it has any.
fn names(source: &Source) -> BTreeSet<String> {
    match source {
        Source::Masks { files, .. } => files.iter().map(|(name, _)| name.clone()).collect(),
        Source::Segments(_, found) => segment_names(found).map(str::to_owned).collect(),
        Source::File(input) => {
            readable(input).map_or_else(BTreeSet::new, |found| segment_names(&found).map(str::to_owned).collect())
        }
    }
}

fn is_by_name(pairing: &Pairing, classes: &[Class], rules: &Rules) -> bool {
    if rules.named_by == NamedBy::Dataset {
        return true;
    }
    let is_class = |names: &BTreeSet<String>| has_class(names, classes);
    let mut some = false;
    for pair in &pairing.pairs {
        let [truth, pred] = [names(&pair.truth), names(&pair.pred)];
        if (!truth.is_empty() && !pred.is_empty()) || is_class(&truth) || is_class(&pred) {
            return true;
        }
        some |= !truth.is_empty() || !pred.is_empty();
    }
    // Without any pair the truths alone decide.
    let mut alone = pairing.missing.iter().map(|lone| names(&lone.source));
    !some && alone.any(|names| is_class(&names) || (pairing.pairs.is_empty() && !names.is_empty()))
}

fn has_class(names: &BTreeSet<String>, classes: &[Class]) -> bool {
    classes.iter().any(|class| !parts(class, classes, |name| names.contains(name)).is_empty())
}

/// Masks are often called `liver_mask`. Where no name is one of the other side, or of a class, they are called `liver`.
fn shorten(pairing: &mut Pairing, classes: &[Class]) {
    let masks = |source: &Source| if let Source::Masks { .. } = source { names(source) } else { BTreeSet::new() };
    let truths = pairing.pairs.iter().map(|pair| &pair.truth).chain(pairing.missing.iter().map(|lone| &lone.source));
    let sides: [BTreeSet<String>; 2] =
        [truths.flat_map(masks).collect(), pairing.pairs.iter().flat_map(|pair| masks(&pair.pred)).collect()];
    if sides.iter().all(BTreeSet::is_empty) {
        return;
    }
    let others: [BTreeSet<String>; 2] = if classes.is_empty() {
        [
            pairing.pairs.iter().flat_map(|pair| names(&pair.pred)).collect(),
            pairing.pairs.iter().flat_map(|pair| names(&pair.truth)).collect(),
        ]
    } else {
        [classes, classes].map(|classes| classes.iter().map(|class| class.display().to_owned()).collect())
    };
    for (place, (own, others)) in sides.iter().zip(&others).enumerate() {
        let shorter: BTreeSet<&str> = own.iter().map(|name| plain(name)).collect();
        let met = |name: &str| others.iter().any(|other| other == name || plain(other) == name);
        let fits = own.iter().all(|name| !others.contains(name)) && shorter.iter().any(|name| met(name));
        if !fits || shorter.len() < own.len() {
            continue;
        }
        for pair in &mut pairing.pairs {
            rename(if place == 0 { &mut pair.truth } else { &mut pair.pred });
        }
        if place == 0 {
            pairing.missing.iter_mut().for_each(|lone| rename(&mut lone.source));
        }
    }
}

fn rename(source: &mut Source) {
    if let Source::Masks { files, .. } = source {
        for (name, _) in files {
            *name = plain(name).to_owned();
        }
    }
}

/// Refuses a side that has names, and none of a class: a table of zeros would be misleading.
fn check(pairing: &Pairing, classes: &[Class], rules: &Rules) -> Result<(), MaskError> {
    let truths: Vec<&Source> =
        pairing.pairs.iter().map(|pair| &pair.truth).chain(pairing.missing.iter().map(|lone| &lone.source)).collect();
    let preds: Vec<&Source> = pairing.pairs.iter().map(|pair| &pair.pred).collect();
    let mut called = BTreeSet::new();
    if let Some(class) = classes.iter().find(|class| !called.insert(class.display()))
        && truths.iter().chain(&preds).any(|source| !matches!(source, Source::File(_)))
    {
        return Err(MaskError::OneName(class.display().to_owned()));
    }
    for sources in [truths, preds] {
        let named = sources.iter().filter(|source| !matches!(source, Source::File(_)));
        let names: BTreeSet<String> = named.flat_map(|source| names(source)).collect();
        let is_map = |source: &&Source| matches!(source, Source::File(_));
        let Some(first) = sources.first().filter(|_| !names.is_empty() && !sources.iter().any(is_map)) else {
            continue;
        };
        if !has_class(&names, classes) {
            return Err(MaskError::NoneIsAClass {
                path: first.path().into(),
                classes: classes.iter().map(|class| class.display().to_owned()).collect(),
                names: names.into_iter().collect(),
                from: match &rules.classes {
                    ClassSource::Named { from, .. } if rules.named_by == NamedBy::Caller => Some(from.clone()),
                    _ => None,
                },
            });
        }
    }
    Ok(())
}

/// Two label maps among cases with names.
fn nameless(pair: &CasePair) -> MaskError {
    MaskError::NamelessPair([&pair.truth, &pair.pred].map(|source| source.path().into()))
}

/// The sources of a case whose result was read back: by what its classes are called, whether it was counted by names, and
/// what its masks were called.
pub(super) fn again(case: &CaseResult) -> Result<[Source; 2], EvalError> {
    let classes: Vec<&str> = case.counts.iter().map(|(class, _)| class.display()).collect();
    let is_class = |name: &str| classes.contains(&name);
    let source = |path: &Path| -> Result<Source, EvalError> {
        if path.is_dir() {
            let mut source = pairing::masks(path, Some(&case.name))?;
            if !names(&source).iter().any(|name| is_class(name) || is_class(plain(name))) {
                source = pairing::masks(path, None)?;
            }
            if !names(&source).iter().any(|name| is_class(name)) {
                rename(&mut source);
            }
            // Slices have no class among their names.
            if !names(&source).iter().any(|name| is_class(name))
                && let Some(stack) = pairing::stack(path)?
            {
                return Ok(stack);
            }
            return Ok(source);
        }
        let input = Input::from(path);
        let is_named = |found: &Segmentation| !is_label_map(&input, found) || segment_names(found).any(is_class);
        Ok(match segmentation_of(&input)?.filter(is_named) {
            Some(found) => Source::Segments(input, Box::new(found)),
            None => Source::File(input),
        })
    };
    Ok([source(&case.truth)?, source(&case.pred)?])
}
