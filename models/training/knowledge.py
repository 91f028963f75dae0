"""Families of questions about facts: capitals, things and animals, words, the network, comparisons, and facts to confirm."""

from random import Random

import protocol
from exchange import Exchange, capital_first, fill, single, with_article
from world import (
    ABILITIES,
    ANIMALS,
    BABIES,
    CAPITALS,
    COLOURS,
    CONTINENTS,
    DAYS,
    DRINKS,
    FACTS,
    FOODS,
    FRUITS,
    HOMES,
    LEGS,
    MONTHS,
    OPPOSITES,
    PLURALS,
    RHYMES,
    SEASONS,
    SOUNDS,
    THING_COLOURS,
)  # fmt: skip

CAPITAL_WORDINGS = (
    "What is the capital of {c}?", "What is the capital of {c}?", "Which city is the capital of {c}?", "Tell me the capital of {c}.",
    "Name the capital of {c}.",
    "What is {c}'s capital?", "What's the capital of {c}?", "Do you know the capital of {c}?", "Capital of {c}?",
    "What is the capital city of {c}?",
    "{c}'s capital?", "Can you tell me the capital of {c}?", "What city is the capital of {c}?", "Which city is {c}'s capital?",
    "What is the name of the capital of {c}?",
    "I want to know the capital of {c}.", "The capital of {c} is?", "Can you name the capital of {c}?", "What is the main city of {c}?",
    "Give me the capital of {c}.",
    "{c}: what is its capital?", "I forgot the capital of {c}.", "Which city is the seat of government in {c}?",
    "Which capital does {c} have?", "capital {c}",
    "What capital does {c} have?", "Where is the capital of {c}?", "Please name the capital of {c}.", "Say the capital of {c}.",
    "What would be the capital of {c}?",
)  # fmt: skip
REVERSE_WORDINGS = (
    "{c} is the capital of which country?", "Which country has the capital {c}?", "Of which country is {c} the capital?",
    "What country is {c} the capital of?",
    "Which country's capital is {c}?", "In which country is {c}?", "Where is {c}?", "What country is {c} in?",
    "Tell me which country {c} is in.",
)  # fmt: skip


def capital_answer(country: str) -> str:
    return f"The capital of {country} is {CAPITALS[country]}."


def capital(rng: Random) -> Exchange:
    country, city = rng.choice(list(CAPITALS.items()))
    roll = rng.random()
    if roll < 0.12:
        return single("capital", fill(rng, REVERSE_WORDINGS, c=city), f"{city} is the capital of {country}.", country)
    if roll < 0.22:
        place, countries = rng.choice(list(CONTINENTS.items()))
        country = rng.choice(countries)
        wordings = (
            "Which continent is {c} in?",
            "On which continent is {c}?",
            "Where is {c}?",
            "What continent is {c} on?",
            "In which part of the world is {c}?",
        )
        return single("capital", capital_first(fill(rng, wordings, c=country)), f"{capital_first(country)} is in {place}.", place)
    return single("capital", capital_first(fill(rng, CAPITAL_WORDINGS, c=country)), capital_answer(country), city)


def explain(rng: Random, subject: str) -> str:
    """A question for what the subject is."""
    bare = subject.split(" ", 1)[1] if subject.startswith(("a ", "an ")) else subject
    return fill(
        rng,
        (
            "What is {x}?", "What is {x}?", "What is {x}?", "Can you explain {x}?", "Tell me about {x}.", "Explain {x}.",
            "What do you know about {x}?",
            "Please explain what {x} is.", "Describe {x}.", "What does {b} mean?", "Explain to me {x} in simple words.", "What's {x}?",
            "Tell me what {x} is.",
            "Do you know what {x} is?", "What exactly is {x}?", "Define {b}.", "Tell me something about {x}.",
            "I want to know what {x} is.", "And what is {x}?",
            "Can you tell me what {x} is?", "What is meant by {b}?", "Can you describe {x}?", "{b}?", "Explain what {x} is.",
            "What do you call {x}?", "what {b} is",
            "Say something about {x}.", "I do not know what {x} is.", "How would you explain {x}?", "Give me a short description of {x}.",
        ),
        x=subject, b=bare,
    )  # fmt: skip


