//! `voxdice loss`: the seed functions' golden values, files, layouts, flags, gradients.

use super::{Files, fails, fine, gpu, json, run, stderr, text};
use crate::metric::arrays::Array;
use crate::metric::compare::{Verdict, all_close};
use crate::shared::golden_cases;
use serde_json::Value;
use std::path::{Path, PathBuf};
use voxdice::io::nifti::Voxels;
use voxdice::io::npy::{self, Elements, Order};
use voxdice::metric::{Loss, LossOptions, Preset, Smooth};
use voxdice::stats::Terms;
use voxdice::{Activation, Backend, Engine, EngineOptions, LabelMap, Shape, Volume};

/// The 3x4 example of the question.
const TRUTH: [f32; 12] = [0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0, 0.0];
const PRED: [f32; 12] = [0.0, 0.0, 0.9, 0.0, 0.0, 0.0, 0.1, 0.0, 1.0, 1.0, 0.1, 1.0];

/// A `.npy` file of any type, given as its elements' bytes.
fn array(path: &Path, descr: &str, fortran: bool, shape: &[usize], bytes: &[u8]) {
    let fortran = if fortran { "True" } else { "False" };
    let axes: String = shape.iter().map(|n| format!("{n}, ")).collect();
    let header = format!("{{'descr': '{descr}', 'fortran_order': {fortran}, 'shape': ({axes}), }}\n");
    let start = [&b"\x93NUMPY\x01\x00"[..], &(header.len() as u16).to_le_bytes(), header.as_bytes()].concat();
    std::fs::write(path, [&start, bytes].concat()).unwrap();
}

impl Files {
    fn f32(&self, name: &str, shape: &[usize], values: &[f32]) -> PathBuf {
        let path = self.path(name);
        let shape: Vec<u64> = shape.iter().map(|&n| n as u64).collect();
        npy::write(&path, &shape, Order::RowMajor, values).unwrap();
        path
    }

    fn f64(&self, name: &str, shape: &[usize], values: &[f64]) -> PathBuf {
        let path = self.path(name);
        let bytes: Vec<u8> = values.iter().flat_map(|x| x.to_le_bytes()).collect();
        array(&path, "<f8", false, shape, &bytes);
        path
    }

    fn raw<const N: usize, T>(
        &self,
        name: &str,
        descr: &str,
        shape: &[usize],
        values: &[T],
        f: fn(&T) -> [u8; N],
    ) -> PathBuf {
        let path = self.path(name);
        let bytes: Vec<u8> = values.iter().flat_map(f).collect();
        array(&path, descr, false, shape, &bytes);
        path
    }

    fn example(&self) -> [PathBuf; 2] {
        [self.f32("truth.npy", &[3, 4], &TRUTH), self.f32("pred.npy", &[3, 4], &PRED)]
    }
}

/// The arguments of a run on the CPU that prints JSON.
fn arguments<'a>(truth: &'a Path, pred: &'a Path, more: &[&'a str]) -> Vec<&'a str> {
    [&["loss", text(truth), text(pred), "--format", "json", "--backend", "cpu"], more].concat()
}

fn reduced(truth: &Path, pred: &Path, more: &[&str]) -> f64 {
    json(arguments(truth, pred, more))["reduced"].as_f64().unwrap()
}

fn numbers(value: &Value) -> Vec<f64> {
    value.as_array().unwrap().iter().map(|x| x.as_f64().unwrap_or(f64::NAN)).collect()
}

/// The flags for a case of the seed functions.
fn seed_flags(case: &Value) -> Vec<String> {
    let kwargs = &case["kwargs"];
    // TensorFlow makes these functions' smoothing an f32 constant.
    let single = |x: f64| f64::from(x as f32);
    let (preset, rounds) = match case["function"].as_str().unwrap() {
        "dice_loss2" => ("seed-dice-loss-2", true),
        "dice_loss3" => ("seed-dice-loss-3", false),
        "dice_loss4" => ("seed-dice-loss-4", true),
        "dice_coef" if case["id"] == "question-1-as-meant" => ("seed-dice-loss-1", false),
        "dice_coef" => ("seed-dice-coef", false),
        "dice_coef_multilabel" => ("seed-dice-coef-multilabel", false),
        other => panic!("{other}"),
    };
    let mut flags = vec!["--preset".into(), preset.into()];
    let mut flag = |name: &str, value: String| flags.extend([name.into(), value]);
    if let Some(smooth) = kwargs.get("smooth").map(Array::number) {
        flag("--smooth", if rounds { single(smooth) } else { smooth }.to_string());
    }
    if let Some(list) = kwargs.get("smooth_list") {
        let list = Array::nested(list).values;
        flag("--smooth", list.iter().map(f64::to_string).collect::<Vec<_>>().join(","));
    }
    if let Some(gamma) = kwargs.get("gama").map(Array::number) {
        flag("--denominator", format!("power={gamma}"));
    }
    let form = match kwargs.get("loss").and_then(Value::as_str) {
        Some("dice") => Some("score"),
        Some("1-dice") => Some("one-minus"),
        Some("-dice") => Some("negative"),
        Some("-log(dice)") => Some("neg-log"),
        _ => None,
    };
    if let Some(form) = form {
        flag("--form", form.into());
    }
    flags
}

