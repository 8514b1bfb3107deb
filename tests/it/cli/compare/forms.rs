//! The forms in which a comparison is written, all with the same numbers.

use super::{case, compared, csvs, evaluated, two_models};
use crate::cli::{Files, fine, in_columns, run, stderr, text};
use serde_json::Value;
use std::fs;

/// A difference as tables show it.
fn signed(value: &Value) -> String {
    let value = value.as_f64().unwrap();
    format!("{}{value:.4}", if value > 0.0 { "+" } else { "" })
}

fn p_value(value: &Value) -> String {
    let p = value.as_f64().unwrap();
    if p < 1e-4 { "<0.0001".into() } else { format!("{p:.4}") }
}

/// LaTeX and Markdown without their marks.
fn plain(text: &str) -> String {
    text.replace("$+$", "+")
        .replace("$-$", "-")
        .replace("$<$", "<")
        .replace("$>$", ">")
        .replace("\\<", "<")
        .replace("\\>", ">")
        .replace("\\_", "_")
}

#[test]
fn all_forms_show_the_same_numbers() {
    for name in ["n20", "five-models", "hd95", "far-tail", "undefined-asymmetry"] {
        let files = Files::new();
        let case = case(name);
        let metric = if case["higher_is_better"] == true { "dice" } else { "hd95" };
        let models = csvs(&files, &case, metric);
        let whole = compared(&models, &[]);
        let printed = |form: &str| {
            let arguments = ["compare", "--format", form].into_iter().chain(models.iter().map(String::as_str));
            plain(&String::from_utf8(run(arguments).stdout).unwrap())
        };
        let [table, markdown, latex] = ["table", "markdown", "latex"].map(printed);
        let rows: Vec<Vec<String>> = {
            let text = printed("csv");
            let mut lines = text.lines().map(|line| line.split(',').map(str::to_owned).collect::<Vec<_>>());
            let header = lines.next().unwrap();
            assert_eq!(&header[..6], ["metric", "class", "name", "a", "b", "n"]);
            lines.collect()
        };
        let comparisons = whole["comparisons"].as_array().unwrap();
        assert_eq!(rows.len(), comparisons.len());
        for (own, row) in comparisons.iter().zip(&rows) {
            assert_eq!([&row[3], &row[4]], [own["a"].as_str().unwrap(), own["b"].as_str().unwrap()]);
            for (at, key) in
                [(8, "mean_difference"), (22, "p"), (23, "p_adjusted"), (17, "r_plus"), (11, "median_difference")]
            {
                assert_eq!(row[at].parse::<f64>().unwrap(), own[key].as_f64().unwrap(), "{key}");
            }
            assert_eq!(row[9].parse::<f64>().unwrap(), own["interval"][0].as_f64().unwrap());
            let cells = [
                signed(&own["mean_difference"]),
                format!("[{}, {}]", signed(&own["interval"][0]), signed(&own["interval"][1])),
                p_value(&own["p"]),
                p_value(&own["p_adjusted"]),
                format!("{}/{}/{}", own["wins"], own["ties"], own["losses"]),
            ];
            for (form, printed) in [("table", &table), ("markdown", &markdown), ("latex", &latex)] {
                let line = printed.lines().find(|line| cells.iter().all(|cell| line.contains(cell.as_str())));
                assert!(line.is_some(), "{name}: no line of {form} has {cells:?}:\n{printed}");
            }
        }
        for model in whole["models"].as_array().unwrap() {
            let scores = &model["scores"][0];
            let mean = format!("{:.4}", scores["mean"].as_f64().unwrap());
            let [low, high] = [0, 1].map(|end| scores["interval"][end].as_f64().unwrap());
            for printed in [&table, &markdown, &latex] {
                assert!(printed.contains(&mean), "{name} {mean}:\n{printed}");
            }
            for printed in [&markdown, &latex] {
                assert!(printed.contains(&format!("{mean} [{low:.4}, {high:.4}]")), "{name}:\n{printed}");
            }
        }
        // The sentence for a section on methods is in all of them.
        let method = whole["method"].as_str().unwrap();
        let words = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ").replace("\\%", "%");
        for printed in [&table, &markdown, &latex] {
            assert!(words(printed).contains(&words(method)), "{method}\n{printed}");
        }
    }
}

/// Bold is who is not significantly worse than the best, a group and not one winner.
#[test]
fn bold_is_a_group() {
    let files = Files::new();
    let case = case("five-models");
    let models = csvs(&files, &case, "dice");
    let arguments =
        ["compare", "--format", "latex", "--digits", "2"].into_iter().chain(models.iter().map(String::as_str));
    let latex = fine(arguments);
    let row = latex.lines().find(|line| line.starts_with("1 & ")).unwrap();
    let bold: Vec<bool> = row.split(" & ").skip(1).take(5).map(|cell| cell.starts_with("\\textbf{")).collect();
    // A is the best; Holm's p of D and E are below 0.05, those of B and C are not.
    assert_eq!(bold, [true, true, true, false, false], "{row}");
    assert!(row.contains("0.84 [0.82, 0.87]"), "{row}");
    assert!(latex.contains("\\toprule") && latex.contains("not significantly worse"), "{latex}");
}

