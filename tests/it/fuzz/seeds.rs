//! Sound files to start from, small ones, made here.

use std::fs;
use std::path::Path;

use voxdice::io::nifti::{self, Geometry};
use voxdice::io::npy::{self, Order};

use super::bodies::gzip;

/// The seeds of a body.
pub fn of(body: &str) -> Vec<Vec<u8>> {
    match body {
        "nifti" => nifti_files(),
        "nifti_pair" => pairs(),
        "packed" => streams(),
        "nrrd" => nrrds(),
        "metaimage" => metaimages(),
        "npy" => arrays(),
        "npz" => golden("archives", ".npz"),
        "seg_nrrd" => segmentations(),
        "bmp" => golden("pictures", ".bmp"),
        "png" => golden("pictures", ".png"),
        "tiff" => golden("pictures", ".tif"),
        "mgh" => [golden("volumes", ".mgz"), golden("volumes", ".mgh")].concat(),
        "gipl" => [golden("volumes", ".gipl"), golden("volumes", ".gipl.gz")].concat(),
        "nifti_zst" => golden("volumes", ".zst"),
        "loss_call" => CALLS.iter().map(|call| call.as_bytes().to_vec()).collect(),
        _ => panic!("no seeds of {body}"),
    }
}

/// Constructor calls with every kind of value.
const CALLS: [&str; 8] = [
    "monai.losses.DiceCELoss(softmax=True, weight=[.2, 0.3, 5e-1], lambda_ce=2, label_smoothing=0.1)",
    "monai.FocalLoss(True, False, 3.0, alpha=(0.1, 0.2, 0.3), reduction=LossReduction.NONE, use_softmax=True)",
    "smp.DiceLoss('multiclass', classes=[0, -1], log_loss=True, ignore_index=255, class_weights=[1, 2, 3])",
    "segmentation_models_pytorch.losses.FocalLoss(mode=\"multilabel\", alpha=None, normalized=1, reduced_threshold=.5)",
    "keras@main.losses.Tversky(alpha=0.3, axis=(1, 2), reduction='none', name=None)",
    "tf.keras.losses.CategoricalFocalCrossentropy(alpha=[0.25, 0.5, 1.0], from_logits=True, axis=-1)",
    "nnunet.DC_and_BCE_loss({'pos_weight': torch.tensor([[[0.5]], [[1]], [[2]]])}, dict(smooth=1e-5), use_ignore_label=False)",
    "nnunetv2.training.loss.DC_and_topk_loss({'batch_dice': True, 'ddp': False}, {'k': 10}, ignore_label=-1)",
];

/// The files of a folder of golden ones that end so, as programs wrote them.
fn golden(folder: &str, ending: &str) -> Vec<Vec<u8>> {
    // The manifest is that of the library, or of the targets beside it.
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let root = here.ancestors().find(|root| root.join("tests/golden").is_dir()).unwrap();
    let files = fs::read_dir(root.join("tests/golden").join(folder)).unwrap().map(|entry| entry.unwrap().path());
    let mut files: Vec<_> = files.filter(|path| path.to_string_lossy().ends_with(ending)).collect();
    files.sort();
    files.into_iter().map(|path| fs::read(path).unwrap()).collect()
}

fn written(write: impl Fn(&Path), name: &str) -> Vec<u8> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(name);
    write(&path);
    fs::read(path).unwrap()
}

/// A NIfTI header in either byte order, followed by voxels.
pub fn nifti_1(big: bool, shape: &[i16], code: i16, bytes: i16, magic: &[u8; 4], voxels: &[u8]) -> Vec<u8> {
    let mut file = vec![0_u8; if magic == b"n+1\0" { 352 } else { 348 }];
    let mut put = |at: usize, word: &[u8]| {
        let mut word = word.to_vec();
        if big {
            word.reverse();
        }
        file[at..at + word.len()].copy_from_slice(&word);
    };
    put(0, &348_i32.to_le_bytes());
    put(40, &(shape.len() as i16).to_le_bytes());
    for (axis, length) in shape.iter().enumerate() {
        put(42 + 2 * axis, &length.to_le_bytes());
    }
    put(70, &code.to_le_bytes());
    put(72, &(8 * bytes).to_le_bytes());
    for (axis, step) in [1.0_f32, 0.5, 0.75, 2.0].into_iter().enumerate() {
        put(76 + 4 * axis, &step.to_le_bytes());
    }
    put(108, &(if magic == b"n+1\0" { 352.0_f32 } else { 0.0 }).to_le_bytes());
    put(252, &1_i16.to_le_bytes());
    put(256, &0.6_f32.to_le_bytes());
    file[344..348].copy_from_slice(magic);
    file.extend(voxels);
    file
}

