"""Short stories from plots: each plot is a list of sentences, each sentence a choice of wordings over the same facts.

Slots: {a} hero with article, {h} hero noun, {n} name, {s}/{p}/{o} he/his/him, {S}/{P} the same with a capital, {x} an object,
{l} a place, {b} friend with article, {f} friend noun, {w} weather, {j} the hero's trait.
"""

from random import Random

from exchange import capital_first, with_article
from world import ANIMALS, BOYS, GIRLS, HEROES, OBJECTS, PLACES

WEATHER = ("sunny", "rainy", "windy", "cold", "warm", "foggy", "quiet", "bright")
TRAITS = ("little", "kind", "clever", "gentle", "funny", "shy", "cheerful", "brave", "curious", "patient")
LESSONS = (
    "sharing makes everyone happy", "it is good to ask for help", "friends look after each other",
    "being kind is better than being fast", "patience brings good things", "even small friends can do big things",
    "it is brave to say sorry", "practice makes hard things easy",
)  # fmt: skip

OPENINGS = (
    "Once upon a time there was a {j} {h} named {n}.",
    "Once there was a {j} {h} called {n} who lived near the {l}.",
    "In a house by the {l} lived a {j} {h}. {P} name was {n}.",
    "Long ago, a {j} {h} named {n} lived by the {l}.",
    "There was once a {j} {h} whose name was {n}.",
)
ENDINGS = (
    "From that day on, {n} and the {f} were best friends.",
    "In the evening they sat together and watched the stars.",
    "That night {n} slept well and dreamed of the {l}.",
    "And so {n} learned that {lesson}.",
    "Since then {n} knows that {lesson}.",
)

# Sentences that start with "?" are left out of short stories.
PLOTS = (
    (  # the lost thing
        ("One {w} morning {n} lost {p} {x} near the {l}.", "One day {p} {x} was gone. {n} had left it near the {l}."),
        ("?{S} looked under every stone, but it was not there.", "?{n} searched all day and grew very tired."),
        ("Then {s} met {b}.", "There {s} saw {b} under a tree."),
        ('"Have you seen my {x}?" asked {n}.', '"I am looking for my {x}," said {n}.'),
        ('"Yes," said the {f}. "It is by the water."', '"Come with me," said the {f}. "I know where it is."'),
        ("They went together and found the {x}.", "Soon they found the {x}, and {n} laughed with joy."),
    ),
    (  # the friend in need
        ("One {w} day {n} walked to the {l}.", "On a {w} day {n} went to the {l} to play."),
        ("There {s} heard a small voice. It was {b} that was stuck under a branch.", "There {s} met {b} that had lost its way home."),
        ('"Please help me," said the {f}.', '"I am so glad to see you," said the {f}.'),
        ("?{n} thought for a while.", "?{n} was not afraid."),
        ("So {n} took {p} {x} and helped the {f}.", "{n} used {p} {x} and soon the {f} was safe."),
        ('"Thank you, {n}," said the {f}. "You are a true friend."', "The {f} was very thankful."),
    ),
    (  # the contest
        ("Every year there was a race from the {l} to the old tree.", "One {w} day all the animals held a race near the {l}."),
        ('"I am the fastest," said {b}.', 'A proud friend came along. It was {b}. "I will win," it said.'),
        ("?{n} was slow, but {s} did not give up.", "?{n} felt nervous, but {s} wanted to try."),
        ("In the middle of the race the {f} fell down.", "Half way there the {f} hurt its foot."),
        ("{n} stopped and helped the {f} to stand up.", "{n} turned back and carried the {f}."),
        ("They crossed the line together, and both won a {x}.", "Everybody clapped, and {n} got a {x} as a prize."),
    ),
    (  # the secret
        ("One {w} evening {n} found an old {x} in the {l}.", "Behind the {l} {n} found a strange {x}."),
        ("It began to shine when {s} touched it.", "When {s} picked it up, it began to glow."),
        ("?{n} could not believe it.", "?{P} heart beat fast."),
        ("{S} showed it to {b}.", "{n} ran home and showed it to {b}."),
        ('"It is a magic {x}," said the {f}. "Make a wish."', '"You may make one wish," said the {f}.'),
        ("{n} wished that nobody should ever be lonely.", "{n} wished for a good friend."),
        ("The {x} shone once more, and then it was quiet.", "The wish came true at once."),
    ),
    (  # the shared gift
        ("{n} had a {x} that {s} loved very much.", "{P} favourite thing was a {x}."),
        ("One {w} day {s} took it to the {l}.", "Every day {s} carried it to the {l}."),
        ("There sat {b}, all alone and sad.", "By the path {s} met {b} that had nothing to play with."),
        ("?{n} looked at {p} {x} and then at the {f}.", "?At first {n} did not want to share."),
        ('"Shall we play together?" asked {n}.', '"You can have a turn," said {n}.'),
        ("They played with the {x} until the sun went down.", "The {f} smiled, and they played all day long."),
    ),
    (  # the storm
        ("One night a great storm came to the {l}.", "One {w} night the wind blew hard over the {l}."),
        ("{n} heard somebody knock at the door. It was {b}.", "At the door stood {b}, cold and wet."),
        ('"May I come in?" asked the {f}.', '"Please let me stay," said the {f}.'),
        ("?{n} made some warm soup.", "?{n} lit a small fire."),
        ("{S} gave the {f} a blanket and told a story about a {x}.", "They drank tea, and the {f} gave {o} a {x} to say thank you."),
        ("In the morning the sun was back.", "When they woke up, the sky was blue again."),
    ),
    (  # the garden
        ("One {w} morning {n} planted a seed near the {l}.", "One day {n} found a tiny seed in the {l} and put it into the ground."),
        ("?Every day {s} gave it water.", "?{S} waited and waited."),
        ("{b} laughed and said that nothing would ever grow there.", "{b} came by and asked what {n} was doing."),
        ('"Be patient," said {n}.', '"Just wait and see," said {n}.'),
        ("In spring a big flower stood there, as bright as a {x}.", "Soon a flower opened, and inside it lay a little {x}."),
        ("The {f} was amazed and helped {n} to plant many more.", '"You were right," said the {f}, and they danced around it.'),
    ),
    (  # the missing sound
        ("One {w} day the {l} was strangely quiet.", "One {w} morning {n} woke up and heard nothing at all."),
        ('"Why does nobody sing?" asked {n}.', "{n} wanted to know why."),
        ("?{S} walked a long way.", "?{S} asked everybody, but nobody knew."),
        ("At last {s} found {b} crying beside a broken {x}.", "Then {s} met {b} that had lost its song together with a {x}."),
        ("{n} sat down beside the {f} and hummed a small tune.", "{n} mended the {x} with great care."),
        ("Soon the {f} sang again, and the whole {l} sang with it.", "The {f} laughed, and music filled the {l}."),
    ),
)


