"""Small models and tasks for the evaluators, made with fixed seeds: no hub is asked."""

import json
import pathlib
import random
import shutil

MODELS = ["amber", "birch", "cedar", "dogwood", "elm", "fir"]
WORDS = "stone river cloud maple copper lantern window garden silver harbor winter meadow".split()

HARNESS_TASKS = {
    "local_animals": """
task: local_animals
dataset_path: json
dataset_kwargs:
  data_files: {train: "FOLDER/shots.jsonl", test: "FOLDER/animals.jsonl"}
test_split: test
fewshot_split: train
output_type: multiple_choice
doc_to_text: "{{question}}"
doc_to_choice: "{{choices}}"
doc_to_target: answer
metric_list:
  - {metric: acc, aggregation: mean, higher_is_better: true}
  - {metric: acc_norm, aggregation: mean, higher_is_better: true}
metadata: {version: 1.0}
""",
    "local_plants": """
include: local_animals.yaml
task: local_plants
dataset_kwargs:
  data_files: {train: "FOLDER/shots.jsonl", test: "FOLDER/plants.jsonl"}
""",
    "local_suite": """
group: local_suite
task: [local_animals, local_plants]
aggregate_metric_list:
  - {metric: acc, aggregation: mean, weight_by_size: true}
  - {metric: acc_norm, aggregation: mean, weight_by_size: false}
metadata: {version: 1.0}
""",
    "local_shelf": """
group: local_shelf
task: [local_suite, local_judged]
""",
    "local_judged": """
task: local_judged
dataset_path: json
dataset_kwargs:
  data_files: {test: "FOLDER/judged.jsonl"}
test_split: test
output_type: multiple_choice
doc_to_text: "{{question}}"
doc_to_choice: [" no", " yes"]
doc_to_target: answer
metric_list:
  - {metric: mcc}
  - {metric: f1}
metadata: {version: 1.0}
""",
    "local_prose": """
task: local_prose
dataset_path: json
dataset_kwargs:
  data_files: {test: "FOLDER/prose.jsonl"}
test_split: test
output_type: loglikelihood_rolling
doc_to_text: ""
doc_to_target: "{{text}}"
metric_list:
  - {metric: word_perplexity}
  - {metric: byte_perplexity}
  - {metric: bits_per_byte}
metadata: {version: 1.0}
""",
    "local_told": """
task: local_told
dataset_path: json
dataset_kwargs:
  data_files: {test: "FOLDER/told.jsonl"}
test_split: test
output_type: generate_until
doc_to_text: "{{question}}"
doc_to_target: "{{told}}"
generation_kwargs: {max_gen_toks: 4, do_sample: false, until: ["\\n"]}
filter_list:
  - {name: first-letter, filter: [{function: regex, regex_pattern: "([A-Za-z])"}, {function: take_first}]}
  - {name: whole, filter: [{function: take_first}]}
metric_list:
  - {metric: exact_match, aggregation: mean, higher_is_better: true}
metadata: {version: 1.0}
""",
}


def write_lines(file, records):
    file.write_text("".join(json.dumps(record) + "\n" for record in records), encoding="utf-8")


def make_questions(folder):
    """Questions short enough for windows of 128 tokens with two examples."""
    draw = random.Random(20261127)
    folder.mkdir()

    def choice_questions(count, choices):
        for _ in range(count):
            options = [" " + " ".join(draw.sample(WORDS, draw.randint(1, 2))) for _ in range(choices)]
            yield {"question": draw.choice(WORDS) + "?", "choices": options, "answer": draw.randrange(choices)}

    write_lines(folder / "shots.jsonl", choice_questions(4, 2))
    write_lines(folder / "animals.jsonl", choice_questions(60, 4))
    write_lines(folder / "plants.jsonl", choice_questions(25, 3))
    judged = [{"question": " ".join(draw.sample(WORDS, 3)), "answer": draw.randrange(2)} for _ in range(60)]
    write_lines(folder / "judged.jsonl", judged)
    prose = [{"text": " ".join(draw.choices(WORDS, k=draw.randint(8, 60)))} for _ in range(12)]
    write_lines(folder / "prose.jsonl", prose)
    # What the filter says where it finds no letter: some models write some.
    told = [{"question": draw.choice(WORDS) + " ", "told": "[invalid]"} for _ in range(12)]
    write_lines(folder / "told.jsonl", told)
    # lighteval loads folders.
    for name in ["animals", "plants", "judged"]:
        (folder / "lighteval" / name).mkdir(parents=True)
        shutil.copy(folder / f"{name}.jsonl", folder / "lighteval" / name / "test.jsonl")
    for name in ["animals", "plants"]:
        shutil.copy(folder / "shots.jsonl", folder / "lighteval" / name / "train.jsonl")


def make_tasks(folder, questions):
    folder.mkdir()
    for name, text in HARNESS_TASKS.items():
        (folder / f"{name}.yaml").write_text(text.lstrip().replace("FOLDER", str(questions)), encoding="utf-8")


def make_models(source, folder):
    """Copies of one model whose weights are off by a little more each, and one with a checkpoint in a folder of its own."""
    import torch
    from safetensors.torch import load_file, save_file

    for number, name in enumerate([*MODELS, "amber/step10"]):
        place = folder / name
        shutil.copytree(source, place, ignore=shutil.ignore_patterns("reference.json"))
        generator = torch.Generator().manual_seed(number)
        weights = load_file(place / "model.safetensors")
        for key, weight in weights.items():
            noise = torch.randn(weight.shape, generator=generator) * weight.float().std().nan_to_num(0.1)
            weights[key] = (weight.float() + 0.4 * noise).to(weight.dtype)
        save_file(weights, place / "model.safetensors", metadata={"format": "pt"})


def make(folder, source):
    questions = (folder / "questions").resolve()
    make_questions(questions)
    make_tasks(folder / "tasks", questions)
    make_models(pathlib.Path(source), folder / "models")