/// The same of version 2.
pub fn nifti_2(shape: &[i64], code: i16, magic: &[u8; 8], voxels: &[u8]) -> Vec<u8> {
    let single = magic.starts_with(b"n+2");
    let mut file = vec![0_u8; if single { 544 } else { 540 }];
    file[..4].copy_from_slice(&540_i32.to_le_bytes());
    file[4..12].copy_from_slice(magic);
    file[12..14].copy_from_slice(&code.to_le_bytes());
    file[16..24].copy_from_slice(&(shape.len() as i64).to_le_bytes());
    for (axis, length) in shape.iter().enumerate() {
        file[24 + 8 * axis..32 + 8 * axis].copy_from_slice(&length.to_le_bytes());
    }
    file[104..136].copy_from_slice([1.0_f64, 0.5, 0.75, 2.0].map(f64::to_le_bytes).as_flattened());
    file[168..176].copy_from_slice(&(if single { 544_i64 } else { 0 }).to_le_bytes());
    // Scaled: 2 x + 0.
    file[176..184].copy_from_slice(&2.0_f64.to_le_bytes());
    file.extend(voxels);
    file
}

fn nifti_files() -> Vec<Vec<u8>> {
    let plain = Geometry::from_spacing([0.5, 0.75, 2.0]);
    let u8s: Vec<u8> = (0..60).collect();
    let f32s: Vec<f32> = (0..24).map(|i| i as f32 / 2.0).collect();
    vec![
        written(|path| nifti::write(path, &[5, 4, 3], &plain, &u8s).unwrap(), "a.nii"),
        written(|path| nifti::write(path, &[5, 4, 3], &plain, &u8s).unwrap(), "a.nii.gz"),
        written(|path| nifti::write(path, &[2, 3, 2, 1, 2], &plain, &f32s).unwrap(), "a.nii"),
        written(|path| nifti::write(path, &[3], &plain, &[1_u64, 2, 300]).unwrap(), "a.nii"),
        nifti_1(true, &[3, 2, 2], 512, 2, b"n+1\0", &[0, 7].repeat(12)),
        nifti_2(&[3, 2, 2], 4, b"n+2\0\r\n\x1a\n", &[3, 0].repeat(12)),
    ]
}

fn pairs() -> Vec<Vec<u8>> {
    vec![
        nifti_1(false, &[3, 2, 2], 2, 1, b"ni1\0", &[1; 12]),
        nifti_1(true, &[3, 2, 2], 16, 4, b"ni1\0", &2.0_f32.to_be_bytes().repeat(12)),
        nifti_2(&[3, 2, 2], 4, b"ni2\0\r\n\x1a\n", &[3, 0].repeat(12)),
    ]
}

fn streams() -> Vec<Vec<u8>> {
    use flate2::{Compression, GzBuilder, write::ZlibEncoder};
    use std::io::Write;
    let content: Vec<u8> = (0..200).map(|i| i / 7).collect();
    let with = |builder: GzBuilder, level| {
        let mut packed = builder.write(Vec::new(), level);
        packed.write_all(&content).unwrap();
        packed.finish().unwrap()
    };
    let full = GzBuilder::new().filename("a.nii").comment("c").extra(vec![1, 2, 3]).mtime(1);
    let mut zlib = ZlibEncoder::new(Vec::new(), Compression::best());
    zlib.write_all(&content).unwrap();
    let plain = gzip(&content);
    // With a checksum of the header, which flate2 does not write.
    let mut checked = plain.clone();
    checked[3] = 2;
    let mut sum = flate2::Crc::new();
    sum.update(&checked[..10]);
    checked.splice(10..10, (sum.sum() as u16).to_le_bytes());
    vec![
        [&plain[..], &gzip(b""), &gzip(&[9; 300])].concat(),
        [&with(full, Compression::best())[..], &[0; 40]].concat(),
        with(GzBuilder::new(), Compression::none()),
        checked,
        zlib.finish().unwrap(),
        plain,
    ]
}

fn metaimages() -> Vec<Vec<u8>> {
    let meta = |more: &str, data: &[u8]| {
        let text = format!("ObjectType = Image\nNDims = 3\nDimSize = 3 2 2\nElementType = MET_USHORT\n{more}");
        [text.as_bytes(), data].concat()
    };
    let local = "ElementDataFile = LOCAL\n";
    let zlib = streams().swap_remove(4);
    vec![
        meta(&format!("ElementSpacing = 1 2 3\nOffset = 1 -2 3e1\n{local}"), &[7; 24]),
        meta(&format!("TransformMatrix = 0 1 0 1 0 0 0 0 -1\nBinaryDataByteOrderMSB = True\n{local}"), &[1; 24]),
        meta(&format!("CompressedData = True\n{local}"), &zlib),
        meta(&format!("BinaryData = False\n{local}"), b"1 2 3 4 5 6\n7 8 9 10 11 12\n"),
        meta(&format!("ElementNumberOfChannels = 2\nHeaderSize = -1\n{local}"), &[7; 48]),
        meta("HeaderSize = 3\nElementDataFile = v.raw\n", b""),
        meta("CompressedData = True\nElementDataFile = v.gz\n", b""),
        meta("BinaryData = False\nElementDataFile = v.txt\n", b""),
    ]
}

