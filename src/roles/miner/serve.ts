import type { RegistryView } from '../../chain/registryView.ts';
import { budgetOf, type SessionView } from '../../chain/sessionView.ts';
import { type Assignment, type SignedAssignment, type SigningContracts, verifyStatement } from '../../crypto/eip712.ts';
import { promptCommit, samplingHash } from '../../crypto/ids.ts';
import type { InferRequest } from '../../protocols/infer/messages.ts';
import { type Address, billOf, type ModelId, type TokenPrice } from '../../types/index.ts';
import { type CodedError, isCoded } from '../../util/errors.ts';
import { minerError } from './errors.ts';
import type { MinerLedger } from './ledger.ts';

interface Components {
  readonly registry: RegistryView;
  readonly sessions: SessionView;
  readonly ledger: MinerLedger;
  readonly contracts: SigningContracts;
  readonly operator: Address;
  readonly now: () => number;
}

const refused = (rule: string, why: string): CodedError =>
  minerError('MINER_ASSIGNMENT_REFUSED', `the assignment is refused: ${why}`, { rule });

/**
 * Whether this miner should work on a request: form, signature, right to speak and money, in that order
 * (docs/protocols/infer.md §3).
 *
 * @param contextOf tokens that a served model takes, prompt and answer together; undefined for others
 * @throws MINER_ASSIGNMENT_REFUSED, MINER_TASK_REPEATED, MINER_SESSION_REFUSED
 */
export async function checkRequest(
  request: InferRequest,
  price: TokenPrice,
  contextOf: (model: ModelId) => number | undefined,
  components: Components,
): Promise<void> {
  const { assignment } = request.assignment;
  checkTerms(request, assignment, price, contextOf, components);
  checkRouter(request.assignment, components);
  // §3.8: a task is taken once; its commitment binds session, router, prompt and nonce.
  if (components.ledger.has(assignment.task)) throw minerError('MINER_TASK_REPEATED', `task ${assignment.task} was taken before`);
  await checkSession(assignment, components);
}

function checkTerms(
  request: InferRequest,
  assignment: Assignment,
  price: TokenPrice,
  contextOf: (model: ModelId) => number | undefined,
  { operator, now }: Components,
): void {
  // §3.1: the assignment names this miner.
  if (assignment.miner.toLowerCase() !== operator.toLowerCase()) throw refused('3.1', `it is for ${assignment.miner}`);
  // §3.2: at this miner's own ask.
  if (assignment.promptPrice < price.prompt || assignment.completionPrice < price.completion)
    throw refused('3.2', 'its price is below the ask');
  // §3.3: for a model that is loaded and holds prompt and answer. An answer that ended at the context instead of the assigned
  // length would be INVALID to the guards.
  const context = contextOf(assignment.model);
  if (context === undefined) throw refused('3.3', `model ${assignment.model} is not served here`);
  if (assignment.maxTokens < 1 || assignment.promptTokens + assignment.maxTokens > context)
    throw refused('3.3', `it takes ${assignment.promptTokens} and ${assignment.maxTokens} tokens of ${context}`);
  // §3.4: its deadline is ahead.
  if (assignment.deadline <= now()) throw refused('3.4', 'its deadline is over');
  // §3.5: prompt and sampling are the committed ones.
  if (assignment.promptTokens !== request.promptIds.length) throw refused('3.5', 'its prompt count is not that of the prompt');
  if (assignment.promptCommit !== promptCommit(request.promptSalt, request.promptIds))
    throw refused('3.5', 'the prompt is not the committed one');
  if (assignment.sampling !== samplingHash(request.sampling)) throw refused('3.5', 'the sampling is not the committed one');
}

function checkRouter({ assignment, signature }: SignedAssignment, { contracts, registry }: Components): void {
  // §3.6: signed by the router.
  try {
    verifyStatement('Assignment', contracts, assignment, signature, assignment.router);
  } catch (error) {
    throw refused('3.6', isCoded(error) ? error.message : 'its signature does not verify');
  }
  // §3.7: which is registered and staked.
  if (!registry.isActive(assignment.router, 'router')) throw refused('3.7', `${assignment.router} is no active router`);
}

async function checkSession(assignment: Assignment, { sessions, ledger, now }: Components): Promise<void> {
  const { session: id, router, model } = assignment;
  const session = sessions.get(id) ?? (await sessions.refresh(id));
  const deny = (why: string): CodedError => minerError('MINER_SESSION_REFUSED', `session ${id} ${why}`, { session: id });
  // §3.9: the session is open and this router may spend it, for this model and at this price.
  if (session === undefined) throw deny('is not on the chain at the confirmation depth');
  if (session.closed || session.closesAt !== undefined || session.expiresAt <= now()) throw deny('is not open');
  if (session.spender !== router.toLowerCase() || session.model !== model) throw deny('does not let this router spend on this model');
  if (assignment.promptPrice > session.priceMax.prompt || assignment.completionPrice > session.priceMax.completion)
    throw deny('pays less than the assigned price');
  // §3.10: what is left covers the worst case. Vouchers seen here count; those to other miners are the router's promise.
  const worst = billOf({ ...assignment, completionTokens: assignment.maxTokens });
  const { earned } = ledger.session(id);
  const taken = session.settled > earned ? session.settled : earned;
  if (budgetOf(session) - taken < worst) throw deny('does not cover the worst case of the task');
}
