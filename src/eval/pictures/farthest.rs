//! Where two surfaces are farthest apart, found by the search that measured them.

use super::slice::Ranges;
use super::{ASPECT, Cut, Found, IGNORED, Line, PRED, TRUTH, edge};
use crate::eval::case::CaseResult;
use crate::eval::error::EvalError;
use crate::eval::surfaces::Surfaces;
use crate::stats::Farthest;
use crate::{Backend, Classes, Engine, EngineOptions, LabelMap, Pair, Shape, Spacing};

/// The slice with the element that is farthest away, and the line to what it is far from. None where all distances are 0.
pub(super) fn cut(found: &Found, case: &CaseResult, surfaces: &Surfaces) -> Result<Option<Cut>, EvalError> {
    let Some(farthest) = search(found, case, surfaces)? else { return Ok(None) };
    let [from, to] = [farthest.element, farthest.target].map(|[z, y, x]| [x, y, z]);
    let marked = &found.marked;
    let apart = |axis: usize| (from[axis] - to[axis]).abs();
    // The slice that the line leaves least; of equal ones as the volume is cut for other pictures.
    let usual = marked.axis(case.spacing_mm);
    let is_image = marked.dims.contains(&1);
    let axes = [usual, 0, 1, 2].into_iter().take(if is_image { 1 } else { 4 });
    let leaves = |axis: &usize| apart(*axis) * edge(*axis, case.spacing_mm);
    let axis = axes.min_by(|a, b| leaves(a).total_cmp(&leaves(b))).unwrap_or(usual);
    let index = (from[axis].round().max(0.0) as usize).min(marked.length(axis).saturating_sub(1));
    let cut = found.whole(axis, index, case.spacing_mm);
    let ends = [from, to].map(|at| marked.seen(at, &cut.view));
    let with_ends = |i: usize, (low, high): (usize, usize), length: usize| {
        let ends = ends.map(|end| end[i].max(0.0));
        (low.min(ends[0].min(ends[1]) as usize), high.max(ends[0].max(ends[1]).ceil() as usize).min(length))
    };
    let [across, down] = cut.slice.extent().unwrap_or([(usize::MAX, 0); 2]);
    let extent: Ranges = [with_ends(0, across, cut.slice.width), with_ends(1, down, cut.slice.height)];
    let frame = cut.slice.frame(extent, cut.edges, ASPECT);
    let ends = ends.map(|end| [end[0] - frame[0].0 as f64, end[1] - frame[1].0 as f64]);
    let line = Line {
        ends,
        length: farthest.mm,
        in_mm: surfaces.is_in_mm(),
        from_truth: farthest.of_truth,
        slices: apart(axis).round() as u64,
    };
    Ok(Some(Cut { slice: cut.slice.part(frame), line: Some(line), ..cut }))
}

fn search(found: &Found, case: &CaseResult, surfaces: &Surfaces) -> Result<Option<Farthest>, EvalError> {
    let (truth, pred) = (found.map(TRUTH), found.map(PRED));
    // As many axes as were measured, slowest first.
    let axes = case.shape.len().clamp(2, 3);
    let mut lengths = found.marked.dims[..axes].to_vec();
    let mut spacing = case.spacing_mm.unwrap_or([1.0; 3])[..axes].to_vec();
    lengths.reverse();
    spacing.reverse();
    let shape = Shape::new(1, 1, lengths)?;
    let pair = Pair { pred: LabelMap::u8(shape.clone(), &pred)?, truth: LabelMap::u8(shape, &truth)? };
    let options = surfaces.rules().options(&Spacing::new(spacing)?);
    let engine = Engine::new(&EngineOptions { backend: Backend::Cpu, ..EngineOptions::default() })?;
    Ok(engine.farthest(pair, &Classes::new([1])?, &options)?.into_iter().flatten().next())
}

