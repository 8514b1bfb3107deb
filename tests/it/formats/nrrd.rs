//! NRRD, field by field.

use voxdice::error::FileError;
use voxdice::io::{Image, Voxels, nrrd};

fn read(more: &str, data: &[u8]) -> Result<Image, FileError> {
    let text = format!("NRRD0004\ntype: uint8\n{more}\n\n");
    nrrd::read_bytes("a.nrrd", &[text.as_bytes(), data].concat())
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
fn lines_and_bytes_before_the_voxels_are_passed_over() {
    let shape = "dimension: 1\nsizes: 3\nencoding: raw\n";
    for (more, data) in [
        ("byte skip: 2", b"xx\x01\x02\x03".as_slice()),
        ("line skip: 1", b"xx\n\x01\x02\x03".as_slice()),
        ("line skip: 1\nbyte skip: 1", b"xx\nx\x01\x02\x03".as_slice()),
        ("byte skip: -1", b"whatever\x01\x02\x03".as_slice()),
    ] {
        assert_eq!(read(&format!("{shape}{more}"), data).unwrap().voxels, Voxels::U8(vec![1, 2, 3]), "{more}");
    }
    let packed = crate::nifti::hostile::gzip(b"xx\x01\x02\x03");
    let image = read("dimension: 1\nsizes: 3\nencoding: gzip\nbyte skip: 2", &packed).unwrap();
    assert_eq!(image.voxels, Voxels::U8(vec![1, 2, 3]));
}

#[test]
fn each_space_is_turned_to_ours() {
    for (space, signs) in [
        ("RAS", [1.0, 1.0, 1.0]),
        ("left-anterior-superior", [-1.0, 1.0, 1.0]),
        ("LPS", [-1.0, -1.0, 1.0]),
        ("scanner-xyz", [-1.0, -1.0, 1.0]),
    ] {
        let more = format!(
            "dimension: 3\nsizes: 1 1 2\nencoding: raw\nspace: {space}\nspace directions: (2, 0, 0) (0,3,0) (0,0,4)\n\
             space origin: (5,6,7)"
        );
        let geometry = read(&more, &[1, 2]).unwrap().header.geometry;
        let found: [[f64; 2]; 3] = std::array::from_fn(|row| [geometry.affine[row][row], geometry.affine[row][3]]);
        let expected = [[2.0, 5.0], [3.0, 6.0], [4.0, 7.0]];
        assert_eq!(found, std::array::from_fn(|row| expected[row].map(|v: f64| v * signs[row])), "{space}");
        assert_eq!(geometry.spacing, [2.0, 3.0, 4.0]);
    }
}

#[test]
fn fields_that_cannot_be_are_named() {
    let shape = "dimension: 2\nsizes: 2 1\n";
    for (more, wanted) in [
        ("encoding: hex", "hex"),
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
        ("encoding: raw\ndata file: ../a.raw", "folder of the header"),
        ("encoding: raw\ndatafile: LIST", "several data files"),
        ("encoding: raw\na line", "no field; "),
        ("encoding: gzip", "gzip"),
    ] {
        let message = read(&format!("{shape}{more}"), &[1]).unwrap_err().to_string();
        assert!(message.starts_with("a.nrrd: ") && message.contains(wanted) && message.contains("; "), "{message}");
    }
    let message = nrrd::read_bytes("a.nrrd", b"NRRD0009\n\n").unwrap_err().to_string();
    assert!(message.contains("not a NRRD file"), "{message}");
}
