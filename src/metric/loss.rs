//! A loss of a table of statistics: its values and its derivatives.

use super::choices::{
    Agreement, Channels, ClassWeights, Denominator, EmptyTruth, Focus, Form, Per, Reduce, Smooth, Smoothing,
};
use super::group::{Member, groups, shape};
use super::moments::{Moments, Statistic};
use super::options::{Kind, LossOptions};
use super::score::{Overlap, Reading};
use super::validate::wrong;
use crate::error::{Error, Result};
use crate::options::SumsOptions;
use crate::pointwise::Pointwise;
use crate::stats::{Partials, Terms};
use crate::table::Table;

/// A loss, or a score, whose choices have been checked.
///
/// ```
/// use voxdice::metric::{Loss, LossOptions, Per, Reduce, Smooth};
/// use voxdice::{Engine, EngineOptions, Shape, Volume};
/// let shape = Shape::new(2, 1, [2])?;
/// let (p, t) = ([1.0f32, 0.5, 0.25, 0.25], [1.0f32, 0.0, 1.0, 0.0]);
/// let loss = Loss::new(LossOptions { smooth: Smooth::both(1.0).into(), ..Default::default() })?;
/// let engine = Engine::new(&EngineOptions::default())?;
/// let sums = engine.sums_with(Volume::f32(shape.clone(), &p)?, Volume::f32(shape, &t)?, &loss.sums_options())?;
/// let found = loss.evaluate(&sums)?;
/// assert_eq!((found.values.len(), found.shape), (2, vec![2, 1]));
/// assert_eq!(found.values[1], 1.0 - 1.5 / 2.5);
/// assert!(Loss::new(LossOptions { smooth: Smooth::both(-1.0).into(), ..Default::default() }).is_err());
/// # Ok::<(), voxdice::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Loss {
    options: LossOptions,
}

/// What a loss is of a table.
#[derive(Debug, Clone, PartialEq)]
pub struct LossValues {
    /// One value per group, class weights included: sample by sample, channel by channel. NaN where it is undefined.
    pub values: Vec<f64>,
    /// The axes of `values`: `[N, C]`, `[N]`, `[C]` or none, where C counts the channels that take part.
    pub shape: Vec<usize>,
    /// The mean or sum over the defined values, NaN if there is none; `None` under [`Reduce::None`].
    pub reduced: Option<f64>,
    /// How many values are undefined: 0/0 under [`Empty::Nan`](super::Empty::Nan), and whatever that is, means whose
    /// weights add up to 0.
    pub undefined: usize,
}

/// The value of a group before the reduction, and how it moves with the moments of its cells.
struct Assessed {
    /// `None` where it is undefined.
    value: Option<f64>,
    partials: Vec<(Vec<usize>, Partials)>,
}

impl Loss {
    /// # Errors
    /// [`Error::Parameter`] for a choice outside its range, or two that exclude each other.
    pub fn new(options: LossOptions) -> Result<Self> {
        options.validate()?;
        Ok(Self { options })
    }

    /// The choices.
    pub fn options(&self) -> &LossOptions {
        &self.options
    }

    /// What [`Engine::sums_with`](crate::Engine::sums_with) must accumulate for this loss: the terms of its overlap,
    /// its activation and its pointwise loss.
    pub fn sums_options(&self) -> SumsOptions {
        let exponent = self.options.denominator.exponent();
        let terms = match self.overlap() {
            None => Terms::Plain,
            Some(_) if self.soft_label() => Terms::All,
            Some(_) if exponent == 1.0 => Terms::Plain,
            Some(_) if exponent == 2.0 => Terms::Squared,
            Some(_) => Terms::Power(exponent as f32),
        };
        SumsOptions { terms, activation: self.options.activation, pointwise: self.pointwise() }
    }

    /// The overlap in it.
    pub fn overlap(&self) -> Option<Overlap> {
        match self.options.kind {
            Kind::Overlap(overlap) | Kind::Combined { overlap, .. } => Some(overlap),
            Kind::Pointwise(_) => None,
        }
    }

    /// The pointwise loss in it, whose sum [`Moments::pointwise`] must hold.
    pub fn pointwise(&self) -> Option<Pointwise> {
        match self.options.kind {
            Kind::Pointwise(pointwise) | Kind::Combined { pointwise, .. } => Some(pointwise),
            Kind::Overlap(_) => None,
        }
    }

