//! The distances of a batch: elements, queries, search and histogram.

use crate::error::{Error, Result};
use crate::gpu::Backend;
use crate::gpu::arrival::Waiting;
use crate::gpu::masks::batch::{Batch, Form};
use crate::gpu::masks::image::Image;
use crate::gpu::masks::numbers::{Task, Told, halves};
use crate::job::SurfacesOf;
use crate::kernel::rows::{RINGS, RowTable};
use crate::kernel::source::Statistic;
use crate::kernel::surface::{Shape, SurfaceKernel};
use crate::plan::WORKGROUP;
use crate::stats::{DistanceCount, Distances, Elements, Lattice, NO_TARGET, Surface, Target, kinds};
use crate::volume::Source;

/// The most queries in one search, if the masks fit as well. A workgroup has at most 8192.
const MOST_QUERIES: u64 = 1 << 20;

/// Words of a segment in the result of `surface_counts.wgsl`: elements that are targets, elements that must be searched
/// for, both by kind, and targets.
const SEGMENT_WORDS: usize = 65;
const KINDS: usize = 32;

/// Words of a row of the search table.
const ROW_WORDS: usize = 4;

/// Words of a slot of the histogram, and how many slots it has.
const SLOT_WORDS: usize = 5;
const MOST_SLOTS: u64 = 1 << 16;

/// Where distances begin to be 64 bits wide.
const NARROW: u128 = 1 << 32;

/// The buffers of a batch that all its queries share.
pub(super) struct Masks {
    elements: wgpu::Buffer,
    pub targets: wgpu::Buffer,
    /// What elements are compared with: targets, or masks where they are corners.
    others: wgpu::Buffer,
}

/// Queries, and what they found.
pub(super) struct Asked {
    pub queries: wgpu::Buffer,
    /// Behind a word for each segment.
    pub distances: wgpu::Buffer,
    pub many: u64,
}

/// What stays the same from batch to batch.
pub(super) struct Search {
    pub form: Form,
    pub wide: bool,
    weights: [u64; 3],
    rows: Vec<u32>,
    limit: u64,
}

impl Search {
    fn new(lattice: &Lattice, extent: [u64; 3], form: Form) -> Self {
        let weights = lattice.weights3();
        let table = RowTable::new(lattice, extent.map(|n| n as usize));
        let rows = (0..RINGS).flat_map(|ring| table.ring(ring)).flat_map(|row| {
            let [low, high] = halves(row.squared);
            [low, high, row.dz as u32, row.dy as u32]
        });
        // The largest squared distance between corners.
        let square = |n: u64| u128::from(n + 1) * u128::from(n + 1);
        let most: u128 = weights.iter().zip(extent).map(|(&w, n)| u128::from(w).saturating_mul(square(n))).sum();
        Self { form, wide: most >= NARROW, weights, rows: rows.collect(), limit: table.limit(RINGS - 1) }
    }

    /// Tells the weights.
    pub fn tell(&self, told: &mut Told) {
        let [z, y, x] = self.weights.map(halves);
        (told.numbers.weight_z, told.numbers.weight_y, told.numbers.weight_x) = (z, y, x);
    }
}

impl Backend {
    /// The surface of each class of a batch; nothing for classes that are too large for the transform.
    pub(super) async fn measure(
        &self,
        image: &Image<'_>,
        job: &SurfacesOf<'_, Source<'_>>,
        form: Form,
        batch: &Batch,
        waiting: Waiting,
    ) -> Result<Vec<Option<Surface>>> {
        let search = Search::new(&job.lattice, image.extent, form);
        let masks = self.elements(image, job, form, batch)?;
        let groups: u32 = batch.tasks.iter().map(Task::groups).sum();
        let counts = self.cleared((SEGMENT_WORDS * batch.segments()) as u64 + u64::from(groups))?;
        let mut told = batch.told();
        told.tasks(&batch.tasks);
        told.numbers.kinds_at = told.table(codes(form.axes));
        let (axes, corners) = (form.axes as u32, form.corners);
        let kernel = SurfaceKernel::Counts { axes, corners };
        self.step(Statistic::Surface(kernel), [&masks.elements, &masks.others, &counts], told, groups.into())?;
        let counts = self.read(&counts, waiting).await?;
        let (of_segments, of_groups) = counts.split_at(SEGMENT_WORDS * batch.segments());
        let of_segments: Vec<&[u32]> = of_segments.chunks_exact(SEGMENT_WORDS).collect();

        // What is known already, and what must be searched for.
        let mut found: Vec<Found> = Vec::with_capacity(batch.segments());
        for (segment, counts) in of_segments.iter().enumerate() {
            let has_targets = of_segments[segment ^ 1][2 * KINDS] > 0;
            found.push(Found::new(counts, has_targets));
        }
        let most = MOST_QUERIES.min(self.most_words() / 2);
        for tasks in in_parts(&batch.tasks, of_groups, most, |segment| found[segment as usize].has_targets) {
            self.search(&search, batch, &masks, &tasks, &mut found, waiting).await?;
        }
        let surface = |pair: &mut [Found]| {
            let [truth, pred] = pair else { return Ok(None) };
            if truth.is_left || pred.is_left {
                return Ok(None);
            }
            let [truth, pred] = [truth, pred].map(|found| Distances::new(std::mem::take(&mut found.entries)));
            Ok(Some(Surface::new(job.lattice.clone(), job.options.clone(), truth?, pred?)))
        };
        found.chunks_exact_mut(2).map(surface).collect()
    }

