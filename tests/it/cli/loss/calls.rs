//! `--as`: a sample of the grid of each class, departures, errors; and what `--preset` with `--loss` stands for.

use super::*;
use crate::library_losses::{call, cases, differs, id, mask, tensor};
use std::collections::BTreeMap;

fn written(files: &Files, name: &str, tensor_name: &Value, whole: bool) -> PathBuf {
    let (axes, values) = tensor(tensor_name);
    if whole {
        let labels: Vec<u16> = values.iter().map(|&x| x as u16).collect();
        return files.raw(name, "<u2", &axes, &labels, |x| x.to_le_bytes());
    }
    files.f32(name, &axes, &values)
}

/// A case through the command, with the library's number.
fn run_case(files: &Files, case: &Value, more: &[&str]) -> (Value, Vec<f64>) {
    let truth = written(files, "truth.npy", &case["truth"], case["truth_as"] == "labels");
    let pred = written(files, "pred.npy", &case["pred"], false);
    let (grad, call) = (files.path("grad.npy"), call(case));
    let mut flags = vec!["--as", &call, "--grad", text(&grad)];
    let masked = mask(case).map(|name| written(files, "mask.npy", name, true));
    if let Some(path) = &masked {
        flags.extend(["--mask", text(path)]);
    }
    flags.extend(more);
    let found = json(arguments(&truth, &pred, &flags));
    let array = npy::read(&grad).unwrap();
    assert_eq!(array.shape.iter().product::<u64>() as usize, tensor(&case["pred"]).1.len());
    let Elements::Plain(Voxels::F32(gradient)) = array.elements else { panic!("{:?}", array.elements) };
    (found, gradient.into_iter().map(f64::from).collect())
}

/// The first case of each class and every case with a defect: the others run in the library.
#[test]
fn the_command_has_the_number_of_every_class() {
    let files = Files::new();
    let mut classes: BTreeMap<(&str, &str), &Value> = BTreeMap::new();
    for case in cases() {
        classes.entry((case["library"].as_str().unwrap(), case["class"].as_str().unwrap())).or_insert(case);
    }
    assert_eq!(classes.len(), 28);
    let defects = cases().iter().filter(|case| case["defect"].is_string());
    for case in classes.into_values().chain(defects) {
        let (found, gradient) = run_case(&files, case, &["--as-library"]);
        assert_eq!(found["shape"], case["shape"], "{}", id(case));
        assert_eq!(differs(&numbers(&found["values"]), &case["value"], 2e-6), None, "{}", id(case));
        assert_eq!(differs(&gradient, &case["grad"], 2e-5), None, "{}", id(case));
        assert_eq!(found["reduced"].is_null(), case["value"].is_array(), "{}", id(case));
        assert_eq!(found["departs"] == serde_json::json!([]), case["defect"].is_null(), "{}", id(case));
    }
}

#[test]
fn a_departure_is_told_with_both_numbers() {
    let files = Files::new();
    let case = cases().iter().find(|case| id(case) == "monai-FocalLoss-o014").unwrap();
    let (found, _) = run_case(&files, case, &[]);
    let departs = &found["departs"][0];
    let close = |value: &Value, expected: f64| (value.as_f64().unwrap() - expected).abs() < 2e-6 * expected;
    // Three channels: three times the mean.
    let library = case["value"].as_f64().unwrap();
    assert!(close(&departs["library_value"], library) && close(&found["reduced"], library / 3.0), "{found}");
    assert_eq!((&departs["class"], &departs["version"]), (&"FocalLoss".into(), &"1.6.1".into()));
    let (truth, pred) = (files.path("truth.npy"), files.path("pred.npy"));
    let call = call(case);
    let runs: [(&[&str], String); 2] = [
        (&[], format!("monai 1.6.1 FocalLoss gives {library:.6}: with ignore_index it divides by voxels")),
        (&["--as-library"], format!("the right one would be {:.6}", library / 3.0)),
    ];
    for (more, line) in runs {
        let shown = fine([&["loss", text(&truth), text(&pred), "--as", &call], more].concat());
        assert!(shown.split_whitespace().collect::<Vec<_>>().join(" ").contains(&line), "{shown}");
        assert!(shown.contains(&call[..20]), "{shown}");
    }
}

