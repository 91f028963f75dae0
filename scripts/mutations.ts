/**
 * The bugs that `npm run mutation:contracts` plants: in each file `from` stands exactly once and becomes `to`. A line that is
 * taken out becomes nothing.
 */
export interface Mutation {
  /** Below contracts/src, without `.sol`. */
  readonly file: string;
  readonly bug: string;
  readonly from: string;
  readonly to: string;
}

interface Planted {
  /** Names of the test files, below contracts/test and without `.t.sol`, that are to notice. */
  readonly tests: readonly string[];
  readonly bugs: readonly (readonly [bug: string, from: string, to: string])[];
}

const NONE = '';

/** By file. */
const PLANTED: Readonly<Record<string, Planted>> = {
  'l2/SessionManager': {
    tests: ['unit/SessionManager', 'invariant/Money'],
    bugs: [
      ['anybody takes a payee’s money', 'if (msg.sender != voucher.payee) revert NotPayee(msg.sender, voucher.payee);', NONE],
      ['a debit may pass what was promised', 'debit > voucher.cumulativeAmount', 'debit > voucher.cumulativeAmount + 1'],
      ['a debit that takes nothing is booked', 'if (amount == 0) revert AlreadyDebited(id, debit, before);', NONE],
      ['what was debited is not kept', 'taken[msg.sender] = debit;', NONE],
      ['debits may pass the deposit', 'if (amount > left) revert InsufficientDeposit(id, amount, left);', NONE],
      ['anybody signs vouchers', 'else if (signer != s.client) revert WrongSigner(id, signer);', NONE],
      ['the spender’s allowance has no end', 'if (s.spender != s.client) revert AllowanceExceeded(id, amount, left);', NONE],
      ['what the spender spent is not kept', 'return spent + amount;', 'return spent;'],
      ['the session’s sum is not kept', 'debited += amount;', NONE],
      ['what was taken is not passed over', 'if (d.cumulativeDebit > before) amount', 'amount'],
      ['money leaves before the thaw', 'if (block.timestamp < withdrawableAt) revert StillThawing(withdrawableAt);', NONE],
      ['the thaw is one second short', 'block.timestamp < withdrawableAt', 'block.timestamp + 1 < withdrawableAt'],
      ['the whole deposit is refunded', 'refund = SessionLedger.left(s.deposit, s.debited);', 'refund = s.deposit;'],
      ['a session closes twice', 's.state = State.Closed;', NONE],
      ['strangers close sessions', 'if (msg.sender != s.client) revert NotClient(msg.sender);', NONE],
      ['an allowance can be lowered', 'if (allowance <= s.allowance) revert AllowanceNotRaised(s.allowance, allowance);', NONE],
      ['the terms do not name the client', 'block.chainid, address(this), client, terms', 'block.chainid, address(this), terms'],
    ],
  },
  'libraries/SessionLedger': {
    tests: ['unit/SessionManager', 'invariant/Money'],
    bugs: [
      ['the same debit pays twice', 'cumulative - taken : 0', 'cumulative : 0'],
      ['what was spent can be spent again', 'return limit - spent;', 'return limit;'],
    ],
  },
  'l2/EpochRoots': {
    tests: ['unit/Settlement', 'unit/SettlementVoid', 'unit/SettlementChallenge', 'unit/Rewards', 'invariant/Money'],
    bugs: [
      ['claims against a root that waits or fell', 'if (!_stands(p.position, epoch, active)) revert NotActive(epoch);', NONE],
      ['a claim pays twice', 'claimed[account] = cumulative;', NONE],
      ['claims may pass what there is', 'if (row.claimed + amount > total) revert TotalExceeded(row.claimed + amount, total);', NONE],
      ['epochs may go back', 'epoch <= row.latest', 'epoch < row.latest'],
      ['an epoch of the future is settled', 'if (epoch > current) revert EpochInFuture(epoch, current);', NONE],
      ['roots are built on any other', 'if (base != last.root) revert WrongBase(base, last.root);', NONE],
      ['anybody posts', 'if (!registry.isActive(msg.sender, Roles.ORACLE)) revert NotOracle(msg.sender);', NONE],
      ['no quorum is asked for', 'Quorum.check(registry, Roles.GUARD, snapshot, digest, signatures);', NONE],
      ['old weights sign', 'snapshot + ageMax < block.timestamp', 'snapshot + 2 * ageMax < block.timestamp'],
      ['snapshots go back', ' || snapshot < snapshotMin', NONE],
      ['an answer comes late', 'if (block.timestamp > c.deadline) revert AnswerTooLate(c.deadline);', NONE],
      ['an epoch falls before the answer is due', 'block.timestamp <= c.deadline', 'block.timestamp < c.deadline'],
      ['a bond is paid twice', 'c.closed = true;', NONE],
      ['a challenge comes after the window', 'if (block.timestamp >= p.activeAt) revert WindowClosed(p.activeAt);', NONE],
      ['today’s bond', 'parameters.getAt(Parameter.DataBondWei, epoch)', 'parameters.get(Parameter.DataBondWei)'],
      ['today’s time to answer', 'parameters.getAt(Parameter.DataSeconds, epoch)', 'parameters.get(Parameter.DataSeconds)'],
      ['an open challenge holds nothing up', ' || next.openChallenges != 0', NONE],
      ['a payout that stayed the same is a fault', 'inEpoch.cumulative >= inBase.cumulative', 'inEpoch.cumulative > inBase.cumulative'],
      [
        'any proof is taken',
        'x.index, leaf, x.cumulative, x.proof)) revert InvalidProof();',
        'x.index, leaf, x.cumulative, x.proof)) return;',
      ],
    ],
  },
  'l2/Settlement': {
    tests: ['unit/Settlement', 'unit/SettlementVoid', 'unit/SettlementChallenge', 'invariant/Money'],
    bugs: [
      ['a total may be anything', 'if (e.total != wanted) revert TotalMismatch(e.total, wanted);', NONE],
      ['epochs pay out what was not brought in', 'if (fundedAfter < e.total) revert Underfunded(e.total, fundedAfter);', NONE],
      ['any two tasks are the same', 'if (task.task != inEarlier.task) revert NoFault();', NONE],
      ['an epoch that fell has billed too', 'if (!_standsBefore(earlier, p)) revert NoFault();', NONE],
      ['an epoch’s tasks cost its total', 'p.total - _baseOf(p).total', 'p.total'],
      ['an honest bill is a fault', 'task.cost <= receipt.bill()', 'task.cost < receipt.bill()'],
      ['any receipt explains a bill', 'if (structHash != task.receipt) revert WrongReceipt(structHash, task.receipt);', NONE],
      ['debits are not signed for', 'pairs[2 * i + 1] = bytes32(d.cumulativeDebit);', NONE],
    ],
  },
  'l2/Rewards': {
    tests: ['unit/Rewards', 'invariant/Money'],
    bugs: [
      ['more is issued than the curve gives', 'if (emitted > emission) revert EmissionExceeded(emitted, emission);', NONE],
      ['rewards without money behind them', '_checkFunds(r.total - totalClaimed());', NONE],
      ['bonds are paid out as rewards', 'token.balanceOf(address(this)) - bondsHeld', 'token.balanceOf(address(this))'],
      ['the first period is one epoch long', '(epoch - startEpoch - 1) / ', '(epoch - startEpoch) / '],
    ],
  },
  'libraries/RecentTrace': {
    tests: ['unit/RecentTrace', 'unit/Parameters'],
    bugs: [
      ['the first value is forgotten', '(since != 0 || self.value != 0)', 'since != 0'],
      ['a value holds one later', 'key >= self.since', 'key > self.since'],
      ['keys go back', 'if (key < since) revert Checkpoints.CheckpointUnorderedInsertion();', NONE],
    ],
  },
  'libraries/SumTree': {
    tests: ['unit/SumTree', 'unit/SettlementVoid'],
    bugs: [['leaves and nodes hash alike', 'bytes1(0x01)', 'bytes1(0x00)']],
  },
  'libraries/Quorum': {
    tests: ['unit/Settlement', 'unit/CheckpointAnchor', 'unit/Reputation'],
    bugs: [
      ['two thirds are enough', 'weight * 3 <= total * 2', 'weight * 3 < total * 2'],
      ['one signer counts as often as it signs', 'if (signer <= previous) revert SignersNotSorted(previous, signer);', NONE],
      ['signers without weight are let pass', 'if (own == 0) revert NoWeight(signer);', NONE],
    ],
  },
  'libraries/StrictSignature': {
    tests: ['unit/SessionManager', 'unit/Settlement', 'unit/NodeRegistry'],
    bugs: [['a broken signature is somebody’s', 'err != ECDSA.RecoverError.NoError || signer == address(0)', 'signer == address(1)']],
  },
  'l2/NodeRegistry': {
    tests: ['unit/NodeRegistry', 'unit/Settlement', 'invariant/Money'],
    bugs: [
      ['a consent is used again', 'consentNonce[r.operator]++', 'consentNonce[r.operator]'],
      ['a consent never ends', 'if (block.timestamp > deadline) revert ConsentExpired(deadline);', NONE],
      ['anybody consents', 'if (signer != r.operator) revert NotOperator(signer);', NONE],
      ['nodes without stake', 'if (stake < required) revert StakeTooLow(stake, required);', NONE],
      [
        'an operator changes its owner',
        'if (n.owner != address(0) && n.owner != msg.sender) revert OperatorTaken(registration.operator, n.owner);',
        NONE,
      ],
      ['anybody tells of stakes', 'if (msg.sender != address(stakeVault)) revert NotAuthorised(msg.sender);', NONE],
      ['weight without the stake for it', 'stake >= stakeRequired(roles) ? stake : 0', 'stake'],
      ['weights of this very second', 'if (timestamp >= block.timestamp) revert NotYetPast(timestamp);', NONE],
      ['the owner of an operator that left is forgotten', '_nodes[operator].owner = owner;', NONE],
      ['anybody sets levels', 'if (msg.sender != reputation) revert NotAuthorised(msg.sender);', NONE],
      [
        'nobody is asked whom to let in',
        'if (address(admission) != address(0)) admission.requireNode(msg.sender, r.operator, r.roles);',
        NONE,
      ],
    ],
  },
  'l1/StakeVault': {
    tests: ['unit/StakeVault', 'invariant/StakeVault'],
    bugs: [
      [
        'anybody slashes',
        '        if (msg.sender != slasher) revert NotSlasher(msg.sender);\n        Slash storage s = _slashes[caseId];\n        if (s.state != SlashState.None)',
        '        Slash storage s = _slashes[caseId];\n        if (s.state != SlashState.None)',
      ],
      ['a slash executes within the appeal', 'if (block.timestamp < s.executableAt) revert AppealOpen(s.executableAt);', NONE],
      ['a slash is taken back after the appeal', 'if (block.timestamp >= s.executableAt) revert AppealClosed(s.executableAt);', NONE],
      ['a case is slashed twice', 'if (s.state != SlashState.None) revert CaseExists(caseId);', NONE],
      ['a slash executes twice', 's.state = SlashState.Executed;', NONE],
      ['nothing burns', 'token.burn(burned);', NONE],
      [
        'more is unstaked than is there',
        'if (amount > staked) revert InsufficientStake(amount, staked);',
        'unchecked { if (amount > staked) staked = amount; }',
      ],
    ],
  },
  'l1/Parameters': {
    tests: ['unit/Parameters', 'invariant/Parameters'],
    bugs: [
      ['anybody governs', 'if (msg.sender != governance) revert NotGovernance(msg.sender);', NONE],
      ['no bounds', 'if (value < b.min || value > b.max) revert OutOfBounds(parameter, value, b.min, b.max);', NONE],
      ['the upper bound is one off', 'value > b.max)', 'value > b.max + 1)'],
      ['no rules after the first day', '_checkRules(epochSeconds);', NONE],
      [
        'slashes execute before appeals end',
        'if (appeal >= _latest(Parameter.SlashAppealSeconds))',
        'if (appeal > _latest(Parameter.SlashAppealSeconds))',
      ],
    ],
  },
  'l1/Distribution': {
    tests: ['unit/Distribution', 'invariant/Distribution'],
    bugs: [
      ['allocations need not sum up', 'if (sum != supply || sum != held) revert SupplyMismatch(sum, supply, held);', NONE],
      ['the cliff may be after the end', 'a.cliff <= a.duration && ', NONE],
    ],
  },
  'l2/EpochManager': {
    tests: ['unit/EpochManager'],
    bugs: [
      [
        'commits come while others reveal',
        ' || block.timestamp >= revealFrom) revert NotCommitPhase(epoch);',
        ') revert NotCommitPhase(epoch);',
      ],
      ['any secret opens a commitment', 'if (actual != own.hash) revert WrongReveal(own.hash, actual);', NONE],
      ['a secret counts twice', 'if (share.revealed) revert AlreadyRevealed(epoch, msg.sender);', NONE],
      ['anybody leads', 'if (msg.sender != current) revert NotLeader(msg.sender, current);', NONE],
      ['a commitment is replaced', 'if (own.hash != 0) revert AlreadyCommitted(epoch, msg.sender);', NONE],
    ],
  },
  'l2/Validation': {
    tests: ['unit/Validation', 'invariant/Validation'],
    bugs: [
      ['guards vote who were not drawn', 'if (!_seated(id, c, r, msg.sender)) revert NotSeated(id, msg.sender);', NONE],
      ['a vote is changed', 'if (ballot.commitment != 0) revert AlreadyCommitted(id, msg.sender);', NONE],
      ['any vote opens a commitment', 'if (actual != ballot.commitment) revert WrongReveal(ballot.commitment, actual);', NONE],
      [
        'a copied commitment opens for its copier',
        'abi.encode(msg.sender, c.task, round, verdict, evidenceHash, salt)',
        'abi.encode(c.task, round, verdict, evidenceHash, salt)',
      ],
      ['a vote counts twice', 'if (ballot.verdict != 0) revert AlreadyRevealed(id, msg.sender);', NONE],
      ['a round ends before its time', 'if (block.timestamp < r.revealUntil) revert RoundNotOver(id, round);\n        uint8', 'uint8'],
      ['half decides', 'weight * 3 > r.revealedWeight * 2', 'weight * 2 > r.revealedWeight'],
      ['silence is free', 'uint256 amount = registry.weightAt(voter, r.role, r.snapshot) * r.silenceBps / BPS;', 'uint256 amount = 0;'],
      ['silence is punished twice', 'ballot.accounted = true;\n        uint256 amount', 'uint256 amount'],
      ['a case is slashed twice', 'c.status = Status.Slashed;', NONE],
      ['an appeal comes late', 'if (block.timestamp >= c.appealUntil) revert AppealOver(c.appealUntil);', NONE],
      ['the same votes contradict each other', ' || same) revert NoConflict();', ') revert NoConflict();'],
      ['two miners are one', 'if (signer != other) revert SignersDiffer(signer, other);', NONE],
      ['a fault is reported twice', 'reported[id] = true;', NONE],
      ['a party judges itself', 'if (_isParty(c.miner, voter, owner) || _isParty(c.owner, voter, owner)) return false;', NONE],
      ['a draw that could be foreseen', 'if (epochs.derived(r.drawEpoch)) revert PredictableDraw(r.drawEpoch);', NONE],
    ],
  },
  'l2/Reputation': {
    tests: ['unit/Reputation'],
    bugs: [
      ['a level of an old ranking', 'if (epoch != latestEpoch) revert NotLatest(epoch, latestEpoch);', NONE],
      ['any level', 'if (!verify(epoch, rank, proof)) revert InvalidProof();', NONE],
      ['rankings go back', 'if (epoch <= latestEpoch) revert EpochNotIncreasing(epoch, latestEpoch);', NONE],
    ],
  },
  'l2/UsefulWork': {
    tests: ['unit/UsefulWork', 'invariant/UsefulWork'],
    bugs: [
      ['miners join who were not drawn', ' || !drawn(id, msg.sender)) revert NotDrawn', ') revert NotDrawn'],
      ['a busy miner takes more work', 'if (sessionOf[msg.sender] != 0) revert Busy(msg.sender, sessionOf[msg.sender]);', NONE],
      [
        'no rest after work',
        'if (block.timestamp < cooldownUntil[msg.sender]) revert CoolingDown(msg.sender, cooldownUntil[msg.sender]);',
        NONE,
      ],
      ['other answers than were promised', 'if (actual != seat.precommit) revert WrongOpening(seat.precommit, actual);', NONE],
      ['more is accepted than was made', 'if (accepted[i] > seats[i].items) revert TooManyAccepted(accepted[i], seats[i].items);', NONE],
      ['more is paid than was ordered', 'if (acceptedTotal > s.terms.items) revert TooManyAccepted(acceptedTotal, s.terms.items);', NONE],
      ['work after the deadline', 'if (block.timestamp >= s.deadline) revert TooLate(s.deadline);', NONE],
      ['sessions are moved on before their time', 'if (block.timestamp < from) revert TooEarly(from);', NONE],
      ['the rest of the budget stays', 'if (rest != 0) token.safeTransfer(s.requester, rest);', NONE],
    ],
  },
  'layers/CheckpointAnchor': {
    tests: ['unit/CheckpointAnchor', 'unit/Messages'],
    bugs: [
      ['roots count before their window', 'if (block.timestamp < p.finalAt) revert NotFinal(number, p.finalAt);', NONE],
      ['numbers go back', 'if (c.number <= last) revert NumberNotIncreasing(c.number, last);', NONE],
      ['a voided number is posted again', 'if (_posted[c.number].voided) revert Voided(c.number);', NONE],
      ['a third is enough to void', 'weight * 3 <= total', 'weight * 3 < total'],
      ['anybody’s contradiction voids', 'if (weights.weightAt(signer, role, p.snapshot) == 0) revert Quorum.NoWeight(signer);', NONE],
      ['one overtakes a longer window', 'finalAt = Math.max(finalAt, _posted[last].finalAt);', NONE],
    ],
  },
  'layers/Inbox': {
    tests: ['unit/Messages', 'unit/Bridge', 'invariant/Bridge'],
    bugs: [
      ['a message is executed twice', 'if (executed[hash]) revert AlreadyExecuted(hash);', NONE],
      ['messages for other chains', 'if (message.toChainId != block.chainid) revert WrongDestination(message.toChainId);', NONE],
      ['what was never sent', '!= 1) revert NotSent(hash);', '> 1) revert NotSent(hash);'],
    ],
  },
  'layers/Outbox': {
    tests: ['unit/Messages', 'invariant/Bridge'],
    bugs: [['two equal messages are one', 'uint256 nonce = nextNonce++;', 'uint256 nonce = nextNonce;']],
  },
  'layers/MessageReceiver': {
    tests: ['unit/Bridge', 'unit/LayerAccount'],
    bugs: [
      ['anybody delivers', 'if (msg.sender != address(inbox)) revert NotInbox(msg.sender);', NONE],
      ['anybody sends', 'if (sender != remoteSender) revert NotRemoteSender(sender);', NONE],
    ],
  },
  'layers/BridgeVault': {
    tests: ['unit/Bridge', 'invariant/Bridge'],
    bugs: [['what is locked is not counted', 'locked += amount;', NONE]],
  },
  'layers/BridgedCor': {
    tests: ['unit/Bridge', 'invariant/Bridge'],
    bugs: [['withdrawn COR stays', '_burn(msg.sender, amount);', NONE]],
  },
  'layers/LayerAccount': {
    tests: ['unit/LayerAccount'],
    bugs: [['any contract is called', 'if (!isTarget[target]) revert TargetNotAllowed(target);', NONE]],
  },
  'layers/OracleSet': {
    tests: ['unit/OracleSet'],
    bugs: [
      [
        'anybody adds oracles',
        'function add(address operator) external {\n        if (msg.sender != governance) revert NotGovernance(msg.sender);',
        'function add(address operator) external {',
      ],
    ],
  },
  'layers/StakeMirror': {
    tests: ['unit/StakeMirror'],
    bugs: [
      ['an older proof replaces a newer one', 'if (number <= proven.number) revert NotNewer(number, proven.number);', NONE],
      ['the registry is not told', 'listener.onStakeChanged(owner, operator, stake);', NONE],
    ],
  },
  'layers/SlashRelay': {
    tests: ['unit/SlashRelay'],
    bugs: [
      ['anybody orders slashes', 'if (!isCaller[msg.sender]) revert NotCaller(msg.sender);', NONE],
      ['one caller cancels for another', 'if (proposerOf[caseId] != msg.sender) revert NotProposer(caseId, msg.sender);', NONE],
    ],
  },
  'libraries/MerklePatricia': {
    tests: ['unit/MerklePatricia', 'unit/StorageProof'],
    bugs: [
      ['any node stands for its hash', 'if (node.length < HASH_BYTES || keccak256(node) != hash) revert InvalidProof();', NONE],
      ['a leaf may be of a longer path', 'leaf ? nibbles != left : nibbles == 0 || nibbles >= left', 'nibbles > left'],
      ['nodes may be left over', 'if (used != proof.length) revert InvalidProof();', NONE],
    ],
  },
  'libraries/Rlp': {
    tests: ['unit/Rlp', 'unit/MerklePatricia'],
    bugs: [['lengths lead out of the data', 'if (end > data.length) revert InvalidRlp();', NONE]],
  },
  'l2/ModelMarketplace': {
    tests: ['unit/ModelMarketplace', 'invariant/ModelMarketplace'],
    bugs: [
      ['the price changes under the buyer', 'if (price > priceMax) revert PriceTooHigh(price, priceMax);', NONE],
      ['a stranger changes listings', 'if (msg.sender != entry.publisher) revert NotPublisher(msg.sender);', NONE],
      ['royalties without end', 'if (royaltyBps > max) revert RoyaltyTooHigh(royaltyBps, max);', NONE],
      ['passes that may not move move', 'if (!_passes[ids[i]].transferable) revert PassNotTransferable(ids[i]);', NONE],
      [
        'one takes over a model that was not offered',
        'if (msg.sender != entry.pendingPublisher) revert NotOffered(model, msg.sender);',
        NONE,
      ],
    ],
  },
  'l2/BlockTimeOracle': {
    tests: ['unit/BlockTimeOracle', 'invariant/BlockTimeOracle'],
    bugs: [
      ['a clock of tomorrow', 'if (o.localTime > max) revert ClockTooFarAhead(o.localTime, max);', NONE],
      ['two thirds are enough', 'weight * 3 <= round.totalWeight * 2', 'weight * 3 < round.totalWeight * 2'],
      ['one oracle is counted twice', 'if (oracle <= previous) revert Quorum.SignersNotSorted(previous, oracle);', NONE],
    ],
  },
  'l2/Compliance': {
    tests: ['unit/Compliance'],
    bugs: [
      ['anybody governs', '        if (msg.sender != governance) revert NotGovernance(msg.sender);\n        _;', '        _;'],
      ['an attestation is used after a newer one', 'if (a.issuedAt <= latest) revert StatementNotNewer(a.issuedAt, latest);', NONE],
      ['the next rule is not asked', 'if (address(next) != address(0)) next.requireSession(client, model);', NONE],
    ],
  },
  'l2/Membership': {
    tests: ['unit/Membership', 'invariant/Membership'],
    bugs: [
      ['everybody may everything', 'if (missing != 0) revert NotPermitted(account, missing);', NONE],
      ['an invitation is used twice', 'if (nonceUsed[by][nonce]) revert InvitationUsed(by, nonce);', NONE],
      ['admins give what they do not have', 'if (missing != 0) revert BeyondPermissions(by, missing);', NONE],
      ['quotas have no end', 'if (a.seats >= a.quota) revert QuotaReached(by, a.quota);', NONE],
    ],
  },
};

export interface MutationGroup {
  readonly tests: readonly string[];
  readonly mutations: readonly Mutation[];
}

export const MUTATION_GROUPS: readonly MutationGroup[] = Object.entries(PLANTED).map(([file, { tests, bugs }]) => ({
  tests,
  mutations: bugs.map(([bug, from, to]) => ({ file, bug, from, to })),
}));