#[test]
fn results_go_to_files() {
    let files = Files::new();
    let models = csvs(&files, &case("n20"), "dice");
    let [to, rows] = ["found.md", "found.csv"].map(|name| files.path(name));
    let arguments = ["compare", "--format", "markdown", "-o", text(&to), "--csv", text(&rows)];
    assert_eq!(fine(arguments.into_iter().chain(models.iter().map(String::as_str))), "");
    assert!(fs::read_to_string(to).unwrap().contains("| Dice | A | B | A - B |"));
    assert!(fs::read_to_string(rows).unwrap().starts_with("metric,class,name,a,b,n,"));
    let input = models[0].split_once('=').unwrap().1;
    let output = run(["compare", &models[0], &models[1], "-o", input]);
    assert!(stderr(&output).contains("this is an input"), "{}", stderr(&output));
}

/// Files and pipes have room for all columns, and no line of words is broken off.
#[test]
fn a_table_has_its_rows_in_lines() {
    let files = Files::new();
    let models = csvs(&files, &case("n20"), "dice");
    let table = fine(["compare", &models[0], &models[1]]);
    assert!(table.lines().all(|line| line.chars().count() <= 120), "{table}");
    for part in ["A - B", "won/tied/lost", "changed most", "better", "Paired over 20 cases"] {
        assert!(table.contains(part), "{part}:\n{table}");
    }
    let few = fine(["compare", &models[0], &models[1], "--changed", "1", "--digits", "2"]);
    let line = few.lines().find(|line| line.starts_with("changed most")).unwrap();
    assert_eq!(line.matches("c0").count(), 1, "{line}");
    assert!(few.contains("+0.03"), "{few}");
}

/// Nine cases of two classes: of the first each case is a little worse than the one before.
fn declining(files: &Files, name: &str, dice: f64) -> String {
    let rows = (0..9).map(|i| format!("c{i},1,{}\nc{i},2,{dice}\n", dice - f64::from(i) / 50.0));
    let path = files.path(&format!("{name}.csv"));
    fs::write(&path, format!("case,label,dice\n{}", rows.collect::<String>())).unwrap();
    format!("{name}={}", text(&path))
}

/// What is below a table is about columns that it has.
#[test]
fn the_legend_is_of_what_is_there() {
    let files = Files::new();
    let model = |name: &str, dice: f64| declining(&files, name, dice);
    let models = [model("a", 0.9), model("b", 0.8), model("c", 0.7)];
    let page = files.path("page.html");
    let shown = |more: &[&str]| {
        let all = ["compare", &models[0], &models[1], &models[2], "--html", text(&page)];
        let table = fine([&all[..], more].concat());
        // Words wrap.
        [table, fs::read_to_string(&page).unwrap()].map(|text| text.split_whitespace().collect::<Vec<_>>().join(" "))
    };
    let legend = "share of resamples; ranks: of 95 % of them";
    assert!(shown(&[]).iter().all(|text| text.contains(legend)));
    for more in [["--rank", "median"], ["--bootstrap", "0"]] {
        assert!(shown(&more).iter().all(|text| !text.contains(legend)), "{more:?}");
    }
    let [tested, untested] = [&[][..], &["--test", "none"]].map(|more| shown(more)[0].clone());
    assert!(tested.contains("* is not significantly worse than the best mean"), "{tested}");
    assert!(untested.contains("* is the best mean") && !untested.contains("significantly"), "{untested}");
}

/// What undefined scores are taken for is said of those scores alone.
#[test]
fn the_method_says_which_scores_are_filled() {
    let files = Files::new();
    let table = "case,dice,hd95\na,0.5,1\nb,,\nc,0.75,2\n";
    let models = ["a", "b"].map(|name| {
        let path = files.path(&format!("{name}.csv"));
        fs::write(&path, table).unwrap();
        format!("{name}={}", text(&path))
    });
    let method = |metrics: &str| {
        let found = compared(&models, &["--undefined", "zero", "--metrics", metrics]);
        found["method"].as_str().unwrap().to_owned()
    };
    assert!(method("dice").contains("undefined scores taken as 0;"), "{}", method("dice"));
    assert!(
        method("dice,hd95").contains("taken as 0 where more is better and dropped elsewhere"),
        "{}",
        method("dice")
    );
}

