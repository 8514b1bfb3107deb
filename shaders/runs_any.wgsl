// Runs of labels of any width: no quad is looked at ahead.

fn first_quad(task: Task) -> u32 {
  return 0u;
}

fn most_quads(run: ptr<function, Run>, task: Task, first: u32, quads: u32, lane_id: u32) -> u32 {
  return lane_id;
}
