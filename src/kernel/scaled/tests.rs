//! Against `f64`, whose 53 bits hold every 32-bit number.

use super::*;

const UNIT: f64 = 1.0 / (1u64 << 32) as f64;

/// Numbers of either sign whose exponents are within a range.
fn numbers(range: i32) -> impl Iterator<Item = (Scaled, Scaled)> {
    let mut state = 3u64;
    let mut next = move || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        state >> 16
    };
    let mut number = move || {
        let e = (next() % (2 * range as u64 + 1)) as i32 - range;
        Scaled { m: [next() as u32 | 1 << 31], e: [e], s: [(next() as u32 & 1) << 31] }
    };
    (0..20_000).map(move |_| (number(), number()))
}

fn check(what: &str, found: Scaled, expected: f64, bound: f64) {
    assert!((found.to_f64() - expected).abs() <= bound, "{what}: {found:?} for {expected}");
    assert!(found.m[0] >> 31 == 1 || found.m == [0], "{what}: {found:?}");
}

#[test]
fn results_are_within_their_bounds() {
    for (a, b) in numbers(40) {
        let [x, y] = [a, b].map(Scaled::to_f64);
        check("product", a * b, x * y, 2.0 * UNIT * (x * y).abs());
        check("sum", a + b, x + y, 2.0 * UNIT * x.abs().max(y.abs()).max((x + y).abs()));
        check("difference", a - b, x - y, 2.0 * UNIT * x.abs().max(y.abs()).max((x - y).abs()));
        check("quotient", a / b, x / y, 6.0 * UNIT * (x / y).abs());
        assert_eq!(a.partial_cmp(&b), x.partial_cmp(&y), "{a:?} {b:?}");
        assert_eq!((a.max(b).to_f64(), a.min(b).to_f64()), (x.max(y), x.min(y)));
    }
}

#[test]
fn logarithms_and_powers_are_within_their_bounds() {
    for (a, b) in numbers(6) {
        let [x, y] = [a, b].map(Scaled::to_f64);
        check("e^x", a.exp(), x.exp(), x.exp() * UNIT * if x > 0.0 { 9.0 } else { 5.0 });
        check("softplus", a.softplus(), x.max(0.0) + (-x.abs()).exp().ln_1p(), UNIT * (11.0 + 2.0 * x.abs()));
        let (a, x) = (a.abs(), x.abs());
        check("ln x", a.ln(), x.ln(), UNIT * (8.0 + 2.0 * x.ln().abs()));
        let minus = -(-x).exp_m1();
        check("1 - e^-x", a.one_minus_exp_neg(), minus, 32.0 * UNIT * if x < 0.5 { minus } else { 1.0 });
        let power = x.powf(y);
        if power.ln().abs() < 127.0 {
            check("x^y", a.power(b), power, power * UNIT * (9.0 + y.abs() * (8.0 + 4.0 * x.ln().abs())));
        }
    }
    for (small, _) in numbers(100).filter(|(a, _)| a.e[0] < 0 && a.s == [0]) {
        let x = small.to_f64();
        check("ln (1 + x)", small.ln_1p(), x.ln_1p(), 10.0 * UNIT * x);
    }
}

#[test]
fn what_is_beyond_a_range_is_its_end() {
    let huge = Scaled::<1>::power_of_two(40);
    assert_eq!((-huge).exp().to_bits(), [0]);
    assert_eq!(huge.exp().to_bits(), [INFINITY]);
    assert_eq!(Scaled::<1>::ZERO.inverse().to_bits(), [INFINITY]);
    assert_eq!((Scaled::ZERO * Scaled::<1>::ZERO.inverse()).to_bits(), [0]);
    assert_eq!(Scaled::<1>::ZERO.power(Scaled::ONE).to_bits(), [0]);
    assert_eq!([huge.units(), Scaled::power_of_two(16).units()], [[(1 << 47) - (1 << 15)], [1 << 46]]);
    assert_eq!((Scaled::<1>::ONE.units(), Scaled::LEAST_LOGARITHM.to_f64()), ([1 << 30], -100.0));
    assert_eq!((Scaled::<1>::ONE.to_f64(), Scaled::TWO.to_f64()), (1.0, 2.0));
}

#[test]
fn every_f32_is_itself() {
    for bits in (0..=u32::MAX).step_by(9973).filter(|bits| bits & 0x7fff_ffff < INFINITY) {
        let x = Scaled::of_bits(&[bits]);
        assert_eq!((x.to_f64(), x.to_bits()[0] << 1), (f64::from(f32::from_bits(bits)), bits << 1));
    }
}

/// As of the primitives: a changed constant, or the order of two steps, is another definition.
#[test]
fn the_bits_are_those_of_the_definition() {
    let mut sum = 0xcbf2_9ce4_8422_2325u64;
    for (a, b) in numbers(5) {
        for x in
            [a + b, a * b, a / b, a.exp(), a.abs().ln(), a.softplus(), a.abs().power(b), b.abs().one_minus_exp_neg()]
        {
            let number = u64::from(x.m[0]) << 16 ^ x.e[0] as u64 ^ u64::from(x.s[0] >> 31) << 60;
            sum = (sum ^ number).wrapping_mul(0x0100_0000_01b3);
        }
    }
    assert_eq!(sum, 9_146_724_964_061_646_372);
}
