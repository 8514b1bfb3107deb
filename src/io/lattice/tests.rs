use super::*;
use crate::io::Geometry;

/// A volume whose voxels all differ, by their index in the whole grid.
struct Stored {
    shape: [u64; 3],
    geometry: Geometry,
    voxels: Vec<u32>,
}

const WHOLE: [u64; 3] = [5, 4, 3];

/// All 48 orders and directions of axes; under Miri, which takes minutes for them, every seventh.
fn turned() -> impl Iterator<Item = [(usize, bool); 3]> {
    orientations().step_by(if cfg!(miri) { 7 } else { 1 })
}

/// Axes that are neither at right angles nor of one length, all turned.
fn oblique() -> Geometry {
    let mut geometry = Geometry::from_spacing([1.0; 3]);
    geometry.affine = [[0.8, 0.3, -0.1, -91.5], [-0.4, 1.1, 0.2, 12.25], [0.05, -0.1, 2.5, 7.0], [0.0, 0.0, 0.0, 1.0]];
    geometry
}

/// The box from `low` on with lengths `size` (along the axes of the whole), stored along these axes: axis `k` of the file
/// runs along `axes[k]`. Made voxel by voxel from places in the world, without the arithmetic that is tested.
fn stored(axes: [(usize, bool); 3], low: [i64; 3], size: [i64; 3]) -> Stored {
    let whole = oblique();
    let shape = axes.map(|(axis, _)| size[axis] as u64);
    // Voxel 0 of the file is at the end of each axis that runs backwards.
    let mut first = low;
    let mut geometry = whole;
    for (k, (axis, backwards)) in axes.into_iter().enumerate() {
        if backwards {
            first[axis] += size[axis] - 1;
        }
        for row in 0..3 {
            geometry.affine[row][k] = whole.affine[row][axis] * if backwards { -1.0 } else { 1.0 };
        }
    }
    for row in 0..3 {
        let along: f64 = (0..3).map(|axis| whole.affine[row][axis] * first[axis] as f64).sum();
        geometry.affine[row][3] = whole.affine[row][3] + along;
    }
    let mut voxels = Vec::new();
    for z in 0..shape[2] {
        for y in 0..shape[1] {
            for x in 0..shape[0] {
                let mut place = first;
                for ((axis, backwards), step) in axes.into_iter().zip([x, y, z]) {
                    place[axis] += if backwards { -(step as i64) } else { step as i64 };
                }
                voxels.push(value(place));
            }
        }
    }
    Stored { shape, geometry, voxels }
}

/// A value for each place on the lattice, never 0.
fn value([x, y, z]: [i64; 3]) -> u32 {
    ((z + 50) * 10_000 + (y + 50) * 100 + x + 50) as u32
}

fn place(a: &Stored, b: &Stored) -> Option<Placement> {
    let of = |s: &Stored| (s.shape, s.geometry);
    let ((na, ga), (nb, gb)) = (of(a), of(b));
    Placement::of(Grid { shape: &na, geometry: Some(&ga) }, Grid { shape: &nb, geometry: Some(&gb) })
}

fn whole() -> Stored {
    stored([(0, false), (1, false), (2, false)], [0; 3], WHOLE.map(|n| n as i64))
}

#[test]
fn all_48_orders_of_the_same_points_are_the_same_volume() {
    let a = whole();
    for axes in turned() {
        let b = stored(axes, [0; 3], WHOLE.map(|n| n as i64));
        let found = place(&a, &b).unwrap();
        assert_eq!(found.onto(&b.voxels), a.voxels, "{axes:?}");
        assert_eq!(found.turned().onto(&a.voxels), b.voxels, "{axes:?}");
        assert!(found.beyond(&b.voxels).is_empty() && found.holds_first() && found.holds_second());
        assert_eq!(found.is_reordered(), axes != [(0, false), (1, false), (2, false)], "{axes:?}");
        assert_eq!(found.is_identity(), !found.is_reordered());
        assert!(found.gap().voxels < 1e-9);
    }
}

