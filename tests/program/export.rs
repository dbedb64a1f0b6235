//! The program: what it prints and writes, and every fault with its whole message.

use crate::folder::{Folder, with};

const CORPORA: &str = "--corpora corpora.yaml";
const FIXTURES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/exports");

fn text(name: &str) -> String {
    std::fs::read_to_string(format!("{FIXTURES}/{name}")).unwrap()
}

/// A folder with the mixtures and the manifest that are exported.
fn folder() -> Folder {
    let folder = Folder::empty();
    for name in ["corpora.yaml", "mixture.yaml", "plan.yaml"] {
        folder.write(name, text(name));
    }
    folder
}

#[test]
fn the_list_tells_all_targets() {
    let folder = Folder::empty();
    let json = folder.json("export --list");
    let names: Vec<&str> = json.as_array().unwrap().iter().map(|target| target["name"].as_str().unwrap()).collect();
    assert_eq!(names.len(), 23);
    let table = folder.prints("export --list");
    let documented = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/exports.md")).unwrap();
    for name in &names {
        assert!(table.contains(&format!("\n  {name} ")), "{name}: {table}");
        let detail = folder.prints(&format!("export --list {name}"));
        assert!(detail.starts_with(&format!("{name}\n  read by")) && detail.contains("\n  beware"), "{detail}");
        assert_eq!(folder.json(&format!("export --list {name}"))["name"], *name);
        assert!(documented.contains(&format!("\n| `{name}` | ")), "docs/exports.md does not tell of {name}");
        let rows = folder.prints(&format!("export --list {name} --format csv"));
        assert!(csv::Reader::from_reader(rows.as_bytes()).records().all(|row| row.is_ok()), "{rows}");
    }
    let rows = folder.prints("export --list --format csv");
    assert_eq!(csv::Reader::from_reader(rows.as_bytes()).records().map(Result::unwrap).count(), names.len());
}

#[test]
fn a_file_is_written_or_printed() {
    let folder = folder();
    let printed = folder.prints(&format!("export mixture.yaml --to olmo-core {CORPORA}"));
    let run = folder.run(&format!("export mixture.yaml --to olmo-core {CORPORA} --out olmo.yaml"));
    assert_eq!(folder.read("olmo.yaml"), printed);
    assert!(run.stdout.contains("bücher/日本") && run.stderr.ends_with("note: wrote olmo.yaml\n"), "{}", run.stderr);
    let json = folder.json(&format!("export mixture.yaml --to olmo-core {CORPORA}"));
    assert_eq!((json["text"].as_str(), &json["unit"]), (Some(printed.as_str()), &"tokens".into()));
    assert_eq!(json["notes"].as_array().unwrap().len(), 2);
    let quiet = folder.run(&format!("export mixture.yaml --to olmo-core {CORPORA} --quiet"));
    assert_eq!((quiet.stdout, quiet.stderr.as_str()), (printed, ""));
    let rows = folder.prints(&format!("export mixture.yaml --to olmo-core {CORPORA} --format csv"));
    assert_eq!(rows.lines().next(), Some("stage,domain,dataset,share,epochs"));
}

#[test]
fn each_stage_gets_its_file() {
    let folder = folder();
    folder.prints(&format!("export plan.yaml --to megatron-text {CORPORA} --each-stage --out blend.txt"));
    assert_eq!(
        folder.read("blend.decay.txt"),
        "0.3 /d/code-a_text_document 0.3 /d/code-b_text_document 0.4 /d/web_text_document\n"
    );
    assert!(folder.read("blend.stable.txt").contains("0.6 /d/web_text_document"));
    let one = folder.prints(&format!("export plan.yaml --to megatron-text {CORPORA} --stage decay"));
    assert_eq!(one, folder.read("blend.decay.txt"));
}

