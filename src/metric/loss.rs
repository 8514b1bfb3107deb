//! A loss of a table of statistics: its values and its derivatives.

use super::choices::{Channels, ClassWeights, Divisor, Focus, Per, Reduce, Smoothing};
use super::group::{Member, groups, shape};
use super::moments::{Moments, Statistic};
use super::options::{Kind, LossOptions};
use super::score::Overlap;
use super::wrong::wrong;
#[allow(unused_imports)] // `Error`: the documentation links to it
use crate::error::{Error, Result};
use crate::options::SumsOptions;
use crate::pointwise::{Entropy, Measure, Pointwise};
use crate::stats::{Partials, Terms};
use crate::table::Table;

/// A loss, or a score, whose choices have been checked.
///
/// ```
/// use voxdice::metric::{Loss, LossOptions, Per, Reduce, Smooth};
/// use voxdice::{Engine, EngineOptions, Pair, Shape, Volume};
/// let shape = Shape::new(2, 1, [2])?;
/// let (p, t) = ([1.0f32, 0.5, 0.25, 0.25], [1.0f32, 0.0, 1.0, 0.0]);
/// let loss = Loss::new(LossOptions { smooth: Smooth::both(1.0).into(), ..Default::default() })?;
/// let engine = Engine::new(&EngineOptions::default())?;
/// let pair = Pair { pred: Volume::f32(shape.clone(), &p)?, truth: Volume::f32(shape, &t)? };
/// let sums = engine.sums_with(pair, &loss.sums_options())?;
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
    /// The axes of `values`: `[N, C]`, `[N]`, `[C]` or none, where C counts the channels that take part; of single voxels
    /// `[N, C, spatial...]` ([`Per::Element`]) or `[N, spatial...]` ([`Per::Voxel`]).
    pub shape: Vec<usize>,
    /// The mean or sum over the defined values, NaN if there is none; `None` under [`Reduce::None`].
    pub reduced: Option<f64>,
    /// How many values are undefined: 0/0 under [`Empty::Nan`](super::Empty::Nan), and whatever that is, means whose
    /// weights add up to 0.
    pub undefined: usize,
}

/// The derivatives that some cells share, cells by their places.
type CellPartials = Vec<(Vec<usize>, Partials)>;

/// The value of a group before the reduction, and how it moves with the moments of its cells.
pub(super) struct Assessed {
    /// `None` where it is undefined.
    pub value: Option<f64>,
    pub partials: CellPartials,
    /// With respect to the sums of focal factors, where it is divided by them.
    pub by_factors: CellPartials,
}

/// The sums of a loss, and those of its focal factors where it is divided by them.
pub(super) struct Tables<'a, S> {
    pub sums: &'a Table<S>,
    pub factors: Option<&'a Table<S>>,
}

impl Loss {
    /// # Errors
    /// [`Error::Parameter`] for a choice outside its range, or two that exclude each other.
    pub fn new(mut options: LossOptions) -> Result<Self> {
        // The channels of generalized Dice are never apart.
        if let Kind::Overlap(Overlap::Generalized(_)) | Kind::Combined { overlap: Overlap::Generalized(_), .. } =
            options.kind
        {
            options.per = match options.per {
                Per::Cell => Per::Sample,
                Per::Channel => Per::All,
                per => per,
            };
        }
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
        let terms = match self.options.kind {
            Kind::Pointwise(_) => Terms::Plain,
            _ if self.options.soft_label() => Terms::All,
            _ if exponent == 1.0 => Terms::Plain,
            _ if exponent == 2.0 => Terms::Squared,
            _ => Terms::Power(exponent as f32),
        };
        SumsOptions { terms, activation: self.options.activation, pointwise: self.pointwise() }
    }

    /// What must be summed of the focal factors, where the loss is divided by them.
    pub(super) fn factor_options(&self) -> Option<SumsOptions> {
        match self.pointwise() {
            Some(Pointwise::Entropy(entropy)) if self.options.divisor.has_factors() => {
                let factor = Entropy { measure: Measure::Factor, ..entropy };
                Some(SumsOptions { pointwise: Some(Pointwise::Entropy(factor)), ..self.sums_options() })
            }
            _ => None,
        }
    }

    /// The loss whose reduced value is the sum of the values of all voxels.
    pub(super) fn summed(&self) -> Self {
        let divisor = if self.options.divisor == Divisor::Channels { Divisor::Channels } else { Divisor::One };
        Self { options: LossOptions { per: Per::All, reduce: Reduce::Sum, divisor, ..self.options.clone() } }
    }

