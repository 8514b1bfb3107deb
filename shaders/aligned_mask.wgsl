// Plain quads of an f32 prediction without signs and a u8 mask of 0 and 1, four voxels a word.

fn is_plain(p: vec4<u32>, t: u32) -> bool {
  return (((p.x | p.y | p.z | p.w) >> 31u) | (t & NOT_MASK)) == 0u;
}

fn plain_quad(lane: ptr<function, Lane>, largest: ptr<function, u32>, p: vec4<u32>, t: u32) {
  plain_add(lane, largest, p.x, (t & 0xffu) != 0u);
  plain_add(lane, largest, p.y, (t & 0xff00u) != 0u);
  plain_add(lane, largest, p.z, (t & 0xff0000u) != 0u);
  plain_add(lane, largest, p.w, (t & 0xff000000u) != 0u);
}

fn plain_add(lane: ptr<function, Lane>, largest: ptr<function, u32>, p: u32, t: bool) {
  *largest = max(*largest, p);
  let p_fix = fix_plain(p);
  (*lane).p = acc_add((*lane).p, p_fix);
  (*lane).pt = acc_add((*lane).pt, acc_where(p_fix, t));
  if TERMS > 3u {
    (*lane).pp = acc_add((*lane).pp, fix_plain_product(p, p));
  }
  if TERMS > 5u {
    var difference = p_fix;
    if t {
      difference = acc_abs_difference(p_fix, acc_shifted(1u, FRACTION_BITS));
    }
    (*lane).difference = acc_add((*lane).difference, difference);
  }
}

fn bits_of_largest(largest: u32) -> u32 {
  return largest;
}
