// The masks of classes: a lane makes a word of one. A window has whole rows of the image, so that every word is made by
// one window. Twin: src/cpu/surface/masks.rs.

@group(0) @binding(2) var<storage, read_write> result: array<u32>;

// A bit for each label that is listed.
fn listed(labels: vec4<u32>, at: u32, count: u32) -> u32 {
  var bits = vec4<u32>(0u);
  for (var i = 0u; i < count; i += 1u) {
    bits |= select(vec4<u32>(0u), vec4<u32>(1u, 2u, 4u, 8u), labels == vec4<u32>(aux[at + i]));
  }
  return bits.x | bits.y | bits.z | bits.w;
}

@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(local_invocation_index) lid: u32) {
  let place = place_of(group_of(workgroup), lid);
  if !place.inside {
    return;
  }
  let record = place.record;
  let image_row = (aux[record + LOW_Z] + place.z) * aux[IMAGE_ROWS] + aux[record + LOW_Y] + place.y;
  let row = image_row - aux[WINDOW_FIRST];
  if place.z >= aux[record + MASK_SLICES] || place.y >= aux[record + MASK_ROWS] || row >= aux[WINDOW_ROWS] {
    return;
  }
  let columns = aux[record + MASK_COLUMNS];
  let first = row * aux[IMAGE_COLUMNS] + aux[record + LOW_X];
  let is_pred = (place.segment & 1u) == 1u;
  var word = 0u;
  for (var bit = 0u; bit < 32u; bit += 4u) {
    let x = 32u * place.k + bit;
    if x < columns {
      let at = first + x;
      var four = 0u;
      if is_pred {
        four = listed(p_quad(aux[P_HEAD] + at, 1u), aux[record + LABELS_AT], aux[record + LABELS]);
        if aux[IGNORED_LABELS] > 0u {
          four &= ~listed(t_quad(aux[T_HEAD] + at, 1u), aux[IGNORED_AT], aux[IGNORED_LABELS]);
        }
      } else {
        four = listed(t_quad(aux[T_HEAD] + at, 1u), aux[record + LABELS_AT], aux[record + LABELS]);
      }
      // Bits behind the end of the row are not part of it.
      four &= 15u >> (4u - min(columns - x, 4u));
      word |= four << bit;
    }
  }
  result[place.word] = word;
}