    /// The channels that take part, of so many.
    pub(crate) fn kept(&self, channels: usize) -> Result<Vec<usize>> {
        self.options.kept(channels)
    }

    /// The overlap in it.
    pub fn overlap(&self) -> Option<Overlap> {
        match self.options.kind {
            Kind::Overlap(overlap) | Kind::Combined { overlap, .. } => Some(overlap),
            Kind::Pointwise(_) | Kind::Matthews(_) => None,
        }
    }

    /// The pointwise loss in it, whose sum [`Moments::pointwise`] must hold.
    pub fn pointwise(&self) -> Option<Pointwise> {
        match self.options.kind {
            Kind::Pointwise(pointwise) | Kind::Combined { pointwise, .. } => Some(pointwise),
            Kind::Overlap(_) | Kind::Matthews(_) => None,
        }
    }

    /// The loss of one group of one channel, which always takes part: without class weights, and with the first
    /// smoothing, if there is a list. NaN where it is undefined.
    ///
    /// # Errors
    /// Those of [`Loss::evaluate`].
    pub fn of(&self, moments: &Moments) -> Result<f64> {
        let smooth = Smoothing::Same(self.reading(0).smooth);
        let (channels, weights, per, reduce) = (Channels::All, ClassWeights::Equal, Per::Cell, Reduce::Mean);
        let single = Self { options: LossOptions { smooth, channels, weights, per, reduce, ..self.options.clone() } };
        Ok(single.evaluate(&Table::new(1, 1, vec![*moments]))?.reduced.unwrap_or(f64::NAN))
    }

    /// The values, and their mean or sum.
    ///
    /// # Errors
    /// [`Error::MissingTerm`] when the statistics lack a sum, or are [`Sums`](crate::stats::Sums) of another activation or
    /// pointwise loss; [`Error::Parameter`] when a list does not have one entry per channel, a channel is not there, or the
    /// loss is one of [`Engine::loss`](crate::Engine::loss) only; those of pooling [`Sums`](crate::stats::Sums).
    pub fn evaluate<S: Statistic>(&self, table: &Table<S>) -> Result<LossValues> {
        self.values(&Tables { sums: table, factors: None })
    }

