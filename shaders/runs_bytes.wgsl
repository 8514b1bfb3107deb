// Runs of u8 labels that lie alike in 16 bytes: where 16 voxels go on with the run they are compared as they are in
// memory.

fn first_quad(task: Task) -> u32 {
  return before_aligned(params.p_head + task.row, params.t_head + task.row, 16u, task.voxels);
}

fn most_quads(run: ptr<function, Run>, task: Task, first: u32, quads: u32, lane_id: u32) -> u32 {
  let p = params.p_head + task.row + first;
  let t = params.t_head + task.row + first;
  if ((p | t) & 15u) != 0u {
    return lane_id;
  }
  let words = quads / 4u;
  for (var k = lane_id; k < words; k += LANES) {
    let p_word = p_words[(p >> 4u) + k];
    let t_word = t_words[(t >> 4u) + k];
    let four = (*run).labels * 0x01010101u;
    if all(p_word == vec4<u32>(four.x)) && all(t_word == vec4<u32>(four.y)) {
      (*run).voxels += 16u;
    } else {
      for (var i = 0u; i < 4u; i += 1u) {
        run_add(run, task.plane, bytes_of(p_word[i]), bytes_of(t_word[i]));
      }
    }
  }
  return 4u * words + lane_id;
}

fn bytes_of(word: u32) -> vec4<u32> {
  return (vec4<u32>(word) >> vec4<u32>(0u, 8u, 16u, 24u)) & vec4<u32>(0xffu);
}
