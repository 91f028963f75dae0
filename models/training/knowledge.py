"""Families of questions about facts: capitals, things and animals, words, the network, comparisons, and facts to confirm."""

from collections.abc import Iterable
from random import Random

import protocol
from exchange import Exchange, capital_first, fill, invented, single, with_article
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
    ROLES,
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
    "Which city do we call the capital of {c}?", "{c} has which capital?", "In {c}, which city is the capital?",
    "I want to visit the capital of {c}. Which city is it?", "I travel to {c} soon. What is its capital?", "{c}, capital?",
    "My friend lives in the capital of {c}. Where is that?", "Do you know {c}'s capital?", "What city is the capital city of {c}?",
    "Who knows the capital of {c}?", "The government of {c} sits in which city?", "the capital of {c}", "For {c}, what is the capital?",
    "If I fly to the capital of {c}, where do I land?", "Name {c}'s capital city.", "Tell me {c}'s capital.", "Capital city of {c}?",
    "Please give me the capital of {c}.", "What do you call the capital of {c}?", "I cannot remember the capital of {c}.",
    "Which is the capital of {c}?", "What is the capital in {c}?", "Is there a capital of {c}? Which?",
    "We learn about {c}. What is its capital?",
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
            "I want to know what {x} is.", "And what is {x}?", "What would you say {x} is?", "In simple words, what is {x}?",
            "Can you say what {x} is?", "How do you define {x}?", "What sort of thing is {x}?", "My child asks what {x} is.",
            "Explain {x} briefly.",
            "What is {x}, in one sentence?", "What can you tell me about {x}?", "Help me understand {x}.", "So what is {x}?",
            "Teach me what {x} is.",
            "Explain {x} so that a child understands it.", "I have never heard of {x}. What is it?", "What does the word {b} mean?",
            "What is {x}? I have no idea.", "Is there a simple explanation of {x}?", "Could you describe {x} in a few words?",
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


PURPOSE = (
    "What is {x} good for?", "What is the purpose of {x}?", "What is {x} for?", "Why is there {x}?", "What do I need {x} for?",
    "What use is {x}?", "Why do we need {x}?", "What part does {x} play?", "What is the point of {x}?", "How does {x} work?",
    "What is {x} used for?", "Why does the network have {x}?", "How is {x} used?", "What is special about {x}?", "Why would I want {x}?",
    "When do I need {x}?", "What is the idea of {x}?",
)  # fmt: skip
WORK = (
    "What does {x} do all day?", "What does {x} do?", "What work does {x} do?", "What is the task of {x}?", "What is the duty of {x}?",
    "Tell me what {x} does.", "Explain what {x} does.", "What are the tasks of {x}?", "Describe the work of {x}.", "How does {x} help?",
    "What is {x} responsible for?", "What exactly does {x} do?", "What do {b}s do?", "Why does the network need {x}?", "Explain {b}s.",
    "What are {b}s?", "Tell me about {b}s.", "What are {b}s good for?", "What would happen without {b}s?", "What must {x} do?",
    "What do {b}s do for me?", "What is the business of {x}?", "For what do we have {b}s?", "Describe {x}'s role.",
)  # fmt: skip


def about_subject(rng: Random, subject: str, entry: protocol.Entry) -> str:
    """A question about a part of the network: one of its own, or what it is, is for or does."""
    roll, bare = rng.random(), subject.removeprefix("a ").removeprefix("an ")
    if roll < 0.35:
        return rng.choice(entry.questions)
    if bare in ROLES and roll < 0.7:
        return fill(rng, WORK, x=subject, b=bare)
    if roll < 0.5:
        return fill(rng, PURPOSE, x=subject)
    return capital_first(explain(rng, subject))


