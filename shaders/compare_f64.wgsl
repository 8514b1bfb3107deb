// Comparisons of a prediction of f64, whose bits come the low word first: its voxels themselves and not the f32 next to them. As
// integers, hence exact everywhere. Twin: kernel/doubles.rs.

// 64-bit integers that order like the values; -0 counts as 0.
fn order_f64(bits: vec2<u32>) -> vec2<u32> {
  let canonical = select(bits, vec2<u32>(0u), ((bits.y << 1u) | bits.x) == 0u);
  return select(vec2<u32>(canonical.x, canonical.y | 0x80000000u), ~canonical, (canonical.y >> 31u) != 0u);
}

fn is_less_f64(a: vec2<u32>, b: vec2<u32>) -> bool {
  return a.y < b.y || (a.y == b.y && a.x < b.x);
}

// Whether the f32 next to it is not finite, as for everything else that is made of f64.
fn non_finite_f64(bits: vec2<u32>) -> bool {
  return (p_nearest(bits) & 0x7fffffffu) >= INFINITY;
}

fn pred(row: u32, channel: u32, single: bool) -> vec4<u32> {
  if single {
    return vec4<u32>(compared(row, channel));
  }
  return vec4<u32>(
    compared(row, channel), compared(row + 1u, channel), compared(row + 2u, channel), compared(row + 3u, channel));
}
