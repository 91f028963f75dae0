/**
 * docs/LIMITS.md: what is bounded and what happens at the bound. Values are read from the source and the config schema, so the
 * document cannot say another number than the code does.
 */
import { readFileSync } from 'node:fs';
import { runInNewContext } from 'node:vm';
import { LEAVES } from '../src/config/leaves.ts';
import { wants } from '../src/config/resolve.ts';
import { STREAMS, TOPICS } from '../src/protocols/registry.ts';

/** What is bounded; `file#NAME` of the constant or property, or `config:key`; what happens there, error codes in backticks. */
type Limit = readonly [what: string, where: string, then: string];

const GROUPS: Readonly<Record<string, readonly Limit[]>> = {
  'Connections and gossip': [
    ['Open connections', 'config:network.connectionsMax', 'further ones are closed'],
    ['Connections in negotiation', 'src/protocols/engine/host.ts#maxIncomingPendingConnections', 'further ones are refused'],
    ['New connections of one address a second', 'src/protocols/engine/host.ts#inboundConnectionThreshold', 'further ones are refused'],
    [
      'Discovered peers are dialled up to',
      'src/protocols/engine/dialler.ts#CONNECTIONS_TARGET',
      'beyond it only when a role needs the peer',
    ],
    ['Dials to discovered peers at once', 'src/protocols/engine/dialler.ts#DIALS_MAX', 'the next discovery tries again'],
    ['One dial to a discovered peer', 'src/protocols/engine/dialler.ts#DIAL_TIMEOUT_MS', 'given up'],
    ['Opening a stream, dial included', 'src/protocols/engine/peerStreams.ts#OPEN_TIMEOUT_MS', '`PEER_UNREACHABLE`'],
    ['Envelope of any topic', 'src/protocols/envelope.ts#ENVELOPE_BYTES_MAX', 'not decoded; each topic has its own, smaller cap'],
    ['Message ids remembered', 'src/protocols/engine/host.ts#SEEN_TTL_MS', 'older ones are forgotten, and stale by then'],
    ['Nodes in the table', 'src/protocols/node/table.ts#NODES_MAX', 'the one silent for longest makes room, or the new one is left out'],
    ['Silence of a node', 'src/protocols/node/table.ts#NODE_LIFETIME_MS', 'it leaves the table'],
    ['Validity of a node record', 'src/protocols/node/topic.ts#RECORD_LIFETIME_MAX_MS', 'ignored, `RECORD_LIFETIME`'],
    ['Least time between heartbeats', 'src/protocols/node/topic.ts#HEARTBEAT_INTERVAL_MIN_MS', 'ignored, `HEARTBEAT_TOO_OFTEN`'],
    ['Models in a heartbeat', 'src/protocols/node/messages.ts#MODELS_MAX', '`WIRE_TOO_LARGE`'],
    ['Time from an offer to its deadline', 'src/protocols/task/topic.ts#TASK_LIFETIME_MAX_MS', 'rejected, `TASK_DEADLINE`'],
    ['Providers of one DHT search', 'src/protocols/engine/providers.ts#PROVIDERS_MAX', 'the search ends'],
    ['Ed25519 keys kept parsed', 'src/crypto/ed25519.ts#KEYS_MAX', 'the oldest is dropped'],
  ],
  'Streams, whatever the protocol': [
    ['Yamux window of one stream', 'src/protocols/engine/host.ts#STREAM_WINDOW_BYTES_MAX', 'the sender waits'],
    ['Read ahead of the consumer', 'src/protocols/engine/reader.ts#READ_AHEAD_BYTES', 'reading pauses'],
    ['Streams of one connection, each way', 'src/protocols/engine/host.ts#maxInboundStreams', 'reset'],
    [
      'Wait for the peer after closing',
      'src/protocols/engine/streamChannel.ts#LINGER_MS',
      'reset; the protocol’s silence if that is longer',
    ],
    ['Text of an error frame, characters', 'src/protocols/engine/serve.ts#ERROR_CHARS_MAX', 'cut'],
    ['Prompt of one task, tokens', 'src/protocols/infer/messages.ts#PROMPT_TOKENS_MAX', '`WIRE_TOO_LARGE`; a model’s context is smaller'],
    ['Output in evidence, tokens', 'src/protocols/evidence/messages.ts#OUTPUT_TOKENS_MAX', '`WIRE_TOO_LARGE`'],
    ['Stop strings on the wire', 'src/protocols/infer/messages.ts#STOPS_MAX', '`WIRE_TOO_LARGE`; REST takes 4'],
    [
      'Tasks of one proposed epoch',
      'src/protocols/attest/messages.ts#ATTEST_TASKS_MAX',
      '`WIRE_TOO_LARGE`; the proposal’s byte cap may be met before',
    ],
    ['Accounts in one payout tree', 'src/protocols/attest/messages.ts#ATTEST_PAYOUTS_MAX', '`WIRE_TOO_LARGE`'],
    [
      'Sessions debited by one proposal',
      'src/protocols/attest/messages.ts#ATTEST_DEBITS_MAX',
      '`WIRE_TOO_LARGE`; an oracle proposes fewer',
    ],
    ['Refused tasks that a guard names', 'src/protocols/attest/messages.ts#ATTEST_REFUSED_MAX', 'the rest is named next time'],
  ],
  Router: [
    ['Completions at once', 'config:router.maxInFlight', '`ROUTER_BUSY`'],
    ['Further miners tried before a first token', 'config:router.retries', '`MINER_FAILED`'],
    ['Silence of a miner', 'config:router.heartbeatTimeoutMs', 'no work for it; `NO_MINER` when none is left'],
    ['Opening a stream to a miner', 'config:router.openTimeoutMs', 'the next miner'],
    ['Wait for the first token', 'config:router.firstTokenTimeoutMs', 'the next miner'],
    ['Wait for each further token', 'config:router.tokenTimeoutMs', '`MINER_LOST`'],
    ['Tokens of one answer', 'config:router.completionTokensMax', 'the default when none are named; see also the model’s context'],
    ['Tools of a request, and calls in a message', 'src/api/rest/toolRequest.ts#TOOLS_MAX', '`INVALID_REQUEST`'],
    ['Choices of one request', 'src/roles/router/service.ts#CHOICES_MAX', '`INVALID_REQUEST`'],
    ['Life of a task', 'src/roles/router/router.ts#TASK_LIFETIME_MS', 'the assignment’s deadline: a later receipt is refused'],
    ['Reading a session from the chain', 'src/roles/router/admission.ts#SESSION_READ_MS', '`TIMEOUT`'],
    ['A session must last this much longer', 'src/roles/router/admission.ts#EXPIRY_MARGIN_MS', '`SESSION_NOT_OPEN`'],
    ['API keys kept verified', 'src/roles/router/admission.ts#KEYS_MAX', 'the oldest is dropped and verified again'],
    ['Miners whose load and failures are tracked', 'src/roles/router/router.ts#MINERS_TRACKED_MAX', 'the oldest is forgotten'],
  ],
  'Miner and inference': [
    ['Sequences decoded at once', 'config:miner.slots', 'the request waits'],
    ['Requests that wait for a slot', 'config:miner.queueMax', '`ENGINE_QUEUE_FULL`'],
    ['Tokens guessed ahead in one pass', 'src/inference/draft.ts#DRAFT_TOKENS_MAX', 'the next pass guesses again'],
    ['Prompts kept for later ones of their session', 'config:miner.prefixRows', 'the least recently used makes room'],
    [
      'Prompt and answer of an engine, tokens',
      'src/inference/options.ts#contextTokensMax: options.contextTokensMax ??',
      '`PROMPT_TOO_LONG`, or the answer ends with `length`',
    ],
    [
      'Prompt tokens of one prefill step',
      'src/inference/options.ts#prefillChunkTokens: options.prefillChunkTokens ??',
      'the rest in later steps; others decode between',
    ],
    [
      'Self-test of a provider in its own process',
      'src/inference/worker/probeProvider.ts#PROBE_TIMEOUT_MS',
      'the CPU computes; a warning says so',
    ],
    ['Stop strings of a request', 'src/inference/request.ts#STOP_STRINGS_MAX', '`REQUEST_INVALID`'],
    ['Length of a stop string, characters', 'src/inference/request.ts#STOP_CHARS_MAX', '`REQUEST_INVALID`'],
    ['Most probable tokens given with each token', 'src/inference/request.ts#TOP_LOGPROBS_MAX', '`REQUEST_INVALID`'],
    ['Tokens with a logit bias', 'src/inference/request.ts#LOGIT_BIASES_MAX', '`REQUEST_INVALID`'],
    ['Text of a grammar, bytes', 'src/inference/grammar/limits.ts#GRAMMAR_BYTES_MAX', '`GRAMMAR_TOO_LARGE`'],
    ['Nodes of a compiled grammar', 'src/inference/grammar/limits.ts#GRAMMAR_NODES_MAX', '`GRAMMAR_TOO_LARGE`'],
    ['Schemas inside each other, references included', 'src/inference/grammar/limits.ts#SCHEMA_DEPTH_MAX', '`GRAMMAR_TOO_LARGE`'],
    ['Ways that a grammar follows side by side', 'src/inference/grammar/limits.ts#GRAMMAR_THREADS_MAX', '`GRAMMAR_TOO_LARGE`'],
    ['Open arrays and objects in constrained output', 'src/inference/grammar/limits.ts#GRAMMAR_NESTING_MAX', 'none is opened deeper'],
    ['Tools of a request whose calls a grammar holds', 'src/inference/grammar/calls.ts#CALL_TOOLS_MAX', '`GRAMMAR_INVALID`'],
    ['Calls in one answer that a grammar holds', 'src/inference/grammar/calls.ts#CALLS_MAX', 'no further call is begun'],
    ['Compiled grammars kept by a model', 'src/inference/grammar/limits.ts#GRAMMARS_KEPT', 'the oldest is compiled again'],
    ['States kept by a grammar', 'src/inference/grammar/limits.ts#GRAMMAR_STATES_KEPT', 'all are made again when needed'],
    ['Masks kept by a grammar', 'src/inference/grammar/limits.ts#GRAMMAR_MASKS_KEPT', 'the oldest is made again'],
    ['Graph with its weights in memory', 'src/inference/graph/size.ts#GRAPH_BYTES_MAX', '`MODEL_UNSUPPORTED`'],
    [
      'Trying a model out: time, least',
      'src/inference/rehearsal/limits.ts#REHEARSAL_BASE_MS',
      '`MODEL_REHEARSAL_TIMEOUT`; more for larger files',
    ],
    ['Its memory, least', 'src/inference/rehearsal/limits.ts#REHEARSAL_BASE_BYTES', '`MODEL_REHEARSAL_MEMORY`; more for larger files'],
    ['Its JavaScript heap', 'src/inference/rehearsal/limits.ts#REHEARSAL_HEAP_BYTES', '`MODEL_REHEARSAL_MEMORY`'],
    ['Entries of a model folder', 'src/inference/modelFiles.ts#FOLDER_ENTRIES_MAX', '`MODEL_INVALID`'],
    ['Chat template, characters', 'src/inference/chat/chatTemplate.ts#TEMPLATE_CHARS_MAX', '`MODEL_INVALID`'],
    ['Steps of one rendering', 'src/inference/chat/chatTemplate.ts#RENDER_STEPS_MAX', '`MODEL_TEXT_LIMIT`'],
    ['Time of one rendering', 'src/inference/chat/chatTemplate.ts#RENDER_MS_MAX', '`MODEL_TEXT_LIMIT`'],
    ['Its text beyond 4 times the messages, characters', 'src/inference/chat/chatTemplate.ts#RENDER_CHARS_MAX', '`MODEL_TEXT_LIMIT`'],
    ['Time of one encoding, least', 'src/inference/tokenizer.ts#ENCODE_MS_MAX', '`MODEL_TEXT_LIMIT`; more for longer texts'],
    ['Parts of a tokenizer', 'src/inference/tokenizerLimits.ts#PARTS_MAX', '`MODEL_INVALID`'],
    ['Times that its parts make a text longer', 'src/inference/tokenizerLimits.ts#GROWTH_MAX', '`MODEL_INVALID`'],
    ['Header of a weight file', 'src/inference/safetensors.ts#SAFETENSORS_HEADER_BYTES_MAX', '`MODEL_INVALID`'],
    ['Tensors of a weight file', 'src/inference/safetensors.ts#TENSORS_MAX', '`MODEL_INVALID`'],
    ['Header of a GGUF file', 'src/inference/gguf/header.ts#GGUF_HEADER_BYTES_MAX', '`MODEL_INVALID`'],
    ['Entries of an array in it', 'src/inference/gguf/header.ts#ARRAY_MAX', '`MODEL_INVALID`'],
    ['ONNX export, and its file of weights', 'src/inference/modelFiles.ts#ONNX_BYTES_MAX', '`MODEL_FILE_TOO_LARGE`'],
    ['Files that an ONNX graph takes weights from', 'src/inference/onnx/externalData.ts#EXTERNAL_FILES_MAX', '`MODEL_INVALID`'],
    ['Blocks of a CAR file', 'src/inference/store/car/carBlocks.ts#CAR_BLOCKS_MAX', '`STORE_TOO_LARGE`'],
    ['Files of a sharded model', 'src/inference/modelFiles.ts#SHARDS_MAX', '`MODEL_INVALID`'],
    ['Self-test of a model at start', 'src/roles/miner/measure.ts#SELF_TEST_TIMEOUT_MS', 'the miner does not serve it, `TIMEOUT`'],
    ['Memory of the engine’s process', 'config:miner.memoryMiB', '`ENGINE_CRASHED`; the next call starts a new one'],
    [
      'Silence of the engine’s process with work, least',
      'src/inference/worker/watchdog.ts#STALL_BASE_MS',
      '`ENGINE_STALLED`; more for larger models and after longer steps',
    ],
    ['Engine processes lost in a row', 'src/inference/worker/restarts.ts#ENDS_MAX', 'calls get the last error for a minute'],
    ['Ending of the engine’s process', 'src/inference/worker/host.ts#CLOSE_TIMEOUT_MS', 'it is killed'],
    ['Wait for the voucher', 'src/node/index.ts#VOUCHER_TIMEOUT_MS', '`TIMEOUT`; the task stays unpaid'],
  ],
  Guard: [
    ['Tasks that wait for an audit', 'config:guard.queueMax', 'the task goes without this guard’s vote; logged'],
    ['Fetching evidence', 'config:guard.evidenceTimeoutMs', 'the vote is UNAVAILABLE'],
    ['One replay', 'src/roles/guard/guard.ts#REPLAY_TIMEOUT_MS', 'no vote; logged'],
    ['Wait between commit and reveal', 'config:guard.revealDelayMs', 'the reveal goes out if a quorum has committed; sooner once all have'],
    ['The same without a quorum', 'src/roles/guard/guard.ts#REVEAL_WAIT_MAX_MS', 'the reveal goes out'],
    ['An epoch ahead of a guard’s clock', 'src/roles/guard/attest.ts#CLOCK_SLACK_MS', '`ATTEST_REFUSED`'],
    ['Age of a commit that is revealed after a restart', 'src/roles/guard/guard.ts#REVEAL_AGE_MAX_MS', 'not revealed any more'],
    ['Voters of one task', 'src/validation/voteBook.ts#VOTERS_MAX', 'further commits do not count'],
    ['Tasks whose votes are in memory', 'src/node/index.ts#TASKS_IN_VIEW', 'the oldest is forgotten'],
  ],
  'Oracle and settlement': [
    ['Tasks of one epoch', 'config:oracle.tasksPerEpochMax', 'the rest in the next epoch'],
    ['Bytes of tasks in a proposal', 'src/roles/oracle/batch.ts#TASK_BYTES_MAX', 'the rest in the next epoch'],
    [
      'Sessions debited by one transaction',
      'src/roles/oracle/batch.ts#DEBITS_MAX = Math.min(ATTEST_DEBITS_MAX,',
      'the rest in the next epoch',
    ],
    ['Time from a task’s deadline to its settlement', 'src/settlement/billable.ts#BILLABLE_MS', 'guards do not attest it, nodes forget it'],
    ['Wait for a quorum of votes', 'config:oracle.voteTimeoutMs', 'the task is dropped, nobody is paid for it'],
    ['A guard’s answer to a proposal', 'config:oracle.attestTimeoutMs', 'counts as missing; `EPOCH_QUORUM` below two thirds'],
    ['Local time in a beacon against its envelope', 'src/protocols/beacon/topic.ts#BEACON_TIME_SLACK_MS', 'rejected, `BEACON_TIME`'],
    [
      'Fetching the leaves of a root from one peer',
      'src/settlement/payouts.ts#FETCH_TIMEOUT_MS',
      'the next peer; `PAYOUTS_UNAVAILABLE` after the last',
    ],
  ],
  Chain: [
    ['One JSON-RPC request', 'src/chain/rpc.ts#RPC_TIMEOUT_MS', '`CHAIN_UNREACHABLE`'],
    ['Calls in one batch', 'src/chain/rpc.ts#RPC_BATCH_MAX', 'the rest in the next batch'],
    ['Checks and first catching up', 'src/chain/client.ts#OPEN_TIMEOUT_MS', '`CHAIN_UNREACHABLE`'],
    ['Transactions submitted or waiting', 'src/chain/sender.ts#SENDER_QUEUE_MAX', '`CHAIN_QUEUE_FULL`'],
    ['Wait for a transaction to be mined', 'src/chain/sender.ts#RECEIPT_TIMEOUT_MS', '`CHAIN_TX_TIMEOUT`; it stays open in the journal'],
    ['Blocks of one eth_getLogs', 'src/chain/watcher.ts#LOGS_RANGE_MAX', 'split; halved when the endpoint refuses'],
    ['Depth of a reorg that is followed step by step', 'src/chain/watcher.ts#CHECKPOINTS_MAX', 'everything is read again'],
    ['Pause between polls of a failing endpoint', 'src/chain/watcher.ts#BACKOFF_MS_MAX', 'doubles up to this'],
    ['Sessions in memory', 'src/chain/sessionView.ts#SESSIONS_MAX', 'the ones that changed longest ago go; read again when needed'],
    ['Epochs in memory', 'src/chain/settlementView.ts#EPOCHS_MAX', 'the oldest go'],
  ],
  REST: [
    ['Request body', 'config:api.rest.bodyBytesMax', '`BODY_TOO_LARGE`'],
    ['Open connections', 'config:api.rest.connectionsMax', 'closed at once'],
    ['A request until its body is here', 'src/api/rest/server.ts#requestTimeout', 'HTTP 408'],
    ['Idle connection', 'src/api/rest/server.ts#keepAliveTimeout', 'closed'],
    ['A client that does not read its stream', 'src/api/rest/sse.ts#READ_STALL_MS_MAX', 'cut off, the work is cancelled'],
  ],
  'JSON-RPC socket and command line': [
    ['Open connections', 'config:api.rpc.connectionsMax', '`RPC_TOO_MANY_CONNECTIONS`'],
    ['One message', 'src/api/rpc/limits.ts#MESSAGE_BYTES_MAX', '`RPC_MESSAGE_TOO_LARGE`, then closed'],
    ['Calls of a batch', 'src/api/rpc/limits.ts#BATCH_CALLS_MAX', '`RPC_BATCH_TOO_LARGE`'],
    ['Calls at once on a connection', 'src/api/rpc/limits.ts#CALLS_IN_FLIGHT_MAX', 'the connection is not read'],
    ['Subscriptions of a connection', 'src/api/rpc/limits.ts#SUBSCRIPTIONS_MAX', '`RPC_TOO_MANY_SUBSCRIPTIONS`'],
    ['A client that does not read', 'src/api/rpc/limits.ts#WRITE_STALL_MS_MAX', 'cut off, the work is cancelled'],
    ['Path of the socket', 'src/api/rpc/limits.ts#SOCKET_PATH_BYTES_MAX', '`SOCKET_PATH_TOO_LONG`'],
    ['Prompt on standard input', 'src/cli/commands/chat.ts#STDIN_BYTES_MAX', '`CLI_USAGE`'],
    ['Turns of a conversation in `chat`', 'src/cli/commands/chat.ts#TURNS_MAX', 'older ones are left out'],
    ['A stop, from the signal to the exit', 'src/cli/commands/start.ts#STOP_MS_MAX', '`STOP_TIMEOUT`'],
  ],
  'Model store': [
    ['Files of a model', 'src/inference/store/manifest.ts#MODEL_FILES_MAX', '`STORE_TOO_LARGE`'],
    ['One file', 'src/inference/store/manifest.ts#FILE_BYTES_MAX', '`STORE_TOO_LARGE`'],
    ['Models', 'src/inference/store/catalog.ts#MODELS_MAX', '`STORE_TOO_LARGE`'],
    ['A manifest', 'src/inference/store/manifest.ts#MANIFEST_BYTES_MAX', '`STORE_MANIFEST_INVALID`'],
    ['A listing of the hub', 'src/inference/store/hub.ts#LISTING_BYTES_MAX', '`STORE_TOO_LARGE`'],
    ['Files in a listing', 'src/inference/store/hub.ts#LISTING_FILES_MAX', '`STORE_LISTING_INVALID`'],
    ['Path of a file', 'src/inference/store/paths.ts#PATH_BYTES_MAX', '`STORE_PATH_UNSAFE`'],
    ['Parts of a path', 'src/inference/store/paths.ts#PATH_DEPTH_MAX', '`STORE_PATH_UNSAFE`'],
    ['Leaf of a content id', 'src/inference/store/content/leaf.ts#LEAF_BYTES', 'the next one'],
    ['Links of a node of a file', 'src/inference/store/content/fileDag.ts#LINKS_MAX', '`STORE_CONTENT_INVALID`'],
    ['Names and CIDs in a folder', 'src/inference/store/content/directory.ts#DIRECTORY_BYTES_MAX', '`STORE_TOO_LARGE`'],
    ['Leaves of one job of a peer', 'src/inference/store/swarm/gather.ts#LEAVES_PER_JOB', 'the unit that survives a kill'],
    ['Peers of one pull', 'src/inference/store/swarm/swarm.ts#PROVIDERS_MAX', 'further ones are not asked'],
    ['Lines to them', 'src/inference/store/swarm/swarm.ts#SWARM_LINES_MAX', 'further ones wait'],
    [
      'Searches in a row that bring no peer',
      'src/inference/store/swarm/swarm.ts#SEARCHES_MAX',
      '`STORE_NO_PROVIDERS` or `STORE_PROVIDERS_LIED`',
    ],
    ['Failures of a peer in a row', 'src/inference/store/swarm/provider.ts#STRIKES_MAX', 'not asked until it is found again'],
    ['Models that a node shares', 'src/inference/store/shelf.ts#SHARED_MODELS_MAX', 'further ones are not shared'],
    ['Leaves of them', 'src/inference/store/shelf.ts#SHARED_LEAVES_MAX', 'further models are not shared'],
    ['Bytes that a node shares a second', 'config:models.shareBytesPerSecond', 'the sender waits'],
    ['Blocks of one request: nodes', 'src/protocols/blocks/messages.ts#BLOCK_NODES_MAX', '`WIRE_TOO_LARGE`'],
    ['Blocks of one request: leaves', 'src/protocols/blocks/messages.ts#BLOCK_LEAVES_MAX', '`WIRE_VALUE`'],
    ['A search of the DHT for peers of a content', 'src/node/blockPeers.ts#FIND_MS', 'the next search'],
    ['Joining the network for one pull', 'src/protocols/engine/openClient.ts#JOIN_MS', '`PEER_UNREACHABLE`'],
    ['Chunk of a download', 'src/inference/store/download.ts#CHUNK_BYTES', 'the unit that survives a kill'],
    ['Connections of a download', 'src/inference/store/download.ts#CONNECTIONS', 'further chunks wait'],
    ['Written between two syncs', 'src/inference/store/partial.ts#SYNC_BYTES', 'fetched again after a power loss'],
    ['A download that nobody goes on with', 'src/inference/store/partial.ts#PARTIAL_MS_MAX', 'deleted by the next pull'],
    ['Redirects of a request', 'src/inference/store/http.ts#REDIRECTS_MAX', '`STORE_RESPONSE_INVALID`'],
    ['Silence of a connection', 'src/inference/store/options.ts#STALL_MS', 'tried again, then `STORE_DOWNLOAD_FAILED`'],
    ['Failures in a row', 'src/inference/store/retry.ts#ATTEMPTS_MAX', '`STORE_DOWNLOAD_FAILED` or `STORE_REMOTE_BUSY`'],
    ['Pause between two of them', 'src/inference/store/retry.ts#BACKOFF_MS_MAX', 'doubles up to this'],
    ['`Retry-After` that is waited for', 'src/inference/store/retry.ts#RETRY_AFTER_MS_MAX', '`STORE_REMOTE_BUSY`'],
    ['Wait for another process on the same model', 'src/inference/store/options.ts#LOCK_WAIT_MS', '`STORE_LOCKED`'],
    ['Disk kept free', 'src/inference/store/disk.ts#DISK_MARGIN_BYTES', '`STORE_DISK_FULL`'],
    [
      'Events that a listener has not read',
      'src/inference/store/shared.ts#EVENTS_MAX',
      'the oldest are dropped; progress replaces progress',
    ],
  ],
  'On disk': [
    ['Router: finished tasks', 'src/roles/router/ledger.ts#TASKS_MAX', 'the oldest are deleted'],
    ['Miner: evidence, the prompt in it', 'config:miner.evidenceTtlMs', 'deleted, with `secure_delete`'],
    ['Miner: tasks', 'src/roles/miner/miner.ts#TASKS_KEPT_MS', 'deleted'],
    ['Guard: own votes', 'src/roles/guard/ledger.ts#VOTES_MAX', 'the oldest are deleted'],
    ['Settlement: unsettled tasks', 'src/settlement/book.ts#TASKS_MAX', 'the oldest are dropped'],
    ['Settlement: roots with their leaves', 'src/settlement/book.ts#ROOTS_MAX', 'the oldest are deleted'],
    [
      'Settlement: results and votes not written yet',
      'src/settlement/book.ts#FLUSH_MS',
      'written; a crash loses no more, and miners publish again',
    ],
    ['Journal: finished transactions', 'src/node/txJournal.ts#DONE_MAX', 'the oldest are deleted'],
    ['Key file', 'src/crypto/keyFile.ts#FILE_BYTES_MAX', '`KEYSTORE_MALFORMED`'],
  ],
};

