//! Arrays in archives that NumPy wrote (`tests/golden/archives/make.py`).

use std::path::PathBuf;

use voxdice::error::{FileError, FileErrorKind, NpzFault};
use voxdice::io::labels::{self, LabelReader};
use voxdice::io::{Input, npy, soft};

use crate::root::root;

fn path(name: &str) -> PathBuf {
    root().join("tests/golden/archives").join(name)
}

#[test]
fn an_array_in_an_archive_is_that_of_its_own_file() {
    for (archived, alone) in [
        ("one.npz", "truth.npy"),
        ("one.npz:arr_0", "truth.npy"),
        ("two.npz:truth", "truth.npy"),
        ("two.npz:pred.npy", "pred.npy"),
    ] {
        let (archived, alone) = (path(archived), path(alone));
        assert_eq!(npy::read(&archived).unwrap(), npy::read(&alone).unwrap(), "{}", archived.display());
        assert_eq!(labels::read(&archived).unwrap(), labels::read(&alone).unwrap());
        assert_eq!(soft::read(&archived).unwrap(), soft::read(&alone).unwrap());
        let mut reader = LabelReader::open(&archived).unwrap();
        assert_eq!(reader.next_chunk(100).unwrap().map(|piece| piece.len()), Some(24));
    }
    // Bytes in memory as well.
    let bytes = std::fs::read(path("two.npz")).unwrap();
    let input = Input::bytes("two.npz", bytes);
    assert!(matches!(fault(npy::read(&input)), NpzFault::Several(names) if names == ["truth", "pred"]));
    assert_eq!(labels::read(path("one.npz")).unwrap().shape, [4, 3, 2]);
}

fn fault<T: std::fmt::Debug>(result: Result<T, FileError>) -> NpzFault {
    match result.unwrap_err() {
        error @ FileError::Npz { .. } => {
            assert_eq!(error.kind(), FileErrorKind::BadArchive);
            let FileError::Npz { fault, .. } = error else { unreachable!() };
            fault
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn what_is_no_array_says_why() {
    let of = |name: &str| fault(npy::read(path(name)));
    assert_eq!(of("none.npz"), NpzFault::Nothing);
    let members = || vec!["truth".to_owned(), "pred".to_owned()];
    assert_eq!(of("two.npz"), NpzFault::Several(members()));
    assert_eq!(of("two.npz:liver"), NpzFault::NoMember { name: "liver".into(), members: members() });
    assert_eq!(of("bzip2.npz"), NpzFault::Packed { name: "truth".into() });
    let message = npy::read(path("two.npz")).unwrap_err().to_string();
    assert!(
        message.ends_with("there are 2 arrays in this archive, truth, pred; name one, as in FILE.npz:truth"),
        "{message}"
    );
    let gone = npy::read(path("gone.npz:a")).unwrap_err();
    assert!(matches!(&gone, FileError::Missing { path } if path.ends_with("gone.npz")), "{gone}");
}

/// Names are bytes of the file, which may be anybody's. What is shown of them names the array as well.
#[test]
fn names_of_arrays_do_not_steer_a_terminal() {
    let mut bytes = std::fs::read(path("two.npz")).unwrap();
    while let Some(at) = bytes.windows(8).position(|name| name == b"pred.npy") {
        bytes[at..at + 4].copy_from_slice(b"\x1b[1m");
    }
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("a.npz"), bytes).unwrap();
    let read = |name: &str| npy::read(folder.path().join(name));
    let error = read("a.npz").unwrap_err().to_string();
    assert!(error.contains("truth, \u{fffd}[1m; name one") && !error.contains(char::is_control), "{error:?}");
    assert_eq!(read("a.npz:\u{fffd}[1m").unwrap().elements, npy::read(path("pred.npy")).unwrap().elements);
}

#[test]
fn a_damaged_archive_is_an_error_of_the_file() {
    let whole = std::fs::read(path("one.npz")).unwrap();
    let read = |bytes: &[u8]| npy::read(Input::bytes("a.npz", bytes));
    assert!(read(&whole).is_ok());
    for end in 0..whole.len() {
        assert!(read(&whole[..end]).is_err(), "{end}");
    }
    assert_eq!(fault(read(b"no archive")), NpzFault::NoArchive);
    // Every bit matters: of the headers, of the array and of its checksum. Some places say what nobody asks for.
    let sound = npy::read(path("one.npz")).unwrap();
    let mut told = 0;
    for place in 0..whole.len() {
        let mut bytes = whole.clone();
        bytes[place] ^= 0x10;
        match read(&bytes) {
            Ok(array) => assert_eq!(array, sound, "{place}"),
            Err(error) => {
                assert!(error.to_string().starts_with("a.npz"), "{error}");
                told += 1;
            }
        }
    }
    assert!(told > 150, "{told}");
}

#[test]
fn of_two_arrays_of_one_name_the_last_one_is_read_as_in_python() {
    let last = npy::read(path("pred.npy")).unwrap();
    assert_eq!(npy::read(path("twice.npz")).unwrap(), last);
    assert_eq!(npy::read(path("twice.npz:mask")).unwrap(), last);
    assert_ne!(npy::read(path("truth.npy")).unwrap(), last);
}

/// Before memory is taken for it.
#[test]
fn a_size_that_the_file_cannot_back_is_damage() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("a.npz");
    for (name, array) in [("one.npz", "arr_0"), ("two.npz", "truth")] {
        let whole = std::fs::read(path(name)).unwrap();
        let entry = whole.windows(4).position(|bytes| bytes == b"PK\x01\x02").unwrap();
        // The packed size, and the one of the array.
        for places in [&[20][..], &[24], &[20, 24]] {
            let mut bytes = whole.clone();
            for place in places {
                bytes[entry + place..][..4].copy_from_slice(&0x7fff_fff0_u32.to_le_bytes());
            }
            std::fs::write(&file, bytes).unwrap();
            let found = fault(npy::read(format!("{}:{array}", file.display())));
            let NpzFault::Damaged(why) = found else { panic!("{name} {places:?}: {found}") };
            assert!(why.contains("is said to have") && why.contains("and the archive has"), "{why}");
        }
    }
}
