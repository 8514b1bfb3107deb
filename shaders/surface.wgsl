// Masks of classes as rows of bits along the last axis, 32 voxels a word, each in the box of its class. The masks of
// all classes of a pass lie one after another: a segment is the mask of a class in the truth (even number) or in the
// prediction (odd). Where elements are corners of voxels, rows and slices are one more than those of the mask. Twins:
// src/gpu/masks/numbers.rs for the numbers, src/cpu/surface for what the kernels do.

// What the host puts in aux: these numbers, then tasks, records and tables where they say.
const GROUPS_X: u32 = 0u;          // workgroups along x
const GROUPS: u32 = 1u;            // workgroups that have something to do
const TASKS: u32 = 2u;             // ranges of words, each of one segment
const TASKS_AT: u32 = 3u;
const RECORDS_AT: u32 = 4u;
const SEGMENTS: u32 = 5u;
const WEIGHT_Z: u32 = 6u;          // weights of squared steps: low word, high word
const WEIGHT_Y: u32 = 8u;
const WEIGHT_X: u32 = 10u;
const IMAGE_SLICES: u32 = 12u;     // of a plane
const IMAGE_ROWS: u32 = 13u;       // of a slice
const IMAGE_COLUMNS: u32 = 14u;
const WINDOW_FIRST: u32 = 15u;     // first row of the image that is bound,
const WINDOW_ROWS: u32 = 16u;      //   and how many
const P_HEAD: u32 = 17u;           // elements before it in each binding
const T_HEAD: u32 = 18u;
const IGNORED_AT: u32 = 19u;       // labels of the truth that are in no mask
const IGNORED_LABELS: u32 = 20u;
const KINDS_AT: u32 = 21u;         // kind of each code of a corner
const OFFSETS_AT: u32 = 22u;       // per workgroup: queries (lesions: runs) before it
const QUERIES: u32 = 23u;
const ROWS: u32 = 24u;             // rows of the search table: squared distance (low, high), slices, rows
const ROWS_AT: u32 = 25u;
const LIMIT: u32 = 26u;            // all rows nearer than this, squared, are in the table: low word, high word
const SLOTS: u32 = 28u;            // of the table of distances: a power of two
const SEGMENT: u32 = 29u;          // far surfaces: whose queries,
const FROM: u32 = 30u;             //   in which columns
const SIDE: u32 = 31u;
const CLASS_ENTRIES: u32 = 32u;    // boxes: entries of the class table,
const CLASSES_AT: u32 = 33u;       //   which is here,
const BOXES: u32 = 34u;            //   classes (groups where they overlap) of a plane,
const FIRST_PLANE: u32 = 35u;      //   and the first plane
const RUNS: u32 = 36u;             // lesions: runs of all masks,
const FIRST_RUN: u32 = 37u;        //   those that are joined in this dispatch,
const END_RUN: u32 = 38u;
const WINDOWS_AT: u32 = 39u;       //   and the rows that they are joined with, by segment

// A record of a class.
const RECORD_WORDS: u32 = 16u;
const FIRST: u32 = 0u;             // word where its truth begins,
const HALF: u32 = 1u;              //   and from there to its prediction
const MASK_SLICES: u32 = 2u;       // the box in voxels
const MASK_ROWS: u32 = 3u;
const MASK_COLUMNS: u32 = 4u;
const GRID_ROWS: u32 = 5u;         // rows of a slice as they lie in memory,
const WIDTH: u32 = 6u;             //   and words of a row
const GRID_SLICES: u32 = 14u;      //   and slices
const LOW_Z: u32 = 7u;             // where the box begins; slices are counted through all planes
const LOW_Y: u32 = 8u;
const LOW_X: u32 = 9u;
const SIDES: u32 = 10u;            // bit 2 axis + side: the image is repeated there
const LABELS_AT: u32 = 11u;        // the labels of the class
const LABELS: u32 = 12u;
const BUDGET: u32 = 13u;           // of its searches

const TASK_WORDS: u32 = 4u;        // first workgroup, first word, words, segment

const NONE: u32 = 0xffffffffu;

struct Place {
  inside: bool,
  segment: u32,
  record: u32,   // where it is in aux
  word: u32,
  z: u32,
  y: u32,
  k: u32,        // word of the row
}

fn record_of(segment: u32) -> u32 {
  return aux[RECORDS_AT] + RECORD_WORDS * (segment >> 1u);
}

// The word where a segment begins.
fn start_of(segment: u32, record: u32) -> u32 {
  return aux[record + FIRST] + (segment & 1u) * aux[record + HALF];
}

// The same place in the other mask of the class.
fn other_word(word: u32, segment: u32, record: u32) -> u32 {
  return select(word + aux[record + HALF], word - aux[record + HALF], (segment & 1u) == 1u);
}

fn at_word(word: u32, segment: u32) -> Place {
  var place: Place;
  place.inside = true;
  place.segment = segment;
  place.record = record_of(segment);
  place.word = word;
  let at = word - start_of(segment, place.record);
  let row = at / aux[place.record + WIDTH];
  place.k = at % aux[place.record + WIDTH];
  place.y = row % aux[place.record + GRID_ROWS];
  place.z = row / aux[place.record + GRID_ROWS];
  return place;
}

fn group_of(workgroup: vec3<u32>) -> u32 {
  return workgroup.y * aux[GROUPS_X] + workgroup.x;
}

// The word of a lane, if it has one; the segment is that of its workgroup.
fn place_of(group: u32, lid: u32) -> Place {
  var low = 0u;
  var high = aux[TASKS];
  while high - low > 1u {
    let middle = (low + high) / 2u;
    if aux[aux[TASKS_AT] + TASK_WORDS * middle] <= group {
      low = middle;
    } else {
      high = middle;
    }
  }
  let task = aux[TASKS_AT] + TASK_WORDS * low;
  let i = (group - aux[task]) * WORKGROUP + lid;
  if group >= aux[GROUPS] || i >= aux[task + 2u] {
    var none: Place;
    none.segment = aux[task + 3u];
    return none;
  }
  return at_word(aux[task + 1u] + i, aux[task + 3u]);
}
