import { Command, CommanderError, Option } from 'commander';
import { toCoded } from '../util/errors.ts';
import { cliError } from './errors.ts';
import { type ExitCode, exitCodeOf } from './exit.ts';
import { type Io, processIo } from './io.ts';
import { errorJson, errorText } from './output.ts';
import { packageVersion } from './version.ts';

type Options = Record<string, never>;

const collect = (value: string, previous: readonly string[] = []): string[] => [...previous, value];

/** Runs one command line. Each command's code is loaded only when it is called. */
export async function run(argv: readonly string[], io: Io = processIo): Promise<ExitCode> {
  let code: ExitCode = 0;
  const program = buildProgram(io, (result) => {
    code = result;
  });
  try {
    await program.parseAsync([...argv], { from: 'user' });
    return code;
  } catch (error) {
    return fail(error, argv, io);
  }
}

function fail(error: unknown, argv: readonly string[], io: Io): ExitCode {
  if (error instanceof CommanderError && error.exitCode === 0) return 0;
  if (error instanceof CommanderError && error.code === 'commander.help') return 2;
  const coded = error instanceof CommanderError ? cliError('CLI_USAGE', error.message.replace(/^error: /, '')) : toCoded(error);
  if (argv.includes('--json')) io.out(errorJson(coded));
  else io.err(errorText(coded));
  return exitCodeOf(coded);
}

