// Rules for contracts/src: solhint's recommended ones, and what is stricter or left out here. What is off says why.
module.exports = {
  extends: 'solhint:recommended',
  rules: {
    'compiler-version': ['error', '0.8.37'],
    'func-visibility': ['error', { ignoreConstructors: true }],
    'immutable-vars-naming': ['error', { immutablesAsConstants: false }],
    'func-name-mixedcase': 'error',
    'var-name-mixedcase': 'error',
    'no-global-import': 'error',
    'no-unused-import': 'error',
    'no-console': 'error',
    'gas-custom-errors': 'error',
    'avoid-low-level-calls': 'error',
    'avoid-tx-origin': 'error',
    'check-send-result': 'error',
    reentrancy: 'error',
    'max-states-count': ['error', 20],
    'code-complexity': ['error', 10],
    'function-max-lines': ['error', 60],
    // forge fmt breaks code at 120; comments and EIP-712 type strings may be longer.
    'max-line-length': 'off',
    // Two, memory-safe and of a line each: one passes a refusal on, one hashes an array in place.
    'no-inline-assembly': 'off',
    // `try … { } catch { }` around a permit, and constructors that only pass arguments on.
    'no-empty-blocks': 'off',
    // Epochs, windows and thaws are in seconds; a block's second can be off by less than matters to any of them.
    'not-rely-on-time': 'off',
    // NatSpec stands in the interfaces, with @inheritdoc here; a tag for every name that says it all would be noise.
    'use-natspec': 'off',
    // Remappings are foundry.toml's.
    'import-path-check': 'off',
    // Tens of gas against clarity; what matters is measured (docs/contracts/gas.md).
    'gas-indexed-events': 'off',
    'gas-strict-inequalities': 'off',
    'gas-increment-by-one': 'off',
    'gas-small-strings': 'off',
    'gas-struct-packing': 'off',
  },
};
