// The elements of masks by logic of words: voxels with a neighbour outside, or corners where voxels inside and outside
// meet. Twin: src/cpu/surface/boundary.rs.

@group(0) @binding(0) var<storage, read> mask: array<u32>;
@group(0) @binding(2) var<storage, read_write> result: array<u32>;

override AXES: u32 = 3u;
override STEPS: u32 = 1u;          // steps along how many axes lead to a neighbour
override CORNERS: bool = false;    // corners of voxels instead

fn is_repeated(record: u32, side: u32) -> bool {
  return ((aux[record + SIDES] >> side) & 1u) == 1u;
}

// Where the mask is read for place i - 1 along an axis; NONE in the background.
fn clamped(record: u32, axis: u32, i: u32) -> u32 {
  let size = aux[record + MASK_SLICES + axis];
  if i == 0u {
    return select(NONE, 0u, is_repeated(record, 2u * axis));
  }
  if i - 1u >= size {
    return select(NONE, size - 1u, is_repeated(record, 2u * axis + 1u));
  }
  return i - 1u;
}

// The word where a row begins, or NONE; slices and rows are counted from 1 before the mask on.
fn row_at(place: Place, i: u32, j: u32) -> u32 {
  let z = clamped(place.record, 0u, i);
  let y = clamped(place.record, 1u, j);
  if z == NONE || y == NONE {
    return NONE;
  }
  let row = z * aux[place.record + GRID_ROWS] + y;
  return start_of(place.segment, place.record) + row * aux[place.record + WIDTH];
}

fn word_at(place: Place, row: u32, k: u32) -> u32 {
  if k >= aux[place.record + WIDTH] {
    return 0u;
  }
  return mask[row + k];
}

// For each voxel of a word whether the one before it is set.
fn before(place: Place, row: u32) -> u32 {
  let word = word_at(place, row, place.k);
  var carry = 0u;
  if place.k > 0u {
    carry = word_at(place, row, place.k - 1u) >> 31u;
  } else if is_repeated(place.record, 4u) {
    carry = word & 1u;
  }
  return (word << 1u) | carry;
}

// The bit of the last voxel of a row, where the row is repeated behind it and that voxel is in the word.
fn last_repeated(place: Place, row: u32, k: u32) -> u32 {
  let last = aux[place.record + MASK_COLUMNS] - 1u;
  if !is_repeated(place.record, 5u) || k != last / 32u {
    return 0u;
  }
  return word_at(place, row, k) & (1u << (last % 32u));
}

// For each voxel of a word whether the one behind it is set.
fn behind(place: Place, row: u32) -> u32 {
  let word = word_at(place, row, place.k);
  return (word >> 1u) | (word_at(place, row, place.k + 1u) << 31u) | last_repeated(place, row, place.k);
}

fn voxels(place: Place) -> u32 {
  let own = mask[place.word];
  var inner = own;
  for (var i = 0u; i < 3u; i += 1u) {
    for (var j = 0u; j < 3u; j += 1u) {
      let taken = select(1u, 0u, i == 1u) + select(1u, 0u, j == 1u);
      if inner != 0u && taken <= STEPS && (AXES == 3u || i == 1u) {
        let row = row_at(place, place.z + i, place.y + j);
        if row == NONE {
          inner = 0u;
        } else {
          inner &= mask[row + place.k];
          if taken < STEPS {
            inner &= before(place, row) & behind(place, row);
          }
        }
      }
    }
  }
  return own & ~inner;
}

fn corners(place: Place) -> u32 {
  var any = 0u;
  var all = NONE;
  for (var i = 0u; i + 1u < AXES; i += 1u) {
    for (var j = 0u; j < 2u; j += 1u) {
      let row = row_at(place, select(1u, place.z + i, AXES == 3u), place.y + j);
      if row == NONE {
        all = 0u;
      } else {
        let left = before(place, row);
        var right = mask[row + place.k] | (last_repeated(place, row, place.k) << 1u);
        // The last voxel of a row may be that of the word before.
        if place.k > 0u {
          right |= last_repeated(place, row, place.k - 1u) >> 31u;
        }
        any |= left | right;
        all &= left & right;
      }
    }
  }
  return any & ~all;
}

@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(local_invocation_index) lid: u32) {
  let place = place_of(group_of(workgroup), lid);
  if !place.inside {
    return;
  }
  if CORNERS {
    result[place.word] = corners(place);
  } else {
    result[place.word] = voxels(place);
  }
}
