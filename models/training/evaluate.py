"""Measures a model folder: greedy answers to prompts that it was not trained on, judged per task family.

    python evaluate.py --model ../default --data build [--json results.json] [--show 2] [--ask "What is the capital of Japan?"]

An answer is right when it ends by itself and judgement.py finds it so. Prompts are those that corpus.py held out, and those of
handwritten.py, which no template makes.
"""

import argparse
import json
from collections import defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path

import torch

from chat import Chat
from chatml import messages_of
from corpus import normal
from device import DEVICES, device_of
from handwritten import HANDWRITTEN
from judgement import is_right

# family, messages before, prompts one after another, what the last answer must contain
Case = tuple[str, list[dict], tuple[str, ...], list[str]]


def table_of(results: dict[str, list[bool]]) -> dict[str, dict[str, int]]:
    """How many prompts each family has and how many answers were right, and the sums of both."""
    table = {family: {"prompts": len(rights), "right": sum(rights)} for family, rights in results.items()}
    return {**table, "all": {field: sum(row[field] for row in table.values()) for field in ("prompts", "right")}}


def print_table(title: str, table: dict[str, dict[str, int]]) -> None:
    print(f"| family | {title} | right | share |\n|---|---:|---:|---:|")
    for family, row in table.items():
        print(f"| {family} | {row['prompts']} | {row['right']} | {row['right'] / row['prompts']:.0%} |")
    print()


def held_out_cases(data: Path, trained: set[str]) -> Iterator[Case]:
    """The held-out exchanges that corpus.py wrote, less those whose prompt another folder of data trains on."""
    with (data / "heldout.jsonl").open(encoding="utf-8") as lines:
        for exchange in map(json.loads, lines):
            *earlier, (prompt, _) = exchange["turns"]
            if not earlier and normal(prompt) in trained:
                continue
            yield exchange["family"], messages_of(earlier), (prompt,), exchange["expect"]


def hand_written_cases(system: str | None) -> Iterator[Case]:
    """The conversations of handwritten.py, after a system message if there is one."""
    for topic, turns, expect in HANDWRITTEN:
        yield topic, [{"role": "system", "content": system}] if system else [], turns, list(expect)


def trained_prompts(folders: list[Path]) -> set[str]:
    """Every user turn of the training data."""
    documents = (json.loads(line) for folder in folders for line in (folder / "train.jsonl").read_text(encoding="utf-8").splitlines())
    return {normal(turn["content"]) for document in documents for turn in document.get("messages", ()) if turn["role"] == "user"}


def judge(chat: Chat, cases: Iterable[Case], show: int) -> dict[str, dict[str, int]]:
    """Answers and judges every case; prints `show` wrong answers of each family."""
    results: dict[str, list[bool]] = defaultdict(list)
    shown: dict[str, int] = defaultdict(int)
    cases = list(cases)
    conversations = [list(messages) for _, messages, _, _ in cases]
    answers = [("", False)] * len(cases)
    for turn in range(max((len(prompts) for _, _, prompts, _ in cases), default=0)):
        asked = [index for index, (_, _, prompts, _) in enumerate(cases) if turn < len(prompts)]
        for index in asked:
            conversations[index].append({"role": "user", "content": cases[index][2][turn]})
        for index, answer in zip(asked, chat.answers([conversations[index] for index in asked]), strict=True):
            answers[index] = answer
            conversations[index].append({"role": "assistant", "content": answer[0]})
    for (family, _, prompts, expect), (text, ended) in zip(cases, answers, strict=True):
        right = ended and is_right(family, text, expect)
        results[family].append(right)
        if not right and shown[family] < show:
            shown[family] += 1
            print(f"{family}: {' / '.join(prompts)!r} -> {text!r}")
    return table_of(results)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", type=Path, default=Path("../default"))
    parser.add_argument(
        "--data", type=Path, nargs="+", default=[Path("build")], help="what it was trained on; the first has the held-out prompts"
    )
    parser.add_argument("--json", type=Path, help="also write the table to this file")
    parser.add_argument("--show", type=int, default=0, help="print so many wrong answers of each family")
    parser.add_argument("--ask", nargs="+", help="answer these prompts, each by itself, instead of evaluating")
    parser.add_argument("--talk", nargs="+", help="answer these prompts as one conversation instead of evaluating")
    parser.add_argument("--device", choices=DEVICES, default="auto")
    parser.add_argument("--threads", type=int, default=2)
    args = parser.parse_args()

    torch.set_num_threads(args.threads)
    chat = Chat(args.model, device_of(args.device))
    if args.ask:
        for prompt in args.ask:
            print(f"> {prompt}\n{chat.answer([{'role': 'user', 'content': prompt}])}\n")
        return
    if args.talk:
        messages: list[dict] = []
        for prompt in args.talk:
            messages.append({"role": "user", "content": prompt})
            messages.append({"role": "assistant", "content": chat.answer(messages)})
            print(f"> {prompt}\n{messages[-1]['content']}\n")
        return

    trained = trained_prompts(args.data)
    known = [prompts for _, prompts, _ in HANDWRITTEN if all(normal(prompt) in trained for prompt in prompts)]
    if known:
        parser.error(f"hand-written prompts that are in the training data: {known}")
    tables = {
        "held-out prompts": judge(chat, held_out_cases(args.data[0], trained), args.show),
        "prompts in other words": judge(chat, hand_written_cases(None), args.show),
        "the same after a system message": judge(chat, hand_written_cases("You are a helpful assistant."), args.show),
    }
    for title, table in tables.items():
        print_table(title, table)
    if args.json:
        args.json.write_text(json.dumps(tables, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
