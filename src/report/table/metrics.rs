//! What can be asked for.

use crate::metric::{Best, METRICS, MetricRow, Unit};
use crate::text::{indented, wrapped};

/// Every metric: its names, what it is, its range and which end of it is good, and where it is undefined.
pub fn metrics() -> String {
    let entries = METRICS.iter().map(|row| {
        let names: Vec<String> =
            std::iter::once(row.signature()).chain(row.aliases.iter().map(|alias| (*alias).to_owned())).collect();
        let text = format!("{}: {}; {}; undefined: {}", row.long_name, row.formula, range(row), row.undefined);
        format!("{}\n{}\n", wrapped(&names.join(", "), 4), indented(&text, 4))
    });
    let letters = "tp, fp, fn, tn are voxels of a class; P = tp + fp, T = tp + fn, N = tn + fp, n = all; d are the distances in mm \
                   from the boundary of either mask to that of the other, as --surface defines them. A mask without a boundary \
                   has no distance, and a lesion that is not to count is none. `all` stands for those of counts and volumes.";
    format!("{}\n{}\n", entries.collect::<String>(), wrapped(letters, 0))
}

fn range(row: &MetricRow) -> String {
    let unit = match row.unit {
        Unit::One | Unit::Count => "",
        Unit::Mm => " mm",
        Unit::Ml => " mL",
    };
    let range = match row.range {
        [low, high] if high.is_infinite() => format!("from {low}{unit}"),
        [low, high] => format!("{low} to {high}{unit}"),
    };
    match row.best {
        Best::High => format!("{range}, more is better"),
        Best::Low => format!("{range}, less is better"),
        Best::Neither => range,
    }
}
