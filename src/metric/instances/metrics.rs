//! Scores of lesions by name.

use super::Detection;

/// The scores of [`Detection`] that a program can choose by name; the [registry](crate::metric::METRICS) has their names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum LesionMetric {
    /// [`Detection::f1`].
    F1,
    /// [`Detection::precision`].
    Precision,
    /// [`Detection::recall`].
    Recall,
    /// [`Detection::accuracy`].
    Accuracy,
    /// [`Detection::sq`].
    Sq,
    /// [`Detection::pq`].
    Pq,
    /// [`Detection::sq_dice`].
    SqDice,
    /// [`Detection::pq_dice`].
    PqDice,
    /// [`Detection::lesion_dice`].
    Dice,
    /// [`Detection::false_positive_ml`].
    FalsePositiveMl,
    /// [`Detection::false_negative_ml`].
    FalseNegativeMl,
}

impl LesionMetric {
    /// All of them.
    pub const ALL: [Self; 11] = [
        Self::F1,
        Self::Precision,
        Self::Recall,
        Self::Accuracy,
        Self::Sq,
        Self::Pq,
        Self::SqDice,
        Self::PqDice,
        Self::Dice,
        Self::FalsePositiveMl,
        Self::FalseNegativeMl,
    ];

    /// Its value.
    pub fn of(self, found: &Detection) -> f64 {
        match self {
            Self::F1 => found.f1(),
            Self::Precision => found.precision(),
            Self::Recall => found.recall(),
            Self::Accuracy => found.accuracy(),
            Self::Sq => found.sq(),
            Self::Pq => found.pq(),
            Self::SqDice => found.sq_dice(),
            Self::PqDice => found.pq_dice(),
            Self::Dice => found.lesion_dice(),
            Self::FalsePositiveMl => found.false_positive_ml(),
            Self::FalseNegativeMl => found.false_negative_ml(),
        }
    }

    /// The key in a result's object of lesions.
    pub fn key(self) -> &'static str {
        match self {
            Self::F1 => "f1",
            Self::Precision => "precision",
            Self::Recall => "recall",
            Self::Accuracy => "ap",
            Self::Sq => "sq",
            Self::Pq => "pq",
            Self::SqDice => "sq_dice",
            Self::PqDice => "pq_dice",
            Self::Dice => "lesion_dice",
            Self::FalsePositiveMl => "false_positive_ml",
            Self::FalseNegativeMl => "false_negative_ml",
        }
    }
}
