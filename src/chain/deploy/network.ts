import { zeroAddress } from 'viem';
import { type Address, ROLE_BIT, type Wei } from '../../types/index.ts';
import type { Deployment, SecurityLayer } from '../deployment.ts';
import { ARTIFACTS } from '../generated/artifacts.ts';
import { EPOCH_SECONDS, PARAMETERS } from '../generated/parameterTable.ts';
import { PARAMETER_NAMES, type ParameterName } from '../parameters.ts';
import type { DeployPlan } from './plan.ts';

/** Part of the supply and when it is free; see docs/contracts/distribution.md. */
export interface Allocation {
  readonly beneficiary: Address;
  readonly amount: Wei;
  /** Unix seconds, and seconds after it; all zero is paid at once. */
  readonly start: number;
  readonly cliff: number;
  readonly duration: number;
}

export interface GovernorSettings {
  readonly votingDelaySeconds: number;
  readonly votingPeriodSeconds: number;
  /** Votes that a proposer needs, wei. */
  readonly proposalThreshold: Wei;
  /** Part of the supply that must take part. */
  readonly quorumPercent: bigint;
  /** From the end of a vote to the earliest execution. */
  readonly timelockSeconds: bigint;
}

/** What is fixed when the contracts are deployed. */
export interface DeployParams {
  /** Whole supply of COR, wei. */
  readonly supply: Wei;
  /** Who gets the supply at once when there are no `allocations`; the deployer when absent. */
  readonly holder?: Address;
  /** Who gets the supply, and when; they sum up to it. */
  readonly allocations?: readonly Allocation[];
  readonly governor: GovernorSettings;
  /** Length of an epoch. */
  readonly epochSeconds: number;
  /** First values that differ from those of a network with real money; bounds are widened to hold them. */
  readonly parameters: Partial<Record<ParameterName, bigint>>;
}

const COR = 10n ** 18n;
const DAY = 86_400;

export const DEPLOY_DEFAULTS: DeployParams = {
  supply: 1_000_000_000n * COR,
  governor: {
    votingDelaySeconds: DAY,
    votingPeriodSeconds: 5 * DAY,
    proposalThreshold: 100_000n * COR,
    quorumPercent: 4n,
    timelockSeconds: 2n * BigInt(DAY),
  },
  epochSeconds: EPOCH_SECONDS,
  parameters: {},
};

/** Value and bounds of each parameter, in the order of the contract: the shipped ones, or wide enough for the given values. */
function parameterDefinitions(values: DeployParams['parameters']) {
  return PARAMETER_NAMES.map((name) => {
    const { value: standard, min, max } = PARAMETERS[name];
    const value = values[name] ?? standard;
    return { value, min: value < min ? value : min, max: value > max ? value : max };
  });
}

function planParameters(plan: DeployPlan, governance: () => Address, params: DeployParams): Address {
  const { Parameters } = ARTIFACTS;
  return plan.create(Parameters, () => [governance(), BigInt(params.epochSeconds), parameterDefinitions(params.parameters)]);
}

/** Token, votes and numbers of a network: what everything else stands on. */
export function planRoot(plan: DeployPlan, deployer: Address, params: DeployParams) {
  const { supply, governor: g } = params;
  const once = { beneficiary: params.holder ?? deployer, amount: supply, start: 0, cliff: 0, duration: 0 };
  const token = plan.create(ARTIFACTS.CorToken, () => [distribution, supply]);
  const distribution = plan.create(ARTIFACTS.Distribution, () => [token, params.allocations ?? [once]]);
  const governance = plan.create(ARTIFACTS.TimelockController, () => [g.timelockSeconds, [governor], [zeroAddress], zeroAddress]);
  const governor = plan.create(ARTIFACTS.CortensorGovernor, () => [
    token,
    governance,
    g.votingDelaySeconds,
    g.votingPeriodSeconds,
    g.proposalThreshold,
    g.quorumPercent,
  ]);
  const parameters = planParameters(plan, () => governance, params);
  return { token, distribution, governance, governor, parameters };
}

