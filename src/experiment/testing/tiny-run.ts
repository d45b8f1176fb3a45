import { ORCHESTRATORS } from '../../orchestrators/registry.ts';
import { expand, type Plan } from '../../scenario/expand.ts';
import { checkScenario, type LoadedScenario } from '../../scenario/load.ts';
import { TINY_SCENARIO } from '../../scenario/testing/tiny-scenario.ts';
import { parseYaml } from '../../scenario/yaml-document.ts';

/** The plan of the tiny scenario: two orchestrators, two seeds. */
export function tinyPlan(change: (text: string) => string = (text) => text): { readonly loaded: LoadedScenario; readonly plan: Plan } {
  const loaded = checkScenario(parseYaml(change(TINY_SCENARIO), 'tiny.yaml'), { orchestrators: ORCHESTRATORS });
  return { loaded, plan: expand(loaded, { cacheFolder: null }) };
}
