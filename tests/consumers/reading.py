"""What every reader does alike: arguments in, one line of JSON out."""

import argparse
import json
import pathlib


def arguments():
    parser = argparse.ArgumentParser()
    parser.add_argument("target")
    parser.add_argument("file", type=pathlib.Path)
    parser.add_argument("--sources", type=pathlib.Path, required=True, help="folder with a folder for each package")
    parser.add_argument("--budget", type=int, help="tokens of the training that the export was told of")
    parser.add_argument("--weights-only", action="store_true", help="do not draw")
    return parser.parse_args()


def answer(weights, drawn=None, rounding=None):
    """`weights` and `drawn`: pairs of the consumer's name and a share or a count; `rounding`: the most that the counts
    of a consumer which does not draw at random may be off."""
    result = {"weights": [[str(name), float(weight)] for name, weight in weights]}
    if drawn is not None:
        result["drawn"] = [[str(name), int(count)] for name, count in drawn]
    if rounding is not None:
        result["rounding"] = rounding
    print(json.dumps(result))
