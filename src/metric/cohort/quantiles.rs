//! Quantiles of the normal distribution and of Student's, for the shares of an interval.

use std::f64::consts::{FRAC_1_SQRT_2, FRAC_2_PI};

/// Φ(x), the share of the standard normal distribution below x.
pub(in crate::metric) fn normal(x: f64) -> f64 {
    // Not 1 + erf: the lower tail keeps its digits.
    0.5 * libm::erfc(-x * FRAC_1_SQRT_2)
}

/// The value below which this share of the standard normal distribution lies; None unless it lies within (0, 1/2].
pub(in crate::metric) fn lower_normal_quantile(share: f64) -> Option<f64> {
    match share {
        0.5 => Some(0.0),
        share if share > 0.0 && share < 0.5 => Some(-root(|x| share - normal(-x))),
        _ => None,
    }
}

/// The value that holds the middle `level` of Student's distribution between itself and its negative, for a level
/// within (0, 1) and one degree of freedom or more. Right to about 1e-12 of itself.
pub(in crate::metric) fn student(level: f64, freedom: usize) -> f64 {
    // The exact sum has half as many terms as there are degrees of freedom; from here on the expansion is as good.
    if freedom < 1000 {
        return root(|t| middle_of_student(t, freedom) - level);
    }
    let x = root(|x| 1.0 - 2.0 * normal(-x) - level);
    let n = freedom as f64;
    // Abramowitz & Stegun 26.7.5, as polynomials of x².
    let s = x * x;
    let terms = [
        1.0,
        (s + 1.0) / 4.0,
        ((5.0 * s + 16.0) * s + 3.0) / 96.0,
        (((3.0 * s + 19.0) * s + 17.0) * s - 15.0) / 384.0,
        ((((79.0 * s + 776.0) * s + 1482.0) * s - 1920.0) * s - 945.0) / 92_160.0,
    ];
    x * terms.iter().rev().fold(0.0, |sum, term| sum / n + term)
}

/// The share of Student's distribution between −t and t: Abramowitz & Stegun 26.7.3 and 26.7.4, which are exact for
/// whole degrees of freedom.
fn middle_of_student(t: f64, freedom: usize) -> f64 {
    // Those of the standard library differ in the last digit from system to system, and so would intervals.
    let tan = t / (freedom as f64).sqrt();
    let cos = 1.0 / (1.0 + tan * tan).sqrt();
    let (sin, angle) = (tan * cos, libm::atan(tan));
    let odd = freedom % 2 == 1;
    let mut term = match freedom {
        1 => 0.0,
        _ if odd => cos,
        _ => 1.0,
    };
    let mut sum = term;
    for step in (if odd { 3 } else { 2 }..freedom).step_by(2) {
        // Odd: 2/3, 4/5, 6/7 …; even: 1/2, 3/4, 5/6 …
        term *= cos * cos * (step - 1) as f64 / step as f64;
        sum += term;
    }
    if odd { FRAC_2_PI * (angle + sin * sum) } else { sin * sum }
}

/// Where a function that rises from below 0 at 0 is 0, halved down to neighbouring numbers.
fn root(function: impl Fn(f64) -> f64) -> f64 {
    let (mut low, mut high) = (0.0, 1.0);
    while function(high) < 0.0 && high < f64::MAX / 2.0 {
        (low, high) = (high, 2.0 * high);
    }
    loop {
        let middle = f64::midpoint(low, high);
        if middle <= low || middle >= high {
            return middle;
        }
        if function(middle) < 0.0 { low = middle } else { high = middle }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// scipy 1.17.1: `norm.cdf`, `t.ppf((1 + level) / 2, n)`.
    #[test]
    fn quantiles_are_those_of_scipy() {
        for (x, share) in [(0.0, 0.5), (1.0, 0.841_344_746_068_542_9), (-8.0, 6.220_960_574_271_74e-16)] {
            assert!((normal(x) / share - 1.0).abs() < 1e-14, "{x}");
        }
        for (level, freedom, t) in STUDENT {
            let found = student(level, freedom);
            assert!((found / t - 1.0).abs() < 1e-11, "{level} {freedom}: {found} {t}");
        }
    }

    const STUDENT: [(f64, usize, f64); 24] = [
        (0.5, 1, 1.0),
        (0.5, 2, 0.816_496_580_927_726_1),
        (0.5, 3, 0.764_892_328_404_344_4),
        (0.5, 10, 0.699_812_061_312_431_7),
        (0.5, 199, 0.675_724_595_610_645_4),
        (0.5, 200, 0.675_718_411_404_220_1),
        (0.5, 1_000_000, 0.674_489_995_531_087_5),
        (0.95, 1, 12.706_204_736_174_694),
        (0.95, 2, 4.302_652_729_749_462),
        (0.95, 3, 3.182_446_305_283_707_8),
        (0.95, 4, 2.776_445_105_197_793_4),
        (0.95, 9, 2.262_157_162_798_205),
        (0.95, 10, 2.228_138_851_986_274),
        (0.95, 199, 1.971_956_544_251_753_3),
        (0.95, 200, 1.971_896_223_633_908_8),
        (0.95, 1000, 1.962_339_080_826_408_3),
        (0.95, 1_000_000, 1.959_966_356_814_107),
        (0.999, 1, 636.619_248_768_789_7),
        (0.999, 2, 31.599_054_576_445_365),
        (0.999, 3, 12.923_978_636_687_961),
        (0.999, 10, 4.586_893_858_702_708),
        (0.999, 199, 3.340_086_556_161_463_4),
        (0.999, 200, 3.339_835_406_275_710_7),
        (0.999, 1_000_000, 3.290_536_461_248_722_2),
    ];
}
