/**
 * The statements that peers and contracts hold each other to, as EIP-712 typed data (https://eips.ethereum.org/EIPS/eip-712).
 * Domain: name `cortensord`, version `1`, the chain id, and the contract that reads the statement.
 *
 * Type hashes and domain separators are computed once; hashing one message costs one keccak256 over its words and
 * verifying it one public key recovery on top.
 */
import * as Secp256k1 from 'ox/Secp256k1';
import { bytesToHex, keccak256, type LocalAccount, stringToBytes } from 'viem';
import type { Address, Hex, ModelId, SessionId, TaskId } from '../types/index.ts';
import { cryptoError } from './errors.ts';
import { peerIdToBytes } from './peerId.ts';

/** Where statements are valid. A chain `Deployment` fits as it is. */
export interface SigningContracts {
  readonly chainId: number;
  readonly nodeRegistry: Address;
  readonly sessionManager: Address;
  readonly settlement: Address;
}

/** Binds a libp2p peer to an operator, its owner, roles and encryption key. */
export interface NodeRecord {
  /** libp2p peer id in base58btc text; its multihash bytes are what is hashed. */
  readonly peerId: string;
  readonly operator: Address;
  readonly owner: Address;
  /** Bits of ROLE_BIT. */
  readonly roles: number;
  /** X25519 public key, 32 bytes. */
  readonly encryptionKey: Hex;
  /** Grows with every new record of the same peer. */
  readonly sequence: number;
  /** Unix ms. */
  readonly expiresAt: number;
}

/** A router gives one task to one miner, at the miner's own ask. */
export interface Assignment {
  readonly task: TaskId;
  readonly session: SessionId;
  readonly model: ModelId;
  readonly router: Address;
  readonly miner: Address;
  readonly promptCommit: Hex;
  readonly promptTokens: number;
  readonly maxTokens: number;
  /** Hash of the declared sampling (ids.ts `samplingHash`). */
  readonly sampling: Hex;
  /** Wei per 1,000 prompt tokens. */
  readonly promptPrice: bigint;
  /** Wei per 1,000 completion tokens. */
  readonly completionPrice: bigint;
  /** Unix ms: the receipt must be out by then. */
  readonly deadline: number;
}

/** What the miner says it did. */
export interface Receipt {
  readonly task: TaskId;
  readonly session: SessionId;
  readonly model: ModelId;
  readonly miner: Address;
  readonly promptTokens: number;
  readonly completionTokens: number;
  readonly promptCommit: Hex;
  /** Merkle root over emitted tokens and their sketches (merkle.ts). */
  readonly outputRoot: Hex;
  readonly sampling: Hex;
  readonly promptPrice: bigint;
  readonly completionPrice: bigint;
  /** Unix ms. */
  readonly startedAt: number;
  /** Unix ms. */
  readonly endedAt: number;
  readonly numericsProfile: Hex;
}

/** An upper bound on what may be debited from a session, cumulative over its life. */
export interface Voucher {
  readonly session: SessionId;
  readonly payee: Address;
  readonly cumulativeAmount: bigint;
  readonly nonce: number;
  readonly streamRoot: Hex;
}

/** A guard's revealed vote. `verdict` is a VERDICT_CODE. */
export interface Vote {
  readonly task: TaskId;
  readonly round: number;
  readonly verdict: number;
  readonly evidenceHash: Hex;
  readonly salt: Hex;
}

/** A guard's word that an epoch's root and debits are what it computed itself. */
export interface Attestation {
  readonly epoch: number;
  readonly root: Hex;
  /** Root of the latest epoch that stands, whose payouts `root` adds to; zero before the first. */
  readonly base: Hex;
  readonly total: bigint;
  /** Number of leaves of `root`. */
  readonly payouts: number;
  readonly tasksRoot: Hex;
  /** What the tasks cost together, and how many they are. */
  readonly tasksTotal: bigint;
  readonly tasks: number;
  readonly debitsHash: Hex;
}

/** Lets its holder spend from a session through one router. */
export interface ApiKey {
  readonly session: SessionId;
  readonly router: Address;
  /** Unix ms. */
  readonly expiresAt: number;
}

/** Each statement by name. */
export interface Statements {
  NodeRecord: NodeRecord;
  Assignment: Assignment;
  Receipt: Receipt;
  Voucher: Voucher;
  Vote: Vote;
  Attestation: Attestation;
  ApiKey: ApiKey;
}
export type StatementName = keyof Statements;

export interface SignedNodeRecord {
  readonly record: NodeRecord;
  readonly signature: Hex;
}
export interface SignedAssignment {
  readonly assignment: Assignment;
  readonly signature: Hex;
}
export interface SignedReceipt {
  readonly receipt: Receipt;
  readonly signature: Hex;
}
export interface SignedVoucher {
  readonly voucher: Voucher;
  readonly signature: Hex;
}

