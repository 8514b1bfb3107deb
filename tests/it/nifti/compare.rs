//! Whether an image is the expected one. Written to find a difference, and tested on differences.

use serde_json::Value;
use voxdice::io::nifti::{ByteOrder, Header, Image, Units, Version, Voxels};

use super::npy::{Npy, Number};

/// The reference takes the same steps in f64; what is left is the order of additions.
const AFFINE_TOLERANCE: f64 = 1e-12;

pub fn number(value: &Value) -> f64 {
    match value.as_str() {
        Some("NaN") => f64::NAN,
        Some("Infinity") => f64::INFINITY,
        Some("-Infinity") => f64::NEG_INFINITY,
        _ => value.as_f64().unwrap(),
    }
}

pub fn numbers(voxels: &Voxels) -> Vec<Number> {
    macro_rules! all {
        ($($int:ident)*; $($float:ident)*) => {
            match voxels {
                $(Voxels::$int(v) => v.iter().map(|&v| Number::Int(v.into())).collect(),)*
                $(Voxels::$float(v) => v.iter().map(|&v| Number::Float(v.into())).collect(),)*
            }
        };
    }
    all!(U8 I8 U16 I16 U32 I32 U64 I64; F32 F64)
}

fn same(found: Number, expected: Number, scaled: bool) -> bool {
    match (found, expected) {
        (Number::Int(a), Number::Int(b)) => a == b,
        // What is stored has to come back with its sign of zero; NaN is NaN.
        (Number::Float(a), Number::Float(b)) if !scaled => a.to_bits() == b.to_bits() || (a.is_nan() && b.is_nan()),
        (Number::Float(a), Number::Float(b)) => a == b || (a.is_nan() && b.is_nan()),
        // Whole floats are exact as i128 here: the corpus has none above 2^64.
        (Number::Int(a), Number::Float(b)) | (Number::Float(b), Number::Int(a)) => b.fract() == 0.0 && b as i128 == a,
    }
}

pub fn voxels(image: &Image, expected: &Npy) -> Result<(), String> {
    if image.header.shape != expected.shape {
        return Err(format!("shape {:?}, not {:?}", image.header.shape, expected.shape));
    }
    let found = numbers(&image.voxels);
    if found.len() != expected.values.len() {
        return Err(format!("{} voxels, not {}", found.len(), expected.values.len()));
    }
    let scaled = image.header.scale.is_some();
    for (at, (&found, &expected)) in found.iter().zip(&expected.values).enumerate() {
        if !same(found, expected, scaled) {
            return Err(format!("voxel {at} is {found:?}, not {expected:?}"));
        }
    }
    Ok(())
}

/// The fields `dtype`, `shape`, `spacing` and `affine`, which every list of expectations has.
pub fn header(header: &Header, case: &Value) -> Result<(), String> {
    let mut wrong = Vec::new();
    let mut check = |what: &str, right: bool, found: String| {
        if !right {
            wrong.push(format!("{what} is {found}, not {}", case[what]));
        }
    };
    let list = |what: &str| -> Vec<f64> { case[what].as_array().unwrap().iter().map(number).collect() };
    let close = |a: f64, b: f64| (a - b).abs() <= AFFINE_TOLERANCE * b.abs().max(1.0);
    check("dtype", case["dtype"] == header.dtype.name(), header.dtype.to_string());
    let shape: Vec<_> = case["shape"].as_array().unwrap().iter().map(|v| v.as_u64().unwrap()).collect();
    check("shape", shape == header.shape, format!("{:?}", header.shape));
    let geometry = &header.geometry;
    check("spacing", list("spacing") == geometry.spacing, format!("{:?}", geometry.spacing));
    let rows = case["affine"].as_array().unwrap();
    let affine = rows.iter().flat_map(|row| row.as_array().unwrap()).map(number);
    let near = affine.zip(geometry.affine.as_flattened()).all(|(a, &b)| close(a, b));
    check("affine", near, format!("{:?}", geometry.affine));
    if case.get("spacing_mm").is_some() {
        let found = geometry.spacing_mm();
        let near = list("spacing_mm").into_iter().zip(found).all(|(a, b)| close(a, b));
        check("spacing_mm", near, format!("{found:?}"));
        let found = match geometry.units {
            Units::Unknown => "unknown",
            Units::Metre => "metre",
            Units::Millimetre => "millimetre",
            Units::Micron => "micron",
        };
        check("units", case["units"] == found, found.into());
    }
    if case.get("nifti").is_some() {
        let found = match header.version {
            Version::One => 1,
            Version::Two => 2,
        };
        check("nifti", case["nifti"] == found, found.to_string());
        let found = match header.byte_order {
            ByteOrder::Little => "little",
            ByteOrder::Big => "big",
        };
        check("endian", case["endian"] == found, found.into());
    }
    if let Some(scale) = header.scale {
        check("scl_slope", number(&case["scl_slope"]) == scale.slope, scale.slope.to_string());
        check("scl_inter", number(&case["scl_inter"]) == scale.inter, scale.inter.to_string());
    }
    if wrong.is_empty() { Ok(()) } else { Err(wrong.join("; ")) }
}

