//! NRRD, field by field.

use crate::nifti::hostile::gzip;
use voxdice::error::FileError;
use voxdice::io::nifti::AffineSource;
use voxdice::io::{Image, Input, StoredType, Voxels, nrrd};

fn read(more: &str, data: &[u8]) -> Result<Image, FileError> {
    let text = format!("NRRD0004\ntype: uint8\n{more}\n\n");
    nrrd::read(Input::bytes("a.nrrd", [text.as_bytes(), data].concat()))
}

/// The same two channels of 2 x 2 voxels, wherever their axis is.
#[test]
fn the_axis_of_channels_becomes_the_last_one() {
    let voxels = Voxels::U8(vec![1, 2, 3, 4, 11, 12, 13, 14]);
    for (more, data) in [
        ("kinds: vector domain domain", [1, 11, 2, 12, 3, 13, 4, 14]),
        ("kinds: domain list domain", [1, 2, 11, 12, 3, 4, 13, 14]),
        ("kinds: domain domain RGB-color", [1, 2, 3, 4, 11, 12, 13, 14]),
        ("space dimension: 2\nspace directions: none (1,0) (0,1)", [1, 11, 2, 12, 3, 13, 4, 14]),
    ] {
        let image = read(&format!("dimension: 3\nsizes: 2 2 2\nencoding: raw\n{more}"), &data).unwrap();
        assert_eq!((&image.header.shape, image.header.channels), (&vec![2, 2, 2], 2), "{more}");
        assert_eq!(image.voxels, voxels, "{more}");
    }
    let series =
        read("dimension: 3\nsizes: 2 2 2\nencoding: raw\nkinds: time space space", &[1, 11, 2, 12, 3, 13, 4, 14]);
    let series = series.unwrap();
    assert_eq!((series.header.channels, series.voxels), (1, voxels));
}

#[test]
fn each_type_has_its_names() {
    let all = [
        ("signed char|char|int8|int8_t", StoredType::I8),
        ("uchar|unsigned char|uint8|UINT8_T", StoredType::U8),
        ("short|short int|signed short|signed short int|int16|int16_t", StoredType::I16),
        ("ushort|unsigned short|unsigned short int|uint16|uint16_t", StoredType::U16),
        ("int|signed int|int32|int32_t", StoredType::I32),
        ("uint|unsigned int|uint32|uint32_t", StoredType::U32),
        ("longlong|long long|long long int|signed long long|signed long long int|int64|int64_t", StoredType::I64),
        ("ulonglong|unsigned long long|unsigned long long int|uint64|uint64_t", StoredType::U64),
        ("Float", StoredType::F32),
        ("double", StoredType::F64),
    ];
    for (names, dtype) in all {
        for name in names.split('|') {
            let text = format!("NRRD0005\ntype: {name}\ndimension: 1\nsizes: 2\nencoding: raw\nendian: little\n\n");
            let image = nrrd::read(Input::bytes("a.nrrd", [text.as_bytes(), &[0; 16]].concat())).unwrap();
            assert_eq!((image.header.dtype, image.voxels.len()), (dtype, 2), "{name}");
        }
    }
    let error =
        nrrd::read(Input::bytes("a.nrrd", *b"NRRD0005\ntype: block\ndimension: 1\nsizes: 2\nencoding: raw\n\n"))
            .unwrap_err();
    assert!(error.to_string().contains("block"), "{error}");
}

#[test]
fn long_values_are_cut_in_messages() {
    for (length, shown) in [(60, format!("{:?}", "x".repeat(60))), (61, format!("{:?}...", "x".repeat(60)))] {
        let text = format!("NRRD0005\ntype: {}\ndimension: 1\nsizes: 2\nencoding: raw\n\n", "x".repeat(length));
        let error = nrrd::read(Input::bytes("a.nrrd", text.as_bytes())).unwrap_err().to_string();
        assert!(error.contains(&shown) && error.contains("...") == (length > 60), "{error}");
    }
}

/// Longer than what is read at a time, so that numbers are cut, wherever the cuts fall.
#[test]
fn long_texts_are_read_whole() {
    for length in [1, 4095, 8191, 8192, 8193, 50_000] {
        for widest in [10, 1000] {
            let numbers: Vec<u16> = (0..length).map(|i| (i * 7919 % widest) as u16).collect();
            let text: Vec<String> = numbers.iter().map(u16::to_string).collect();
            let head = format!("NRRD0004\ntype: ushort\ndimension: 1\nsizes: {length}\nencoding: text\n\n");
            for end in ["", "\n"] {
                let bytes = [head.as_bytes(), text.join(" ").as_bytes(), end.as_bytes()].concat();
                assert_eq!(
                    nrrd::read(Input::bytes("a.nrrd", bytes)).unwrap().voxels,
                    Voxels::U16(numbers.clone()),
                    "{length}"
                );
            }
        }
    }
}

