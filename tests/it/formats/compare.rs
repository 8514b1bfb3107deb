//! Whether an image is the expected one. Written to find a difference, and tested on differences.

use serde_json::Value;
use voxdice::io::nifti::{self, ByteOrder, Version};
use voxdice::io::{Format, Header, Image, Input, Units, Voxels};

use crate::nifti::npy::{Npy, Number};

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

/// The fields that a list of expectations has.
pub fn header(header: &Header, case: &Value) -> Result<(), String> {
    let mut wrong = Vec::new();
    let mut check = |what: &str, right: bool, found: String| {
        if !right {
            wrong.push(format!("{what} is {found}, not {}", case[what]));
        }
    };
    let list = |value: &Value| -> Vec<f64> { value.as_array().unwrap().iter().map(number).collect() };
    let geometry = &header.geometry;
    // Only NIfTI's affines are computed.
    let tolerance = if header.format == Format::NIFTI { AFFINE_TOLERANCE } else { 0.0 };
    let close = |a: f64, b: f64| (a - b).abs() <= tolerance * b.abs().max(1.0);
    check("dtype", case["dtype"] == header.dtype.name(), header.dtype.to_string());
    let shape: Vec<_> = case["shape"].as_array().unwrap().iter().map(|v| v.as_u64().unwrap()).collect();
    check("shape", shape == header.shape, format!("{:?}", header.shape));
    // Lists of real files have one spacing per axis of the file; ours are always three.
    let (spacing, expected) = (geometry.spacing, list(&case["spacing"]));
    let near = expected.len() <= 3 && spacing.starts_with(&expected);
    check("spacing", near, format!("{spacing:?}"));
    let affine: Vec<f64> = case["affine"].as_array().unwrap().iter().flat_map(&list).collect();
    let near = affine.len() == 16 && affine.iter().zip(geometry.affine.as_flattened()).all(|(&a, &b)| close(a, b));
    check("affine", near, format!("{:?}", geometry.affine));
    if case.get("voxels").is_some() {
        let channels = case.get("channels").map_or(1, |value| value.as_u64().unwrap());
        check("channels", channels == header.channels, header.channels.to_string());
    }
    if case.get("spacing_mm").is_some() {
        let found = geometry.spacing_mm();
        let near = list(&case["spacing_mm"]).into_iter().zip(found).all(|(a, b)| close(a, b));
        check("spacing_mm", near, format!("{found:?}"));
        let found = match geometry.units {
            Units::Unknown => "unknown",
            Units::Metre => "metre",
            Units::Millimetre => "millimetre",
            Units::Micron => "micron",
        };
        check("units", case["units"] == found, found.into());
    }
    if let Some(scale) = header.scale {
        check("scl_slope", number(&case["scl_slope"]) == scale.slope, scale.slope.to_string());
        check("scl_inter", number(&case["scl_inter"]) == scale.inter, scale.inter.to_string());
    }
    if wrong.is_empty() { Ok(()) } else { Err(wrong.join("; ")) }
}

/// The same, and what NIfTI alone has.
pub fn nifti_header(found: &nifti::Header, case: &Value) -> Result<(), String> {
    header(&found.clone().into(), case)?;
    if case.get("nifti").is_none() {
        return Ok(());
    }
    let version = match found.version {
        Version::One => 1,
        Version::Two => 2,
    };
    let byte_order = match found.byte_order {
        ByteOrder::Little => "little",
        ByteOrder::Big => "big",
    };
    match () {
        () if case["nifti"] != version => Err(format!("nifti is {version}, not {}", case["nifti"])),
        () if case["endian"] != byte_order => Err(format!("endian is {byte_order}, not {}", case["endian"])),
        () => Ok(()),
    }
}

/// An image of NIfTI as one of any format.
pub fn of_nifti(nifti::Image { header, voxels }: nifti::Image) -> Image {
    Image { header: header.into(), voxels, surplus: 0 }
}

/// A comparison that cannot fail proves nothing: each of these differs in one place.
#[test]
fn the_comparison_finds_a_single_changed_voxel_of_every_type() {
    use voxdice::io::nifti::{Geometry, Voxel, read, write};

    fn image<T: Voxel>(values: &[T]) -> nifti::Image {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.nii.gz");
        let shape = [values.len() as u64, 1, 1];
        write(&path, &shape, &Geometry::from_spacing([1.0, 2.0, 3.0]), values).unwrap();
        read(&path).unwrap()
    }
    fn check(image: nifti::Image, changes: &[(usize, Number)]) {
        let image = of_nifti(image);
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
    nifti_header(&right, &case).unwrap();
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
        let message = nifti_header(&right, &changed).unwrap_err();
        assert!(message.starts_with(what), "{message}");
    }
}

/// A comparison that cannot fail proves nothing: each of these differs in one place.
#[test]
fn the_comparison_finds_a_changed_header_of_metaimage() {
    let text =
        "NDims = 2\nDimSize = 3 1\nElementType = MET_ULONG_LONG\nElementSpacing = 2 3\nElementDataFile = LOCAL\n";
    let stored = [1, u64::MAX - 1, 3];
    let bytes: Vec<u8> = text.bytes().chain(stored.iter().flat_map(|voxel| voxel.to_le_bytes())).collect();
    let image = voxdice::io::metaimage::read(Input::bytes("a.mha", bytes)).unwrap();
    let right = Npy { shape: vec![3, 1], values: stored.map(|voxel| Number::Int(voxel.into())).to_vec() };
    voxels(&image, &right).unwrap();
    for (at, value) in [(0, 2), (1, i128::from(u64::MAX)), (2, 4)] {
        let mut wrong = right.clone();
        wrong.values[at] = Number::Int(value);
        assert!(voxels(&image, &wrong).unwrap_err().starts_with(&format!("voxel {at} is")));
    }
    let mut turned = right;
    turned.shape.reverse();
    voxels(&image, &turned).unwrap_err();
    let case = serde_json::json!({
        "dtype": "u64", "shape": [3, 1], "spacing": [2.0, 3.0], "voxels": "",
        "affine": [[-2.0, 0.0, 0.0, 0.0], [0.0, -3.0, 0.0, 0.0], [0.0, 0.0, 1.0, 0.0], [0.0, 0.0, 0.0, 1.0]],
    });
    header(&image.header, &case).unwrap();
    for (what, wrong) in [
        ("dtype", serde_json::json!("i64")),
        ("shape", serde_json::json!([3])),
        ("spacing", serde_json::json!([2.0, 3.000001])),
        ("affine", serde_json::json!([[2.0, 0, 0, 0], [0, -3, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1]])),
        ("channels", serde_json::json!(3)),
    ] {
        let mut changed = case.clone();
        changed[what] = wrong;
        assert!(header(&image.header, &changed).unwrap_err().starts_with(what));
    }
}
