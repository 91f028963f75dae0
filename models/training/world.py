"""The small world that the default model knows: word lists and facts, all written for this repository."""

BOYS = (
    "Tom", "Ben", "Sam", "Max", "Leo", "Finn", "Jack", "Omar", "Hugo", "Milo", "Theo", "Noah", "Ravi", "Emil", "Otto", "Luca",
    "Adam", "Karl", "Paul", "Erik", "Hans", "Ali", "Ivan", "Juan", "Kenji", "Oscar", "Peter", "Simon", "David", "Felix", "Henry", "James",
)  # fmt: skip
GIRLS = (
    "Lily", "Mia", "Anna", "Zoe", "Ruby", "Nora", "Ella", "Ivy", "Clara", "Maya", "Lucy", "Rosa", "Aiko", "Nina", "Sara", "Tara",
    "Emma", "Julia", "Laura", "Olga", "Petra", "Sofia", "Hanna", "Ida", "Jana", "Kira", "Mary", "Alice", "Eva", "Greta", "Helen", "Yuki",
)  # fmt: skip
NAMES = BOYS + GIRLS

ANIMALS = (
    "fox", "cat", "dog", "rabbit", "bear", "owl", "mouse", "frog", "duck", "squirrel", "hedgehog", "turtle", "pony", "robin",
    "otter", "goat", "lamb", "beaver", "deer", "snail", "lion", "tiger", "elephant", "monkey", "penguin", "whale", "dolphin",
    "wolf", "bee", "crow", "horse", "cow", "pig", "hen", "parrot", "kangaroo", "camel", "zebra", "panda", "ant",
)  # fmt: skip
HEROES = ANIMALS + ("dragon", "robot", "king", "queen", "pirate", "wizard", "knight", "sailor", "baker", "cloud", "star", "teapot") + (
    "girl", "boy", "princess", "giant", "witch", "farmer", "fisherman", "painter", "ghost", "snowman", "train", "boat", "tree", "spider",
    "swan", "goose", "sheep", "donkey", "badger", "mole", "bat", "seal", "crab", "fish", "eagle", "butterfly", "caterpillar", "dinosaur",
    "unicorn", "mermaid", "doll", "clown", "musician", "doctor", "teacher", "gardener", "moon", "snowflake", "puppy", "kitten", "miner",
    "guard",
)  # fmt: skip
OBJECTS = (
    "ball", "kite", "boat", "coin", "key", "map", "lantern", "hat", "stone", "box", "bell", "scarf", "leaf", "drum", "rope",
    "basket", "book", "flute", "mirror", "umbrella",
)  # fmt: skip
PLACES = (
    "forest", "garden", "river", "hill", "beach", "village", "library", "meadow", "lake", "cave", "castle", "market", "bridge",
    "island", "mountain", "windmill",
)  # fmt: skip
COLOURS = ("red", "blue", "green", "yellow", "orange", "purple", "pink", "brown", "black", "white", "grey")
FRUITS = ("apple", "banana", "cherry", "grape", "lemon", "mango", "melon", "orange", "peach", "pear", "plum", "strawberry")
DRINKS = ("water", "tea", "milk", "coffee", "juice", "lemonade")
DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December",
)  # fmt: skip
SEASONS = ("spring", "summer", "autumn", "winter")
PLANETS = ("Mercury", "Venus", "Earth", "Mars", "Jupiter", "Saturn", "Uranus", "Neptune")
ROLES = ("router", "miner", "guard", "oracle")
NUMBER_WORDS = (
    "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve", "thirteen",
    "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen", "twenty",
)  # fmt: skip
WORDS = ANIMALS + OBJECTS + PLACES + FRUITS + COLOURS[:4] + ("hello", "music", "summer", "network", "token", "paper", "light")

