//! Keras' Dice and Tversky losses, through its own tests.

use super::arrays::Array;
use super::compare::{Verdict, all_close};
use super::soft::{Act, Soft};
use crate::shared::golden_cases;
use voxdice::metric::{Kind, Loss, LossOptions, Overlap, Per, Preset, Reduce, Smooth, Tversky};

#[test]
fn losses_of_its_tests() {
    let mut verdict = Verdict::default();
    for case in golden_cases("keras_library_dice.json") {
        let kwargs = &case["kwargs"];
        let (pred, truth) = (Array::nested(&case["pred"]), Array::nested(&case["truth"]));
        let mut options = Preset::Keras.options();
        if case["metric"] == "keras.losses.tversky" {
            let number = |name: &str| Array::number(&kwargs[name]);
            options.kind = Kind::Overlap(Overlap::Tversky(Tversky { alpha: number("alpha"), beta: number("beta") }));
            options.smooth = Smooth::per_hit(0.0, number("epsilon")).into();
        }
        // axis [1, 2, 3] is everything but the samples, and leaves one value for each.
        let mut samples = 1;
        if !kwargs["axis"].is_null() {
            samples = pred.axes[0];
            options = LossOptions { per: Per::Cell, reduce: Reduce::None, ..options };
        }
        let loss = Loss::new(options).unwrap();
        let axes = [samples, 1, pred.values.len() / samples];
        let soft = Soft::new(axes, &pred.values, &truth.values, Act::None);
        let expected = Array::nested(&case["expected_f64"]).values;
        let name = case["metric"].as_str().unwrap();
        verdict.note(name, all_close(&soft.loss(&loss), &expected, 1e-12));
        if let Some(found) = soft.exact_loss(&loss) {
            verdict.note(name, all_close(&found, &expected, 1e-12));
        }
    }
    // 0.4 and 0.9 are no f32: four cases go through plain sums only.
    verdict.demand(10 + 6);
}