fn flat(value: &Value) -> Vec<f64> {
    let Some(zeros) = value.get("zeros") else { return Array::nested(value).values };
    let mut values = vec![0.0; zeros.as_u64().unwrap() as usize];
    for (at, x) in value.get("set").and_then(Value::as_object).into_iter().flatten() {
        values[at.parse::<usize>().unwrap()] = Array::number(x);
    }
    values
}

/// One case through the command, on one backend; `None` where that backend is not asked for this case.
fn seed_case(case: &Value, backend: &str, files: &Files) -> Option<Result<(), String>> {
    let id = case["id"].as_str().unwrap();
    let transcendental =
        case["function"] == "dice_loss3" || case["kwargs"].get("gama").is_some_and(|gamma| gamma == 1.5);
    // A device takes its time to open: of the transcendental ones a few.
    if backend == "gpu" && transcendental && !id.starts_with("s0-1") {
        return None;
    }
    let (t, p) = (flat(&case["y_true"]), flat(&case["y_pred"]));
    let shape: Vec<usize> = Array::nested(&case["shape"]).values.iter().map(|&x| x as usize).collect();
    let [truth, pred] = ["t", "p"].map(|side| format!("{id}-{backend}-{side}.npy"));
    let (truth, pred) = (files.f64(&truth, &shape, &t), files.f64(&pred, &shape, &p));
    let flags = seed_flags(case);
    let flags: Vec<&str> = flags.iter().map(String::as_str).collect();
    let output =
        run([&["loss", text(&truth), text(&pred), "--format", "json", "--backend", backend], &flags[..]].concat());
    if output.status.code() != Some(0) {
        return Some(Err(stderr(&output)));
    }
    let found: Value = serde_json::from_slice(&output.stdout).unwrap();
    let rounded = p.iter().chain(&t).any(|&x| f64::from(x as f32) != x);
    let warned = found["warnings"].as_array().unwrap().iter().any(|warning| warning["kind"] == "rounded");
    if found["backend"] != backend || found["exact"] != !transcendental || rounded != warned {
        return Some(Err(format!("{found}")));
    }
    let values = match found["reduced"].as_f64() {
        Some(reduced) => vec![reduced],
        None => numbers(&found["values"]),
    };
    // Rounding to f32 costs 2^-24 per voxel, a transcendental function 2^-20.
    let tolerance = match (transcendental, rounded) {
        (true, _) => 4.0 * 2f64.powi(-20),
        (_, true) => 1e-6,
        _ => 1e-12,
    };
    Some(all_close(&values, &Array::nested(&case["expected"]).values, tolerance))
}

/// All cases, in as many threads as there are processors: most of the time is the start of a process.
fn seed_verdict(backend: &str) -> Verdict {
    let cases = golden_cases("seed_functions.json");
    let files = Files::new();
    let threads = std::thread::available_parallelism().map_or(2, usize::from);
    let parts: Vec<_> = std::thread::scope(|scope| {
        let each = |part: usize| cases.iter().skip(part).step_by(threads);
        let files = &files;
        let all: Vec<_> = (0..threads)
            .map(|part| {
                let each = each(part);
                scope.spawn(move || {
                    let results =
                        each.filter_map(|case| Some((case["id"].to_string(), seed_case(case, backend, files)?)));
                    results.collect::<Vec<_>>()
                })
            })
            .collect();
        all.into_iter().flat_map(|thread| thread.join().unwrap()).collect()
    });
    let mut verdict = Verdict::default();
    parts.into_iter().for_each(|(name, result)| verdict.note(&name, result));
    verdict
}