def tell(
    rng: Random, *, hero: str, thing: str | None = None, place: str | None = None, name: str | None = None, short: bool = False
) -> str:
    """One story about `hero` in which the asked-for thing, place and name, where given, take part."""
    name = name or rng.choice(BOYS + GIRLS)
    boy = name in BOYS
    friend = rng.choice([animal for animal in ANIMALS if animal != hero])
    slots = {
        "a": with_article(hero), "h": hero, "n": name, "x": thing or rng.choice(OBJECTS), "l": place or rng.choice(PLACES),
        "b": with_article(friend), "f": friend, "w": rng.choice(WEATHER), "j": rng.choice(TRAITS), "lesson": rng.choice(LESSONS),
        "s": "he" if boy else "she", "p": "his" if boy else "her", "o": "him" if boy else "her",
        "S": "He" if boy else "She", "P": "His" if boy else "Her",
    }  # fmt: skip
    sentences = [rng.choice(OPENINGS)]
    for wordings in rng.choice(PLOTS):
        wording = rng.choice(wordings)
        if wording.startswith("?") and short:
            continue
        sentences.append(wording.removeprefix("?"))
    sentences.append(rng.choice(ENDINGS))
    story = " ".join(capital_first(sentence.format(**slots)) for sentence in sentences)
    return story.replace(" a umbrella", " an umbrella").replace(" a old ", " an old ")


REQUESTS = (
    "Tell me a {}", "Tell me a {}", "Tell me a {}", "Write a {}", "Write me a {}", "Can you tell me a {}", "I would like a {}",
    "Please write a {}",
    "Make up a {}", "I want to hear a {}", "Could you write a {}", "Give me a {}", "Tell us a {}", "Do you know a {}", "Invent a {}",
    "Please tell me a {}", "I want a {}", "Let us hear a {}", "Read me a {}", "Can I have a {}", "A {}",
)  # fmt: skip
KINDS = ("story", "story", "tale", "bedtime story", "little story", "nice story", "funny story", "fairy tale", "new story")


def ask(rng: Random) -> tuple[str, str, tuple[str, ...]]:
    """A request for a story, the story, and the words that the story must contain."""
    hero = rng.choice(HEROES)
    short = rng.random() < 0.6
    kind = rng.choice(("short story", "short story", "short tale", "very short story")) if short else rng.choice(KINDS)
    request = rng.choice(REQUESTS).format(kind)
    roll = rng.random()
    if roll < 0.1:
        return request + ".", tell(rng, hero=rng.choice(ANIMALS), short=short), ()
    link = rng.choice((" about ", " about ", " about ", " with ", " of "))
    request += link + with_article(hero)
    if roll < 0.65:
        return request + ".", tell(rng, hero=hero, short=short), (hero,)
    if roll < 0.77:
        thing = rng.choice(OBJECTS)
        return f"{request} and {with_article(thing)}.", tell(rng, hero=hero, thing=thing, short=short), (hero, thing)
    if roll < 0.9:
        name = rng.choice(BOYS + GIRLS)
        return f"{request} {rng.choice(('named', 'called'))} {name}.", tell(rng, hero=hero, name=name, short=short), (hero, name)
    place = rng.choice(PLACES)
    return f"{request} {rng.choice(('near', 'in', 'by'))} the {place}.", tell(rng, hero=hero, place=place, short=short), (hero, place)