impl Found {
    /// A label map of the voxels with a mark that count.
    fn map(&self, wanted: u8) -> Vec<u8> {
        self.marked.voxels.iter().map(|mark| u8::from(mark & (wanted | IGNORED) == wanted)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::super::slice::Marked;
    use super::*;
    use crate::eval::Prediction;
    use crate::metric::surface::{RuleSpacing, SurfacePreset};
    use std::path::PathBuf;

    fn case(shape: [u64; 3], spacing_mm: [f64; 3]) -> CaseResult {
        CaseResult {
            name: "a".into(),
            truth: PathBuf::new(),
            pred: PathBuf::new(),
            prediction: Prediction::Read,
            voxels: shape.iter().product(),
            shape: shape.to_vec(),
            spacing_mm: Some(spacing_mm),
            gap: None,
            counts: Vec::new(),
            surfaces: Default::default(),
            distances: Default::default(),
            instances: Default::default(),
            warnings: Vec::new(),
            verification: None,
        }
    }

    #[test]
    fn the_line_goes_from_a_far_island_to_the_nearest_voxel_of_the_truth() {
        let dims = [30, 20, 10];
        let voxels = (0..6000).map(|i| {
            let [x, y, z] = [i % 30, i / 30 % 20, i / 600];
            let block = x < 10 && (5..15).contains(&y) && z < 8;
            // Eight voxels to the right of the block, and two slices beyond it.
            let island = [x, y, z] == [17, 9, 9];
            if block {
                TRUTH | PRED
            } else if island {
                PRED
            } else {
                0
            }
        });
        let found = Found { marked: Marked { voxels: voxels.collect(), dims }, geometry: None };
        let cut = cut(&found, &case([30, 20, 10], [1.0, 1.0, 2.5]), &Surfaces::default()).unwrap().unwrap();
        let line = cut.line.unwrap();
        assert_eq!((line.length, line.from_truth, line.slices), ((64.0f64 + 25.0).sqrt(), false, 0));
        assert!(line.in_mm);
        // Along y the line does not leave the slice.
        assert_eq!((cut.view.axis, cut.index), (1, 9));
        let [from, to] = line.ends;
        assert_eq!([from[0] - to[0], from[1] - to[1]], [8.0, 2.0]);
        assert_eq!(cut.slice.at(from[0] as usize, from[1] as usize), PRED);
        assert_eq!(cut.slice.at(to[0] as usize, to[1] as usize), TRUTH | PRED);
    }

    #[test]
    fn a_line_is_in_the_unit_that_was_measured() {
        let mut voxels = vec![TRUTH | PRED; 27];
        voxels[9..].fill(TRUTH);
        let found = Found { marked: Marked { voxels, dims: [3; 3] }, geometry: None };
        let of = |preset| {
            let surfaces = Surfaces { preset, ..Surfaces::default() };
            let line = cut(&found, &case([3; 3], [2.5; 3]), &surfaces).unwrap().unwrap().line.unwrap();
            (line.length, line.in_mm)
        };
        let with = |spacing| SurfacePreset::ALL.into_iter().find(|preset| preset.rules().spacing == spacing).unwrap();
        assert_eq!(of(None), (5.0, true));
        assert_eq!(of(Some(with(RuleSpacing::Voxels))), (2.0, false));
        assert_eq!(of(Some(with(RuleSpacing::Mm(1.5)))), (3.0, true));
    }

    /// As far as the surface statistics say, whatever is measured to what.
    #[test]
    fn the_line_is_as_long_as_the_largest_distance() {
        let mut state = 7u32;
        let mut next = || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            state >> 8
        };
        for preset in SurfacePreset::ALL {
            let dims = [23, 9, 7];
            let voxels: Vec<u8> = (0..23 * 9 * 7)
                .map(|i| match (i % 23, next() % 8) {
                    (..9, 0) => TRUTH,
                    (..9, 1..5) => TRUTH | PRED,
                    (_, 0) if next() % 9 == 0 => PRED,
                    (_, 1) => IGNORED | TRUTH,
                    _ => 0,
                })
                .collect();
            let surfaces = Surfaces { preset: Some(preset), ..Surfaces::default() };
            let found = Found { marked: Marked { voxels, dims }, geometry: None };
            let case = case([23, 9, 7], [0.9, 1.0, 2.5]);
            let line = search(&found, &case, &surfaces).unwrap().unwrap();
            let maps = [TRUTH, PRED].map(|mark| found.map(mark));
            let shape = Shape::new(1, 1, [7, 9, 23]).unwrap();
            let [truth, pred] = maps.each_ref().map(|map| LabelMap::u8(shape.clone(), map).unwrap());
            let options = surfaces.rules().options(&Spacing::new([2.5, 1.0, 0.9]).unwrap());
            let engine = Engine::new(&EngineOptions::default()).unwrap();
            let all = engine.surfaces(Pair { pred, truth }, &Classes::new([1]).unwrap(), &options).unwrap();
            let surface = &all.values()[0];
            let [from_truth, from_pred] =
                [surface.from_truth().last().unwrap().0, surface.from_pred().last().unwrap().0];
            assert_eq!((line.mm, line.of_truth), (from_truth.max(from_pred), from_truth >= from_pred), "{preset}");
            let mm = [2.5, 1.0, 0.9];
            let apart = (0..3).map(|axis| (mm[axis] * (line.element[axis] - line.target[axis])).powi(2));
            if surfaces.rules().spacing == RuleSpacing::Image {
                assert!((apart.sum::<f64>().sqrt() - line.mm).abs() < 1e-9, "{preset}: {line:?}");
            }
        }
    }

    #[test]
    fn equal_surfaces_have_no_line() {
        let found = Found { marked: Marked { voxels: vec![TRUTH | PRED; 27], dims: [3; 3] }, geometry: None };
        assert!(cut(&found, &case([3; 3], [1.0; 3]), &Surfaces::default()).unwrap().is_none());
    }
}