#[test]
fn every_case_of_the_seed_functions_on_the_cpu() {
    seed_verdict("cpu").demand(91);
}

#[test]
fn the_seed_functions_on_a_gpu() {
    if gpu() {
        // Without four of the seven transcendental ones.
        seed_verdict("gpu").demand(87);
    }
}

#[test]
fn a_flag_overrides_its_preset_and_the_rest_stays() {
    let files = Files::new();
    let [truth, pred] = files.example();
    let base = arguments(&truth, &pred, &["--preset", "seed-dice-coef"]);
    let found = json(&base);
    assert!((found["reduced"].as_f64().unwrap() - 102.2 / 107.1).abs() < 1e-6, "{found}");
    assert_eq!(found["loss"]["preset"], "seed-dice-coef");
    assert_eq!(found["loss"]["form"], "score");
    let found = json([&base[..], &["--smooth", "1", "--form", "one-minus"]].concat());
    assert!((found["reduced"].as_f64().unwrap() - (1.0 - 3.2 / 8.1)).abs() < 1e-6, "{found}");
    assert_eq!(found["loss"]["smooth"]["numerator"], 1.0);
    assert_eq!(found["loss"]["per"], "all");
    let found = json(arguments(&truth, &pred, &["--preset", "nnunet"]));
    assert_eq!((&found["shape"], &found["loss"]["background"]), (&serde_json::json!([1, 2]), &Value::Bool(false)));
    let found = json(arguments(&truth, &pred, &["--preset", "nnunet", "--no-background=false", "--per", "channel"]));
    assert_eq!((&found["shape"], &found["loss"]["form"]), (&serde_json::json!([3]), &"negative".into()));
    let found = json(arguments(&truth, &pred, &["--preset", "monai", "--smooth-dr", "0.5"]));
    assert_eq!(found["loss"]["smooth"], serde_json::json!({ "numerator": 1e-5, "denominator": 0.5 }));
    // A preset that flattens does not once channels matter.
    let found = json(arguments(&truth, &pred, &["--preset", "keras", "--per", "channel", "--reduce", "none"]));
    assert_eq!(found["values"].as_array().unwrap().len(), 3);
    assert!(found["reduced"].is_null());
}

#[test]
fn every_preset_is_the_preset_of_the_library() {
    let files = Files::new();
    let [truth, pred] = files.example();
    let engine = Engine::new(&EngineOptions { backend: Backend::Cpu, ..EngineOptions::default() }).unwrap();
    for preset in [Preset::Keras, Preset::Monai, Preset::NnUnet, Preset::Smp] {
        let loss = Loss::new(preset.options()).unwrap();
        let shape = if preset == Preset::Keras { Shape::new(1, 1, [12]) } else { Shape::new(1, 3, [4]) }.unwrap();
        let volume = |values| Volume::f32(shape.clone(), values).unwrap();
        let sums = engine.sums_with(volume(&PRED), volume(&TRUTH), &loss.sums_options()).unwrap();
        let expected = loss.evaluate(&sums).unwrap().reduced;
        assert_eq!(Some(reduced(&truth, &pred, &["--preset", preset.name()])), expected, "{preset}");
    }
}

