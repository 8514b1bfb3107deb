//! What files hold: axes, types, label maps, NIfTI; and what is refused.

use super::*;

#[test]
fn axes_mean_what_the_layout_says() {
    let files = Files::new();
    // [2, 3, 4] channels first, and the same voxels channels last.
    let first: Vec<f32> = (0..24).map(|i| (i * 7 % 24) as f32 / 32.0).collect();
    let truth: Vec<f32> = (0..24).map(|i| f32::from(u8::from(i % 3 == 0))).collect();
    let last = |values: &[f32]| -> Vec<f32> { (0..24).map(|i| values[i / 12 * 12 + i % 3 * 4 + i % 12 / 3]).collect() };
    let [t, p] = [files.f32("t.npy", &[2, 3, 4], &truth), files.f32("p.npy", &[2, 3, 4], &first)];
    let [tl, pl] = [files.f32("tl.npy", &[2, 4, 3], &last(&truth)), files.f32("pl.npy", &[2, 4, 3], &last(&first))];
    let expected = json(arguments(&t, &p, &[]));
    assert_eq!(expected["shape"], serde_json::json!([2, 3]));
    assert_eq!(expected["values"], json(arguments(&tl, &pl, &["--layout", "channels-last"]))["values"]);
    // Fortran order, big endian: the same array.
    let fortran: Vec<u8> = (0..24).flat_map(|i| first[i % 2 * 12 + i / 2 % 3 * 4 + i / 6].to_be_bytes()).collect();
    let path = files.path("fortran.npy");
    array(&path, ">f4", true, &[2, 3, 4], &fortran);
    assert_eq!(expected["values"], json(arguments(&t, &path, &[]))["values"]);
    // Without samples the same voxels are one sample whose first axis is the channels.
    let found = json(arguments(&t, &p, &["--layout", "unbatched"]));
    assert_eq!(found["shape"], serde_json::json!([1, 2]));
    assert_eq!(json(arguments(&t, &p, &["--layout", "flat"]))["shape"], serde_json::json!([1, 1]));
    assert_eq!(json(arguments(&t, &p, &["--per", "row"]))["shape"], serde_json::json!([2, 3]));
}

#[test]
fn every_type_holds_the_same_mask() {
    let files = Files::new();
    let pred = files.f32("pred.npy", &[3, 4], &PRED);
    let whole = TRUTH.map(|x| x as i8);
    let expected = reduced(&files.f32("truth.npy", &[3, 4], &TRUTH), &pred, &[]);
    let shape = [3, 4];
    let half = |x: &i8| if *x == 1 { 0x3c00u16 } else { 0 }.to_le_bytes();
    for path in [
        files.raw("bool.npy", "|b1", &shape, &whole, |x| x.to_le_bytes()),
        files.raw("u1.npy", "|u1", &shape, &whole, |x| x.to_le_bytes()),
        files.raw("i1.npy", "|i1", &shape, &whole, |x| x.to_le_bytes()),
        files.raw("u2.npy", ">u2", &shape, &whole, |x| (*x as u16).to_be_bytes()),
        files.raw("i2.npy", "<i2", &shape, &whole, |x| i16::from(*x).to_le_bytes()),
        files.raw("i4.npy", "<i4", &shape, &whole, |x| i32::from(*x).to_le_bytes()),
        files.raw("u4.npy", ">u4", &shape, &whole, |x| (*x as u32).to_be_bytes()),
        files.raw("i8.npy", ">i8", &shape, &whole, |x| i64::from(*x).to_be_bytes()),
        files.raw("u8.npy", "<u8", &shape, &whole, |x| (*x as u64).to_le_bytes()),
        files.raw("f2.npy", "<f2", &shape, &whole, half),
        files.raw("f8.npy", "<f8", &shape, &whole, |x| f64::from(*x).to_le_bytes()),
    ] {
        assert_eq!(reduced(&path, &pred, &[]), expected, "{}", path.display());
    }
}