CAPITALS = {
    "France": "Paris", "Germany": "Berlin", "Italy": "Rome", "Spain": "Madrid", "Portugal": "Lisbon", "Japan": "Tokyo",
    "China": "Beijing", "India": "New Delhi", "Egypt": "Cairo", "Kenya": "Nairobi", "Brazil": "Brasilia",
    "Argentina": "Buenos Aires", "Canada": "Ottawa", "Mexico": "Mexico City", "Norway": "Oslo", "Sweden": "Stockholm",
    "Finland": "Helsinki", "Denmark": "Copenhagen", "Poland": "Warsaw", "Austria": "Vienna", "Greece": "Athens",
    "Turkey": "Ankara", "Russia": "Moscow", "Ireland": "Dublin", "Peru": "Lima", "Chile": "Santiago", "Cuba": "Havana",
    "Vietnam": "Hanoi", "Thailand": "Bangkok", "Nepal": "Kathmandu", "Hungary": "Budapest", "Belgium": "Brussels",
    "Iceland": "Reykjavik", "Indonesia": "Jakarta", "Australia": "Canberra", "Morocco": "Rabat", "Romania": "Bucharest",
    "Bulgaria": "Sofia", "Ukraine": "Kyiv", "England": "London", "the United States": "Washington", "South Korea": "Seoul",
    "Switzerland": "Bern", "Colombia": "Bogota", "the Netherlands": "Amsterdam", "Ghana": "Accra",
    "Scotland": "Edinburgh", "Wales": "Cardiff", "Croatia": "Zagreb", "Serbia": "Belgrade", "Slovakia": "Bratislava",
    "Slovenia": "Ljubljana", "Estonia": "Tallinn", "Latvia": "Riga", "Lithuania": "Vilnius", "Ethiopia": "Addis Ababa",
    "Nigeria": "Abuja", "Tunisia": "Tunis", "Algeria": "Algiers", "Iran": "Tehran", "Iraq": "Baghdad", "Jordan": "Amman",
    "Lebanon": "Beirut", "Syria": "Damascus", "Pakistan": "Islamabad", "Mongolia": "Ulaanbaatar", "the Philippines": "Manila",
    "New Zealand": "Wellington", "Uruguay": "Montevideo", "Ecuador": "Quito", "Venezuela": "Caracas", "Bolivia": "La Paz",
    "Luxembourg": "Luxembourg City", "Malta": "Valletta", "the Czech Republic": "Prague", "Senegal": "Dakar",
}  # fmt: skip

CONTINENTS = {
    "Europe": (
        "France", "Germany", "Italy", "Spain", "Portugal", "Norway", "Sweden", "Finland", "Denmark", "Poland", "Austria", "Greece",
        "Ireland", "Hungary", "Belgium", "Iceland", "Romania", "Bulgaria", "Ukraine", "England", "Switzerland", "the Netherlands",
        "Scotland", "Wales", "Croatia", "Serbia", "Estonia", "Latvia", "Lithuania", "Malta", "the Czech Republic",
    ),
    "Asia": (
        "Japan", "China", "India", "Vietnam", "Thailand", "Nepal", "Indonesia", "South Korea", "Iran", "Iraq", "Jordan", "Syria",
        "Pakistan", "Mongolia", "the Philippines",
    ),
    "Africa": ("Egypt", "Kenya", "Morocco", "Ghana", "Ethiopia", "Nigeria", "Tunisia", "Algeria", "Senegal"),
    "South America": ("Brazil", "Argentina", "Peru", "Chile", "Colombia", "Uruguay", "Ecuador", "Venezuela", "Bolivia"),
    "North America": ("Canada", "Mexico", "the United States", "Cuba"),
}  # fmt: skip

