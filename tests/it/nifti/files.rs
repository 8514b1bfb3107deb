//! Names, pairs, and things which are no files.

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use voxdice::error::{FileError, FileErrorKind, GzipFault, MagicFault};
use voxdice::io::Input;
use voxdice::io::nifti::{Geometry, Voxels, read, read_header, write};

/// Header and voxels of a small image, apart.
fn halves(voxels: &[u8]) -> (Vec<u8>, Vec<u8>) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.nii");
    let shape = [voxels.len() as u64];
    write(&path, &shape, &Geometry::from_spacing([1.0; 3]), voxels).unwrap();
    let mut header = fs::read(&path).unwrap();
    let voxels = header.split_off(352);
    header.truncate(348);
    header[344..].copy_from_slice(b"ni1\0");
    header[108..112].fill(0);
    (header, voxels)
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    use std::io::Write;
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    packed.write_all(bytes).unwrap();
    packed.finish().unwrap()
}

/// The first two voxels are those with which a gzip file starts.
const LIKE_GZIP: [u8; 5] = [0x1f, 0x8b, 8, 0, 3];

#[test]
fn pairs_are_found_from_either_half() {
    let (header, voxels) = halves(&LIKE_GZIP);
    for (header_name, voxel_name) in [
        ("a.hdr", "a.img"),
        ("A.HDR", "A.IMG"),
        ("a.b.hdr.gz", "a.b.img.gz"),
        ("c.hdr", "c.img.gz"),
        ("d.hdr.gz", "d.img"),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let put = |name: &str, bytes: &[u8]| {
            let bytes = if name.ends_with(".gz") { gzip(bytes) } else { bytes.to_vec() };
            fs::write(folder.path().join(name), bytes).unwrap();
        };
        put(header_name, &header);
        let error = read(folder.path().join(header_name)).unwrap_err();
        assert_eq!(error.kind(), FileErrorKind::MissingFile, "{error}");
        assert!(error.to_string().contains(header_name), "{error}");
        // The header alone is enough for what is in it.
        assert_eq!(read_header(folder.path().join(header_name)).unwrap().shape, [5]);
        put(voxel_name, &voxels);
        for name in [header_name, voxel_name] {
            let image = read(folder.path().join(name)).unwrap();
            assert_eq!(image.voxels, Voxels::U8(LIKE_GZIP.to_vec()), "{name}");
        }
    }
}

#[test]
fn what_is_no_file_is_refused_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let kind = |path: &Path| read(path).unwrap_err().kind();
    assert_eq!(kind(folder.path()), FileErrorKind::NotAFile);
    assert_eq!(kind(&folder.path().join("none.nii")), FileErrorKind::MissingFile);
    assert_eq!(kind(Path::new("")), FileErrorKind::MissingFile);
    if cfg!(target_os = "linux") {
        assert_eq!(kind(Path::new("/dev/zero")), FileErrorKind::NotAFile);
        let pipe = folder.path().join("pipe.nii");
        if std::process::Command::new("mkfifo").arg(&pipe).status().is_ok_and(|s| s.success()) {
            // To open it would wait for a writer that never comes.
            assert_eq!(kind(&pipe), FileErrorKind::NotAFile);
        }
    }
}

/// The bytes of a `.nii`.
fn single(voxels: &[u8]) -> Vec<u8> {
    let (mut header, voxels) = halves(voxels);
    header[344..].copy_from_slice(b"n+1\0");
    header[108..112].copy_from_slice(&352.0_f32.to_le_bytes());
    [&header[..], &[0; 4], &voxels].concat()
}

#[test]
fn an_offset_that_is_no_place_in_the_file_is_refused() {
    for offset in [352.5, f32::NAN, f32::INFINITY, -1e30, 1e30, 347.0, 0.0, 400.0] {
        let mut bytes = single(&[1, 2, 3]);
        bytes[108..112].copy_from_slice(&offset.to_le_bytes());
        let error = read(Input::bytes("a.nii", &bytes[..])).unwrap_err();
        assert!(matches!(error, FileError::BadOffset { .. }), "{offset}: {error}");
    }
}

/// Three decimals of a quaternion may be a little too long; the rotation is one all the same.
#[test]
fn a_quaternion_beyond_1_is_let_pass_by_a_thousandth() {
    let read = |quaternion: [f32; 3]| {
        let mut bytes = single(&[1, 2, 3]);
        bytes[252..254].copy_from_slice(&1i16.to_le_bytes());
        bytes[254..256].copy_from_slice(&0i16.to_le_bytes());
        for (at, value) in (256..).step_by(4).zip(quaternion) {
            bytes[at..at + 4].copy_from_slice(&value.to_le_bytes());
        }
        read(Input::bytes("a.nii", &bytes[..]))
    };
    for quaternion in [[0.0, 0.6, 0.8004], [0.6002, 0.0, 0.8002], [0.8004, 0.6, 0.0], [0.577, 0.577, 0.578]] {
        let [x, y, z, _] = read(quaternion).unwrap().header.geometry.affine;
        let rows = [x, y, z].map(|[a, b, c, _]| [a, b, c]);
        for (i, a) in rows.iter().enumerate() {
            for (j, b) in rows.iter().enumerate() {
                let dot: f64 = a.iter().zip(b).map(|(a, b)| a * b).sum();
                assert!((dot - f64::from(i == j)).abs() < 1e-6, "{quaternion:?}: rows {i} and {j}: {dot}");
            }
        }
    }
    let error = read([0.0, 0.6, 0.801]).unwrap_err();
    assert!(matches!(error, FileError::BadGeometry { .. }), "{error}");
}

