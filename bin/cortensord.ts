#!/usr/bin/env node
import { tuneRuntime } from '../src/cli/runtime.ts';

tuneRuntime();
const { run } = await import('../src/cli/main.ts');

process.stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : 1));
const code = await run(process.argv.slice(2));
process.exitCode = code;
// Whatever still keeps the loop alive has had its time to close.
setTimeout(() => process.exit(code), 250).unref();
