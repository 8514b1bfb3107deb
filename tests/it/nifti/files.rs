//! Names, pairs, and things which are no files.

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use voxdice::error::{FileError, FileErrorKind, GzipFault};
use voxdice::io::nifti::{Geometry, Voxels, read, read_bytes, read_header, write};

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

/// The decoder's state is set back for each member: that must not cost what a new one costs.
#[test]
fn a_hundred_thousand_empty_members_are_no_hang() {
    let file = single(&[1, 2, 3]);
    let mut bytes = gzip(&file[..352]);
    bytes.extend(gzip(&[]).repeat(100_000));
    bytes.extend(gzip(&file[352..]));
    let started = Instant::now();
    let image = read_bytes("many.nii.gz", &bytes).unwrap();
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
    let image = read_bytes("long.nii.gz", &followed_by(16)).unwrap();
    assert_eq!(image.voxels, Voxels::U8(vec![1, 2, 3]));
    let error = read_bytes("bomb.nii.gz", &followed_by(2048)).unwrap_err();
    assert!(matches!(error, FileError::Overlong { declared: 355, .. }), "{error}");
    // Its last byte is of the last member's length.
    let mut wrong = followed_by(16);
    *wrong.last_mut().unwrap() ^= 1;
    let error = read_bytes("long.nii.gz", &wrong).unwrap_err();
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
    let error = read_bytes("claim.nii.gz", &gzip(&file)).unwrap_err();
    let needed = 32767 * 32767 * 32767;
    assert!(matches!(error, FileError::TooSmallForClaim { needed: n, .. } if n == needed), "{error}");
    assert_eq!(error.kind(), FileErrorKind::Truncated);
}
