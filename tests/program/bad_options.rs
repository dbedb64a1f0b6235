//! Arguments that cannot be used end with exit code 2, studies that are too small with 1.

use crate::folder::{BPC, FILES, Folder, MODELS, QUICK, SCORES, with};

fn fit() -> String {
    format!("fit --target reading {FILES}")
}

#[test]
fn unknown_names_come_with_the_nearest_and_the_list() {
    let folder = Folder::with_study();
    let targets = "arc_challenge, coding, ds1000, gsm8k, hellaswag, hendrycks_math, humaneval, knowledge, math, mbpp, \
                   mmlu, mmlu_math, mmlu_multiple_choice, nq, overall, sat_math, triviaqa";
    let domains = "common_crawl, python, arxiv_math";
    for (arguments, expected) in [
        ("fit --target mlu", format!("unknown target `mlu`, did you mean `mmlu`?; known: {targets}")),
        ("correlate --target mlu", format!("unknown target `mlu`, did you mean `mmlu`?; known: {targets}")),
        (
            "fit --target mmlu --study huang",
            "unknown study `huang`, did you mean `huang2024`?; known: huang2024".into(),
        ),
        ("targets --study x", "unknown study `x`; known: huang2024".into()),
        (
            "fit --target mmlu --bound pyton=0.2",
            format!("unknown domain `pyton`, did you mean `python`?; known: {domains}"),
        ),
        (
            "fit --target mmlu --exclude pyton",
            format!("unknown domain `pyton`, did you mean `python`?; known: {domains}"),
        ),
        (
            "fit --target mmlu --family-column makers",
            "unknown column `makers`; known: model, family, creator, parameters_b, category".into(),
        ),
        (
            "fit --target mmlu --control log_parmeters",
            "unknown numeric column of the models table `log_parmeters`, did you mean `log_parameters`?; known: \
             log_parameters, parameters"
                .into(),
        ),
    ] {
        assert_eq!(folder.refuses(2, arguments), expected);
    }
    let message = folder.refuses(2, "fit --target mmlu --exclude-models Llama");
    assert!(
        message.starts_with("unknown model `Llama`, did you mean `Llama-1-7b`?; known: Deepseek-llm-7b, "),
        "{message}"
    );
    let message = folder.refuses(2, "fit --target mmlu --drop-family qwen");
    assert!(message.starts_with("unknown family `qwen`, did you mean `Qwen`?; known: CodeLlama, "), "{message}");
    let message = folder.refuses(2, &format!("fit --target mmlu {FILES}"));
    assert_eq!(message, "unknown target `mmlu`; known: coding, reading");
    let message = folder.refuses(2, &format!("{} --metric read=error", fit()));
    assert_eq!(message, "unknown benchmark `read`, did you mean `reading`?; known: reading, coding");
}

#[test]
fn bounds_that_clash_are_named() {
    let folder = Folder::empty();
    for (bounds, expected) in [
        (
            "--min-weight 0.5",
            "the least weights add up to 1.5, more than 1: common_crawl 0.5, python 0.5, arxiv_math 0.5; lower some of them",
        ),
        (
            "--max-weight 0.25",
            "the greatest weights add up to 0.75, less than 1: common_crawl 0.25, python 0.25, arxiv_math 0.25; raise \
             some of them or keep more domains",
        ),
        (
            "--bound python=0.75.. --bound common_crawl=0.5..",
            "the least weights add up to 1.25, more than 1: common_crawl 0.5, python 0.75; lower some of them",
        ),
        (
            "--bound *=0.25",
            "the greatest weights add up to 0.75, less than 1: common_crawl 0.25, python 0.25, arxiv_math 0.25; raise \
             some of them or keep more domains",
        ),
        (
            "--bound python=0.7..0.3",
            "domain `python` must weigh at least 0.7 and at most 0.3; lower the first or raise the second",
        ),
        (
            "--min-weight 0.3 --max-weight 0.2",
            "domain `common_crawl` must weigh at least 0.3 and at most 0.2; lower the first or raise the second",
        ),
        ("--max-weight 1.5", "the greatest weight of domain `common_crawl` is 1.5; a weight is a share from 0 to 1"),
        ("--min-weight -0.5", "the least weight of domain `common_crawl` is -0.5; a weight is a share from 0 to 1"),
        ("--bound python=nan", "the least weight of domain `python` is NaN; a weight is a share from 0 to 1"),
    ] {
        assert_eq!(folder.refuses(2, &format!("fit --target mmlu {bounds}")), expected, "{bounds}");
    }
    let form = "expected NAME=MIN..MAX, NAME=MIN.., NAME=..MAX or NAME=SHARE";
    for (bound, problem) in [
        ("python", "`=` is missing"),
        ("python=", "the range is missing"),
        ("python=a..b", "`a` is not a number"),
        ("python=0.2..0.3..0.4", "`0.3..0.4` is not a number"),
    ] {
        let message = folder.refuses(2, &format!("fit --target mmlu --bound {bound}"));
        assert_eq!(message, format!("--bound `{bound}`: {problem}; {form}"));
    }
}