const root = new URL('..', import.meta.url);
const number = (value: number): string => value.toLocaleString('en-US');

type Steps = readonly (readonly [size: number, name: string])[];
const TIMES: Steps = [
  [86_400_000, 'd'],
  [3_600_000, 'h'],
  [60_000, 'min'],
  [1_000, 's'],
  [1, 'ms'],
];
const SIZES: Steps = [
  [2 ** 40, 'TiB'],
  [1 << 30, 'GiB'],
  [1 << 20, 'MiB'],
  [1 << 10, 'KiB'],
  [1, 'bytes'],
];

/** In the largest unit of which it is a whole number. */
function scaled(value: number, steps: Steps): string {
  const [size, name] = steps.find(([size]) => value >= size && value % size === 0) ?? [1, ''];
  return `${number(value / size)} ${name}`;
}

/** By the unit that its name ends with. */
function shown(name: string, value: number): string {
  if (/(_MS|_MS_MAX|_MS_MIN|Ms|Timeout)$/.test(name)) return scaled(value, TIMES);
  if (/(BYTES|Bytes)/.test(name)) return scaled(value, SIZES);
  return number(value);
}

/** The number that `name` stands for in a source file: `name = <arithmetic>` or `name: <arithmetic>`. @throws when it is not there */
function constant(file: string, name: string): number {
  const text = readFileSync(new URL(file, root), 'utf8');
  const pattern = name.includes(' ') ? name.replace(/[.?()]/g, '\\$&') : `\\b${name}\\b(?: =|:)`;
  const expression = new RegExp(`${pattern} ([\\d_n *+<-]+)[,;\\s})]`).exec(text)?.[1];
  if (expression === undefined) throw new Error(`scripts/limits.ts: ${file} gives ${name} no number`);
  return Number(runInNewContext(expression));
}