    /// The loss of one group of one channel, which takes part whatever its number: without class weights, and with
    /// the first smoothing, if there is a list. NaN where it is undefined or a sum is missing.
    pub fn of(&self, moments: &Moments) -> f64 {
        let smooth = Smoothing::Same(self.reading(0).smooth);
        let (channels, weights, per, reduce) = (Channels::All, ClassWeights::Equal, Per::Cell, Reduce::Mean);
        let single = Self { options: LossOptions { smooth, channels, weights, per, reduce, ..self.options.clone() } };
        let found = single.evaluate(&Table::new(1, 1, vec![*moments]));
        found.ok().and_then(|values| values.reduced).unwrap_or(f64::NAN)
    }

    /// The values, and their mean or sum.
    ///
    /// # Errors
    /// [`Error::MissingTerm`] when the statistics lack a sum; [`Error::Parameter`] when a list does not have one
    /// entry per channel or a channel is not there; those of pooling [`Sums`](crate::stats::Sums).
    pub fn evaluate<S: Statistic>(&self, table: &Table<S>) -> Result<LossValues> {
        let (groups, shape) = self.assess(table)?;
        let values: Vec<f64> = groups.iter().map(|group| group.value.unwrap_or(f64::NAN)).collect();
        let undefined = groups.iter().filter(|group| group.value.is_none()).count();
        let mean = self.reduce(&groups);
        let reduced = match (self.options.reduce, self.options.focus) {
            (Reduce::None, _) => None,
            (_, Focus::Reduced(gamma)) => Some(power(mean, gamma)),
            _ => Some(mean),
        };
        Ok(LossValues { values, shape, reduced, undefined })
    }

    /// The derivatives of the reduced loss (of the sum of the values, under [`Reduce::None`]) with respect to the
    /// moments of every cell. Truth counts as a constant, and so do the weights of generalized Dice. Channels that
    /// take no part, and groups without a value, have derivative 0, but for the pointwise part of a combined loss.
    ///
    /// # Errors
    /// Those of [`Loss::evaluate`].
    ///
    /// ```
    /// use voxdice::metric::{Loss, LossOptions, Moments, Reduce};
    /// use voxdice::Table;
    /// // p = [1, 0.5], t = [1, 0]: D = 2Σpt / (Σp + Σt), so d(1 - D)/dp = D/(Σp + Σt) - t·2/(Σp + Σt).
    /// let table = Table::of_moments(1, 1, vec![Moments::plain(2.0, 1.5, 1.0, 1.0)])?;
    /// let partials = Loss::new(LossOptions::default())?.gradient(&table)?.values()[0];
    /// assert_eq!((partials.pred, partials.product), (0.8 / 2.5, -2.0 / 2.5));
    /// # Ok::<(), voxdice::Error>(())
    /// ```
    pub fn gradient<S: Statistic>(&self, table: &Table<S>) -> Result<Table<Partials>> {
        let (groups, _) = self.assess(table)?;
        let defined = groups.iter().filter(|group| group.value.is_some()).count();
        let factor = match self.options.reduce {
            Reduce::None | Reduce::Sum => 1.0,
            Reduce::Mean => 1.0 / defined.max(1) as f64,
        };
        let focus = match self.options.focus {
            Focus::Reduced(gamma) => power_slope(self.reduce(&groups), gamma),
            _ => 1.0,
        };
        let mut cells = vec![Partials::default(); table.values().len()];
        for (members, partials) in groups.iter().filter(|g| g.value.is_some()).flat_map(|g| &g.partials) {
            members.iter().for_each(|&cell| cells[cell].add(focus * factor, partials));
        }
        Ok(Table::new(table.samples(), table.channels(), cells))
    }

    fn reduce(&self, groups: &[Assessed]) -> f64 {
        let defined: Vec<f64> = groups.iter().filter_map(|group| group.value).collect();
        let sum: f64 = defined.iter().sum();
        match (defined.len(), self.options.reduce) {
            (0, _) => f64::NAN,
            (n, Reduce::Mean) => sum / n as f64,
            _ => sum,
        }
    }

