// 64-bit integers as pairs of u32, low word first, and the fixed-point grid on them: the portable form.
// Same functions and same bits as exact_u64.wgsl. Twin: kernel/sums.rs.

alias Acc = vec2<u32>;

fn acc_add(a: Acc, b: Acc) -> Acc {
  let low = a.x + b.x;
  return Acc(low, a.y + b.y + select(0u, 1u, low < b.x));
}

fn acc_words(a: Acc) -> vec2<u32> {
  return a;
}

fn acc_of(a: u32) -> Acc {
  return Acc(a, 0u);
}

fn acc_from(words: vec2<u32>) -> Acc {
  return words;
}

// The high half of a product.
fn mulhi(a: u32, b: u32) -> u32 {
  let a0 = a & 0xffffu;
  let a1 = a >> 16u;
  let b0 = b & 0xffffu;
  let b1 = b >> 16u;
  let middle = a1 * b0 + ((a0 * b0) >> 16u);
  return a1 * b1 + (middle >> 16u) + ((a0 * b1 + (middle & 0xffffu)) >> 16u);
}

fn acc_shr(a: Acc, by: u32) -> Acc {
  let s = by & 31u;
  let low = select((a.x >> s) | (a.y << ((32u - s) & 31u)), a.x, s == 0u);
  return select(Acc(low, a.y >> s), Acc(a.y >> s, 0u), by >= 32u);
}

// Two's complement where `negative`.
fn acc_signed(a: Acc, negative: bool) -> Acc {
  let low = ~a.x + 1u;
  return select(a, Acc(low, ~a.y + select(0u, 1u, low == 0u)), negative);
}

fn acc_abs_difference(a: Acc, b: Acc) -> Acc {
  let difference = acc_add(a, acc_signed(b, true));
  return acc_signed(difference, (difference.y >> 31u) != 0u);
}

// trunc(|x| · 2^(46 - scale)) of f32 bits with |x| ≤ 2^scale: the significand, shifted by the exponent.
fn fix_magnitude(bits: u32, scale: u32) -> Acc {
  let m = (bits & 0x7fffffu) | 0x800000u;
  let exponent = (bits >> 23u) & 255u;
  let one = 127u + scale;
  return acc_shr(Acc(m << 23u, m >> 9u), min(one - min(exponent, one), 63u));
}

// trunc(|x·y| · 2^(46 - 2 scale)): the exact 24 × 24 → 48-bit product of the significands, shifted.
fn fix_product_magnitude(x: u32, y: u32, scale: u32) -> Acc {
  let a = (x & 0x7fffffu) | 0x800000u;
  let b = (y & 0x7fffffu) | 0x800000u;
  let a0 = a & 0xffffu;
  let a1 = a >> 16u;
  let b0 = b & 0xffffu;
  let b1 = b >> 16u;
  let p00 = a0 * b0;
  let middle = a1 * b0 + a0 * b1;
  let low = p00 + (middle << 16u);
  let product = Acc(low, a1 * b1 + (middle >> 16u) + select(0u, 1u, low < p00));
  let one = 254u + 2u * scale;
  let exponents = ((x >> 23u) & 255u) + ((y >> 23u) & 255u);
  return acc_shr(product, min(one - min(exponents, one), 63u));
}

// The two above for f32 bits without a sign and at scale 0, in fewer instructions. The top bit of a significand is at
// bit 30, so that shifts are by 14 or more and what is above 1 does not matter.
fn fix_plain(bits: u32) -> Acc {
  return shr_some(Acc(0u, significand(bits)), min(143u - (bits >> 23u), 63u));
}

fn fix_plain_product(x: u32, y: u32) -> Acc {
  let product = product_of(significand(x), significand(y));
  return shr_some(product, min(268u - (x >> 23u) - (y >> 23u), 63u));
}

// The product of two integers below 2^31.
fn product_of(a: u32, b: u32) -> Acc {
  let a0 = a & 0xffffu;
  let a1 = a >> 16u;
  let b0 = b & 0xffffu;
  let b1 = b >> 16u;
  let p00 = a0 * b0;
  // a1, b1 < 2^15, so the middle stays below 2^32.
  let middle = a1 * b0 + a0 * b1;
  let low = p00 + (middle << 16u);
  return Acc(low, a1 * b1 + (middle >> 16u) + select(0u, 1u, low < p00));
}

// trunc(x·y · 2^46) of two integers in units of 2^-24, each 2^24 at most.
fn fix_half_product(x: u32, y: u32) -> Acc {
  return shr_some(product_of(x, y), 2u);
}

// a >> by, where by is not 0.
fn shr_some(a: Acc, by: u32) -> Acc {
  let high = a.y >> (by & 31u);
  let low = (a.x >> (by & 31u)) | (a.y << ((32u - by) & 31u));
  return select(Acc(low, high), Acc(high, 0u), by >= 32u);
}

// n · 2^by, where by is from 1 to 63.
fn acc_shifted(n: u32, by: u32) -> Acc {
  let low = n << (by & 31u);
  return select(Acc(low, n >> ((32u - by) & 31u)), Acc(0u, low), by >= 32u);
}

// a, or 0.
fn acc_where(a: Acc, keep: bool) -> Acc {
  return select(Acc(0u, 0u), a, keep);
}

fn significand(bits: u32) -> u32 {
  return ((bits << 7u) & 0x3fffffffu) | 0x40000000u;
}
