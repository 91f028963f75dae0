#!/usr/bin/env node
/**
 * `npm run deploy:layers`: all three layers, with the numbers of a network with real money, and the deployment file that nodes
 * read. On three anvil chains that it starts and keeps until Ctrl-C, or on any three chains:
 *
 *     npm run deploy:layers -- --out deployment.json
 *     npm run deploy:layers -- --l1 URL --l2 URL --l3 URL --key-file FILE --treasury ADDRESS --oracles ADDRESS,… --members ADDRESS,…
 *
 * `--key-file` holds the deployer's private key in hexadecimal; it needs gas on each chain, gets the supply, and has no other
 * right afterwards. `--oracles` sit in the first oracle sets; `--members` may do everything on the third layer for a year.
 */
import { accessSync, constants, existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { parseArgs } from 'node:util';
import { createPublicClient, getAddress, http, type LocalAccount } from 'viem';
import { mnemonicToAccount, privateKeyToAccount } from 'viem/accounts';
import { type Anvil, startAnvil } from '../src/chain/anvil.ts';
import { deployLayers, type Endpoint } from '../src/chain/deploy/index.ts';
import type { Address, Hex } from '../src/types/index.ts';

/** Public test keys of every anvil chain: worth nothing anywhere else. */
const MNEMONIC = 'test test test test test test test test test test test junk';
const ANVIL_CHAIN_IDS = { l1: 31_337, l2: 31_338, l3: 31_339 };
const ALL_PERMISSIONS = 0xf07;
const YEAR_SECONDS = 365 * 86_400;
const NAMES = ['l1', 'l2', 'l3'] as const;

const { values: flags } = parseArgs({
  options: {
    l1: { type: 'string' },
    l2: { type: 'string' },
    l3: { type: 'string' },
    'key-file': { type: 'string' },
    treasury: { type: 'string' },
    oracles: { type: 'string' },
    members: { type: 'string' },
    out: { type: 'string', default: 'deployment.json' },
    /** Ends when the file is written, with the chains that it started. */
    once: { type: 'boolean', default: false },
  },
});

interface Stage {
  readonly chains: Record<(typeof NAMES)[number], Endpoint>;
  readonly anvils: readonly Anvil[];
  readonly deployer: LocalAccount;
  readonly treasury: Address;
  readonly oracles: readonly Address[];
  readonly members: readonly Address[];
}

async function onAnvils(): Promise<Stage> {
  const at = (addressIndex: number): LocalAccount => mnemonicToAccount(MNEMONIC, { addressIndex });
  const anvils = await Promise.all(NAMES.map((name) => startAnvil({ chainId: ANVIL_CHAIN_IDS[name] })));
  const [l1, l2, l3] = NAMES.map((name, i) => ({ rpcUrl: (anvils[i] as Anvil).rpcUrl, chainId: ANVIL_CHAIN_IDS[name] })) as [
    Endpoint,
    Endpoint,
    Endpoint,
  ];
  const addresses = [1, 2, 3, 4].map((index) => at(index).address);
  return { chains: { l1, l2, l3 }, anvils, deployer: at(0), treasury: at(5).address, oracles: addresses, members: addresses };
}

async function onGivenChains(): Promise<Stage> {
  const need = (name: keyof typeof flags): string => {
    const value = flags[name];
    if (typeof value !== 'string') throw new Error(`--${name} is missing: all of --l1 --l2 --l3 --key-file --treasury --oracles --members`);
    return value;
  };
  const list = (name: 'oracles' | 'members'): Address[] =>
    need(name)
      .split(',')
      .map((text) => getAddress(text.trim()));
  const endpoint = async (name: (typeof NAMES)[number]): Promise<Endpoint> => {
    const rpcUrl = need(name);
    return { rpcUrl, chainId: await createPublicClient({ transport: http(rpcUrl) }).getChainId() };
  };
  const [l1, l2, l3] = await Promise.all([endpoint('l1'), endpoint('l2'), endpoint('l3')]);
  const key = readFileSync(need('key-file'), 'utf8').trim();
  return {
    chains: { l1, l2, l3 },
    anvils: [],
    deployer: privateKeyToAccount((key.startsWith('0x') ? key : `0x${key}`) as Hex),
    treasury: getAddress(need('treasury')),
    oracles: list('oracles'),
    members: list('members'),
  };
}

/** Before anything is deployed: addresses that cannot be written down would be lost. */
function checkOut(file: string): void {
  if (existsSync(file) && !statSync(file).isFile()) throw new Error(`--out ${file} is not a file`);
  accessSync(existsSync(file) ? file : dirname(file), constants.W_OK);
}

checkOut(flags.out);
const stage = await (NAMES.some((name) => flags[name] !== undefined) ? onGivenChains() : onAnvils());
const started = performance.now();
try {
  const expiry = Math.floor(Date.now() / 1000) + YEAR_SECONDS;
  const common = { oracles: stage.oracles, treasury: stage.treasury };
  const members = stage.members.map((account) => ({ account, permissions: ALL_PERMISSIONS, expiry }));
  const layers = await deployLayers({ chains: stage.chains, deployerAccount: stage.deployer, l2: common, l3: { ...common, members } });
  writeFileSync(flags.out, `${JSON.stringify({ layers }, undefined, 2)}\n`);
} catch (error) {
  await Promise.all(stage.anvils.map((anvil) => anvil.close()));
  throw error;
}
for (const name of NAMES) console.log(`${name}  chain ${stage.chains[name].chainId}  ${stage.chains[name].rpcUrl}`);
console.log(`deployed in ${((performance.now() - started) / 1000).toFixed(1)} s; written to ${flags.out}`);
const close = (): Promise<unknown> => Promise.all(stage.anvils.map((anvil) => anvil.close()));
if (flags.once) await close();
else if (stage.anvils.length > 0) {
  console.log('the chains run until Ctrl-C');
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void close());
}