#[test]
fn boxes_of_one_lattice_are_padded_and_what_is_beyond_follows() {
    let a = whole();
    let boxes = [
        ([1, 0, 1], [3, 4, 1]),
        ([-2, -1, -1], [9, 6, 5]),
        ([3, 2, -1], [6, 1, 2]),
        ([7, 0, 0], [2, 2, 2]),
        ([-4, 9, 30], [2, 1, 3]),
        ([2, 2, 2], [1, 1, 1]),
    ];
    for axes in turned() {
        for (low, size) in boxes {
            let b = stored(axes, low, size);
            let found = place(&a, &b).unwrap();
            let expected: Vec<u32> =
                a.voxels.iter().map(|value| if b.voxels.contains(value) { *value } else { 0 }).collect();
            assert_eq!(found.onto(&b.voxels), expected, "{axes:?} {low:?}");
            let beyond: Vec<u32> = b.voxels.iter().copied().filter(|value| !a.voxels.contains(value)).collect();
            assert_eq!(found.beyond(&b.voxels), beyond, "{axes:?} {low:?}");
            assert_eq!(found.shared(), (b.voxels.len() - beyond.len()) as u64);
            let (first, second) = found.joined(a.voxels.clone(), &b.voxels);
            assert_eq!((first.len(), second.len()), (a.voxels.len() + beyond.len(), first.len()));
            assert!(first.iter().zip(&second).all(|(a, b)| a == b || *a == 0 || *b == 0));
            // In parts of any length it is the same.
            for length in [1, 2, 7, 60] {
                let mut parts = Vec::new();
                for start in (0..expected.len()).step_by(length) {
                    let mut part = vec![9; length.min(expected.len() - start)];
                    found.fill(&b.voxels, start as u64, &mut part);
                    parts.extend(part);
                }
                assert_eq!(parts, expected);
            }
            let (lengths, first, second) = found.around().unwrap();
            let (first, second) = (first.onto(&a.voxels), second.onto(&b.voxels));
            assert_eq!(first.len() as u64, lengths.iter().product::<u64>());
            for (all, own) in [(&first, &a.voxels), (&second, &b.voxels)] {
                let mut there: Vec<u32> = all.iter().copied().filter(|value| *value != 0).collect();
                let mut own = own.clone();
                there.sort_unstable();
                own.sort_unstable();
                assert_eq!(there, own, "{axes:?} {low:?}");
            }
            assert!(first.iter().zip(&second).all(|(a, b)| a == b || *a == 0 || *b == 0), "{axes:?} {low:?}");
        }
    }
}

#[test]
fn what_is_on_another_lattice_has_no_place() {
    let a = whole();
    let changed = |change: fn(&mut Geometry)| {
        let mut b = whole();
        change(&mut b.geometry);
        place(&a, &b)
    };
    assert!(changed(|g| g.affine[0][3] += 0.4).is_none());
    assert!(changed(|g| g.affine[2][2] *= 2.0).is_none());
    assert!(changed(|g| g.affine[2][2] *= 1.01).is_none());
    assert!(changed(|g| g.affine[0][0] = 1.2).is_none());
    assert!(changed(|g| g.affine[0][3] = 1e300).is_none());
    assert!(changed(|g| (0..3).for_each(|row| g.affine[row][1] = g.affine[row][0])).is_none());
    // What f32 makes of a header is the same grid.
    let noise = changed(|g| g.affine.as_flattened_mut().iter_mut().for_each(|v| *v = f64::from(*v as f32)));
    assert!(noise.is_some_and(|found| found.is_identity() && found.gap().voxels > 0.0));
}

#[test]
fn along_one_voxel_the_affine_says_nothing() {
    // A slice of x and y, and the same one as x and z of its file, with rubbish along the lone voxel.
    let mut a = whole();
    a.shape = [5, 4, 1];
    a.voxels.truncate(20);
    (0..3).for_each(|row| a.geometry.affine[row][2] = 0.0);
    let mut b = stored([(0, true), (2, false), (1, false)], [0; 3], [5, 4, 1]);
    (0..3).for_each(|row| b.geometry.affine[row][1] = 77.0);
    let found = place(&a, &b).unwrap();
    assert!(found.is_reordered());
    assert_eq!(found.onto(&b.voxels), a.voxels);
    // A slice of a volume is a box of it.
    let slice = stored([(0, false), (1, false), (2, false)], [0, 0, 2], [5, 4, 1]);
    let found = place(&whole(), &slice).unwrap();
    assert!(found.holds_second() && !found.is_reordered());
    assert_eq!(found.onto(&slice.voxels)[40..], slice.voxels);
}

