//! Tables of other tools: which columns are what, what lacks in them, and what they are called by.

use super::{compared, number};
use crate::cli::{Files, fails, fine, run, stderr, stdout, text};
use serde_json::{Value, json};
use std::fs;

/// A model of this name with this table.
fn model(files: &Files, name: &str, table: &str) -> String {
    let path = files.path(&format!("{name}.csv"));
    fs::write(&path, table).unwrap();
    format!("{name}={}", text(&path))
}

fn pair(found: &Value) -> &Value {
    &found["comparisons"][0]
}

#[test]
fn the_column_of_the_case_is_not_the_first_one() {
    let files = Files::new();
    for (first, other) in [("patient", ["p", "p", "q"]), ("id", ["1", "2", "3"])] {
        let a = format!("{first},case,dice\n{},a,0.5\n{},b,0.75\n{},c,0.5\n", other[0], other[1], other[2]);
        let b = format!("{first},case,dice\n{},c,0.25\n{},a,0.5\n{},b,0.5\n", other[0], other[1], other[2]);
        let found = compared(&[model(&files, "a", &a), model(&files, "b", &b)], &[]);
        assert_eq!([&pair(&found)["wins"], &pair(&found)["ties"]], [&json!(2), &json!(1)], "{first}");
    }
}

#[test]
fn a_column_of_numbers_may_group() {
    let files = Files::new();
    let rows = |shift: f64| {
        let of = |i: usize| format!("c{i},{},{},{}\n", i / 2, if i == 3 { "north" } else { "7" }, 0.5 + shift);
        format!("case,visit,site,dice\n{}", (0..6).map(of).collect::<String>())
    };
    let models = [model(&files, "a", &rows(0.1)), model(&files, "b", &rows(0.0))];
    let found = compared(&models, &["--group", "visit"]);
    assert_eq!((&pair(&found)["groups"], &pair(&found)["metric"]), (&json!(3), &json!("dice")));
    assert!(!found["notes"].to_string().contains("visit"), "{}", found["notes"]);
    assert_eq!(pair(&compared(&models, &["--group", "site"]))["groups"], 2);
    // A mixed column is no score, and is told about when it is asked for.
    let [a, b] = &models;
    fails(2, &["line 5", "`north` in column site is no number"], ["compare", a, b, "--metrics", "site"]);
    let bad = model(&files, "c", "case,dice,iou\nc0,0.5,0.5\nc1,x,0.5\n");
    fails(2, &["line 3", "`x` in column dice is no number"], ["compare", &bad, b]);
    let good = model(&files, "d", "case,dice,iou\nc0,0.5,0.5\nc1,0.5,0.5\n");
    assert_eq!(pair(&compared(&[bad, good], &["--metrics", "iou"]))["n"], 2);
}

