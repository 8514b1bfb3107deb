//! Betti numbers of masks: components and cavities by union-find over runs of bits, loops by the Euler characteristic.

use super::Backend;
use super::instances::around::{Run, each_pair};
use super::sets::Sets;
use super::surface::Masks;
use super::surface::bits::{Bits, each_bit};
use crate::error::{Error, Result};
#[cfg(feature = "gpu")]
use crate::job::BoxMasks;
use crate::job::LabelPair;
use crate::kernel::window::{Reach, connected};
use crate::stats::{Betti, Connectivity, Topology};

impl Backend {
    /// Per plane (sample) and class.
    pub fn topology(&self, pair: &LabelPair<'_>) -> Result<Vec<Topology>> {
        self.each_class(pair, |masks, _| topology(masks.as_ref()))
    }

    /// Of masks that another backend made of label maps with this extent.
    #[cfg(feature = "gpu")]
    pub fn topology_of(&self, masks: &[Option<BoxMasks>], extent: [usize; 3]) -> Result<Vec<Topology>> {
        let of = |masks: &Option<BoxMasks>| topology(masks.as_ref().map(|masks| Masks::of(masks, extent)).as_ref());
        masks.iter().map(of).collect()
    }
}

pub(in crate::cpu) fn topology(masks: Option<&Masks>) -> Result<Topology> {
    let Some(masks) = masks else { return Ok(Topology::default()) };
    Ok(Topology { truth: betti(&masks.truth)?, pred: betti(&masks.pred)? })
}

/// Of a mask in a box, beyond which there is background.
fn betti(mask: &Bits) -> Result<Betti> {
    let components = count(mask, Of::Mask)?;
    // What is enclosed has the mask around it.
    let cavities = if mask.size.iter().any(|&n| n < 3) { 0 } else { count(mask, Of::Background)? - 1 };
    let loops = (components + cavities).saturating_add_signed(-euler(mask));
    Ok(Betti { components, loops, cavities })
}

/// Vertices less edges, plus faces, less cubes, of all closed voxels together.
///
/// A row of n runs along x has as many vertices more than edges as it has runs. So has a line of vertices that rows beside
/// it share, whose runs are those of all these rows together; and what lies between two rows has as many edges across x
/// more than faces. A cell counts once, whatever shares it.
fn euler(mask: &Bits) -> i64 {
    let [nz, ny, _] = mask.size;
    let none = vec![0; mask.width];
    let row = |z: Option<usize>, y: Option<usize>| match (z, y) {
        (Some(z), Some(y)) if z < nz && y < ny => mask.row(z, y),
        _ => &none,
    };
    let mut sum = 0;
    for z in 0..=nz {
        for y in 0..=ny {
            let (above, before) = (z.checked_sub(1), y.checked_sub(1));
            let (own, beside) = (row(Some(z), Some(y)), row(Some(z), before));
            let (under, across) = (row(above, Some(y)), row(above, before));
            // Of the last bits of the words before.
            let mut carries = [0; 4];
            for ((own, beside), (under, across)) in own.iter().zip(beside).zip(under.iter().zip(across)) {
                let lines = [*own, own | beside, own | under, own | beside | under | across];
                for ((bits, carry), sign) in lines.into_iter().zip(&mut carries).zip([1, -1, -1, 1]) {
                    sum += sign * i64::from((bits & !(bits << 1 | *carry)).count_ones());
                    *carry = bits >> 63;
                }
            }
        }
    }
    sum
}

/// Whose components.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Of {
    /// Connected with corners.
    Mask,
    /// Connected across faces, also beyond the box.
    Background,
}

/// All that lies beyond the box, in the background.
const BEYOND: u32 = 0;

