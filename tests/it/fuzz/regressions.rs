//! What the targets found in readers, named for what was wrong.

use std::fs;
use std::path::Path;

use voxdice::io::{Input, metaimage, npy, nrrd};

/// A header could write to the terminal of whoever is told that its data file is not there.
#[test]
fn a_data_file_with_control_characters_is_no_name_and_is_shown_escaped() {
    let header = "NRRD0005\ntype: uchar\ndimension: 1\nsizes: 2\nencoding: raw\ndata file: v\u{1b}[2J.raw\n\n";
    let message = nrrd::read(Input::bytes("a.nhdr", header.as_bytes())).unwrap_err().to_string();
    assert!(message.contains(r"v\u{1b}[2J.raw") && !message.contains(char::is_control), "{message:?}");
    let header = "NDims = 1\nDimSize = 2\nElementType = MET_UCHAR\nElementDataFile = LO\u{1}\u{b}CAL\n";
    let message = metaimage::read(Input::bytes("a.mhd", header.as_bytes())).unwrap_err().to_string();
    assert!(message.contains(r"LO\u{1}\u{b}CAL") && !message.contains(char::is_control), "{message:?}");
}

fn array(dict: &str, data: &[u8]) -> Result<npy::Array, voxdice::error::FileError> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.npy");
    let file = [b"\x93NUMPY\x02\x00", &(dict.len() as u32).to_le_bytes()[..], dict.as_bytes(), data].concat();
    fs::write(&path, file).unwrap();
    npy::read(Path::new(&path))
}

/// The same through the name of a type, which could also be 64 KiB long.
#[test]
fn a_type_of_an_array_is_shown_escaped_and_shortened() {
    let dict = |name: &str| format!("{{'descr': '{name}', 'fortran_order': False, 'shape': (1,)}}");
    for name in ["<\u{1b}[2J", "|O\u{7}", &"x".repeat(60_000)] {
        let message = array(&dict(name), &[0]).unwrap_err().to_string();
        assert!(message.len() < 1000 && !message.contains(char::is_control), "{message:?}");
    }
}

/// Thousands of axes were read, and an array of them could not be written again: its header has 16 bits for its length.
#[test]
fn an_array_of_more_axes_than_numpy_has_is_refused() {
    let dict = |axes: usize| format!("{{'descr': '|u1', 'fortran_order': False, 'shape': ({})}}", "1, ".repeat(axes));
    assert_eq!(array(&dict(64), &[7]).unwrap().shape, [1; 64]);
    for axes in [65, 20_000] {
        let message = array(&dict(axes), &[7]).unwrap_err().to_string();
        assert!(message.contains("64 at most"), "{message}");
    }
}
