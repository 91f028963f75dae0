#!/usr/bin/env node
// `solc` for forge without a native compiler: the wasm build in the npm package `solc`, behind the switches that forge uses.
'use strict';
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

const argv = process.argv.slice(2);
if (argv.includes('--version')) {
  process.stdout.write(`solc, the solidity compiler commandline interface\nVersion: ${version()}\n`);
} else if (argv.includes('--standard-json')) {
  // forge inlines every source it found; an import that it could not resolve is an error.
  const missing = (file) => ({ error: `File not found: ${file}` });
  process.stdout.write(require('solc').compile(fs.readFileSync(0, 'utf8'), { import: missing }));
} else {
  process.stderr.write(`solc.cjs: unsupported arguments: ${argv.join(' ')}\n`);
  process.exitCode = 1;
}