#[test]
fn options_must_make_sense_together() {
    let folder = Folder::with_study();
    for (arguments, expected) in [
        (
            "fit --target reading --scores scores.csv",
            "--scores `scores.csv`: scores cannot be fitted without compression; expected `--bpc FILE` as well",
        ),
        (
            "fit --target reading --bpc bpc.csv --scores scores.csv --control year",
            "--control `year`: no models table; expected `--models FILE` with that column, or `--control none`",
        ),
        (
            "fit --target reading --bpc bpc.csv --scores scores.csv --family-column year",
            "--family-column `year`: no models table; expected `--models FILE` as well",
        ),
        (
            "fit --target mmlu --exclude python --exclude *_*",
            "--exclude `python,*_*`: no domain of common_crawl, python, arxiv_math is left; expected fewer domains, so \
             that at least one is left",
        ),
        (
            "correlate --exclude *",
            "--exclude `*`: no domain of common_crawl, python, arxiv_math is left; expected fewer domains, so that at \
             least one is left",
        ),
        (
            "fit --target mmlu, ",
            "--target `mmlu,`: a name is missing; expected a name, `a,b` for their average or `a=0.7,b=0.3` for a \
             weighted one",
        ),
        (
            "fit --target mmlu=x",
            "--target `mmlu=x`: `x` is not a number; expected a name, `a,b` for their average or `a=0.7,b=0.3` for a \
             weighted one",
        ),
    ] {
        assert_eq!(folder.refuses(2, arguments), expected);
    }
    for (option, expected) in [
        (
            "--metric reading",
            "--metric `reading`: `=` is missing; expected PATTERN=accuracy|error|perplexity|score|loss",
        ),
        (
            "--metric reading=recall",
            "--metric `reading=recall`: `recall` is unknown; expected PATTERN=accuracy|error|perplexity|score|loss",
        ),
        (
            "--scale reading=permille",
            "--scale `reading=permille`: `permille` is unknown; expected PATTERN=fraction|percent",
        ),
        (
            "--bpc-unit bits_per_char",
            "--bpc-unit `bits_per_char`: not a unit, did you mean `bits_per_character`?; expected bits_per_character or \
             bits_per_byte",
        ),
    ] {
        assert_eq!(folder.refuses(2, &format!("{} {option}", fit())), expected);
    }
    // What the parser of arguments refuses.
    for arguments in [
        "fit",
        "fit --target mmlu --threads 0",
        "fit --target mmlu --missing drop",
        "fit --target mmlu --replicates 1",
        "fit --target mmlu --out-mixture optimum",
        "targets --bpc bpc.csv",
        "schema x",
        "completions x",
        "show",
        "fit --target mmlu -q -v",
    ] {
        folder.refuses(2, arguments);
    }
    assert_eq!(folder.run("").code, 2);
}

#[test]
fn a_control_needs_a_value_for_every_model() {
    let folder = Folder::with_study();
    folder.write("models.csv", with(MODELS, "a-7b,a,7,2022", "a-7b,a,7,"));
    let message = folder.refuses(2, &format!("{} --control year", fit()));
    assert_eq!(
        message,
        "--control `year`: no value for a-7b; expected a column that every model has; fill it or exclude these models \
         with `--exclude-models`"
    );
    folder.write("models.csv", with(MODELS, "a-7b,a,7,2022", "a-7b,a,7,-1"));
    let message = folder.refuses(2, &format!("{} --control log_year", fit()));
    assert_eq!(
        message,
        "--control `log_year`: the value of `a-7b` is -1, which has no logarithm; expected a column with values above 0, \
         or the column itself without `log_`"
    );
    folder.prints(&format!("{} --control year", fit()));
}

