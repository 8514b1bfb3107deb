// Gradient A·t + B·p + C + D·sign(p - t) of each voxel, in integers, rounded once: the same bits everywhere. Voxels and
// coefficients have 30 bits, a product 60, their sum 62. Twin: kernel/gradient.rs.

@group(0) @binding(2) var<storage, read_write> result: array<u32>;

const COEFFICIENTS: u32 = 6u;   // words per cell in aux: A, B, C, D, exponent, scale

// 64-bit integers in two's complement, low word first.
fn add64(a: vec2<u32>, b: vec2<u32>) -> vec2<u32> {
  let low = a.x + b.x;
  return vec2<u32>(low, a.y + b.y + select(0u, 1u, low < b.x));
}

fn negate64(a: vec2<u32>, negative: bool) -> vec2<u32> {
  let low = ~a.x + 1u;
  return select(a, vec2<u32>(low, ~a.y + select(0u, 1u, low == 0u)), negative);
}

fn multiply64(a: i32, b: i32) -> vec2<u32> {
  let x = u32(abs(a));
  let y = u32(abs(b));
  let x0 = x & 0xffffu;
  let x1 = x >> 16u;
  let y0 = y & 0xffffu;
  let y1 = y >> 16u;
  let p00 = x0 * y0;
  // x1, y1 < 2^15, so the middle stays below 2^32.
  let middle = x1 * y0 + x0 * y1;
  let low = p00 + (middle << 16u);
  let high = x1 * y1 + (middle >> 16u) + select(0u, 1u, low < p00);
  return negate64(vec2<u32>(low, high), (a < 0) != (b < 0));
}

fn shift_right64(a: vec2<u32>, by: u32) -> vec2<u32> {
  let s = by & 31u;
  let low = select((a.x >> s) | (a.y << ((32u - s) & 31u)), a.x, s == 0u);
  return select(vec2<u32>(low, a.y >> s), vec2<u32>(a.y >> s, 0u), by >= 32u);
}

// trunc(x · 2^(30 - scale)) of f32 bits with |x| ≤ 2^scale.
fn fix30(bits: u32, scale: u32) -> i32 {
  let significand = (bits & 0x7fffffu) | 0x800000u;
  let exponent = (bits >> 23u) & 255u;
  let one = 120u + scale;
  let magnitude = select(significand >> min(one - min(exponent, one), 31u), significand << min(exponent - min(exponent, one), 7u), exponent >= one);
  return select(i32(magnitude), -i32(magnitude), (bits >> 31u) != 0u);
}

// Bits of the f32 next to sum · 2^exponent: ties to even, 0 below the normal range, infinity above it.
fn round_to_f32(sum: vec2<u32>, exponent: i32) -> u32 {
  let negative = (sum.y >> 31u) != 0u;
  let magnitude = negate64(sum, negative);
  if magnitude.x == 0u && magnitude.y == 0u {
    return 0u;
  }
  var top = firstLeadingBit(magnitude.x);
  if magnitude.y != 0u {
    top = 32u + firstLeadingBit(magnitude.y);
  }
  var significand = magnitude.x << (23u - min(top, 23u));
  if top > 23u {
    let drop = top - 23u;
    let kept = shift_right64(magnitude, drop).x;
    let half = (shift_right64(magnitude, drop - 1u).x & 1u) != 0u;
    // Anything below the half: the bits that a shift down and back up loses.
    let below = drop - 1u;
    let low_mask = select((1u << (below & 31u)) - 1u, 0xffffffffu, below >= 32u);
    let high_mask = select(0u, (1u << (below & 31u)) - 1u, below >= 32u);
    let rest = ((magnitude.x & low_mask) | (magnitude.y & high_mask)) != 0u;
    significand = kept + select(0u, 1u, half && (rest || (kept & 1u) != 0u));
  }
  var field = i32(top) + exponent + 127;
  if (significand >> 24u) != 0u {
    significand = significand >> 1u;
    field += 1;
  }
  let sign = select(0u, 0x80000000u, negative);
  if field <= 0 {
    return 0u;
  }
  if field >= 255 {
    return sign | INFINITY;
  }
  return sign | (u32(field) << 23u) | (significand & 0x7fffffu);
}

fn gradient(p: u32, t: u32, cell: u32) -> u32 {
  if (p & 0x7fffffffu) >= INFINITY || (t & 0x7fffffffu) >= INFINITY {
    return 0u;
  }
  let base = COEFFICIENTS * cell;
  let scale = aux[base + 5u];
  let p_key = order(vec4<u32>(p)).x;
  let t_key = order(vec4<u32>(t)).x;
  let sign = select(select(0, -1, p_key < t_key), 1, p_key > t_key);
  // |C| + |D| ≤ 2^31 does not fit 31 bits of magnitude, so the two are multiplied apart.
  let one = i32(1u << (30u - scale));
  var sum = multiply64(bitcast<i32>(aux[base]), fix30(t, scale));
  sum = add64(sum, multiply64(bitcast<i32>(aux[base + 1u]), fix30(p, scale)));
  sum = add64(sum, multiply64(bitcast<i32>(aux[base + 2u]), one));
  sum = add64(sum, multiply64(bitcast<i32>(aux[base + 3u]) * sign, one));
  return round_to_f32(sum, bitcast<i32>(aux[base + 4u]));
}

@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(local_invocation_index) lid: u32) {
  let slot = slot_of(workgroup, lid);
  if slot >= params.tasks {
    return;
  }
  let task = task_of(slot);
  let cell = task.plane * params.channels + task.channel;
  for (var v = lid % LANES; v < task.voxels; v += LANES) {
    let row = task.row + v;
    let p = p_load(row, task.channel, true).x;
    let t = truth(row, task.channel, true).x;
    result[params.r_head + row * params.r_row + task.channel * params.r_channel] = gradient(p, t, cell);
  }
}
