//! What we write is what we read.

use std::fs;
use std::path::Path;

use bytemuck::cast_slice;
use proptest::prelude::*;
use voxdice::error::{FileErrorKind, GeometryFault};
use voxdice::io::nifti::{AffineSource, Geometry, StoredType, Units, Voxels, read, write};

fn geometry() -> impl Strategy<Value = Geometry> {
    let spacing = prop::array::uniform3(0.01_f32..8.0);
    // Strictly diagonally dominant, so it has an inverse; f32, so the file holds it exactly.
    let off = prop::array::uniform12(-0.4_f32..0.4);
    let flips = prop::array::uniform3(any::<bool>());
    let units = prop::sample::select(vec![Units::Unknown, Units::Metre, Units::Millimetre, Units::Micron]);
    (spacing, off, flips, units).prop_map(|(spacing, off, flips, units)| {
        let mut affine = [[0.0; 4]; 4];
        for (slot, value) in affine.as_flattened_mut().iter_mut().zip(off) {
            *slot = f64::from(value);
        }
        for axis in 0..3 {
            affine[axis][axis] = if flips[axis] { -1.0 } else { 1.0 };
            affine[axis][3] *= 1000.0;
            affine[axis][3] = f64::from(affine[axis][3] as f32);
        }
        affine[3] = [0.0, 0.0, 0.0, 1.0];
        Geometry { spacing: spacing.map(f64::from), units, affine, source: AffineSource::Sform }
    })
}

/// Writes the leading bytes as voxels of some type; what comes back, as bytes.
fn there_and_back(path: &Path, dtype: StoredType, shape: &[u64], geometry: &Geometry, bytes: &[u64]) {
    macro_rules! each {
        ($($variant:ident $type:ty),*) => {
            match dtype {
                $(StoredType::$variant => {
                    let count = shape.iter().product::<u64>() as usize;
                    let voxels = &cast_slice::<u64, $type>(bytes)[..count];
                    write(path, shape, geometry, voxels).unwrap();
                    let image = read(path).unwrap();
                    let Voxels::$variant(found) = &image.voxels else {
                        panic!("{dtype} came back as {}", image.voxels.dtype());
                    };
                    // Bytes, not values: NaN has to come back too, and with its payload.
                    assert_eq!(cast_slice::<$type, u8>(found), cast_slice::<$type, u8>(voxels));
                    assert_eq!(image.header.shape, shape);
                    assert_eq!(image.header.dtype, dtype);
                    assert_eq!(image.header.scale, None);
                    assert_eq!(image.header.geometry, *geometry);
                })*
            }
        };
    }
    each!(U8 u8, I8 i8, U16 u16, I16 i16, U32 u32, I32 i32, U64 u64, I64 i64, F32 f32, F64 f64);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_is_written_is_read_back(
        shape in prop::collection::vec(1_u64..4, 1..=7),
        dtype in prop::sample::select(StoredType::ALL.to_vec()),
        geometry in geometry(),
        seed in any::<u64>(),
        name in prop::sample::select(vec!["a.nii", "a.nii.gz", "b c.NII", "ü.Nii.GZ", "x.y.nii.gz"]),
    ) {
        let folder = tempfile::tempdir().unwrap();
        let count = shape.iter().product::<u64>();
        let mut random = super::hostile::Random(seed | 1);
        let bytes: Vec<u64> = (0..count).map(|_| random.next()).collect();
        there_and_back(&folder.path().join(name), dtype, &shape, &geometry, &bytes);
        // Nothing else is left in the folder.
        prop_assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }
}

/// More than the chunk that is unpacked at a time, and not a multiple of it.
#[test]
fn a_volume_of_many_chunks_comes_back() {
    let folder = tempfile::tempdir().unwrap();
    let shape = [311, 257, 13];
    let mut random = super::hostile::Random(7);
    let bytes: Vec<u64> = (0..shape.iter().product()).map(|_| random.next()).collect();
    let geometry = Geometry { source: AffineSource::Sform, ..Geometry::from_spacing([0.5, 0.75, 2.0]) };
    for dtype in [StoredType::U8, StoredType::I16, StoredType::F32, StoredType::U64] {
        for name in ["a.nii", "a.nii.gz"] {
            there_and_back(&folder.path().join(name), dtype, &shape, &geometry, &bytes);
        }
    }
}

#[test]
fn what_does_not_fit_is_refused_and_leaves_nothing_behind() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    let plain = Geometry::from_spacing([1.0; 3]);
    let broken = |change: fn(&mut Geometry)| {
        let mut geometry = plain;
        change(&mut geometry);
        geometry
    };
    let two = [1_u8, 2];
    let unwritable = [
        write(at("a.hdr"), &[2], &plain, &two),
        write(at("a.gz"), &[2], &plain, &two),
        write(at("nii"), &[2], &plain, &two),
        write(at("a.nii"), &[], &plain, &two),
        write(at("a.nii"), &[1, 1, 1, 1, 1, 1, 1, 2], &plain, &two),
        write(at("a.nii"), &[3], &plain, &two),
        write(at("a.nii"), &[2, 0], &plain, &two[..0]),
        write(at("a.nii"), &[32768], &plain, &[0_u8; 32768]),
        write(at("a.nii"), &[32767; 7], &plain, &two),
        write(at("a.nii"), &[2, 1, 1], &broken(|g| g.affine[1][3] = f64::NAN), &two),
        write(at("a.nii"), &[2, 1, 1], &broken(|g| g.affine[0][0] = 1e300), &two),
        write(at("a.nii"), &[2, 1, 1], &broken(|g| g.affine[0][0] = 0.0), &two),
        write(at("a.nii"), &[2, 1, 1], &broken(|g| g.spacing[2] = 0.0), &two),
    ];
    for (case, outcome) in unwritable.into_iter().enumerate() {
        let error = outcome.expect_err(&format!("case {case}"));
        assert_eq!(error.kind(), FileErrorKind::Unwritable, "case {case}: {error}");
        assert!(error.to_string().contains("; "), "{error}");
    }
    assert_eq!(GeometryFault::Singular.to_string(), "the affine is singular: different voxels lie at the same place");

    fs::create_dir(at("taken.nii")).unwrap();
    fs::write(at("taken.nii/file"), "").unwrap();
    let error = write(at("taken.nii"), &[2], &plain, &two).unwrap_err();
    assert_eq!(error.kind(), FileErrorKind::Io, "{error}");
    let error = write(at("no/such/folder.nii"), &[2], &plain, &two).unwrap_err();
    assert_eq!(error.kind(), FileErrorKind::Io, "{error}");
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    write(at("long.nii"), &[32767], &plain, &[0_u8; 32767]).unwrap();
    assert_eq!(read(at("long.nii")).unwrap().header.shape, [32767]);
}

#[test]
fn a_file_is_replaced_and_a_stranger_s_unfinished_one_is_not() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.nii");
    let stranger = folder.path().join(".a.nii.0.part");
    fs::write(&stranger, "mine").unwrap();
    let plain = Geometry::from_spacing([1.0; 3]);
    write(&path, &[2], &plain, &[1_u8, 2]).unwrap();
    write(&path, &[3], &plain, &[3.5_f32, 4.5, 5.5]).unwrap();
    assert_eq!(read(&path).unwrap().voxels, Voxels::F32(vec![3.5, 4.5, 5.5]));
    assert_eq!(fs::read_to_string(stranger).unwrap(), "mine");
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2);
}
