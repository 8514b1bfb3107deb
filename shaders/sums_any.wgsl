// Most quads of a task, for operands of any type.

// Voxels of a task before its first quad.
fn first_quad(task: Task) -> u32 {
  return 0u;
}

// Adds quads of a lane, of those that begin at voxel `first`. The first that is left.
fn most_quads(lane: ptr<function, Lane>, task: Task, first: u32, quads: u32, lane_id: u32) -> u32 {
  let channel = task.channel;
  var q = lane_id;
  // Eight loads before the first use.
  for (; q + 3u * LANES < quads; q += 4u * LANES) {
    let a = task.row + 4u * q;
    let b = a + 4u * LANES;
    let c = b + 4u * LANES;
    let d = c + 4u * LANES;
    let pa = pred(a, channel, false);
    let pb = pred(b, channel, false);
    let pc = pred(c, channel, false);
    let pd = pred(d, channel, false);
    let ta = truth(a, channel, false);
    let tb = truth(b, channel, false);
    let tc = truth(c, channel, false);
    let td = truth(d, channel, false);
    lane_quad(lane, pa, ta, task.scale);
    lane_quad(lane, pb, tb, task.scale);
    lane_quad(lane, pc, tc, task.scale);
    lane_quad(lane, pd, td, task.scale);
  }
  return q;
}
