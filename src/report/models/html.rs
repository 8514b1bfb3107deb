//! A comparison as one HTML page, with the style and the script of the page of an evaluation.

mod cases;
mod differences;
mod pictures;

use super::phrases::{counted, method_sentence, names, number, p_value, signed, signed_interval, verdict};
use super::sheets::{self, Style};
use super::{notes, phrases};
use crate::eval::models::Comparison;
use crate::eval::models::pictures::Difference;
use crate::metric::compare::{Adjust, Better, Compared, Pair, ScoreTable, Test, Verdict};
use crate::report::html::document::document;
use crate::report::html::text::{escaped, path};
use crate::report::sheet::Sheet;

/// The comparison as one HTML page, with nothing beside it and no request to anywhere: differences class by class with a
/// dot for each case, the models and their ranks, and the cases.
///
/// `pictures` are those of [`pictures::largest`](crate::eval::models::pictures::largest), or none.
pub fn models_html(found: &Comparison, pictures: &[Difference]) -> String {
    let panels = |of: &dyn Fn(usize, &str, Better) -> String| -> String {
        let all = found.metrics.iter().enumerate();
        all.map(|(place, (metric, better))| format!("<div data-score=\"{place}\">{}</div>", of(place, metric, *better)))
            .collect()
    };
    let differences = panels(&|place, metric, better| differences::section(found, place, metric, better));
    let models = panels(&|_, metric, better| of_models(found, metric, better));
    let cases = panels(&|_, metric, _| cases::section(found, metric));
    let main = format!(
        "{}{}{}\n<div class=\"bar\">{}<p id=\"picked\" role=\"status\"></p></div>\n<section id=\"classes\"><h2>Differences</h2>{}\
         {differences}</section>\n<section id=\"models\"><h2>Models</h2>{models}{}{}</section>\n{}<section id=\"cases\"><h2>Cases</h2>\
         {cases}</section>",
        header(found),
        cards(found),
        findings(found),
        switch(found),
        differences::key(found),
        overall(found),
        volumes(found),
        pictures::section(found, pictures),
    );
    let footer = format!(
        "<footer><p>{} All numbers behind this page: <code>--format json</code>, <code>--csv</code>, <code>--csv-models</code>.</p>\
         </footer>",
        escaped(&method_sentence(found))
    );
    document(&heading(found).replace("<span>", "").replace("</span>", ""), &main, &footer)
}

/// The name of the page, as markup.
fn heading(found: &Comparison) -> String {
    match found.two().map(|pair| names(found, pair).map(escaped)) {
        Some([a, b]) => format!("{a} <span>against</span> {b}"),
        None => format!("{} models compared", found.models.len()),
    }
}

fn header(found: &Comparison) -> String {
    let mut facts: Vec<(&str, String)> = Vec::new();
    for model in &found.models {
        let files: Vec<String> = model.sources.iter().map(|own| format!("<code>{}</code>", path(own))).collect();
        let files = if files.is_empty() { String::new() } else { format!(" {}", files.join(" ")) };
        facts.push(("Model", format!("<b>{}</b>{files}", escaped(&model.name))));
    }
    let groups = found.groups.map_or(String::new(), |groups| format!(", in {}", counted(groups, "group", "groups")));
    facts.push(("Cases", format!("{}{groups}", counted(found.cases.len(), "case", "cases"))));
    let classes: Vec<String> = found.classes.iter().take(12).map(|(_, name)| escaped(name)).collect();
    let more = if found.classes.len() > classes.len() { ", \u{2026}" } else { "" };
    facts.push(("Classes", format!("{}: {}{more}", found.classes.len(), classes.join(", "))));
    let facts: String =
        facts.into_iter().map(|(name, value)| format!("<div><dt>{name}</dt><dd>{value}</dd></div>")).collect();
    format!(
        "<header><p class=\"over\">Comparison of segmentations \u{b7} voxdice {}</p><h1>{}</h1><dl>{facts}</dl></header>",
        env!("CARGO_PKG_VERSION"),
        heading(found)
    )
}

/// The table that sums up a metric: that of the mean of the classes, or of the only class.
fn main_row<'a>(found: &'a Comparison, metric: &str) -> Option<(&'a ScoreTable, &'a Compared)> {
    let mut rows = found.rows().filter(|(table, _)| table.metric == metric);
    rows.find(|(table, _)| table.is_mean || found.classes.len() == 1)
}

