// Copies the elements of a window from where a buffer of the application has them to where the loaders want them: one
// after another, from a whole word on. A dispatch copies a box of channels and planes, those whose bytes one binding
// covers; each lane makes a word of the result and leaves the bytes of other boxes alone. Twin: src/gpu/copies.rs.

@group(0) @binding(0) var<storage, read> source: array<u32>;
@group(0) @binding(2) var<storage, read_write> result: array<u32>;

// What the host puts in aux. Positions are modulo 2^32: differences within a binding come out right.
const ELEMENT_BYTES: u32 = 0u;
const ELEMENTS: u32 = 1u;        // of the window
const ROWS: u32 = 2u;            // of the window: element e is row e % ROWS of channel e / ROWS
const FIRST_ROWS: u32 = 3u;      // rows of them in the first plane
const FIRST_VOXEL: u32 = 4u;     // voxel of the first row, within its plane
const PLANE_VOXELS: u32 = 5u;
const PER_CHANNEL: u32 = 6u;     // elements of the volume from one channel to the next,
const PER_PLANE: u32 = 7u;       //   and from one plane to the next
const CHANNELS_FROM: u32 = 8u;   // the box
const CHANNELS_TO: u32 = 9u;
const PLANES_FROM: u32 = 10u;    // planes are counted from the first one of the window
const PLANES_TO: u32 = 11u;
const ORIGIN: u32 = 12u;         // element that lies SHIFT bytes into the binding
const SHIFT: u32 = 13u;
const GROUPS: u32 = 14u;         // workgroups along x

// The `size` bytes at byte `at` of the binding.
fn bytes_at(at: u32, size: u32) -> u32 {
  let bit = 8u * (at & 3u);
  var value = source[at >> 2u] >> bit;
  if bit + 8u * size > 32u {
    value = value | (source[(at >> 2u) + 1u] << (32u - bit));
  }
  return value & (0xffffffffu >> (32u - 8u * size));
}

@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(local_invocation_index) lid: u32) {
  let word = (workgroup.y * aux[GROUPS] + workgroup.x) * 256u + lid;
  let size = aux[ELEMENT_BYTES];
  // Elements of 8 bytes are two words each.
  let words = max(size / 4u, 1u);
  let per_word = max(4u / size, 1u);
  let bytes = min(size, 4u);
  if word >= (aux[ELEMENTS] * words + per_word - 1u) / per_word {
    return;
  }
  var value = result[word];
  for (var i = 0u; i < per_word; i += 1u) {
    let element = word * per_word / words + i;
    let channel = element / aux[ROWS];
    let row = element % aux[ROWS];
    var plane = 0u;
    var voxel = aux[FIRST_VOXEL] + row;
    if row >= aux[FIRST_ROWS] {
      plane = 1u + (row - aux[FIRST_ROWS]) / aux[PLANE_VOXELS];
      voxel = (row - aux[FIRST_ROWS]) % aux[PLANE_VOXELS];
    }
    let inside = channel >= aux[CHANNELS_FROM] && channel < aux[CHANNELS_TO]
      && plane >= aux[PLANES_FROM] && plane < aux[PLANES_TO];
    if element < aux[ELEMENTS] && inside {
      let from_origin = channel * aux[PER_CHANNEL] + plane * aux[PER_PLANE] + voxel - aux[ORIGIN];
      let bit = 8u * bytes * i;
      let mask = (0xffffffffu >> (32u - 8u * bytes)) << bit;
      let byte = aux[SHIFT] + size * from_origin + 4u * (word % words);
      value = (value & ~mask) | (bytes_at(byte, bytes) << bit);
    }
  }
  result[word] = value;
}
