/** Checks that several topics share. docs/protocols/overview.md §4: what depends on the receiver's own view is ignored, never rejected. */
import { type SigningContracts, type StatementName, type Statements, verifyStatement } from '../crypto/eip712.ts';
import type { Address, Hex, Role } from '../types/index.ts';
import { isCoded } from '../util/errors.ts';
import { hasRole } from './node/table.ts';
import { ACCEPT, ignore, type Judgement, type RuleContext, type Sender } from './validate.ts';

/** Whether the sender is the peer of `operator`, holds `role` and is registered for it. */
export function mayPublish(operator: Address, role: Role, sender: Sender, context: RuleContext): Judgement {
  const entry = context.nodes.byOperator(operator);
  // [IGNORE] overview.md §4: the operator has announced itself
  if (entry === undefined) return ignore('SENDER_UNKNOWN');
  // [IGNORE] overview.md §4: the envelope is from the operator's own peer
  if (entry.record.peerId !== sender.peerId) return ignore('SENDER_NOT_OPERATOR');
  // [IGNORE] overview.md §4: its record states the role
  if (!hasRole(entry.record, role)) return ignore('ROLE_NOT_HELD');
  // [IGNORE] overview.md §4: the registry knows the operator in that role
  if (context.isRegistered(operator, role) !== true) return ignore('NOT_REGISTERED');
  return ACCEPT;
}

/** Whether a statement is signed by whom it must be. */
export function isSignedBy<N extends StatementName>(
  name: N,
  contracts: SigningContracts,
  message: Statements[N],
  signature: Hex,
  signer: Address,
): boolean {
  try {
    verifyStatement(name, contracts, message, signature, signer);
    return true;
  } catch (error) {
    if (isCoded(error)) return false;
    throw error;
  }
}