def network(rng: Random) -> Exchange:
    roll = rng.random()
    if roll < 0.55:
        subject, entry = rng.choice(list(protocol.SUBJECTS.items()))
        if rng.random() < 0.25:
            subject = "an oracle" if (role := rng.choice(ROLES)) == "oracle" else f"a {role}"
            entry = protocol.SUBJECTS[subject]
        prompt = about_subject(rng, subject, entry)
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
        a, b = rng.sample(range(rng.choice((21, 100, 1000))), 2)
        size = rng.choice(("bigger", "larger", "greater", "smaller", "less"))
        answer = min(a, b) if size in ("smaller", "less") else max(a, b)
        wordings = (
            "Which is {z}, {a} or {b}?",
            "Which number is {z}, {a} or {b}?",
            "What is {z}, {a} or {b}?",
            "{a} or {b}: which is {z}?",
            "Tell me which is {z}: {a} or {b}.",
            "Which of {a} and {b} is {z}?",
            "Of {a} and {b}, which is {z}?",
            "Between {a} and {b}, which number is {z}?",
            "{a}, {b}: which one is {z}?",
            "Compare {a} and {b}: which is {z}?",
            "Which one is {z}: {a} or {b}?",
        )
        return single("compare", fill(rng, wordings, z=size, a=a, b=b), f"{answer} is {size}.", str(answer))
    if roll < 0.45:
        a, b = rng.sample(range(rng.choice((21, 100, 1000))), 2)
        more = rng.random() < 0.5
        wordings = (
            "Is {a} {z} than {b}?", "Is the number {a} {z} than {b}?", "{a} is {z} than {b}, right?",
            "Is it true that {a} is {z} than {b}?",
            "Would you say that {a} is {z} than {b}?", "Tell me, is {a} {z} than {b}?",
        )  # fmt: skip
        size = rng.choice(("bigger", "larger", "greater", "more")) if more else rng.choice(("smaller", "less"))
        prompt = fill(rng, wordings, z=size, a=a, b=b)
        real = "more" if a > b else "less"
        return single("compare", prompt, f"{a} is {real} than {b}, so {yes_or_no((a > b) == more)}.")
    if roll < 0.6:
        number = rng.randint(0, rng.choice((30, 99, 999)))
        parity, asked = ("odd" if number % 2 else "even"), rng.choice(("odd", "even"))
        wordings = (
            "Is {n} odd or even?",
            "Is the number {n} even or odd?",
            "Is {n} {a}?",
            "Is {n} an {a} number?",
            "Tell me, is {n} {a}?",
            "{n}: odd or even?",
            "{n} is {a}, right?",
            "Is it true that {n} is {a}?",
            "Would you call {n} an {a} number?",
            "What is {n}, odd or even?",
            "Do you think {n} is {a}?",
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
            "Is it true that {t} is {k}?",
            "{t} is {k}, right?",
            "Would you call {t} {k}?",
            "Can we say that {t} is {k}?",
            "Does {t} count as {k}?",
        ),
        t=named,
        k=asked,
    )
    answer = f"{capital_first(named)} is {asked if right else true_kind}, so {yes_or_no(right)}."
    return single("compare", capital_first(prompt), answer, yes_or_no(right))


# Who lives in water may be said to live in a pond or in the sea, so that only the other homes can be denied.
DRY_HOMES = {animal: home for animal, home in HOMES.items() if home not in ("water", "the sea", "a pond", "cold lands near the sea")}
# Well known cities that are the capital of nothing in this world.
OTHER_CITIES = (
    "Munich", "Hamburg", "Milan", "Naples", "Barcelona", "Seville", "Porto", "Lyon", "Marseille", "Kyoto", "Osaka", "Shanghai", "Mumbai",
    "Istanbul", "Toronto", "Montreal", "Melbourne", "New York", "Chicago", "Rio de Janeiro", "Zurich", "Geneva", "Bergen", "Gdansk",
    "Manchester", "Casablanca", "Lagos", "Cancun", "Auckland", "Rotterdam", "Antwerp", "Salzburg", "Krakow", "Odessa", "Karachi",
)  # fmt: skip
ASK_CLAIM = (
    "Is it true that {c}?", "Is it right that {c}?", "Is it correct that {c}?", "{C}, right?", "{C}, true or false?", "{C}. Is that true?",
    "Do you think that {c}?", "Would you say that {c}?", "{C}. Am I right?", "{C}, isn't that so?", "I think {c}. Is that right?",
    "Somebody told me that {c}. Is that true?", "Yes or no: {c}?", "True or false: {c}.", "{C}, correct?", "Can it be that {c}?",
    "I heard that {c}. True?", "{C}, yes or no?",
)  # fmt: skip


