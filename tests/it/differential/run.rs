//! One evaluation: the engine that was drawn, its answer, and whether it is the right one.

use super::draw::{Drawn, Kind, Place, Way, What};
use super::expected::{self, Refusal};
use super::soft;
use crate::activations::beside;
use crate::equality::{label_map, volume};
use crate::oracle::{self, Array, CellSums};
use crate::regions::slice;
use crate::stream::{cut, pieces};
use std::collections::HashMap;
use std::sync::{Arc, LazyLock, Mutex};
use std::time::Duration;
use voxdice::metric::Partials;
use voxdice::stats::{Counts, Merge, Sums, Terms};
use voxdice::tuning::{Simd, Tuning};
use voxdice::{
    Activation, Backend, Classes, Engine, EngineOptions, Error, NonFinite, Over, Pair, Shape, SumsOptions, Table, Truth,
};

/// What became of an evaluation.
pub enum Outcome {
    /// Equal, or within the bound; on this device.
    Right {
        device: String,
        of: &'static str,
    },
    Skipped,
}

/// Asks the engine and compares. An error says what differs.
pub fn evaluate(drawn: &Drawn) -> Result<Outcome, String> {
    evaluate_spoiled(drawn, &drawn.pred)
}

/// The same, but the engine is given another prediction than the oracle.
pub fn evaluate_spoiled(drawn: &Drawn, pred: &Array) -> Result<Outcome, String> {
    let Some(engine) = engine(drawn.place) else { return Ok(Outcome::Skipped) };
    let device = engine.describe().device;
    let asked = Asked { drawn, engine: &engine, pred };
    let compared = || match &drawn.what {
        What::Sums { options, truth_is_map } => sums(&asked, options, *truth_is_map),
        What::Gradient { options, truth_is_map, partials } => gradient(&asked, options, *truth_is_map, partials),
        What::Counts { sets, ignored, .. } => counts(&asked, sets, *ignored),
    };
    let of = on_threads(drawn.place.threads, compared).map_err(|difference| format!("{difference}, on {device}"))?;
    Ok(Outcome::Right { device, of })
}

/// What the engine is given.
struct Asked<'a> {
    drawn: &'a Drawn,
    engine: &'a Engine,
    pred: &'a Array,
}

/// Engines are made once: adapters take their time.
fn engine(place: Place) -> Option<Arc<Engine>> {
    static MADE: LazyLock<Mutex<HashMap<Place, Arc<Engine>>>> = LazyLock::new(Mutex::default);
    static THERE: LazyLock<bool> = LazyLock::new(crate::engines::gpu::available);
    if matches!(place.kind, Kind::GpuNative | Kind::GpuPairs) && !*THERE {
        return None;
    }
    // Threads are asked for around the call, not of the engine.
    let key = Place { threads: 0, ..place };
    let mut made = MADE.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    Some(Arc::clone(made.entry(key).or_insert_with(|| Arc::new(Engine::new(&options(place)).unwrap()))))
}

fn options(place: Place) -> EngineOptions {
    use voxdice::tuning::{Poison, ShaderInt64};
    let simd = if place.kind == Kind::CpuBaseline { Simd::Baseline } else { Simd::Auto };
    let int64 = if place.kind == Kind::GpuPairs { ShaderInt64::Pairs } else { ShaderInt64::Auto };
    let backend = match place.kind {
        Kind::CpuBaseline | Kind::CpuBest => Backend::Cpu,
        Kind::GpuNative | Kind::GpuPairs => Backend::Gpu,
    };
    // A long run may be stopped for minutes; then the GPU was not late.
    let timeout = Duration::from_secs(1800);
    let tuning =
        Tuning { window_bytes: place.window_bytes, timeout, int64, simd, poison: Poison::On, ..Tuning::default() };
    EngineOptions { backend, non_finite: place.policy, tuning, ..EngineOptions::default() }
}

#[cfg(feature = "parallel")]
fn on_threads<T: Send>(threads: usize, f: impl FnOnce() -> T + Send) -> T {
    static POOLS: LazyLock<Mutex<HashMap<usize, Arc<rayon::ThreadPool>>>> = LazyLock::new(Mutex::default);
    let pool = {
        let mut pools = POOLS.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let make = || Arc::new(rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap());
        Arc::clone(pools.entry(threads).or_insert_with(make))
    };
    pool.install(f)
}

#[cfg(not(feature = "parallel"))]
fn on_threads<T>(_: usize, f: impl FnOnce() -> T) -> T {
    f()
}

/// A truth of a shape.
fn truth<'a>(shape: &Shape, array: &'a Array, is_map: bool) -> Truth<'a> {
    if !is_map {
        return volume(shape, array).into();
    }
    let spatial: Vec<usize> = shape.spatial().iter().map(|&n| n as usize).collect();
    label_map(&Shape::new(shape.samples() as usize, 1, spatial).unwrap(), array).into()
}

fn over(way: Way) -> Option<Over> {
    if let Way::Pooled(over) = way { Some(over) } else { None }
}

