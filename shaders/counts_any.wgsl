// The counts of few classes, of labels of any width: there is no faster path for most quads.

fn first_quad(task: Task) -> u32 {
  return 0u;
}

fn most_quads(lane: ptr<function, Lane>, labels: ptr<function, Labels>, task: Task, first: u32, quads: u32, lane_id: u32) -> u32 {
  return lane_id;
}