/// A comparison that cannot fail proves nothing: each of these differs in one place.
#[test]
fn the_comparison_finds_a_single_changed_voxel() {
    use voxdice::io::nifti::{Geometry, Voxel, read, write};

    fn image<T: Voxel>(values: &[T]) -> Image {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.nii.gz");
        let shape = [values.len() as u64, 1, 1];
        write(&path, &shape, &Geometry::from_spacing([1.0, 2.0, 3.0]), values).unwrap();
        read(&path).unwrap()
    }
    fn check(image: Image, changes: &[(usize, Number)]) {
        let right = Npy { shape: image.header.shape.clone(), values: numbers(&image.voxels) };
        voxels(&image, &right).unwrap();
        for &(at, value) in changes {
            let mut wrong = right.clone();
            wrong.values[at] = value;
            let message = voxels(&image, &wrong).unwrap_err();
            assert!(message.starts_with(&format!("voxel {at} is")), "{message}");
        }
        let mut longer = right.clone();
        longer.values.push(Number::Int(0));
        voxels(&image, &longer).unwrap_err();
        let mut turned = right;
        turned.shape.reverse();
        voxels(&image, &turned).unwrap_err();
    }
    // Neighbours which f64, and f32, cannot tell apart.
    let large = u64::MAX - 1;
    check(image(&[1, large, 3]), &[(1, Number::Int(u64::MAX.into())), (2, Number::Int(4))]);
    check(image(&[0_u32, 16_777_217]), &[(1, Number::Int(16_777_216))]);
    check(
        image(&[f32::NAN, -0.0, 1.0, f32::INFINITY]),
        &[
            (0, Number::Float(0.0)),
            (1, Number::Float(0.0)),
            (2, Number::Float(1.0 + f64::EPSILON)),
            (3, Number::Float(f64::MAX)),
        ],
    );

    let right = image(&[1_u8, 2]).header;
    let case = serde_json::json!({
        "dtype": "u8", "shape": [2, 1, 1], "spacing": [1.0, 2.0, 3.0],
        "affine": [[1, 0, 0, 0], [0, 2, 0, 0], [0, 0, 3, 0], [0, 0, 0, 1]],
        "nifti": 1, "endian": "little", "units": "millimetre", "spacing_mm": [1.0, 2.0, 3.0],
    });
    header(&right, &case).unwrap();
    for (what, wrong) in [
        ("dtype", serde_json::json!("i8")),
        ("shape", serde_json::json!([2, 1])),
        ("spacing", serde_json::json!([1.0, 2.0, 3.000001])),
        ("affine", serde_json::json!([[1, 0, 0, 1e-9], [0, 2, 0, 0], [0, 0, 3, 0], [0, 0, 0, 1]])),
        ("nifti", serde_json::json!(2)),
        ("endian", serde_json::json!("big")),
        ("units", serde_json::json!("micron")),
        ("spacing_mm", serde_json::json!([1.0, 2.0, 3.1])),
    ] {
        let mut changed = case.clone();
        changed[what] = wrong;
        let message = header(&right, &changed).unwrap_err();
        assert!(message.starts_with(what), "{message}");
    }
}
