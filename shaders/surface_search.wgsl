// The nearest target of each query: rows are looked at in the order of their distance, until none can be nearer. A
// query is left open if the table of rows is too short for it, or if its class has used up its budget. Which queries
// are left open depends on the order of execution; the distances do not. Twin: src/cpu/surface/nearest.rs.

@group(0) @binding(1) var<storage, read> queries: array<u32>;
@group(0) @binding(2) var<storage, read_write> result: array<atomic<u32>>;   // spent, by segment; then distances

const COST_SHIFT: u32 = 4u;    // the budget counts rows in multiples of 2 to this power
const ROW_WORDS: u32 = 4u;

@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(local_invocation_index) lid: u32) {
  let query = group_of(workgroup) * WORKGROUP + lid;
  if query >= aux[QUERIES] {
    return;
  }
  let code = queries[2u * query + 1u];
  let segment = code >> 10u;
  let place = at_word(queries[2u * query], segment);
  let record = place.record;
  let x = 32u * place.k + (code & 31u);
  let width = aux[record + WIDTH];
  let rows = aux[record + GRID_ROWS];
  let start = start_of(segment ^ 1u, record);
  let slices = aux[record + GRID_SLICES];
  var best = FARTHEST;
  var done = false;
  var cost = 0u;
  if atomicLoad(&result[segment]) <= aux[record + BUDGET] {
    for (var i = 0u; i < aux[ROWS]; i += 1u) {
      let entry = aux[ROWS_AT] + ROW_WORDS * i;
      let base = vec2<u32>(aux[entry], aux[entry + 1u]);
      if !less(base, best) {
        done = true;
        break;
      }
      cost += 1u;
      // Before the first one they wrap, and are beyond the last.
      let z = place.z + aux[entry + 2u];
      let y = place.y + aux[entry + 3u];
      if z < slices && y < rows {
        best = nearest_in_row(start + (z * rows + y) * width, width, x, base, best);
      }
    }
    let limit = vec2<u32>(aux[LIMIT], aux[LIMIT + 1u]);
    let farthest = sum(
      squared(WEIGHT_Z, max(place.z, slices - 1u - place.z)),
      squared(WEIGHT_Y, max(place.y, rows - 1u - place.y)),
    );
    done = done || !less(limit, best) || less(farthest, limit);
  }
  if (cost >> COST_SHIFT) > 0u {
    atomicAdd(&result[segment], cost >> COST_SHIFT);
  }
  best = select(FARTHEST, best, done);
  atomicStore(&result[aux[SEGMENTS] + 2u * query], best.x);
  atomicStore(&result[aux[SEGMENTS] + 2u * query + 1u], best.y);
}
