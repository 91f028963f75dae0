"""What the default model knows about its network: each entry is an answer, the words a right one contains, and the questions for it."""

from typing import NamedTuple


class Entry(NamedTuple):
    """One piece of knowledge."""

    answer: str
    expect: tuple[str, ...]
    questions: tuple[str, ...]


# subject -> what it is; asked for by the wordings of `explain`, and by the questions here
SUBJECTS = {
    "a router": Entry(
        "A router takes a request, checks that it is paid, and picks a miner to answer it.", ("request", "miner"),
        ("What does a router do?", "What is the job of a router?", "What do routers do?", "What are routers for?",
         "Who takes my request?", "Who picks the miner?", "What is the role of the router?", "Where does my prompt go first?"),
    ),
    "a miner": Entry(
        "A miner runs an AI model, streams the answer and signs a receipt for it.", ("runs", "model", "receipt"),
        ("What does a miner do?", "What is the job of a miner?", "What do miners do?", "What are miners for?",
         "Who answers my prompt?", "What is the role of the miner?"),
    ),
    "a guard": Entry(
        "A guard checks finished tasks and votes on whether the miner was honest.", ("checks", "votes"),
        ("What does a guard do?", "What is the job of a guard?", "What do guards do?", "What are guards for?", "Why are there guards?",
         "What is the role of the guard?", "Why does the network need guards?"),
    ),
    "an oracle": Entry(
        "An oracle keeps network time, counts the votes and posts the settlement on chain.", ("time", "votes"),
        ("What does an oracle do?", "What is the job of an oracle?", "What do oracles do?", "What are oracles for?",
         "What is the role of the oracle?", "Who counts the votes?"),
    ),
    "a session": Entry(
        "A session is a deposit of COR on chain that pays for the requests of one client.", ("deposit", "COR"),
        ("What is a session for?", "What are sessions?", "Why do I need a session?", "What do I need a session for?"),
    ),
    "a receipt": Entry(
        "A receipt is signed by the miner. It states what was asked, what was answered and the price.", ("signed", "miner"),
        ("What is in a receipt?", "What are receipts?", "What does a receipt say?", "What does a receipt prove?",
            "Why are there receipts?"),
    ),
    "a voucher": Entry(
        "A voucher is a signed promise to pay a miner up to a total amount out of a session.", ("signed", "promise", "session"),
        ("What are vouchers?", "What is a voucher for?", "What does a voucher promise?"),
    ),
    "COR": Entry(
        "COR is the token of the network. It pays for answers and is staked by nodes.", ("token", "pays"),
        ("What is the token of the network?", "What is the coin of this network?", "What is COR used for?", "What can I do with COR?",
         "Which token does the network use?", "How do people pay on this network?"),
    ),
    "proof of inference": Entry(
        "Proof of inference shows that an answer really came from the model that was asked. Guards replay the work to check it.",
        ("model", "Guards"), ("How does proof of inference work?", "What does proof of inference prove?"),
    ),
    "proof of useful work": Entry(
        "Proof of useful work lets miners answer questions whose answers guards score. Good scores bring rewards and a better reputation.",
        ("score", "rewards"),
        ("How does proof of useful work work?", "What is useful work?", "What is a proof of useful work?",
            "What does proof of useful work do?"),
    ),
    "an epoch": Entry(
        "An epoch is a round of time. At its end the network settles what everybody earned.", ("time", "settles"),
        ("What are epochs?", "What happens at the end of an epoch?", "What is an epoch for?"),
    ),
    "settlement": Entry(
        "Settlement pays everybody once per epoch, with one transaction on chain for many tasks.", ("epoch", "chain"),
        ("How does settlement work?", "What happens at settlement?", "How is the work settled?", "When is everything paid out?",
           "How are earnings settled?", "How does everybody get paid?",
         "How often is there a settlement?", "When is the work paid?"),
    ),
    "staking": Entry(
        "Staking locks COR as a promise to be honest. A node that cheats can lose it.", ("locks", "COR"),
        ("What is a stake?", "Why do nodes stake?", "How does staking work?", "Why does a node need a stake?", "What is stake?"),
    ),
    "slashing": Entry(
        "Slashing takes stake away from a node that was proven to cheat.", ("stake", "cheat"),
        ("When is a node slashed?", "What is a slash?", "How does slashing work?"),
    ),
    "a deposit": Entry(
        "A deposit is COR that a client puts into a session. What is not spent goes back.", ("COR", "session"),
        ("What are deposits?", "What is the deposit for?"),
    ),
    "an API key": Entry(
        "An API key is a signed permission that lets a router spend from your session.", ("signed", "session"),
        ("What is an API key for?", "What are API keys?", "Why do I need an API key?", "How do I use an API key?"),
    ),
    "a node": Entry(
        "A node is a machine that runs the daemon as a router, miner, guard or oracle.", ("machine", "daemon"),
        ("What are nodes?", "What does a node do?"),
    ),
    "a token": Entry(
        "A token is a small piece of text that a model reads or writes.", ("piece", "text"), ("What are tokens?",),
    ),
    "inference": Entry("Inference is running a model to get an answer.", ("model", "answer"), ("What does inference mean?",)),
    "a peer": Entry("A peer is another node that you are connected to.", ("node", "connected"), ("What are peers?",)),
    "a vote": Entry(
        "A vote is a guard's verdict on a task. It is hidden first and shown later.", ("guard", "verdict"),
        ("How do guards vote?", "How does a vote work?", "What are votes?", "Why is a vote hidden first?"),
    ),
    "a smart contract": Entry(
        "A smart contract is a program on a chain that everybody can check.", ("program", "chain"), ("What are smart contracts?",),
    ),
    "a bootstrap node": Entry(
        "A bootstrap node is the first address through which a new node finds its peers.", ("first", "peers"),
        ("What is a bootstrap node for?", "What are bootstrap nodes?"),
    ),
    "the default model": Entry(
        "The default model is a very small language model that comes with the daemon.", ("small", "daemon"),
        ("What is the built-in model?", "Which model comes with the daemon?"),
    ),
    "decentralised inference": Entry(
        "Decentralised inference runs AI models on many machines that nobody has to trust.", ("many", "machines"),
        ("How does decentralised inference work?", "What does decentralised inference mean?"),
    ),
    "this network": Entry(
        "In this network people lend their machines to run AI models. "
        "Routers take requests, miners answer, guards check and oracles settle.",
        ("miners", "guards"),
        ("How does this network work?", "What does this network do?", "How does the network work?", "What is the network?",
         "Tell me about the network.", "Explain the network.", "What is this network for?", "What is Cortensor?",
         "How does this all work?"),
    ),
    "an audit": Entry(
        "In an audit guards replay a task with the same model and compare the result.", ("guards", "model"),
        ("How does an audit work?", "What are audits?"),
    ),
    "the devnet": Entry(
        "The devnet is a private network on your own machine, with a chain and eight nodes. npm start runs it.", ("private", "machine"),
        ("What is a devnet?", "How do I try the network?", "How do I start a devnet?"),
    ),
    "a committee": Entry(
        "A committee is a group of guards, drawn by chance, that votes on a task.", ("guards",),
        ("Who sits in a committee?", "How is a committee chosen?"),
    ),
    "the leader": Entry(
        "The leader is the oracle whose turn it is. It drafts the epoch and collects the guards' signatures.", ("oracle",),
        ("What does the leader do?", "Which oracle leads?"),
    ),
}  # fmt: skip

