//! Soft volumes in plain `f64`: activations, sums and the voxel pass of the gradient, by their definitions.

use crate::engines::ALL;
use voxdice::metric::{Loss, LossOptions, Moments};
use voxdice::{Activation, Engine, Pair, Shape, Table, Volume};

/// What is applied to the prediction.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Act {
    None,
    Sigmoid,
    Softmax,
    Tanh,
    LogSoftmax,
}

/// A prediction and a truth, `[samples, channels, voxels]`.
#[derive(Debug, Clone)]
pub struct Soft {
    pub samples: usize,
    pub channels: usize,
    pub voxels: usize,
    /// Before the activation.
    raw: Vec<f64>,
    /// After the activation.
    pub p: Vec<f64>,
    pub t: Vec<f64>,
    act: Act,
}

impl Soft {
    pub fn new(axes: [usize; 3], pred: &[f64], truth: &[f64], act: Act) -> Self {
        let [samples, channels, voxels] = axes;
        let (raw, p, t) = (pred.to_vec(), pred.to_vec(), truth.to_vec());
        let mut soft = Self { samples, channels, voxels, raw, p, t, act };
        assert_eq!((soft.p.len(), soft.t.len()), (samples * channels * voxels, samples * channels * voxels));
        soft.activate();
        soft
    }

    /// The positions of the channels of each voxel.
    fn columns(&self) -> Vec<Vec<usize>> {
        let at = |n: usize, v: usize, c: usize| (n * self.channels + c) * self.voxels + v;
        let column = |n, v| (0..self.channels).map(|c| at(n, v, c)).collect();
        (0..self.samples).flat_map(|n| (0..self.voxels).map(move |v| (n, v))).map(|(n, v)| column(n, v)).collect()
    }

    fn activate(&mut self) {
        match self.act {
            Act::None => {}
            Act::Sigmoid => self.p.iter_mut().for_each(|x| *x = 1.0 / (1.0 + (-*x).exp())),
            Act::Tanh => self.p.iter_mut().for_each(|x| *x = x.tanh()),
            Act::Softmax | Act::LogSoftmax => {
                for column in self.columns() {
                    let most = column.iter().map(|&i| self.p[i]).fold(f64::NEG_INFINITY, f64::max);
                    let log_sum = column.iter().map(|&i| (self.p[i] - most).exp()).sum::<f64>().ln() + most;
                    for i in column {
                        let log = self.p[i] - log_sum;
                        self.p[i] = if self.act == Act::Softmax { log.exp() } else { log };
                    }
                }
            }
        }
    }

    /// The gradient through the activation, from that with respect to p.
    fn back(&self, g: &[f64]) -> Vec<f64> {
        let p = &self.p;
        let each = |f: &dyn Fn(usize) -> f64| (0..p.len()).map(f).collect();
        match self.act {
            Act::None => g.to_vec(),
            Act::Sigmoid => each(&|i| g[i] * p[i] * (1.0 - p[i])),
            Act::Tanh => each(&|i| g[i] * (1.0 - p[i] * p[i])),
            Act::Softmax | Act::LogSoftmax => {
                let mut out = vec![0.0; p.len()];
                for column in self.columns() {
                    let weight = |i: usize| if self.act == Act::Softmax { g[i] * p[i] } else { g[i] };
                    let sum: f64 = column.iter().map(|&i| weight(i)).sum();
                    for i in column {
                        out[i] = if self.act == Act::Softmax { p[i] * (g[i] - sum) } else { g[i] - p[i].exp() * sum };
                    }
                }
                out
            }
        }
    }

    /// The moments of each cell that `loss` reads.
    pub fn moments(&self, loss: &Loss) -> Table<Moments> {
        let gamma = loss.options().denominator.exponent();
        let cell = |i: usize| {
            let range = i * self.voxels..(i + 1) * self.voxels;
            let sum = |f: &dyn Fn(f64, f64) -> f64| range.clone().map(|v| f(self.p[v], self.t[v])).sum::<f64>();
            let raise = |x: f64| if gamma == 1.0 { x } else { x.powf(gamma) };
            Moments {
                voxels: self.voxels as f64,
                pred: sum(&|p, _| p),
                truth: sum(&|_, t| t),
                product: sum(&|p, t| p * t),
                pred_power: sum(&|p, _| raise(p)),
                truth_power: sum(&|_, t| raise(t)),
                abs_difference: sum(&|p, t| (p - t).abs()),
                pointwise: loss.pointwise().map_or(f64::NAN, |kind| sum(&|p, t| kind.value(p, t))),
            }
        };
        let cells = (0..self.samples * self.channels).map(cell).collect();
        Table::from_cells(self.samples, self.channels, cells).unwrap()
    }