#[test]
fn missing_cells_follow_the_rule() {
    let folder = Folder::with_study();
    folder.write("bpc.csv", with(&with(BPC, "0.62", "NaN"), "0.58", ""));
    let message = folder.refuses(1, &format!("{} --missing error", fit()));
    assert_eq!(
        message,
        "bits per character are missing in 2 cells: a-7b on books, c-3b on code; fill them, or choose `--missing \
         drop-model` or `--missing drop-domain`"
    );
    let domains = folder.json(&format!("{} --missing drop-domain", fit()));
    assert_eq!(domains["models"], 7);
    assert_eq!(domains["dropped_domains"][0]["name"], "code");
    assert_eq!(domains["dropped_domains"][1]["reason"], "not measured for a-7b");
    let models = folder.json(&format!("{} --missing drop-model", fit()));
    assert_eq!(models["models"], 5);
    assert_eq!(models["dropped_models"][0]["name"], "a-7b");
    assert_eq!(models["dropped_models"][0]["reason"], "not measured on books");
    folder.write(
        "bpc.csv",
        BPC.lines()
            .map(|line| line.to_string() + ",\n")
            .collect::<String>()
            .replacen(",\n", ",sparse\n", 1)
            .replace("0.79,0.52,0.69,\n", "0.79,0.52,0.69,0.7\n"),
    );
    let message = folder.refuses(1, &fit());
    assert!(
        message.starts_with("too few models left: 1; at least 5 are needed (dropped: a-1b: not measured on sparse; "),
        "{message}"
    );
    let first = message.lines().next().unwrap();
    assert!(first.ends_with("or drop the domains instead with `--missing drop-domain`"), "{message}");
}

#[test]
fn too_small_a_study_is_refused() {
    let folder = Folder::with_study();
    let message = folder.refuses(1, &format!("{} --include-models a-*,b-*", fit()));
    assert_eq!(
        message,
        "too few models left: 4; at least 5 are needed (dropped: c-3b: not among the models to include; c-9b: not \
         among the models to include; d-2b: not among the models to include); add models, or drop fewer\n  \
         note: read as percent, converted to fractions: reading, coding"
    );
    let message = folder.refuses(1, "correlate --exclude-models *");
    assert!(message.starts_with("too few models left: 0; at least 3 are needed"), "{message}");
    let one_family = MODELS.replace(",b,", ",a,").replace(",c,", ",a,").replace(",d,", ",a,");
    folder.write("models.csv", one_family);
    assert_eq!(
        folder.refuses(1, &fit()),
        "too few families left: 1; at least 2 are needed; add models of other families, or correct the family column"
    );
    let constant: String = SCORES
        .lines()
        .map(|line| match line.split_once(',') {
            Some((model, _)) if model != "model" => format!("{model},40,\n"),
            _ => format!("{line}\n"),
        })
        .collect();
    let folder = Folder::with_study();
    folder.write("scores.csv", constant);
    assert_eq!(
        folder.refuses(1, &fit()),
        "target `reading` is 0.4 for all 7 models, so nothing can correlate with it; choose another target or more models"
    );
}

#[test]
fn models_of_one_table_only_are_told_with_the_nearest_name() {
    let folder = Folder::with_study();
    folder.write("scores.csv", with(SCORES, "b-7b", "b7b"));
    let found = folder.json(&fit());
    assert_eq!(found["models"], 6);
    let dropped = |index: usize| {
        (found["dropped_models"][index]["name"].as_str(), found["dropped_models"][index]["reason"].as_str())
    };
    assert_eq!(dropped(0), (Some("b-7b"), Some("no scores under this name (is it `b7b`? If so, use `--aliases`)")));
    assert_eq!(
        dropped(1),
        (Some("b7b"), Some("no bits per character under this name (is it `b-7b`? If so, use `--aliases`)"))
    );
    let table = folder.prints(&fit());
    assert!(table.contains("Left out: 2 models"), "{table}");
    let inputs = folder.prints(&format!("{} -v inputs", fit()));
    assert!(inputs.contains("is it `b7b`?"), "{inputs}");

    folder.write("scores.csv", SCORES.replace("a-", "A ").replace("b-", "B "));
    let message = folder.refuses(1, &fit());
    assert!(
        message.starts_with(
            "too few models left: 3; at least 5 are needed (dropped: a-1b: no scores under this name (is it `A 1b`?"
        ),
        "{message}"
    );

    folder.write("aliases.csv", "alias,model\nA 1b,a-1b\nA 7b,a-7b\nB 1b,b-1b\nB 7b,b-7b\n");
    let found = folder.json(&format!("{} --aliases aliases.csv", fit()));
    assert_eq!(found["models"], 7);
    assert_eq!(found["dropped_models"].as_array().unwrap().len(), 0);
    folder.write("aliases.csv", "alias,name\nA 1b,a-1b\n");
    let message = folder.refuses(1, &format!("{} --aliases aliases.csv", fit()));
    assert_eq!(message, "aliases.csv: columns alias, name; expected the columns `alias` and `model`");
}

#[test]
fn selections_work_on_the_program_s_own_study() {
    let folder = Folder::empty();
    let found = folder.json(&format!("fit --target math --drop-family Qwen --exclude python {QUICK}"));
    assert_eq!(found["dropped_domains"][0]["name"], "python");
    assert!(!found["family_names"].as_array().unwrap().contains(&"Qwen".into()));
    assert!(found["optimum"]["weights"].get("python").is_none());
}
