#!/usr/bin/env node
// node scripts/lintContracts.ts: solhint and forge lint over contracts/src; a warning of either fails.
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { foundry } from './foundry.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const args = ['node_modules/solhint/solhint.js', '--noPoster', '--config', 'contracts/solhint.cjs', '--max-warnings', '0'];
const solhint = spawnSync(process.execPath, [...args, 'contracts/src/**/*.sol'], { cwd: root, stdio: 'inherit' }).status ?? 1;
const lint = foundry('forge', ['lint', '--deny', 'warnings', 'contracts/src']);
process.exitCode = solhint === 0 && lint === 0 ? 0 : 1;
