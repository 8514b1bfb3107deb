//! Shapes whose numbers are known, and how classes, labels and ignored voxels make masks.

use super::{betti, engine, topology};
use voxdice::metric::topology::{BettiNumber, betti_error, total_betti_error};
use voxdice::{Classes, Error, LabelMap, Pair, Shape};

/// A mask of n³ voxels, by the distances of voxels from its middle.
fn solid(n: usize, is: impl Fn([f64; 3]) -> bool) -> Vec<u8> {
    let middle = (n as f64 - 1.0) / 2.0;
    let at = |i: usize| [i / n / n, i / n % n, i % n].map(|i| i as f64 - middle);
    (0..n * n * n).map(|i| u8::from(is(at(i)))).collect()
}

fn length(v: &[f64]) -> f64 {
    v.iter().map(|x| x * x).sum::<f64>().sqrt()
}

/// Whether a place is in the ring around an axis, about a centre.
fn in_ring([z, y, x]: [f64; 3], radius: f64, thick: f64) -> bool {
    length(&[length(&[y, x]) - radius, z]) <= thick
}

#[test]
fn known_solids_have_their_numbers() {
    let n = 41;
    let size = [n, n, n];
    let of = |is: &dyn Fn([f64; 3]) -> bool| betti(&size, &solid(n, is)).numbers();
    assert_eq!(of(&|_| false), [0, 0, 0]);
    assert_eq!(of(&|_| true), [1, 0, 0], "a full image encloses nothing");
    assert_eq!(of(&|v| length(&v) <= 12.0), [1, 0, 0], "a ball");
    assert_eq!(of(&|v| (10.0..=13.0).contains(&length(&v))), [1, 0, 1], "a shell");
    assert_eq!(of(&|v| in_ring(v, 10.0, 3.0)), [1, 1, 0], "a solid torus");
    let hollow = |[z, y, x]: [f64; 3]| (3.0..=6.0).contains(&length(&[length(&[y, x]) - 12.0, z]));
    assert_eq!(of(&hollow), [1, 2, 1], "the wall of a torus");
    let linked = |[z, y, x]: [f64; 3]| in_ring([z, y, x + 5.0], 9.0, 2.0) || in_ring([y, z, x - 5.0], 9.0, 2.0);
    assert_eq!(of(&linked), [2, 2, 0], "linked rings");
    let nested = |v: [f64; 3]| length(&v) <= 3.0 || (7.0..=9.0).contains(&length(&v)) || length(&v) >= 14.0;
    assert_eq!(of(&nested), [3, 0, 2], "a ball in a shell in a block with a hole");
    // The border cuts a shell open: beyond it there is background.
    let cut = |[z, y, x]: [f64; 3]| (10.0..=13.0).contains(&length(&[z - 18.0, y, x]));
    assert_eq!(of(&cut), [1, 0, 0], "a bowl");
    let touching = |[z, y, x]: [f64; 3]| (8.0..=11.0).contains(&length(&[z - 9.0, y, x]));
    assert_eq!(of(&touching), [1, 0, 1], "a shell that the border touches");
    let tube = |[_, y, x]: [f64; 3]| (8.0..=11.0).contains(&length(&[y, x]));
    assert_eq!(of(&tube), [1, 1, 0], "a tube from border to border");
}

#[test]
fn corners_join_a_mask_and_faces_join_what_is_not_one() {
    // A ring of voxels that touch at corners closes a hole in a plane.
    let diamond = [0, 1, 0, 1, 0, 1, 0, 1, 0];
    assert_eq!(betti(&[3, 3], &diamond).numbers(), [1, 1, 0]);
    // Eight corners of a cube: nothing touches. With every second voxel all touch.
    let corners = solid(3, |v| v.iter().all(|x| x.abs() == 1.0));
    assert_eq!(betti(&[3, 3, 3], &corners).numbers(), [8, 0, 0]);
    // Voxels of the background that are not at the border, each alone.
    for n in [4, 6, 10] {
        let inside = |i: usize| [i / n / n, i / n % n, i % n].iter().all(|&i| i > 0 && i + 1 < n);
        let mask: Vec<u8> = (0..n * n * n).map(|i| ((i / n / n + i / n % n + i % n) % 2) as u8).collect();
        let alone = mask.iter().enumerate().filter(|&(i, &label)| label == 0 && inside(i)).count() as u64;
        let found = betti(&[n, n, n], &mask);
        assert_eq!((found.components(), found.cavities()), (1, alone), "{n}");
    }
}

#[test]
fn errors_are_differences_by_dimension() {
    let n = 31;
    let truth = solid(n, |v| in_ring(v, 9.0, 2.5));
    let pred = solid(n, |[z, y, x]| in_ring([z, y, x], 9.0, 2.5) && !(x > 0.0 && y.abs() < 1.0) || z > 12.0);
    let found = topology(1, &[n, n, n], &truth, &pred)[0];
    assert_eq!((found.truth().numbers(), found.pred().numbers()), ([1, 1, 0], [2, 0, 0]));
    let errors = [BettiNumber::Components, BettiNumber::Loops, BettiNumber::Cavities].map(|k| betti_error(&found, k));
    assert_eq!((errors, total_betti_error(&found)), ([1, 1, 0], 2));
    assert_eq!((found.truth().euler(), found.pred().euler()), (0, 2));
}

#[test]
fn classes_regions_and_ignored_voxels_make_the_masks() {
    let shape = Shape::new(1, 1, [3, 5]).unwrap();
    // A ring of two labels around a voxel that is ignored, and the same ring filled with label 2.
    let truth = [1u16, 1, 1, 0, 0, 1, 9, 2, 0, 0, 1, 1, 2, 0, 700];
    let pred = [1u16, 1, 1, 0, 0, 1, 2, 2, 0, 0, 1, 1, 2, 0, 700];
    let classes = Classes::regions([vec![1], vec![1, 2], vec![700], vec![3]]).unwrap();
    let of = |classes: &Classes| {
        let [pred, truth] = [&pred, &truth].map(|labels| LabelMap::u16(shape.clone(), labels).unwrap());
        let found = engine().topology(Pair { pred, truth }, classes).unwrap().into_values();
        found.iter().map(|found| [found.truth().numbers(), found.pred().numbers()]).collect::<Vec<_>>()
    };
    assert_eq!(of(&classes), [[[1, 0, 0]; 2], [[1, 1, 0], [1, 0, 0]], [[1, 0, 0]; 2], [[0; 3]; 2]]);
    let ignoring = classes.ignoring(9).unwrap();
    assert_eq!(of(&ignoring)[1], [[1, 1, 0]; 2], "a hole where nothing counts");
}

#[test]
fn masks_need_two_or_three_axes() {
    let shape = Shape::new(1, 1, [4]).unwrap();
    let map = || LabelMap::u8(shape.clone(), &[0, 1, 1, 0]).unwrap();
    let found = engine().topology(Pair { pred: map(), truth: map() }, &Classes::new([1]).unwrap());
    assert!(matches!(found, Err(Error::Parameter { .. })), "{found:?}");
}