#[test]
fn a_file_goes_out_and_back() {
    let folder = folder();
    folder.prints(&format!("export mixture.yaml --to gpt-neox {CORPORA} --valid v=/d/v --out neox.yaml"));
    let run = folder.run(&format!("import neox.yaml {CORPORA} --out back.yaml --name again"));
    assert_eq!(run.code, 0, "{}", run.stderr);
    assert!(run.stderr.starts_with("note: read as gpt-neox"), "{}", run.stderr);
    let back = folder.json("show back.yaml");
    assert_eq!((&back["unit"], &back["kind"], &back["name"]), (&"tokens".into(), &"given".into(), &"again".into()));
    assert_eq!(back["source"], "neox.yaml (gpt-neox)");
    assert!((back["weights"]["code"].as_f64().unwrap() - 0.449600384).abs() < 1e-9);
    assert!(folder.prints("import neox.yaml").contains("\nweights:\n"));
}

#[test]
fn exports_that_are_refused() {
    let folder = folder();
    folder.write("nothing.yaml", with(&text("corpora.yaml"), "      nanotron: [/d/nanoset/web]\n", ""));
    folder.write("uncounted.yaml", with(&text("corpora.yaml"), "    documents: 50\n", ""));
    folder.write("twice.yaml", with(&text("corpora.yaml"), "regmix: [train_code]", "regmix: [train_web]"));
    folder.write("spaced.yaml", with(&text("corpora.yaml"), "/d/web_text_document", "/d/web text"));
    folder.write("number.yaml", with(&text("corpora.yaml"), "/d/web_text_document", "\"2024\""));
    folder.write("comma.yaml", with(&text("corpora.yaml"), "llama-factory: [web]", "llama-factory: [\"web,books\"]"));
    folder.write("without.yaml", "mixopt_corpora: 1\ndomains: {web: {tokens: 1}, cod: {tokens: 1}}\n");
    for (code, arguments, expected) in [
        (
            2,
            "mixture.yaml --to megatrom",
            "unknown target `megatrom`, did you mean `megatron`?; `mixopt export --list` shows all",
        ),
        (
            2,
            "plan.yaml --to olmix",
            "the mixture has stages (stable, decay) but a file for olmix holds one mixture; choose one with `--stage NAME`, or write one file per stage with `--each-stage --out FILE`",
        ),
        (2, "plan.yaml --to olmix --stage end", "no stage `end`; the mixture has stable, decay"),
        (2, "mixture.yaml --to csv --stage end", "no stage `end`; the mixture has none"),
        (
            2,
            "plan.yaml --to nanotron --corpora corpora.yaml",
            "nanotron starts stages at steps, but the mixture file counts tokens; give `--tokens-per-step N`, or `--batch-size N --sequence-length N`",
        ),
        (
            1,
            "plan.yaml --to nanotron --corpora corpora.yaml --tokens-per-step 1G",
            "stages `stable` and `decay` both start at step 1 of 1000000000 tokens; give fewer tokens per step or longer stages",
        ),
        (
            2,
            "plan.yaml --to levanter --batch-size 8",
            "--batch-size 8: expected `--sequence-length` as well, which gives the tokens per step",
        ),
        (2, "plan.yaml --to levanter --tokens-per-step 0", "--tokens-per-step 0: expected a whole number above 0"),
        (
            2,
            "mixture.yaml --to levanter --corpora corpora.yaml --block-size 65536",
            "--block-size 65536: expected a whole number from 1 to 65535",
        ),
        (2, "mixture.yaml --to csv --budget 0", "--budget 0: expected a number of tokens above 0"),
        (2, "mixture.yaml --to csv --valid web", "--valid web: expected NAME=PATH,… with a name not used before"),
        (
            2,
            "mixture.yaml --to olmo-core",
            "shares of characters cannot be converted to shares of tokens without counts; give them with `--corpora FILE`",
        ),
        (
            1,
            "mixture.yaml --to nanotron --corpora nothing.yaml",
            "1 domain has no folder for nanotron: web; add to each of them in nothing.yaml, for example,\n  trainers:\n    nanotron: [/data/web]",
        ),
        (
            1,
            "mixture.yaml --to lingua --corpora uncounted.yaml",
            "domain `bücher/日本` has no documents in uncounted.yaml, which shares of documents need; add it there or run `mixopt corpora count uncounted.yaml`",
        ),
        (
            1,
            "plan.yaml --to olmo-core --stage decay --corpora without.yaml",
            "without.yaml: no domain `code` (did you mean `cod`?); add it, or leave it out of the mixture with `--exclude code`",
        ),
        (
            1,
            "mixture.yaml --to regmix --valid v=v --corpora twice.yaml",
            "domains `code` and `web` are both `train_web` for regmix; give each its own file prefix",
        ),
        (
            2,
            "mixture.yaml --to megatron --corpora corpora.yaml",
            "megatron needs validation data as well as training data; give it with `--valid NAME=PATH,…`; or export to `megatron-text` or `megatron-arguments` and let Megatron split (`--split 99,1,0`)",
        ),
        (
            2,
            "mixture.yaml --to gpt-neox --corpora corpora.yaml",
            "gpt-neox needs validation data as well as training data; give it with `--valid NAME=PATH,…`",
        ),
        (
            2,
            "mixture.yaml --to regmix --corpora corpora.yaml",
            "regmix needs validation data as well as training data; give it with `--valid NAME=PATH,…`",
        ),
        (
            1,
            "mixture.yaml --to megatron-text --corpora spaced.yaml",
            "megatron-text: domain `web` is `/d/web text`, which has a space, and the file's reader splits words at spaces; export to the JSON of `megatron`, or give the data another name",
        ),
        (
            1,
            "mixture.yaml --to megatron-arguments --corpora number.yaml",
            "megatron-arguments: domain `web` is `2024`, which looks like a number in a list of weights and prefixes; write the prefix with its folder, `./` before it for the current one",
        ),
        (
            1,
            "mixture.yaml --to llama-factory --corpora comma.yaml",
            "llama-factory: domain `web` is `web,books`, which has a comma or a leading or trailing space, and the file's reader splits names at commas; give the dataset another name in dataset_info.json and in the manifest",
        ),
        (
            2,
            "plan.yaml --to dolma --unit tokens --stage decay",
            "dolma needs the number of documents of each domain; give a manifest that has it with `--corpora FILE`",
        ),
        (1, "missing.yaml --to csv", "cannot read missing.yaml: No such file or directory (os error 2)"),
        (1, "mixture.yaml --to csv --out no/x.csv", "cannot write no/x.csv: no directory no; create it first"),
    ] {
        assert_eq!(folder.refuses(code, &format!("export {arguments}")), expected, "{arguments}");
    }
}

