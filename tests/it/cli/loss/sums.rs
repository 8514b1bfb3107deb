//! Sums of terms, voxels that are left out, label smoothing, units.

use super::*;

const LABELS: [u8; 8] = [0, 2, 1, 1, 0, 2, 2, 2];

fn operands(files: &Files) -> [PathBuf; 2] {
    // Two samples that are not alike.
    let logits: Vec<f32> = (0..24).map(|i| (i * 7 % 24) as f32 / 6.0 - if i < 12 { 1.0 } else { 3.0 }).collect();
    [files.raw("t.npy", "|u1", &[2, 4], &LABELS, |x| [*x]), files.f32("p.npy", &[2, 3, 4], &logits)]
}

/// Reduced loss and gradient.
fn both(files: &Files, more: &[&str]) -> (f64, Vec<f32>) {
    let [truth, pred] = operands(files);
    let grad = files.path("grad.npy");
    let value = reduced(&truth, &pred, &[more, &["--grad", text(&grad)]].concat());
    let Elements::Plain(Voxels::F32(gradient)) = npy::read(&grad).unwrap().elements else { panic!("no floats") };
    (value, gradient)
}

#[test]
fn a_term_alone_and_beside_one_with_factor_0_are_one_number() {
    let files = Files::new();
    let flags: [&[&str]; 9] = [
        &[],
        &["--class-weights", "0.2,0.3,0.5"],
        &["--class-weights", "0.2,0.3,0.5", "--weight-mean", "weights"],
        &["--reduce", "sum"],
        &["--no-background"],
        &["--per", "channel"],
        &["--per", "channel", "--class-weights", "3,1,2", "--no-background"],
        &["--label-smoothing", "0.1", "--class-weights", "0.2,0.3,0.5"],
        &["--ignore", "2"],
    ];
    // alpha is not 1 - alpha, and not beta.
    let pairs: [(&[&str], &[&str]); 6] = [
        (&["--loss", "ce"], &["--loss", "dice-ce", "--lambda-dice", "0"]),
        (&["--loss", "ce"], &["--loss", "dice+ce", "--lambda-dice", "0"]),
        (&["--loss", "bce"], &["--loss", "dice+bce", "--lambda-dice", "0"]),
        (&["--loss", "focal", "--alpha", "0.2"], &["--loss", "dice-focal", "--lambda-dice", "0", "--alpha", "0.2"]),
        (
            &["--loss", "tversky", "--alpha", "0.3", "--beta", "0.9"],
            &["--loss", "tversky+ce", "--lambda-ce", "0", "--alpha", "0.3", "--beta", "0.9"],
        ),
        (&["--loss", "dice", "--smooth", "1"], &["--loss", "dice-ce", "--lambda-ce", "0", "--smooth", "1"]),
    ];
    for (alone, beside) in pairs {
        let pointwise = ["ce", "bce", "focal"].contains(&alone[1]);
        for more in flags.into_iter().filter(|more| pointwise || !more.contains(&"--label-smoothing")) {
            let activation = if alone[1] == "focal" || alone[1] == "bce" { "sigmoid" } else { "softmax" };
            let run = |own: &[&str]| both(&files, &[own, more, &["--activation", activation]].concat());
            let ((a, ga), (b, gb)) = (run(alone), run(beside));
            assert!((a - b).abs() <= 1e-12 * a.abs(), "{alone:?} {more:?}: {a} and {b}");
            let largest = ga.iter().fold(0f32, |most, x| most.max(x.abs()));
            assert!(ga.iter().zip(&gb).all(|(a, b)| (a - b).abs() <= 1e-6 * largest), "{alone:?} {more:?}");
        }
    }
}

#[test]
fn a_sum_is_the_sum_of_its_terms() {
    let files = Files::new();
    let run = |loss: &str, more: &[&str]| both(&files, &[&["--loss", loss, "--activation", "sigmoid"], more].concat());
    let ((dice, gd), (bce, gb)) = (run("dice", &[]), run("bce", &[]));
    let (sum, gradient) = run("dice+bce", &["--lambda-dice", "0.5", "--lambda-ce", "2"]);
    assert!((sum - 0.5 * dice - 2.0 * bce).abs() < 1e-12);
    for (found, (d, b)) in gradient.iter().zip(gd.iter().zip(&gb)) {
        assert!((found - 0.5 * d - 2.0 * b).abs() < 1e-6);
    }
    // Cross-entropy of the softmax and of the sigmoid are two terms.
    assert_ne!(run("ce", &[]).0, bce);
    let [truth, pred] = operands(&files);
    let found = json(arguments(&truth, &pred, &["--loss", "dice+bce", "--activation", "sigmoid"]));
    assert_eq!((&found["loss"]["name"], &found["shape"]), (&"dice+bce".into(), &serde_json::json!([2, 3])));
    assert_eq!(found["loss"]["terms"][1]["pointwise"]["name"], "binary-cross-entropy");
    let table = fine(["loss", text(&truth), text(&pred), "--loss", "dice+bce", "--activation", "sigmoid"]);
    assert!(table.contains("loss   dice+bce") && table.contains("1 x binary-cross-entropy"), "{table}");
}