#[test]
fn several_volumes_are_reordered_one_by_one() {
    let (a, b) = (whole(), stored([(1, true), (0, false), (2, true)], [0; 3], WHOLE.map(|n| n as i64)));
    let twice = |s: &Stored| [s.voxels.clone(), s.voxels.iter().map(|v| v + 1_000_000).collect()].concat();
    let (na, nb) = ([5, 4, 3, 1, 2], [4, 5, 3, 1, 2]);
    let grid = |shape, s| Grid { shape, geometry: Some(s) };
    let found = Placement::of(grid(&na, &a.geometry), grid(&nb, &b.geometry)).unwrap();
    assert_eq!(found.onto(&twice(&b)), twice(&a));
    assert!(Placement::of(grid(&na, &a.geometry), grid(&nb[..3], &b.geometry)).is_none());
}

#[test]
fn lengths_that_no_file_has_are_refused() {
    let a = whole();
    for shape in [[0, 4, 3], [1 << 41, 4, 3], [1 << 30, 1 << 30, 1 << 30]] {
        let odd = Grid { shape: &shape, geometry: Some(&a.geometry) };
        assert!(Placement::of(odd, odd).is_none());
    }
}

#[test]
fn a_gap_is_that_of_the_furthest_corner() {
    const SHAPE: [u64; 3] = [101, 101, 11];
    let here = Geometry::from_spacing([1.0, 1.0, 5.0]);
    let of = |change: fn(&mut Geometry), shape: &[u64]| {
        let mut there = here;
        change(&mut there);
        let grid = |geometry| Grid { shape, geometry: Some(geometry) };
        Gap::between(grid(&here), grid(&there)).unwrap()
    };
    assert_eq!(of(|g| g.affine[2][3] = 0.5, &SHAPE), Gap { millimetres: 0.5, voxels: 0.5 });
    // A spacing that is a little off adds up over the volume.
    assert!((of(|g| g.affine[0][0] = 1.0001, &SHAPE).voxels - 0.01).abs() < 1e-9);
    assert!(of(|g| g.affine[0][0] = 1.0001, &[5, 5, 5]).is_same_grid());
    assert_eq!(of(|g| g.affine[0] = [-1.0, 0.0, 0.0, 100.0], &SHAPE).millimetres, 100.0);
    // Slices whose lone axis is another one lie in the same places if their long axes do.
    let (a, mut b) = (Grid { shape: &[3, 2], geometry: Some(&here) }, here);
    for row in &mut b.affine {
        *row = [5.0, row[0], row[1], row[3]];
    }
    let gap = |shape| Gap::between(a, Grid { shape, geometry: Some(&b) });
    assert!(gap(&[1, 3, 2]).is_some_and(Gap::is_same_grid));
    assert_eq!([gap(&[3, 1, 1, 2]), gap(&[3, 3]), gap(&[1, 2, 3])], [None; 3]);
}

#[test]
fn grids_without_voxels_and_voxels_without_size_have_no_wild_gaps() {
    let plain = Geometry::from_spacing([1.0; 3]);
    let at = |shape: &[u64], geometry: &Geometry| {
        let grid = Grid { shape, geometry: Some(geometry) };
        Gap::between(grid, grid)
    };
    assert_eq!(at(&[0, 4, 4], &plain), None);
    let mut flat = plain;
    flat.affine = [[0.0; 4]; 4];
    flat.spacing = [0.0; 3];
    assert_eq!(at(&[1, 1, 1], &flat), Some(Gap { millimetres: 0.0, voxels: 0.0 }));
    assert_eq!(at(&[2, 1, 1], &flat), Some(Gap { millimetres: 0.0, voxels: 0.0 }));
}

/// What headers differ by that tools rewrote does not hide that points are in another order.
#[test]
fn a_lattice_is_known_within_a_hundredth_of_a_voxel() {
    for (off, same) in [(0.0009, true), (0.009, true), (0.011, false)] {
        let mut turned = stored([(0, true), (1, false), (2, false)], [0; 3], WHOLE.map(|n| n as i64));
        // The smallest edge of the whole is about 0.9 mm.
        turned.geometry.affine[0][3] += off * 0.89;
        let found = place(&whole(), &turned);
        assert_eq!(found.as_ref().is_some_and(Placement::is_reordered), same, "{off}");
        assert!(found.is_none_or(|found| found.gap().is_same_grid() == (off < 0.001)), "{off}");
    }
}