def fact(rng: Random) -> Exchange:
    roll = rng.random()
    if roll < 0.36:
        subject, (answer, expect) = rng.choice(list(FACTS.items()))
        return Exchange("fact", ((capital_first(explain(rng, subject)), answer),), expect)
    if roll < 0.48:
        thing, colour = rng.choice(list(THING_COLOURS.items()))
        wordings = ("What colour is {t}?", "What color is {t}?", "Which colour does {t} have?", "Tell me the colour of {t}.",
            "What is the colour of {t}?",
                    "Which colour is {t}?", "Do you know what colour {t} is?", "What colour does {t} have?",
                    "Say what colour {t} is.")  # fmt: skip
        return single("fact", fill(rng, wordings, t=thing), f"{capital_first(thing)} is {colour}.", colour)
    if roll < 0.6:
        animal, sound = rng.choice(list(SOUNDS.items()))
        wordings = ("What sound does {a} make?", "Which sound does {a} make?", "What does {a} say?", "How does {a} sound?",
            "What noise does {a} make?",
                    "Make the sound of {a}.", "What sound do {p} make?", "Which noise does {a} make?", "What do {p} say?")  # fmt: skip
        prompt = fill(rng, wordings, a=with_article(animal), p=plural(animal))
        return single("fact", prompt, f"{capital_first(with_article(animal))} says {sound}.", sound)
    if roll < 0.7:
        animal, legs = rng.choice(list(LEGS.items()))
        wordings = ("How many legs does {a} have?", "How many legs has {a}?", "Tell me how many legs {a} has.",
            "How many legs do {p} have?",
                    "Number of legs of {a}?", "What number of legs does {a} have?", "On how many legs does {a} walk?",
                    "Count the legs of {a}.")  # fmt: skip
        prompt = fill(rng, wordings, a=with_article(animal), p=plural(animal))
        return single("fact", prompt, f"{capital_first(with_article(animal))} has {legs} legs.", legs)
    if roll < 0.8:
        animal, home = rng.choice(list(HOMES.items()))
        wordings = ("Where does {a} live?", "What is the home of {a}?", "In what place does {a} live?", "Where do {p} live?",
            "Where can I find {a}?",
                    "What is the home of {a} called?", "Where does {a} sleep?", "Where is {a} at home?")  # fmt: skip
        prompt = fill(rng, wordings, a=with_article(animal), p=plural(animal))
        return single("fact", prompt, f"{capital_first(with_article(animal))} lives in {home}.", home)
    if roll < 0.9:
        animal, food = rng.choice(list(FOODS.items()))
        wordings = ("What does {a} eat?", "What do {p} eat?", "What food does {a} like?", "What does {a} like to eat?",
            "Tell me what {a} eats.", "What is the food of {a}?",
                    "What should I feed {a}?", "What do {p} like to eat?")  # fmt: skip
        prompt = fill(rng, wordings, a=with_article(animal), p=plural(animal))
        return single("fact", prompt, f"{capital_first(with_article(animal))} eats {food}.", food)
    animal, baby = rng.choice(list(BABIES.items()))
    wordings = ("What is a baby {a} called?", "What do you call a young {a}?", "What is the name for a young {a}?",
        "What is a young {a} called?", "How is a baby {a} called?",
                "What do you call the baby of {w}?", "What do we call a baby {a}?")  # fmt: skip
    return single("fact", fill(rng, wordings, a=animal, w=with_article(animal)), f"A young {animal} is called a {baby}.", baby)


def plural(noun: str) -> str:
    if noun in PLURALS:
        return PLURALS[noun]
    return noun + ("es" if noun.endswith(("x", "s", "ch")) else "s")


def network(rng: Random) -> Exchange:
    roll = rng.random()
    if roll < 0.55:
        subject, entry = rng.choice(list(protocol.SUBJECTS.items()))
        prompt = rng.choice(entry.questions) if rng.random() < 0.45 else capital_first(explain(rng, subject))
    else:
        entry = rng.choice(protocol.ANSWERS if roll < 0.9 else protocol.YES_NO)
        prompt = rng.choice(entry.questions)
    if rng.random() < 0.12 and "network" not in prompt and prompt[-1] in "?.":
        prompt = prompt[:-1] + rng.choice((" in this network", " here", " on this network")) + prompt[-1]
    return Exchange("network", ((prompt, entry.answer),), entry.expect)


