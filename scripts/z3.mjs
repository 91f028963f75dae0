// Runs an SMT-LIB script from standard input with z3, built for wasm, and prints its answers.
import { text } from 'node:stream/consumers';
import { init } from 'z3-solver';

/** What the compiler sets where z3 is linked in: its Horn clauses are made for these. */
const PARAMETERS = {
  'fp.xform.inline_eager': 'false',
  'fp.xform.inline_linear': 'false',
  'fp.xform.slice': 'false',
  'fp.spacer.mbqi': 'false',
  'fp.spacer.ground_pobs': 'false',
  'fp.spacer.q3.use_qgen': 'true',
};

const script = await text(process.stdin);
const { Z3 } = await init();
for (const [name, value] of Object.entries(PARAMETERS)) Z3.global_param_set(name, value);
const context = Z3.mk_context(Z3.mk_config());
process.stdout.write(await Z3.eval_smtlib2_string(context, script), () => process.exit(0));