type WordType = 'address' | 'bytes32' | 'uint8' | 'uint32' | 'uint64' | 'uint128' | 'uint256' | 'bytes';
type Contract = Exclude<keyof SigningContracts, 'chainId'>;
/** One definition per statement: the contract that reads it, then its fields in order with their Solidity types. */
const DEFINITIONS: { readonly [N in StatementName]: readonly [Contract, { readonly [K in keyof Required<Statements[N]>]: WordType }] } = {
  NodeRecord: [
    'nodeRegistry',
    {
      peerId: 'bytes',
      operator: 'address',
      owner: 'address',
      roles: 'uint32',
      encryptionKey: 'bytes32',
      sequence: 'uint64',
      expiresAt: 'uint64',
    },
  ],
  Assignment: [
    'nodeRegistry',
    {
      task: 'bytes32',
      session: 'bytes32',
      model: 'bytes32',
      router: 'address',
      miner: 'address',
      promptCommit: 'bytes32',
      promptTokens: 'uint32',
      maxTokens: 'uint32',
      sampling: 'bytes32',
      promptPrice: 'uint128',
      completionPrice: 'uint128',
      deadline: 'uint64',
    },
  ],
  Receipt: [
    'nodeRegistry',
    {
      task: 'bytes32',
      session: 'bytes32',
      model: 'bytes32',
      miner: 'address',
      promptTokens: 'uint32',
      completionTokens: 'uint32',
      promptCommit: 'bytes32',
      outputRoot: 'bytes32',
      sampling: 'bytes32',
      promptPrice: 'uint128',
      completionPrice: 'uint128',
      startedAt: 'uint64',
      endedAt: 'uint64',
      numericsProfile: 'bytes32',
    },
  ],
  Voucher: [
    'sessionManager',
    { session: 'bytes32', payee: 'address', cumulativeAmount: 'uint256', nonce: 'uint64', streamRoot: 'bytes32' },
  ],
  Vote: ['nodeRegistry', { task: 'bytes32', round: 'uint32', verdict: 'uint8', evidenceHash: 'bytes32', salt: 'bytes32' }],
  Attestation: [
    'settlement',
    {
      epoch: 'uint64',
      root: 'bytes32',
      base: 'bytes32',
      total: 'uint128',
      payouts: 'uint32',
      tasksRoot: 'bytes32',
      tasksTotal: 'uint128',
      tasks: 'uint32',
      debitsHash: 'bytes32',
    },
  ],
  ApiKey: ['nodeRegistry', { session: 'bytes32', router: 'address', expiresAt: 'uint64' }],
};

interface Compiled {
  readonly contract: Contract;
  readonly typeHash: Buffer;
  readonly fields: readonly (readonly [name: string, type: WordType])[];
  /** As viem and wallets want it. */
  readonly eip712: readonly { readonly name: string; readonly type: string }[];
}

const keccakText = (text: string): Buffer => Buffer.from(keccak256(stringToBytes(text), 'bytes'));

const COMPILED = Object.fromEntries(
  Object.entries(DEFINITIONS).map(([name, [contract, shape]]): [string, Compiled] => {
    const fields = Object.entries(shape) as [string, WordType][];
    const typeHash = keccakText(`${name}(${fields.map(([field, type]) => `${type} ${field}`).join(',')})`);
    return [name, { contract, typeHash, fields, eip712: fields.map(([field, type]) => ({ name: field, type })) }];
  }),
) as Record<StatementName, Compiled>;

const DOMAIN = { name: 'cortensord', version: '1' } as const;
const DOMAIN_PREFIX = Buffer.concat([
  keccakText('EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)'),
  keccakText(DOMAIN.name),
  keccakText(DOMAIN.version),
]);

const separators = new WeakMap<SigningContracts, Partial<Record<Contract, Buffer>>>();

function separatorOf(contracts: SigningContracts, contract: Contract): Buffer {
  let known = separators.get(contracts);
  if (known === undefined) {
    known = {};
    separators.set(contracts, known);
  }
  const separator =
    known[contract] ??
    Buffer.from(keccak256(Buffer.concat([DOMAIN_PREFIX, uintWord(BigInt(contracts.chainId)), hexWord(contracts[contract])]), 'bytes'));
  known[contract] = separator;
  return separator;
}

function uintWord(value: bigint): Buffer {
  return Buffer.from(value.toString(16).padStart(64, '0'), 'hex');
}

function hexWord(value: string): Buffer {
  return Buffer.from(value.slice(2).padStart(64, '0'), 'hex');
}

function word(type: WordType, value: unknown): Buffer {
  if (type === 'bytes32' || type === 'address') return hexWord(value as string);
  if (type === 'bytes') return Buffer.from(keccak256(peerIdToBytes(value as string), 'bytes'));
  return uintWord(BigInt(value as number | bigint));
}

