#!/usr/bin/env node
// `solc` for forge without a native compiler: the wasm build in the npm package `solc`, behind the switches that forge uses.
'use strict';
const { spawnSync } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');

/** forge asks for the version on every run, and loading the wasm costs about a second: the answer is kept beside the package. */
function version() {
  const soljson = require.resolve('solc/soljson.js');
  const { size, mtimeMs } = fs.statSync(soljson);
  const memo = path.resolve(path.dirname(soljson), '..', '.cache', `solc-${size}-${Math.trunc(mtimeMs)}`);
  try {
    return fs.readFileSync(memo, 'utf8');
  } catch {
    const answer = require('solc').version();
    try {
      fs.mkdirSync(path.dirname(memo), { recursive: true });
      fs.writeFileSync(memo, answer);
    } catch {
      // A read-only tree: ask the compiler next time as well.
    }
    return answer;
  }
}

/** Answers a query of the model checker; the compiler waits for it, and z3 is asynchronous, so it runs in a process of its own. */
function prove(query) {
  const solver = path.join(__dirname, 'z3.mjs');
  const solved = spawnSync(process.execPath, [solver], { input: query, encoding: 'utf8', maxBuffer: 64 << 20 });
  return solved.status === 0 ? { contents: solved.stdout } : { error: `z3 failed: ${solved.stderr}` };
}

const argv = process.argv.slice(2);
if (argv.includes('--version')) {
  process.stdout.write(`solc, the solidity compiler commandline interface\nVersion: ${version()}\n`);
} else if (argv.includes('--standard-json')) {
  // forge inlines every source it found; an import that it could not resolve is an error.
  const missing = (file) => ({ error: `File not found: ${file}` });
  const input = fs.readFileSync(0, 'utf8');
  const checks = JSON.parse(input).settings?.modelChecker !== undefined;
  process.stdout.write(require('solc').compile(input, { import: missing, ...(checks ? { smtSolver: prove } : {}) }));
} else {
  process.stderr.write(`solc.cjs: unsupported arguments: ${argv.join(' ')}\n`);
  process.exitCode = 1;
}