/// How many components there are.
fn count(mask: &Bits, of: Of) -> Result<u64> {
    // Slices of one row where there is one slice, since only the runs of two slices are held.
    let [slices, rows] = if mask.size[0] == 1 { [mask.size[1], 1] } else { [mask.size[0], mask.size[1]] };
    let columns = mask.size[2];
    if rows.checked_mul(columns).is_none_or(|voxels| voxels as u64 >= 1 << 31) {
        let value = format!("{rows} rows of {columns} columns");
        let range = "slices of less than 2^31 voxels, for their topology".into();
        return Err(Error::Parameter { name: "the extent of an image", value, range });
    }
    let is_background = of == Of::Background;
    let window = connected(if is_background { Connectivity::Faces } else { Connectivity::Corners });
    let mut sets = Sets::of(u32::from(is_background));
    let (mut before, mut own) = (Slice::default(), Slice::default());
    let mut closed = 0;
    for z in 0..slices {
        own.clear();
        for y in 0..rows {
            own.read(&mask.words[(z * rows + y) * mask.width..][..mask.width], columns, is_background, &mut sets);
            let row = own.row(y as i64);
            for &Reach { dz, dy, reach } in &window {
                let y = y as i64 + dy;
                let others = if dz == 0 { &own } else { &before }.row(y);
                each_pair(row, others, &mut 0, y as u32, reach, |i, j| {
                    sets.join(row[i].id, others[j].id);
                });
            }
            let is_outermost = z == 0 || z + 1 == slices || y == 0 || y + 1 == rows;
            let meets = |run: &&Run| is_outermost || run.start == 0 || run.end as usize == columns;
            for run in row.iter().filter(|run| is_background && meets(run)) {
                sets.join(BEYOND, run.id);
            }
        }
        closed += own.renumber(&mut sets, is_background);
        std::mem::swap(&mut before, &mut own);
    }
    Ok(closed + sets.count() as u64)
}

/// The runs of a slice.
#[derive(Default)]
struct Slice {
    runs: Vec<Run>,
    /// Where those of each row end.
    ends: Vec<usize>,
}

impl Slice {
    fn clear(&mut self) {
        self.runs.clear();
        self.ends.clear();
    }

    /// The runs of a row; none of one that there is not.
    fn row(&self, y: i64) -> &[Run] {
        let end_of = |y: i64| usize::try_from(y).ok().and_then(|y| self.ends.get(y).copied());
        match end_of(y) {
            Some(end) => &self.runs[end_of(y - 1).unwrap_or(0)..end],
            None => &[],
        }
    }

    /// Reads the next row: runs of bits that are set, or of those that are not. Each is a set of its own.
    fn read(&mut self, words: &[u64], columns: usize, inverted: bool, sets: &mut Sets) {
        let row = self.ends.len() as u32;
        let mut add = |start: usize, end: usize| {
            self.runs.push(Run { row, start: start as u32, end: end as u32, id: sets.add() });
        };
        let (mut start, mut carry) = (None, 0);
        for (k, &word) in words.iter().enumerate() {
            let word = if inverted { !word } else { word };
            each_bit(word ^ (word << 1 | carry), |bit| {
                let at = 64 * k + bit;
                match start.take() {
                    Some(start) => add(start, at),
                    // Behind the end of a row there is none.
                    None => start = Some(at).filter(|&at| at < columns),
                }
            });
            carry = word >> 63;
        }
        if let Some(start) = start {
            add(start, columns);
        }
        self.ends.push(self.runs.len());
    }

    /// Keeps the sets that this slice is in, and what is beyond where that is one; how many others there were.
    fn renumber(&mut self, sets: &mut Sets, has_beyond: bool) -> u64 {
        let all = sets.count() as u64;
        let mut kept = Sets::of(u32::from(has_beyond));
        let mut numbers = vec![None; sets.len()];
        if has_beyond {
            numbers[BEYOND as usize] = Some(BEYOND);
        }
        for run in &mut self.runs {
            run.id = *numbers[sets.root(run.id) as usize].get_or_insert_with(|| kept.add());
        }
        *sets = kept;
        all - sets.len() as u64
    }
}
