"""Whether an answer is right.

It must contain every expected word as a whole word; lists are judged by count and kind, open JSON requests by their keys, and stories
must also have at least five sentences and repeat none.
"""

import json
import re

from world import LISTABLE

STORY_SENTENCES_MIN = 5


def has_word(text: str, word: str) -> bool:
    """Whether the word stands in the text on its own, whatever the case of its first letter."""
    forms = {word, word[:1].upper() + word[1:]}
    return any(re.search(rf"(?<!\w){re.escape(form)}(?!\w)", text) for form in forms)


def is_list(text: str, count: int, kind: str) -> bool:
    """Whether the text is `count` different members of the kind and nothing else."""
    items = re.split(r", | and ", text.rstrip("."))
    members = {member.lower() for member in LISTABLE[kind]}
    return len(items) == len(set(items)) == count and all(item.lower() in members for item in items)


def has_keys(text: str, keys: list[str]) -> bool:
    """Whether the text is a JSON object with exactly these keys."""
    try:
        value = json.loads(text)
    except json.JSONDecodeError:
        return False
    return isinstance(value, dict) and list(value) == keys


def is_right(family: str, text: str, expect: list[str]) -> bool:
    """Judges one finished answer of the family; see the top of this file."""
    if family == "story":
        sentences = re.split(r'(?<=[.!?])"? ', text)
        if len(sentences) < STORY_SENTENCES_MIN or len(set(sentences)) < len(sentences):
            return False
    if expect and expect[0].startswith("count:"):
        return is_list(text, int(expect[0].removeprefix("count:")), expect[1].removeprefix("kind:"))
    if expect and expect[0].startswith("json:"):
        return has_keys(text, expect[0].removeprefix("json:").split(","))
    return all(any(has_word(text, word) for word in words.split("|")) for words in expect)
