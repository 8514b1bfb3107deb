// 64-bit integers where the adapter has them (SHADER_INT64), and the fixed-point grid on them: fewer instructions.
// Same functions and same bits as exact_u32.wgsl. Twin: kernel/sums.rs.

alias Acc = u64;

fn acc_add(a: Acc, b: Acc) -> Acc {
  return a + b;
}

fn acc_words(a: Acc) -> vec2<u32> {
  return vec2<u32>(u32(a & 0xfffffffflu), u32(a >> 32u));
}

fn acc_of(a: u32) -> Acc {
  return u64(a);
}

fn acc_from(words: vec2<u32>) -> Acc {
  return u64(words.x) | (u64(words.y) << 32u);
}

// The high half of a product.
fn mulhi(a: u32, b: u32) -> u32 {
  return u32((u64(a) * u64(b)) >> 32u);
}

// a >> by, where by is at most 63.
fn acc_shr(a: Acc, by: u32) -> Acc {
  return a >> by;
}

// Two's complement where `negative`.
fn acc_signed(a: Acc, negative: bool) -> Acc {
  return select(a, ~a + 1lu, negative);
}

fn acc_abs_difference(a: Acc, b: Acc) -> Acc {
  let difference = a - b;
  return acc_signed(difference, (difference >> 63u) != 0lu);
}

// trunc(|x| · 2^(46 - scale)) of f32 bits with |x| ≤ 2^scale: the significand, shifted by the exponent.
fn fix_magnitude(bits: u32, scale: u32) -> Acc {
  let m = (bits & 0x7fffffu) | 0x800000u;
  let exponent = (bits >> 23u) & 255u;
  let one = 127u + scale;
  return (u64(m) << 23u) >> min(one - min(exponent, one), 63u);
}

// trunc(|x·y| · 2^(46 - 2 scale)): the exact 24 × 24 → 48-bit product of the significands, shifted.
fn fix_product_magnitude(x: u32, y: u32, scale: u32) -> Acc {
  let product = u64((x & 0x7fffffu) | 0x800000u) * u64((y & 0x7fffffu) | 0x800000u);
  let one = 254u + 2u * scale;
  let exponents = ((x >> 23u) & 255u) + ((y >> 23u) & 255u);
  return product >> min(one - min(exponents, one), 63u);
}

// The two above for f32 bits without a sign and at scale 0, in fewer instructions. The top bit of a significand is at
// bit 30, so that nothing of it is left after a shift by 63.
fn fix_plain(bits: u32) -> Acc {
  return (u64(significand(bits)) << 32u) >> min(143u - (bits >> 23u), 63u);
}

fn fix_plain_product(x: u32, y: u32) -> Acc {
  return (u64(significand(x)) * u64(significand(y))) >> min(268u - (x >> 23u) - (y >> 23u), 63u);
}

// trunc(x·y · 2^46) of two integers in units of 2^-24, each 2^24 at most.
fn fix_half_product(x: u32, y: u32) -> Acc {
  return (u64(x) * u64(y)) >> 2u;
}

// n · 2^by, where by is from 1 to 63.
fn acc_shifted(n: u32, by: u32) -> Acc {
  return u64(n) << by;
}

// a, or 0.
fn acc_where(a: Acc, keep: bool) -> Acc {
  return select(0lu, a, keep);
}

fn significand(bits: u32) -> u32 {
  return ((bits << 7u) & 0x3fffffffu) | 0x40000000u;
}
