import type { ConformanceCase, ConformanceResult, ConformanceSuite } from '../../conformance.ts';
import { attributeText } from '../attribute-text.ts';
import { FieldCounts } from '../marathon/constraints/field-counts.ts';
import { type GroupByRule, meets, type Operator, OPERATORS, type PlacementConstraint, UnusableConstraint } from '../marathon/constraints/placement-constraint.ts';
import { selectInstancesToKill } from '../marathon/constraints/select-instances-to-kill.ts';
import { LaunchBackoff } from '../marathon/launch-backoff.ts';
import { matchPorts, type PortRange } from '../marathon/ports.ts';
import { type Mismatch, mismatches } from '../marathon/resource-matcher.ts';
import { restartStrategy } from '../marathon/restart-strategy.ts';

const SECOND_US = 1_000_000;

/** Recorded decisions of Marathon: constraints, matching of offers, begin of rolling upgrades, choice of instances to kill, launch back-off. */
export const marathonConstraints: ConformanceSuite = {
  name: 'marathon-constraints',
  file: 'mesos/conformance/marathon-constraints.jsonl',
  complete: true,
  accepts: (record) => record.kind !== undefined && CHECKS.has(record.kind),
  check: (record) => CHECKS.get(record.kind!)!(record as never),
};

const CHECKS: ReadonlyMap<string, (record: never) => ConformanceResult> = new Map<string, (record: never) => ConformanceResult>([
  ['constraint', checkConstraint],
  ['restart_strategy', checkRestart],
  ['launch_backoff', checkBackoff],
  ['select_kill', checkKill],
  ['resource_match', checkMatch],
]);

interface Place {
  readonly hostname?: string;
  readonly region?: string;
  readonly zone?: string;
  /** `name:value;...` */
  readonly attributes?: string;
  readonly version?: number;
}

/** A field of an agent, as Marathon reads it. */
function valueOf(place: Place, field: string): string | undefined {
  if (field === 'hostname' || field === '@hostname') return place.hostname;
  if (field === '@region') return place.region;
  if (field === '@zone') return place.zone;
  for (const part of (place.attributes ?? '').split(';')) {
    const colon = part.indexOf(':');
    if (colon > 0 && part.slice(0, colon).trim() === field) return attributeText(part.slice(colon + 1).trim());
  }
  return undefined;
}

function countsOf(places: readonly Place[], field: string): FieldCounts {
  const counts = new FieldCounts();
  for (const [instance, place] of places.entries()) counts.add(instance, valueOf(place, field));
  return counts;
}

function ruleOf(semantics: unknown): GroupByRule {
  return semantics === 'group_by_fixed_groups' ? 'fixed-groups' : 'min-groups';
}

function isOperator(operator: string): operator is Operator {
  return (OPERATORS as readonly string[]).includes(operator);
}

function compared(expected: unknown, got: unknown): ConformanceResult {
  const [want, have] = [JSON.stringify(expected), JSON.stringify(got)];
  return want === have ? { outcome: 'agrees' } : { outcome: 'disagrees', expected: want, got: have };
}

interface ConstraintCase extends ConformanceCase {
  readonly field: string;
  readonly operator: string;
  readonly value: string;
  readonly app_instances: number;
  readonly offer: Place;
  readonly placed: readonly Place[];
  readonly expect: boolean | 'error';
}

function checkConstraint(record: ConstraintCase): ConformanceResult {
  const { field, operator, value, offer, placed } = record;
  if (!isOperator(operator)) return { outcome: 'uncovered', missing: `operator ${operator}` };
  let got: boolean | 'error';
  try {
    got = meets({ field, operator, value }, valueOf(offer, field), countsOf(placed, field), record.app_instances, ruleOf(record['semantics']));
  } catch (error) {
    if (!(error instanceof UnusableConstraint)) throw error;
    got = 'error';
  }
  return compared(record.expect, got);
}

interface RestartCase extends ConformanceCase {
  readonly instances: number;
  readonly minimum_health_capacity: number;
  readonly maximum_over_capacity: number;
  readonly running: number;
  readonly considered_healthy: number;
  readonly resident: boolean;
  readonly expect: { readonly max_capacity: number; readonly kill_immediately: number };
}

function checkRestart(record: RestartCase): ConformanceResult {
  const { maxCapacity, killImmediately } = restartStrategy({
    instances: record.instances,
    minimumHealthCapacity: record.minimum_health_capacity,
    maximumOverCapacity: record.maximum_over_capacity,
    running: record.running,
    consideredHealthy: record.considered_healthy,
    resident: record.resident,
  });
  return compared([record.expect.max_capacity, record.expect.kill_immediately], [maxCapacity, killImmediately]);
}

interface KillCase extends ConformanceCase {
  readonly constraints: readonly (readonly string[])[];
  readonly instances: readonly Place[];
  readonly kill_count: number;
  readonly expect: { readonly count: number; readonly per_value?: Readonly<Record<string, Readonly<Record<string, number>>>> };
}

function checkKill(record: KillCase): ConformanceResult {
  const fields = record.constraints.filter(([, operator]) => operator === 'GROUP_BY').map(([field]) => record.instances.map((instance) => valueOf(instance, field!)));
  const chosen = selectInstancesToKill(fields, record.instances.length, record.kill_count);
  const perValue = new Map<string, number>();
  for (const [field, values] of Object.entries(record.expect.per_value ?? {})) {
    for (const value of Object.keys(values)) perValue.set(`${field}=${value}`, chosen.filter((i) => valueOf(record.instances[i]!, field) === value).length);
  }
  const expected = Object.entries(record.expect.per_value ?? {}).flatMap(([field, values]) => Object.entries(values).map(([value, count]) => [`${field}=${value}`, count]));
  return compared([record.expect.count, expected], [new Set(chosen).size, [...perValue]]);
}