/// A card per metric: of two models the difference, of several the order.
fn cards(found: &Comparison) -> String {
    let cards = found.metrics.iter().filter_map(|(metric, _)| {
        let (table, row) = main_row(found, metric)?;
        Some(match &row.pairs[..] {
            [pair] if found.models.len() == 2 => card_of_pair(found, table, pair),
            _ => card_of_order(found, table, row)?,
        })
    });
    format!("<section class=\"cards\" aria-label=\"In short\">{}</section>", cards.collect::<String>())
}

fn card(head: &str, big: &str, small: &str, lines: &[String]) -> String {
    let lines: String = lines.iter().map(|line| format!("<li>{line}</li>")).collect();
    format!("<article><div><h3>{head}</h3><p>{big}</p><small>{small}</small></div><ul>{lines}</ul></article>")
}

fn card_of_pair(found: &Comparison, table: &ScoreTable, pair: &Pair) -> String {
    let [a, b] = names(found, [pair.a, pair.b]).map(escaped);
    let record = pair.record;
    let mut lines = vec![format!("{} {}", phrases::level(found), signed_interval(pair.interval, 4))];
    if found.options.test != Test::None {
        let p = |p: f64| escaped(&p_value(p));
        lines.push(format!("p {}, {} {}", p(pair.p.two_sided), adjusted(found), p(pair.p_adjusted)));
    }
    lines.push(format!("won {}, tied {}, lost {}", record.wins, record.ties, record.losses));
    let who = match pair.verdict {
        Verdict::Better | Verdict::Worse | Verdict::NotWorse => format!("{a} is "),
        Verdict::Equivalent | Verdict::Undecided => String::new(),
    };
    let words = format!("{who}{} \u{b7} {}", verdict(pair.verdict), counted(pair.n, "case", "cases"));
    card(
        &format!("{}, {a} \u{2212} {b}", escaped(&phrases::of_table(found, table))),
        &signed(pair.mean, 4),
        &words,
        &lines,
    )
}

/// What adjusted p are called.
fn adjusted(found: &Comparison) -> &'static str {
    match found.options.adjust {
        Adjust::Holm => "Holm",
        Adjust::BenjaminiHochberg => "BH",
        Adjust::Bonferroni => "Bonferroni",
        Adjust::None => "not adjusted",
    }
}

fn card_of_order(found: &Comparison, table: &ScoreTable, row: &Compared) -> Option<String> {
    let ranking = row.ranking.as_ref()?;
    let mut order: Vec<usize> = (0..ranking.ranks.len()).collect();
    order.sort_by_key(|&model| ranking.ranks[model]);
    let &first = order.first()?;
    let name = |model: usize| escaped(&found.models[model].name);
    let mean = |model: usize| escaped(&number(row.models[model].mean, 4));
    let share = ranking.stability.as_ref().and_then(|stability| stability.models.get(first));
    let small = share.map_or(String::new(), |own| format!("first in {:.0} % of resamples", 100.0 * own.first));
    let rest: Vec<String> = order
        .iter()
        .skip(1)
        .take(3)
        .map(|&model| format!("{}. {} {}", ranking.ranks[model], name(model), mean(model)))
        .collect();
    let head = format!("{}, first: {}", escaped(&phrases::of_table(found, table)), name(first));
    Some(card(&head, &mean(first), &small, &rest))
}

/// What to know before believing the numbers.
fn findings(found: &Comparison) -> String {
    let notes = notes::notes(found);
    if notes.is_empty() {
        return String::new();
    }
    let items: String = notes
        .iter()
        .map(|note| {
            format!(
                "<li class=\"note\"><span class=\"mark\" role=\"img\" aria-label=\"note\">i</span><div>{}</div></li>",
                escaped(note)
            )
        })
        .collect();
    format!("<section id=\"findings\" class=\"findings\"><h2>To know</h2><ul>{items}</ul></section>")
}

