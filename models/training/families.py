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
    story: 0.06,
    capital: 0.07,
    arithmetic: 0.18,
    greeting: 0.03,
    talk: 0.07,
    fact: 0.065,
    network: 0.11,
    words: 0.05,
    compare: 0.06,
    confirm: 0.055,
    lists: 0.05,
    copying: 0.095,
    as_json: 0.08,
    poem: 0.005,
    dialogue: 0.1,
    unknown: 0.11,
}

# Families whose questions may stand after an opening or before a closing phrase.
DRESSED = frozenset(
    {"story", "capital", "arithmetic", "fact", "network", "words", "compare", "confirm", "lists", "poem", "unknown", "talk"}
)
