import { parse, stringify } from 'yaml';
import { SequentialRandom } from '../../engine/random/sequential-random.ts';

/** A scenario that nobody means well with. */
export interface HostileScenario {
  /** What was done to it, for people. */
  readonly what: string;
  readonly text: string;
}

const BASES = [
  `name: base
question: Does it hold?
seeds: 1..2
parameters: { x: small }
workload:
  load: 0.7
  client: { refused: { attempts: 3, initialDelay: 10s, factor: 2, maxDelay: 1min, jitter: 0.1 }, removalDelay: 1min }
  source:
    synthetic:
      generator: poisson
      horizon: 10min
      jobs:
        - { name: batch, meanGap: 10s, duration: { kind: exponential, mean: 1min }, shapes: [ { cpu: 1, memory: 1GiB } ] }
cluster: { machines: [ { count: 4, name: m, cpu: 4, memory: 16GiB, racks: 2, zones: 2, attributes: { disk: ssd } } ] }
orchestrators: [ reference/fifo, { use: reference/loss, label: loss, options: { startLatencyUs: 1s } } ]
faults:
  - { source: scripted, kind: crash, at: 3min, duration: 1min, pick: 1 }
  - { source: stochastic, name: wear, kind: crash, uptime: { law: exponential, mean: 50h }, repair: { law: logNormal, median: 12min, sigma: 0.8 } }
window: { from: 1min, to: 10min }
timeline: { every: 10s }
images: { median: 100MB, sigma: 1 }
network: { base: 1ms, spread: 1ms }
expect: { finished: ">= 0" }
`,
  `name: swept
question: Does it hold?
workload: { source: { synthetic: { generator: poisson, horizon: 5min, jobs: [ { name: b, meanGap: 5s, duration: { kind: exponential, mean: 30s }, shapes: [ { cpu: 1, memory: 1GiB } ] } ] } } }
cluster: { machines: [ { count: 3, cpu: 4, memory: 8GiB } ] }
orchestrators: [ kubernetes, mesos, swarm-classic ]
window: { to: 5min }
sweep:
  matrix: { workload.load: 0.5..0.9 step 0.2, size: { set: cluster.machines.0.count, values: [3, { label: six, value: 6 }] } }
  zip: { workload.client.removalDelay: [1min, never], timeline.every: [5s, 10s] }
  include: [ { workload.load: 0.95, orchestrators: kubernetes } ]
  exclude: [ { workload.load: 0.5, size: six } ]
  seeds: 1..2
`,
  `name: traced
question: Does it hold?
workload: { source: { trace: { format: seatrial-csv, tasks: tasks.csv, window: { from: 0s, to: 10min }, sample: 0.5 } } }
cluster: { file: machines.csv }
orchestrators: [ reference/power-of-d ]
faults: [ { source: recorded, file: faults.csv } ]
`,
];

const DEEP = JSON.parse(`${'['.repeat(80)}${']'.repeat(80)}`) as unknown;

/** Values where others are expected. */
const VALUES: readonly unknown[] = [
  null, true, '', ' ', [], {}, [[]], [null], -1, 0, 1, 0.1, -0.5, 1e308, -1e308, 1e-300, 9_007_199_254_740_991, 4_294_967_296, 2_147_483_648, Infinity, -Infinity, NaN,
  '9'.repeat(400), 'a'.repeat(100_000), '../../../../../../etc/passwd', '/etc/passwd', '/dev/zero', '/dev/stdin', '/proc/self/mem', '.', '..', '/', '~', 'C:\\windows', '\u0000', 'a\u0000b', 'a\nb', '${x}', '${y}', '${__proto__}',
  '1..999999999', '0..1 step 0.0000001', '1..3', '3..1', '1e9d', '99999999999d', '1us', '-5min', '1000000d', '0s', '0.0000001us', '1TiB', '999999999999TiB', '1m', '100%', '200%', '=cmd()', '$(reboot)', '<script>', "'; drop table", '__proto__', 'constructor', 'toString',
  { __proto__: { polluted: true } }, { toString: 1 }, { length: 1e9 }, DEEP, Array.from({ length: 5000 }, (_, i) => i), new Date(0), 1e6, 1e9, 1_000_000, 100_000, 'crash', 'kubernetes', 'never', 'forever',
];

const KEYS = ['__proto__', 'constructor', 'prototype', 'toString', 'hasOwnProperty', 'valueOf', '__defineGetter__', 'length', '0', '-1', '', 'a.b', '../x', 'then', 'sweep', 'faults', 'options', 'name', 'machines', 'é', '\u202E'];

const BOMB = `a: &a [x,x,x,x,x,x,x,x,x,x]\n${[...'bcdefghi'].map((name, i) => `${name}: &${name} [${Array.from({ length: 10 }, () => `*${'abcdefgh'[i]}`).join(',')}]`).join('\n')}\n`;

