//! The gradient file.

use super::*;
use voxdice::Pair;

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
        let sums = engine.sums_with(Pair { pred: volume(&PRED), truth: volume(&TRUTH) }, &wanted).unwrap();
        let partials = loss.gradient(&sums).unwrap();
        let expected =
            engine.gradient(Pair { pred: volume(&PRED), truth: volume(&TRUTH) }, &wanted, &sums, &partials).unwrap();
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

/// Something else would be replaced, or have bytes that its name does not tell.
#[test]
#[cfg(unix)]
fn a_gradient_is_a_file_of_an_array() {
    let files = Files::new();
    let [truth, pred] = files.example();
    let socket = files.path("socket");
    let _listener = std::os::unix::net::UnixListener::bind(&socket).unwrap();
    for (path, fact) in [(socket.clone(), "pipe or a device"), (files.path("g.nii.gz"), "end it with .npy")] {
        fails(2, &[fact, text(&path)], arguments(&truth, &pred, &["--grad", text(&path)]));
    }
    assert!(!socket.metadata().unwrap().is_file() && !files.path("g.nii.gz").exists());
}
