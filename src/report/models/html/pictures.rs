//! The cases in which two models differ most: the same slice of both, side by side.

use crate::eval::models::Comparison;
use crate::eval::models::pictures::Difference;
use crate::eval::pictures::Cut;
use crate::report::html::picture::{self, Drawing};
use crate::report::html::text::escaped;
use crate::report::html::worst::legend;
use crate::report::models::phrases::{names, number, signed};
use crate::text::grouped;

/// Pairs of pictures, each behind a line that opens it. Empty where there are none.
pub(super) fn section(found: &Comparison, pictures: &[Difference]) -> String {
    let Some(order) = found.two().filter(|_| !pictures.is_empty()) else { return String::new() };
    let names = names(found, order).map(escaped);
    let of = |(place, own): (usize, &Difference)| {
        let [a, b] = order.map(|model| own.scores[model]);
        let line = format!(
            "<b>{}</b> {}: {} {}, {} \u{2212} {}",
            escaped(&own.case),
            escaped(&own.class),
            escaped(&found.title(&own.metric)),
            signed(a - b, 4),
            escaped(&number(a, 4)),
            escaped(&number(b, 4))
        );
        let inside = match &own.cuts {
            Ok(Some(cuts)) => {
                let both = order.iter().zip(&names).map(|(&model, name)| figure(&cuts[model], name, own.scores[model]));
                format!("<div class=\"figures\">{}</div>", both.collect::<String>())
            }
            Ok(None) => "<p class=\"lead\">No picture: no voxel differs from the truth.</p>".into(),
            Err(reason) => format!("<p class=\"lead\">No picture: {}.</p>", escaped(&reason.in_full())),
        };
        let open = if place == 0 { " open" } else { "" };
        format!("<details class=\"pair\"{open}><summary>{line}</summary>{inside}</details>")
    };
    let all: String = pictures.iter().enumerate().map(of).collect();
    format!(
        "<section id=\"worst\"><h2>Largest differences</h2><p class=\"lead\">The slice in which one of the two has the most voxels \
         that differ from the truth; {} stands left, {} right.</p>{}{all}</section>",
        names[0],
        names[1],
        legend(false)
    )
}

fn figure(cut: &Cut, name: &str, score: f64) -> String {
    let Drawing { svg, place, errors, factor } = picture::draw(cut);
    let coarse = if factor > 1 { format!("; a cell is {factor} by {factor} voxels") } else { String::new() };
    format!(
        "<figure>{svg}<figcaption><div class=\"what\"><span><b>{name}</b></span><span class=\"value\">{}</span></div>\
         <p>{place}: {} missed, {} invented{coarse}</p></figcaption></figure>",
        escaped(&number(score, 4)),
        grouped(errors.missed),
        grouped(errors.invented)
    )
}
