//! Single choices about surfaces, which override those of a preset.

use crate::eval::choice::read;
use crate::metric::surface::{Directions, Missed, NsdForm, Quantile, SurfaceRules, Weight};
use crate::stats::{Elements, ImageEdge, Target};

/// What is chosen separately; `None` keeps the preset's choice.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct SurfaceChoices {
    /// Which points stand for a boundary. Corners weigh their area, all others 1.
    pub boundary: Option<Elements>,
    /// What lies beyond the image.
    pub image_edge: Option<ImageEdge>,
    /// Which distance is a percentile.
    pub percentile: Option<Quantile>,
    /// How two directions become one percentile.
    pub directions: Option<Directions>,
    /// How two directions become one NSD.
    pub nsd_form: Option<NsdForm>,
    /// The distance where one of the two masks is empty.
    pub missed: Option<Missed>,
}

impl SurfaceChoices {
    /// What was chosen, by name.
    pub fn named(&self) -> Vec<(&'static str, String)> {
        let choices = [
            ("boundary", self.boundary.map(|choice| choice.to_string())),
            ("image_edge", self.image_edge.map(|choice| choice.to_string())),
            ("percentile", self.percentile.map(|choice| choice.to_string())),
            ("directions", self.directions.map(|choice| choice.to_string())),
            ("nsd_form", self.nsd_form.map(|choice| choice.to_string())),
            ("missed", self.missed.map(|choice| choice.to_string())),
        ];
        choices.into_iter().filter_map(|(name, choice)| Some((name, choice?))).collect()
    }

    /// Makes a choice by its name.
    ///
    /// # Errors
    /// What is wrong, in words, for another name or choice.
    pub fn set(&mut self, name: &str, choice: &str) -> Result<(), String> {
        match name {
            "boundary" => self.boundary = read(name, choice)?,
            "image_edge" => self.image_edge = read(name, choice)?,
            "percentile" => self.percentile = read(name, choice)?,
            "directions" => self.directions = read(name, choice)?,
            "nsd_form" => self.nsd_form = read(name, choice)?,
            "missed" => self.missed = read(name, choice)?,
            _ => {
                return Err(format!(
                    "`{name}` is no choice about surfaces; these are boundary, image_edge, percentile, directions, nsd_form, \
                     missed"
                ));
            }
        }
        Ok(())
    }

    /// These choices before those of a definition.
    pub fn over(&self, rules: SurfaceRules) -> SurfaceRules {
        let mut rules = rules;
        if let Some(elements) = self.boundary {
            rules.elements = elements;
            rules.weight = if elements == Elements::Corner { Weight::Surfel } else { Weight::Count };
            if elements == Elements::Corner {
                rules.target = Target::Elements; // the only one that corners have
            }
            if rules.quantile.is_cumulative() {
                rules.quantile = Quantile::Cumulative(rules.weight);
            }
        }
        if let Some(quantile) = self.percentile {
            rules.quantile = if quantile.is_cumulative() { Quantile::Cumulative(rules.weight) } else { quantile };
        }
        rules.image_edge = self.image_edge.unwrap_or(rules.image_edge);
        rules.directions = self.directions.unwrap_or(rules.directions);
        rules.nsd = self.nsd_form.unwrap_or(rules.nsd);
        match self.missed {
            Some(Missed::Undefined) => rules.empty = rules.empty.missed(f64::NAN),
            Some(Missed::Mm(mm)) => rules.empty = rules.empty.missed(mm),
            Some(Missed::Diagonal) | None => {}
        }
        rules
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metric::surface::SurfacePreset;

    #[test]
    fn choices_go_before_a_preset_and_come_back_by_name() {
        let mut choices = SurfaceChoices::default();
        for (name, choice) in [
            ("boundary", "edge"),
            ("image_edge", "repeat"),
            ("percentile", "cumulative"),
            ("directions", "mean"),
            ("nsd_form", "mean"),
            ("missed", "374"),
        ] {
            choices.set(name, choice).unwrap();
            assert!(choices.named().contains(&(name, choice.to_owned())));
            assert!(SurfaceChoices::default().set(name, "what").unwrap_err().contains("what"));
        }
        assert_eq!(choices.named().len(), 6);
        let rules = choices.over(SurfacePreset::Deepmind.rules());
        assert_eq!(
            (rules.elements, rules.image_edge, rules.weight),
            (Elements::Edge, ImageEdge::Repeat, Weight::Count)
        );
        assert_eq!((rules.quantile, rules.directions), (Quantile::Cumulative(Weight::Count), Directions::Mean));
        assert_eq!((rules.nsd, rules.empty.hd.pred_empty), (NsdForm::Mean, 374.0));
        let none = SurfaceChoices::default();
        assert_eq!(none.over(SurfacePreset::Deepmind.rules()), SurfacePreset::Deepmind.rules());
    }

    #[test]
    fn a_miss_is_a_distance_or_none() {
        for text in ["nan", "inf", "diagonal", "374", "0"] {
            assert_eq!(text.parse::<Missed>().unwrap().to_string(), text);
        }
        for wrong in ["-1", "", "far"] {
            assert!(wrong.parse::<Missed>().is_err(), "{wrong}");
        }
    }
}
