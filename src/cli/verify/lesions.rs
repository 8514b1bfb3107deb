//! Lesions of two engines.

use super::data::Random;
use super::tally::Tally;
use crate::eval::compare::instances_difference;
use crate::stats::{Connectivity, InstanceOptions, InstancesBy, Join};
use crate::{Classes, Engine, LabelMap, Pair, Shape};
use anyhow::Result;

/// Maps of labels 1 and 2 that are hard for union-find in one way or another.
const PICTURES: [&str; 4] = ["noise", "combs", "a checkerboard", "solid"];

/// Compares the lesions of every picture, found in half of the ways: the other half is for the other round.
pub(super) fn compare(tally: &mut Tally, [cpu, other]: [&Engine; 2], round: usize) -> Result<()> {
    let classes = Classes::regions([vec![1], vec![1, 2]])?.ignoring(3)?;
    let of = |connectivity| InstanceOptions { connectivity, ..InstanceOptions::default() };
    let joined = InstanceOptions { join: Join { truth: 2, pred: 1 }, near: 2, ..InstanceOptions::default() };
    let labels_alone = InstanceOptions { by: InstancesBy::Labels, ..InstanceOptions::default() };
    let [faces, edges, corners] = Connectivity::ALL.map(of);
    let ways = [
        ("faces", faces),
        ("edges", edges),
        ("corners", corners),
        ("dilations", joined),
        ("labels", labels_alone),
        ("faces", of(Connectivity::Faces)),
    ];
    // Small windows cut the second one into parts.
    for spatial in [&[6, 50, 70][..], &[900, 200]] {
        let shape = Shape::new(1, 1, spatial)?;
        for picture in PICTURES {
            let (truth, pred) = labels(picture, spatial);
            for (way, options) in ways.iter().skip(round % 2).step_by(2) {
                let find = |engine: &Engine| {
                    let (p, t) = (LabelMap::u8(shape.clone(), &pred)?, LabelMap::u8(shape.clone(), &truth)?);
                    engine.instances(Pair { pred: p, truth: t }, &classes, options)
                };
                let (expected, found) = (find(cpu)?, find(other)?);
                let name = format!("{picture} of {shape}, lesions by {way}");
                for (a, b) in expected.values().iter().zip(found.values()) {
                    let words = |(what, [a, b]): (String, [u64; 2])| format!("{what}: the CPU has {a}; this has {b}");
                    tally.check(&name, instances_difference(a, b).map(words));
                }
            }
        }
    }
    Ok(())
}

/// Truth and prediction.
fn labels(picture: &str, spatial: &[usize]) -> (Vec<u8>, Vec<u8>) {
    let (ny, nx) = (spatial[spatial.len() - 2], spatial[spatial.len() - 1]);
    let mut random = Random::new(11);
    let mut label = |i: usize, moved: usize| {
        let (z, y, x) = (i / (ny * nx), i / nx % ny, i % nx + moved);
        match picture {
            "noise" => (random.below(30) % 9).min(4) as u8 % 4,
            // Teeth that meet in the last row alone, and in some slices not at all; slices apart.
            "combs" if z.is_multiple_of(2) => u8::from(x.is_multiple_of(2) || y + 1 == ny && z % 3 < 2),
            "combs" => 0,
            "a checkerboard" => ((x + y + z) % 2) as u8 * (1 + (y / 8 % 2) as u8),
            _ => 1 + moved as u8,
        }
    };
    let voxels = spatial.iter().product::<usize>();
    let truth = (0..voxels).map(|i| label(i, 0)).collect();
    let pred = (0..voxels).map(|i| label(i, 1)).collect();
    (truth, pred)
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
        assert_eq!((tally.checks, tally.first_failure), (48, None));
        for (picture, least) in PICTURES.into_iter().zip([1000, 37, 10_000, 1]) {
            let (truth, pred) = labels(picture, &[6, 50, 70]);
            let map = |labels| LabelMap::u8(Shape::new(1, 1, [6, 50, 70]).unwrap(), labels).unwrap();
            let options = InstanceOptions { connectivity: Connectivity::Faces, ..InstanceOptions::default() };
            let classes = Classes::regions([vec![1, 2]]).unwrap();
            let found = engine.instances(Pair { pred: map(&pred), truth: map(&truth) }, &classes, &options).unwrap();
            let lesions = found.values()[0].truth().len();
            assert!(lesions >= least && lesions < 3 * least + 50, "{picture}: {lesions}");
        }
    }
}
