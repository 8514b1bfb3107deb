//! Wrong parameters are errors that name the parameter, its value and its range.

use voxdice::metric::{
    Agreement, Channels, ClassWeights, Denominator, Focus, Form, Kind, Loss, LossOptions, Moments, Overlap, Per,
    Pointwise, Reduce, Smooth, Smoothing, Tversky,
};
use voxdice::{Error, Table};

fn table() -> Table<Moments> {
    Table::from_cells(2, 3, vec![Moments::plain(8.0, 4.0, 4.0, 2.0); 6]).unwrap()
}

/// The name and the whole message of the error that `options` give, at construction or on a table of 3 channels.
fn refusal(options: LossOptions) -> (&'static str, String) {
    let error = Loss::new(options).and_then(|loss| loss.evaluate(&table())).unwrap_err();
    let message = error.to_string();
    match error {
        Error::Parameter { name, value, range } => {
            assert!(message.contains(name) && message.contains(&value) && message.contains(&range));
            (name, message)
        }
        other => panic!("{other}"),
    }
}

fn pointwise(pointwise: Pointwise) -> LossOptions {
    LossOptions { kind: Kind::Pointwise(pointwise), ..LossOptions::default() }
}

fn tversky(alpha: f64, beta: f64) -> LossOptions {
    LossOptions { kind: Kind::Overlap(Overlap::Tversky(Tversky { alpha, beta })), ..LossOptions::default() }
}

#[test]
fn a_parameter_out_of_range_is_named() {
    let plain = LossOptions::default;
    let smooth = |numerator, denominator| Smooth { numerator, denominator };
    let combined = |lambda_overlap, lambda_pointwise| LossOptions {
        kind: Kind::Combined {
            overlap: Overlap::Dice,
            pointwise: Pointwise::CrossEntropy,
            lambda_overlap,
            lambda_pointwise,
        },
        ..plain()
    };
    let cases = [
        ("smooth (numerator)", LossOptions { smooth: smooth(-1.0, 0.0).into(), ..plain() }),
        ("smooth (denominator)", LossOptions { smooth: smooth(0.0, f64::NAN).into(), ..plain() }),
        ("smooth (denominator)", LossOptions { smooth: smooth(0.0, f64::INFINITY).into(), ..plain() }),
        ("smooth (numerator)", LossOptions { smooth: Smoothing::PerChannel(vec![smooth(-1.0, 0.0); 3]), ..plain() }),
        ("smooth", LossOptions { smooth: Smoothing::PerChannel(vec![Smooth::none(); 2]), ..plain() }),
        ("smooth", LossOptions { smooth: Smoothing::PerChannel(vec![Smooth::none(); 3]), per: Per::All, ..plain() }),
        ("floor", LossOptions { floor: -1e-9, ..plain() }),
        ("score_floor", LossOptions { score_floor: f64::NAN, ..plain() }),
        ("denominator power", LossOptions { denominator: Denominator::Power(0.0), ..plain() }),
        ("denominator power", LossOptions { denominator: Denominator::Power(f64::NAN), ..plain() }),
        (
            "denominator power",
            LossOptions { denominator: Denominator::Power(1.5), agreement: Agreement::SoftLabel, ..plain() },
        ),
        ("class weight", LossOptions { weights: ClassWeights::Multiply(vec![1.0, -1.0, 1.0]), ..plain() }),
        ("class weights", LossOptions { weights: ClassWeights::Multiply(vec![1.0; 4]), ..plain() }),
        ("class weights", LossOptions { weights: ClassWeights::Normalise(vec![0.0; 3]), ..plain() }),
        ("class weights", LossOptions { weights: ClassWeights::Normalise(vec![1.0; 3]), per: Per::Sample, ..plain() }),
        ("channel", LossOptions { channels: Channels::Only(vec![0, 3]), ..plain() }),
        ("channel", LossOptions { channels: Channels::Only(vec![1, 1]), ..plain() }),
        ("channels", LossOptions { channels: Channels::Only(Vec::new()), ..plain() }),
        ("alpha", tversky(-0.1, 0.5)),
        ("beta", tversky(0.5, f64::NAN)),
        ("alpha + beta", tversky(0.0, 0.0)),
        ("gamma", pointwise(Pointwise::Focal { gamma: -1.0, alpha: None })),
        ("gamma", pointwise(Pointwise::CategoricalFocal { gamma: f64::NAN })),
        ("alpha", pointwise(Pointwise::Focal { gamma: 2.0, alpha: Some(1.5) })),
        ("beta", pointwise(Pointwise::Balanced { beta: -0.5 })),
        ("lambda_overlap", combined(-1.0, 1.0)),
        ("lambda_pointwise", combined(1.0, f64::INFINITY)),
        ("focus gamma", LossOptions { focus: Focus::Group(0.0), ..plain() }),
        ("focus", LossOptions { focus: Focus::Group(0.75), form: Form::NegLog, ..plain() }),
        ("focus", LossOptions { focus: Focus::Reduced(0.75), reduce: Reduce::None, ..plain() }),
    ];
    for (name, options) in cases {
        assert_eq!(refusal(options.clone()).0, name, "{options:?}");
    }
}

#[test]
fn the_message_says_what_to_write() {
    let (_, message) = refusal(LossOptions { smooth: Smooth::both(-1.0).into(), ..LossOptions::default() });
    assert_eq!(message, "smooth (numerator) is -1, but must be finite and at least 0");
}

#[test]
fn a_sum_that_was_not_made_is_named() {
    let missing = |options: LossOptions| match Loss::new(options).unwrap().evaluate(&table()) {
        Err(Error::MissingTerm { term }) => term,
        other => panic!("{other:?}"),
    };
    let soft = LossOptions { agreement: Agreement::SoftLabel, ..LossOptions::default() };
    assert_eq!(missing(soft), "the sum of |p - t|");
    assert_eq!(missing(pointwise(Pointwise::CrossEntropy)), "the sum of CrossEntropy");
    assert_eq!(missing(LossOptions::dice_ce()), "the sum of CrossEntropy");
}

#[test]
fn a_table_has_one_value_per_cell() {
    for (samples, channels, cells) in [(2, 3, 5), (0, 1, 0), (usize::MAX, 2, 2)] {
        let cells = vec![Moments::plain(1.0, 1.0, 1.0, 1.0); cells];
        assert!(matches!(Table::from_cells(samples, channels, cells), Err(Error::TableLength { .. })));
    }
    let table = table();
    assert!(table.get(1, 2).is_some());
    for (sample, channel) in [(0, 3), (2, 0), (usize::MAX, 1)] {
        assert!(table.get(sample, channel).is_none(), "{sample}, {channel}");
    }
}
