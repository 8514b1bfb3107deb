// What one dispatch works on. A task is the part of one block (65,536 voxels of one cell) that lies in the bound
// window, or a part of that where there are few; tasks are numbered block by block, channels fastest. Positions are counted in rows: one voxel of one plane,
// with all its channels. Twin: plan.rs.

struct Params {
  tasks: u32,           // slots of this dispatch: tasks, or parts of tasks
  groups_x: u32,        // workgroups along x
  listed: u32,          // 1: aux holds a (task, scale) pair for each task to do; 0: all are done, at scale 0
  channels: u32,        // channels per row
  blocks_per_cell: u32,
  first_block: u32,     // block that task 0 belongs to, within its cell
  first_start: i32,     // where that block starts, in rows from the start of the window: 0 or negative
  tail_voxels: u32,     // voxels in the last block of a cell
  cell_voxels: u32,     // voxels of a cell, modulo 2^32: differences within a window come out right
  window_rows: u32,
  p_head: u32,          // elements before the window's first row in each binding
  t_head: u32,
  classes: u32,         // counts: classes of this pass,
  class_base: u32,      //   the first of them,
  aux_len: u32,         //   entries of the class table,
  groups: u32,          //   and groups of labels behind it, where classes overlap
  p_row: u32,           // elements from one row to the next, and from one channel to the next
  p_channel: u32,
  t_row: u32,
  t_channel: u32,
  power: f32,           // exponent of the power terms
  threshold: f32,       // of the threshold activation,
  threshold_low: u32,   //   and its f64 bits
  threshold_high: u32,
  gamma: f32,           // focal loss: exponent,
  alpha: f32,           //   and weight; below 0: none
  task_channels: u32,   // channels that have separate tasks: channels, or 1 where a task does all of them
  r_head: u32,          // elements before the window's first in the result;
  r_row: u32,           //   of gradients also from one row to the next, and from one channel to the next
  r_channel: u32,
  on: f32,              // cross-entropy with all its choices (entropy.wgsl): factors of its two parts,
  off: f32,
  keep: f32,            //   the truth that counts is keep * t + add,
  add: f32,
  clip_low: f32,        //   bounds of logarithms,
  clip_high: f32,
  ratio: f32,           //   threshold of the reduced focal loss,
  part: u32,            //   0: all voxels, 1: those with truth 1, 2: the others,
  measure: u32,         //   0: the loss, 1: the factor alone
  parts: u32,           // parts of a task, a power of two: slot n is part n % parts of task n / parts,
  part_voxels: u32,     //   and so many voxels of its block
}

@group(0) @binding(3) var<storage, read> aux: array<u32>;
@group(0) @binding(4) var<uniform> params: Params;

override LANES: u32 = 256u;   // lanes that share a task: a power of two up to the workgroup size

const WORKGROUP: u32 = 256u;
const BLOCK_VOXELS: u32 = 65536u;

const INFINITY: u32 = 0x7f800000u;   // absolute f32 bits from here on are infinities and NaN
const NAN: u32 = 0x7fc00000u;
const ONE: u32 = 0x3f800000u;

struct Task {
  row: u32,      // first row, from the start of the window
  voxels: u32,
  channel: u32,
  plane: u32,    // cell in channels-first order, from the first one of the window
  skipped: u32,  // voxels of the block that lie before the window
  scale: u32,
}

// Voxels of a task before the first that lies at a multiple of `by` elements in both operands, where there is one; p and t
// are where the task begins in each.
fn before_aligned(p: u32, t: u32, by: u32, voxels: u32) -> u32 {
  let before = (by - (p & (by - 1u))) & (by - 1u);
  return select(0u, min(before, voxels), ((p ^ t) & (by - 1u)) == 0u);
}

fn slot_of(workgroup: vec3<u32>, lid: u32) -> u32 {
  return (workgroup.y * params.groups_x + workgroup.x) * (WORKGROUP / LANES) + lid / LANES;
}

fn task_of(slot: u32) -> Task {
  var task: Task;
  var id = slot / params.parts;
  if params.listed != 0u {
    task.scale = aux[2u * id + 1u];
    id = aux[2u * id];
  }
  task.channel = id % params.task_channels;
  let block = params.first_block + id / params.task_channels;
  task.plane = block / params.blocks_per_cell;
  let in_cell = block % params.blocks_per_cell;
  let voxels = select(BLOCK_VOXELS, params.tail_voxels, in_cell + 1u == params.blocks_per_cell);
  let part = (slot % params.parts) * params.part_voxels;
  // Wraps on purpose: the true value is within ±2^31, because a window holds fewer than 2^31 rows.
  let start = params.first_start
    + bitcast<i32>(task.plane * params.cell_voxels + (in_cell - params.first_block) * BLOCK_VOXELS);
  let begin = max(start + i32(part), 0);
  let end = min(start + i32(min(voxels, part + params.part_voxels)), i32(params.window_rows));
  task.row = u32(begin);
  task.voxels = u32(max(end - begin, 0));
  task.skipped = u32(begin - start);
  return task;
}