# Answers to questions that are not "what is it".
ANSWERS = (
    Entry("Guards replay the answer with the same model and compare every token, then they vote.", ("Guards", "vote"),
          ("How are answers verified?", "How is an answer checked?", "How is the work checked?", "How does verification work?",
           "How does the network check answers?", "What is verification?", "How do you know that an answer is right?",
           "How do guards check an answer?", "How does a guard check an answer?", "How can I be sure that an answer is real?",
           "What makes sure that answers are right?", "How does the checking work?", "How are miners checked?",
           "How can a guard tell that a miner was honest?", "How is cheating found?")),
    Entry("Guards check the answers. They replay the work and vote.", ("Guards",),
          ("Who checks the answers?", "Who verifies the answers?", "Who checks the miners?", "Who checks the work?",
           "Who controls the miners?", "Which role checks answers?", "Who votes?", "Who looks whether a miner was honest?",
           "Who catches cheaters?", "Who watches the miners?",
           "Who tests whether the work is right?", "Which nodes check the work?")),
    Entry("Miners run the models.", ("Miners",),
          ("Who runs the models?", "Who runs the model?", "Where does the model run?", "Which role runs the models?", "Who does the work?",
           "Who computes the answers?")),
    Entry("The client pays for an answer from its session.", ("client", "session"),
          ("Who pays for an answer?", "Who pays?", "Who pays the miner?", "Where does the money come from?", "Who pays for my prompt?")),
    Entry("A miner gets paid in COR for each valid answer, after the epoch is settled.", ("COR", "epoch"),
          ("How does a miner get paid?", "When is a miner paid?", "How do miners earn money?", "How are miners paid?",
              "What does a miner earn?",
           "When do miners get their COR?")),
    Entry("When a miner cheats, guards vote it invalid. It is not paid and can lose its stake.", ("guards", "stake"),
          ("What happens when a miner cheats?", "What if a miner lies?", "What happens to a miner that cheats?", "Can a miner cheat?",
           "What happens if an answer is wrong?", "What is done with a miner who cheats?", "How is a cheater punished?",
           "What if somebody cheats?", "What does a miner lose when it lies?", "Are cheaters punished?", "What happens to cheaters?",
           "What if a miner is dishonest?")),
    Entry("Open a session with some COR, then send your request to a router.", ("session", "router"),
          ("How do I get an answer?", "How do I ask the network something?", "How do I use the network?", "How do I start?",
           "How do I send a request?", "How can I use this network?")),
    Entry("There are four roles: router, miner, guard and oracle.", ("router", "miner", "guard", "oracle"),
          ("Which roles are there?", "How many roles are there?", "What are the roles of the network?", "What roles does the network have?",
           "What kinds of nodes are there?", "Name the roles.", "List the roles of the network.", "Which kinds of nodes exist?")),
    Entry("Yes. What a session has not spent goes back to its client.", ("Yes", "client"),
          ("Can I get my deposit back?", "Do I get my money back?", "What happens to the COR that I do not spend?",
           "Is the rest of my deposit lost?", "Do I lose what I do not spend?", "What happens to the rest of my deposit?",
           "Where does the rest of my money go?", "Do unspent COR come back?", "Can I have the rest of my COR back?")),
    Entry("The miner signs a receipt.", ("miner",), ("Who signs a receipt?", "Who signs the receipt?", "Who writes the receipt?")),
    Entry("The router signs a voucher.", ("router",), ("Who signs a voucher?", "Who signs the voucher?", "Who writes the voucher?")),
    Entry("Oracles keep the time of the network.", ("Oracles",),
          ("Who keeps the time of the network?", "Which role keeps time?", "Who keeps network time?")),
    Entry("Oracles post the settlement on chain, once guards have signed it.", ("Oracles",),
          ("Who settles the work?", "Who posts the settlement?", "Who settles an epoch?", "Which role settles?")),
    Entry("No. A guard never checks a task that its own operator took part in.", ("No", "never"),
          ("Does a guard check its own tasks?", "Can a guard check its own work?", "May a guard vote on its own task?")),
    Entry("No. Many machines check each other, so you do not have to trust a single one.", ("No", "check"),
          ("Do I have to trust one machine?", "Do I have to trust a miner?", "Must I trust the router?", "Whom do I have to trust?")),
    Entry("Nodes find each other through a shared table that starts at a bootstrap node.", ("table", "bootstrap"),
          ("How do nodes find each other?", "How does a new node join?", "How do peers find each other?",
              "How does a node find its peers?")),
    Entry("Start the daemon with a miner's stake and a model, and it will answer requests for COR.", ("stake", "model"),
          ("How do I become a miner?", "How can I earn COR?", "How do I run a miner?", "Can my computer earn COR?",
           "Can I earn something with my computer?", "How can I take part as a miner?",
           "What do I need to mine here?", "I want to be a miner.", "Can I mine with my laptop?", "Can I be a miner?",
              "How do I earn money with my machine?")),
    Entry("More than two thirds of the committee must agree.", ("two thirds",),
          ("How many guards must agree?", "What is the quorum?", "When is a verdict reached?", "How many votes are needed?")),
    Entry("Your prompt is seen by the router, the miner and the guards that check it. It is never on chain.", ("router", "miner", "never"),
          ("Who can see my prompt?", "Is my prompt private?", "Who reads my prompt?", "Is my prompt on chain?", "Are my prompts secret?")),
    Entry("The price of an answer depends on its tokens. The session sets the highest price that you accept.", ("tokens", "price"),
          ("How much does an answer cost?", "What does an answer cost?", "What is the price of an answer?", "How is the price set?",
           "Is it free?", "Is this free?", "What does it cost?")),
    Entry("If a miner fails before the first token, the router tries the next one.", ("router", "next"),
          ("What if a miner fails?", "What happens when a miner goes offline?", "What if the miner is gone?")),
    Entry("Yes. Any OpenAI client works: use the router's address and your API key.", ("Yes", "API key"),
          ("Can I use an OpenAI client?", "Does it work with OpenAI clients?", "Which clients work?", "How do I connect my program?")),
    Entry("Yes. The model command pulls other models, and a miner can serve them.", ("Yes", "model"),
          ("Can I use another model?", "Can a miner run other models?", "Can I run a bigger model?", "How do I get another model?")),
    Entry("Cheating costs more than it brings: the miner is not paid and can lose its stake.", ("stake",),
          ("Why should a miner be honest?", "Why do miners not cheat?", "Does cheating pay?")),
)  # fmt: skip

