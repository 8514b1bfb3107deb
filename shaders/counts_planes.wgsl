// The counts of few classes of u8 labels that lie alike in 16 bytes. 32 voxels become eight words, one for each bit of
// a label (a plane), in which every voxel has a bit; the voxels of a class are then found 32 at a time by logic, and
// counted by counting bits. The time is the same for every map. A lane has at most 256 voxels.

override CLASSES: u32 = 8u;      // classes that there are
override HIGH: bool = false;     // a listed label is above 15: its upper four bits are compared as well

// 32 voxels. Byte j of word k is bit 8 j + k of each plane.
struct Planes {
  low: vec4<u32>,    // bits 0 to 3 of the labels
  high: vec4<u32>,   // bits 4 to 7
  open: u32,         // voxels that may have a listed label
  some: u32,         // voxels whose label is not 0
}

fn first_quad(task: Task) -> u32 {
  return before_aligned(params.p_head + task.row, params.t_head + task.row, 16u, task.voxels);
}

fn most_quads(lane: ptr<function, Lane>, labels: ptr<function, Labels>, task: Task, first: u32, quads: u32, lane_id: u32) -> u32 {
  let p = params.p_head + task.row + first;
  let t = params.t_head + task.row + first;
  if ((p | t) & 15u) != 0u {
    return lane_id;
  }
  let p_first = p >> 4u;
  let t_first = t >> 4u;
  let words = quads / 4u;
  for (var k = lane_id; k < words; k += 2u * LANES) {
    // The last step of a lane may have only one load.
    let second = select(k, k + LANES, k + LANES < words);
    let there = select(0x0f0f0f0fu, 0xffffffffu, k + LANES < words);
    let pa = p_words[p_first + k];
    let pb = p_words[p_first + second];
    let ta = t_words[t_first + k];
    let tb = t_words[t_first + second];
    var p_planes = planes_of(transposed(pa, pb), there);
    var t_planes = planes_of(transposed(ta, tb), there);
    if any(((pa | pb | ta | tb) & vec4<u32>(0xf0f0f0f0u)) != vec4<u32>(0u)) {
      add_high(&p_planes, transposed(pa >> vec4<u32>(4u), pb >> vec4<u32>(4u)), there);
      add_high(&t_planes, transposed(ta >> vec4<u32>(4u), tb >> vec4<u32>(4u)), there);
    }
    count_planes(lane, labels, p_planes, t_planes);
  }
  return 4u * words + lane_id;
}

// Bits 0 to 3 of the bytes of eight words: transposed by swapping what is four, two and one apart.
fn transposed(a: vec4<u32>, b: vec4<u32>) -> vec4<u32> {
  let fours = (a & vec4<u32>(0x0f0f0f0fu)) | ((b << vec4<u32>(4u)) & vec4<u32>(0xf0f0f0f0u));
  let three = vec2<u32>(0x33333333u);
  let lower = (fours.xy & three) | ((fours.zw << vec2<u32>(2u)) & ~three);
  let upper = ((fours.xy >> vec2<u32>(2u)) & three) | (fours.zw & ~three);
  let five = vec2<u32>(0x55555555u);
  let left = vec2<u32>(lower.x, upper.x);
  let right = vec2<u32>(lower.y, upper.y);
  let even = (left & five) | ((right << vec2<u32>(1u)) & ~five);
  let odd = ((left >> vec2<u32>(1u)) & five) | (right & ~five);
  return vec4<u32>(even.x, odd.x, even.y, odd.y);
}

fn planes_of(low: vec4<u32>, there: u32) -> Planes {
  return Planes(low, vec4<u32>(0u), there, any_bit(low) & there);
}

fn add_high(planes: ptr<function, Planes>, high: vec4<u32>, there: u32) {
  (*planes).high = high;
  (*planes).some |= any_bit(high) & there;
  if !HIGH {
    (*planes).open &= ~any_bit(high);
  }
}

fn any_bit(words: vec4<u32>) -> u32 {
  return words.x | words.y | words.z | words.w;
}

// The voxels with each of four labels.
fn with_labels(planes: Planes, labels: vec4<u32>) -> vec4<u32> {
  var found = vec4<u32>(planes.open);
  for (var i = 0u; i < 4u; i += 1u) {
    // All ones where the bit of the label is 0.
    found &= vec4<u32>(planes.low[i]) ^ (((labels >> vec4<u32>(i)) & vec4<u32>(1u)) - vec4<u32>(1u));
    if HIGH {
      found &= vec4<u32>(planes.high[i]) ^ (((labels >> vec4<u32>(i + 4u)) & vec4<u32>(1u)) - vec4<u32>(1u));
    }
  }
  return found;
}

fn count_planes(lane: ptr<function, Lane>, labels: ptr<function, Labels>, p: Planes, t: Planes) {
  var listed = vec2<u32>(0u);
  for (var half = 0u; half < 2u; half += 1u) {
    if CLASSES > 4u * half {
      // Known when the pipeline is made, so that missing classes cost nothing.
      let exists = vec4<u32>(4u * half) + vec4<u32>(0u, 1u, 2u, 3u) < vec4<u32>(CLASSES);
      let p_found = select(vec4<u32>(0u), with_labels(p, (*labels).value[half]), exists);
      let t_found = select(vec4<u32>(0u), with_labels(t, (*labels).value[half]), exists);
      (*lane).pred[half] += countOneBits(p_found);
      (*lane).truth[half] += countOneBits(t_found);
      (*lane).both[half] += countOneBits(p_found & t_found);
      listed |= vec2<u32>(any_bit(p_found), any_bit(t_found));
    }
  }
  (*lane).out_of_range += countOneBits(vec2<u32>(p.some, t.some) & ~listed);
}