fn switch(found: &Comparison) -> String {
    if found.metrics.len() < 2 {
        return String::new();
    }
    let choice = |(place, (metric, _)): (usize, &(String, Better))| {
        let checked = if place == 0 { " checked" } else { "" };
        let name = escaped(&found.title(metric));
        format!("<label><input type=\"radio\" name=\"score\" value=\"{place}\"{checked}><span>{name}</span></label>")
    };
    let choices: String = found.metrics.iter().enumerate().map(choice).collect();
    format!("<fieldset class=\"switch\"><legend>Score</legend>{choices}</fieldset>")
}

/// The means of the models by class, and their order.
fn of_models(found: &Comparison, metric: &str, better: Better) -> String {
    let style = Style { digits: phrases::DIGITS, intervals: true };
    let mut text = String::new();
    let order = main_row(found, metric).and_then(|(table, row)| sheets::ranking(found, table, row, style));
    let legend = phrases::legend(found).map_or(String::new(), |legend| format!("{legend}."));
    text += &order.map_or(String::new(), |sheet| table_of(&sheet, &legend));
    text + &table_of(&sheets::scores(found, metric, better, style), "")
}

/// The mean rank over classes and metrics, where there are several of them and more than two models.
fn overall(found: &Comparison) -> String {
    let Some((means, ranks)) = found.overall().filter(|_| found.models.len() > 2) else { return String::new() };
    let mut order: Vec<usize> = (0..ranks.len()).collect();
    order.sort_by_key(|&model| ranks[model]);
    let one = |&model: &usize| format!("{} {} ({:.2})", ranks[model], escaped(&found.models[model].name), means[model]);
    let all: Vec<String> = order.iter().map(one).collect();
    format!("<p class=\"lead\">Mean rank over classes and scores: {}.</p>", all.join(", "))
}

/// How far volumes agree with the true ones.
fn volumes(found: &Comparison) -> String {
    if found.agreement.is_empty() {
        return String::new();
    }
    let columns = ["class", "model", "bias", "lower limit", "upper limit", "n"].map(String::from).to_vec();
    let rows = found.agreement.iter().map(|own| {
        let class = found.classes.iter().find(|(key, _)| *key == own.class).map_or(&own.class, |(_, name)| name);
        let [low, high] = own.limits();
        let numbers = [own.bias, low, high].map(|ml| signed(ml, 3).into());
        let mut cells = vec![class.as_str().into(), found.models[own.model].name.as_str().into()];
        cells.extend(numbers);
        cells.push(own.n.to_string().into());
        cells
    });
    let title = "Predicted less true volumes in ml".to_owned();
    let sheet = Sheet { title, columns, rows: rows.collect(), ..Sheet::default() };
    table_of(&sheet, "Limits of agreement: bias \u{b1} 1.96 standard deviations (Bland and Altman).")
}

/// A sheet as a table that can be sorted: the same cells as in other forms.
fn table_of(sheet: &Sheet, more: &str) -> String {
    let head = |(place, name): (usize, &String)| {
        let class = if place == 0 { " class=\"name\"" } else { "" };
        format!("<th scope=\"col\"{class}>{}</th>", escaped(name))
    };
    let heads: String = sheet.columns.iter().enumerate().map(head).collect();
    let rows = sheet.rows.iter().map(|cells| {
        let one = |(place, cell): (usize, &crate::report::sheet::Cell)| {
            let text = if cell.bold { format!("<b>{}</b>", escaped(&cell.text)) } else { escaped(&cell.text) };
            if place == 0 { format!("<th scope=\"row\">{text}</th>") } else { format!("<td>{text}</td>") }
        };
        format!("<tr>{}</tr>", cells.iter().enumerate().map(one).collect::<String>())
    });
    let caption =
        if sheet.title.is_empty() { String::new() } else { format!("<caption>{}.</caption>", escaped(&sheet.title)) };
    let notes: Vec<String> =
        sheet.notes.iter().map(|note| escaped(note)).chain((!more.is_empty()).then(|| escaped(more))).collect();
    let notes = if notes.is_empty() { String::new() } else { format!("<p class=\"lead\">{}</p>", notes.join(" ")) };
    format!(
        "<div class=\"scroll\"><table class=\"sortable\">{caption}<thead><tr>{heads}</tr></thead><tbody>{}</tbody></table></div>{notes}",
        rows.collect::<String>()
    )
}