    /// Every group, with its class weight, and the axes of the groups.
    fn assess<S: Statistic>(&self, table: &Table<S>) -> Result<(Vec<Assessed>, Vec<usize>)> {
        let options = &self.options;
        let kept = options.kept(table.channels())?;
        let groups = groups(options.per, table.samples(), table.channels(), &kept);
        let mut assessed = Vec::with_capacity(groups.len());
        for members in &groups {
            assessed.push(match options.kind {
                Kind::Overlap(overlap) | Kind::Combined { overlap, .. } => self.overlap_of(overlap, table, members)?,
                Kind::Pointwise(pointwise) => {
                    self.mean(pointwise, table, members, kept.len(), !self.weighs_groups())?
                }
            });
        }
        self.weigh(&groups, &mut assessed)?;
        if let Kind::Combined { pointwise, lambda_overlap, lambda_pointwise, .. } = options.kind {
            for (members, group) in groups.iter().zip(&mut assessed) {
                group.scale(lambda_overlap);
                let all = self.companions(table, members);
                group.add(lambda_pointwise, self.mean(pointwise, table, &all, table.channels(), true)?);
            }
        }
        Ok((assessed, shape(options.per, table.samples(), kept.len())))
    }

    /// Whether a group is of one channel, whose weight it has.
    fn weighs_groups(&self) -> bool {
        matches!(self.options.per, Per::Cell | Per::Channel)
    }

    /// Multiplies every group by its class weight.
    fn weigh(&self, groups: &[Vec<Member>], assessed: &mut [Assessed]) -> Result<()> {
        let (ClassWeights::Multiply(list) | ClassWeights::Normalise(list)) = &self.options.weights else {
            return Ok(());
        };
        if !self.weighs_groups() {
            return Ok(());
        }
        let weights: Vec<f64> = groups.iter().map(|members| list[members[0].channel]).collect();
        let mut mean_weight = 1.0;
        if matches!(self.options.weights, ClassWeights::Normalise(_)) {
            if weights.iter().all(|&weight| weight == 0.0) {
                return Err(wrong("class weights", "all 0", "above 0 for at least one channel"));
            }
            // As in the mean itself, what is undefined does not count.
            let defined = weights.iter().zip(&*assessed).filter(|(_, group)| group.value.is_some());
            let (sum, n) = defined.fold((0.0, 0usize), |(sum, n), (weight, _)| (sum + weight, n + 1));
            mean_weight = sum / n as f64;
        }
        for (weight, group) in weights.into_iter().zip(assessed) {
            if mean_weight == 0.0 {
                // Nothing that weighs anything is defined: 0/0.
                group.value = None;
            }
            group.scale(weight / mean_weight);
        }
        Ok(())
    }

    /// What the pointwise part of a combined loss is the mean over: all channels of the samples of a group.
    fn companions<S>(&self, table: &Table<S>, members: &[Member]) -> Vec<Member> {
        let (samples, channels) = (table.samples(), table.channels());
        let all: Vec<usize> = (0..channels).collect();
        match self.options.per {
            Per::Cell | Per::Sample => {
                let sample = members[0].cells[0] / channels;
                groups(Per::Sample, samples, channels, &all).swap_remove(sample)
            }
            Per::Channel | Per::All => groups(Per::All, samples, channels, &all).swap_remove(0),
        }
    }

    fn overlap_of<S: Statistic>(&self, overlap: Overlap, table: &Table<S>, members: &[Member]) -> Result<Assessed> {
        let options = &self.options;
        let sets: Vec<Vec<usize>> = match overlap {
            Overlap::Generalized(_) => members.iter().map(|member| member.cells.clone()).collect(),
            _ => vec![members.iter().flat_map(|member| member.cells.iter().copied()).collect()],
        };
        let mut moments = Vec::with_capacity(sets.len());
        for set in &sets {
            let m = pooled(table, set)?.moments(options.denominator)?;
            if self.soft_label() {
                needed(m.abs_difference, &m, "the sum of |p - t|")?;
            }
            moments.push(m);
        }
        let truth: Vec<f64> = moments.iter().map(|m| m.truth).collect();
        if options.empty_truth == EmptyTruth::ZeroLoss && truth.iter().all(|&v| v == 0.0) {
            return Ok(Assessed { value: Some(0.0), partials: Vec::new() });
        }
        let weights = match overlap {
            Overlap::Generalized(weights) => weights.of(&truth),
            _ => vec![1.0],
        };
        let weighed: Vec<(f64, Moments)> = weights.into_iter().zip(moments).collect();
        let Some((score, partials)) = overlap.score(&weighed, &self.reading(members[0].channel)) else {
            return Ok(Assessed { value: None, partials: Vec::new() });
        };
        let (value, slope) = self.formed(score);
        let mut assessed = Assessed { value: Some(value), partials: sets.into_iter().zip(partials).collect() };
        assessed.scale_partials(slope);
        Ok(assessed)
    }