/// Which kind of file it is instead is told, as the remedies differ.
#[test]
fn a_wrong_magic_is_told_for_what_it_is() {
    let folder = tempfile::tempdir().unwrap();
    for (name, magic, expected) in [
        ("a.nii", b"ni1\0", MagicFault::VoxelsElsewhere),
        ("a.hdr", b"n+1\0", MagicFault::VoxelsHere),
        ("b.nii", b"\0\0\0\0", MagicFault::Analyze),
        ("b.hdr", b"\0\0\0\0", MagicFault::Analyze),
        ("c.nii", b"n+1 ", MagicFault::Unknown),
        ("c.nii", b"\0\0\0\x01", MagicFault::Unknown),
    ] {
        let mut bytes = single(&[1, 2, 3]);
        bytes[344..348].copy_from_slice(magic);
        let path = folder.path().join(name);
        fs::write(&path, bytes).unwrap();
        let error = read(&path).unwrap_err();
        let FileError::BadMagic { fault, found, .. } = &error else { panic!("{error}") };
        assert_eq!((fault, &found[..]), (&expected, &magic[..]), "{error}");
    }
}

#[test]
fn a_datatype_that_is_not_read_is_called_by_its_name() {
    for (code, name) in [
        (0, "none"),
        (1, "one bit per voxel"),
        (32, "complex64"),
        (128, "RGB24"),
        (1536, "float128"),
        (1792, "complex128"),
        (2048, "complex256"),
        (2304, "RGBA32"),
        (3, "unknown"),
    ] {
        let mut bytes = single(&[1, 2, 3]);
        bytes[70..72].copy_from_slice(&i16::to_le_bytes(code));
        let error = read(Input::bytes("a.nii", &bytes[..])).unwrap_err().to_string();
        assert!(error.contains(&format!("datatype {code} ({name})")), "{error}");
    }
}

/// The decoder's state is set back for each member: that must not cost what a new one costs.
#[test]
fn a_hundred_thousand_empty_members_are_no_hang() {
    let file = single(&[1, 2, 3]);
    let mut bytes = gzip(&file[..352]);
    bytes.extend(gzip(&[]).repeat(100_000));
    bytes.extend(gzip(&file[352..]));
    let started = Instant::now();
    let image = read(Input::bytes("many.nii.gz", &bytes[..])).unwrap();
    println!("{:?}", started.elapsed());
    assert_eq!(image.voxels, Voxels::U8(vec![1, 2, 3]));
    assert!(started.elapsed() < Duration::from_secs(20), "{:?}", started.elapsed());
}

/// What follows the voxels is verified, within reason.
#[test]
fn a_stream_may_go_on_but_not_for_ever() {
    let file = single(&[1, 2, 3]);
    let mib = gzip(&vec![0; 1 << 20]);
    let followed_by = |count| [gzip(&file), mib.repeat(count)].concat();
    let image = read(Input::bytes("long.nii.gz", followed_by(16))).unwrap();
    assert_eq!(image.voxels, Voxels::U8(vec![1, 2, 3]));
    let error = read(Input::bytes("bomb.nii.gz", followed_by(2048))).unwrap_err();
    assert!(matches!(error, FileError::Overlong { declared: 355, .. }), "{error}");
    // Its last byte is of the last member's length.
    let mut wrong = followed_by(16);
    *wrong.last_mut().unwrap() ^= 1;
    let error = read(Input::bytes("long.nii.gz", &wrong[..])).unwrap_err();
    let fault = GzipFault::Length { stored: (1 << 20) ^ (1 << 24), computed: 1 << 20 };
    assert!(matches!(error, FileError::Gzip { fault: found, .. } if found == fault), "{error}");
}

/// Told from sizes alone: nothing is unpacked for it.
#[test]
fn a_claim_beyond_what_gzip_can_hold_is_told_at_once() {
    let mut file = single(&[1, 2, 3]);
    for at in [42, 44, 46] {
        file[at..at + 2].copy_from_slice(&i16::MAX.to_le_bytes());
    }
    file[40] = 3;
    let error = read(Input::bytes("claim.nii.gz", gzip(&file))).unwrap_err();
    let needed = 32767 * 32767 * 32767;
    assert!(matches!(error, FileError::TooSmallForClaim { needed: n, .. } if n == needed), "{error}");
    assert_eq!(error.kind(), FileErrorKind::Truncated);
}
