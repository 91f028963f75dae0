"""Conversations of two or three turns in which the last answer needs an earlier turn."""

import re
from random import Random

import protocol
import stories
from exchange import Exchange, Turn, capital_first, fill, with_article
from knowledge import CAPITAL_WORDINGS, capital, capital_answer, compare, confirm, fact, network, words
from talk import any_name
from tasks import arithmetic
from world import ANIMALS, CAPITALS, FOODS, FRUITS, HOMES, LEGS, SOUNDS, WORDS

AND_OF = (
    "And of {c}?",
    "And the capital of {c}?",
    "What about {c}?",
    "And {c}?",
    "And that of {c}?",
    "How about {c}?",
    "Now {c}.",
    "and for {c}?",
    "{c}?",
    "And what about {c}?",
)


def single_turn(rng: Random) -> tuple[Turn, ...]:
    """A turn or none that has nothing to do with the conversation around it."""
    return rng.choice((capital, arithmetic, fact, words, network, compare, confirm))(rng).turns[:1] if rng.random() < 0.4 else ()


def own_name(rng: Random) -> Exchange:
    name = any_name(rng)
    wordings = (
        "My name is {n}.",
        "Hello, my name is {n}.",
        "I am {n}.",
        "Hi! You can call me {n}.",
        "I'm {n}.",
        "Call me {n}.",
        "This is {n} speaking.",
        "hi, {n} here",
    )
    first = (fill(rng, wordings, n=name), f"Nice to meet you, {name}!")
    ask = rng.choice(
        (
            "What is my name?",
            "Do you remember my name?",
            "Who am I?",
            "Tell me my name.",
            "What's my name?",
            "What am I called?",
            "Do you know my name?",
            "Say my name.",
        )
    )
    return Exchange("dialogue", (first, *single_turn(rng), (ask, f"Your name is {name}.")), (name,))


def kept_word(rng: Random) -> Exchange:
    word = rng.choice(WORDS) if rng.random() < 0.7 else any_name(rng)
    first = (
        fill(
            rng,
            (
                "Remember the word {w}.",
                "Please remember this word: {w}",
                "Keep the word {w} in mind.",
                "Remember {w}.",
                "The secret word is {w}.",
            ),
            w=word,
        ),
        "I will remember it.",
    )
    ask = rng.choice(
        (
            "Which word did I tell you?",
            "What was the word?",
            "Say the word now.",
            "What is the word?",
            "Which word was it?",
            "Do you remember the word?",
        )
    )
    return Exchange("dialogue", (first, *single_turn(rng), (ask, f"The word was {word}.")), (word,))


def next_capital(rng: Random) -> Exchange:
    countries = rng.sample(list(CAPITALS), rng.choice((2, 2, 3)))
    first = (fill(rng, CAPITAL_WORDINGS, c=countries[0]), capital_answer(countries[0]))
    rest = tuple((fill(rng, AND_OF, c=country), capital_answer(country)) for country in countries[1:])
    return Exchange("dialogue", (first, *rest), (CAPITALS[countries[-1]],))


def where_is_it(rng: Random) -> Exchange:
    """A pronoun for the city or country of the answer before."""
    country, city = rng.choice(list(CAPITALS.items()))
    first = (fill(rng, CAPITAL_WORDINGS, c=country), capital_answer(country))
    ask = rng.choice(
        (
            "In which country is it?",
            "Which country is that city in?",
            "What country is it in?",
            "Where is that?",
            "Of which country is it the capital?",
        )
    )
    return Exchange("dialogue", (first, (ask, f"{city} is the capital of {country}.")), (city, country))


def next_sum(rng: Random) -> Exchange:
    a, b, more = rng.randint(0, 10), rng.randint(0, 10), rng.randint(1, 9)
    first = (
        fill(rng, ("What is {a} plus {b}?", "What is {a} + {b}?", "How much is {a} plus {b}?", "{a} + {b}", "Add {a} and {b}."), a=a, b=b),
        f"{a} plus {b} is {a + b}.",
    )
    total = a + b
    if total >= more and rng.random() < 0.35:
        ask = fill(rng, ("Now take away {m}.", "And minus {m}?", "Subtract {m} from that.", "Minus {m}?", "Less {m}?"), m=more)
        return Exchange("dialogue", (first, (ask, f"{total} minus {more} is {total - more}.")), (str(total - more),))
    ask = fill(
        rng,
        (
            "Now add {m}.",
            "And plus {m}?",
            "Add {m} to that.",
            "Plus {m}?",
            "And {m} more?",
            "Add {m} more.",
            "What if I add {m}?",
            "Now plus {m}.",
        ),
        m=more,
    )
    return Exchange("dialogue", (first, (ask, f"{total} plus {more} is {total + more}.")), (str(total + more),))