function buildProgram(io: Io, finish: (code: ExitCode) => void): Command {
  const program = new Command('cortensord');
  program
    .description('Decentralised AI inference in one daemon: route, mine, guard and settle.')
    .version(packageVersion())
    .option('--data-dir <path>', 'keys, databases and socket (default: ~/.cortensord)')
    .option('--config <file>', 'config file (default: cortensord.toml in the data dir)')
    .option('--set <key=value>', 'a config key, e.g. --set miner.slots=2 (repeatable)', collect)
    .option('--log-level <level>', 'trace, debug, info, warn, error, fatal or silent')
    .option('--socket <path>', 'socket of the node to talk to')
    .option('--json', 'JSON instead of text')
    .exitOverride()
    .configureOutput({ writeOut: io.out, writeErr: io.err, outputError: () => {} })
    .showHelpAfterError(false);

  /** A command whose options come merged with the global ones. */
  const add = (parent: Command, name: string, summary: string, act: (options: Options, args: string[]) => Promise<unknown>): Command =>
    parent
      .command(name)
      .description(summary)
      .action(async (...received: unknown[]) => {
        const command = received.at(-1) as Command;
        const result = await act(command.optsWithGlobals() as Options, command.args);
        finish(typeof result === 'number' ? (result as ExitCode) : 0);
      });
  const role = (): Option => new Option('--role <role>', 'router, miner, guard or oracle (repeatable)').argParser(collect);

  add(program, 'init', 'make keys and a commented config', async (options) =>
    (await import('./commands/init.ts')).init({ prompt: true, ...(options as object) }, io),
  )
    .addOption(role())
    .option('--no-prompt', 'do not ask for a password: put a random one into a file');
  add(program, 'start', 'run a node', async (options) => (await import('./commands/start.ts')).start(options, io)).addOption(role());
  add(program, 'stop', 'stop the running node', async (options) => (await import('./commands/stop.ts')).stop(options, io));
  add(program, 'devnet', 'run a whole private network on this machine', async (options) =>
    (await import('./commands/devnet.ts')).devnet(options, io),
  )
    .option('--once', 'one prompt to its settlement, then take everything down')
    .option('--bad-miner', 'add a miner that tampers with its answers')
    .option('--prompt <text>', 'what to ask')
    .option('--port <port>', 'REST port of the router (default: a free one)');
  add(program, 'chat [prompt]', 'ask a model; a conversation on a terminal', async (options, [prompt]) =>
    (await import('./commands/chat.ts')).chat(prompt, options as never, io),
  )
    .option('--session <id>', 'session to spend from (default: an open one, else a new one)')
    .option('--model <name>', 'model name or id')
    .option('--system <text>', 'system message')
    .option('--deposit <cor>', 'COR for a new session', '1')
    .option('--max-tokens <n>', 'longest answer')
    .option('--temperature <t>', '0 to 2; 0 is greedy');
  add(program, 'status', 'the running node at a glance', async (options) => (await import('./commands/status.ts')).status(options, io));
  add(program, 'peers', 'peers of the running node', async (options) => (await import('./commands/peers.ts')).peers(options, io));

  const session = program.command('session').description('sessions: deposits that pay for prompts');
  const sessions = () => import('./commands/session.ts');
  add(session, 'create', 'open a session and print its API key', async (options) => (await sessions()).sessionCreate(options as never, io))
    .requiredOption('--deposit <cor>', 'COR to lock')
    .option('--model <name>', 'model name or id')
    .option('--spender <address>', 'router operator that may spend (default: the node asked)')
    .option('--allowance <cor>', 'what the spender may promise (default: the deposit)')
    .option('--prompt-price-max <cor>', 'COR per 1,000 prompt tokens')
    .option('--completion-price-max <cor>', 'COR per 1,000 completion tokens')
    .option('--expires <time>', 'e.g. 12h or 30d')
    .option('--name <text>', 'a label');
  add(session, 'show <id>', 'one session', async (options, [id = '']) => (await sessions()).sessionShow(id, options, io));
  add(session, 'close <id>', 'close a session and get the rest back', async (options, [id = '']) =>
    (await sessions()).sessionClose(id, options, io),
  );
  add(session, 'list', 'sessions of the node’s operator', async (options) => (await sessions()).sessionList(options, io));
  add(session, 'key <id>', 'sign another API key', async (options, [id = '']) => (await sessions()).sessionApiKey(id, options, io)).option(
    '--expires <time>',
    'e.g. 12h or 30d',
  );

  const model = program.command('model').description('models on this machine');
  const models = () => import('./commands/model.ts');
  add(model, 'pull <source>', 'download a model: owner/repository[@revision], an https URL, or a path', async (options, [source = '']) =>
    (await models()).modelPull(source, options, io),
  )
    .option('--name <name>', 'name in the store (default: from the source)')
    .option('--revision <revision>', 'branch, tag or commit')
    .option('--variant <variant>', 'safetensors, gguf:<quantisation>, onnx:<precision>')
    .option('--sha256 <hex>', 'what a file by URL must hash to')
    .option('--share', 'let other nodes have it')
    .option('--no-share', 'keep it to this node');
  add(model, 'import <path> <name>', 'take a file, a folder or a CAR file of this machine in', async (options, [path = '', name = '']) =>
    (await models()).modelImport(path, name, options, io),
  ).option('--share', 'let other nodes have it');
  add(model, 'export <name>', 'write a model to a CAR file, which IPFS and `model import` read', async (options, [name = '']) =>
    (await models()).modelExport(name, options, io),
  ).option('--car <file>', 'the file; it must not be there');
  add(model, 'list', 'models in the store', async (options) => (await models()).modelList(options, io));
  add(model, 'show <name>', 'one model and its files', async (options, [name = '']) => (await models()).modelShow(name, options, io));
  add(model, 'verify [name]', 'read everything again, compare the hashes; what did not run is tried again', async (options, [name]) =>
    (await models()).modelVerify(name, options, io),
  );
  add(model, 'share <name>', 'let other nodes have a model', async (options, [name = '']) =>
    (await models()).modelShare(name, true, options, io),
  );
  add(model, 'unshare <name>', 'keep a model to this node', async (options, [name = '']) =>
    (await models()).modelShare(name, false, options, io),
  );
  add(model, 'rm <name>', 'remove a model and what no other one uses', async (options, [name = '']) =>
    (await models()).modelRemove(name, options, io),
  );

  add(
    model,
    'bench [name]',
    'measure how fast this machine runs a model (default: the built-in one)',
    async (options, [name = 'default']) => (await models()).modelBench(name, options, io),
  ).option('--threads <n>', 'threads of the engine (default: miner.threads)');

  const config = program.command('config').description('the configuration');
  add(config, 'show', 'every key and its value', async (options) => (await import('./commands/config.ts')).configShow(options, io)).option(
    '--origin',
    'where each value came from',
  );
  return program;
}