/// `eval --format markdown` and `latex`: classes by scores, with the numbers of its JSON.
#[test]
fn eval_has_tables_for_papers() {
    let (cohort, [truth, pred, _]) = two_models();
    let path = evaluated(&cohort, &truth, "a", &pred, &["--metrics", "dice,hd95"]);
    let whole: Value = serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap();
    let statistics = &whole["voxdice"]["statistics"];
    for (beside, digits) in [("ci", 3), ("sd", 2)] {
        for form in ["markdown", "latex"] {
            let more =
                ["--metrics", "dice,hd95", "--format", form, "--beside", beside, "--digits", &digits.to_string()];
            let printed = fine(["eval", text(&truth), text(&pred)].into_iter().chain(more));
            let printed = printed.replace("$\\pm$", "±");
            let mut rows = 0;
            for class in ["1", "2", "3", "mean"] {
                let cells = ["dice", "hd95"].map(|metric| {
                    let of = &statistics[metric];
                    let (own, interval, sd) = match class {
                        "mean" => (&of["mean"], &of["interval"], &of["over_cases"]["sd"]),
                        class => (
                            &of["classes"][class]["mean"],
                            &of["classes"][class]["interval"],
                            &of["classes"][class]["sd"],
                        ),
                    };
                    let show = |value: &Value| format!("{:.digits$}", value.as_f64().unwrap());
                    match beside {
                        "ci" => format!("{} [{}, {}]", show(own), show(&interval[0]), show(&interval[1])),
                        _ => format!("{} ± {}", show(own), show(sd)),
                    }
                });
                let is_row = |line: &&str| {
                    line.trim_start_matches("| ").starts_with(class)
                        && cells.iter().all(|cell| line.contains(cell.as_str()))
                };
                assert!(printed.lines().any(|line| is_row(&line)), "{class} {cells:?}:\n{printed}");
                rows += 1;
            }
            assert_eq!(rows, 4);
            assert_eq!(form == "latex", printed.contains("\\toprule"));
        }
    }
    let output = run(["eval", text(&truth), text(&pred), "--digits", "2"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(stderr(&output).contains("--digits is for --format markdown and latex"), "{}", stderr(&output));
}

/// What is said of bold is what is bold, whoever is compared with whom.
#[test]
fn bold_is_what_is_said_of_it() {
    let files = Files::new();
    let model = |name: &str, dice: f64| declining(&files, name, dice);
    // The first two differ by too little for a test; the last is worse in every case.
    let a = model("a", 0.9);
    let near = files.path("b.csv");
    let rows = fs::read_to_string(files.path("a.csv")).unwrap();
    let rows = rows.replacen("c0,1,0.9\n", "c0,1,0.89\n", 1);
    fs::write(&near, rows).unwrap();
    let b = format!("b={}", text(&near));
    let c = model("c", 0.5);
    let tested = "not significantly worse than the best mean";
    let runs: [(&[&String], &[&str], &str, usize); 5] = [
        (&[&a, &b], &[], tested, 2),
        (&[&a, &b], &["--against", "a"], tested, 2),
        (&[&a, &b], &["--test", "none"], "Bold is the best mean", 1),
        (&[&a, &b, &c], &[], tested, 2),
        (&[&a, &b, &c], &["--against", "a"], "Bold is the best mean", 1),
    ];
    let page = files.path("page.html");
    for (models, more, caption, bold) in runs {
        let of = |form: &str| {
            let start = ["compare", "--bootstrap", "0", "--format", form, "--html", text(&page)];
            fine(start.iter().chain(more).map(|word| (*word).to_owned()).chain(models.iter().map(|own| (*own).clone())))
        };
        let marked = |text: &str, row: &str, mark: &str| {
            text.lines().find(|line| line.starts_with(row)).unwrap().matches(mark).count()
        };
        let [markdown, latex] = ["markdown", "latex"].map(of);
        let page = fs::read_to_string(&page).unwrap();
        assert!([&markdown, &latex, &page].iter().all(|text| text.contains(caption)), "{more:?} {markdown}");
        // Marks stand on both sides.
        assert_eq!((marked(&markdown, "| 1 |", "**"), marked(&latex, "1 &", "textbf")), (2 * bold, bold), "{markdown}");
    }
}

/// A terminal that is too narrow shows the verdict all the same.
#[test]
fn the_verdict_is_shown_in_80_columns() {
    let files = Files::new();
    let models = csvs(&files, &case("n20"), "dice");
    let models = ["network_1", "network_2"].into_iter().zip(models).map(|(name, model)| {
        let (_, path) = model.split_once('=').unwrap();
        format!("{name}={path}")
    });
    let shown = in_columns(80, ["compare".to_owned()].into_iter().chain(models));
    let all = ["verdict", "better", "won/tied/lost", " p Holm", " n"];
    assert!(all.iter().all(|part| shown.contains(part)), "{shown}");
    assert!(shown.lines().all(|line| line.chars().count() <= 80), "{shown}");
}

/// The mean is not made as that of an evaluation.
#[test]
fn the_method_says_what_the_mean_is_of() {
    let files = Files::new();
    let model = |name: &str, rows: &str| {
        let path = files.path(name);
        fs::write(&path, format!("case,label,dice\n{rows}")).unwrap();
        path
    };
    let of = "mean: of each case over its classes, then over cases";
    for (rows, is_said) in [("x,1,0.5\ny,1,0.5\n", false), ("x,1,0.5\nx,2,0.5\ny,1,0.5\ny,2,0.25\n", true)] {
        let [a, b] = ["a.csv", "b.csv"].map(|name| model(name, rows));
        let markdown = fine(["compare", text(&a), text(&b), "--format", "markdown"]);
        assert_eq!(markdown.contains(of), is_said, "{markdown}");
    }
}
