//! Which files are read is told in one list, and every text that tells it agrees.

use std::fs;
use voxdice::io::READABLE;

#[test]
fn the_readme_names_every_ending() {
    let file = crate::root::root().join("README.md");
    let text = fs::read_to_string(file).unwrap();
    let missing: Vec<_> = READABLE.iter().filter(|ending| !text.contains(&format!("`{ending}`"))).collect();
    assert!(missing.is_empty(), "README.md does not name {missing:?}");
}

#[test]
fn a_file_of_another_kind_is_refused_with_every_ending() {
    let folder = tempfile::tempdir().unwrap();
    for (name, bytes) in [("a.txt", &b"text"[..]), ("a.jpg", b"\xff\xd8\xff")] {
        let path = folder.path().join(name);
        fs::write(&path, bytes).unwrap();
        let message = voxdice::io::read(&path).unwrap_err().to_string();
        for ending in READABLE.iter().chain(&[".npz"]) {
            let is_told = message.contains(&format!("{ending},")) || message.contains(&format!("{ending} "));
            assert!(is_told, "{ending}: {message}");
        }
    }
}

#[test]
fn an_array_under_another_name_is_told_its_own() {
    let folder = tempfile::tempdir().unwrap();
    for name in ["a.nii", "a", "a.png"] {
        let path = folder.path().join(name);
        fs::write(&path, b"\x93NUMPY\x01\0").unwrap();
        let message = voxdice::io::labels::read(&path).unwrap_err().to_string();
        assert!(message.contains("NumPy array that is not called .npy") && message.contains("name it so"), "{message}");
    }
    // Asked for an image, it is none.
    let path = folder.path().join("a.npy");
    fs::write(&path, b"\x93NUMPY\x01\0").unwrap();
    let message = voxdice::io::read(&path).unwrap_err().to_string();
    assert!(message.contains(".bmp, or convert this one"), "{message}");
}
