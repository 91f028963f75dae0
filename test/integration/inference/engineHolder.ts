/** A process that holds an engine until it is killed: prints the pid of the engine's process once a model of the folder named is loaded. */
import { createEngine } from '../../../src/inference/engine.ts';

const engine = createEngine();
await engine.load(process.argv[2] as string);
process.stdout.write(`${engine.status.pid}\n`);
