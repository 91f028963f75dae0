/** The layers of docs/ARCHITECTURE.md, lowest first: imports go down only, and folders of one layer never import each other. */
export const LAYERS: readonly (readonly string[])[] = [
  ['src/types', 'src/util'],
  ['src/config', 'src/crypto', 'src/telemetry'],
  ['src/protocols', 'src/inference', 'src/validation', 'src/chain', 'src/storage'],
  ['src/settlement'],
  ['src/roles/router', 'src/roles/miner', 'src/roles/guard', 'src/roles/oracle'],
  ['src/api', 'src/sdk'],
  ['src/node'],
  ['src/devnet'],
  ['src/cli'],
  ['bin'],
];
