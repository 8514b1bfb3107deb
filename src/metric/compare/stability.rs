//! How the order of the models varies with the cases.

use super::Better;
use super::difference::tau;

/// How a ranking varies under resampling.
#[derive(Debug, Clone, PartialEq)]
pub struct Stability {
    /// Model by model.
    pub models: Vec<Stable>,
    /// The mean of Kendall's τ_b of the resampled rankings with the observed one; NaN where that is all ties.
    pub tau_b: f64,
}

/// The ranks of a model over the resamples.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Stable {
    /// The share of resamples in which it is first; where several are, each has its part.
    pub first: f64,
    /// The rank in the middle.
    pub median: usize,
    /// The best and the worst rank among the middle 95 %.
    pub ranks: [usize; 2],
}

/// Of the resampled means of each model. None without any.
pub(super) fn stability(means: &[Vec<f64>], better: Better, observed: &[usize]) -> Option<Stability> {
    let models = means.len();
    let tau = tau(means.iter().flatten().copied().filter(|mean| mean.is_finite()));
    let mut times = vec![vec![0u64; models]; models];
    let mut first = vec![0.0; models];
    let (mut taus, mut counted, mut resamples) = (0.0, 0u64, 0u64);
    let (mut gains, mut ranks) = (vec![0.0; models], vec![0; models]);
    for resample in 0..means.first()?.len() {
        for (gain, means) in gains.iter_mut().zip(means) {
            *gain = better.gain(means[resample]);
        }
        if gains.iter().any(|gain| gain.is_nan()) {
            continue;
        }
        resamples += 1;
        let (mut agree, mut apart) = (0i64, [0i64; 2]);
        ranks.fill(1);
        for one in 0..models {
            for other in 0..one {
                let gain = gains[one] - gains[other];
                let order = i64::from(gain > tau) - i64::from(gain < -tau);
                ranks[one] += usize::from(order < 0);
                ranks[other] += usize::from(order > 0);
                // Better is a smaller rank.
                let before = (observed[other].cmp(&observed[one])) as i64;
                agree += order * before;
                apart[0] += i64::from(order != 0);
                apart[1] += i64::from(before != 0);
            }
        }
        if apart[0] > 0 && apart[1] > 0 {
            taus += agree as f64 / (apart[0] as f64 * apart[1] as f64).sqrt();
            counted += 1;
        }
        let at_first = ranks.iter().filter(|&&rank| rank == 1).count() as f64;
        for (model, &rank) in ranks.iter().enumerate() {
            times[model][rank - 1] += 1;
            first[model] += if rank == 1 { 1.0 / at_first } else { 0.0 };
        }
    }
    if resamples == 0 {
        return None;
    }
    // The smallest rank that at least this share of resamples do not exceed.
    let rank = |times: &[u64], share: f64| {
        let mut sum = 0;
        let reached = times.iter().position(|&own| {
            sum += own;
            sum as f64 >= share * resamples as f64
        });
        reached.map_or(models, |place| place + 1)
    };
    let models = times.iter().zip(first).map(|(times, first)| Stable {
        first: first / resamples as f64,
        median: rank(times, 0.5),
        ranks: [rank(times, 0.025), rank(times, 0.975)],
    });
    Some(Stability { models: models.collect(), tau_b: if counted == 0 { f64::NAN } else { taus / counted as f64 } })
}
