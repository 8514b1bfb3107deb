// Plain quads of two f32 operands: without signs. A value beyond 1 shows in the largest value.

fn truth_quad(words: vec4<u32>, channel: u32) -> vec4<u32> {
  return words;
}

fn is_plain(p: vec4<u32>, t: vec4<u32>) -> bool {
  let all = p | t;
  return ((all.x | all.y | all.z | all.w) >> 31u) == 0u;
}

fn plain_quad(lane: ptr<function, Lane>, largest: ptr<function, u32>, p: vec4<u32>, t: vec4<u32>) {
  plain_add(lane, largest, p.x, t.x);
  plain_add(lane, largest, p.y, t.y);
  plain_add(lane, largest, p.z, t.z);
  plain_add(lane, largest, p.w, t.w);
}

fn plain_add(lane: ptr<function, Lane>, largest: ptr<function, u32>, p: u32, t: u32) {
  *largest = max(*largest, max(p, t));
  let p_fix = fix_plain(p);
  let t_fix = fix_plain(t);
  (*lane).p = acc_add((*lane).p, p_fix);
  (*lane).t = acc_add((*lane).t, t_fix);
  (*lane).pt = acc_add((*lane).pt, fix_plain_product(p, t));
  if TERMS > 3u {
    (*lane).pp = acc_add((*lane).pp, fix_plain_product(p, p));
    (*lane).tt = acc_add((*lane).tt, fix_plain_product(t, t));
  }
  if TERMS > 5u {
    (*lane).difference = acc_add((*lane).difference, acc_abs_difference(p_fix, t_fix));
  }
}

fn plain_truths(lane: ptr<function, Lane>, a: vec4<u32>, b: vec4<u32>, c: vec4<u32>, d: vec4<u32>) {
}

fn bits_of_largest(largest: u32) -> u32 {
  return largest;
}