#[test]
fn a_label_map_beside_channels_is_its_one_hot() {
    let files = Files::new();
    let labels = [0u8, 2, 1, 1, 0, 2, 2, 2];
    let pred: Vec<f32> = (0..24).map(|i| (i * 5 % 24) as f32 / 32.0).collect();
    let hot: Vec<f32> =
        (0..24).map(|i| f32::from(u8::from(labels[i / 12 * 4 + i % 4] as usize == i % 12 / 4))).collect();
    let [p, t] = [files.f32("p.npy", &[2, 3, 4], &pred), files.f32("t.npy", &[2, 3, 4], &hot)];
    let expected = json(arguments(&t, &p, &["--loss", "dice-ce"]));
    assert_eq!(expected["loss"]["truth"], "volume");
    for (name, shape) in [("map.npy", &[2, 4][..]), ("map1.npy", &[2, 1, 4])] {
        let map = files.raw(name, "|u1", shape, &labels, |x| [*x]);
        let found = json(arguments(&map, &p, &["--loss", "dice-ce"]));
        assert_eq!((&found["values"], &found["loss"]["truth"]), (&expected["values"], &"labels".into()));
        // Also where a preset would flatten.
        assert_eq!(json(arguments(&map, &p, &["--preset", "keras"]))["shape"], serde_json::json!([]));
    }
    let wide = files.raw("wide.npy", "<i8", &[2, 4], &labels, |x| i64::from(*x).to_le_bytes());
    assert_eq!(json(arguments(&wide, &p, &["--loss", "dice-ce"]))["values"], expected["values"]);
    let far = files.raw("far.npy", "|u1", &[2, 4], &[0u8, 3, 1, 1, 0, 2, 2, 2], |x| [*x]);
    fails(2, &["label 3", "3 channels"], arguments(&far, &p, &[]));
    // Whole numbers are labels in any type.
    let float = files.f32("float.npy", &[2, 4], &labels.map(f32::from));
    assert_eq!(json(arguments(&float, &p, &["--loss", "dice-ce"]))["values"], expected["values"]);
    let soft = files.f32("soft.npy", &[2, 4], &labels.map(|label| f32::from(label) + 0.25));
    fails(2, &["soft.npy", "voxel 0 is 0.25", "whole numbers"], arguments(&soft, &p, &[]));
    let negative = files.raw("neg.npy", "|i1", &[2, 4], &[-1i8, 0, 0, 0, 0, 0, 0, 0], |x| x.to_le_bytes());
    fails(2, &["neg.npy", "whole numbers from 0"], arguments(&negative, &p, &[]));
}