/** What the contracts on which nodes work stand on. */
interface Ground {
  readonly token: Address;
  readonly parameters: Address;
  readonly treasury: Address;
  /** Who lets clients and nodes in; nobody is asked when absent. */
  readonly admission: Address | undefined;
  /** StakeVault or StakeMirror. */
  readonly stakeVault: () => Address;
  /** StakeVault or SlashRelay. */
  readonly slasher: () => Address;
  /** Takes this chain's checkpoints on the layer above. */
  readonly anchor: { readonly chainId: number; readonly address: Address } | undefined;
}

/** The contracts on which nodes work. */
function planWork(plan: DeployPlan, ground: Ground) {
  const { token, parameters, treasury, anchor } = ground;
  const admission = ground.admission ?? zeroAddress;
  const nodeRegistry = plan.create(ARTIFACTS.NodeRegistry, () => [ground.stakeVault(), parameters, admission, reputation]);
  const sessionManager = plan.create(ARTIFACTS.SessionManager, () => [token, parameters, admission]);
  const settlement = plan.create(ARTIFACTS.Settlement, () => [token, nodeRegistry, sessionManager, parameters, treasury]);
  const rewards = plan.create(ARTIFACTS.Rewards, () => [token, nodeRegistry, parameters]);
  const epochManager = plan.create(ARTIFACTS.EpochManager, () => [nodeRegistry, parameters]);
  const validation = plan.create(ARTIFACTS.Validation, () => [
    token,
    nodeRegistry,
    parameters,
    epochManager,
    ground.slasher(),
    settlement,
    BigInt(anchor?.chainId ?? 0),
    anchor?.address ?? zeroAddress,
  ]);
  const reputation = plan.create(ARTIFACTS.Reputation, () => [nodeRegistry, nodeRegistry, parameters]);
  const usefulWork = plan.create(ARTIFACTS.UsefulWork, () => [token, nodeRegistry, parameters, epochManager]);
  const blockTimeOracle = plan.create(ARTIFACTS.BlockTimeOracle, () => [nodeRegistry, parameters]);
  const modelMarketplace = plan.create(ARTIFACTS.ModelMarketplace, () => [token, parameters, treasury]);
  return {
    nodeRegistry,
    sessionManager,
    settlement,
    rewards,
    epochManager,
    validation,
    reputation,
    usefulWork,
    blockTimeOracle,
    modelMarketplace,
  };
}

/** A network on one chain: stakes are held, read and slashed in place. */
export function planOneChain(plan: DeployPlan, deployer: Address, treasury: Address, params: DeployParams): Deployment {
  const { token, governance, parameters } = planRoot(plan, deployer, params);
  const stakeVault = plan.create(ARTIFACTS.StakeVault, () => [token, work.nodeRegistry, work.validation, parameters]);
  const ground = { token, parameters, treasury, admission: undefined, anchor: undefined };
  const work = planWork(plan, { ...ground, stakeVault: () => stakeVault, slasher: () => stakeVault });
  return { chainId: plan.chainId, token, parameters, stakeVault, ...work, governance, block: plan.block };
}

/** A layer as the one below it sees it. */
interface Upper {
  readonly plan: DeployPlan;
  readonly token: Address;
  readonly parameters: Address;
  readonly governance: Address;
  readonly outbox: Address;
  /** What a stake on it waits for before it can leave. */
  readonly unbondingSeconds: bigint;
}

const unbondingOf = ({ parameters }: Pick<DeployParams, 'parameters'>): bigint =>
  parameters.UnbondingSeconds ?? PARAMETERS.UnbondingSeconds.value;

/** The first layer, but for what faces the second. */
export function planSecurity(plan: DeployPlan, deployer: Address, params: DeployParams): Omit<SecurityLayer, 'lower'> & Upper {
  const root = planRoot(plan, deployer, params);
  const outbox = plan.create(ARTIFACTS.Outbox, () => []);
  return { plan, unbondingSeconds: unbondingOf(params), chainId: plan.chainId, ...root, outbox, block: plan.block };
}

export interface LayerParams extends Pick<DeployParams, 'epochSeconds' | 'parameters'> {
  /** Who signs for blocks of either chain on the other one, from the start; governance changes them. */
  readonly oracles: readonly Address[];
  readonly treasury: Address;
  /** A layer for members only: who belongs from the start. Absent is a layer for everybody who complies. */
  readonly members?: readonly Member[];
}

