// The exact distance transform of a box, in three kernels and some columns at a time; for queries whose target is far.
// First: from each voxel of these columns to the nearest target in its row, in steps. Twin:
// src/cpu/surface/transform.rs.

@group(0) @binding(0) var<storage, read> targets: array<u32>;
@group(0) @binding(2) var<storage, read_write> result: array<u32>;

@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(local_invocation_index) lid: u32) {
  let i = group_of(workgroup) * WORKGROUP + lid;
  let record = record_of(aux[SEGMENT]);
  let row = i / aux[SIDE];
  if row >= aux[record + GRID_SLICES] * aux[record + GRID_ROWS] {
    return;
  }
  let x = aux[FROM] + i % aux[SIDE];
  let width = aux[record + WIDTH];
  let start = start_of(aux[SEGMENT] ^ 1u, record) + row * width;
  let k = x / 32u;
  let bit = x % 32u;
  var away = NONE;
  let right = targets[start + k] >> bit;
  if right != 0u {
    away = firstTrailingBit(right);
  }
  for (var j = k + 1u; j < width && away == NONE; j += 1u) {
    let next = targets[start + j];
    if next != 0u {
      away = 32u * j - x + firstTrailingBit(next);
    }
  }
  let left = targets[start + k] << (31u - bit);
  if left != 0u {
    away = min(away, countLeadingZeros(left));
  } else {
    for (var j = k; j > 0u && x - (32u * j - 1u) < away; j -= 1u) {
      let next = targets[start + j - 1u];
      if next != 0u {
        away = min(away, x - (32u * j - 1u) + countLeadingZeros(next));
      }
    }
  }
  result[i] = away;
}