#[test]
fn nifti_volumes_have_x_fastest_and_their_channels_last() {
    let files = Files::new();
    let pred: Vec<f32> = (0..24).map(|i| (i * 5 % 24) as f32 / 32.0).collect();
    let truth: Vec<u8> = (0..24).map(|i| u8::from(i % 5 == 0)).collect();
    let hot: Vec<f32> = truth.iter().map(|&x| f32::from(x)).collect();
    // 2 x 3 x 2 voxels of two channels: in memory [channel, z, y, x].
    let [t, p] = [files.map("t.nii", &[2, 3, 2, 2], &truth), files.map("p.nii.gz", &[2, 3, 2, 2], &pred)];
    let [tn, pn] = [files.f32("t.npy", &[1, 2, 2, 3, 2], &hot), files.f32("p.npy", &[1, 2, 2, 3, 2], &pred)];
    let expected = json(arguments(&tn, &pn, &[]));
    let grad = files.path("grad.npy");
    let found = json(arguments(&t, &p, &["--grad", text(&grad)]));
    assert_eq!((&found["values"], &found["shape"]), (&expected["values"], &serde_json::json!([1, 2])));
    let array = npy::read(&grad).unwrap();
    assert_eq!(array.shape, [2, 3, 2, 2]);
    // A vector image as ITK writes it, with a fourth axis of length 1.
    let five = files.map("p5.nii", &[2, 3, 2, 1, 2], &pred);
    let five_truth = files.map("t5.nii", &[2, 3, 2, 1, 2], &truth);
    assert_eq!(json(arguments(&five_truth, &five, &[]))["values"], expected["values"]);
    // A label map of three axes.
    let labels = files.map("labels.nii", &[2, 3, 2], &truth[..12]);
    assert_eq!(json(arguments(&labels, &p, &[]))["loss"]["truth"], "labels");
    // Of f64 voxels all digits count, and where they are rounded, that is said.
    let double =
        files.map("double.nii", &[2, 3, 2], &pred[..12].iter().map(|&x| f64::from(x) + 1e-12).collect::<Vec<_>>());
    let single = files.map("single.nii", &[2, 3, 2], &pred[..12]);
    let found = json(arguments(&labels, &double, &[]));
    assert_eq!(found["warnings"], serde_json::json!([]));
    assert_ne!(found["values"], json(arguments(&labels, &single, &[]))["values"]);
    let grad = files.path("double.npy");
    let mask = files.map("mask.nii", &[2, 3, 2], &[0u8, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1]);
    for flags in
        [["--activation", "sigmoid"], ["--denominator", "power=1.5"], ["--loss", "bce"], ["--grad", text(&grad)]]
    {
        let found = json(arguments(&labels, &double, &flags));
        let [warning] = found["warnings"].as_array().unwrap().as_slice() else { panic!("{flags:?} {found}") };
        assert_eq!(warning["kind"], "rounded", "{flags:?}");
        assert!(warning["message"].as_str().is_some_and(|text| text.contains("double.nii: 12 voxels")), "{warning}");
    }
    // A truth in which some voxels do not count is made of f32, and a prediction keeps its digits.
    for (truth, pred, rounds) in [(&double, &single, true), (&single, &double, false)] {
        let found = json(arguments(truth, pred, &["--mask", text(&mask)]));
        let rounded = found["warnings"].as_array().unwrap().iter().any(|warning| warning["kind"] == "rounded");
        assert_eq!(rounded, rounds, "{found}");
    }
    // So is one without voxels of a value.
    let call = "smp.DiceLoss('binary', from_logits=False, ignore_index=7)";
    let found = json(arguments(&double, &single, &["--as", call]));
    assert!(found["warnings"].as_array().unwrap().iter().any(|warning| warning["kind"] == "rounded"), "{found}");
    fails(2, &["different kinds", "x"], arguments(&tn, &p, &[]));
    let times = files.map("times.nii", &[2, 3, 1, 2, 2], &pred);
    fails(2, &["times.nii", "fourth"], arguments(&times, &times, &[]));
}

#[test]
fn undefined_values_are_null_and_counted() {
    let files = Files::new();
    let empty = files.f32("empty.npy", &[2, 4], &[0.0; 8]);
    let one = files.f32("one.npy", &[2, 4], &[0.0, 0.0, 0.0, 0.0, 0.5, 0.0, 0.0, 0.0]);
    let found = json(arguments(&empty, &one, &[]));
    assert!(found["values"][0].is_null());
    assert_eq!((&found["undefined"], &found["reduced"]), (&1.into(), &1.0.into()));
    let found = json(arguments(&empty, &empty, &[]));
    assert!(found["reduced"].is_null() && found["warnings"][0]["kind"] == "same_file");
    // -ln 0 is infinite, and JSON has no infinity.
    let found = json(arguments(&empty, &one, &["--form", "neg-log"]));
    assert!(found["values"][1].is_null());
    let shown = fine(["loss", text(&empty), text(&one), "--backend", "cpu"]);
    assert!(shown.contains("1 of 2 values are undefined"), "{shown}");
    // Logits without an activation.
    let logits = files.f32("logits.npy", &[2, 4], &[-3.0, 2.0, 0.0, 0.0, 5.0, 0.0, 0.0, 0.0]);
    assert_eq!(json(arguments(&one, &logits, &[]))["warnings"][0]["kind"], "out_of_range");
    assert!(json(arguments(&one, &logits, &["--activation", "sigmoid"]))["warnings"][0].is_null());
    // What is ignored is no probability; anything else beyond 1 is still told.
    let marked = files.f32("marked.npy", &[2, 4], &[0.0, 1.0, 255.0, 0.0, 1.0, 0.0, 0.0, 255.0]);
    let ignoring = |value| format!("smp.DiceLoss(mode=\"multilabel\", ignore_index={value})");
    let warned = |value| json(arguments(&marked, &logits, &["--as", &ignoring(value)]))["warnings"][0]["kind"].clone();
    assert_eq!((warned(255), warned(254)), (Value::Null, "out_of_range".into()));
}