OPPOSITES = {
    "big": "small", "hot": "cold", "day": "night", "up": "down", "fast": "slow", "happy": "sad", "open": "closed",
    "old": "young", "light": "dark", "full": "empty", "loud": "quiet", "wet": "dry", "soft": "hard", "early": "late",
    "near": "far", "left": "right", "rich": "poor", "strong": "weak", "clean": "dirty", "tall": "short", "heavy": "light",
    "true": "false", "good": "bad", "first": "last", "inside": "outside", "black": "white", "thick": "thin", "begin": "end",
    "push": "pull", "cheap": "expensive", "brave": "afraid",
    "yes": "no", "high": "low", "long": "short", "wide": "narrow", "win": "lose", "buy": "sell", "friend": "enemy", "love": "hate",
    "awake": "asleep", "summer": "winter", "north": "south", "east": "west", "above": "below", "before": "after", "easy": "difficult",
}  # fmt: skip
THING_COLOURS = {
    "the sky": "blue", "grass": "green", "snow": "white", "a banana": "yellow", "a strawberry": "red", "coal": "black",
    "a lemon": "yellow", "a carrot": "orange", "the sun": "yellow", "milk": "white", "a cherry": "red", "chocolate": "brown",
    "an elephant": "grey", "a frog": "green", "a crow": "black", "a pig": "pink", "the sea": "blue", "a plum": "purple",
}  # fmt: skip
SOUNDS = {
    "dog": "woof", "cat": "meow", "cow": "moo", "duck": "quack", "pig": "oink", "horse": "neigh", "lion": "roar",
    "owl": "hoot", "bee": "buzz", "frog": "croak", "mouse": "squeak", "wolf": "howl", "crow": "caw", "lamb": "baa", "hen": "cluck",
}  # fmt: skip
LEGS = {
    "dog": "four", "cat": "four", "cow": "four", "bee": "six", "ant": "six", "duck": "two", "owl": "two", "spider": "eight",
    "horse": "four", "snake": "no", "fish": "no", "hen": "two", "lion": "four", "fox": "four", "penguin": "two",
}  # fmt: skip
HOMES = {
    "bee": "a hive", "bird": "a nest", "fish": "water", "bear": "a cave", "rabbit": "a burrow", "fox": "a den",
    "horse": "a stable", "dog": "a kennel", "whale": "the sea", "beaver": "a lodge", "pig": "a sty", "ant": "an anthill",
    "penguin": "cold lands near the sea", "camel": "the desert", "frog": "a pond",
}  # fmt: skip

PLURALS = {
    "mouse": "mice", "child": "children", "foot": "feet", "tooth": "teeth", "goose": "geese", "man": "men", "woman": "women",
    "sheep": "sheep", "leaf": "leaves", "wolf": "wolves", "fish": "fish", "knife": "knives", "fox": "foxes", "box": "boxes",
    "baby": "babies", "city": "cities", "bus": "buses", "cherry": "cherries", "pony": "ponies", "dog": "dogs", "cat": "cats",
    "tree": "trees", "house": "houses", "bird": "birds", "book": "books",
}  # fmt: skip
RHYMES = (
    ("cat", "hat"), ("dog", "frog"), ("moon", "spoon"), ("tree", "bee"), ("star", "car"), ("house", "mouse"), ("boat", "goat"),
    ("light", "night"), ("ball", "wall"), ("fox", "box"), ("bear", "chair"), ("king", "ring"), ("sun", "run"), ("snow", "crow"),
    ("cake", "lake"), ("bell", "shell"), ("day", "play"), ("rain", "train"),
)  # fmt: skip
# verb -> (who can, who cannot)
ABILITIES = {
    "fly": (("bird", "bee", "owl", "crow", "robin", "duck", "parrot", "bat"), ("penguin", "dog", "cat", "fish", "cow", "pig", "elephant",
    "horse")),
    "swim": (("fish", "whale", "dolphin", "duck", "penguin", "otter", "frog", "beaver"), ("snail", "hen", "bee", "ant")),
    "jump": (("frog", "cat", "rabbit", "kangaroo", "horse", "dog"), ("snail", "elephant", "fish", "whale")),
    "lay eggs": (("hen", "duck", "owl", "turtle", "frog", "penguin", "bird"), ("dog", "cat", "cow", "horse", "whale", "fox")),
    "climb trees": (("cat", "squirrel", "monkey", "bear"), ("cow", "fish", "whale", "horse", "elephant")),
}  # fmt: skip
FOODS = {
    "rabbit": "grass and carrots", "cow": "grass", "horse": "grass and hay", "cat": "mice and fish", "dog": "meat",
    "bear": "berries, fish and honey",
    "fox": "mice and berries", "owl": "mice", "panda": "bamboo", "squirrel": "nuts", "monkey": "fruit", "frog": "flies", "lion": "meat",
    "hen": "seeds", "penguin": "fish", "elephant": "grass and leaves", "mouse": "seeds and cheese", "bee": "nectar from flowers",
}  # fmt: skip
BABIES = {
    "dog": "puppy", "cat": "kitten", "cow": "calf", "horse": "foal", "sheep": "lamb", "pig": "piglet", "hen": "chick", "duck": "duckling",
    "bear": "cub", "lion": "cub", "goat": "kid", "frog": "tadpole", "kangaroo": "joey", "goose": "gosling", "deer": "fawn",
}  # fmt: skip