function encodeStruct<N extends StatementName>(name: N, message: Statements[N]): Buffer {
  const { typeHash, fields } = COMPILED[name];
  const values = message as unknown as Record<string, unknown>;
  const struct = Buffer.allocUnsafe(32 * (fields.length + 1));
  typeHash.copy(struct, 0);
  for (const [i, [field, type]] of fields.entries()) word(type, values[field]).copy(struct, 32 * (i + 1));
  return struct;
}

/** EIP-712 struct hash of a statement: the same on every deployment. 32 bytes. */
export function structHash<N extends StatementName>(name: N, message: Statements[N]): Hex {
  return keccak256(encodeStruct(name, message));
}

/** EIP-712 digest of a statement: what is signed. 32 bytes. */
export function hashStatement<N extends StatementName>(name: N, contracts: SigningContracts, message: Statements[N]): Hex {
  const digest = Buffer.allocUnsafe(66);
  digest.writeUInt16BE(0x1901, 0);
  separatorOf(contracts, COMPILED[name].contract).copy(digest, 2);
  digest.set(keccak256(encodeStruct(name, message), 'bytes'), 34);
  return keccak256(digest);
}

/**
 * The statement in the shape that viem's `signTypedData` and wallets take; the SDK signs ApiKey and Voucher through it.
 */
export function typedDataOf<N extends StatementName>(name: N, contracts: SigningContracts, message: Statements[N]) {
  const { contract, eip712, fields } = COMPILED[name];
  const values = message as unknown as Record<string, unknown>;
  return {
    domain: { ...DOMAIN, chainId: contracts.chainId, verifyingContract: contracts[contract] },
    types: { [name]: eip712 },
    primaryType: name as string,
    message: Object.fromEntries(
      fields.map(([field, type]) => {
        const value = values[field];
        if (type === 'bytes') return [field, bytesToHex(peerIdToBytes(value as string))];
        return [field, type === 'uint64' || type === 'uint128' || type === 'uint256' ? BigInt(value as number | bigint) : value];
      }),
    ) as Record<string, unknown>,
  };
}

/** Signs a statement; 65 bytes r ‖ s ‖ v with a low s and v of 27 or 28. */
export async function signStatement<N extends StatementName>(
  name: N,
  contracts: SigningContracts,
  message: Statements[N],
  account: LocalAccount,
): Promise<Hex> {
  if (account.sign !== undefined) return account.sign({ hash: hashStatement(name, contracts, message) });
  return account.signTypedData(typedDataOf(name, contracts, message));
}

/** secp256k1 group order / 2: a larger s is the malleable twin of another signature (EIP-2). */
const HALF_ORDER = '7fffffffffffffffffffffffffffffff5d576e7357a4501ddfe92f46681b20a0';
const SIGNATURE_FORM = /^0x[0-9a-f]{128}(1b|1c)$/;

/**
 * The address that signed a digest, lower-cased.
 *
 * @throws SIGNATURE_MALFORMED when it is not 65 bytes with a low s and v of 27 or 28, or recovers to no key.
 */
export function recoverSigner(digest: Hex, signature: Hex): Address {
  const form = signature.toLowerCase();
  if (!SIGNATURE_FORM.test(form)) throw cryptoError('SIGNATURE_MALFORMED', 'a signature is 65 bytes: r, s, and v of 27 or 28');
  const s = form.slice(66, 130);
  if (s > HALF_ORDER) throw cryptoError('SIGNATURE_MALFORMED', 's is in the upper half of the curve order');
  try {
    return Secp256k1.recoverAddress({
      payload: digest,
      signature: { r: `0x${form.slice(2, 66)}`, s: `0x${s}`, yParity: form.endsWith('1b') ? 0 : 1 },
    }).toLowerCase() as Address;
  } catch (cause) {
    throw cryptoError('SIGNATURE_MALFORMED', 'the signature recovers to no public key', {}, cause);
  }
}

/** The address that signed a statement, lower-cased. @throws SIGNATURE_MALFORMED */
export function recoverStatement<N extends StatementName>(
  name: N,
  contracts: SigningContracts,
  message: Statements[N],
  signature: Hex,
): Address {
  return recoverSigner(hashStatement(name, contracts, message), signature);
}

/**
 * Holds a statement against the signer that it must have.
 *
 * @throws SIGNATURE_MALFORMED, SIGNATURE_WRONG_SIGNER
 */
export function verifyStatement<N extends StatementName>(
  name: N,
  contracts: SigningContracts,
  message: Statements[N],
  signature: Hex,
  signer: Address,
): void {
  const actual = recoverStatement(name, contracts, message, signature);
  if (actual !== signer.toLowerCase()) {
    throw cryptoError('SIGNATURE_WRONG_SIGNER', `${name} is signed by ${actual}, not by ${signer}`, { name, actual, expected: signer });
  }
}
