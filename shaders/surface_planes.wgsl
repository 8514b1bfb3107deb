// The distance transform along the second axis: the squared distance from each voxel to the nearest target of its
// slice. Steps grow until their square alone is too large. Twin: src/cpu/surface/transform.rs.

@group(0) @binding(0) var<storage, read> along_rows: array<u32>;
@group(0) @binding(2) var<storage, read_write> result: array<u32>;

fn along_row(i: u32, base: vec2<u32>, best: vec2<u32>) -> vec2<u32> {
  let away = along_rows[i];
  if away == NONE {
    return best;
  }
  let found = sum(base, squared(WEIGHT_X, away));
  return select(best, found, less(found, best));
}

@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(local_invocation_index) lid: u32) {
  let i = group_of(workgroup) * WORKGROUP + lid;
  let record = record_of(aux[SEGMENT]);
  let side = aux[SIDE];
  let rows = aux[record + GRID_ROWS];
  if i / side >= aux[record + GRID_SLICES] * rows {
    return;
  }
  let y = (i / side) % rows;
  var best = along_row(i, vec2<u32>(0u), FARTHEST);
  for (var step = 1u; step < rows; step += 1u) {
    let base = squared(WEIGHT_Y, step);
    if !less(base, best) || (step > y && y + step >= rows) {
      break;
    }
    if step <= y {
      best = along_row(i - step * side, base, best);
    }
    if y + step < rows {
      best = along_row(i + step * side, base, best);
    }
  }
  result[2u * i] = best.x;
  result[2u * i + 1u] = best.y;
}
