//! `voxdice loss`: the seed functions' golden values, files, layouts, flags, gradients.

mod calls;
mod files;
mod gradient;
mod seed;
mod sums;

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
use voxdice::{Activation, Backend, Engine, EngineOptions, LabelMap, Pair, Shape, Volume};

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
    // Regions have no background.
    let found = json(arguments(&truth, &pred, &["--preset", "nnunet", "--activation", "sigmoid"]));
    assert_eq!((&found["shape"], &found["loss"]["background"]), (&serde_json::json!([1, 3]), &Value::Bool(true)));
    // MONAI and Keras add to one hit what they add to both Dice sums.
    for (preset, s) in [("monai", "1e-5"), ("keras", "1e-7")] {
        for own in [&[][..], &["--smooth-dr", s]] {
            let found = json(arguments(&truth, &pred, &[&["--preset", preset, "--loss", "tversky"], own].concat()));
            assert_eq!(found["loss"]["smooth"]["denominator"], 2.0 * s.parse::<f64>().unwrap(), "{found}");
        }
    }
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
        let sums = engine.sums_with(Pair { pred: volume(&PRED), truth: volume(&TRUTH) }, &loss.sums_options()).unwrap();
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
    }
}

#[test]
fn verify_compares_every_bit() {
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
        assert_eq!(found["verify"]["equal"], true);
        gradients.push(std::fs::read(&grad).unwrap());
        let found = json(shared);
        assert_eq!((&found["verify"]["equal"], &found["backend"]), (&true.into(), &backend.into()));
        gradients.push(std::fs::read(&grad).unwrap());
    }
    assert!(gradients[..2] == gradients[2..], "the same bits");
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
            Pair {
                pred: Volume::f32(Shape::new(1, 2, [4]).unwrap(), &pred).unwrap(),
                truth: LabelMap::u8(Shape::new(1, 1, [4]).unwrap(), &labels).unwrap(),
            },
            &Terms::Plain.into(),
        )
        .unwrap();
    let expected = Loss::new(LossOptions::default()).unwrap().evaluate(&sums).unwrap();
    assert_eq!(numbers(&json(arguments(&map, &p, &[]))["values"]), expected.values);
}
