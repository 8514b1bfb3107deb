// Most quads of a task of two u8 operands that lie alike in 16 bytes: 16 voxels a load, sums by dot products of bytes. At
// most 65,536 voxels of 255² fit u32.

struct Bytes {
  p: u32,
  t: u32,
  pt: u32,
  pp: u32,
  tt: u32,
  difference: u32,
}

const ONES: u32 = 0x01010101u;

fn first_quad(task: Task) -> u32 {
  return before_aligned(p_index(task.row, task.channel), t_index(task.row, task.channel), 16u, task.voxels);
}

fn most_quads(lane: ptr<function, Lane>, task: Task, first: u32, quads: u32, lane_id: u32) -> u32 {
  let p = p_index(task.row + first, task.channel);
  let t = t_index(task.row + first, task.channel);
  if ((p | t) & 15u) != 0u {
    return lane_id;
  }
  let p_first = p >> 4u;
  let t_first = t >> 4u;
  let words = quads / 4u;
  var sums: Bytes;
  // The scale of a block of integers is that of its largest: only a value that no power of two covers as yet is news.
  var covered = 0u;
  var k = lane_id;
  // Without packed dot products there would be too much in registers.
  for (; PACKED && k + 3u * LANES < words; k += 4u * LANES) {
    let pa = p_words[p_first + k];
    let pb = p_words[p_first + k + LANES];
    let pc = p_words[p_first + k + 2u * LANES];
    let pd = p_words[p_first + k + 3u * LANES];
    let ta = t_words[t_first + k];
    let tb = t_words[t_first + k + LANES];
    let tc = t_words[t_first + k + 2u * LANES];
    let td = t_words[t_first + k + 3u * LANES];
    bytes_add(&sums, pa, ta);
    bytes_add(&sums, pb, tb);
    bytes_add(&sums, pc, tc);
    bytes_add(&sums, pd, td);
    if bits_of_bytes(pa | pb | pc | pd | ta | tb | tc | td) > covered {
      let largest_p = max(max(largest_byte(pa), largest_byte(pb)), max(largest_byte(pc), largest_byte(pd)));
      let largest_t = max(max(largest_byte(ta), largest_byte(tb)), max(largest_byte(tc), largest_byte(td)));
      (*lane).max_abs = max((*lane).max_abs, max(largest_p, largest_t));
      covered = covering((*lane).max_abs);
    }
  }
  for (; k < words; k += LANES) {
    let pa = p_words[p_first + k];
    let ta = t_words[t_first + k];
    bytes_add(&sums, pa, ta);
    if bits_of_bytes(pa | ta) > covered {
      (*lane).max_abs = max((*lane).max_abs, max(largest_byte(pa), largest_byte(ta)));
      covered = covering((*lane).max_abs);
    }
  }
  (*lane).p = acc_add((*lane).p, acc_of(sums.p));
  (*lane).t = acc_add((*lane).t, acc_of(sums.t));
  (*lane).pt = acc_add((*lane).pt, acc_of(sums.pt));
  if TERMS > 3u {
    (*lane).pp = acc_add((*lane).pp, acc_of(sums.pp));
    (*lane).tt = acc_add((*lane).tt, acc_of(sums.tt));
  }
  if TERMS > 5u {
    (*lane).difference = acc_add((*lane).difference, acc_of(sums.difference));
  }
  return 4u * words + lane_id;
}

fn bytes_add(sums: ptr<function, Bytes>, p: vec4<u32>, t: vec4<u32>) {
  word_add(sums, p.x, t.x);
  word_add(sums, p.y, t.y);
  word_add(sums, p.z, t.z);
  word_add(sums, p.w, t.w);
}

fn word_add(sums: ptr<function, Bytes>, p: u32, t: u32) {
  (*sums).p += dot4(p, ONES);
  (*sums).t += dot4(t, ONES);
  (*sums).pt += dot4(p, t);
  if TERMS > 3u {
    (*sums).pp += dot4(p, p);
    (*sums).tt += dot4(t, t);
  }
  if TERMS > 5u {
    (*sums).difference += sum_of_differences(p, t);
  }
}

// Σ|p - t| of four bytes: the even ones and the odd ones, each in half a word.
fn sum_of_differences(p: u32, t: u32) -> u32 {
  let both = differences(p & 0xff00ffu, t & 0xff00ffu) + differences((p >> 8u) & 0xff00ffu, (t >> 8u) & 0xff00ffu);
  return (both & 0xffffu) + (both >> 16u);
}

fn differences(p: u32, t: u32) -> u32 {
  // 256 + p - t has bit 8 where p is not less; its complement within 9 bits, and 1, is t - p within 8.
  let difference = (p | 0x1000100u) - t;
  let less = (~difference >> 8u) & 0x10001u;
  return ((difference ^ (less * 0x1ffu)) + less) & 0xff00ffu;
}

// The largest of 16 bytes.
fn largest_byte(words: vec4<u32>) -> u32 {
  var largest = vec4<u32>(0u);
  for (var i = 0u; i < 4u; i += 1u) {
    largest = max(largest, (words >> vec4<u32>(8u * i)) & vec4<u32>(0xffu));
  }
  return max(max(largest.x, largest.y), max(largest.z, largest.w));
}

// All bits that are set in any of 16 bytes.
fn bits_of_bytes(words: vec4<u32>) -> u32 {
  let word = words.x | words.y | words.z | words.w;
  let half = word | (word >> 16u);
  return (half | (half >> 8u)) & 0xffu;
}

// The power of two that covers n, which is not 0.
fn covering(n: u32) -> u32 {
  // Of 0 the leading bit is -1.
  return 1u << (firstLeadingBit(n - 1u) + 1u);
}