#[test]
fn lines_and_bytes_before_the_voxels_are_passed_over() {
    let shape = "dimension: 1\nsizes: 3\nencoding: raw\n";
    for (more, data) in [
        ("byte skip: 2", b"xx\x01\x02\x03".as_slice()),
        ("line skip: 1", b"xx\n\x01\x02\x03".as_slice()),
        ("line skip: 1\nbyte skip: 1", b"xx\nx\x01\x02\x03".as_slice()),
        ("byte skip: -1", b"whatever\x01\x02\x03".as_slice()),
        ("byte skip: -1", b"\x01\x02\x03".as_slice()),
    ] {
        assert_eq!(read(&format!("{shape}{more}"), data).unwrap().voxels, Voxels::U8(vec![1, 2, 3]), "{more}");
    }
    let packed = gzip(b"xx\x01\x02\x03");
    let image = read("dimension: 1\nsizes: 3\nencoding: gzip\nbyte skip: 2", &packed).unwrap();
    assert_eq!(image.voxels, Voxels::U8(vec![1, 2, 3]));
}

#[test]
fn each_space_is_turned_to_ours() {
    const RAS: [f64; 3] = [1.0, 1.0, 1.0];
    const LAS: [f64; 3] = [-1.0, 1.0, 1.0];
    const LPS: [f64; 3] = [-1.0, -1.0, 1.0];
    for (names, signs) in [
        (["right-anterior-superior", "RAS", "rast", "Right-Anterior-Superior-Time"], RAS),
        (["left-anterior-superior", "las", "LAST", "left-anterior-superior-time"], LAS),
        (["left-posterior-superior", "LPS", "lpst", "left-posterior-superior-time"], LPS),
        (["scanner-xyz", "3D-right-handed", "scanner-xyz-time", "3D-right-handed-time"], LPS),
        (["3D-left-handed", "3D-left-handed", "3D-left-handed-time", "3D-left-handed-time"], LPS),
    ] {
        for (name, time) in names.into_iter().zip([false, false, true, true]) {
            let (rank, fourth, origin, last) =
                if time { (4, " 1", "(5,6,7,9)", " (0,0,0,8)") } else { (3, "", "(5,6,7)", "") };
            let vector = |x, y, z| if time { format!("({x}, {y},{z},0)") } else { format!("({x}, {y},{z})") };
            let more = format!(
                "dimension: {rank}\nsizes: 1 1 2{fourth}\nencoding: raw\nspace: {name}\nspace directions: {} {} {}{last}\n\
                 space origin: {origin}",
                vector(2, 0, 0),
                vector(0, 3, 0),
                vector(0, 0, 4),
            );
            let geometry = read(&more, &[1, 2]).unwrap().header.geometry;
            let expected = [[2.0, 0.0, 0.0, 5.0], [0.0, 3.0, 0.0, 6.0], [0.0, 0.0, 4.0, 7.0]];
            // To the bit: no zero of the affine has a sign.
            let bits = |rows: [[f64; 4]; 3]| rows.map(|row| row.map(f64::to_bits));
            let expected: [[f64; 4]; 3] =
                std::array::from_fn(|row| expected[row].map(|v| if v == 0.0 { v } else { v * signs[row] }));
            let [x, y, z, _] = geometry.affine;
            assert_eq!(bits([x, y, z]), bits(expected), "{name}");
            assert_eq!(geometry.spacing, [2.0, 3.0, 4.0]);
        }
    }
}