#[test]
fn published_mixtures_are_exported_by_name() {
    let folder = Folder::empty();
    let printed = folder.prints("export llama_1 --to csv");
    assert!(
        printed.starts_with("domain,share_of_tokens\n") && printed.contains("\nstack_exchange,0.02\n"),
        "{printed}"
    );
    let message = folder.refuses(2, "export lama_1 --to csv");
    assert!(message.starts_with("unknown mixture `lama_1`, did you mean `llama_1`?"), "{message}");
}

#[test]
fn mixtures_are_written_as_json_and_read_back() {
    let folder = folder();
    folder.write("shares.yaml", "web: 0.7\ncode: 0.3\n");
    folder.prints("import shares.yaml --unit tokens --out mixture.json");
    let json: serde_json::Value = serde_json::from_str(&folder.read("mixture.json")).unwrap();
    assert_eq!(json["weights"]["web"], 0.7);
    folder.prints("import shares.yaml --unit tokens --out same.yaml");
    assert_eq!(folder.json("show mixture.json"), folder.json("show same.yaml"));
    for ending in ["json", "yaml"] {
        folder.prints(&format!("fit --target mmlu --refits 0 --out fitted.{ending}"));
    }
    assert!(folder.read("fitted.json").starts_with("{\n  \"mixopt_mixture\": 1,\n"));
    assert_eq!(folder.json("show fitted.json"), folder.json("show fitted.yaml"));
    let message = folder.refuses(2, "import mixture.json");
    assert_eq!(message, "mixture.json: this is already a mixture file; use it wherever a mixture is expected");
}