const TEXTS: readonly [string, (text: string, random: SequentialRandom) => string][] = [
  ['cut short', (text, random) => text.slice(0, random.below(text.length))],
  ['with a bomb of aliases', (text) => `${BOMB}${text}`],
  ['with a bomb of aliases in its name', (text) => text.replace(/^name: .*$/m, `${BOMB.replace(/^/gm, '')}name: *i`)],
  ['that holds itself', (text) => text.replace('window:', 'parameters: &p { x: *p }\nwindow:')],
  ['with merge keys', (text) => `x: &x { a: 1 }\n<<: *x\n${text}`],
  ['with a tag', (text, random) => text.replace(': ', `: ${['!!js/function', '!!binary', '!!python/object:os.system', '!evil', '!!set', '!!timestamp'][random.below(6)]} `)],
  ['of two documents', (text) => `${text}---\n${text}`],
  ['deep', (text, random) => `${text}x: ${'['.repeat(10 ** (1 + random.below(5)))}`],
  ['deep in maps', (text) => `${text}${Array.from({ length: 300 }, (_, i) => `${' '.repeat(i)}k:`).join('\n')}`],
  ['long', (text) => `${text}#${'x'.repeat(1_100_000)}`],
  ['of many keys', (text) => `${text}${Array.from({ length: 20_000 }, (_, i) => `k${i}: ${i}`).join('\n')}`],
  ['with tabs', (text) => text.replaceAll('  ', '\t')],
  ['with a byte order mark', (text) => `\uFEFF${text}`],
  ['with Windows line ends', (text) => text.replaceAll('\n', '\r\n')],
  ['that is empty', () => ''],
  ['that is a word', () => 'hello'],
  ['that is a list', () => '- 1\n- 2\n'],
  ['that is JSON', (text) => (text.length > 10_000 ? text : jsonOf(text))],
  ['with changed characters', (text, random) => Array.from({ length: 1 + random.below(5) }).reduce<string>((changed) => replaceAt(changed, random.below(changed.length), String.fromCharCode(random.below(random.below(2) === 0 ? 128 : 65_536))), text)],
  ['with lines exchanged', (text, random) => exchanged(text, random)],
  ['with a line twice', (text, random) => { const lines = text.split('\n'); lines.splice(random.below(lines.length), 0, lines[random.below(lines.length)]!); return lines.join('\n'); }],
  ['with larger numbers', (text, random) => text.replaceAll(/\d+/g, (digits) => (random.below(4) === 0 ? `${digits}${'0'.repeat(random.below(12))}` : digits))],
  ['with other numbers', (text, random) => text.replaceAll(/\d+(?:\.\d+)?/g, (digits) => (random.below(5) === 0 ? String([0, 1, 2, 7, 100, 0.5, 10_000, 99_999][random.below(8)]) : digits))],
];

function jsonOf(text: string): string {
  try {
    return JSON.stringify(parse(text, { logLevel: 'silent', maxAliasCount: 10 }));
  } catch {
    return text;
  }
}

/** The n-th hostile scenario: always the same one. */
export function hostileScenario(n: number): HostileScenario {
  const random = new SequentialRandom(n, 'hostile');
  const base = random.below(BASES.length);
  let text = BASES[base]!;
  const done: string[] = [];
  const changes = 1 + random.below(3);
  for (let i = 0; i < changes; i++) {
    if (random.below(3) === 0) {
      const [what, change] = TEXTS[random.below(TEXTS.length)]!;
      text = change(text, random);
      done.push(what);
      continue;
    }
    // What has become large or deep stays as it is: the generator is not what is tried.
    if (text.length > 50_000 || /\[{60}|^ {60}/m.test(text)) break;
    let data: unknown;
    try {
      data = parse(text, { logLevel: 'silent', maxAliasCount: 10 });
    } catch {
      break;
    }
    if (data === null || typeof data !== 'object') break;
    const what = changed(data, random);
    try {
      text = stringify(data, { aliasDuplicateObjects: false });
    } catch {
      // It holds itself.
      break;
    }
    done.push(what);
  }
  return { what: `number ${n}: scenario ${base} ${done.join(', ')}`, text };
}

/** Changes one place of data. @returns what was done */
function changed(data: object, random: SequentialRandom): string {
  let node = data as Record<string, unknown>;
  const path: string[] = [];
  for (;;) {
    const keys = Object.keys(node);
    // What a binary tag made is one value.
    if (keys.length === 0 || ArrayBuffer.isView(node)) break;
    const key = keys[random.below(keys.length)]!;
    const child = node[key];
    path.push(key);
    if (child !== null && typeof child === 'object' && random.below(4) > 0) {
      node = child as Record<string, unknown>;
      continue;
    }
    const act = random.below(6);
    if (act === 0) {
      if (Array.isArray(node)) (node as unknown[]).splice(Number(key), 1);
      else delete node[key];
      return `without ${path.join('.')}`;
    }
    if (act === 1) {
      const chosen = KEYS[random.below(KEYS.length)]!;
      const name = Array.isArray(node) && chosen === 'length' ? 'size' : chosen;
      Object.defineProperty(node, name, { value: VALUES[random.below(VALUES.length)], enumerable: true, configurable: true, writable: true });
      return `with ${name} beside ${path.join('.')}`;
    }
    if (act === 2 && Array.isArray(node)) {
      const copies = 10 ** (1 + random.below(3));
      for (let i = 0; i < copies; i++) (node as unknown[]).push(structuredClone(child));
      return `with ${copies} more of ${path.join('.')}`;
    }
    node[key] = VALUES[random.below(VALUES.length)];
    return `with another value of ${path.join('.')}`;
  }
  return 'as it was';
}

function replaceAt(text: string, at: number, by: string): string {
  return text.slice(0, at) + by + text.slice(at + 1);
}

function exchanged(text: string, random: SequentialRandom): string {
  const lines = text.split('\n');
  const [a, b] = [random.below(lines.length), random.below(lines.length)];
  [lines[a], lines[b]] = [lines[b]!, lines[a]!];
  return lines.join('\n');
}