/// Relative to the lengths of the axes; an axis of one voxel may lead anywhere.
#[test]
fn axes_that_leave_no_volume_are_singular() {
    let affine = |sizes: &str, directions: &str| {
        let more = format!("dimension: 3\nsizes: {sizes}\nencoding: raw\nspace: RAS\nspace directions: {directions}");
        read(&more, &[1; 8]).map(|image| image.header.geometry.affine)
    };
    for directions in [
        "(1,0,0) (1,0,0) (0,0,1)",
        "(0,1,0) (0,1,0) (0,0,1)",
        "(0,0,1) (1,0,0) (0,0,1)",
        "(1,0,0) (1,1,0) (0,1,0)",
        "(3,0,0) (3,3,0) (1,2,0)",
        "(1,2,3) (4,5,6) (7,8,9)",
        "(1e4,0,0) (1e4,1e-4,0) (0,0,1e4)",
        "(0,0,0) (0,1,0) (0,0,1)",
    ] {
        let message = affine("2 2 2", directions).unwrap_err().to_string();
        assert!(message.contains("singular"), "{directions}: {message}");
    }
    for (sizes, directions) in [
        ("2 2 2", "(1e-4,0,0) (0,1e-4,0) (0,0,1e-4)"),
        ("2 2 2", "(1e4,0,0) (1e4,1e4,0) (0,1e4,1e4)"),
        ("2 2 2", "(0,1e-4,0) (0,0,1e4) (1,1,1)"),
        ("1 2 4", "(0,0,0) (0,1,0) (0,0,1)"),
        ("1 2 4", "(0,1,0) (0,1,0) (0,0,1)"),
        ("4 1 2", "(0,1,0) (0,1,0) (0,0,1)"),
    ] {
        affine(sizes, directions).unwrap_or_else(|error| panic!("{directions}: {error}"));
    }
}

#[test]
fn an_axis_without_a_spacing_has_1() {
    let more = "dimension: 3\nsizes: 2 1 1\nencoding: raw\nspacings: 0.5 nan 3";
    assert_eq!(read(more, &[1, 2]).unwrap().header.geometry.spacing, [0.5, 1.0, 3.0]);
}

#[test]
fn lengths_are_told_in_millimetres() {
    for (units, in_mm) in [
        ("\"mm\" \"mm\" \"mm\"", 1.0),
        ("\"um\" \"um\" \"um\"", 1e-3),
        ("\"\u{b5}m\" \"\u{b5}m\" \"\u{b5}m\"", 1e-3),
        ("\"\u{3bc}m\" \"\u{3bc}m\" \"\u{3bc}m\"", 1e-3),
        ("\"m\" \"m\" \"m\"", 1e3),
        ("\"parsec\" \"parsec\" \"parsec\"", 1.0),
    ] {
        let more = format!(
            "dimension: 3\nsizes: 1 1 2\nencoding: raw\nspace: RAS\nspace units: {units}\n\
             space directions: (2,0,0) (0,4,0) (0,0,8)\nspace origin: (16,32,64)"
        );
        let geometry = read(&more, &[1, 2]).unwrap().header.geometry;
        assert_eq!(geometry.spacing_mm(), [2.0, 4.0, 8.0].map(|v| v * in_mm), "{units}");
        let [x, y, z, last] = geometry.affine_mm();
        let of = |v: f64| v * in_mm;
        let rows = [[of(2.0), 0.0, 0.0, of(16.0)], [0.0, of(4.0), 0.0, of(32.0)], [0.0, 0.0, of(8.0), of(64.0)]];
        assert_eq!(([x, y, z], last), (rows, [0.0, 0.0, 0.0, 1.0]), "{units}");
    }
}

#[test]
fn the_byte_order_is_told_where_it_matters() {
    let read = |more: &str, data: &[u8]| {
        let text = format!("NRRD0004\ndimension: 1\nsizes: 2\n{more}\n\n");
        nrrd::read(Input::bytes("a.nrrd", [text.as_bytes(), data].concat()))
    };
    let words =
        |more: &str| read(&format!("type: short\nencoding: raw\n{more}"), &[1, 0, 0, 2]).map(|image| image.voxels);
    assert_eq!(words("endian: little").unwrap(), Voxels::I16(vec![1, 512]));
    assert_eq!(words("endian: big").unwrap(), Voxels::I16(vec![256, 2]));
    for (more, wanted) in [("endian: middle", "middle"), ("content: none", "no field endian")] {
        let message = words(more).unwrap_err().to_string();
        assert!(message.contains(wanted) && message.contains("; "), "{message}");
    }
    assert_eq!(read("type: short\nencoding: text", b"1 512").unwrap().voxels, Voxels::I16(vec![1, 512]));
    assert_eq!(read("type: uchar\nencoding: raw", &[1, 2]).unwrap().voxels, Voxels::U8(vec![1, 2]));
}