fn sums(asked: &Asked<'_>, options: &SumsOptions, is_map: bool) -> Result<&'static str, String> {
    let drawn = asked.drawn;
    let Drawn { shape, pred, truth: t, .. } = drawn;
    let narrow = [pred.narrowed(), t.narrowed()];
    let as_they_stand = is_of_values(options) && options.activation == Activation::None;
    let compared = matches!(options.activation, Activation::Threshold(_) | Activation::Argmax);
    let activation = beside(pred, options.activation);
    let pred = if as_they_stand || compared { pred } else { &narrow[0] };
    let t = if as_they_stand { t } else { &narrow[1] };
    let summed = expected::summed(shape, pred, t, activation, is_map);
    let near = [summed[0].narrowed(), summed[1].narrowed()];
    let scales = expected::scales(shape, &near);
    let size = [shape.samples() as usize, shape.channels() as usize];
    let refusal = is_map
        .then(|| expected::refused_labels(shape, t))
        .flatten()
        .or_else(|| expected::refused_scales(&expected::grouped(size, &scales, over(drawn.way))))
        .or_else(|| expected::refused_voxels(shape, &near, drawn.place.policy));
    let found = match (ask_for_sums(asked, options, is_map), refusal) {
        (Ok(found), None) => found,
        (Err(error), Some(refusal)) if Refusal::of(&error).as_ref() == Some(&refusal) => return Ok("a typed error"),
        (found, refusal) => return Err(format!("{found:?} instead of {refusal:?}")),
    };
    let cells = expected::exact(shape, &summed, over(drawn.way));
    compare_facts(&cells, &found, drawn.place.policy)?;
    if is_of_values(options) {
        oracle::compare_sums(&cells, &found).map(|()| "exact")
    } else {
        let options = SumsOptions { activation, ..*options };
        let cells = soft::sums(shape, pred, &summed, &scales, &options, over(drawn.way));
        soft::compare(&cells, found.values()).map(|()| "within the bound")
    }
}

/// Whether the oracle's integers are the sums: where nothing is transcendental.
pub fn is_of_values(options: &SumsOptions) -> bool {
    !matches!(options.activation, Activation::Sigmoid | Activation::Softmax | Activation::Normalise)
        && !matches!(options.terms, Terms::Power(_))
        && options.pointwise.is_none()
}

/// What is exact whatever the options: voxels, those that are not finite, and what these do to the sums.
fn compare_facts(expected: &[CellSums], found: &Table<Sums>, policy: NonFinite) -> Result<(), String> {
    for (i, (expected, found)) in expected.iter().zip(found.values()).enumerate() {
        let bad = found.non_finite();
        let facts = (found.voxels(), [bad.pred, bad.truth, bad.voxels], found.out_of_range());
        let is_nan = [found.pred(), found.truth(), found.product(), found.pointwise_sum().unwrap_or(found.pred())]
            .map(f64::is_nan);
        let nan = policy == NonFinite::Propagate && expected.non_finite[2] > 0;
        if facts != (expected.voxels, expected.non_finite, expected.out_of_range) || is_nan != [nan; 4] {
            return Err(format!("cell {i}: {found:?} instead of the facts of {expected:?}, NaN {nan}"));
        }
    }
    Ok(())
}

fn ask_for_sums(asked: &Asked<'_>, options: &SumsOptions, is_map: bool) -> Result<Table<Sums>, Error> {
    let &Asked { drawn, engine, pred } = asked;
    let Drawn { shape, truth: t, .. } = drawn;
    let operands = || (volume(shape, pred), truth(shape, t, is_map));
    let (p, whole) = operands();
    match drawn.way {
        Way::Whole => engine.sums_with(Pair { pred: p, truth: whole }, options),
        Way::Pooled(over) => engine.sums_with(Pair { pred: p, truth: whole }, options)?.pool(over),
        Way::ByBlock => {
            // Blocks on their own have no policy, and a table can only be had from the library: that of the whole.
            let joined = engine.sums_by_block(Pair { pred: p, truth: whole }, options)?.map(|blocks| {
                let (mut sum, rest) = (blocks[0], &blocks[1..]);
                rest.iter().try_for_each(|block| sum.merge(block)).map(|()| sum)
            });
            let joined: Vec<Sums> = joined.into_values().into_iter().collect::<Result<_, _>>()?;
            let (p, whole) = operands();
            let mut joined = joined.iter();
            Ok(engine.sums_with(Pair { pred: p, truth: whole }, options)?.map(|whole| {
                let joined = joined.next().unwrap();
                let same = whole.exact() == joined.exact() && whole.non_finite() == joined.non_finite();
                if same && whole.pred().is_nan() { *whole } else { *joined }
            }))
        }
        Way::Pieces(seed, shuffled) => {
            let (channels, voxels) = (shape.channels() as usize, shape.voxels_per_cell() as usize);
            let piece_shape = |len| Shape::new(1, channels, [len]).unwrap().with_layout(shape.layout());
            let mut sums = engine.accumulate_sums(&piece_shape(voxels), options)?;
            for (first, len) in pieces(voxels, seed, shuffled) {
                let truth_channels = if is_map { 1 } else { channels };
                let own_p = cut(pred, channels, voxels, shape.layout(), first..first + len);
                let own_t = cut(t, truth_channels, voxels, shape.layout(), first..first + len);
                let shape = piece_shape(len);
                sums.add_at(first as u64, Pair { pred: volume(&shape, &own_p), truth: truth(&shape, &own_t, is_map) })?;
            }
            sums.finish()
        }
    }
}

fn gradient(
    asked: &Asked<'_>,
    options: &SumsOptions,
    is_map: bool,
    partials: &[Partials],
) -> Result<&'static str, String> {
    let &Asked { drawn, engine, pred } = asked;
    let Drawn { shape, truth: t, .. } = drawn;
    let what = sums(asked, options, is_map)?;
    if what == "a typed error" {
        return Ok(what);
    }
    let summed = expected::summed(shape, &drawn.pred.narrowed(), &t.narrowed(), options.activation, is_map);
    let table = ask_for_sums(asked, options, is_map).map_err(|error| error.to_string())?;
    let mut partials_left = partials.iter();
    let partials_table = table.map(|_| *partials_left.next().unwrap());
    let found = engine.gradient(
        Pair { pred: volume(shape, pred), truth: truth(shape, t, is_map) },
        options,
        &table,
        &partials_table,
    );
    let too_large = expected::scales(shape, &summed).iter().any(|scale| scale[1] > 30);
    let found = match found {
        Err(error) if too_large && Refusal::of(&error) == Some(Refusal::Magnitude) => return Ok("a typed error"),
        Ok(found) if !too_large => found,
        other => return Err(format!("{other:?}, too large: {too_large}")),
    };
    let expected = expected::gradient(shape, &summed, options.terms, partials);
    match (0..expected.len()).find(|&i| found[i].to_bits() != expected[i]) {
        None => Ok("exact"),
        Some(i) => {
            let (p, t) = (summed[0].value(i), summed[1].value(i));
            let expected = f32::from_bits(expected[i]);
            Err(format!("element {i} of p {p:e}, t {t:e}: {:e} instead of {expected:e}", found[i]))
        }
    }
}

