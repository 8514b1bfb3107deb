use super::*;

/// Central differences of the value, over every choice.
#[test]
fn slopes_are_those_of_the_value() {
    let factors = [
        Focal::None,
        Focal::Apart(2.0),
        Focal::Margin(0.5),
        Focal::Margin(2.0),
        Focal::Confidence(1.5),
        Focal::Reduced { gamma: 2.0, threshold: 0.45 },
        Focal::Miss(3.0),
        Focal::Miss(0.5),
    ];
    let mut checked = 0;
    for factor in factors {
        for (on, off, alpha, clip) in [(1.0, 1.0, None, 0.0), (2.5, 0.5, Some(0.25), 1e-3), (1.0, 0.0, None, 1e-7)] {
            for measure in [Measure::Loss, Measure::Factor] {
                let labels = LabelSmoothing::classes(0.1, 3);
                let entropy = Entropy { on, off, alpha, factor, labels, clip, measure, part: Part::All };
                if entropy.fault().is_some() {
                    continue;
                }
                for (x, t) in [(-3.0, 0.0), (-1.2, 1.0), (0.3, 0.25), (2.0, 0.75), (4.0, 1.0), (-9.0, 1.0), (0.7, 0.0)]
                {
                    let value = |x: f64| entropy.value(-(-x).softplus(), -x.softplus(), t);
                    let expected = (value(x + 1e-5) - value(x - 1e-5)) / 2e-5;
                    let (ln_p, ln_q) = (-(-x).softplus(), -x.softplus());
                    let slopes = entropy.slopes(ln_p, ln_q, t);
                    let found = ln_p.exp() * slopes.off - ln_q.exp() * slopes.on;
                    assert!((found - expected).abs() < 1e-7, "{entropy:?} {x} {t}: {found} {expected}");
                    checked += 1;
                }
            }
        }
    }
    assert!(checked > 200);
}

/// As segmentation_models.pytorch has it: p is clipped before anything is computed from it.
#[test]
fn factors_of_b_are_those_of_the_b_that_is_clipped() {
    let of = |factor| Entropy { factor, clip: 0.1, ..Entropy::default() };
    let b = -(0.9f64.ln());
    for (factor, expected) in [
        (Focal::Confidence(2.0), 0.01 * b),
        (Focal::Reduced { gamma: 2.0, threshold: 0.5 }, 0.04 * b),
        // p is 1, and the miss 0.
        (Focal::Miss(2.0), 0.0),
    ] {
        assert!((of(factor).value(0.0, -100.0, 1.0) - expected).abs() < 1e-12, "{factor:?}");
        assert_eq!(of(factor).slopes(0.0, -100.0, 1.0).on, 0.0, "{factor:?}");
    }
    // A p a little above 1, where nothing is clipped.
    let beyond = Entropy { factor: Focal::Confidence(1.5), ..Entropy::default() };
    assert_eq!(beyond.value(1e-7, -100.0, 1.0).abs(), 0.0);
    assert!(beyond.slopes(1e-7, -100.0, 1.0).on.is_finite());
}

#[test]
fn parts_add_up() {
    let of = |part, t| Entropy { part, factor: Focal::Margin(2.0), ..Entropy::default() }.value(-0.5, -1.0, t);
    for t in [0.0, 0.3, 1.0] {
        assert_eq!(of(Part::Ones, t) + of(Part::Others, t), of(Part::All, t));
    }
}
