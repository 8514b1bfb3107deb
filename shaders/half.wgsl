// binary16 elements of plain quads, as integers in units of 2^-24. Twin: the definition in kernel/sums.rs, which goes by
// way of f32; a test compares the two for every value.

const HALF_SHIFT: u32 = 22u;         // from those units to the grid of 2^-46
const HALF_ONE: u32 = 0x1000000u;

fn halves(words: vec2<u32>) -> vec4<u32> {
  return vec4<u32>(words.x & 0xffffu, words.x >> 16u, words.y & 0xffffu, words.y >> 16u);
}

fn half_units(raw: vec4<u32>) -> vec4<u32> {
  let exponent = raw >> vec4<u32>(10u);
  let hidden = select(vec4<u32>(0u), vec4<u32>(0x400u), exponent != vec4<u32>(0u));
  return ((raw & vec4<u32>(0x3ffu)) | hidden) << (max(exponent, vec4<u32>(1u)) - vec4<u32>(1u));
}

fn sum_of(units: vec4<u32>) -> u32 {
  return units.x + units.y + units.z + units.w;
}

fn largest_of(raw: vec4<u32>) -> u32 {
  return max(max(raw.x, raw.y), max(raw.z, raw.w));
}

fn bits_of_largest(largest: u32) -> u32 {
  return p_bits(vec4<u32>(largest)).x;
}
