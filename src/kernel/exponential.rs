//! An exponential with the same bits everywhere.

/// e^x for x ≤ 0, within 2 units of the last place of an `f64`; below −708 it stays at e^-708, which as an f32 is 0.
#[inline(always)]
pub(super) fn exp(x: f64) -> f64 {
    /// Adding it leaves the nearest integer in the lowest bits.
    const TO_INTEGER: f64 = 6_755_399_441_055_744.0;
    const LN_2_HIGH: f64 = 6.931_471_803_691_238e-1;
    const LN_2_LOW: f64 = 1.908_214_929_270_587_7e-10;
    /// 1/k! from k = 12 down to 2.
    const TERMS: [f64; 11] = [
        1.0 / 479_001_600.0,
        1.0 / 39_916_800.0,
        1.0 / 3_628_800.0,
        1.0 / 362_880.0,
        1.0 / 40_320.0,
        1.0 / 5_040.0,
        1.0 / 720.0,
        1.0 / 120.0,
        1.0 / 24.0,
        1.0 / 6.0,
        1.0 / 2.0,
    ];
    let x = if x < -708.0 { -708.0 } else { x };
    let shifted = x * std::f64::consts::LOG2_E + TO_INTEGER;
    let n = shifted - TO_INTEGER;
    let rest = (x - n * LN_2_HIGH) - n * LN_2_LOW;
    let series = TERMS.iter().fold(0.0, |sum, term| sum * rest + term);
    let mantissa = 1.0 + (rest + rest * rest * series);
    mantissa * f64::from_bits(shifted.to_bits().wrapping_add(1023) << 52)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_exponential_is_within_two_units_of_the_last_place() {
        for i in 0..700_000 {
            let x = -f64::from(i) / 997.0;
            let (found, expected) = (exp(x), x.exp());
            assert!((found - expected).abs() <= 2.0 * f64::EPSILON * expected, "{x}: {found:e} {expected:e}");
        }
        assert_eq!(exp(0.0), 1.0);
        assert_eq!([exp(-709.0), exp(-1e300), exp(f64::NEG_INFINITY)].map(|e| e as f32), [0.0; 3]);
    }
}
