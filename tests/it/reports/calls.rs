//! Losses of other libraries beyond their defaults.

use super::{Expected::*, Row, Run};

/// As those who measured have it.
const TOLERANCE: f64 = 3e-6;

/// The loss that a table for people ends with.
fn shown(run: &Run) -> f64 {
    assert_eq!(run.code(), Some(0), "{}", run.stderr());
    let text = run.stdout();
    let line = text.lines().filter_map(|line| line.strip_prefix("loss   ")?.parse().ok()).next_back();
    line.unwrap_or_else(|| panic!("{text}"))
}

const ROWS: &[Row] = &[
    Row {
        report: "dice-ce-one-channel",
        command: "voxdice loss truth.npy logits.npy --preset monai --loss dice-ce --activation sigmoid --format json",
        expected: Number("/reduced", "/first: MONAI 1.6.1 DiceCELoss(sigmoid=True), run in float64", TOLERANCE),
    },
    Row {
        report: "dice-ce-one-channel",
        command: "voxdice loss empty_truth.npy sure_logits.npy --preset monai --loss dice-ce --activation sigmoid --format json",
        expected: Number("/reduced", "/second: MONAI", TOLERANCE),
    },
    Row {
        report: "weighted-cross-entropy",
        command: "voxdice loss labels.npy logits.npy --loss ce --activation softmax --class-weights .2,.3,.5 --format json",
        expected: Number("/reduced", "/torch.nn.functional.cross_entropy(label indices, weight), run", TOLERANCE),
    },
    Row {
        report: "weighted-cross-entropy",
        command: "voxdice loss labels.npy logits.npy --loss dice-ce --lambda-dice 0 --activation softmax --class-weights .2,.3,.5 --format json",
        expected: Number("/reduced", "/torch.nn.functional.cross_entropy(label indices, weight), run", TOLERANCE),
    },
    Row {
        report: "weighted-cross-entropy",
        command: "voxdice loss labels.npy logits.npy --preset monai --loss dice-ce --activation softmax --class-weights .2,.3,.5 --format json",
        expected: Number("/reduced", "/third: MONAI 1.6.1 DiceCELoss(softmax, to_onehot_y, weight), run", TOLERANCE),
    },
    Row {
        report: "keras-tversky",
        command: "voxdice loss truth.npy pred.npy --preset keras --loss tversky --alpha 0.3 --beta 0.7 --layout channels-last --format json",
        expected: Number("/reduced", "/loss as keras 3.15.1 gives it (run, torch backend, float32)", TOLERANCE),
    },
    Row {
        report: "smp-smooth",
        command: "voxdice loss labels.npy logits.npy --preset smp --loss dice --smooth 1 --activation softmax --format json",
        expected: Number("/reduced", "/SMP 0.6.0, run in float64, smooth=1: DiceLoss", TOLERANCE),
    },
    Row {
        report: "smp-smooth",
        command: "voxdice loss labels.npy logits.npy --preset smp --loss jaccard --smooth 1 --activation softmax --format json",
        expected: Number("/reduced", "/JaccardLoss", TOLERANCE),
    },
    Row {
        report: "smp-smooth",
        command: "voxdice loss labels.npy logits.npy --preset smp --loss tversky --alpha .3 --beta .7 --smooth 1 --activation softmax --format json",
        expected: Number("/reduced", "/TverskyLoss(.3,.7)", TOLERANCE),
    },
    Row {
        report: "smp-smooth",
        command: "voxdice loss labels.npy logits.npy --preset smp --smooth 2 --activation softmax --format json",
        expected: Says(0, &["smp adds its smoothing to one hit", "--smooth-unit pair"], &[]),
    },
    Row {
        report: "missing-features",
        command: "voxdice loss labels.npy logits.npy --activation softmax --ignore 255",
        expected: Holds(|run| {
            let right =
                run.right("/ignore, voxels of 255 left out of every sum, 1 - dice per sample and channel, mean");
            assert!((shown(run) - right.as_f64().unwrap()).abs() < TOLERANCE, "{}", run.stdout());
        }),
    },
    Row {
        report: "missing-features",
        command: "voxdice loss labels.npy logits.npy --loss dice-ce --activation softmax --label-smoothing 0.1",
        // What 255 is, nobody has said.
        expected: Says(2, &["label 255", "3 channels"], &[]),
    },
];

#[test]
fn losses_are_those_of_the_libraries() {
    super::all(ROWS);
}