#[test]
fn what_is_left_out_is_in_no_sum() {
    let files = Files::new();
    let [_, pred] = operands(&files);
    // Without the voxels that are left out.
    let ignored = files.raw("ignored.npy", "|i1", &[2, 4], &[0i8, -1, 1, 1, 0, 2, -1, -2], |x| x.to_le_bytes());
    let keep = files.raw("keep.npy", "|u1", &[2, 1, 4], &[1u8, 0, 1, 1, 1, 1, 0, 0], |x| [*x]);
    let zeros = files.raw("zeros.npy", "|u1", &[2, 4], &[0u8, 0, 1, 1, 0, 2, 0, 0], |x| [*x]);
    let losses: [&[&str]; 4] =
        [&["--loss", "dice"], &["--loss", "dice+ce"], &["--loss", "focal"], &["--as", "monai.DiceLoss()"]];
    for loss in losses {
        let flags = [loss, &["--grad", "grad.npy"]].concat();
        let grad = files.path("grad.npy");
        let flags: Vec<&str> =
            flags.into_iter().map(|flag| if flag == "grad.npy" { text(&grad) } else { flag }).collect();
        let of = |truth: &Path, more: &[&str]| {
            let value = json(arguments(truth, &pred, &[&flags[..], more].concat()))["values"].clone();
            (value, std::fs::read(&grad).unwrap())
        };
        let by_label = of(&ignored, &["--ignore", "-1,-2"]);
        let by_mask = of(&zeros, &["--mask", text(&keep)]);
        assert!(by_label == by_mask, "{loss:?}: {:?} and {:?}", by_label.0, by_mask.0);
        assert_ne!(by_mask.0, of(&zeros, &[]).0);
    }
    fails(2, &["voxel", "-1"], arguments(&ignored, &pred, &[]));
    let odd = files.f32("odd.npy", &[2, 4], &[0.5; 8]);
    fails(2, &["odd.npy: a mask holds 0 and 1"], arguments(&zeros, &pred, &["--mask", text(&odd)]));
    let short = files.f32("short.npy", &[4], &[1.0; 4]);
    fails(2, &["short.npy", "of one channel"], arguments(&zeros, &pred, &["--mask", text(&short)]));
    // Of a truth with channels each element by itself.
    let hot: Vec<f32> = (0..24).map(|i| if i == 3 { 255.0 } else { f32::from(u8::from(i % 3 == 0)) }).collect();
    let cut: Vec<f32> = hot.iter().map(|&x| if x == 255.0 { 0.0 } else { x }).collect();
    let [truth, cut] = [files.f32("hot.npy", &[2, 3, 4], &hot), files.f32("cut.npy", &[2, 3, 4], &cut)];
    let mask: Vec<f32> = (0..24).map(|i| f32::from(u8::from(i != 3))).collect();
    let mask = files.f32("elements.npy", &[2, 3, 4], &mask);
    let a = reduced(&truth, &pred, &["--ignore", "255", "--activation", "sigmoid"]);
    assert_eq!(a, reduced(&cut, &pred, &["--mask", text(&mask), "--activation", "sigmoid"]));
}

/// As many voxels in another order of the axes are another mask.
#[test]
fn a_mask_has_the_axes_of_the_prediction() {
    let files = Files::new();
    let pred = files.f32("p.npy", &[1, 2, 3, 4], &(0..24).map(|i| i as f32 / 24.0).collect::<Vec<_>>());
    let ones = |name: &str, axes: &[usize]| files.f32(name, axes, &vec![1.0; axes.iter().product()]);
    for axes in [&[3, 4][..], &[1, 3, 4], &[1, 1, 3, 4], &[1, 2, 3, 4], &[2, 3, 4]] {
        reduced(&pred, &pred, &["--mask", text(&ones("mask.npy", axes))]);
    }
    for axes in [&[4, 3][..], &[1, 4, 3], &[12], &[1, 3, 4, 2], &[2, 4, 3], &[24]] {
        fails(2, &["has axes", "of one channel"], arguments(&pred, &pred, &["--mask", text(&ones("odd.npy", axes))]));
    }
    // The same beside channels that are last.
    let layout = ["--layout", "channels-last"];
    for (axes, fits) in [(&[1, 2, 3][..], true), (&[1, 2, 3, 4], true), (&[3, 4], false), (&[1, 4, 2, 3], false)] {
        let mask = ones("last.npy", axes);
        let output = run(arguments(&pred, &pred, &[&layout[..], &["--mask", text(&mask)]].concat()));
        assert_eq!(output.status.success(), fits, "{axes:?}: {}", stderr(&output));
    }
}

