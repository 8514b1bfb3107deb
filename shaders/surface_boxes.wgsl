// The box of each class (or group, where classes overlap) in both label maps. A lane walks along a part of a row, and
// looks at the box before it grows it: soon nearly every run lies inside. Twin: src/cpu/surface/boxes.rs.

@group(0) @binding(2) var<storage, read_write> result: array<atomic<u32>>;

const PART: u32 = 64u;        // voxels of a lane
const BOX_WORDS: u32 = 6u;    // low z, y, x and high z, y, x, included; low is counted down from NONE

fn class_word(i: u32) -> u32 {
  return aux[aux[CLASSES_AT] + i];
}

fn class_entries() -> u32 {
  return aux[CLASS_ENTRIES];
}

// Words only grow: a word that counts down is stored as its distance from the largest number.
fn grow(word: u32, value: u32) {
  if atomicLoad(&result[word]) < value {
    atomicMax(&result[word], value);
  }
}

fn join(label: u32, z: u32, y: u32, first: u32, last: u32) {
  let number = class_of(label);
  if number >= aux[BOXES] {
    return;
  }
  let plane = z / aux[IMAGE_SLICES] - aux[FIRST_PLANE];
  let slice = z % aux[IMAGE_SLICES];
  let at = (plane * aux[BOXES] + number) * BOX_WORDS;
  grow(at, NONE - slice);
  grow(at + 1u, NONE - y);
  grow(at + 2u, NONE - first);
  // A word of 0 is a box of nothing.
  grow(at + 3u, slice + 1u);
  grow(at + 4u, y + 1u);
  grow(at + 5u, last + 1u);
}

@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(local_invocation_index) lid: u32) {
  let columns = aux[IMAGE_COLUMNS];
  let parts = (columns + PART - 1u) / PART;
  // The same workgroups once for each map.
  let map = group_of(workgroup) / aux[GROUPS];
  let i = (group_of(workgroup) % aux[GROUPS]) * WORKGROUP + lid;
  let row = i / parts;
  if row >= aux[WINDOW_ROWS] || map > 1u {
    return;
  }
  let begin = (i % parts) * PART;
  let end = min(begin + PART, columns);
  let image_row = aux[WINDOW_FIRST] + row;
  let y = image_row % aux[IMAGE_ROWS];
  let z = image_row / aux[IMAGE_ROWS];
  let head = select(aux[T_HEAD], aux[P_HEAD], map == 1u) + row * columns;
  var first = begin;
  var label = 0u;
  for (var x = begin; x < end; x += 1u) {
    var next = 0u;
    if map == 1u {
      next = p_one(head + x);
    } else {
      next = t_one(head + x);
    }
    if x > begin && next != label {
      join(label, z, y, first, x - 1u);
      first = x;
    }
    label = next;
  }
  join(label, z, y, first, end - 1u);
}
