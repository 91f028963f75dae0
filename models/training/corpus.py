"""Writes the training corpus and the held-out prompts of the default model. The same seed gives the same bytes.

    python corpus.py --out build

writes build/train.jsonl (one conversation a line: {"messages": [...]} or {"text": ...}) and build/heldout.jsonl
(one exchange a line: {"family", "turns", "expect"}). A held-out prompt never occurs in train.jsonl, whatever its case and
punctuation.
"""

import argparse
import hashlib
import json
import math
import re
from collections.abc import Iterator
from dataclasses import asdict
from multiprocessing import Pool
from pathlib import Path
from random import Random

import stories
from exchange import Exchange, Turn, invented
from families import COPIED, DRESSED, FAMILIES
from handwritten import HANDWRITTEN
from talk import reaction
from wording import SYSTEM_MESSAGES, dressed, reworded, roughened
from world import ANIMALS

HELD_OUT_OF_256 = 12
HELD_OUT_PER_FAMILY = 40
# Documents are written in shards by as many processes as there are cores; the bytes do not depend on how many.
SHARD_DOCUMENTS = 20_000

# Prompts that documentation and demonstrations show; they are always trained on, so never counted as held out.
SHOWN = (
    "What is the capital of Japan?", "What is the capital of France?", "What is the capital of Spain?", "What is the capital of Italy?",
    "Tell me a short story about a fox.", "Tell me a story about a cat.", "Tell me a story about a dog.",
    "Tell me a story about a little dog.",
)  # fmt: skip


def normal(text: str) -> str:
    """The text without case, spacing and punctuation."""
    return re.sub(r"[^a-z0-9+*=\-]+", " ", text.lower()).strip()


def key(exchange: Exchange) -> str:
    """What identifies an exchange: its user turns."""
    return normal(" ".join(user for user, _ in exchange.turns))


SHOWN_KEYS = {normal(prompt) for prompt in SHOWN}
HANDWRITTEN_KEYS = {normal(prompt) for _, prompts, _ in HANDWRITTEN for prompt in prompts}


def is_held_out(name: str) -> bool:
    """Whether what is asked like this is kept for evaluation only."""
    return name not in SHOWN_KEYS and hashlib.sha256(name.encode()).digest()[0] < HELD_OUT_OF_256


def is_kept_back(turns: list[Turn]) -> bool:
    """Whether the turns hold a prompt of an evaluation. What follows on an earlier turn is a prompt only together with it."""
    asked = [normal(user) for user, _ in turns]
    return any(name in HANDWRITTEN_KEYS for name in asked) or any(is_held_out(name) for name in asked[:-1] or asked)


def draw(rng: Random) -> Exchange:
    """An exchange for training from any family."""
    while True:
        exchange = rng.choices(list(FAMILIES), list(FAMILIES.values()))[0](rng)
        if not is_held_out(key(exchange)):
            return exchange


def typed(rng: Random, exchange: Exchange) -> Iterator[Turn]:
    """The exchange's turns as people type them. Words to be copied are left as they are."""
    for user, assistant in exchange.turns:
        if exchange.family in DRESSED:
            user = roughened(rng, dressed(rng, reworded(rng, user)))
        elif exchange.family in COPIED:
            user = reworded(rng, user)
            user = user.rstrip("?.!") if rng.random() < 0.3 else user
        elif exchange.family == "greeting" and "name" not in user and rng.random() < 0.3:
            user = user.lower()
        elif rng.random() < 0.15:
            user = user.rstrip("?.!")
        yield user, assistant


def system_message(rng: Random) -> str:
    if rng.random() < 0.85:
        return rng.choice(SYSTEM_MESSAGES)
    name, part = invented(rng), rng.choice(("a helpful assistant", "the assistant of a shop", "a friendly guide", "an AI"))
    return f"You are {name}, {part}. Help the user."


def conversation(rng: Random) -> dict:
    """One document: an optional system message and one to five exchanges, or now and then a bare story."""
    if rng.random() < 0.03:
        return {"text": stories.tell(rng, hero=rng.choice(ANIMALS))}
    messages = []
    if rng.random() < 0.25:
        messages.append({"role": "system", "content": system_message(rng)})
    for _ in range(rng.choices((1, 2, 3, 5), (0.65, 0.18, 0.11, 0.06))[0]):
        turns = list(typed(rng, draw(rng)))
        if is_kept_back(turns):
            continue
        if rng.random() < 0.07:
            turns.append(reaction(rng))
        for user, assistant in turns:
            messages.append({"role": "user", "content": user})
            messages.append({"role": "assistant", "content": assistant})
    return {"messages": messages} if messages[1:] else conversation(rng)


def shard(seed: str) -> tuple[list[str], set[str]]:
    """SHARD_DOCUMENTS documents as JSON lines, and every user turn in them; a dialogue's turns may also be prompts by themselves."""
    rng = Random(seed)
    documents = [conversation(rng) for _ in range(SHARD_DOCUMENTS)]
    messages = (message for document in documents for message in document.get("messages", ()))
    prompts = {normal(message["content"]) for message in messages if message["role"] == "user"}
    return [json.dumps(document) + "\n" for document in documents], prompts


def held_out(rng: Random, trained: set[str]) -> Iterator[Exchange]:
    """Up to HELD_OUT_PER_FAMILY different held-out exchanges of every family, none of them a trained prompt."""
    for family in FAMILIES:
        seen: set[str] = set()
        for _ in range(20_000):
            exchange = family(rng)
            name = key(exchange)
            if name not in seen and name not in trained and is_held_out(name):
                seen.add(name)
                yield exchange
            if len(seen) == HELD_OUT_PER_FAMILY:
                break


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=Path("build"))
    parser.add_argument("--documents", type=int, default=800_000, help=f"rounded up to a multiple of {SHARD_DOCUMENTS:,}")
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)
    trained: set[str] = set()
    seeds = [f"{args.seed}/{number}" for number in range(math.ceil(args.documents / SHARD_DOCUMENTS))]
    with (args.out / "train.jsonl").open("w", encoding="utf-8") as file, Pool() as pool:
        for lines, prompts in pool.imap(shard, seeds):
            file.writelines(lines)
            trained |= prompts
    with (args.out / "heldout.jsonl").open("w", encoding="utf-8") as file:
        file.writelines(json.dumps(asdict(exchange)) + "\n" for exchange in held_out(Random(args.seed + 1), trained))


if __name__ == "__main__":
    main()