    /// Elements and targets.
    fn elements(
        &self,
        image: &Image<'_>,
        job: &SurfacesOf<'_, Source<'_>>,
        form: Form,
        batch: &Batch,
    ) -> Result<Masks> {
        let bits = self.bits(image, batch)?;
        let groups = batch.tasks.iter().map(|task| u64::from(task.groups())).sum();
        let made = |elements: Elements| -> Result<wgpu::Buffer> {
            let steps = |steps| Shape::Voxels { steps };
            let shape = match elements {
                Elements::Voxel => return Ok(bits.clone()),
                Elements::Face => steps(1),
                Elements::Edge => steps(2),
                Elements::Full => steps(form.axes as u32),
                Elements::Corner => Shape::Corners,
            };
            let result = self.storage(batch.words)?;
            let mut told = batch.told();
            told.tasks(&batch.tasks);
            let kernel = SurfaceKernel::Elements { axes: form.axes as u32, shape };
            self.step(Statistic::Surface(kernel), [&bits, &bits, &result], told, groups)?;
            Ok(result)
        };
        let own = job.options.elements;
        let elements = made(own)?;
        let target = match job.options.target {
            Target::Elements => own,
            Target::Mask => Elements::Voxel,
            Target::Face => Elements::Face,
            Target::Full => Elements::Full,
        };
        let targets = if target == own { elements.clone() } else { made(target)? };
        let others = if form.corners { bits.clone() } else { targets.clone() };
        Ok(Masks { elements, targets, others })
    }

    /// Searches for the targets of these queries, and counts what is found.
    async fn search(
        &self,
        search: &Search,
        batch: &Batch,
        masks: &Masks,
        part: &Part,
        found: &mut [Found],
        waiting: Waiting,
    ) -> Result<()> {
        let (axes, corners) = (search.form.axes as u32, search.form.corners);
        let segments = batch.segments() as u64;
        let asked = Asked {
            queries: self.storage(2 * part.queries)?,
            distances: self.cleared(segments + 2 * part.queries)?,
            many: part.queries,
        };
        let mut told = batch.told();
        told.tasks(&part.tasks);
        told.numbers.kinds_at = told.table(codes(search.form.axes));
        told.numbers.offsets_at = told.table(part.offsets.iter().copied());
        let kernel = SurfaceKernel::Queries { axes, corners };
        let groups = told.numbers.groups.into();
        self.step(Statistic::Surface(kernel), [&masks.elements, &masks.others, &asked.queries], told, groups)?;

        let mut told = batch.told();
        search.tell(&mut told);
        told.numbers.queries = asked.many as u32;
        told.numbers.rows = (search.rows.len() / ROW_WORDS) as u32;
        told.numbers.rows_at = told.table(search.rows.iter().copied());
        told.numbers.limit = halves(search.limit);
        let kernel = SurfaceKernel::Search { wide: search.wide };
        let bound = [&masks.targets, &asked.queries, &asked.distances];
        self.step(Statistic::Surface(kernel), bound, told, asked.many.div_ceil(WORKGROUP.into()))?;

        let mut table = self.histogram(batch, &asked, waiting).await?;
        if table.open.iter().any(|&open| open > 0) {
            for segment in (0..table.open.len()).filter(|&segment| table.open[segment] > 0) {
                found[segment].is_left |= !self.transform(search, batch, masks, &asked, segment)?;
            }
            table = self.histogram(batch, &asked, waiting).await?;
            if table.open.iter().zip(found.iter()).any(|(&open, found)| open > 0 && !found.is_left) {
                return Err(Error::Gpu { message: "a query of a surface has no distance; report this".into() });
            }
        }
        if table.lost {
            let (queries, distances) =
                (self.read(&asked.queries, waiting).await?, self.read(&asked.distances, waiting).await?);
            let distances = &distances[segments as usize..];
            let each = queries.chunks_exact(2).zip(distances.chunks_exact(2)).take(asked.many as usize);
            each.for_each(|(query, distance)| add(found, query[1] >> 5, [distance[0], distance[1]], 1));
        } else {
            table.slots.iter().for_each(|slot| add(found, slot[2], [slot[3], slot[4]], slot[1]));
        }
        Ok(())
    }