function row([what, where, then]: Limit): string {
  if (where.startsWith('config:')) {
    const key = where.slice('config:'.length);
    const leaf = LEAVES.get(key);
    if (leaf === undefined) throw new Error(`scripts/limits.ts: there is no config key ${key}`);
    const value = shown(key, leaf.defaultValue as number);
    return `| ${what} | ${value} (${wants(leaf).replace(/ \((\w+)\)$/, ' $1')}) | [\`${key}\`](config.md#${key.slice(0, key.lastIndexOf('.')).replace('.', '')}) | ${then} |`;
  }
  const [file = '', selector = ''] = where.split('#');
  const name = selector.split(/[: ]/)[0] as string;
  return `| ${what} | ${shown(name, constant(file, selector))} | [\`${file}\`](../${file}) \`${name}\` | ${then} |`;
}

const table = (head: readonly string[], rows: readonly string[]): string =>
  `| ${head.join(' | ')} |\n|${head.map(() => ' --- |').join('')}\n${rows.join('\n')}\n`;

const bytes = (value: number): string => scaled(value, SIZES);
const ms = (value: number): string => scaled(value, TIMES);

function protocols(): string {
  const topics = Object.values(TOPICS).map(
    ({ name, envelopeBytesMax, message, freshnessMs, scoreWeight, speakers }) =>
      `| [${name}](protocols/${name}.md) | ${bytes(envelopeBytesMax)} | ${bytes(message.maxBytes)} | ±${ms(freshnessMs)} | ${scoreWeight} | ${speakers.join(', ')} |`,
  );
  const streams = Object.values(STREAMS).map(
    ({ name, up, down, inboundStreamsMax, inboundStreamsPerPeerMax, requestTimeoutMs, idleTimeoutMs }) =>
      `| [${name}](protocols/${name}.md) | ${bytes(up.maxBytes)} | ${bytes(down.maxBytes)} | ${inboundStreamsMax} | ${inboundStreamsPerPeerMax} | ${ms(requestTimeoutMs)} | ${ms(idleTimeoutMs)} |`,
  );
  return `## Topics

A larger envelope is rejected before it is decoded (\`ENVELOPE_TOO_LARGE\`), an older or younger one ignored (\`ENVELOPE_STALE\`).

${table(['topic', 'envelope', 'message', 'freshness', 'score weight', 'speakers'], topics)}
## Stream protocols

Frames above their cap end the stream before they are buffered (\`WIRE_TOO_LARGE\`); one stream too many of a peer is \`PEER_QUOTA\`, of all
peers \`STREAM_BUSY\`; past the whole time \`STREAM_TIMEOUT\`, past the silence \`STREAM_IDLE\`.

${table(['stream', 'frame up', 'frame down', 'at once', 'of one peer', 'whole', 'silence'], streams)}`;
}

/** The whole document. Bounds of single fields stand in docs/protocols/proto, those of settings in docs/config.md. */
export function limitsDoc(): string {
  const groups = Object.entries(GROUPS).map(
    ([title, limits]) => `\n## ${title}\n\n${table(['what', 'bound', 'where', 'at the bound'], limits.map(row))}`,
  );
  return `# Limits

Every queue, map, frame and wait has a bound. A setting is shown with its default and, in brackets, what it takes. Bounds of single
message fields are comments in [protocols/proto](protocols/proto/), codes are in [errors.md](errors.md).

${protocols()}${groups.join('')}
## Not bounded yet

- \`ledgers/settlement.db\` keeps one row for each task that was ever billed, because a task must never be billed twice.
- \`ledgers/router.db\` and \`ledgers/miner.db\` keep one row for each session that they served.
- The number of accounts in the payout tree only grows: leaves are cumulative since genesis.
- Memory of the models in \`modelDirs\`: what fits is for the operator to know.
`;
}