#[test]
fn what_people_paste_is_read() {
    let files = Files::new();
    let pred = files.f32("pred.npy", &[1, 3, 4], &PRED);
    let truth = files.f32("truth.npy", &[1, 3, 4], &TRUTH);
    let value = |call: &str| reduced(&truth, &pred, &["--as", call]);
    let dice = value("monai.DiceLoss()");
    for call in ["monai.losses.DiceLoss(to_onehot_y=True)", "monai.losses.dice.DiceLoss(True)", "monai@1.6.1.DiceLoss"]
    {
        assert_eq!(value(call), dice, "{call}");
    }
    let dice = value("smp.DiceLoss('multilabel', from_logits=False)");
    assert_eq!(value("segmentation_models_pytorch.losses.DiceLoss(mode=\"multilabel\", from_logits=False)"), dice);
    let tversky = value("keras.losses.Tversky(alpha=0.3, beta=0.7)");
    assert_eq!(value("tf.keras.losses.Tversky(0.3, 0.7, 'sum_over_batch_size', 'tversky')"), tversky);
    // Since 3.15.1 the main branch has the letters the other way round.
    assert_eq!(value("keras@main.losses.Tversky(alpha=0.7, beta=0.3)"), tversky);
    assert_ne!(value("keras@main.losses.Tversky(alpha=0.3, beta=0.7)"), tversky);
}

#[test]
fn a_call_that_cannot_be_is_refused_with_what_there_is() {
    let files = Files::new();
    let [truth, pred] = files.example();
    let runs: [(&str, &[&str]); 12] = [
        ("torch.BCELoss()", &["there is no library torch", "monai, smp, keras, nnunet"]),
        ("monai.Dice()", &["monai has no class Dice (did you mean", "GeneralizedDiceFocalLoss", "character 7"]),
        ("monai.DiceLoss(smoth_nr=1)", &["did you mean smooth_nr?", "squared_pred", "character 16"]),
        ("monai.DiceLoss(sigmoid=True", &["comma or the closing parenthesis", "the text ends", "character 28"]),
        ("monai.DiceLoss(sigmoid='yes')", &["sigmoid of DiceLoss must be True or False"]),
        ("monai.DiceLoss(weight=[1, 2])", &["weight of DiceLoss must be a list of 3, one for each channel"]),
        ("monai.DiceLoss(weight=[1, 2, 3], include_background=False)", &["a list of 2", "without the background"]),
        ("monai@1.5.0.DiceLoss()", &["monai 1.5.0 is not known; known are 1.6.1"]),
        ("smp.DiceLoss()", &["mode of DiceLoss must be given: binary, multiclass or multilabel"]),
        ("smp.SoftCrossEntropyLoss()", &["smp fails with its own default"]),
        ("nnunet.DC_and_CE_loss({}, {})", &["DC_and_CE_loss takes a label map"]),
        ("nnunet.DC_and_BCE_loss({}, {'smoth': 1})", &["soft_dice_kwargs of DC_and_BCE_loss has no smoth"]),
    ];
    for (call, parts) in runs {
        fails(2, parts, arguments(&truth, &pred, &["--as", call]));
    }
    // Told before anything is read.
    let none = Path::new("none.npy");
    fails(2, &["--gamma beside --as"], arguments(none, none, &["--as", "monai.DiceLoss()", "--gamma", "1"]));
    fails(2, &["--as-library does nothing"], arguments(none, none, &["--as-library"]));
    // Characters, not bytes: the space is one of two.
    let call = "monai.DiceLoss(\u{a0}reduction='x')";
    fails(2, &["reduction of DiceLoss must be", "character 17 of"], arguments(&truth, &pred, &["--as", call]));
}

/// What logits need is a keyword where there is a call, which no flag stands beside.
#[test]
fn logits_are_told_with_the_keyword_of_the_class() {
    let files = Files::new();
    let write = |name: &str, values: &[f32]| {
        let path = files.path(name);
        npy::write(&path, &[1, 2, 2], Order::RowMajor, values).unwrap();
        path
    };
    let truth = write("truth.npy", &[0.0, 1.0, 1.0, 0.0]);
    let logits = write("logits.npy", &[-3.0, 4.0, 2.0, -5.0]);
    let said = |more: &[&str]| stderr(&run(arguments(&truth, &logits, more)));
    for (call, words) in [
        ("monai.DiceLoss()", "logits need DiceLoss(sigmoid=True) or DiceLoss(softmax=True)"),
        ("keras.BinaryCrossentropy()", "logits need BinaryCrossentropy(from_logits=True)"),
        ("keras.Dice()", "Dice takes probabilities: apply sigmoid or softmax to logits first"),
        ("smp.DiceLoss('multilabel', from_logits=False)", "logits need DiceLoss(from_logits=True)"),
    ] {
        let told = said(&["--as", call]);
        assert!(told.contains(words) && !told.contains("--activation"), "{call}: {told}");
    }
    assert!(said(&[]).contains("logits need --activation sigmoid or softmax"));
    assert!(!said(&["--as", "monai.DiceLoss(sigmoid=True)"]).contains("logits"));
}

