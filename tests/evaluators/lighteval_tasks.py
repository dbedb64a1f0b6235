"""Tasks of lighteval over local files; MIXOPT_QUESTIONS names their folder."""

import os

from lighteval.metrics.metrics import Metrics
from lighteval.tasks.lighteval_task import LightevalTaskConfig
from lighteval.tasks.requests import Doc


def choice(line, task_name=None):
    return Doc(task_name=task_name, query=line["question"], choices=line["choices"], gold_index=line["answer"])


def judged(line, task_name=None):
    return Doc(task_name=task_name, query=line["question"], choices=[" no", " yes"], gold_index=line["answer"])


def task(name, prompt, metrics):
    return LightevalTaskConfig(
        name=name,
        prompt_function=prompt,
        hf_repo=os.path.join(os.environ["MIXOPT_QUESTIONS"], "lighteval", name.split(":")[-1].removeprefix("local_")),
        hf_subset="default",
        hf_avail_splits=["train", "test"],
        evaluation_splits=["test"],
        few_shots_split="train" if prompt is choice else None,
        few_shots_select="sequential",
        generation_size=-1,
        metrics=metrics,
        stop_sequence=["\n"],
    )


TASKS_TABLE = [
    task("local_zoo:animals", choice, [Metrics.loglikelihood_acc]),
    task("local_zoo:plants", choice, [Metrics.loglikelihood_acc]),
    task("local_judged", judged, [Metrics.loglikelihood_f1, Metrics.mcc]),
]