export interface Member {
  readonly account: Address;
  /** Bits of contracts/src/types/Permissions.sol. */
  readonly permissions: number;
  /** Unix seconds. */
  readonly expiry: number;
}

/** Members that a private layer can have. */
const MEMBERS_MAX = 10_000n;
/** Slot of StakeVault's mapping of stakes. */
const STAKES_SLOT = `0x${'00'.repeat(32)}`;

/** A layer below another one: what faces each other on both chains, and the contracts on which nodes work. */
export function planLayer(upper: Upper, plan: DeployPlan, params: LayerParams & DeployParams) {
  const above = upper.plan;
  const seats = params.oracles;
  const chainIds = { upper: BigInt(above.chainId), lower: BigInt(plan.chainId) };

  // On the layer above.
  const setAbove = above.create(ARTIFACTS.OracleSet, () => [upper.governance, seats]);
  const anchorAbove = above.create(ARTIFACTS.CheckpointAnchor, () => [setAbove, ROLE_BIT.oracle, chainIds.lower, upper.parameters]);
  const inboxAbove = above.create(ARTIFACTS.Inbox, () => [anchorAbove, outbox, chainIds.lower]);
  const bridgeVault = above.create(ARTIFACTS.BridgeVault, () => [upper.token, upper.outbox, inboxAbove, token]);
  const accountAbove = above.create(ARTIFACTS.LayerAccount, () => [inboxAbove, slashRelay, [vault]]);
  const vault = above.create(ARTIFACTS.StakeVault, () => [upper.token, zeroAddress, accountAbove, upper.parameters]);

  // On this one.
  const parameters = planParameters(plan, () => governance, params);
  const outbox = plan.create(ARTIFACTS.Outbox, () => []);
  const oracleSet = plan.create(ARTIFACTS.OracleSet, () => [governance, seats]);
  const anchor = plan.create(ARTIFACTS.CheckpointAnchor, () => [oracleSet, ROLE_BIT.oracle, chainIds.upper, parameters]);
  const inbox = plan.create(ARTIFACTS.Inbox, () => [anchor, upper.outbox, chainIds.upper]);
  const token = plan.create(ARTIFACTS.BridgedCor, () => [outbox, inbox, bridgeVault]);
  const admission =
    params.members === undefined
      ? plan.create(ARTIFACTS.Compliance, () => [governance])
      : plan.create(ARTIFACTS.Membership, () => [governance, MEMBERS_MAX, params.members]);
  const governed = [parameters, oracleSet, admission, outbox];
  const governance = plan.create(ARTIFACTS.LayerAccount, () => [inbox, upper.governance, governed]);
  const slashRelay = plan.create(ARTIFACTS.SlashRelay, () => [outbox, chainIds.upper, accountAbove, vault, [work.validation]]);
  // What is left of the unbonding above when it is proven here: checkpoints come once an epoch and wait their window.
  const window = params.parameters.CheckpointChallengeSeconds ?? PARAMETERS.CheckpointChallengeSeconds.value;
  const unbonding = upper.unbondingSeconds - window - BigInt(params.epochSeconds);
  const mirror = plan.create(ARTIFACTS.StakeMirror, () => [anchor, vault, STAKES_SLOT, unbonding, work.nodeRegistry]);
  const work = planWork(plan, {
    token,
    parameters,
    treasury: params.treasury,
    admission,
    stakeVault: () => mirror,
    slasher: () => slashRelay,
    anchor: { chainId: above.chainId, address: anchorAbove },
  });

  const lower = {
    chainId: plan.chainId,
    oracleSet: setAbove,
    anchor: anchorAbove,
    inbox: inboxAbove,
    bridgeVault,
    stakeVault: vault,
    account: accountAbove,
  };
  const deployment: Deployment = {
    chainId: plan.chainId,
    token,
    parameters,
    stakeVault: mirror,
    ...work,
    governance,
    admission,
    outbox,
    upper: { chainId: above.chainId, oracleSet, anchor, inbox, slashRelay },
    block: plan.block,
  };
  const asUpper: Upper = { plan, token, parameters, governance, outbox, unbondingSeconds: unbondingOf(params) };
  /** `govern` lets this layer's governance change a contract that is planned later. */
  return { lower, deployment, asUpper, govern: (address: Address) => governed.push(address) };
}
