// 64-bit integers in two's complement as pairs of u32, low word first: sums of products, rounded once. Same functions and
// same bits as wide_u64.wgsl. Twin: kernel/exact_gradient.rs.

alias Wide = vec2<u32>;

fn wide_add(a: Wide, b: Wide) -> Wide {
  let low = a.x + b.x;
  return Wide(low, a.y + b.y + select(0u, 1u, low < b.x));
}

fn negate64(a: Wide, negative: bool) -> Wide {
  let low = ~a.x + 1u;
  return select(a, Wide(low, ~a.y + select(0u, 1u, low == 0u)), negative);
}

fn wide_product(a: i32, b: i32) -> Wide {
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
  return negate64(Wide(low, high), (a < 0) != (b < 0));
}

fn shift_right64(a: Wide, by: u32) -> Wide {
  let s = by & 31u;
  let low = select((a.x >> s) | (a.y << ((32u - s) & 31u)), a.x, s == 0u);
  return select(Wide(low, a.y >> s), Wide(a.y >> s, 0u), by >= 32u);
}

// Bits of the f32 next to sum · 2^exponent: ties to even, 0 below the normal range, infinity above it.
fn round_to_f32(sum: Wide, exponent: i32) -> u32 {
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
