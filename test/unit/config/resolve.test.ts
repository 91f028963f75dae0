import assert from 'node:assert/strict';
import { LEAVES } from '../../../src/config/leaves.ts';
import { type ConfigSources, resolveConfig } from '../../../src/config/resolve.ts';
import { suggest } from '../../../src/config/suggest.ts';
import { writeDefaultConfig } from '../../../src/config/template.ts';
import { CodedError } from '../../../src/util/errors.ts';

const base: ConfigSources = { home: '/home/me', cwd: '/srv/cor' };
const file = (text: string) => ({ path: '/etc/cor/cortensord.toml', text });

function refusal(sources: Partial<ConfigSources>): CodedError {
  try {
    resolveConfig({ ...base, ...sources });
  } catch (error) {
    assert.ok(error instanceof CodedError);
    return error;
  }
  assert.fail('was accepted');
}

describe('config/resolveConfig', () => {
  it('takes flags over environment over file over defaults, and says which', () => {
    const text = '[miner]\nslots = 2\nqueueMax = 3\nthreads = 4\n';
    const env = { CORTENSORD_MINER_SLOTS: '5', CORTENSORD_MINER_QUEUE_MAX: '6', HOME: '/x' };
    const flags = [{ key: 'miner.slots', value: '7', flag: '--set' }];
    const { config, origin } = resolveConfig({ ...base, file: file(text), env, flags });
    assert.deepEqual([config.miner.slots, config.miner.queueMax, config.miner.threads, config.miner.heartbeatMs], [7, 6, 4, 2_000]);
    assert.deepEqual(origin('miner.slots'), { kind: 'flag', name: '--set' });
    assert.deepEqual(origin('miner.queueMax'), { kind: 'env', name: 'CORTENSORD_MINER_QUEUE_MAX' });
    assert.deepEqual(origin('miner.threads'), { kind: 'file', path: '/etc/cor/cortensord.toml', line: 4 });
    assert.deepEqual(origin('miner.heartbeatMs'), { kind: 'default' });
  });

  it('is frozen all the way down', () => {
    const { config } = resolveConfig(base);
    assert.ok(Object.isFrozen(config.api.rest.allowedHosts) && Object.isFrozen(config.miner));
  });

  it('makes paths absolute: from the home, the file’s folder or the working directory', () => {
    const sources = {
      ...base,
      file: file('dataDir = "~/cor"\n[keys]\npasswordFile = "secret"\n[miner]\nmodelDirs = ["default", "m"]'),
      env: { CORTENSORD_CHAIN_DEPLOYMENT_FILE: 'd.json' },
    };
    const { config } = resolveConfig(sources);
    assert.equal(config.dataDir, '/home/me/cor');
    assert.equal(config.keys.passwordFile, '/etc/cor/secret');
    assert.deepEqual(config.miner.modelDirs, ['default', '/etc/cor/m']);
    assert.equal(config.chain.deploymentFile, '/srv/cor/d.json');
    assert.equal(config.api.rpc.socket, '/home/me/cor/cortensord.sock');
  });

  it('reads lists and booleans from text', () => {
    const env = { CORTENSORD_NODE_ROLES: 'router, miner', CORTENSORD_NETWORK_DEVNET: 'true', CORTENSORD_API_REST_ALLOWED_ORIGINS: '' };
    const { config } = resolveConfig({ ...base, env });
    assert.deepEqual(config.node.roles, ['router', 'miner']);
    assert.equal(config.network.devnet, true);
    assert.deepEqual(config.api.rest.allowedOrigins, []);
  });

  it('CORTENSORD_PASSWORD_FILE sets keys.passwordFile', () => {
    assert.equal(resolveConfig({ ...base, env: { CORTENSORD_PASSWORD_FILE: '/p' } }).config.keys.passwordFile, '/p');
  });

  it('CONFIG_UNKNOWN_KEY names origin, line, key and the nearest key', () => {
    const error = refusal({ file: file('[miner]\nslotz = 2\n') });
    assert.equal(error.code, 'CONFIG_UNKNOWN_KEY');
    assert.match(error.message, /cortensord\.toml:2: miner\.slotz .*did you mean miner\.slots\?.*docs\/config\.md#miner/);
    assert.match(refusal({ file: file('[minr]\nslots = 2\n') }).message, /did you mean miner\?/);
    assert.match(refusal({ env: { CORTENSORD_LOGLEVEL: 'info' } }).message, /env CORTENSORD_LOGLEVEL.*did you mean CORTENSORD_LOG_LEVEL\?/);
    assert.match(refusal({ flags: [{ key: 'rest.port', value: '1', flag: '--set' }] }).message, /did you mean api\.rest\.port\?/);
  });

  it('CONFIG_INVALID_VALUE names origin, key, value and bounds', () => {
    const error = refusal({ env: { CORTENSORD_API_REST_PORT: '70000' } });
    assert.equal(error.code, 'CONFIG_INVALID_VALUE');
    assert.match(error.message, /env CORTENSORD_API_REST_PORT: api\.rest\.port is 70000; .*set 0–65535 \(docs\/config\.md#apirest\)/);
    assert.match(
      refusal({ flags: [{ key: 'node.roles', value: ['minr'], flag: '--role' }] }).message,
      /flag --role: node\.roles\[0\].*router, miner, guard, oracle/,
    );
    assert.match(refusal({ file: file('api = 5') }).message, /write it as a table \[api\]/);
    assert.equal(refusal({ file: file('[miner]\npromptPrice = 5') }).code, 'CONFIG_INVALID_VALUE');
    assert.equal(refusal({ file: file('[keys]\nscryptN = 5000') }).code, 'CONFIG_INVALID_VALUE');
  });

  it('shows all problems at once', () => {
    const error = refusal({ file: file('[miner]\nslots = 0\nx = 1\n'), env: { CORTENSORD_LOG_LEVEL: 'loud' } });
    assert.equal(error.message.split('\n').length, 3);
  });

  it('CONFIG_FILE_SYNTAX with line and column', () => {
    const error = refusal({ file: file('[miner\nslots = 2') });
    assert.equal(error.code, 'CONFIG_FILE_SYNTAX');
    assert.match(error.message, /cortensord\.toml:1:/);
  });

  it('CONFIG_CONFLICT for a fault outside a devnet', () => {
    assert.equal(refusal({ file: file('[miner]\nfault = "tamper"') }).code, 'CONFIG_CONFLICT');
    const { config } = resolveConfig({ ...base, file: file('[miner]\nfault = "tamper"\n[network]\ndevnet = true') });
    assert.equal(config.miner.fault, 'tamper');
  });

  it('every key has a sentence of documentation and a variable of its own', () => {
    const names = new Set<string>();
    for (const leaf of LEAVES.values()) {
      assert.match(leaf.doc.doc, /\.$/, leaf.key);
      assert.ok(!names.has(leaf.env), leaf.env);
      names.add(leaf.env);
    }
    assert.ok(names.size > 50);
  });
});

describe('config/writeDefaultConfig', () => {
  it('is the defaults when read back', () => {
    assert.deepEqual(resolveConfig({ ...base, file: file(writeDefaultConfig()) }).config, resolveConfig(base).config);
  });

  it('is valid with every comment removed', () => {
    const text = writeDefaultConfig().replace(/^# ([A-Za-z]+ = )/gm, '$1');
    const { keys, origin } = resolveConfig({ ...base, file: file(text.replaceAll('12D3KooW…', '12D3KooW')) });
    for (const key of keys) assert.equal(origin(key).kind, 'file', key);
  });

  it('sets the given values', () => {
    const { config } = resolveConfig({ ...base, file: file(writeDefaultConfig({ 'node.roles': ['guard'], 'api.rest.port': 0 })) });
    assert.deepEqual([config.node.roles, config.api.rest.port], [['guard'], 0]);
  });
});

describe('config/suggest', () => {
  it('finds near keys and nothing far away', () => {
    assert.equal(suggest('log.levle', LEAVES.keys()), 'log.level');
    assert.equal(suggest('data_dir', LEAVES.keys()), 'dataDir');
    assert.equal(suggest('quantumFlux', LEAVES.keys()), undefined);
  });
});
