// Which elements of a word are targets themselves, which must be searched for, and the kinds of corners.
// Twin: src/cpu/surface/corners.rs.

@group(0) @binding(0) var<storage, read> elements: array<u32>;
@group(0) @binding(1) var<storage, read> others: array<u32>;    // targets; of corners, which are their own targets, the masks

override AXES: u32 = 3u;
override CORNERS: bool = false;

fn target_word(word: u32) -> u32 {
  if CORNERS {
    return elements[word];
  }
  return others[word];
}

// Whether the voxel before (0) or behind (1) a corner is in the mask, i - 1 and so on along each axis.
fn voxel_at(place: Place, i: u32, j: u32, k: u32) -> u32 {
  let record = place.record;
  var at = vec3<u32>(i, j, k);
  for (var axis = 0u; axis < 3u; axis += 1u) {
    let size = aux[record + MASK_SLICES + axis];
    let side = select(2u * axis + 1u, 2u * axis, at[axis] == 0u);
    if at[axis] == 0u || at[axis] > size {
      if ((aux[record + SIDES] >> side) & 1u) == 0u {
        return 0u;
      }
      at[axis] = select(size, 1u, at[axis] == 0u);
    }
  }
  let row = (at.x - 1u) * aux[record + GRID_ROWS] + at.y - 1u;
  let word = start_of(place.segment, record) + row * aux[record + WIDTH] + (at.z - 1u) / 32u;
  return (others[word] >> ((at.z - 1u) % 32u)) & 1u;
}

// The kind of the element at a bit of the word: 0 for voxels.
fn kind_of(place: Place, bit: u32) -> u32 {
  if !CORNERS {
    return 0u;
  }
  var code = 0u;
  for (var i = 0u; i + 1u < AXES; i += 1u) {
    for (var j = 0u; j < 2u; j += 1u) {
      for (var k = 0u; k < 2u; k += 1u) {
        let slice = select(1u, place.z + i, AXES == 3u);
        code = (code << 1u) | voxel_at(place, slice, place.y + j, 32u * place.k + bit + k);
      }
    }
  }
  return aux[aux[KINDS_AT] + code];
}
