// Most quads of a task whose operands lie alike in their words: loads of whole words, eight of them in flight, because
// there is no branch between them. The words are checked all at once. If one of them is special (a sign, a mask beyond
// 1), the lane leaves the rest of its quads to the general loop. At scale 0 only, which is that of every block at
// first. What is plain, and how it is added, is in aligned_*.wgsl.

fn first_quad(task: Task) -> u32 {
  return before_aligned(p_index(task.row, task.channel), t_index(task.row, task.channel), 4u, task.voxels);
}

// Adds quads of a lane, of those that begin at voxel `first`. The first that is left.
fn most_quads(lane: ptr<function, Lane>, task: Task, first: u32, quads: u32, lane_id: u32) -> u32 {
  let p = p_index(task.row + first, task.channel);
  let t = t_index(task.row + first, task.channel);
  var q = lane_id;
  if ((p | t) & 3u) != 0u {
    return q;
  }
  let p_first = p >> 2u;
  let t_first = t >> 2u;
  var largest = 0u;
  for (; q + 3u * LANES < quads; q += 4u * LANES) {
    let pa = p_words[p_first + q];
    let pb = p_words[p_first + q + LANES];
    let pc = p_words[p_first + q + 2u * LANES];
    let pd = p_words[p_first + q + 3u * LANES];
    let ta = truth_quad(t_words[t_first + q], task.channel);
    let tb = truth_quad(t_words[t_first + q + LANES], task.channel);
    let tc = truth_quad(t_words[t_first + q + 2u * LANES], task.channel);
    let td = truth_quad(t_words[t_first + q + 3u * LANES], task.channel);
    if !is_plain(pa | pb | pc | pd, ta | tb | tc | td) {
      break;
    }
    plain_quad(lane, &largest, pa, ta);
    plain_quad(lane, &largest, pb, tb);
    plain_quad(lane, &largest, pc, tc);
    plain_quad(lane, &largest, pd, td);
    plain_truths(lane, ta, tb, tc, td);
  }
  (*lane).max_abs = max((*lane).max_abs, bits_of_largest(largest));
  return q;
}