#[test]
fn a_blend_without_weights_is_as_large_as_its_datasets() {
    let folder = folder();
    folder.write("blend.txt", "/d/web_text_document /d/bücher_text_document\n");
    // 2,000,000 and 100,000 tokens.
    let printed = folder.prints("import blend.txt --corpora corpora.yaml");
    assert!(printed.contains("web: 0.952380952\n") && printed.contains(": 0.047619048\n"), "{printed}");
    assert_eq!(
        folder.refuses(2, "import blend.txt"),
        "blend.txt: Megatron-LM blends prefixes without weights in proportion to the sizes of their datasets; give a manifest with the tokens of each domain with `--corpora FILE`, or write weights into the file"
    );
}

#[test]
fn too_many_datasets_are_refused() {
    let folder = Folder::empty();
    let mut many = "mixopt_mixture: 1\nunit: tokens\nkind: given\nweights:\n".to_string();
    for domain in 0..40_000 {
        many += &format!("  d{domain}: 0.000025\n");
    }
    folder.write("many.yaml", many);
    let found = folder.refuses(1, "export many.yaml --to megatron-text");
    assert_eq!(found, "megatron-text takes at most 32766 datasets, and the mixture has 40000 with a share above zero");
}

#[test]
fn arguments_that_the_parser_refuses() {
    let folder = folder();
    for arguments in
        ["export", "export mixture.yaml", "export --to csv", "export plan.yaml --to csv --each-stage", "import"]
    {
        let run = folder.run(arguments);
        assert_eq!(run.code, 2, "{arguments}: {}", run.stderr);
    }
}