#[test]
fn every_loss_and_every_choice_runs() {
    let files = Files::new();
    let [truth, pred] = files.example();
    let runs: [&[&str]; 22] = [
        &["--loss", "jaccard"],
        &["--loss", "tversky", "--alpha", "0.3", "--beta", "0.7"],
        &["--loss", "focal-tversky", "--gamma", "1.5"],
        &["--loss", "generalized-dice", "--gdl-weights", "simple"],
        &["--loss", "generalized-dice", "--preset", "smp"],
        &["--loss", "ce"],
        &["--loss", "bce", "--activation", "sigmoid"],
        &["--loss", "focal", "--gamma", "1", "--alpha", "0.25", "--activation", "sigmoid"],
        &["--loss", "focal", "--activation", "softmax"],
        &["--loss", "dice-ce", "--lambda-dice", "0.5", "--lambda-ce", "2", "--activation", "softmax"],
        &["--loss", "dice-focal", "--lambda-focal", "0.5"],
        &["--loss", "combo", "--alpha", "0.4", "--beta", "0.6"],
        &["--loss", "log-cosh-dice", "--preset", "monai"],
        &["--form", "neg-log", "--soft-label"],
        &["--denominator", "squared", "--class-weights", "1,2,0.5"],
        &["--denominator", "power=1.5", "--smooth-nr", "0", "--smooth-dr", "1"],
        &["--per", "sample"],
        &["--per", "channel", "--reduce", "sum", "--no-background", "--smooth", "1,2,3"],
        &["--per", "all", "--layout", "flat"],
        &["--per", "row", "--reduce", "none"],
        &["--layout", "channels-last", "--activation", "argmax"],
        &["--layout", "unbatched-last", "--activation", "threshold=0.5"],
    ];
    for more in runs {
        let found = json(arguments(&truth, &pred, more));
        let values = numbers(&found["values"]);
        let axes = numbers(&found["shape"]).iter().product::<f64>() as usize;
        let undefined = values.iter().filter(|x| x.is_nan()).count();
        assert!(values.len() == axes && found["undefined"] == undefined, "{more:?}: {found}");
        if more[0] == "--loss" {
            assert_eq!(found["loss"]["name"], more[1]);
        }
        // The table for people has the same number.
        let shown = fine([&["loss", text(&truth), text(&pred), "--backend", "cpu"], more].concat());
        if let Some(reduced) = found["reduced"].as_f64() {
            assert!(
                shown.lines().any(|line| line.split("  (").next() == Some(&format!("loss   {reduced}"))),
                "{shown}"
            );
        }
        assert!(shown.contains(if found["exact"] == true { "summed exactly" } else { "within the bound" }), "{shown}");
    }
}

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
    let float = files.f32("float.npy", &[2, 4], &labels.map(f32::from));
    fails(2, &["float.npy", "whole numbers"], arguments(&float, &p, &[]));
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
    // Scaled and f64 voxels are rounded, and that is said.
    let double =
        files.map("double.nii", &[2, 3, 2], &pred[..12].iter().map(|&x| f64::from(x) + 1e-12).collect::<Vec<_>>());
    let found = json(arguments(&labels, &double, &[]));
    assert_eq!(found["warnings"][0]["kind"], "rounded");
    fails(2, &["different kinds", "x"], arguments(&tn, &p, &[]));
    let times = files.map("times.nii", &[2, 3, 1, 2, 2], &pred);
    fails(2, &["times.nii", "fourth"], arguments(&times, &times, &[]));
}

/// The gradient that a run wrote.
fn gradient(path: &Path) -> (Vec<u64>, Vec<f32>) {
    let array = npy::read(path).unwrap();
    let Elements::Plain(Voxels::F32(values)) = array.elements else { panic!("{:?}", array.elements) };
    (array.shape, values)
}