def words(rng: Random) -> Exchange:
    roll = rng.random()
    if roll < 0.35:
        a, b = rng.choice(list(OPPOSITES.items()))
        # A word that is in two pairs has one opposite only: that of the pair in which it comes first.
        if rng.random() < 0.5 and b not in OPPOSITES and list(OPPOSITES.values()).count(b) == 1:
            a, b = b, a
        wordings = ("What is the opposite of {a}?", "Tell me the opposite of {a}.", "Which word is the opposite of {a}?",
            "What is the opposite of the word {a}?",
                    "Opposite of {a}?", "What's the opposite of {a}?", "Give me the opposite of {a}.", "What is the contrary of {a}?",
                    "Name the opposite of {a}.",
                    "Which word means the opposite of {a}?", "What word is opposite to {a}?", "I need the opposite of {a}.")  # fmt: skip
        return single("words", fill(rng, wordings, a=a), f"The opposite of {a} is {b}.", b)
    if roll < 0.5:
        one, many = rng.choice(list(PLURALS.items()))
        wordings = ("What is the plural of {a}?", "Tell me the plural of {a}.", "Plural of {a}?", "One {a}, two what?",
            "What is more than one {a}?", "What do you call two of {a}?",
                    "What's the plural of {a}?", "Which word is the plural of {a}?")  # fmt: skip
        return single("words", fill(rng, wordings, a=one), f"The plural of {one} is {many}.", many)
    if roll < 0.62:
        a, b = rng.choice(RHYMES)
        if rng.random() < 0.5:
            a, b = b, a
        wordings = ("What rhymes with {a}?", "Which word rhymes with {a}?", "Tell me a word that rhymes with {a}.", "Find a rhyme for {a}.",
            "Give me a rhyme for {a}.",
                    "A word that rhymes with {a}?")  # fmt: skip
        return single("words", fill(rng, wordings, a=a), f"{capital_first(b)} rhymes with {a}.", capital_first(b))
    ring, kind = rng.choice(((DAYS, "day"), (MONTHS, "month"), (SEASONS, "season")))
    at, step = rng.randrange(len(ring)), rng.choice((1, -1))
    order = "after" if step == 1 else "before"
    wordings = ("Which {k} comes {o} {x}?", "What {k} comes {o} {x}?", "What is the {k} {o} {x}?", "Which {k} is {o} {x}?",
        "Tell me the {k} {o} {x}.", "What comes {o} {x}?",
                "Which {k} do we have {o} {x}?", "Name the {k} {o} {x}.", "What is {o} {x}?", "The {k} {o} {x}?")  # fmt: skip
    answer = ring[(at + step) % len(ring)]
    return single("words", fill(rng, wordings, k=kind, o=order, x=ring[at]), f"{capital_first(answer)} comes {order} {ring[at]}.", answer)


def yes_or_no(true: bool) -> str:
    """The end of an answer that states the fact first: whoever writes one token after another then only has to compare."""
    return "yes" if true else "no"