/// Two classes of SMP ignore -100 without being told.
#[test]
fn what_a_class_ignores_by_default_may_be_in_the_truth() {
    let files = Files::new();
    let pred = files.f32("pred.npy", &[1, 3, 4], &PRED);
    let labels = files.raw("labels.npy", "<i2", &[1, 4], &[0i16, -100, 2, 1], |x| x.to_le_bytes());
    let of = |more: &[&str]| json(arguments(&labels, &pred, more));
    let default = of(&["--as", "smp.SoftCrossEntropyLoss(smooth_factor=0.0)"]);
    let told = of(&["--as", "smp.SoftCrossEntropyLoss(smooth_factor=0.0, ignore_index=-100)"]);
    let preset = of(&["--preset", "smp", "--loss", "ce"]);
    for found in [&default, &told, &preset] {
        assert_eq!((&found["reduced"], &found["loss"]["ignores"]["value"]), (&default["reduced"], &(-100).into()));
        assert!(found["departs"][0]["why"].as_str().unwrap().contains("divides by all voxels"), "{found}");
    }
    let clean = files.raw("clean.npy", "<i2", &[1, 4], &[0i16, 1, 2, 1], |x| x.to_le_bytes());
    let found = json(arguments(&clean, &pred, &["--as", "smp.SoftCrossEntropyLoss(smooth_factor=0.0)"]));
    assert_eq!(found["departs"], serde_json::json!([]));
}

#[test]
fn a_group_without_a_value_is_counted_beside_the_mean() {
    let files = Files::new();
    let truth = files.f32("truth.npy", &[1, 2, 4], &[1.0, 0.0, 1.0, 1.0, 0.0, 0.0, 0.0, 0.0]);
    let pred = files.f32("pred.npy", &[1, 2, 4], &[0.5, 0.0, 1.0, 0.5, 0.0, 0.0, 0.0, 0.0]);
    let flags = ["--as", "monai.DiceLoss(smooth_nr=0, smooth_dr=0)"];
    let found = json(arguments(&truth, &pred, &flags));
    assert_eq!((&found["undefined"], &found["departs"][0]["library_value"]), (&1.into(), &Value::Null), "{found}");
    let shown = fine([&["loss", text(&truth), text(&pred)], &flags[..]].concat());
    assert!(shown.contains("1 values in it are undefined") && shown.contains("gives NaN"), "{shown}");
    // Terms of other groups than each other.
    let sum = json(arguments(&truth, &pred, &["--preset", "monai", "--smooth", "0", "--loss", "dice-focal"]));
    assert_eq!(sum["undefined"], 1, "{sum}");
}

/// A mask beside a truth with a channel of ignored voxels is of the prediction's channels.
#[test]
fn values_are_ignored_beside_an_ignore_channel() {
    let files = Files::new();
    let pred = files.f32("pred.npy", &[1, 2, 4], &PRED[..8]);
    let mut truth = [0.0, 1.0, 0.0, 1.0, 1.0, 0.0, 0.0, 1.0, 0.0, 0.0, 1.0, 0.0];
    let call = ["--as", "nnunet.DC_and_BCE_loss({}, {}, use_ignore_label=True)"];
    let plain = files.f32("plain.npy", &[1, 3, 4], &truth);
    let mask = files.f32("mask.npy", &[1, 2, 4], &[1.0, 0.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0]);
    let masked = reduced(&plain, &pred, &[&call[..], &["--mask", text(&mask)]].concat());
    truth[1] = 7.0;
    let marked = files.f32("marked.npy", &[1, 3, 4], &truth);
    assert_eq!(reduced(&marked, &pred, &[&call[..], &["--ignore", "7"]].concat()), masked);
}

/// The constructor call that flags stand for, and its value.
fn of_flags(truth: &Path, pred: &Path, more: &[&str]) -> (String, f64) {
    let found = json(arguments(truth, pred, more));
    (found["loss"]["as"].as_str().unwrap().into(), found["reduced"].as_f64().unwrap())
}