fn counts(asked: &Asked<'_>, sets: &[Vec<u32>], ignored: Option<u32>) -> Result<&'static str, String> {
    let drawn = asked.drawn;
    let Drawn { shape, pred, truth, .. } = drawn;
    let cells = oracle::counts_of_regions(shape, pred, truth, sets, ignored);
    let groups = expected::grouped([shape.samples() as usize, sets.len()], &cells, over(drawn.way));
    let added = |group: &Vec<[u64; 6]>| std::array::from_fn(|i| group.iter().map(|cell| cell[i]).sum());
    let expected: Vec<[u64; 6]> = groups.iter().map(added).collect();
    let found = ask_for_counts(asked, sets, ignored).map_err(|error| error.to_string())?;
    let found: Vec<[u64; 6]> = found.iter().map(numbers).collect();
    if found.len() != expected.len() {
        return Err(format!("{} classes instead of {}", found.len(), expected.len()));
    }
    match (0..found.len()).find(|&i| found[i] != expected[i]) {
        None => Ok("exact"),
        Some(i) => Err(format!("cell {i}: {:?} instead of {:?}", found[i], expected[i])),
    }
}

fn numbers(c: &Counts) -> [u64; 6] {
    [c.tp(), c.n_pred(), c.n_truth(), c.n(), c.out_of_range_pred(), c.out_of_range_truth()]
}

fn ask_for_counts(asked: &Asked<'_>, sets: &[Vec<u32>], ignored: Option<u32>) -> Result<Vec<Counts>, Error> {
    let &Asked { drawn, engine, pred } = asked;
    let Drawn { shape, truth, .. } = drawn;
    let classes = match sets.iter().all(|set| set.len() == 1) {
        true => Classes::new(sets.iter().flatten().copied())?,
        false => Classes::regions(sets.to_vec())?,
    };
    let classes = ignored.map_or(Ok(classes.clone()), |label| classes.ignoring(label))?;
    let (p, t) = (label_map(shape, pred), label_map(shape, truth));
    match drawn.way {
        Way::Whole => Ok(engine.counts(Pair { pred: p, truth: t }, &classes)?.into_values()),
        Way::Pooled(over) => Ok(engine.counts(Pair { pred: p, truth: t }, &classes)?.pool(over)?.into_values()),
        Way::ByBlock => {
            let blocks = engine.counts_by_block(Pair { pred: p, truth: t }, &classes)?.into_values();
            let joined = blocks.into_iter().map(|blocks| {
                let (mut sum, rest) = (blocks[0], &blocks[1..]);
                rest.iter().try_for_each(|block| sum.merge(block)).map(|()| sum)
            });
            joined.collect()
        }
        Way::Pieces(seed, _) => {
            let mut counts = engine.accumulate_counts(&classes);
            for (first, len) in pieces(shape.voxels_per_cell() as usize, seed, true) {
                counts.add(Pair { pred: slice(pred, first..first + len), truth: slice(truth, first..first + len) })?;
            }
            counts.finish()
        }
    }
}
