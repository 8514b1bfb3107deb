// Real numbers as 32 bits and a power of 2, computed with in integers: ±m · 2^(e - 32) with the top bit of m set, or 0. Twin:
// kernel/scaled.rs. Choices are made by `choose`, without branches and early returns: drivers put functions into their callers,
// and some then need minutes for what a hundred branches leave.

struct Scaled {
  m: u32,
  e: i32,
  s: u32,   // the sign, in the top bit
}

const SIGN: u32 = 0x80000000u;
const LEAST: i32 = -16777216;   // the exponent of 0
const ZERO: Scaled = Scaled(0u, LEAST, 0u);
const UNITY: Scaled = Scaled(SIGN, 1, 0u);
const TWO: Scaled = Scaled(SIGN, 2, 0u);
const LEAST_LOGARITHM: Scaled = Scaled(3355443200u, 7, SIGN);   // -100, as in PyTorch's BCELoss

// b where `second`, else a.
fn choose(a: Scaled, b: Scaled, second: bool) -> Scaled {
  return Scaled(select(a.m, b.m, second), select(a.e, b.e, second), select(a.s, b.s, second));
}

fn normal(m: u32, e: i32, s: u32) -> Scaled {
  let zeros = countLeadingZeros(m) & 31u;
  return Scaled(m << zeros, select(e - i32(zeros), LEAST, m == 0u), select(s, 0u, m == 0u));
}

// A number in units of 2^-32.
fn of_fixed(fixed: vec2<u32>) -> Scaled {
  let zeros = countLeadingZeros(fixed.y) & 31u;
  let m = (fixed.y << zeros) | ((fixed.x >> 1u) >> (31u - zeros));
  return choose(Scaled(m, 32 - i32(zeros), 0u), normal(fixed.x, 0, 0u), fixed.y == 0u);
}

// Of finite f32 bits, exactly.
fn of_bits(bits: u32) -> Scaled {
  let field = (bits >> 23u) & 255u;
  let m = (bits & 0x7fffffu) | select(0x800000u, 0u, field == 0u);
  return normal(m << 8u, i32(max(field, 1u)) - 126, bits & SIGN);
}

fn of_f32(x: f32) -> Scaled {
  return of_bits(bitcast<u32>(x));
}

// Bits of the f32 next to it.
fn bits_of(x: Scaled) -> u32 {
  let magnitude = select(min(pack(x.m, -clamp(x.e, -160, 129)), INFINITY), 0u, x.m == 0u);
  return magnitude | x.s;
}

fn negated(x: Scaled) -> Scaled {
  return Scaled(x.m, x.e, x.s ^ SIGN);
}

fn absolute(x: Scaled) -> Scaled {
  return Scaled(x.m, x.e, 0u);
}

fn mul(a: Scaled, b: Scaled) -> Scaled {
  let high = mulhi(a.m, b.m);
  let short = high < SIGN;
  let m = select(high, (high << 1u) | ((a.m * b.m) >> 31u), short);
  let zero = m == 0u;
  return Scaled(m, select(a.e + b.e - select(0, 1, short), LEAST, zero), select(a.s ^ b.s, 0u, zero));
}

fn add(a: Scaled, b: Scaled) -> Scaled {
  let swap = b.e > a.e || (b.e == a.e && b.m > a.m);
  let large = choose(a, b, swap);
  let small = choose(b, a, swap);
  let shift = u32(large.e - small.e);
  let part = select(small.m >> (shift & 31u), 0u, shift > 31u);
  let apart = normal(large.m - part, large.e, large.s);
  let sum = large.m + part;
  let carry = sum < part;
  let joint = Scaled(select(sum, (sum >> 1u) | SIGN, carry), large.e + select(0, 1, carry), large.s);
  return choose(apart, joint, large.s == small.s);
}

fn sub(a: Scaled, b: Scaled) -> Scaled {
  return add(a, negated(b));
}

fn inverse(x: Scaled) -> Scaled {
  return Scaled(recip(x.m | SIGN), 1 - x.e, x.s);
}

fn less(a: Scaled, b: Scaled) -> bool {
  let difference = sub(a, b);
  return difference.s != 0u && difference.m != 0u;
}

fn larger(a: Scaled, b: Scaled) -> Scaled {
  return choose(a, b, less(a, b));
}

fn smaller(a: Scaled, b: Scaled) -> Scaled {
  return choose(a, b, less(b, a));
}

// trunc(|x| · 2^32) below 128, and nearly 2^39 beyond.
fn fixed_of(x: Scaled) -> Acc {
  return acc_shr(acc_shifted(select(x.m, 0xffffffffu, x.e > 7), 7u), u32(clamp(7 - x.e, 0, 63)));
}

// e^x. Beyond e^±127.99 it is that.
fn exp_of(x: Scaled) -> Scaled {
  let power = exp_neg(fixed_of(x));
  let down = normal(power.g, -i32(power.n), 0u);
  return choose(down, inverse(down), x.s == 0u);
}

// ln(1 + x) for x within [0, 1].
fn ln_1p(x: Scaled) -> Scaled {
  let fixed = acc_words(fixed_of(x));
  return mul(x, Scaled(ln_1p_over(select(fixed.x, 0xffffffffu, fixed.y != 0u)), 0, 0u));
}

// ln x for x > 0.
fn ln_of(x: Scaled) -> Scaled {
  let f = x.m << 1u;
  let k = u32(abs(x.e - 1));
  let whole = acc_from(vec2<u32>(k * LN_2, mulhi(k, LN_2)));
  let more = acc_add(whole, acc_of((k * LN_2_MORE) >> 16u));
  let rest = acc_of(mulhi(f, ln_1p_over(f)));
  let below = x.e < 1;
  let sum = acc_words(acc_add(more, acc_signed(rest, below)));
  let ln = of_fixed(select(sum, vec2<u32>(0u), (sum.y >> 31u) != 0u));
  return choose(ln, negated(ln), below);
}

// ln(1 + e^x).
fn softplus(x: Scaled) -> Scaled {
  let small = ln_1p(exp_of(Scaled(x.m, x.e, SIGN)));
  return choose(small, add(x, small), x.s == 0u);
}

// x^exponent for x of 0 or more.
fn raised(x: Scaled, exponent: Scaled) -> Scaled {
  return choose(exp_of(mul(exponent, ln_of(x))), ZERO, x.m == 0u);
}
