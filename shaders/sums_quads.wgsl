// Adds the voxels of a lane four at a time. Where the quads begin, and how most of them are added, is in sums_any.wgsl,
// sums_aligned.wgsl or sums_bytes.wgsl.

fn sum_task(lane: ptr<function, Lane>, task: Task, lane_id: u32) {
  let first = first_quad(task);
  let quads = (task.voxels - first) / 4u;
  for (var q = most_quads(lane, task, first, quads, lane_id); q < quads; q += LANES) {
    let row = task.row + first + 4u * q;
    lane_quad(lane, pred(row, task.channel, false), truth(row, task.channel, false), task.scale);
  }
  // Before the first quad, and behind the last.
  for (var i = lane_id; i < task.voxels - 4u * quads; i += LANES) {
    let row = task.row + select(i + 4u * quads, i, i < first);
    lane_one(lane, pred(row, task.channel, true).x, truth(row, task.channel, true).x, task.scale);
  }
}
