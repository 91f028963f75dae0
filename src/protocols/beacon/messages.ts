/** Topic `beacon`: an oracle's view of a chain's time, and the epoch's randomness. docs/protocols/beacon.md */
import { message, type Static } from '../codec/message.ts';
import { address, u64 } from '../codec/types.ts';
import { hash32 } from '../signed/messages.ts';

export const BeaconMessage = message('Beacon', 512, {
  epoch: [1, u64],
  /** Operator of the oracle that speaks. */
  oracle: [2, address],
  /** Operator that it takes for the epoch's leader. */
  leader: [3, address],
  chainId: [4, u64],
  blockNumber: [5, u64],
  blockHash: [6, hash32],
  /** Block timestamp in unix seconds, as on chain. */
  chainTimestamp: [7, u64],
  /** The oracle's clock, unix ms. */
  localTime: [8, u64],
  randomness: [9, hash32],
});
export type Beacon = Static<typeof BeaconMessage>;
