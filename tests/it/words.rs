//! Operands wherever they lie in their words: what is read word by word, what is left to single voxels, and what falls out
//! of a fast path half way give the bits of the CPU.

use crate::application::{ALL, cpu};
use crate::equality::{label_map, volume};
use crate::oracle::Array;
use crate::random::{LabelType, Pattern, Real, labels, reals};
use crate::resident::{bytes, dtype};
use voxdice::stats::Terms;
use voxdice::{Classes, Dtype, LabelMap, Pair, Shape, Volume};

/// Three parts of a block and a piece, in each of two cells: the second one begins at an odd element.
const VOXELS: usize = 13_001;

/// Elements in front of each operand: alike, and not.
const OFFSETS: [(usize, usize); 5] = [(0, 0), (1, 1), (16, 3), (13, 13), (2, 4)];

/// Values up to 1 with something else among them: signs, or what is beyond 1 (the largest at the very end).
fn spoiled(mut array: Array, seed: usize) -> Array {
    let n = 2 * VOXELS;
    for i in [7, n / 3 + seed, n - 1 - seed] {
        match &mut array {
            Array::F32(voxels) => voxels[i] = -voxels[i],
            Array::F16(voxels) => voxels[i] |= 0x8000,
            Array::U8(voxels) => voxels[i] = [2, 128, 255][seed % 3],
            _ => {}
        }
    }
    array
}

#[test]
fn sums_do_not_depend_on_where_words_begin() {
    let cpu = cpu();
    let pairs = [
        (Real::F32, Real::F32),
        (Real::F32, Real::U8),
        (Real::F16, Real::F16),
        (Real::F16, Real::U8),
        (Real::U8, Real::U8),
    ];
    let shape = Shape::new(2, 1, [VOXELS]).unwrap();
    for application in ALL.iter() {
        for (i, (pred, truth)) in pairs.into_iter().enumerate() {
            for (k, (p_offset, t_offset)) in OFFSETS.into_iter().enumerate() {
                let terms = Terms::EXACT[(i + k) % 3];
                let of = |real, seed| {
                    let array = reals(real, Pattern::Unit, 2 * VOXELS, seed);
                    if k % 2 == 1 { spoiled(array, k) } else { array }
                };
                let (p, t) = (of(pred, 1), of(truth, 2));
                let [p_at, t_at] =
                    [(&p, p_offset), (&t, t_offset)].map(|(array, elements)| elements * dtype(array).size() as usize);
                let (p_buffer, t_buffer) = (application.buffer(bytes(&p), p_at), application.buffer(bytes(&t), t_at));
                let on =
                    |buffer, array, at: usize| Volume::buffer(shape.clone(), dtype(array), buffer, at as u64).unwrap();
                let found = application.engine.sums_by_block(
                    Pair { pred: on(&p_buffer, &p, p_at), truth: on(&t_buffer, &t, t_at) },
                    &terms.into(),
                );
                let expected =
                    cpu.sums_by_block(Pair { pred: volume(&shape, &p), truth: volume(&shape, &t) }, &terms.into());
                let name = &application.name;
                assert_eq!(
                    found.unwrap(),
                    expected.unwrap(),
                    "{name}: {pred:?} {p_offset}, {truth:?} {t_offset}, {terms:?}"
                );
            }
        }
    }
}

#[test]
fn label_map_truths_do_not_depend_on_it_either() {
    let cpu = cpu();
    for application in ALL.iter() {
        for (channels, offset) in [(1, 0), (3, 0), (3, 5), (2, 16), (140, 0)] {
            let voxels = if channels > 100 { 4100 } else { VOXELS };
            let shape = Shape::new(1, channels, [voxels]).unwrap();
            let maps = Shape::new(1, 1, [voxels]).unwrap();
            let present: Vec<u32> = (0..channels.max(2) as u32).collect();
            let p = reals(Real::F32, Pattern::Unit, channels * voxels, 3);
            let t = labels(LabelType::U8, &present, 4, voxels, 4);
            let (p_buffer, t_buffer) = (application.buffer(bytes(&p), 4 * offset), application.buffer(bytes(&t), 16));
            let found = application.engine.sums_with(
                Pair {
                    pred: Volume::buffer(shape.clone(), Dtype::F32, &p_buffer, 4 * offset as u64).unwrap(),
                    truth: LabelMap::buffer(maps.clone(), Dtype::U8, &t_buffer, 16).unwrap(),
                },
                &Terms::Squared.into(),
            );
            let expected =
                cpu.sums_with(Pair { pred: volume(&shape, &p), truth: label_map(&maps, &t) }, &Terms::Squared.into());
            assert_eq!(found.unwrap(), expected.unwrap(), "{}: {channels} channels at {offset}", application.name);
        }
    }
}

#[test]
fn counts_do_not_depend_on_where_words_begin() {
    let cpu = cpu();
    let shape = Shape::new(2, 1, [VOXELS]).unwrap();
    let listed = [vec![1], vec![0, 1, 2], vec![1, 2, 3, 4, 5], vec![3, 16, 255], (9..17).collect(), (1..=20).collect()];
    for application in ALL.iter() {
        for (k, (p_offset, t_offset)) in OFFSETS.into_iter().enumerate() {
            for (i, list) in listed.iter().enumerate() {
                // Labels that are not listed, some of them with bits that no listed one has.
                let present: Vec<u32> = list.iter().copied().chain([0, 6, if k % 2 == 0 { 7 } else { 201 }]).collect();
                let run = if i % 2 == 0 { 1 } else { 40 };
                let p = labels(LabelType::U8, &present, run, 2 * VOXELS, 5 + k as u64);
                let t = labels(LabelType::U8, &present, run, 2 * VOXELS, 50 + k as u64);
                let classes = Classes::new(list.iter().copied()).unwrap();
                let (p_buffer, t_buffer) =
                    (application.buffer(bytes(&p), p_offset), application.buffer(bytes(&t), t_offset));
                let on = |buffer, at: usize| LabelMap::buffer(shape.clone(), Dtype::U8, buffer, at as u64).unwrap();
                let (pred, truth) = (on(&p_buffer, p_offset), on(&t_buffer, t_offset));
                let expected =
                    cpu.counts(Pair { pred: label_map(&shape, &p), truth: label_map(&shape, &t) }, &classes).unwrap();
                let name = format!("{}: {list:?} at {p_offset}, {t_offset}", application.name);
                let found =
                    application.engine.counts(Pair { pred: pred.clone(), truth: truth.clone() }, &classes).unwrap();
                assert_eq!(found, expected, "{name}");
                // The same where the result stays on the GPU.
                let mut encoder = application.device.create_command_encoder(&Default::default());
                let recorded = application.engine.record_counts(&mut encoder, Pair { pred, truth }, &classes).unwrap();
                application.queue.submit([encoder.finish()]);
                assert_eq!(application.engine.read_counts(&recorded).unwrap(), expected, "{name}, recorded");
            }
        }
    }
}