#[test]
fn a_preset_with_a_loss_is_the_class_of_the_library() {
    let files = Files::new();
    let logits: Vec<f32> = (0..24).map(|i| (i * 5 % 24) as f32 / 6.0 - 2.0).collect();
    let pred = files.f32("pred.npy", &[2, 3, 4], &logits);
    let truth = files.raw("truth.npy", "|u1", &[2, 4], &[0u8, 2, 1, 1, 0, 2, 2, 2], |x| [*x]);
    let runs: [(&[&str], &str); 8] = [
        (
            &["monai", "dice-ce", "--activation", "softmax", "--class-weights", "0.2,0.3,0.5", "--no-background"],
            "monai.DiceCELoss(softmax=True, include_background=False, weight=[0.2, 0.3, 0.5])",
        ),
        (
            &["monai", "focal", "--class-weights", "1,2,3", "--no-background", "--reduce", "sum"],
            "monai.FocalLoss(include_background=False, weight=[2, 3], reduction=\"sum\")",
        ),
        (&["monai", "generalized-dice+focal", "--per", "channel"], "monai.GeneralizedDiceFocalLoss(batch=True)"),
        (&["smp", "focal", "--alpha", "0.25"], "smp.FocalLoss(mode=\"multiclass\", alpha=0.25)"),
        (&["smp", "ce"], "smp.SoftCrossEntropyLoss(smooth_factor=0.0)"),
        (
            &["nnunet", "dice-ce", "--lambda-ce", "2"],
            "nnunet.DC_and_CE_loss(soft_dice_kwargs={'batch_dice': False, 'do_bg': False, 'smooth': 0.00001, 'ddp': False}, \
             ce_kwargs={}, dice_class=MemoryEfficientSoftDiceLoss, weight_ce=2)",
        ),
        (
            &["nnunet", "dice+bce"],
            "nnunet.DC_and_BCE_loss(soft_dice_kwargs={'batch_dice': False, 'do_bg': True, 'smooth': 0.00001, 'ddp': False}, \
             bce_kwargs={}, dice_class=MemoryEfficientSoftDiceLoss)",
        ),
        (
            &["monai", "dice+focal", "--smooth", "1", "--denominator", "squared", "--lambda-dice", "0.5"],
            "monai.DiceFocalLoss(smooth_nr=1, smooth_dr=1, squared_pred=True, lambda_dice=0.5)",
        ),
    ];
    for (flags, expected) in runs {
        let [preset, loss, more @ ..] = flags else { panic!("{flags:?}") };
        let (call, value) = of_flags(&truth, &pred, &[&["--preset", preset, "--loss", loss], more].concat());
        assert_eq!(call, expected);
        assert_eq!(reduced(&truth, &pred, &["--as", &call]), value, "{call}");
    }
    // An activation that the class does not have would be dropped.
    for (preset, loss, activation, told) in [
        (
            "keras",
            "bce",
            "softmax",
            "BinaryCrossentropy of keras takes no --activation softmax; it takes none or sigmoid",
        ),
        ("keras", "ce", "sigmoid", "CategoricalCrossentropy of keras takes no --activation sigmoid"),
        ("keras", "focal", "argmax", "BinaryFocalCrossentropy of keras takes no --activation argmax"),
        ("smp", "bce", "none", "SoftBCEWithLogitsLoss of smp takes no --activation none; it takes sigmoid"),
        ("smp", "ce", "sigmoid", "SoftCrossEntropyLoss of smp takes no --activation sigmoid; it takes softmax"),
        ("smp", "focal", "softmax", "FocalLoss of smp takes no --activation softmax; it takes none or sigmoid"),
        ("nnunet", "dice-ce", "none", "DC_and_CE_loss of nnunet takes no --activation none; it takes softmax"),
        ("nnunet", "dice+bce", "threshold=0.5", "DC_and_BCE_loss of nnunet takes no --activation threshold=0.5"),
        ("monai", "focal", "none", "FocalLoss of monai takes no --activation none; it takes sigmoid or softmax"),
        ("monai", "dice-ce", "argmax", "DiceCELoss of monai takes no --activation argmax"),
    ] {
        let flags = ["--preset", preset, "--loss", loss, "--activation", activation];
        fails(2, &[told], arguments(&truth, &pred, &flags));
    }
    for (preset, loss, has) in [
        ("monai", "bce", "dice-focal"),
        ("smp", "dice-ce", "dice, jaccard, tversky, focal, bce and ce"),
        ("keras", "dice+bce", "dice, tversky"),
        ("nnunet", "focal", "dice, dice-ce and dice+bce"),
    ] {
        let words = format!("{preset} has no loss {loss}; it has");
        fails(2, &[&words, has], arguments(&truth, &pred, &["--preset", preset, "--loss", loss]));
    }
    fails(
        2,
        &["--beta does nothing with"],
        arguments(&truth, &pred, &["--preset", "monai", "--loss", "dice-ce", "--beta", "1"]),
    );
}