#[test]
fn wrong_usage_names_the_flag_and_its_range() {
    let files = Files::new();
    let [truth, pred] = files.example();
    let runs: [(&[&str], &[&str]); 16] = [
        (&["smooth", "-1", "at least 0"], &["--smooth", "-1"]),
        (&["smooth", "list of 2", "list of 3"], &["--smooth", "1,2"]),
        (&["class weights", "list of 2"], &["--class-weights", "1,2"]),
        (&["denominator power", "-2", "above 0"], &["--denominator", "power=-2"]),
        (&["alpha", "-1"], &["--loss", "tversky", "--alpha", "-1"]),
        (&["lambda", "-1"], &["--loss", "dice-ce", "--lambda-ce", "-1"]),
        (&["--gamma does nothing with --loss dice"], &["--gamma", "2"]),
        (&["--smooth does nothing with --loss bce"], &["--loss", "bce", "--smooth", "1"]),
        (&["--gdl-weights does nothing"], &["--gdl-weights", "simple"]),
        (&["--alpha", "--class-weights"], &["--loss", "focal", "--activation", "softmax", "--alpha", "0.5"]),
        (&["softmax", "single channel"], &["--activation", "softmax", "--layout", "flat"]),
        (&["Threshold", "no gradient"], &["--activation", "threshold=0.5", "--grad", "grad.npy"]),
        (&["there is no folder"], &["--grad", "no/such/folder/grad.npy"]),
        (&["smooth", "one value where channels are pooled"], &["--per", "sample", "--smooth", "1,2,3"]),
        (&["--adapter names a GPU"], &["--adapter", "0"]),
        (&["denominator power", "SoftLabel"], &["--soft-label", "--denominator", "power=1.5"]),
    ];
    for (parts, more) in runs {
        fails(2, parts, arguments(&truth, &pred, more));
    }
    for (part, more) in [
        ("known are sum, squared and power=G", ["--denominator", "cubed"]),
        ("known are none, sigmoid", ["--activation", "relu"]),
        ("one of keras, monai", ["--preset", "torch"]),
        ("possible values", ["--per", "voxel"]),
        ("invalid", ["--smooth", "many"]),
    ] {
        let output = run(arguments(&truth, &pred, &more));
        assert!(output.status.code() == Some(2) && stderr(&output).contains(part), "{}", stderr(&output));
    }
    let output = run(arguments(&truth, &pred, &["--smooth", "1", "--smooth-nr", "1"]));
    assert!(output.status.code() == Some(2) && stderr(&output).contains("cannot be used with"));
    assert!(!Path::new("grad.npy").exists());
}