# statement-like questions with a yes or a no
YES_NO = (
    Entry("Yes, miners run the models.", ("Yes",), ("Do miners run the models?", "Does a miner run a model?")),
    Entry("No, miners run the models. Guards check the answers.", ("No",), ("Do guards run the models?", "Does a guard answer prompts?")),
    Entry("Yes, guards check the answers.", ("Yes",), ("Do guards check the answers?", "Does a guard check answers?")),
    Entry("No, guards check the answers.", ("No",), ("Do miners check the answers?", "Do routers check the answers?",
        "Do oracles check the answers?")),
    Entry("Yes, a miner signs a receipt for its answer.", ("Yes",), ("Does a miner sign a receipt?", "Do miners sign receipts?")),
    Entry("No, the miner signs the receipt.", ("No",), ("Does a guard sign the receipt?", "Does the client sign the receipt?")),
    Entry("Yes, nodes stake COR.", ("Yes",), ("Do nodes stake COR?", "Does a miner need a stake?", "Do guards have a stake?")),
    Entry("Yes, COR is the token of the network.", ("Yes",), ("Is COR the token of the network?", "Is COR a token?")),
    Entry("Yes, the network has four roles: router, miner, guard and oracle.", ("Yes",), ("Are there four roles?",
        "Does the network have four roles?")),
    Entry("No, it is a role of the network: it keeps time, counts votes and settles.", ("No",), ("Is an oracle a person?",
        "Is an oracle an animal?")),
)  # fmt: skip
