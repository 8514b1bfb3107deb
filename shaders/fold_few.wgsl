// The counts of samples, from partials of counts_few.wgsl: 64-bit integers, low word first, in the order pred, truth and
// both by class, then out of range in p and in t, and ignored, which is 0 here.

fn place_of(partial: u32, place: u32) -> vec4<u32> {
  return vec4<u32>(partials[partial + place], 0u, 0u, 0u);
}

fn joined(a: vec4<u32>, b: vec4<u32>, place: u32) -> vec4<u32> {
  return add128(a, b);
}

fn keep(plane: u32, place: u32, found: vec4<u32>) {
  let at = 2u * (plane * (aux[PLACES] + 1u) + place);
  let after = add128(vec4<u32>(result[at], result[at + 1u], 0u, 0u), found);
  result[at] = after.x;
  result[at + 1u] = after.y;
}