    /// The loss of a score, and its derivative.
    fn formed(&self, score: f64) -> (f64, f64) {
        let form = self.options.form;
        if form == Form::NegLog && score < self.options.score_floor {
            return (form.of(self.options.score_floor), 0.0);
        }
        let (value, slope) = (form.of(score), form.derivative(score));
        match self.options.focus {
            Focus::Group(gamma) => (power(value, gamma), power_slope(value, gamma) * slope),
            _ => (value, slope),
        }
    }

    fn reading(&self, channel: usize) -> Reading {
        let LossOptions { agreement, denominator, floor, empty, .. } = self.options;
        let smooth = match &self.options.smooth {
            Smoothing::Same(smooth) => *smooth,
            Smoothing::PerChannel(list) => list.get(channel).copied().unwrap_or(Smooth::none()),
        };
        Reading { agreement, denominator, smooth, floor, empty }
    }

    fn soft_label(&self) -> bool {
        self.options.agreement == Agreement::SoftLabel && self.options.denominator.exponent() == 1.0
    }

    /// The mean of a pointwise loss: its sums times constants. `channels` is how many channels share a voxel, so that
    /// cross-entropies are per voxel; class weights apply if `weigh`.
    fn mean<S: Statistic>(
        &self,
        kind: Pointwise,
        table: &Table<S>,
        members: &[Member],
        channels: usize,
        weigh: bool,
    ) -> Result<Assessed> {
        let mut moments = Vec::with_capacity(members.len());
        for member in members {
            let m = pooled(table, &member.cells)?.moments(Denominator::Sum)?;
            needed(m.pointwise, &m, &format!("the sum of {kind:?}"))?;
            moments.push(m);
        }
        let elements: f64 = moments.iter().map(|m| m.voxels).sum();
        let (list, normalise) = match &self.options.weights {
            ClassWeights::Multiply(list) if weigh => (Some(list), false),
            ClassWeights::Normalise(list) if weigh => (Some(list), true),
            _ => (None, false),
        };
        let weight = |i: usize| list.map_or(1.0, |list| list[members[i].channel]);
        let weighted = |f: fn(&Moments) -> f64| (0..members.len()).map(|i| weight(i) * f(&moments[i])).sum::<f64>();
        let divisor = match (kind, list) {
            (Pointwise::CrossEntropy, Some(_)) => weighted(|m| m.truth),
            (Pointwise::CrossEntropy, None) => elements / channels as f64,
            _ if normalise => weighted(|m| m.voxels),
            _ => elements,
        };
        let value = (0..members.len()).map(|i| weight(i) * moments[i].pointwise).sum::<f64>() / divisor;
        let partial = |i: usize| Partials { pointwise: weight(i) / divisor, ..Partials::default() };
        let partials = members.iter().enumerate().map(|(i, member)| (member.cells.clone(), partial(i))).collect();
        Ok(Assessed { value: (divisor != 0.0).then_some(value), partials })
    }
}

impl Assessed {
    fn scale(&mut self, factor: f64) {
        self.value = self.value.map(|value| factor * value);
        self.scale_partials(factor);
    }

    fn scale_partials(&mut self, factor: f64) {
        for (_, partials) in &mut self.partials {
            let unscaled = std::mem::take(partials);
            partials.add(factor, &unscaled);
        }
    }

    fn add(&mut self, factor: f64, mut other: Self) {
        other.scale(factor);
        self.value = self.value.zip(other.value).map(|(a, b)| a + b);
        self.partials.append(&mut other.partials);
    }
}

/// x^γ. Rounding may leave 1 - S a little below 0, which is 0; NaN is no perfect score and stays.
fn power(x: f64, gamma: f64) -> f64 {
    if x < 0.0 { 0.0 } else { x.powf(gamma) }
}

/// d(x^γ)/dx; 0 at 0, where it does not exist for γ < 1, and below.
fn power_slope(x: f64, gamma: f64) -> f64 {
    match x {
        _ if gamma == 1.0 => 1.0,
        ..=0.0 => 0.0,
        _ => gamma * x.powf(gamma - 1.0),
    }
}

fn pooled<S: Statistic>(table: &Table<S>, cells: &[usize]) -> Result<S> {
    let mut sum = table.values()[cells[0]].clone();
    cells[1..].iter().try_for_each(|&cell| sum.pool(&table.values()[cell]))?;
    Ok(sum)
}

/// A NaN beside a Σp that is a number is a sum that nobody made.
fn needed(value: f64, moments: &Moments, term: &str) -> Result<()> {
    if value.is_nan() && !moments.pred.is_nan() {
        return Err(Error::MissingTerm { term: term.to_string() });
    }
    Ok(())
}