#[test]
fn the_voxels_may_be_the_end_of_what_a_gzip_stream_holds() {
    let read = |bytes: &[u8]| read("dimension: 1\nsizes: 3\nencoding: gzip\nbyte skip: -1", &gzip(bytes));
    for before in [&b""[..], b"a header of its own"] {
        let image = read(&[before, &[1, 2, 3]].concat()).unwrap();
        assert_eq!((image.voxels, image.surplus), (Voxels::U8(vec![1, 2, 3]), 0));
    }
    let message = read(&[1, 2]).unwrap_err().to_string();
    assert!(message.contains("3 bytes are needed, 2 are there"), "{message}");
}

#[test]
fn bytes_behind_the_voxels_are_counted() {
    for (encoding, data) in [("raw", [1, 2, 3, 4, 5].to_vec()), ("gzip", gzip(&[1, 2, 3, 4, 5]))] {
        let image = read(&format!("dimension: 1\nsizes: 3\nencoding: {encoding}"), &data).unwrap();
        assert_eq!((image.voxels, image.surplus), (Voxels::U8(vec![1, 2, 3]), 2), "{encoding}");
        let skipped = read(&format!("dimension: 1\nsizes: 3\nbyte skip: 2\nencoding: {encoding}"), &data).unwrap();
        assert_eq!((skipped.voxels, skipped.surplus), (Voxels::U8(vec![3, 4, 5]), 0), "{encoding}");
    }
    let text = read("dimension: 1\nsizes: 3\nencoding: text", b"1 2 3 and more").unwrap();
    assert_eq!((text.voxels, text.surplus), (Voxels::U8(vec![1, 2, 3]), 0));
}

/// The field then says no more than if it were not there.
#[test]
fn directions_of_no_axis_leave_the_spacings() {
    let more = "dimension: 3\nsizes: 2 1 1\nencoding: raw\nspacings: 0.5 2 3\nspace directions: none none none";
    let image = read(more, &[1, 2]).unwrap();
    assert_eq!((image.header.channels, image.header.geometry.spacing), (1, [0.5, 2.0, 3.0]));
}

#[test]
fn fields_that_cannot_be_are_named() {
    let shape = "dimension: 2\nsizes: 2 1\n";
    for (more, wanted) in [
        ("encoding: hex", "the encoding hex"),
        ("encoding: bz2", "the encoding bzip2"),
        ("encoding: zip", "encoding"),
        ("encoding: raw\nbyte skip: -2", "byte skip"),
        ("encoding: raw\nbyte skip: 9223372036854775807", "ends inside the voxels"),
        ("encoding: raw\nencoding: raw", "encoding twice"),
        ("encoding: raw\nkinds: domain", "kinds"),
        ("encoding: raw\nkinds: list list", "several axes"),
        ("encoding: raw\nspace: nowhere", "space"),
        ("encoding: raw\nspace dimension: 2\nspace directions: (1,0) (1,nan)", "space directions"),
        ("encoding: raw\nspace: LPS\nspace directions: (1,0) (0,1)", "space directions"),
        ("encoding: raw\nspacings: 0 1", "singular"),
        ("encoding: raw\nspacings: inf 1", "spacings"),
        // A field is a field whatever its value holds.
        ("encoding: raw\nkinds: domain:=list", "kinds"),
        ("encoding: raw\ndata file: ../a.raw", "folder of the header"),
        ("encoding: raw\ndatafile: LIST", "several data files"),
        ("encoding: raw\na line", "no field; "),
        ("encoding: gzip", "gzip"),
    ] {
        let message = read(&format!("{shape}{more}"), &[1]).unwrap_err().to_string();
        assert!(message.starts_with("a.nrrd: ") && message.contains(wanted) && message.contains("; "), "{message}");
    }
    let message = nrrd::read(Input::bytes("a.nrrd", *b"NRRD0009\n\n")).unwrap_err().to_string();
    assert!(message.contains("not a NRRD file"), "{message}");
}

/// An affine that nobody gave must not outweigh the order of the voxels.
#[test]
fn a_place_is_known_where_the_file_has_one() {
    let source = |more: &str| {
        let more = format!("dimension: 3\nsizes: 2 1 1\nencoding: raw\n{more}");
        read(&more, &[1, 2]).unwrap().header.geometry.source
    };
    assert_eq!(source("spacings: 1 1 1"), AffineSource::Pixdim);
    assert_eq!(source("space: lps"), AffineSource::Pixdim);
    let space = "space: lps\nspace directions: (1,0,0) (0,1,0) (0,0,1)";
    assert_eq!(source(space), AffineSource::Directions);
    assert_eq!(source(&format!("{space}\nspace origin: (0,0,0)")), AffineSource::Directions);
}
