// Joins each run with those of the rows around it that belong together. Rows before a row suffice. Twins:
// src/kernel/window.rs for which rows, src/cpu/instances/track.rs.

@group(0) @binding(1) var<storage, read> before: array<u32>;

const WINDOW_WORDS: u32 = 2u;   // of each segment: where its rows are in aux, and how many;
const REACH_WORDS: u32 = 3u;    //   of a row: slices and rows away, and how far a voxel reaches along it

fn join(u: u32, v: u32) {
  var a = find(u);
  var b = find(v);
  while a != b {
    let low = min(a, b);
    a = max(a, b);
    b = low;
    let old = atomicMin(&result[a], b);
    if old == a {
      // It was a root, and hangs on b now.
      return;
    }
    // What it hung on before is to be joined with b as well.
    a = old;
  }
}

// The segment that a word belongs to.
fn segment_of(word: u32) -> u32 {
  var low = 0u;
  var high = aux[SEGMENTS] / 2u;
  while high - low > 1u {
    let middle = (low + high) / 2u;
    if aux[record_of(2u * middle) + FIRST] <= word {
      low = middle;
    } else {
      high = middle;
    }
  }
  let record = record_of(2u * low);
  return 2u * low + select(0u, 1u, word >= aux[record + FIRST] + aux[record + HALF]);
}

// Joins a run with those of a row that have voxels from column `begin` to before `end`.
fn join_row(run: u32, row: u32, begin: u32, end: u32) {
  var last = NONE;
  let last_word = (end - 1u) / 32u;
  for (var k = begin / 32u; k <= last_word; k += 1u) {
    var rest = mask[row + k];
    if k == begin / 32u {
      rest &= NONE << (begin % 32u);
    }
    if k == last_word {
      rest &= NONE >> (31u - (end - 1u) % 32u);
    }
    while rest != 0u {
      let bit = firstTrailingBit(rest);
      let up_to = countOneBits(starts(row + k, k) & (NONE >> (31u - bit)));
      let other = aux[aux[OFFSETS_AT] + (row + k) / WORKGROUP] + before[row + k] + up_to - 1u;
      if other != last {
        join(run, other);
        last = other;
      }
      // Carries through the rest of the other run.
      rest &= rest + (1u << bit);
    }
  }
}

@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(local_invocation_index) lid: u32) {
  let run = aux[FIRST_RUN] + group_of(workgroup) * WORKGROUP + lid;
  if run >= aux[END_RUN] {
    return;
  }
  let first = atomicLoad(&result[aux[RUNS] + run]);
  let length = atomicLoad(&result[2u * aux[RUNS] + run]);
  let place = at_word(first / 32u, segment_of(first / 32u));
  let record = place.record;
  let x = 32u * place.k + first % 32u;
  let width = aux[record + WIDTH];
  let rows = aux[record + GRID_ROWS];
  let window = aux[WINDOWS_AT] + WINDOW_WORDS * place.segment;
  for (var i = 0u; i < aux[window + 1u]; i += 1u) {
    let entry = aux[window] + REACH_WORDS * i;
    // Before the first one they wrap, and are beyond the last.
    let z = place.z + aux[entry];
    let y = place.y + aux[entry + 1u];
    let reach = aux[entry + 2u];
    if z < aux[record + GRID_SLICES] && y < rows {
      let row = start_of(place.segment, record) + (z * rows + y) * width;
      join_row(run, row, x - min(x, reach), min(x + length + reach, 32u * width));
    }
  }
}
