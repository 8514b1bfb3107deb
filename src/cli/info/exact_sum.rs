//! The sum of floats, rounded once: one integer per exponent holds the significands exactly, in any order.

/// A sum of finite numbers.
#[derive(Debug, Clone)]
pub(super) struct ExactSum {
    /// Sum of signed significands, by biased exponent. 2^74 numbers fit.
    by_exponent: Vec<i128>,
}

impl Default for ExactSum {
    fn default() -> Self {
        Self { by_exponent: vec![0; 2047] }
    }
}

impl ExactSum {
    /// Adds a finite number; others are ignored.
    pub fn add(&mut self, value: f64) {
        let bits = value.to_bits();
        let exponent = (bits >> 52 & 0x7ff) as usize;
        let fraction = (bits & ((1 << 52) - 1)) as i128;
        // Subnormal numbers have the exponent of the smallest normal ones, and no hidden bit.
        let significand = if exponent == 0 { fraction } else { fraction | 1 << 52 };
        if let Some(sum) = self.by_exponent.get_mut(exponent.max(1)) {
            *sum += if value.is_sign_negative() { -significand } else { significand };
        }
    }

    /// The nearest f64; infinite where the sum is out of its range.
    pub fn rounded(&self) -> f64 {
        // The sum as an integer multiple of 2^-1074 in limbs of 32 bits, each still with a sign and with spare bits.
        let mut limbs = vec![0i128; 72];
        for (exponent, &sum) in self.by_exponent.iter().enumerate().filter(|(_, sum)| **sum != 0) {
            let shift = exponent - 1;
            let (limb, bits) = (shift / 32, shift % 32);
            // 127 bits, shifted by up to 31: five limbs.
            let (magnitude, sign) = (sum.unsigned_abs(), sum.signum());
            for i in 0..4 {
                let piece = (magnitude >> (32 * i) & 0xffff_ffff) << bits;
                limbs[limb + i] += sign * (piece & 0xffff_ffff) as i128;
                limbs[limb + i + 1] += sign * (piece >> 32) as i128;
            }
        }
        let negative = carry(&mut limbs);
        let magnitude = nearest(&limbs);
        if negative { -magnitude } else { magnitude }
    }
}

/// Brings every limb into 0..2^32; says whether the number was negative, and then leaves its magnitude.
fn carry(limbs: &mut [i128]) -> bool {
    let mut over = 0;
    for limb in limbs.iter_mut() {
        let sum = *limb + over;
        *limb = sum & 0xffff_ffff;
        over = sum >> 32;
    }
    if over >= 0 {
        return false;
    }
    // Two's complement: invert and add one.
    let mut over = 1;
    for limb in limbs.iter_mut() {
        let sum = (!*limb & 0xffff_ffff) + over;
        *limb = sum & 0xffff_ffff;
        over = sum >> 32;
    }
    true
}

/// The nearest f64 to a multiple of 2^-1074, ties to even.
fn nearest(limbs: &[i128]) -> f64 {
    let Some(top) = limbs.iter().rposition(|&limb| limb != 0) else { return 0.0 };
    let low = top.saturating_sub(3);
    let mut head = (low..=top).rev().fold(0u128, |head, i| head << 32 | limbs[i] as u128);
    // 97 bits at least, so that one bit below them all stands for everything further down.
    if limbs[..low].iter().any(|&limb| limb != 0) {
        head |= 1;
    }
    let mut power = 32 * low as i32 - 1074;
    // The conversion rounds once. Scaling by powers of two is then exact: below 53 bits nothing was rounded.
    let mut value = head as f64;
    while power > 0 {
        let step = power.min(1000);
        value *= 2f64.powi(step);
        power -= step;
    }
    while power < 0 {
        let step = power.max(-1000);
        value *= 2f64.powi(step);
        power -= step;
    }
    value
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sum(values: &[f64]) -> f64 {
        let mut sum = ExactSum::default();
        values.iter().for_each(|&value| sum.add(value));
        sum.rounded()
    }

    #[test]
    fn nothing_is_lost_between_large_and_small() {
        assert_eq!(sum(&[1e100, 1.0, -1e100]), 1.0);
        assert_eq!(sum(&[0.1; 10]), 1.0);
        assert_eq!(sum(&[f64::MAX, 5e-324, -f64::MAX]), 5e-324);
        assert_eq!(sum(&[5e-324, -1e-323]), -5e-324);
        assert_eq!(sum(&[-1.5, 0.25]), -1.25);
        assert_eq!(sum(&[]), 0.0);
    }

    #[test]
    fn the_sum_is_rounded_once_and_ties_go_to_even() {
        let half_ulp = 2f64.powi(-53);
        assert_eq!(sum(&[1.0, half_ulp]), 1.0);
        assert_eq!(sum(&[1.0, half_ulp, 5e-324]), 1.0 + 2.0 * half_ulp);
        assert_eq!(sum(&[1.0 + 2.0 * half_ulp, half_ulp]), 1.0 + 4.0 * half_ulp);
        assert_eq!(sum(&[f64::MAX, f64::MAX]), f64::INFINITY);
    }

    /// Integers have another exact sum to compare with.
    #[test]
    fn random_integers_add_up() {
        let mut state = 88_172_645_463_325_252u64;
        let mut exact = 0i128;
        let mut values = Vec::new();
        for _ in 0..10_000 {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            let value = (state as i64) >> (state % 60);
            let value = value as f64;
            exact += value as i128;
            values.push(value);
        }
        assert_eq!(sum(&values), exact as f64);
    }
}
