import { baselineGas, cost, type EpochLoad, FULL_EPOCH, type GasTable, gasMetrics, taskGas, voucherGas } from './gas.ts';

const LOADS: readonly Pick<EpochLoad, 'sessions' | 'tasksPerSession'>[] = [
  { sessions: 100, tasksPerSession: 100 },
  { sessions: 256, tasksPerSession: 100 },
  { sessions: FULL_EPOCH.sessions, tasksPerSession: 100 },
  { sessions: 10, tasksPerSession: 1000 },
  { sessions: 100, tasksPerSession: 1000 },
  { sessions: FULL_EPOCH.sessions, tasksPerSession: 1000 },
];

const GROUPS: Readonly<Record<string, readonly [string, string][]>> = {
  Money: [
    ['sessions.open', 'open a session, a client’s first, every field set'],
    ['settlement.settle_no_vouchers', 'settle an epoch, seven signatures, no vouchers'],
    ['settlement.settle_512_vouchers_again', 'settle an epoch with 512 vouchers'],
    ['settlement.settle_512_vouchers_first_time', 'the same, the first of each session'],
    ['settlement.claim_again', 'claim from 1,000 accounts'],
    ['settlement.claim_first_time', 'the same, by an account that holds no COR and never claimed'],
    ['settlement.rewards_post', 'post rewards'],
  ],
  Nodes: [
    ['registry.stake', 'stake, the first behind an operator'],
    ['registry.register', 'register an operator with two roles'],
    ['registry.stake_more', 'stake more behind it'],
    ['ranking.post', 'post a ranking'],
    ['ranking.prove', 'prove a rank out of 1,000'],
    ['beacon.commit', 'commit to a share of randomness, the epoch’s first'],
    ['beacon.reveal', 'reveal it'],
  ],
  Disputes: [
    ['disputes.open', 'open'],
    ['disputes.commit', 'commit a vote'],
    ['disputes.reveal', 'reveal it'],
    ['disputes.resolve', 'resolve'],
    ['disputes.propose_slash', 'propose the slash'],
    ['disputes.report_votes', 'report two contradicting votes'],
  ],
  'Between layers': [
    ['messages.submit_checkpoint', 'submit a checkpoint, three signatures'],
    ['messages.send', 'send a message'],
    ['messages.execute', 'execute it, one of 64 in its outbox'],
  ],
};

const whole = (value: number): string => Math.round(value).toLocaleString('en-US');
const fine = (value: number): string => (value >= 100 ? whole(value) : value.toFixed(1));
const row = (cells: readonly string[]): string => `| ${cells.join(' | ')} |\n`;
const table = (head: readonly string[], rows: readonly (readonly string[])[]): string =>
  `${row(head)}|${head.map((_, i) => (i === 0 ? ' --- |' : ' ---: |')).join('')}\n${rows.map(row).join('')}`;

/** docs/contracts/gas.md */
export function gasDoc(gas: GasTable): string {
  const limits = gasMetrics(gas).map(({ meaning, value, limit }) => [
    meaning,
    fine(value),
    limit === undefined ? '' : `≤ ${whole(limit)}`,
    limit === undefined ? '' : value <= limit ? 'yes' : '**no**',
  ]);
  const loads = LOADS.map((load) => {
    const { escrow, attestation, payout, ranking, total } = taskGas(gas, { ...FULL_EPOCH, ...load });
    const { sessions, tasksPerSession } = load;
    return [
      whole(tasksPerSession),
      whole(sessions),
      ...[escrow, attestation, payout, ranking, total].map(fine),
      `${whole(baselineGas(gas) / total)} ×`,
    ];
  });
  const again = voucherGas(gas, 'again');
  const first = voucherGas(gas, 'first_time');
  const groups = Object.entries(GROUPS).map(
    ([title, rows]) =>
      `### ${title}\n\n${table(
        ['transaction', 'gas'],
        rows.map(([name, what]) => [what, whole(cost(gas, name))]),
      )}`,
  );
  return `# Gas

Measured by \`contracts/test/gas\` on the real contracts with the shipped parameters, every transaction by itself and whole: 21,000 gas, calldata
(EIP-2028) and execution, after refunds. \`node scripts/gas.ts\` writes the numbers to \`contracts/snapshots\`, \`npm test\` fails when one
differs, \`npm run bench -- gas\` measures anew. Ten guards of equal stake, seven of them sign. Vouchers are signed by the spender, which needs
a word more of the session than the client does. Epochs are hourly and have run for longer than a challenge takes.

## Limits

${table(['what', 'gas', 'limit', 'met'], limits)}
*Full epoch*: ${FULL_EPOCH.sessions} sessions, about as many as one transaction can charge again (2^24 gas, EIP-7825); of new ones it can charge ${Math.floor((2 ** 24 - cost(gas, 'settlement.settle_no_vouchers')) / first)}.
The oracle of this repository puts no more than 256 into one epoch. Without *first*, numbers are those of the steady
state: who is paid was paid before. What is first pays 17,100 gas for each new word of storage, which is the EVM's price and not to be had for less:

- the first voucher of a (session, payee): one word, what that payee has taken. In a settlement that is ${whole(first)} instead of ${whole(again)} gas;
- an account's first claim: two words, what it has claimed and, when it holds no COR, its balance.

A claim's own transaction costs ${whole(cost(gas, 'settlement.claim_calldata') + 21_000)} gas before it runs. Accounts are paid what they have earned since their last claim, so they choose how often.
The settlement without vouchers is the dearest one of four: epochs' numbers share words of storage, and every fourth needs a new one (17,100).

## What a task costs

Gas per task in the steady state: its part of the session's voucher (*escrow*), of the epoch's attestation, of the claims of ${FULL_EPOCH.accounts} accounts once a day, and of the
epoch's ranking with ${FULL_EPOCH.accounts} ranks proven once a day. *Saved*: against settling each task.

${table(['tasks per voucher', 'sessions', 'escrow', 'attestation', 'payout', 'ranking', 'all', 'saved'], loads)}
**Settling each task** (\`contracts/test/gas/SettleEachTask.sol\`, in the same run): ${whole(cost(gas, 'baseline.commit_reveal_of_three_guards'))} for commit and reveal of three guards, ${whole(cost(gas, 'baseline.settle_one_task'))} to check the
receipt, debit the session and pay the miner; ${whole(baselineGas(gas))} together. It draws no committee, ranks nobody and slashes nothing.

## Whole transactions

${groups.join('\n')}`;
}
