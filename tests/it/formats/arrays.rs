//! Arrays that are written.

use std::fs;
use voxdice::error::{FileError, WriteFault};
use voxdice::io::npy::{self, Order};

/// The old file is another one that has given up its name, as a link to it shows.
#[test]
fn a_file_is_replaced_as_a_whole() {
    let folder = tempfile::tempdir().unwrap();
    let [path, old] = ["a.npy", "old.npy"].map(|name| folder.path().join(name));
    npy::write(&path, &[2], Order::RowMajor, &[1.0, 2.0]).unwrap();
    let before = fs::read(&path).unwrap();
    fs::hard_link(&path, &old).unwrap();
    npy::write(&path, &[3], Order::RowMajor, &[3.0, 4.0, 5.0]).unwrap();
    assert_eq!(npy::read(&path).unwrap().shape, [3]);
    assert_eq!(fs::read(&old).unwrap(), before);
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2);
}

/// A header of thousands of axes has more bytes than it can say.
#[test]
fn what_would_not_be_read_is_not_written() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.npy");
    npy::write(&path, &[1; 64], Order::RowMajor, &[1.0]).unwrap();
    assert_eq!(npy::read(&path).unwrap().shape, [1; 64]);
    for axes in [65, 30_000] {
        let shape = vec![1; axes];
        let outcomes = [
            npy::write(&path, &shape, Order::RowMajor, &[1.0]).unwrap_err(),
            npy::input("b.npy", &shape, Order::RowMajor, &[1u8]).unwrap_err(),
        ];
        for error in outcomes {
            assert!(error.to_string().contains("give 64 at most"), "{error}");
            let FileError::Unwritable { fault: WriteFault::Axes(found), .. } = error else { panic!("{error}") };
            assert_eq!(found, axes);
        }
    }
    // What was there is there.
    assert_eq!(npy::read(&path).unwrap().shape, [1; 64]);
}
