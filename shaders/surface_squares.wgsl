// Squared distances as pairs of u32, low word first: weight times steps squared, which stays below 2^62. Twin: u64.

override WIDE: bool = true;   // some squared distance of the image does not fit 32 bits

const FARTHEST: vec2<u32> = vec2<u32>(0xffffffffu, 0xffffffffu);   // no distance

fn product(a: u32, b: u32) -> vec2<u32> {
  let a0 = a & 0xffffu;
  let a1 = a >> 16u;
  let b0 = b & 0xffffu;
  let b1 = b >> 16u;
  let low = a0 * b0;
  let middle = a1 * b0 + (low >> 16u);
  let cross = a0 * b1 + (middle & 0xffffu);
  return vec2<u32>(a * b, a1 * b1 + (middle >> 16u) + (cross >> 16u));
}

fn sum(a: vec2<u32>, b: vec2<u32>) -> vec2<u32> {
  if !WIDE {
    return vec2<u32>(a.x + b.x, 0u);
  }
  let low = a.x + b.x;
  return vec2<u32>(low, a.y + b.y + select(0u, 1u, low < b.x));
}

fn less(a: vec2<u32>, b: vec2<u32>) -> bool {
  return a.y < b.y || (a.y == b.y && a.x < b.x);
}

// `weight` is the place of a weight in aux.
fn squared(weight: u32, steps: u32) -> vec2<u32> {
  if !WIDE {
    return vec2<u32>(aux[weight] * steps * steps, 0u);
  }
  let square = product(steps, steps);
  let low = product(aux[weight], square.x);
  return vec2<u32>(low.x, low.y + aux[weight] * square.y + aux[weight + 1u] * square.x);
}