fn nrrds() -> Vec<Vec<u8>> {
    let nrrd = |more: &str, data: &[u8]| {
        let text = format!("NRRD0005\n# c\ntype: ushort\ndimension: 4\nsizes: 3 2 2 2\nendian: big\n{more}\n\n");
        [text.as_bytes(), data].concat()
    };
    let directions = "space: RAS\nspace directions: (1,0,0) none (0,2,0) (0,0,-3)\nspace origin: (1,2,3)\n";
    vec![
        nrrd(&format!("{directions}encoding: raw\nbyte skip: -1"), &[5; 48]),
        nrrd("kinds: domain domain domain list\nencoding: gzip\nkey:=value", &gzip(&[1; 48])),
        nrrd("spacings: 1 2 3 nan\nencoding: text", &b"17 ".repeat(24)),
        nrrd("kinds: time space space space\nencoding: gz\nbyte skip: 2", &gzip(&[1; 50])),
        nrrd("encoding: raw\nline skip: 1\nbyte skip: 3\ndata file: v.raw", b""),
        nrrd("encoding: gzip\ndata file: v.gz", b""),
        nrrd("encoding: txt\nspace units: \"mm\" \"mm\" \"mm\"\ndatafile: v.txt", b""),
    ]
}

fn segmentations() -> Vec<Vec<u8>> {
    let of = |more: &str, data: &[u8]| {
        let text = format!("NRRD0004\ntype: unsigned char\nspace: left-posterior-superior\n{more}\n");
        [text.as_bytes(), data].concat()
    };
    let flat = "dimension: 3\nsizes: 2 2 2\nkinds: domain domain domain\nencoding: gzip\n";
    let layered = "dimension: 4\nsizes: 2 2 2 2\nkinds: list domain domain domain\n\
                   space directions: none (1,0,0) (0,1,0) (0,0,1)\nencoding: raw\n";
    let keys = |n: u32, more: &str| format!("Segment{n}_ID:=S_{n}\nSegment{n}_LabelValue:={}\n{more}", n + 1);
    let names = [keys(0, "Segment0_Name:=liver\\nx\nSegment0_Layer:=0\n"), keys(1, "Segment1_Layer:=1\n")].concat();
    vec![
        of(&format!("{flat}{names}"), &gzip(&[0, 1, 2, 0, 1, 2, 2, 1])),
        of(&format!("{layered}{names}"), &[0, 1, 2, 1].repeat(4)),
        of(&format!("{layered}Segment0_Name:=a\nSegment1_Name:=b := c: d\n"), &[0, 1].repeat(8)),
    ]
}

fn arrays() -> Vec<Vec<u8>> {
    let array = |dict: &str, version: u8, data: &[u8]| {
        let mut file = [b"\x93NUMPY", &[version, 0][..]].concat();
        if version == 1 {
            file.extend((dict.len() as u16).to_le_bytes());
        } else {
            file.extend((dict.len() as u32).to_le_bytes());
        }
        file.extend(dict.as_bytes());
        file.extend(data);
        file
    };
    let f32s: Vec<f32> = (0..12).map(|i| i as f32 / 2.0).collect();
    vec![
        written(|path| npy::write(path, &[2, 3, 2], Order::RowMajor, &f32s).unwrap(), "a.npy"),
        written(|path| npy::write(path, &[2, 3, 2], Order::ColumnMajor, &f32s).unwrap(), "a.npy"),
        array("{'descr': '>i8', 'fortran_order': True, 'shape': (2L, 3L)}", 2, &[0; 48]),
        array("{'descr': '|b1', 'fortran_order': False, 'shape': (4, 2), }  \n", 3, &[0, 1, 2, 255, 0, 0, 1, 1]),
        array("{\"descr\": '<f2', 'fortran_order': False, 'shape': (5,)}", 1, &[0, 0x3c].repeat(5)),
        array("{'descr': '=u4', 'fortran_order': True, 'shape': (3, 1, 2)}", 1, &[1, 0, 0, 0].repeat(6)),
        array("{'descr': '<f8', 'fortran_order': False, 'shape': ()}", 1, &3.0_f64.to_le_bytes()),
    ]
}