    async fn histogram(&self, batch: &Batch, asked: &Asked, waiting: Waiting) -> Result<Histogram> {
        let segments = batch.segments();
        // Distances repeat: one in eight is a new one at most, or else the host counts.
        let slots = (asked.many / 8).next_power_of_two().clamp(1 << 8, MOST_SLOTS);
        let result = self.cleared(1 + segments as u64 + SLOT_WORDS as u64 * slots)?;
        let mut told = Told::default();
        told.numbers.segments = segments as u32;
        (told.numbers.queries, told.numbers.slots) = (asked.many as u32, slots as u32);
        let groups = asked.many.div_ceil(WORKGROUP.into());
        self.step(
            Statistic::Surface(SurfaceKernel::Histogram),
            [&asked.queries, &asked.distances, &result],
            told,
            groups,
        )?;
        let words = self.read(&result, waiting).await?;
        let (head, slots) = words.split_at(1 + segments);
        let slots = slots.chunks_exact(SLOT_WORDS).filter(|slot| slot[0] > 0);
        let slots = slots.map(|slot| [0, 1, 2, 3, 4].map(|i| slot[i])).collect();
        Ok(Histogram { lost: head[0] > 0, open: head[1..].to_vec(), slots })
    }
}

/// The kinds of corners, by their code.
fn codes(axes: usize) -> impl Iterator<Item = u32> {
    kinds(axes).of_code.iter().map(|&kind| kind.into())
}

/// The histogram of some queries.
struct Histogram {
    /// Whether some found no slot.
    lost: bool,
    /// Queries without a distance, by segment.
    open: Vec<u32>,
    slots: Vec<[u32; SLOT_WORDS]>,
}

/// What was found of a segment.
struct Found {
    entries: Vec<DistanceCount>,
    /// Whether there is anything to measure to.
    has_targets: bool,
    /// Whether another backend must measure it.
    is_left: bool,
}

impl Found {
    fn new(counts: &[u32], has_targets: bool) -> Self {
        let known = |first: usize, squared| {
            let kinds = counts[first..first + KINDS].iter().zip(0..);
            kinds.map(move |(&count, kind)| DistanceCount { squared, kind, count: count.into() })
        };
        let mut entries: Vec<DistanceCount> = known(0, 0).collect();
        if !has_targets {
            entries.extend(known(KINDS, NO_TARGET));
        }
        entries.retain(|entry| entry.count > 0);
        Self { entries, has_targets, is_left: false }
    }
}

/// `key` is segment and kind, as queries have them.
fn add(found: &mut [Found], key: u32, [low, high]: [u32; 2], count: u32) {
    if let Some(found) = found.get_mut((key >> 5) as usize) {
        let squared = u64::from(high) << 32 | u64::from(low);
        found.entries.push(DistanceCount { squared, kind: (key & 31) as u8, count: count.into() });
    }
}

/// Queries that go together.
#[derive(Debug, Default)]
struct Part {
    tasks: Vec<Task>,
    /// Queries before those of each workgroup.
    offsets: Vec<u32>,
    queries: u64,
}

/// Workgroups that have queries, in parts of at most so many; `of_groups` has the queries of each.
fn in_parts(tasks: &[Task], of_groups: &[u32], most: u64, is_asked: impl Fn(u32) -> bool) -> Vec<Part> {
    let mut parts = Vec::new();
    let mut part = Part::default();
    let mut groups = of_groups.iter();
    for task in tasks {
        for group in 0..task.groups() {
            let queries = groups.next().copied().unwrap_or(0);
            if queries == 0 || !is_asked(task.segment) {
                continue;
            }
            if part.queries + u64::from(queries) > most {
                parts.push(std::mem::take(&mut part));
            }
            let skipped = group * WORKGROUP;
            let first = task.first + skipped;
            let words = (task.words - skipped).min(WORKGROUP);
            match part.tasks.last_mut() {
                Some(last) if last.segment == task.segment && last.first + last.words == first => last.words += words,
                _ => part.tasks.push(Task { first, words, segment: task.segment }),
            }
            part.offsets.push(part.queries as u32);
            part.queries += u64::from(queries);
        }
    }
    parts.push(part);
    parts.retain(|part| part.queries > 0);
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_have_every_asked_group_once_and_no_more_queries_than_they_may() {
        let tasks = [
            Task { first: 0, words: 700, segment: 0 },
            Task { first: 768, words: 700, segment: 1 },
            Task { first: 1536, words: 100, segment: 3 },
        ];
        let of_groups = [10, 0, 5, 7, 7, 7, 9];
        let parts = in_parts(&tasks, &of_groups, 20, |segment| segment != 3);
        let task = |first, words, segment| Task { first, words, segment };
        let found: Vec<_> = parts.iter().map(|part| (part.queries, &part.offsets[..], &part.tasks[..])).collect();
        let first = [task(0, 256, 0), task(512, 188, 0)];
        assert_eq!(found[0], (15, &[0, 10][..], &first[..]));
        assert_eq!(found[1], (14, &[0, 7][..], &[task(768, 512, 1)][..]));
        assert_eq!(found[2], (7, &[0][..], &[task(1280, 188, 1)][..]));
        assert_eq!(found.len(), 3);
    }
}