# subject -> (answer, words that a right answer must contain)
FACTS = {
    "the sun": ("The sun is a star. It gives the Earth light and warmth.", ("star",)),
    "the moon": ("The moon goes around the Earth and shines at night.", ("Earth", "night")),
    "rain": ("Rain is water that falls from the clouds.", ("water", "clouds")),
    "snow": ("Snow is frozen water that falls from the clouds in winter.", ("frozen", "winter")),
    "ice": ("Ice is frozen water. It is cold and hard.", ("frozen", "water")),
    "a computer": ("A computer is a machine that follows instructions very quickly.", ("machine", "instructions")),
    "a book": ("A book has many pages with words and pictures.", ("pages",)),
    "a bee": ("A bee is an insect that makes honey.", ("insect", "honey")),
    "a whale": ("A whale is a very large animal that lives in the sea.", ("large", "sea")),
    "a volcano": ("A volcano is a mountain that can throw out hot melted rock.", ("mountain", "rock")),
    "a river": ("A river is water that flows across the land to the sea.", ("water", "flows")),
    "an island": ("An island is land with water all around it.", ("land", "water")),
    "a desert": ("A desert is a very dry place where little rain falls.", ("dry",)),
    "a rainbow": ("A rainbow is an arc of colours made by sunlight and rain.", ("colours", "sunlight")),
    "wind": ("Wind is moving air.", ("moving", "air")),
    "a tree": ("A tree is a tall plant with a trunk, branches and leaves.", ("plant", "leaves")),
    "a seed": ("A seed is the small start of a new plant.", ("plant",)),
    "bread": ("Bread is food that is baked from flour and water.", ("flour",)),
    "a triangle": ("A triangle is a shape with three sides.", ("three", "sides")),
    "a square": ("A square is a shape with four equal sides.", ("four", "sides")),
    "a clock": ("A clock shows the time of day.", ("time",)),
    "a library": ("A library is a place where people read and borrow books.", ("books",)),
    "a doctor": ("A doctor helps people who are ill.", ("ill",)),
    "a teacher": ("A teacher helps people to learn.", ("learn",)),
    "a baker": ("A baker makes bread and cakes.", ("bread",)),
    "a star": ("A star is a huge ball of hot, shining gas.", ("gas",)),
    "a planet": ("A planet is a large round body that goes around a star.", ("star",)),
    "the Earth": ("The Earth is the planet on which we live.", ("planet",)),
    "the sky": ("The sky is the air above us. On a clear day it looks blue.", ("air",)),
    "the sea": ("The sea is the salt water that covers most of the Earth.", ("water",)),
    "a mountain": ("A mountain is land that rises very high above the rest.", ("land", "high")),
    "a forest": ("A forest is a large place full of trees.", ("trees",)),
    "a lake": ("A lake is water with land all around it.", ("water", "land")),
    "a cloud": ("A cloud is made of tiny drops of water in the sky.", ("water",)),
    "fire": ("Fire is hot and bright. It burns wood and gives light.", ("hot",)),
    "water": ("Water is a clear liquid that all living things need.", ("liquid",)),
    "air": ("Air is all around us. We breathe it.", ("breathe",)),
    "gold": ("Gold is a yellow metal that shines and costs a lot.", ("metal",)),
    "honey": ("Honey is a sweet food that bees make.", ("bees",)),
    "cheese": ("Cheese is food that is made from milk.", ("milk",)),
    "milk": ("Milk is a white drink that comes from cows.", ("cows",)),
    "a fox": ("A fox is a wild animal with red fur and a bushy tail.", ("animal",)),
    "a cat": ("A cat is a small animal that many people keep at home. It catches mice.", ("animal",)),
    "a dog": ("A dog is an animal that is a good friend to people.", ("animal",)),
    "a horse": ("A horse is a large animal that people can ride.", ("animal", "ride")),
    "a cow": ("A cow is a large farm animal that gives milk.", ("animal", "milk")),
    "an elephant": ("An elephant is a very large grey animal with a long trunk.", ("animal", "trunk")),
    "an owl": ("An owl is a bird that hunts at night.", ("bird",)),
    "a penguin": ("A penguin is a bird that swims but cannot fly.", ("bird",)),
    "a frog": ("A frog is a small animal that lives near water and jumps.", ("animal",)),
    "a spider": ("A spider is a small animal with eight legs that spins a web.", ("eight",)),
    "a bird": ("A bird is an animal with feathers and wings.", ("feathers",)),
    "a fish": ("A fish is an animal that lives in water and swims.", ("animal", "water")),
    "a flower": ("A flower is the bright part of a plant. Bees like it.", ("plant",)),
    "an apple": ("An apple is a round fruit that grows on a tree.", ("fruit",)),
    "a banana": ("A banana is a long yellow fruit.", ("fruit",)),
    "a car": ("A car is a machine with four wheels that people drive.", ("wheels",)),
    "a bicycle": ("A bicycle has two wheels, and you ride it with your legs.", ("two", "wheels")),
    "a boat": ("A boat carries people and things over water.", ("water",)),
    "a train": ("A train runs on rails and carries many people.", ("rails",)),
    "a house": ("A house is a building where people live.", ("live",)),
    "a school": ("A school is a place where children learn.", ("learn",)),
    "a bridge": ("A bridge leads people over a river or a road.", ("over",)),
    "a key": ("A key opens and closes a lock.", ("lock",)),
    "a map": ("A map is a picture that shows where places are.", ("places",)),
    "music": ("Music is made of sounds that are nice to hear.", ("sounds",)),
    "a friend": ("A friend is somebody who likes you and helps you.", ("helps",)),
    "a farmer": ("A farmer grows food and keeps animals.", ("food",)),
    "a circle": ("A circle is a perfectly round shape.", ("round",)),
    "winter": ("Winter is the cold season. It comes after autumn.", ("cold",)),
    "summer": ("Summer is the warm season. It comes after spring.", ("warm",)),
    "night": ("Night is the dark time when the sun is down.", ("dark",)),
    "a language model": ("A language model is a program that continues text, one token after another.", ("program", "text")),
}

# kind -> members that can be asked for
LISTABLE = {
    "animals": ANIMALS,
    "fruits": FRUITS,
    "colours": COLOURS,
    "days of the week": DAYS,
    "months": MONTHS,
    "planets": PLANETS,
    "drinks": DRINKS,
    "seasons": SEASONS,
    "roles of the network": ROLES,
    "names": NAMES,
    "countries": tuple(CAPITALS)[:35],
    "places": PLACES,
}

# Lists that are told from their start.
IN_ORDER = (DAYS, MONTHS, PLANETS, SEASONS, ROLES)
