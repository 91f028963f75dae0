"""The small world that the default model knows: word lists and facts, all written for this repository."""

BOYS = ("Tom", "Ben", "Sam", "Max", "Leo", "Finn", "Jack", "Omar", "Hugo", "Milo", "Theo", "Noah", "Ravi", "Emil", "Otto", "Luca")
GIRLS = ("Lily", "Mia", "Anna", "Zoe", "Ruby", "Nora", "Ella", "Ivy", "Clara", "Maya", "Lucy", "Rosa", "Aiko", "Nina", "Sara", "Tara")
NAMES = BOYS + GIRLS

ANIMALS = (
    "fox", "cat", "dog", "rabbit", "bear", "owl", "mouse", "frog", "duck", "squirrel", "hedgehog", "turtle", "pony", "robin",
    "otter", "goat", "lamb", "beaver", "deer", "snail", "lion", "tiger", "elephant", "monkey", "penguin", "whale", "dolphin",
    "wolf", "bee", "crow", "horse", "cow", "pig", "hen", "parrot", "kangaroo", "camel", "zebra", "panda", "ant",
)  # fmt: skip
HEROES = ANIMALS + ("dragon", "robot", "king", "queen", "pirate", "wizard", "knight", "sailor", "baker", "cloud", "star", "teapot")
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
}  # fmt: skip

OPPOSITES = {
    "big": "small", "hot": "cold", "day": "night", "up": "down", "fast": "slow", "happy": "sad", "open": "closed",
    "old": "young", "light": "dark", "full": "empty", "loud": "quiet", "wet": "dry", "soft": "hard", "early": "late",
    "near": "far", "left": "right", "rich": "poor", "strong": "weak", "clean": "dirty", "tall": "short", "heavy": "light",
    "true": "false", "good": "bad", "first": "last", "inside": "outside",
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
}

# How the network works, in the model's own words.
PROTOCOL = {
    "a router": ("A router takes a request, checks that it is paid, and picks a miner to answer it.", ("request", "miner")),
    "a miner": ("A miner runs an AI model, streams the answer and signs a receipt for it.", ("runs", "model", "receipt")),
    "a guard": ("A guard checks finished tasks and votes on whether the miner was honest.", ("checks", "votes")),
    "an oracle": ("An oracle keeps network time, counts the votes and posts the settlement on chain.", ("time", "votes")),
    "a session": ("A session is a deposit of COR on chain that pays for the requests of one client.", ("deposit", "COR")),
    "a receipt": ("A receipt is signed by the miner. It states what was asked, what was answered and the price.", ("signed", "miner")),
    "a voucher": ("A voucher is a signed promise to pay up to a total amount out of a session.", ("signed", "promise", "session")),
    "COR": ("COR is the token of the network. It pays for answers and is staked by nodes.", ("token", "pays")),
    "proof of inference": (
        "Proof of inference shows that an answer really came from the model that was asked. Guards replay the work to check it.",
        ("model", "Guards"),
    ),
    "proof of useful work": ("Proof of useful work scores how useful an answer is. It moves reputation and rewards.", ("useful",)),
    "an epoch": ("An epoch is a round of time. At its end the network settles what everybody earned.", ("time", "settles")),
    "settlement": ("Settlement pays everybody once per epoch, with one proof on chain for many tasks.", ("epoch", "chain")),
    "staking": ("Staking locks COR as a promise to be honest. A node that cheats loses it.", ("locks", "COR")),
    "slashing": ("Slashing takes stake away from a node that was proven to cheat.", ("stake", "cheat")),
    "a deposit": ("A deposit is COR that a client puts into a session. What is not spent goes back.", ("COR", "session")),
    "an API key": ("An API key is a signed permission that lets a router spend from your session.", ("signed", "session")),
    "a node": ("A node is a machine that runs the daemon as a router, miner, guard or oracle.", ("machine", "daemon")),
    "a token": ("A token is a small piece of text that a model reads or writes.", ("piece", "text")),
    "inference": ("Inference is running a model to get an answer.", ("model", "answer")),
    "a peer": ("A peer is another node that you are connected to.", ("node", "connected")),
    "a vote": ("A vote is a guard's verdict on a task. It is hidden first and shown later.", ("guard", "verdict")),
    "a smart contract": ("A smart contract is a program on a chain that everybody can check.", ("program", "chain")),
    "a bootstrap node": ("A bootstrap node is the first address through which a new node finds its peers.", ("first", "peers")),
    "the default model": ("The default model is a very small language model that comes with the daemon.", ("small", "daemon")),
    "decentralised inference": ("Decentralised inference runs AI models on many machines that nobody has to trust.", ("many", "machines")),
}