#[test]
fn imports_that_are_refused() {
    let folder = folder();
    for (name, content) in [
        ("other.json", "{\"rows\": 3}"),
        ("broken.json", "{\"train\": ["),
        ("odd.json", "{\"train\": [0.5, \"/d/a\", 0.5]}"),
        ("negative.yaml", "data: {sources: {a: 0.5, b: -1}}"),
        ("nan.yaml", "data: {sources: {a: .nan}}"),
        ("zero.yaml", "data: {sources: {a: 0, b: 0}}"),
        ("lists.yaml", "train-data-paths: [a, b]\ntrain-data-weights: [1.0]\n"),
        ("key.yaml", "sources:\n- source_name: web\n"),
        ("two.yaml", "mix: {a: 1}\ndata: {sources: {a: 1}}\n"),
        ("steps.yaml", "data: {train_weights: [[0, {a: 1}], [10, {a: 1}]]}"),
        ("late.yaml", "data: {train_weights: [[5, {a: 1}]]}"),
        ("same.yaml", "data: {train_weights: [[0, {a: 1}], [0, {a: 1}]]}"),
        ("words.txt", "0.5 /d/a 0.5\n/d/b x /d/c"),
        ("table.csv", "domain,share_of_tokens\nweb,half\n"),
        ("unit.csv", "domain,share_of_words\nweb,1\n"),
        ("short.csv", "domain,share\nweb\n"),
        ("unknown.yaml", "train: {train_wab: 1.0}\nvalid: {v: 1.0}\n"),
        ("epochs.yaml", "splits: {train: {blend_epochized: [{repetitions: 2, path: ./web}]}}"),
    ] {
        folder.write(name, content);
    }
    folder.write("shared.yaml", with(&text("corpora.yaml"), "regmix: [train_code]", "regmix: [train_web]"));
    folder.write("regmix.yaml", "train: {train_web: 1.0}\nvalid: {v: 1.0}\n");
    for (code, arguments, expected) in [
        (1, "missing.json", "cannot read missing.json: No such file or directory (os error 2)"),
        (
            2,
            "other.json",
            "other.json: no format that this program reads has these keys; give its format with `--from TARGET`",
        ),
        (
            2,
            "two.yaml",
            "two.yaml: several formats have these keys; give its format with `--from TARGET` (it could be olmix, lingua)",
        ),
        (
            2,
            "other.json --from megatrn",
            "unknown target `megatrn`, did you mean `megatron`?; `mixopt export --list` shows all",
        ),
        (
            2,
            "other.json --from dolma",
            "dolma can be written but not read; formats that can be read: megatron, megatron-text, megatron-arguments, nemo, bridge, energon, olmo-core, olmix, levanter, marin, llm-foundry, nanotron, lingua, gpt-neox, regmix, llama-factory, huggingface-yaml, axolotl, plain, csv",
        ),
        (
            1,
            "broken.json",
            "broken.json: EOF while parsing a list at line 1 column 11; expected JSON or YAML with weights",
        ),
        (1, "other.json --from megatron", "other.json: no `train`; expected `train` with weights or names"),
        (1, "odd.json", "odd.json, `train`: a list of 3; expected pairs of a weight and a path"),
        (1, "negative.yaml", "negative.yaml, `data.sources.b`: -1; expected a weight: a number of at least 0"),
        (
            1,
            "nan.yaml",
            "nan.yaml: line 1: non-finite float `.nan` rejected by the configured policy; expected JSON or YAML with weights",
        ),
        (1, "zero.yaml", "zero.yaml: weights that sum to 0; expected weights with at least one above 0"),
        (
            1,
            "lists.yaml",
            "lists.yaml, `train-data-weights`: 1 weights; expected as many as there are names in `train-data-paths`: 2",
        ),
        (1, "key.yaml", "key.yaml, `sources[0]`: no `target_ratio`; expected `target_ratio` with weights or names"),
        (
            2,
            "steps.yaml",
            "steps.yaml: its stages start at steps, but a mixture file counts tokens; give `--tokens-per-step N` and, for the last stage, `--budget TOKENS`",
        ),
        (
            2,
            "steps.yaml --tokens-per-step 10",
            "steps.yaml: its stages start at steps, but a mixture file counts tokens; give `--tokens-per-step N` and, for the last stage, `--budget TOKENS`",
        ),
        (
            2,
            "steps.yaml --tokens-per-step 10 --budget 100",
            "--budget 100: the last stage starts after 100 tokens; expected more",
        ),
        (
            1,
            "late.yaml --tokens-per-step 10 --budget 100",
            "late.yaml: a first stage that does not start at the beginning; expected consecutive stages, starting at the beginning",
        ),
        (
            1,
            "same.yaml --tokens-per-step 10 --budget 100",
            "same.yaml: a stage from 0 to 0 tokens; expected consecutive stages, starting at the beginning",
        ),
        (1, "words.txt --from megatron-text", "words.txt, line 2: `x`; expected a weight: a number of at least 0"),
        (1, "table.csv", "table.csv, line 2: `half`; expected a share: a number of at least 0"),
        (
            1,
            "unit.csv",
            "unit.csv, line 1: shares of `words`; expected shares of characters, bytes, tokens or documents",
        ),
        (
            1,
            "short.csv",
            "short.csv, line 2: a row of another length than the header; expected as many fields as in the header",
        ),
        (
            1,
            "epochs.yaml",
            "epochs.yaml, `splits.train.blend_epochized`: repetitions; expected `blend` with weights, which give shares",
        ),
        (
            1,
            "unknown.yaml --corpora corpora.yaml",
            "unknown.yaml, `train.train_wab`: no domain of corpora.yaml has the name `train_wab` for regmix (did you mean `train_web`?); add it under the domain's `trainers`, or omit `--corpora` to use names as they are",
        ),
        (
            1,
            "regmix.yaml --corpora shared.yaml",
            "regmix.yaml, `train.train_web`: `train_web` belongs to the domains web, code of shared.yaml; give each its own",
        ),
    ] {
        assert_eq!(folder.refuses(code, &format!("import {arguments}")), expected, "{arguments}");
    }
}