/// A row that one model lacks is a missing result and no undefined score.
#[test]
fn a_row_of_one_class_may_be_missing() {
    let files = Files::new();
    let a = model(&files, "a", "case,label,dice\nx,1,0.5\nx,2,0.75\ny,1,0.5\ny,2,0.5\nz,1,0.5\nz,2,0.25\n");
    let b = model(&files, "b", "case,label,dice\nx,1,0.5\nx,2,0.5\ny,1,0.5\nz,1,0.5\nz,2,\n");
    let output = run(["compare", &a, &b, "--format", "json"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(
        stderr(&output).contains("missing: b: no result for 1 of the classes of cases: y (2)"),
        "{}",
        stderr(&output)
    );
    let found: Value = serde_json::from_str(&stdout(&output)).unwrap();
    assert_eq!(found["models"][1]["missing_rows"], json!([{"case": "y", "class": "2"}]));
    let of_two = |found: &Value| -> Value {
        let all = found["comparisons"].as_array().unwrap();
        all.iter().find(|pair| pair["class"] == "2").unwrap().clone()
    };
    let ranking = |found: &Value| found["ranking"][2]["asymmetric"].clone();
    assert_eq!((&of_two(&found)["n"], ranking(&found)), (&json!(1), json!(["z"])));
    // Of x and z: 0.25, and 0.25 - 1; y is not among them.
    assert_eq!(number(&of_two(&found)["mean_difference_with_ones"]), -0.25);
    let skipped = compared(&[a.clone(), b.clone()], &["--missing", "skip", "--undefined", "one"]);
    assert_eq!(number(&of_two(&skipped)["mean_difference"]), -0.25);
    let zero = compared(&[a, b], &["--missing", "zero"]);
    assert_eq!((&of_two(&zero)["n"], number(&of_two(&zero)["mean_difference"])), (&json!(2), 0.375));
}

/// A missing prediction counts as an empty one: where the truth lacks the class it is undefined, as in a folder.
#[test]
fn a_missing_prediction_of_nothing_is_no_0() {
    let files = Files::new();
    let a = model(&files, "a", "case,dice,n_truth,n_pred\nx,0,0,1\ny,0.5,8,8\nz,0.5,8,8\n");
    let b = model(&files, "b", "case,dice,n_truth,n_pred\ny,0.25,8,8\n");
    let found = |more: &[&str]| {
        let more = [&["--missing", "zero", "--undefined"], more].concat();
        let compared = compared(&[a.clone(), b.clone()], &more);
        let pair = pair(&compared);
        (pair["n"].clone(), number(&pair["mean_difference"]))
    };
    // Of y 0.25, of z 0.5, and of x 0 - 0 or 0 - 1, if it counts.
    assert_eq!(found(&["zero"]), (json!(3), 0.25));
    assert_eq!(found(&["one"]), (json!(3), -0.25 / 3.0));
    assert_eq!(found(&["pairwise"]), (json!(2), 0.375));
    // A rule gave a prediction of nothing 1, so the missing one has 1.
    let a = model(&files, "a", "case,dice,n_truth,n_pred\nx,1,0,0\ny,0.5,8,8\n");
    let b = model(&files, "b", "case,dice,n_truth,n_pred\ny,0.25,8,8\n");
    let compared = compared(&[a, b], &["--missing", "zero"]);
    assert_eq!((&pair(&compared)["n"], number(&pair(&compared)["mean_difference"])), (&json!(2), 0.125));
}

#[test]
fn a_structure_that_is_there_is_not_empty() {
    let files = Files::new();
    let table = |dice: &str| format!("case,dice,n_truth,n_pred\na,,7.0,\nb,{dice},5.0,5\nc,,0.0,0\n");
    let models = [model(&files, "a", &table("0.5")), model(&files, "b", &table("0.75"))];
    assert_eq!(pair(&compared(&models, &["--undefined", "one"]))["n"], 2);
    let other = model(&files, "c", &table("0.75").replace("5.0", "6.0"));
    fails(2, &["not scored against the same truth", "b"], ["compare", &models[0], &other]);
}

#[test]
fn class_0_of_another_tool_is_a_class() {
    let files = Files::new();
    let table = |dice: f64| format!("case,class,dice\na,0,{dice}\nb,0,{dice}\na,1,0.5\nb,1,0.5\n");
    let models = [model(&files, "a", &table(0.5)), model(&files, "b", &table(0.75))];
    let found = compared(&models, &[]);
    assert!(found["comparisons"].as_array().unwrap().iter().any(|pair| pair["class"] == "0" && pair["losses"] == 2));
}

#[test]
fn classes_are_joined_by_label_or_name() {
    let files = Files::new();
    let named =
        model(&files, "a", "case,label,name,dice\na,1,liver,0.5\nb,1,liver,0.5\na,2,spleen,0.5\nb,2,spleen,0.5\n");
    let words = model(&files, "b", "case,organ,dice\na,spleen,0.25\nb,spleen,0.5\na,liver,0.75\nb,liver,0.75\n");
    let numbers = model(&files, "c", "case,label,dice\na,1.0,0.75\nb,1.0,0.75\na,2.0,0.5\nb,2.0,0.5\n");
    let found = compared(&[named, words, numbers], &[]);
    let of = |class: &str, b: &str| -> Value {
        let all = found["comparisons"].as_array().unwrap();
        all.iter().find(|pair| pair["class"] == class && pair["a"] == "a" && pair["b"] == b).unwrap().clone()
    };
    assert_eq!([&of("1", "b")["losses"], &of("1", "c")["losses"], &of("2", "b")["wins"]], [2, 2, 1]);
    assert_eq!(found["voxdice"]["classes"], json!([{"key": "1", "name": "liver"}, {"key": "2", "name": "spleen"}]));
}

#[test]
fn files_of_one_name_are_no_shards() {
    let files = Files::new();
    let table = "case,dice\na,0.5\nb,0.5\n";
    for folder in ["one", "other"] {
        fs::create_dir(files.path(folder)).unwrap();
        fs::write(files.path(&format!("{folder}/scores.csv")), table).unwrap();
    }
    let [one, other] = ["one", "other"].map(|folder| files.path(&format!("{folder}/scores.csv")));
    let (one, other) = (text(&one), text(&other));
    fails(2, &["would both be called scores", "NAME=RESULT"], ["compare", one, other]);
    fails(2, &["would both be called scores"], ["compare", one, &format!("scores={other}")]);
    fine(["compare", &format!("one={one}"), &format!("other={other}")]);
}

#[test]
fn what_counts_for_nobody_is_told() {
    let files = Files::new();
    let a = model(&files, "a", "case,label,dice\na,1,0.5\nb,1,\nc,1,0.5\na,2,0.5\nb,2,0.5\nc,2,0.5\n");
    let b = model(&files, "b", "case,label,dice\na,1,0.5\nb,1,\nc,1,0.75\na,2,0.5\nb,2,0.5\nc,2,0.5\n");
    let found = compared(&[a.clone(), b.clone()], &[]);
    assert!(found["notes"].to_string().contains("Dice of class 1: 1 case without a score that counts of any model: b"));
    let table = fine(["compare", &a, &b]);
    assert!(table.lines().any(|line| line.trim_start().starts_with("1 ") && line.contains("2 of 3")), "{table}");
    let infinite = |name: &str, x: &str| model(&files, name, &format!("case,hd95\na,{x}\nb,1\nc,2\n"));
    let found = compared(&[infinite("x", "inf"), infinite("y", "3")], &[]);
    assert!(found["notes"].to_string().contains("infinite scores are taken as undefined: x 1"), "{}", found["notes"]);
    assert_eq!(pair(&found)["n"], 2);
}

#[test]
fn sentences_without_a_complete_case_have_no_holes() {
    let files = Files::new();
    let models = [model(&files, "a", "case,dice\na,\nb,0.5\n"), model(&files, "b", "case,dice\na,0.5\nb,\n")];
    for test in ["wilcoxon", "sign-flip", "t"] {
        let found = compared(&models, &["--test", test]);
        let method = found["method"].as_str().unwrap();
        assert!(!method.contains("()") && !method.contains("  ") && !method.contains("(exact)"), "{method}");
        assert!(method.contains("p adjusted by Holm;") || method.contains("p adjusted by Holm."), "{method}");
    }
}

#[test]
fn a_list_of_groups_has_two_fields() {
    let files = Files::new();
    let table = "case,dice\na,0.5\nb,0.5\n";
    let models = [model(&files, "a", table), model(&files, "b", table)];
    let list = files.path("groups.csv");
    let [a, b] = &models;
    fs::write(&list, "case,group,site\na,g,x\nb,g,y\n").unwrap();
    fails(2, &["line 1", "two fields"], ["compare", a, b, "--group", text(&list)]);
    fs::write(&list, "case;group\n\"a\";\"g,1\"\nb;g,1\n").unwrap();
    assert_eq!(pair(&compared(&models, &["--group", text(&list)]))["groups"], 1);
}

#[test]
fn students_interval_needs_equal_groups() {
    let files = Files::new();
    let rows = |by: f64| (0..6).map(|i| format!("c{i},{}\n", f64::from(i * i) * by)).collect::<String>();
    let table = |by: f64| format!("case,dice\n{}", rows(by));
    let models = [model(&files, "a", &table(0.01)), model(&files, "b", &table(0.02))];
    let list = files.path("groups.csv");
    let [a, b] = &models;
    fs::write(&list, "c0,g\nc1,g\nc2,g\nc3,g\nc4,h\nc5,h\n").unwrap();
    let more = ["--group", text(&list), "--interval", "t"];
    fails(2, &["unequal numbers of cases", "--interval expanded"], [&["compare", a, b], &more[..]].concat());
    fs::write(&list, "c0,g\nc1,g\nc2,h\nc3,h\nc4,i\nc5,i\n").unwrap();
    assert!(pair(&compared(&models, &more))["interval"][0].is_number());
}

/// Rounding is no change.
#[test]
fn what_changed_is_more_than_rounding() {
    let files = Files::new();
    let a = model(&files, "a", "case,dice\na,0.30000000000000004\nb,0.5\n");
    let b = model(&files, "b", "case,dice\na,0.3\nb,0.25\n");
    let found = compared(&[a, b], &[]);
    assert_eq!(pair(&found)["changed"], json!([{"case": "b", "difference": 0.25}]));
}

/// Bold is who is not significantly worse: also who is better by ranks, though one failure takes the best mean.
#[test]
fn who_wins_by_ranks_is_bold() {
    let files = Files::new();
    let rows = |of: &dyn Fn(usize) -> f64| {
        (0..12).map(|i| format!("c{i},{}\n", of(i))).fold("case,dice\n".to_owned(), |all, row| all + &row)
    };
    let steady = model(&files, "my_steady", &rows(&|_| 0.8));
    let often = model(&files, "often", &rows(&|i| if i == 0 { 0.0 } else { 0.81 + i as f64 / 1000.0 }));
    let worse = model(&files, "worse", &rows(&|i| 0.6 + i as f64 / 1000.0));
    let markdown = fine(["compare", &steady, &often, &worse, "--format", "markdown", "--bootstrap", "0"]);
    assert!(markdown.contains("| my\\_steady |"), "{markdown}");
    let row = markdown.lines().find(|line| line.starts_with("| all |")).unwrap();
    let bold: Vec<bool> = row.split(" | ").skip(1).take(3).map(|cell| cell.starts_with("**")).collect();
    assert_eq!(bold, [true, true, false], "{row}");
}

/// Directions are for scores that there are, each has one, and those that are known stay.
#[test]
fn directions_do_not_contradict_what_is_known() {
    let files = Files::new();
    let table = "case,dice,hd95,mine\na,0.5,1,2\nb,0.75,2,4\n";
    let models = [model(&files, "a", table), model(&files, "b", table)];
    let refused =
        |parts: &[&str], more: &[&str]| fails(2, parts, [&["compare", &models[0], &models[1]], more].concat());
    refused(&["more of dice is better", "--lower-is-better"], &["--lower-is-better", "DSC"]);
    refused(&["less of hd95 is better", "--higher-is-better"], &["--higher-is-better", "HD95"]);
    refused(&["dice is named by --higher-is-better and"], &["--higher-is-better", "DSC", "--lower-is-better", "dice"]);
    refused(&["no model has scores called nope", "dice, hd95, mine"], &["--higher-is-better", "nope"]);
    let found = compared(&models, &["--higher-is-better", "DSC", "--lower-is-better", "mine"]);
    assert_eq!(found["comparisons"].as_array().unwrap().len(), 3);
}

/// With three models a case counts that all of them have a score for, also among those that changed most and as a dot.
#[test]
fn what_changed_counts() {
    let files = Files::new();
    let models = [
        model(&files, "a", "case,dice\na,0.5\nb,0.5\nc,0.5\n"),
        model(&files, "b", "case,dice\na,0.25\nb,0.5625\nc,0.375\n"),
        model(&files, "c", "case,dice\na,\nb,0.5\nc,0.5\n"),
    ];
    let page = files.path("page.html");
    let cases = |more: &[&str]| -> (Vec<String>, usize) {
        let found = compared(&models, &[&["--html", text(&page)], more].concat());
        let changed =
            pair(&found)["changed"].as_array().unwrap().iter().map(|own| own["case"].as_str().unwrap().to_owned());
        let drawn = fs::read_to_string(&page).unwrap();
        let dots = drawn.split("class=\"dots\"").nth(1).unwrap().split("data-c=\"").nth(1).unwrap();
        assert_eq!(pair(&found)["n"], dots.split('"').next().unwrap().split(' ').count());
        (changed.collect(), dots.split('"').next().unwrap().split(' ').count())
    };
    assert_eq!(cases(&[]), (vec!["c".into(), "b".into()], 2));
    assert_eq!(cases(&["--undefined", "last"]).1, 2);
    assert_eq!(cases(&["--undefined", "pairwise"]), (vec!["a".into(), "c".into(), "b".into()], 3));
}

/// A list of groups is read as tables of scores are.
#[test]
fn a_list_of_groups_may_have_remarks() {
    let files = Files::new();
    let table = "case,dice\na,0.5\nb,0.5\nc,0.5\n";
    let models = [model(&files, "a", table), model(&files, "b", table)];
    let list = files.path("groups.csv");
    fs::write(&list, "# patients, by x\n\ncase;group\na;g,1,2\nb;g,1,2\nc;h\n").unwrap();
    assert_eq!(pair(&compared(&models, &["--group", text(&list)]))["groups"], 2);
    fs::write(&list, "# by x\na\tg\nb\tg\n\nb\th\n").unwrap();
    fails(2, &["line 5", "b is there twice"], ["compare", &models[0], &models[1], "--group", text(&list)]);
}

/// A column is called by its name, whatever signs are in it; what is neither file nor column is a pattern.
#[test]
fn groups_are_of_what_their_text_names() {
    let files = Files::new();
    let table = "case,patient-id,dice\na,p,0.5\nb,p,0.5\nc,q,0.5\n";
    let models = [model(&files, "a", table), model(&files, "b", table)];
    assert_eq!(pair(&compared(&models, &["--group", "patient-id"]))["groups"], 2);
    assert_eq!(pair(&compared(&models, &["--group", "[ab]|c"]))["groups"], 3);
    let refused = |parts: &[&str], group: &str| {
        fails(2, parts, ["compare", &models[0], &models[1], "--group", group]);
    };
    refused(&["`groups.csv` of --group is no file and no column of the results", "as a pattern"], "groups.csv");
    refused(&["--group: pat(ient is no file and no column of the results", "is no pattern"], "pat(ient");
    refused(&["no table of scores has a column patient to group cases by"], "patient");
}

/// What pandas writes is compared, and decimal commas are told.
#[test]
fn columns_of_other_programs() {
    let files = Files::new();
    let table = |shift: f64| format!(",,case,dice\n0,0,a,{}\n1,1,b,{}\n", 0.5 + shift, 0.5 - shift);
    let models = [model(&files, "a", &table(0.25)), model(&files, "b", &table(0.0))];
    let found = compared(&models, &[]);
    assert!(
        pair(&found)["metric"] == "dice" && !found["notes"].to_string().contains("not known"),
        "{}",
        found["notes"]
    );
    let comma = model(&files, "c", "case;mine\na;0,91\nb;0,5\n");
    let mine = ["compare", &comma, &comma.replace("c=", "d="), "--metrics", "mine", "--higher-is-better", "mine"];
    fails(2, &["line 2", "`0,91` in column mine is no number; write 0.91"], mine);
    fails(2, &["c has no scores"], ["compare", &comma, &models[0]]);
}

/// A table in percent beside one in fractions.
#[test]
fn scores_that_cannot_be_are_no_comparison() {
    let files = Files::new();
    let fractions = model(&files, "frac", "case,dice\na,0.9\nb,0.8\n");
    let percent = model(&files, "percent", "case,dice,iou\na,0.5,0.5\nb,90,0.5\n");
    let parts = ["percent.csv, line 3", "90 in column dice", "from 0 to 1", "divide the column by 100", "percent"];
    fails(2, &parts, ["compare", &fractions, &percent]);
    // What is not compared is not looked at.
    let other = model(&files, "other", "case,iou\na,0.9\nb,0.8\n");
    assert_eq!(pair(&compared(&[other, percent], &["--metrics", "iou"]))["n"], 2);
}

/// A class that is called 2, and as many notes as there are.
#[test]
fn numbers_in_sentences_are_told_apart() {
    let files = Files::new();
    let a = model(&files, "a", "case,label,dice\nx,1,0.5\nx,2,0.75\ny,1,0.5\ny,2,\nz,1,0.5\nz,2,0.25\n");
    let b = model(&files, "b", "case,label,dice\nx,1,0.5\nx,2,0.75\ny,1,0.5\ny,2,0.5\nz,1,0.5\nz,2,0.25\n");
    let output = run(["compare", &a, &b]);
    assert!(stdout(&output).contains("Dice of class 2: 1 case"), "{}", stdout(&output));
    assert!(stderr(&output).contains("dice of class 2 is undefined"), "{}", stderr(&output));
    // Four classes with a difference that is small and certain.
    let rows = |shift: f64| {
        let of = |i: usize| {
            (1..5).map(move |class| format!("c{i},k{class},{}\n", 0.5 + i as f64 / 100.0 + shift)).collect::<String>()
        };
        format!("case,label,dice\n{}", (0..20).map(of).collect::<String>())
    };
    let [a, b] = [model(&files, "c", &rows(0.001)), model(&files, "d", &rows(0.0))];
    let shown = fine(["compare", &a, &b, "--metrics", "dice"]);
    assert!(shown.contains("2 more comparisons are like this"), "{shown}");
    let only: Vec<String> = [a, b]
        .iter()
        .map(|model| {
            let (name, path) = model.split_once('=').unwrap();
            let rows: String = fs::read_to_string(path)
                .unwrap()
                .lines()
                .filter(|line| !line.contains(",k4,"))
                .map(|line| format!("{line}\n"))
                .collect();
            fs::write(path, rows).unwrap();
            format!("{name}={path}")
        })
        .collect();
    let shown = fine(["compare", &only[0], &only[1]]);
    assert!(shown.contains("1 more comparison is like this"), "{shown}");
}
