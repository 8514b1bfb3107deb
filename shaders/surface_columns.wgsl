// The distance transform along the first axis, at open queries alone. Twin: src/cpu/surface/transform.rs.

@group(0) @binding(0) var<storage, read> in_slices: array<u32>;
@group(0) @binding(1) var<storage, read> queries: array<u32>;
@group(0) @binding(2) var<storage, read_write> result: array<u32>;   // spent, by segment; then distances

fn in_slice(i: u32, base: vec2<u32>, best: vec2<u32>) -> vec2<u32> {
  let within = vec2<u32>(in_slices[2u * i], in_slices[2u * i + 1u]);
  if within.y == NONE {
    return best;
  }
  let found = sum(base, within);
  return select(best, found, less(found, best));
}

@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(local_invocation_index) lid: u32) {
  let query = group_of(workgroup) * WORKGROUP + lid;
  if query >= aux[QUERIES] {
    return;
  }
  let code = queries[2u * query + 1u];
  let at = aux[SEGMENTS] + 2u * query;
  if (code >> 10u) != aux[SEGMENT] || result[at + 1u] != NONE {
    return;
  }
  let place = at_word(queries[2u * query], aux[SEGMENT]);
  let column = 32u * place.k + (code & 31u) - aux[FROM];
  if column >= aux[SIDE] {
    return;
  }
  let slices = aux[place.record + GRID_SLICES];
  let slice = aux[place.record + GRID_ROWS] * aux[SIDE];
  let i = place.z * slice + place.y * aux[SIDE] + column;
  var best = in_slice(i, vec2<u32>(0u), FARTHEST);
  for (var step = 1u; step < slices; step += 1u) {
    let base = squared(WEIGHT_Z, step);
    if !less(base, best) || (step > place.z && place.z + step >= slices) {
      break;
    }
    if step <= place.z {
      best = in_slice(i - step * slice, base, best);
    }
    if place.z + step < slices {
      best = in_slice(i + step * slice, base, best);
    }
  }
  result[at] = best.x;
  result[at + 1u] = best.y;
}