interface MatchCase extends ConformanceCase {
  readonly offer: Place & {
    readonly cpus?: number;
    readonly mem?: number;
    readonly disk?: number;
    readonly gpus?: number;
    readonly ports?: PortRange;
    readonly role: string;
    readonly maintenance?: boolean;
  };
  readonly app: {
    readonly cpus?: number;
    readonly mem?: number;
    readonly disk?: number;
    readonly gpus?: number;
    readonly ports?: readonly number[];
    readonly accepted_roles?: readonly string[];
    readonly constraints?: readonly (readonly string[])[];
    readonly last_config_change_version?: number;
    readonly instances?: number;
    readonly gpu_scheduling_behavior?: string;
  };
  readonly instances?: readonly Place[];
  readonly expect_match: boolean;
  readonly expect_reasons?: readonly string[];
  readonly expect_reasons_exactly?: readonly string[];
  readonly reasons_exclude?: readonly string[];
}

function checkMatch(record: MatchCase): ConformanceResult {
  const { app, offer } = record;
  const constraints: PlacementConstraint[] = [];
  for (const [field, operator, value] of app.constraints ?? []) {
    if (!isOperator(operator!)) return { outcome: 'uncovered', missing: `operator ${operator}` };
    constraints.push({ field: field!, operator, value: value ?? '' });
  }
  const counted = (record.instances ?? []).filter(({ version }) => (version ?? 0) >= (app.last_config_change_version ?? 0));
  const found: Mismatch[] = mismatches(
    {
      ...thousandths(app),
      acceptedRoles: app.accepted_roles ?? ['*'],
      constraints,
      // The default of --gpu_scheduling_behavior (MarathonConf.scala).
      keepOffGpus: (app.gpu_scheduling_behavior ?? record['gpu_scheduling_behavior'] ?? 'restricted') === 'restricted',
      instances: app.instances ?? 1,
    },
    { ...thousandths(offer), role: offer.role, hasGpus: (offer.gpus ?? 0) > 0, inMaintenance: offer.maintenance === true, value: (field) => valueOf(offer, field) },
    constraints.map(({ field }) => countsOf(counted, field)),
    ruleOf(record['semantics']),
  );
  if (found.length === 0 && matchPorts(offer.ports === undefined ? [] : [offer.ports], app.ports ?? [], () => false, () => 0) === undefined) found.push({ reason: 'InsufficientPorts', detail: '' });
  const reasons = [...new Set(found.map(({ reason }) => reason as string))].sort();
  const wrong: string[] = [];
  if ((found.length === 0) !== record.expect_match) wrong.push(record.expect_match ? 'a match' : 'no match');
  if (record.expect_reasons?.some((reason) => !reasons.includes(reason))) wrong.push(record.expect_reasons.join(', '));
  if (record.expect_reasons_exactly !== undefined && JSON.stringify(record.expect_reasons_exactly.toSorted()) !== JSON.stringify(reasons)) wrong.push(`exactly ${record.expect_reasons_exactly.join(', ')}`);
  if (record.reasons_exclude?.some((reason) => reasons.includes(reason))) wrong.push(`not ${record.reasons_exclude.join(', ')}`);
  return wrong.length === 0 ? { outcome: 'agrees' } : { outcome: 'disagrees', expected: wrong.join('; '), got: found.length === 0 ? 'a match' : reasons.join(', ') };
}

/** A resource that is not named is not there. */
function thousandths(of: { readonly cpus?: number; readonly mem?: number; readonly disk?: number; readonly gpus?: number }): { cpus: number; mem: number; disk: number; gpus: number } {
  const scaled = (value = 0): number => Math.round(value * 1000);
  return { cpus: scaled(of.cpus), mem: scaled(of.mem), disk: scaled(of.disk), gpus: scaled(of.gpus) };
}

interface BackoffCase extends ConformanceCase {
  readonly backoff_s: number;
  readonly factor: number;
  readonly max_launch_delay_s: number;
  readonly steps: readonly { readonly op: string; readonly seconds?: number; readonly deadline?: number | null }[];
}

function checkBackoff(record: BackoffCase): ConformanceResult {
  const strategy = { backoffUs: record.backoff_s * SECOND_US, factor: record.factor, maxLaunchDelayUs: record.max_launch_delay_s * SECOND_US };
  let backoff = new LaunchBackoff(strategy);
  let nowUs = 0;
  for (const [index, step] of record.steps.entries()) {
    if (step.op === 'fail') backoff.fail(nowUs);
    else if (step.op === 'progress') backoff.advance(nowUs);
    else if (step.op === 'reset') backoff = new LaunchBackoff(strategy);
    else if (step.op === 'advance_clock') nowUs += step.seconds! * SECOND_US;
    else if (step.op === 'cleanup') backoff.cleanUp(nowUs);
    else if (step.op === 'expect') {
      const { deadlineUs } = backoff;
      const expectedUs = step.deadline === null || step.deadline === undefined ? -Infinity : Math.round(step.deadline * SECOND_US);
      if (deadlineUs !== expectedUs) return { outcome: 'disagrees', expected: `step ${index}: deadline ${step.deadline}`, got: String(deadlineUs / SECOND_US) };
    } else return { outcome: 'uncovered', missing: `operation ${step.op}` };
  }
  return { outcome: 'agrees' };
}