def other(rng: Random, values: Iterable[str], right: str) -> str:
    """One of the values that has nothing of the right one."""
    kept = {word for word in right.split() if len(word) > 3}
    return rng.choice([value for value in values if value != right and not kept & set(value.split())])


def claim(rng: Random, true: bool) -> tuple[tuple[str, ...], str, str]:
    """A claim that is true or not: the direct questions for it, the claim as a clause, and what is so."""
    kind = rng.choices(("capital", "continent", "colour", "legs", "able", "sum", "sound", "home", "food"), (5, 2, 3, 3, 5, 2, 2, 2, 2))[0]
    if kind == "capital":
        country, city = rng.choice(list(CAPITALS.items()))
        named = city if true else rng.choice((other(rng, CAPITALS.values(), city), rng.choice(OTHER_CITIES), invented(rng)))
        direct = ("Is {x} the capital of {c}?", "Is the capital of {c} {x}?", "Is {x} {c}'s capital?", "Has {c} got the capital {x}?")
        return tuple(text.format(x=named, c=country) for text in direct), f"{named} is the capital of {country}", capital_answer(country)
    if kind == "continent":
        place, countries = rng.choice(list(CONTINENTS.items()))
        country, named = rng.choice(countries), place if true else other(rng, CONTINENTS, place)
        direct = (f"Is {country} in {named}?", f"Does {country} lie in {named}?", f"Is {country} a part of {named}?")
        return direct, f"{country} is in {named}", f"{capital_first(country)} is in {place}."
    if kind == "colour":
        thing, colour = rng.choice(list(THING_COLOURS.items()))
        named = colour if true else other(rng, COLOURS, colour)
        return (f"Is {thing} {named}?", f"Is the colour of {thing} {named}?"), f"{thing} is {named}", f"{capital_first(thing)} is {colour}."
    if kind == "sum":
        a, b = rng.randint(0, 20), rng.randint(0, 20)
        named = a + b if true else max(0, a + b + rng.choice((-2, -1, 1, 2, 3, 10)))
        direct = (
            f"Is {a} plus {b} {named}?",
            f"Is {a} + {b} equal to {named}?",
            f"Does {a} + {b} = {named}?",
            f"Does {a} plus {b} make {named}?",
        )
        return direct, f"{a} plus {b} is {named}", f"{a} plus {b} is {a + b}."
    if kind == "able":
        verb, (able, unable) = rng.choice(list(ABILITIES.items()))
        animal, can = (rng.choice(able), True) if true else (rng.choice(unable), False)
        one, many = with_article(animal), plural(animal)
        direct = (
            f"Can {one} {verb}?",
            f"Can {many} {verb}?",
            f"Is {one} able to {verb}?",
            f"Are {many} able to {verb}?",
            f"Do {many} {verb}?",
        )
        return direct, f"{one} can {verb}", f"{capital_first(one)} {'can' if can else 'cannot'} {verb}."
    table, verb, question = {
        "legs": (LEGS, "has {v} legs", "Does {a} have {v} legs?"), "sound": (SOUNDS, "says {v}", "Does {a} say {v}?"),
        "home": (DRY_HOMES, "lives in {v}", "Does {a} live in {v}?"), "food": (FOODS, "eats {v}", "Does {a} eat {v}?"),
    }[kind]  # fmt: skip
    animal, value = rng.choice(list(table.items()))
    one, named = with_article(animal), value if true else other(rng, table.values(), value)
    direct = (question.format(a=one, v=named), question.replace("Does {a}", "Do {a}").format(a=plural(animal), v=named))
    return direct, f"{one} {verb.format(v=named)}", f"{capital_first(one)} {verb.format(v=value)}."


def confirm(rng: Random) -> Exchange:
    """Facts asked for with yes or no."""
    true = rng.random() < 0.5
    direct, clause, fact_told = claim(rng, true)
    prompt = rng.choice(direct) if rng.random() < 0.5 else fill(rng, ASK_CLAIM, c=clause, C=capital_first(clause))
    return single("confirm", capital_first(prompt), f"{fact_told.removesuffix('.')}, so {yes_or_no(true)}.")
