// Of logits: -ln(1 + e^-x) and -ln(1 + e^x).

fn logarithms(row: u32, channel: u32) -> Logarithms {
  let bits = p_load(row, channel, true).x;
  let e = exp_neg(fix(bits & 0x7fffffffu));
  let small = ln_1p(normal(e.g, -i32(e.n), 0u));
  let large = add(of_bits(bits & 0x7fffffffu), small);
  let up = (bits >> 31u) == 0u;
  return Logarithms(negated(choose(large, small, up)), negated(choose(small, large, up)));
}
