/** Fails when an import goes up or sideways between the layers, in a cycle, or when no module was measured. */
import { cruise, type ICruiseResult, type IFlattenedRuleSet } from 'dependency-cruiser';
import { LAYERS } from './layers.ts';

const inside = (folders: readonly string[]): string => `^(${folders.join('|')})/`;

const ruleSet: IFlattenedRuleSet = {
  forbidden: [
    { name: 'no-cycle', severity: 'error', from: {}, to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } } },
    { name: 'no-unresolved', severity: 'error', from: {}, to: { couldNotResolve: true } },
    { name: 'no-test-import', severity: 'error', from: { path: '^(src|bin)/' }, to: { path: '^(test|scripts)/' } },
    ...LAYERS.flatMap((layer, level) => {
      const higher = LAYERS.slice(level + 1).flat();
      const up = { name: `layer-${level}-up`, severity: 'error' as const, from: { path: inside(layer) }, to: { path: inside(higher) } };
      const sideways = layer.map((folder) => ({
        name: `layer-${level}-sideways`,
        severity: 'error' as const,
        from: { path: inside([folder]) },
        to: { path: inside(layer.filter((other) => other !== folder)) },
      }));
      return [...(higher.length > 0 ? [up] : []), ...(layer.length > 1 && level > 0 ? sideways : [])];
    }),
  ],
};

const { output } = await cruise(['src', 'bin'], {
  ruleSet,
  validate: true,
  tsPreCompilationDeps: true,
  tsConfig: { fileName: 'tsconfig.json' },
  doNotFollow: { path: 'node_modules' },
  enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['node', 'import', 'types', 'default'] },
});
const { summary, modules } = output as ICruiseResult;
const own = modules.filter((module) => /^(src|bin)\//.test(module.source));
const stray = own.filter((module) => !LAYERS.flat().some((folder) => module.source.startsWith(`${folder}/`)));
for (const violation of summary.violations) console.error(`${violation.rule.name}: ${violation.from} → ${violation.to}`);
for (const module of stray) console.error(`in no layer: ${module.source}`);
if (own.length === 0) console.error('measured no module');
console.log(`${own.length} modules, ${summary.totalDependenciesCruised} imports, ${summary.violations.length + stray.length} violations`);
process.exitCode = own.length > 0 && summary.violations.length === 0 && stray.length === 0 ? 0 : 1;