def about_story(rng: Random) -> Exchange:
    hero = rng.choice(ANIMALS)
    text = stories.tell(rng, hero=hero, short=True)
    first = (
        fill(
            rng,
            ("Tell me a short story about {h}.", "A short story about {h}, please.", "Write a short story about {h}."),
            h=with_article(hero),
        ),
        text,
    )
    name = re.search(r"(?:named|called|name is|name was) (\w+)", text)
    roll = rng.random()
    if roll < 0.35:
        ask = fill(
            rng,
            (
                "What was the name of the {h}?",
                "What is the {h} called?",
                "Who was the story about?",
                "What was its name?",
                "What is the name of the {h}?",
            ),
            h=hero,
        )
        return Exchange("dialogue", (first, (ask, f"The {hero} was named {name[1]}.")), (name[1],))
    if roll < 0.55:
        ask = rng.choice(
            ("Which animal was the story about?", "What animal was it?", "What was the story about?", "What kind of animal was it?")
        )
        return Exchange("dialogue", (first, (ask, f"The story was about {with_article(hero)}.")), (hero,))
    if roll < 0.75:
        ask = rng.choice(
            (
                "Make it shorter.",
                "Can you make it shorter?",
                "Shorter, please.",
                "Tell it in one sentence.",
                "Summarise the story.",
                "Tell it shorter.",
            )
        )
        text = f"{capital_first(with_article(hero))} named {name[1]} had an adventure and made a friend."
        return Exchange("dialogue", (first, (ask, text)), (hero, name[1]))
    other = rng.choice([animal for animal in ANIMALS if animal != hero])
    ask = fill(
        rng,
        ("Another one about {o}.", "Now about {o}.", "And one about {o}?", "Now tell me one about {o}.", "Tell me another one about {o}."),
        o=with_article(other),
    )
    if rng.random() < 0.4:
        ask, other = (
            rng.choice(("Another one.", "Tell me another one.", "Another story, please.", "One more, please.", "Again!", "More stories!")),
            hero,
        )
    return Exchange("dialogue", (first, (ask, stories.tell(rng, hero=other, short=True))), (other,))


def likes(rng: Random) -> Exchange:
    thing = rng.choice(FRUITS + ANIMALS[:20])
    like = fill(
        rng,
        ("My favourite is the {t}.", "I like the {t} best.", "I love the {t}.", "I really like the {t}.", "The {t} is my favourite."),
        t=thing,
    )
    ask = rng.choice(
        ("What do I like?", "What is my favourite?", "What did I say that I like?", "What do I love?", "Do you remember what I like?")
    )
    return Exchange("dialogue", ((like, "That is good to know!"), *single_turn(rng), (ask, f"You like the {thing}.")), (thing,))


def next_animal(rng: Random) -> Exchange:
    """The same question about another animal, or another question about the same one."""
    table, question, answer = rng.choice(
        (
            (LEGS, "How many legs does {a} have?", "{A} has {v} legs."), (SOUNDS, "What does {a} say?", "{A} says {v}."), (HOMES,
                "Where does {a} live?", "{A} lives in {v}."),
            (FOODS, "What does {a} eat?", "{A} eats {v}."),
        )
    )  # fmt: skip
    one, two = rng.sample(list(table), 2)

    def turn(animal: str, prompt: str) -> Turn:
        named = with_article(animal)
        return prompt.format(a=named), answer.format(A=named[0].upper() + named[1:], v=table[animal])

    return Exchange(
        "dialogue",
        (turn(one, question), turn(two, rng.choice(("And {a}?", "What about {a}?", "How about {a}?", "and {a}")))),
        (table[two],),
    )


def next_role(rng: Random) -> Exchange:
    one, two = rng.sample(
        ("a router", "a miner", "a guard", "an oracle", "a session", "a receipt", "a voucher", "an epoch", "staking", "slashing"), 2
    )
    first = (fill(rng, ("What is {a}?", "Explain {a}.", "Tell me about {a}."), a=one), protocol.SUBJECTS[one].answer)
    ask = fill(rng, ("And {a}?", "What about {a}?", "And what is {a}?", "How about {a}?", "Now {a}."), a=two)
    return Exchange("dialogue", (first, (ask, protocol.SUBJECTS[two].answer)), protocol.SUBJECTS[two].expect)


DIALOGUES = (own_name, own_name, kept_word, next_capital, next_capital, where_is_it, next_sum, about_story, likes, next_animal, next_role)


def dialogue(rng: Random) -> Exchange:
    return rng.choice(DIALOGUES)(rng)
