"""The task families of the corpus and their shares. Each function draws one exchange of its kind."""

from collections.abc import Callable
from random import Random

from dialogues import dialogue
from exchange import Exchange
from knowledge import capital, compare, confirm, fact, network, words
from outside import unknown
from talk import greeting, talk
from tasks import arithmetic, as_json, copying, lists, poem, story

# family -> share of the exchanges
FAMILIES: dict[Callable[[Random], Exchange], float] = {
    story: 0.05,
    capital: 0.06,
    arithmetic: 0.2,
    greeting: 0.025,
    talk: 0.06,
    fact: 0.055,
    network: 0.09,
    words: 0.04,
    compare: 0.06,
    confirm: 0.06,
    lists: 0.045,
    copying: 0.095,
    as_json: 0.085,
    poem: 0.005,
    dialogue: 0.11,
    unknown: 0.1,
}

# Families whose questions may stand after an opening or before a closing phrase.
DRESSED = frozenset(
    {"story", "capital", "arithmetic", "fact", "network", "words", "compare", "confirm", "lists", "poem", "unknown", "talk"}
)
# Families whose questions hold words to be copied, which stay as they are.
COPIED = frozenset({"copying", "json"})