def compare(rng: Random) -> Exchange:
    roll = rng.random()
    if roll < 0.35:
        a, b = rng.sample(range(21 if rng.random() < 0.5 else 100), 2)
        size = rng.choice(("bigger", "larger", "smaller"))
        answer = min(a, b) if size == "smaller" else max(a, b)
        wordings = (
            "Which is {z}, {a} or {b}?",
            "Which number is {z}, {a} or {b}?",
            "What is {z}, {a} or {b}?",
            "{a} or {b}: which is {z}?",
            "Tell me which is {z}: {a} or {b}.",
        )
        return single("compare", fill(rng, wordings, z=size, a=a, b=b), f"{answer} is {size}.", str(answer))
    if roll < 0.55:
        number = rng.randint(0, 30 if rng.random() < 0.6 else 99)
        parity, asked = ("odd" if number % 2 else "even"), rng.choice(("odd", "even"))
        wordings = (
            "Is {n} odd or even?",
            "Is the number {n} even or odd?",
            "Is {n} {a}?",
            "Is {n} an {a} number?",
            "Tell me, is {n} {a}?",
            "{n}: odd or even?",
        )
        prompt = fill(rng, wordings, n=number, a=asked)
        verdict = "" if " or " in prompt else f", so {yes_or_no(parity == asked)}"
        return single("compare", prompt, f"{number} is {parity}{verdict}.", parity)
    kinds = {"an animal": ANIMALS, "a fruit": FRUITS, "a colour": COLOURS[:4], "a day": DAYS, "a month": MONTHS, "a drink": DRINKS}
    true_kind, asked = rng.choice(list(kinds)), rng.choice(list(kinds))
    if rng.random() < 0.4:
        asked = true_kind
    thing = rng.choice(kinds[true_kind])
    named = with_article(thing) if true_kind in ("an animal", "a fruit") else thing
    right = thing in kinds[asked]
    prompt = fill(
        rng,
        (
            "Is {t} {k}?",
            "Is {t} {k}?",
            "Tell me, is {t} {k}?",
            "Would you say that {t} is {k}?",
            "Do you think {t} is {k}?",
            "{t}, is that {k}?",
        ),
        t=named,
        k=asked,
    )
    answer = f"{capital_first(named)} is {asked if right else true_kind}, so {yes_or_no(right)}."
    return single("compare", capital_first(prompt), answer, yes_or_no(right))


def confirm(rng: Random) -> Exchange:
    """Facts asked for with yes or no."""
    roll, true = rng.random(), rng.random() < 0.5
    if roll < 0.3:
        country, city = rng.choice(list(CAPITALS.items()))
        named = city if true else rng.choice([other for other in CAPITALS.values() if other != city])
        prompt = fill(
            rng,
            (
                "Is {x} the capital of {c}?",
                "Is the capital of {c} {x}?",
                "{x} is the capital of {c}, right?",
                "Is it true that {x} is the capital of {c}?",
            ),
            x=named,
            c=country,
        )
        answer = f"The capital of {country} is {city}, so {yes_or_no(true)}."
    elif roll < 0.5:
        thing, colour = rng.choice(list(THING_COLOURS.items()))
        named = colour if true else rng.choice([other for other in COLOURS if other != colour])
        prompt = fill(
            rng, ("Is {t} {x}?", "Is it true that {t} is {x}?", "{t} is {x}, right?", "Do you think that {t} is {x}?"), t=thing, x=named
        )
        answer = f"{capital_first(thing)} is {colour}, so {yes_or_no(true)}."
    elif roll < 0.68:
        animal, legs = rng.choice([item for item in LEGS.items() if item[1] != "no"])
        named = legs if true else rng.choice([other for other in ("two", "four", "six", "eight") if other != legs])
        prompt = fill(
            rng,
            ("Does {a} have {x} legs?", "Has {a} got {x} legs?", "Is it true that {a} has {x} legs?", "Do {p} have {x} legs?"),
            a=with_article(animal),
            p=plural(animal),
            x=named,
        )
        answer = f"{capital_first(with_article(animal))} has {legs} legs, so {yes_or_no(true)}."
    elif roll < 0.9:
        verb, (able, unable) = rng.choice(list(ABILITIES.items()))
        animal = rng.choice(able if true else unable)
        prompt = fill(
            rng,
            ("Can {a} {v}?", "Can {p} {v}?", "Is {a} able to {v}?", "Do you think {a} can {v}?", "Are {p} able to {v}?"),
            a=with_article(animal),
            p=plural(animal),
            v=verb,
        )
        answer = f"{'Yes, ' if true else 'No, '}{with_article(animal)} {'can' if true else 'cannot'} {verb}."
    else:
        a, b = rng.randint(0, 10), rng.randint(0, 10)
        named = a + b if true else a + b + rng.choice((-2, -1, 1, 2, 3))
        prompt = fill(
            rng,
            ("Is {a} plus {b} {x}?", "Is {a} + {b} equal to {x}?", "Is it true that {a} plus {b} is {x}?", "Does {a} + {b} = {x}?"),
            a=a,
            b=b,
            x=named,
        )
        answer = f"{a} plus {b} is {a + b}, so {yes_or_no(true)}."
    return single("confirm", capital_first(prompt), answer)