# question -> (answer, words that a right answer must contain)
PROTOCOL_QUESTIONS = {
    "How are answers verified?": (
        "Guards replay the answer with the same model and compare every token, then they vote.",
        ("Guards", "vote"),
    ),
    "Who checks the answers?": ("Guards check the answers. They replay the work and vote.", ("Guards",)),
    "Who runs the models?": ("Miners run the models.", ("Miners",)),
    "Who pays for an answer?": ("The client pays for an answer from its session.", ("client", "session")),
    "How does a miner get paid?": ("A miner gets paid in COR for each valid answer, after the epoch is settled.", ("COR", "epoch")),
    "What happens when a miner cheats?": (
        "When a miner cheats, guards vote it invalid. It is not paid and can lose its stake.",
        ("guards", "stake"),
    ),
    "How do I get an answer?": ("Open a session with some COR, then send your request to a router.", ("session", "router")),
    "Which roles are there?": ("There are four roles: router, miner, guard and oracle.", ROLES),
    "How many roles are there?": ("There are four roles: router, miner, guard and oracle.", ROLES),
    "Can I get my deposit back?": ("Yes. What a session has not spent goes back to its client.", ("Yes", "client")),
    "Who signs a receipt?": ("The miner signs a receipt.", ("miner",)),
    "Who keeps the time of the network?": ("Oracles keep the time of the network.", ("Oracles",)),
    "Does a guard check its own tasks?": ("No. A guard never checks a task that its own operator took part in.", ("No", "never")),
    "Do I have to trust one machine?": ("No. Many machines check each other, so you do not have to trust a single one.", ("No", "Many")),
    "How do nodes find each other?": (
        "Nodes find each other through a shared table that starts at a bootstrap node.",
        ("table", "bootstrap"),
    ),
}

# answer -> questions about the model itself, and small talk
IDENTITY = {
    "I am the default model of the network, a very small language model.": (
        "Who are you?",
        "What are you?",
        "What is your name?",
        "Which model are you?",
        "Tell me about yourself.",
        "Introduce yourself.",
        "What model is this?",
        "What should I call you?",
    ),
    "I can tell short stories, do small sums, and answer simple questions about the world and the network.": (
        "What can you do?",
        "How can you help me?",
        "What do you know?",
        "What can I ask you?",
        "Help",
        "What are you good at?",
        "What else can you do?",
    ),
    "I am a computer program, not a person.": (
        "Are you a person?",
        "Are you human?",
        "Are you a human?",
        "Are you real?",
        "Are you a robot?",
        "Are you alive?",
        "Do you have feelings?",
    ),
    "I run on the machine of a miner, and guards check my answers.": (
        "Where do you run?",
        "Where are you?",
        "Where do you live?",
        "On which machine do you run?",
        "Who runs you?",
    ),
    "I am very small: a few million numbers. I know only a small world.": (
        "How big are you?",
        "How large are you?",
        "Are you a large model?",
        "How many parameters do you have?",
        "Are you clever?",
        "How smart are you?",
    ),
    "You are welcome!": (
        "Thank you.",
        "Thanks!",
        "Thank you very much.",
        "Thanks a lot.",
        "Thank you for your help.",
        "Great, thank you.",
        "Thanks for that.",
    ),
    "Goodbye! Come back soon.": ("Goodbye.", "Bye!", "See you later.", "Good night.", "I have to go now.", "See you tomorrow.", "Bye bye."),
}

# Subjects that the model declines.
BEYOND = (
    "the weather tomorrow",
    "quantum physics",
    "the stock market",
    "the price of gold",
    "the last election",
    "football",
    "a good film",
    "the history of Rome",
    "my taxes",
    "the best phone",
    "world politics",
    "black holes",
    "organic chemistry",
    "a recipe for pizza",
    "the meaning of life",
    "the news today",
    "the theory of relativity",
    "video games",
    "the French revolution",
    "modern art",
    "DNA",
    "my health",
    "the law",
    "the future",
    "opera",
    "classical music",
    "the pyramids",
    "car engines",
    "tennis",
)

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

# The answer to everything outside this world.
UNKNOWN = "I am a small model and do not know that. Ask me for a story, a sum or a fact about the network."