    pub(super) fn values<S: Statistic>(&self, tables: &Tables<'_, S>) -> Result<LossValues> {
        let (groups, shape) = self.assess(tables)?;
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
    /// let table = Table::from_cells(1, 1, vec![Moments::plain(2.0, 1.5, 1.0, 1.0)])?;
    /// let partials = Loss::new(LossOptions::default())?.gradient(&table)?.values()[0];
    /// assert_eq!((partials.pred, partials.product), (0.8 / 2.5, -2.0 / 2.5));
    /// # Ok::<(), voxdice::Error>(())
    /// ```
    pub fn gradient<S: Statistic>(&self, table: &Table<S>) -> Result<Table<Partials>> {
        Ok(self.partials(&Tables { sums: table, factors: None })?.0)
    }

    /// The derivatives with respect to the sums, and with respect to those of the focal factors.
    pub(super) fn partials<S: Statistic>(&self, tables: &Tables<'_, S>) -> Result<(Table<Partials>, Table<Partials>)> {
        let (groups, _) = self.assess(tables)?;
        let defined = groups.iter().filter(|group| group.value.is_some()).count();
        let factor = match self.options.reduce {
            Reduce::None | Reduce::Sum => 1.0,
            Reduce::Mean => 1.0 / defined.max(1) as f64,
        };
        let focus = match self.options.focus {
            Focus::Reduced(gamma) => power_slope(self.reduce(&groups), gamma),
            _ => 1.0,
        };
        let table = |of: fn(&Assessed) -> &CellPartials| {
            let mut cells = vec![Partials::default(); tables.sums.values().len()];
            for (members, partials) in groups.iter().filter(|group| group.value.is_some()).flat_map(of) {
                members.iter().for_each(|&cell| cells[cell].add(focus * factor, partials));
            }
            Table::new(tables.sums.samples(), tables.sums.channels(), cells)
        };
        Ok((table(|group| &group.partials), table(|group| &group.by_factors)))
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
    fn assess<S: Statistic>(&self, tables: &Tables<'_, S>) -> Result<(Vec<Assessed>, Vec<usize>)> {
        let (options, table) = (&self.options, tables.sums);
        if matches!(options.per, Per::Element | Per::Voxel) {
            let range = "a choice that sums voxels: values of single voxels are made by Engine::loss";
            return Err(wrong("per", format!("{:?}", options.per), range));
        }
        table.values().iter().try_for_each(|sums| sums.made_for(&self.sums_options()))?;
        let kept = options.kept(table.channels())?;
        let per = options.per;
        let groups = groups(per, table.samples(), table.channels(), &kept);
        let mut assessed = Vec::with_capacity(groups.len());
        for members in &groups {
            assessed.push(match options.kind {
                Kind::Pointwise(pointwise) => {
                    self.mean(pointwise, tables, members, kept.len(), !self.weighs_groups())?
                }
                _ => self.score_of(table, members)?,
            });
        }
        self.weigh(&groups, &mut assessed)?;
        if let Kind::Combined { pointwise, lambda_overlap, lambda_pointwise, .. } = options.kind {
            assessed.iter_mut().for_each(|group| group.scale(lambda_overlap));
            for (places, all) in self.companions(table, &groups) {
                let mut mean = self.mean(pointwise, tables, &all, table.channels(), true)?;
                mean.scale(lambda_pointwise);
                share(mean, places, &mut assessed);
            }
        }
        Ok((assessed, shape(per, table.samples(), kept.len())))
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

    /// What the pointwise part of a combined loss is the mean over: all channels of the samples of a group, or of the batch
    /// where class weights are divided by their sum over it. Each with the places of the groups that it is beside.
    fn companions<S>(&self, table: &Table<S>, beside: &[Vec<Member>]) -> Vec<(Vec<usize>, Vec<Member>)> {
        let (samples, channels) = (table.samples(), table.channels());
        let all: Vec<usize> = (0..channels).collect();
        let by_truth = self.pointwise() == Some(Pointwise::CrossEntropy) || self.options.divisor == Divisor::Truth;
        let batch = self.options.weights != ClassWeights::Equal && by_truth;
        match self.options.per {
            Per::Cell | Per::Sample if !batch => {
                let mut places = vec![Vec::new(); samples];
                for (place, members) in beside.iter().enumerate() {
                    places[members[0].cells[0] / channels].push(place);
                }
                places.into_iter().zip(groups(Per::Sample, samples, channels, &all)).collect()
            }
            _ => groups(Per::All, samples, channels, &all)
                .into_iter()
                .map(|all| ((0..beside.len()).collect(), all))
                .collect(),
        }
    }
}

impl Assessed {
    pub fn new(value: Option<f64>, partials: CellPartials) -> Self {
        Self { value, partials, by_factors: Vec::new() }
    }

    fn scale(&mut self, factor: f64) {
        self.value = self.value.map(|value| factor * value);
        self.scale_partials(factor);
    }

    pub fn scale_partials(&mut self, factor: f64) {
        for (_, partials) in self.partials.iter_mut().chain(&mut self.by_factors) {
            let unscaled = std::mem::take(partials);
            partials.add(factor, &unscaled);
        }
    }
}

/// Adds a value to all groups at these places. Its derivatives, which are those of as many values as there are then, go to one
/// of the groups: a list of cells for each of them would be as long as their square.
fn share(mut value: Assessed, places: Vec<usize>, groups: &mut [Assessed]) {
    let mut defined = Vec::new();
    for place in places {
        let group = &mut groups[place];
        group.value = group.value.zip(value.value).map(|(a, b)| a + b);
        defined.extend(group.value.map(|_| place));
    }
    if let Some(&first) = defined.first() {
        value.scale_partials(defined.len() as f64);
        groups[first].partials.append(&mut value.partials);
        groups[first].by_factors.append(&mut value.by_factors);
    }
}

/// x^γ. Rounding may leave 1 - S a little below 0, which is 0; NaN is not a perfect score and stays.
pub(super) fn power(x: f64, gamma: f64) -> f64 {
    if x < 0.0 { 0.0 } else { x.powf(gamma) }
}

/// d(x^γ)/dx; 0 at 0, where it does not exist for γ < 1, and below.
pub(super) fn power_slope(x: f64, gamma: f64) -> f64 {
    match x {
        _ if gamma == 1.0 => 1.0,
        ..=0.0 => 0.0,
        _ => gamma * x.powf(gamma - 1.0),
    }
}
