//! Surface distances of two engines.

use super::data::{Random, drawn};
use super::tally::Tally;
use crate::eval::compare::surface_difference;
use crate::stats::{Elements, ImageEdge, SurfaceOptions, Target};
use crate::{Classes, Engine, LabelMap, Pair, Shape, Spacing};
use anyhow::Result;

/// Maps of labels 1 and 2 that are hard for one way of finding the nearest element or another.
const PICTURES: [&str; 4] = ["boxes", "far boxes", "noise", "a far voxel"];

/// Each kind of elements, with the other choices in turn.
const WAYS: [(Elements, ImageEdge, Target); 6] = [
    (Elements::Face, ImageEdge::Background, Target::Elements),
    (Elements::Corner, ImageEdge::Repeat, Target::Elements),
    (Elements::Full, ImageEdge::Repeat, Target::Full),
    (Elements::Voxel, ImageEdge::Background, Target::Mask),
    (Elements::Edge, ImageEdge::Background, Target::Face),
    (Elements::Corner, ImageEdge::Background, Target::Elements),
];

/// Compares surfaces of every picture, measured in half of the ways: the other half is for the other round.
pub(super) fn compare(tally: &mut Tally, [cpu, other]: [&Engine; 2], round: usize) -> Result<()> {
    let classes = Classes::regions([vec![1], vec![1, 2]])?.ignoring(3)?;
    for spatial in [&[6, 50, 70][..], &[300, 70]] {
        let shape = Shape::new(1, 1, spatial)?;
        for picture in PICTURES {
            let [truth, pred] = labels(picture, spatial);
            for (elements, image_edge, target) in WAYS.into_iter().skip(round % 2).step_by(2) {
                // Whole numbers of 32 bits, and of 64.
                for mm in [[1.0, 1.0, 1.0], [3.0, 0.8, 0.7]] {
                    let spacing = Spacing::new(&mm[3 - spatial.len()..])?;
                    let options = SurfaceOptions { spacing, elements, image_edge, target };
                    let measure = |engine: &Engine| {
                        let (p, t) = (LabelMap::u8(shape.clone(), &pred)?, LabelMap::u8(shape.clone(), &truth)?);
                        engine.surfaces(Pair { pred: p, truth: t }, &classes, &options)
                    };
                    let (expected, found) = (measure(cpu)?, measure(other)?);
                    let name = format!("{picture} of {shape}, {} elements", elements.name());
                    tally.check_all(&name, [&expected, &found], surface_difference);
                }
            }
        }
    }
    Ok(())
}

/// Truth and prediction.
fn labels(picture: &str, spatial: &[usize]) -> [Vec<u8>; 2] {
    let mut random = Random::new(7);
    drawn(spatial, |[z, y, x], moved| {
        let in_box = |low: usize| (low..low + 12).contains(&x) && (1..9).contains(&y);
        match picture {
            "boxes" if in_box(24 + moved) => 1 + (y % 2) as u8,
            "far boxes" if in_box(50 * moved) => 1,
            "noise" => (random.below(40) % 5).min(3) as u8,
            "a far voxel" if moved == 1 && [z, y, x] == [0; 3] => 1,
            "a far voxel" if moved == 0 && y > 2 && x > 5 => 2 - (y / 4 % 2) as u8,
            _ => 0,
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::EngineOptions;

    #[test]
    fn pictures_have_near_and_far_surfaces() {
        let engine = Engine::new(&EngineOptions::default()).unwrap();
        let mut tally = Tally::default();
        compare(&mut tally, [&engine, &engine], 0).unwrap();
        assert_eq!((tally.checks, tally.first_failure), (96, None));
        for (picture, farthest) in PICTURES.into_iter().zip([2.0, 50.0, 30.0, 86.0]) {
            let [truth, pred] = labels(picture, &[6, 50, 70]);
            let map = |labels| LabelMap::u8(Shape::new(1, 1, [6, 50, 70]).unwrap(), labels).unwrap();
            let regions = Classes::regions([vec![1, 2]]).unwrap();
            let surfaces = engine
                .surfaces(Pair { pred: map(&pred), truth: map(&truth) }, &regions, &SurfaceOptions::default())
                .unwrap();
            let surface = &surfaces.values()[0];
            let most = surface.from_truth().chain(surface.from_pred()).map(|(mm, _)| mm).fold(0.0, f64::max);
            assert!(most > 0.0 && most <= farthest && (farthest < 40.0 || most > 37.0), "{picture}: {most}");
        }
    }
}
