// Exponentials, reciprocals and activations of single voxels in integers, so that every device finds the same bits. Twin:
// kernel/fixed.rs, which says why each step is right. `Acc` is a 64-bit integer, as exact_u32.wgsl or exact_u64.wgsl has it.

const LN_2: u32 = 2977044471u;      // floor(ln 2 · 2^32), and the next 16 bits
const LN_2_MORE: u32 = 53711u;
const LOG2_E: u32 = 47274u;         // floor(log2 e · 2^15)
const FAR: vec2<u32> = vec2<u32>(0xffffffffu, 127u);   // the largest distance that counts, in units of 2^-32

// g · 2^-32 · 2^-n, a power of e.
struct Power {
  g: u32,
  n: u32,
}

// (1 - e^-r) / r for r below 0.698
fn exp_over(r: u32) -> u32 {
  var h = 5695231u - mulhi(r, 601186u);
  h = 35635435u - mulhi(r, h);
  h = 178906574u - mulhi(r, h);
  h = 715819064u - mulhi(r, h);
  h = 2147482907u - mulhi(r, h);
  return 4294967272u - mulhi(r, h);
}

// e^-d for d in units of 2^-32, FAR at most.
fn exp_neg(distance: Acc) -> Power {
  let d = acc_words(distance);
  let n = (((d.y << 8u) | (d.x >> 24u)) * LOG2_E) >> 23u;
  let r = d.x - n * LN_2 - ((n * LN_2_MORE) >> 16u);
  return Power(~mulhi(r, exp_over(r)), n);
}

// 2^63 / d for d of 2^31 or more.
fn recip(d: u32) -> u32 {
  let x = (d >> 16u) + 1u;
  let r0 = (34754u - (((47663u - ((21183u * x) >> 16u)) * x) >> 16u)) << 2u;
  let r1 = (r0 * ((0u - x * r0) >> 16u)) >> 15u;
  let e0 = 0x80000000u - ((d >> 16u) * r1 + (((d & 0xffffu) * r1) >> 16u));
  let e = e0 + (((e0 >> 4u) * (e0 >> 4u)) >> 23u);
  return (r1 << 16u) + ((r1 * (e >> 5u) + ((r1 * (e & 31u)) >> 5u)) >> 10u);
}

// ln(1 + e) / e
fn ln_1p_over(e: u32) -> u32 {
  var h = 39002411u - mulhi(e, 5500130u);
  h = 129589969u - mulhi(e, h);
  h = 274911538u - mulhi(e, h);
  h = 434838554u - mulhi(e, h);
  h = 576665808u - mulhi(e, h);
  h = 706645647u - mulhi(e, h);
  h = 857503256u - mulhi(e, h);
  h = 1073596371u - mulhi(e, h);
  h = 1431648330u - mulhi(e, h);
  h = 2147483497u - mulhi(e, h);
  return 4294967295u - mulhi(e, h);
}

// Bits of the f32 next to m · 2^-32 · 2^-n, halves upwards.
fn pack(m: u32, n: i32) -> u32 {
  let zeros = countLeadingZeros(m);
  let field = 126 - n - i32(zeros);
  let drop = u32(clamp(1 - field, 0, 31));
  return ((u32(max(field, 1)) - 1u) << 23u) + (((((m << zeros) >> 7u) >> drop) + 1u) >> 1u);
}

// trunc(|x| · 2^32) of absolute f32 bits below 128, and nearly FAR beyond.
fn fix(magnitude: u32) -> Acc {
  let bits = min(magnitude, 0x42ffffffu);
  let m = (bits & 0x7fffffu) | 0x800000u;
  return acc_shr(acc_shifted(m, 15u), min(133u - (bits >> 23u), 63u));
}

// 1 + e in units of 2^-31.
fn one_plus(e: Power) -> u32 {
  return 0x80000000u + ((e.g >> 1u) >> min(e.n, 31u));
}

// Bits of the sigmoid of finite f32 bits.
fn sigmoid(bits: u32) -> u32 {
  let e = exp_neg(fix(bits & 0x7fffffffu));
  let r = recip(one_plus(e));
  let negative = (bits >> 31u) != 0u;
  return pack(select(r, mulhi(e.g, r), negative), i32(select(0u, e.n, negative)));
}

// trunc(x · 2^32) in two's complement for |x| below 2^31.
fn fix_signed(bits: u32) -> Acc {
  let m = (bits & 0x7fffffu) | 0x800000u;
  let v = acc_shr(acc_shifted(m, 39u), min(157u - min((bits >> 23u) & 255u, 157u), 63u));
  return acc_signed(v, (bits >> 31u) != 0u);
}

// How far a value lies below the largest, in units of 2^-32, FAR at most.
fn distance_below(largest: u32, bits: u32) -> Acc {
  let huge = max(largest & 0x7fffffffu, bits & 0x7fffffffu) >= 0x4f000000u;
  let d = acc_words(acc_add(fix_signed(largest), acc_signed(fix_signed(bits), true)));
  let near = select(d, FAR, d.y > FAR.y);
  let keys = order(vec4<u32>(largest, bits, 0u, 0u));
  return acc_from(select(near, select(FAR, vec2<u32>(0u), keys.x == keys.y), huge));
}