/// The same voxels have one loss in every format.
#[test]
fn images_of_every_format_are_volumes() {
    let files = Files::new();
    let [truth, pred] = files.example();
    let expected = reduced(&truth, &pred, &["--layout", "flat"]);
    let image = |name: &str, header: &str, values: &[f32]| {
        let path = files.path(name);
        let voxels: Vec<u8> = values.iter().flat_map(|value| value.to_le_bytes()).collect();
        std::fs::write(&path, [header.as_bytes(), &voxels].concat()).unwrap();
        path
    };
    let nrrd = "NRRD0004\ntype: float\ndimension: 2\nsizes: 4 3\nencoding: raw\nendian: little\n\n";
    let meta = "ObjectType = Image\nNDims = 2\nDimSize = 4 3\nElementType = MET_FLOAT\nElementDataFile = LOCAL\n";
    for (ending, header) in [("nrrd", nrrd), ("mha", meta)] {
        let [t, p] = [("t", TRUTH), ("p", PRED)].map(|(name, v)| image(&format!("{name}.{ending}"), header, &v));
        assert_eq!(reduced(&t, &p, &[]), expected, "{ending}");
    }
}

#[test]
fn files_that_are_no_volumes_are_told_by_name() {
    let files = Files::new();
    let [truth, pred] = files.example();
    let bad = |name: &str, bytes: &[u8]| {
        let path = files.path(name);
        std::fs::write(&path, bytes).unwrap();
        path
    };
    let whole = std::fs::read(&truth).unwrap();
    let array_of = |name: &str, descr: &str, bytes: &[u8]| {
        let path = files.path(name);
        array(&path, descr, false, &[2], bytes);
        path
    };
    let structured = whole.windows(5).position(|part| part == b"'<f4'").unwrap();
    let mut fields = whole.clone();
    fields.splice(structured..structured + 5, *b"[ 4 ]");
    let cases: [(PathBuf, &[&str]); 13] = [
        (files.path("none.npy"), &["none.npy: no such file"]),
        (files.0.path().to_path_buf(), &["folder"]),
        (bad("text.npy", b"not an array"), &["text.npy: not a .npy file"]),
        (bad("cut.npy", &whole[..whole.len() - 1]), &["cut.npy", "48 bytes", "47 follow"]),
        (bad("long.npy", &[&whole[..], b"x"].concat()), &["long.npy", "49 follow"]),
        (bad("head.npy", &whole[..40]), &["head.npy", "header"]),
        (bad("fields.npy", &fields), &["fields.npy", "structured"]),
        (array_of("object.npy", "|O", &[0; 16]), &["object.npy", "Python objects"]),
        (array_of("complex.npy", "<c8", &[0; 16]), &["complex.npy", "<c8"]),
        (array_of("large.npy", "<i8", &[1, 0, 0, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]), &["large.npy", "4311744513"]),
        (bad("volume.mha", b"ObjectType = Image"), &["volume.mha", "ElementDataFile"]),
        (bad("volume.mgz", &[0; 400]), &["volume.mgz", "the field version is 0", "MGH"]),
        (bad("volume.pt", b"PK\x03\x04"), &["volume.pt", "PyTorch", ".npy"]),
    ];
    for (path, parts) in &cases {
        fails(2, parts, arguments(&truth, path, &[]));
        fails(2, parts, arguments(path, &pred, &[]));
    }
    let other = files.f32("other.npy", &[4, 3], &TRUTH);
    fails(2, &["[3, 4]", "[4, 3]", "both must be equal"], arguments(&truth, &other, &[]));
    fails(2, &["rows are compared"], arguments(&truth, &other, &["--per", "row"]));
    let nan = files.f32("nan.npy", &[3, 4], &[f32::NAN; 12]);
    fails(2, &["12 voxels of pred are NaN"], arguments(&truth, &nan, &[]));
    let point = files.f32("point.npy", &[], &[1.0]);
    fails(2, &["point.npy", "single number"], arguments(&point, &point, &[]));
    let none = files.f32("zero.npy", &[0, 4], &[]);
    fails(2, &["length 0"], arguments(&none, &none, &[]));
}