#[test]
fn the_gradient_is_that_of_the_library() {
    let files = Files::new();
    let [truth, pred] = files.example();
    let grad = files.path("grad.npy");
    let engine = Engine::new(&EngineOptions { backend: Backend::Cpu, ..EngineOptions::default() }).unwrap();
    let smooth = LossOptions { smooth: Smooth::both(1.0).into(), ..LossOptions::default() };
    let sigmoid = LossOptions { activation: Activation::Sigmoid, ..LossOptions::dice_ce() };
    let cases: [(&[&str], LossOptions); 2] =
        [(&["--smooth", "1"], smooth), (&["--loss", "dice-ce", "--activation", "sigmoid"], sigmoid)];
    for (more, options) in cases {
        let found = json(arguments(&truth, &pred, &[more, &["--grad", text(&grad)]].concat()));
        assert_eq!(found["grad"], text(&grad));
        let loss = Loss::new(options).unwrap();
        let shape = Shape::new(1, 3, [4]).unwrap();
        let volume = |values| Volume::f32(shape.clone(), values).unwrap();
        let wanted = loss.sums_options();
        let sums = engine.sums_with(volume(&PRED), volume(&TRUTH), &wanted).unwrap();
        let partials = loss.gradient(&sums).unwrap();
        let expected = engine.gradient(volume(&PRED), volume(&TRUTH), &wanted, &sums, &partials).unwrap();
        assert_eq!(gradient(&grad), (vec![3, 4], expected));
    }
    // By hand: the whole array is one cell, D = 2.2/7.1.
    let output = arguments(&truth, &pred, &["--layout", "flat", "--grad", text(&grad)]);
    fine(output);
    let dice = 2.2 / 7.1;
    for (found, t) in gradient(&grad).1.into_iter().zip(TRUTH) {
        assert!((f64::from(found) - (dice - 2.0 * f64::from(t)) / 7.1).abs() < 1e-6);
    }
    // Label maps, and every element moves as a finite difference does.
    let map = files.raw("map.npy", "|u1", &[1, 4], &[0u8, 2, 1, 2], |x| [*x]);
    let soft: Vec<f32> = (0..12).map(|i| (i * 5 % 12) as f32 / 16.0).collect();
    let at = |values: &[f32]| {
        let p = files.f32("moved.npy", &[1, 3, 4], values);
        reduced(&map, &p, &["--denominator", "squared", "--smooth", "1"])
    };
    let p = files.f32("soft.npy", &[1, 3, 4], &soft);
    fine(arguments(&map, &p, &["--denominator", "squared", "--smooth", "1", "--grad", text(&grad)]));
    let (shape, found) = gradient(&grad);
    assert_eq!(shape, [1, 3, 4]);
    for i in [0, 5, 11] {
        let moved = |by: f32| {
            let mut values = soft.clone();
            values[i] += by;
            at(&values)
        };
        let slope = (moved(1.0 / 256.0) - moved(-1.0 / 256.0)) * 128.0;
        assert!((slope - f64::from(found[i])).abs() < 1e-4, "{i}: {slope} and {}", found[i]);
    }
    assert_eq!(std::fs::read_dir(files.0.path()).unwrap().count(), 6, "nothing half written is left");
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
    let cases: [(PathBuf, &[&str]); 11] = [
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
        (bad("volume.mha", b"ObjectType = Image"), &["volume.mha", "convert it to .npy or NIfTI"]),
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

#[test]
fn verify_says_which_rule_it_applied() {
    let files = Files::new();
    let [truth, pred] = files.example();
    if !gpu() {
        if std::env::var("VOXDICE_TEST_GPU").as_deref() != Ok("off") {
            fails(3, &["error: "], ["loss", text(&truth), text(&pred), "--verify"]);
        }
        return;
    }
    let mut gradients = Vec::new();
    for backend in ["cpu", "gpu"] {
        let grad = files.path(&format!("{backend}.npy"));
        let shared = ["loss", text(&truth), text(&pred), "--verify", "--backend", backend, "--format", "json"];
        let shared = [&shared[..], &["--grad", text(&grad)]].concat();
        let found = json([&shared[..], &["--loss", "dice-ce", "--activation", "sigmoid"]].concat());
        assert_eq!((&found["verify"]["equal"], &found["exact"]), (&true.into(), &false.into()));
        assert!(found["verify"]["rule"].as_str().unwrap().contains("2^-20"));
        let found = json(shared);
        let verify = &found["verify"];
        assert_eq!((&verify["equal"], &verify["rule"]), (&true.into(), &"equal to the last bit".into()));
        assert_eq!(found["backend"], backend);
        gradients.push(std::fs::read(grad).unwrap());
    }
    assert!(gradients[0] == gradients[1], "the same bits");
    let output = run(["loss", text(&truth), text(&pred), "--verify"]);
    assert!(stderr(&output).contains("verified: ") && stderr(&output).contains("to the last bit"));
    fails(3, &["error: "], ["loss", text(&truth), text(&pred), "--adapter", "no such adapter"]);
}

#[test]
fn a_label_map_of_the_library_equals_that_of_the_command() {
    let files = Files::new();
    let pred: Vec<f32> = (0..8).map(|i| i as f32 / 16.0).collect();
    let labels = [1u8, 0, 0, 1];
    let map = files.raw("map.npy", "|b1", &[4], &labels, |x| [*x]);
    let p = files.f32("p.npy", &[2, 4], &pred);
    let engine = Engine::new(&EngineOptions { backend: Backend::Cpu, ..EngineOptions::default() }).unwrap();
    let sums = engine
        .sums_with(
            Volume::f32(Shape::new(1, 2, [4]).unwrap(), &pred).unwrap(),
            LabelMap::u8(Shape::new(1, 1, [4]).unwrap(), &labels).unwrap(),
            &Terms::Plain.into(),
        )
        .unwrap();
    let expected = Loss::new(LossOptions::default()).unwrap().evaluate(&sums).unwrap();
    assert_eq!(numbers(&json(arguments(&map, &p, &[]))["values"]), expected.values);
}
