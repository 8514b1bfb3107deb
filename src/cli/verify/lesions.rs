//! Lesions of two engines.

use super::data::{Random, drawn};
use super::tally::Tally;
use crate::eval::compare::instances_difference;
use crate::stats::{Connectivity, InstanceOptions, InstancesBy, Join, Regions, Runs};
use crate::{Classes, Engine, LabelMap, Pair, Shape};
use anyhow::Result;

/// Maps of labels 1 and 2 that are hard for union-find in one way or another.
const PICTURES: [&str; 4] = ["noise", "combs", "a checkerboard", "solid"];

/// Compares the lesions of every picture, found in half of the ways: the other half is for the other round.
pub(super) fn compare(tally: &mut Tally, [cpu, other]: [&Engine; 2], round: usize) -> Result<()> {
    let classes = Classes::regions([vec![1], vec![1, 2]])?.ignoring(3)?;
    let with_voxels = InstanceOptions { runs: Runs::Kept, ..InstanceOptions::default() };
    let [faces, edges, corners] =
        Connectivity::ALL.map(|connectivity| InstanceOptions { connectivity, ..with_voxels.clone() });
    let joined = InstanceOptions { join: Join { truth: 2, pred: 1 }, near: 2, ..with_voxels.clone() };
    let labels_alone = InstanceOptions { by: InstancesBy::Labels, ..with_voxels.clone() };
    let touching = InstanceOptions { touching: vec![[0, 1]], ..with_voxels.clone() };
    let nearest = InstanceOptions { regions: Regions::Nearest, ..with_voxels };
    let ways = [
        ("faces", faces),
        ("edges", edges),
        ("corners", corners),
        ("dilations", joined),
        ("labels", labels_alone),
        ("corners, those that touch", touching),
        ("corners, the nearest of which voxels belong to", nearest),
    ];
    // Small windows cut the second one into parts.
    for spatial in [&[6, 50, 70][..], &[900, 200]] {
        let shape = Shape::new(1, 1, spatial)?;
        for picture in PICTURES {
            let [truth, pred] = labels(picture, spatial);
            for (way, options) in ways.iter().skip(round % 2).step_by(2) {
                let find = |engine: &Engine| {
                    let (p, t) = (LabelMap::u8(shape.clone(), &pred)?, LabelMap::u8(shape.clone(), &truth)?);
                    engine.instances(Pair { pred: p, truth: t }, &classes, options)
                };
                let (expected, found) = (find(cpu)?, find(other)?);
                let name = format!("{picture} of {shape}, lesions by {way}");
                tally.check_all(&name, [&expected, &found], instances_difference);
            }
        }
    }
    Ok(())
}

/// Truth and prediction.
fn labels(picture: &str, spatial: &[usize]) -> [Vec<u8>; 2] {
    let rows = spatial[spatial.len() - 2];
    let mut random = Random::new(11);
    drawn(spatial, |[z, y, x], moved| {
        let x = x + moved;
        match picture {
            "noise" => (random.below(30) % 9).min(4) as u8 % 4,
            // Teeth that meet in the last row alone, and in some slices not at all; slices apart.
            "combs" if z.is_multiple_of(2) => u8::from(x.is_multiple_of(2) || y + 1 == rows && z % 3 < 2),
            "combs" => 0,
            "a checkerboard" => ((x + y + z) % 2) as u8 * (1 + (y / 8 % 2) as u8),
            _ => 1 + moved as u8,
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::EngineOptions;

    #[test]
    fn pictures_have_one_lesion_and_many() {
        let engine = Engine::new(&EngineOptions::default()).unwrap();
        let mut tally = Tally::default();
        compare(&mut tally, [&engine, &engine], 0).unwrap();
        assert_eq!((tally.checks, tally.first_failure), (64, None));
        for (picture, least) in PICTURES.into_iter().zip([1000, 37, 10_000, 1]) {
            let [truth, pred] = labels(picture, &[6, 50, 70]);
            let map = |labels| LabelMap::u8(Shape::new(1, 1, [6, 50, 70]).unwrap(), labels).unwrap();
            let options = InstanceOptions { connectivity: Connectivity::Faces, ..InstanceOptions::default() };
            let classes = Classes::regions([vec![1, 2]]).unwrap();
            let found = engine.instances(Pair { pred: map(&pred), truth: map(&truth) }, &classes, &options).unwrap();
            let lesions = found.values()[0].truth().len();
            assert!(lesions >= least && lesions < 3 * least + 50, "{picture}: {lesions}");
        }
    }
}
