//! The first screen of a fit: its length and width, and that the README shows the real one.

use crate::folder::Folder;

/// What is printed at a width, on standard output.
fn printed(folder: &Folder, arguments: &str, columns: usize) -> String {
    let output = assert_cmd::Command::new(env!("CARGO_BIN_EXE_mixopt"))
        .args(arguments.split_whitespace())
        .current_dir(folder.path())
        .env("NO_COLOR", "1")
        .env("COLUMNS", columns.to_string())
        .output()
        .unwrap();
    assert!(output.status.success(), "{arguments}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// Twenty-four models of eight families on thirty domains with long names.
fn many_domains(folder: &Folder) -> String {
    let mut bits = "model".to_string();
    (0..30).for_each(|d| bits += &format!(",a domain of text with a rather long name {d}"));
    bits.push('\n');
    let mut scores = "model,reading\n".to_string();
    let mut models = "model,family,parameters_b\n".to_string();
    for model in 0..24_u32 {
        let skill = f64::from(model * 7 % 24) / 24.0;
        let noise = |d: u32| f64::from((model * 31 + d * 17 + model * d * 5) % 23) / 230.0;
        bits += &format!("m{model}");
        (0..30).for_each(|d| bits += &format!(",{}", 1.2 - 0.2 * skill + noise(d)));
        bits.push('\n');
        scores += &format!("m{model},{}\n", 0.3 + 0.4 * skill + noise(40) / 2.0);
        models += &format!("m{model},f{},{}\n", model % 8, 1 + model % 5);
    }
    folder.write("bpc.csv", bits);
    folder.write("scores.csv", scores);
    folder.write("models.csv", models);
    "--bpc bpc.csv --scores scores.csv --models models.csv --target reading".to_string()
}

#[test]
fn a_fit_is_answered_on_one_screen() {
    let folder = Folder::empty();
    let many = many_domains(&folder);
    let prior = "mixopt_mixture: 1\nunit: characters\nkind: given\nname: today\nweights: { common_crawl: 0.5, python: 0.3, arxiv_math: 0.2 }\n";
    folder.write("today.yaml", prior);
    for arguments in [
        "--target mmlu",
        "--target gsm8k",
        "--target mmlu --prior today.yaml",
        "--target mmlu,gsm8k --objective worst",
        "--target hendrycks_math --tried all",
        "--target math --max-weight 0.5 --drop-family Qwen",
        "--target mmlu --estimator sign_cdf",
        "--target coding --refits 0",
        many.as_str(),
    ] {
        let text = printed(&folder, &format!("fit {arguments}"), 80);
        let lines: Vec<&str> = text.lines().collect();
        assert!(lines.len() <= 40, "{arguments}: {} lines\n{text}", lines.len());
        // Commands are one line each, to be copied.
        for line in lines.iter().filter(|line| !line.contains("mixopt fit ")) {
            assert!(line.chars().count() <= 80, "{arguments}: {line}");
        }
        assert!(text.contains("Train on") || text.contains("Keep"), "{text}");
        assert!(text.contains("\nShares\n") && text.contains("next: mixopt "), "{text}");
    }
}

#[test]
fn tables_follow_the_width() {
    let folder = Folder::empty();
    let many = many_domains(&folder);
    for columns in [80, 120, 200] {
        for arguments in [format!("fit {many} -v all"), format!("correlate {}", many.replace(" --target reading", ""))]
        {
            let text = printed(&folder, &arguments, columns);
            let widest =
                text.lines().filter(|line| !line.contains("mixopt fit ")).map(|line| line.chars().count()).max();
            assert!(widest.unwrap() <= columns, "{arguments} at {columns}: {widest:?}\n{text}");
        }
    }
    let screens = [80, 120, 200].map(|columns| printed(&folder, "fit --target mmlu", columns));
    let expected = [
        include_str!("../data/screens/mmlu_80.txt"),
        include_str!("../data/screens/mmlu_120.txt"),
        include_str!("../data/screens/mmlu_200.txt"),
    ];
    for (screen, expected) in screens.iter().zip(expected) {
        assert_eq!(screen, expected);
    }
}

#[test]
fn the_readme_shows_what_is_printed() {
    let readme = include_str!("../../README.md");
    let (_, after) = readme.split_once("```text\n").unwrap();
    let (shown, _) = after.split_once("```\n").unwrap();
    assert_eq!(shown, printed(&Folder::empty(), "fit --target mmlu", 100));
}

#[test]
fn sections_are_printed_by_name() {
    let folder = Folder::empty();
    let all = printed(&folder, "fit --target mmlu -v", 100);
    assert_eq!(all, printed(&folder, "fit --target mmlu -v all", 100));
    for (section, heading) in [
        ("mixture", "How the recommendation was made"),
        ("stability", "Shares in full"),
        ("benchmarks", "How well each tracks the target"),
        ("families", "On unseen families: 5 folds, 10 times"),
        ("chance", "Permutation test"),
        ("influence", "What each family and model does"),
        ("domains", "carry"),
        ("power", "With fewer families"),
        ("inputs", "Models left out"),
    ] {
        let one = printed(&folder, &format!("fit --target mmlu -v {section}"), 100);
        assert!(one.contains(heading) && all.contains(heading), "{section}: {one}");
        assert!(one.len() < all.len());
    }
    assert_eq!(folder.run("fit --target mmlu -v everything").code, 2);
}
