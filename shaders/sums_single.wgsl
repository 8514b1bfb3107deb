// Adds the voxels of a lane one by one, where a voxel costs so much that loads do not matter: the text of what it costs stands
// here once, so that drivers compile it fast.

fn sum_task(lane: ptr<function, Lane>, task: Task, lane_id: u32) {
  for (var i = lane_id; i < task.voxels; i += LANES) {
    let row = task.row + i;
    let p = pred(row, task.channel, true).x;
    let t = truth(row, task.channel, true).x;
    lane_one(lane, p, t, task.scale);
    add_loss(lane, row, task.channel, p, t);
  }
}