/// Of `--loss dice-ce+bce` the first term is a Dice and a cross-entropy, whatever the second one is.
#[test]
fn a_term_is_told_by_its_own_choices() {
    let files = Files::new();
    let [truth, pred] = operands(&files);
    let of = |more: &[&str]| json(arguments(&truth, &pred, more))["loss"]["terms"].clone();
    let terms = of(&["--loss", "dice-ce+bce", "--activation", "softmax"]);
    assert_eq!((&terms[0]["overlap"]["score"], &terms[0]["lambda_overlap"]), (&"dice".into(), &1.0.into()), "{terms}");
    assert_eq!(terms[0]["pointwise"]["name"], "cross-entropy");
    assert!(terms[1]["overlap"].is_null(), "{terms}");
    // A loss of voxels with class weights is beside a Dice that counts nothing.
    let terms = of(&["--loss", "dice+ce", "--class-weights", "1,2,3", "--activation", "softmax"]);
    assert!(terms[1]["overlap"].is_null() && terms[1]["pointwise"]["name"] == "cross-entropy", "{terms}");
}

/// A flag that two of the losses have would be taken for both; one that a single one has is its own.
#[test]
fn a_number_is_that_of_one_loss() {
    let files = Files::new();
    let [truth, pred] = operands(&files);
    for (loss, flag, told) in [
        ("tversky+combo", "--beta", "--beta would be that of tversky and of combo"),
        ("tversky+focal", "--alpha", "--alpha would be that of tversky and of focal"),
        ("focal-tversky+focal", "--gamma", "--gamma would be that of focal-tversky and of focal"),
    ] {
        let flags = ["--loss", loss, flag, "0.7", "--activation", "sigmoid"];
        fails(2, &[told, "one by one"], arguments(&truth, &pred, &flags));
    }
    let sigmoid = ["--activation", "sigmoid"];
    let value = |more: &[&str]| reduced(&truth, &pred, &[more, &sigmoid].concat());
    let sum = value(&["--loss", "tversky+focal", "--gamma", "3"]);
    let parts = value(&["--loss", "tversky"]) + value(&["--loss", "focal", "--gamma", "3"]);
    assert!((sum - parts).abs() < 1e-12, "{sum} {parts}");
}

#[test]
fn smoothed_labels_are_those_of_torch() {
    let files = Files::new();
    let [truth, pred] = operands(&files);
    let ce = |more: &[&str]| reduced(&truth, &pred, &[&["--loss", "ce", "--activation", "softmax"], more].concat());
    // (1 - e) nll + e / C * the sum over classes, which two smoothings tell.
    let (plain, half, whole) = (ce(&[]), ce(&["--label-smoothing", "0.5"]), ce(&["--label-smoothing", "1"]));
    assert!((half - (plain + whole) / 2.0).abs() < 1e-6 && (plain - whole).abs() > 0.1);
    fails(
        2,
        &["--label-smoothing does nothing with --loss dice"],
        arguments(&truth, &pred, &["--label-smoothing", "0.1"]),
    );
}

#[test]
fn a_unit_of_smoothing_is_never_doubled_in_silence() {
    let files = Files::new();
    let [truth, pred] = files.example();
    let value = |more: &[&str]| reduced(&truth, &pred, more);
    // 2I = 2.2 and D = 7.1 of everything.
    let flat = |more: &[&str]| value(&[&["--layout", "flat"], more].concat());
    assert!((flat(&["--smooth", "1", "--smooth-unit", "hit"]) - (1.0 - 4.2 / 9.1)).abs() < 1e-6);
    assert_eq!(flat(&["--smooth", "1", "--smooth-unit", "pair"]), flat(&["--smooth", "1"]));
    let smp = |more: &[&str]| value(&[&["--preset", "smp", "--smooth"], more].concat());
    assert_eq!(smp(&["1"]), smp(&["2", "--smooth-unit", "pair"]));
    assert_eq!(smp(&["1"]), value(&["--as", "smp.DiceLoss('multilabel', from_logits=False, smooth=1)"]));
    let said = stderr(&run(arguments(&truth, &pred, &["--preset", "smp", "--smooth", "1"])));
    assert!(said.contains("smp adds its smoothing to one hit") && said.contains("--smooth-unit pair"), "{said}");
    let said = stderr(&run(arguments(&truth, &pred, &["--preset", "smp", "--smooth", "1", "--smooth-unit", "hit"])));
    assert!(!said.contains("one hit"), "{said}");
    fails(2, &["--smooth-unit does nothing without --smooth"], arguments(&truth, &pred, &["--smooth-unit", "hit"]));
    fails(2, &["--weight-mean does nothing"], arguments(&truth, &pred, &["--weight-mean", "count"]));
}