    /// d(loss)/d(prediction before the activation), for every voxel.
    pub fn gradient(&self, loss: &Loss) -> Vec<f64> {
        let partials = loss.gradient(&self.moments(loss)).unwrap();
        let gamma = loss.options().denominator.exponent();
        let voxel = |v: usize| {
            let d = partials.values()[v / self.voxels];
            let (p, t) = (self.p[v], self.t[v]);
            let sign = if p == t { 0.0 } else { (p - t).signum() };
            let mut sum = d.pred + d.product * t + d.abs_difference * sign;
            if d.pred_power != 0.0 {
                sum += d.pred_power * gamma * p.powf(gamma - 1.0);
            }
            if let Some(kind) = loss.pointwise() {
                sum += d.pointwise * kind.derivative(p, t);
            }
            sum
        };
        self.back(&(0..self.p.len()).map(voxel).collect::<Vec<f64>>())
    }

    /// The loss, as one list: the values, or what they reduce to.
    pub fn loss(&self, loss: &Loss) -> Vec<f64> {
        let found = loss.evaluate(&self.moments(loss)).unwrap();
        found.reduced.map_or(found.values, |reduced| vec![reduced])
    }

    /// The same through the exact sums of the CPU engine, where its volumes hold these values and it has the sums.
    pub fn exact_loss(&self, loss: &Loss) -> Option<Vec<f64>> {
        let exponent = loss.options().denominator.exponent();
        let single = |values: &[f64]| values.iter().map(|&x| x as f32).collect::<Vec<f32>>();
        let (p, t) = (single(&self.p), single(&self.t));
        let same = |a: &[f32], b: &[f64]| a.iter().zip(b).all(|(&a, &b)| f64::from(a) == b);
        let possible = self.act == Act::None
            && loss.pointwise().is_none()
            && (exponent == 1.0 || exponent == 2.0)
            && same(&p, &self.p)
            && same(&t, &self.t);
        if !possible {
            return None;
        }
        let shape = Shape::new(self.samples, self.channels, [self.voxels]).unwrap();
        let volume = |values| Volume::f32(shape.clone(), values).unwrap();
        let sums = ALL[0].engine.sums_with(Pair { pred: volume(&p), truth: volume(&t) }, &loss.sums_options()).unwrap();
        let found = loss.evaluate(&sums).unwrap();
        Some(found.reduced.map_or(found.values, |reduced| vec![reduced]))
    }

    /// Loss and gradient from the raw prediction through an engine's own activation and gradient pass, rounded to f32 on
    /// the way in; `None` for activations that an engine does not have.
    pub fn through(&self, engine: &Engine, loss: &Loss) -> Option<(Vec<f64>, Vec<f64>)> {
        let activation = match self.act {
            Act::None => Activation::None,
            Act::Sigmoid => Activation::Sigmoid,
            Act::Softmax => Activation::Softmax,
            Act::Tanh | Act::LogSoftmax => return None,
        };
        let single = |values: &[f64]| values.iter().map(|&x| x as f32).collect::<Vec<f32>>();
        let (p, t) = (single(&self.raw), single(&self.t));
        let shape = Shape::new(self.samples, self.channels, [self.voxels]).unwrap();
        let volume = |values| Volume::f32(shape.clone(), values).unwrap();
        let loss = &Loss::new(LossOptions { activation, ..loss.options().clone() }).unwrap();
        let options = loss.sums_options();
        let sums = engine.sums_with(Pair { pred: volume(&p), truth: volume(&t) }, &options).unwrap();
        let found = loss.evaluate(&sums).unwrap();
        let partials = loss.gradient(&sums).unwrap();
        let gradient =
            engine.gradient(Pair { pred: volume(&p), truth: volume(&t) }, &options, &sums, &partials).unwrap();
        let value = found.reduced.map_or(found.values, |reduced| vec![reduced]);
        Some((value, gradient.into_iter().map(f64::from).collect()))
    }
}
