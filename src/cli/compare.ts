import { Command, Option } from 'commander';
import { suggestion } from '../engine/nearest.ts';
import type { ChangeExpectation, JudgedExpectation } from '../report/change-expectation.ts';
import { ExitCode } from './exit-code.ts';
import { UsageError } from './usage-error.ts';

interface CompareArguments {
  readonly baseline?: string;
  readonly columns?: string;
  readonly expect: readonly string[];
  readonly strict?: true;
  readonly all?: true;
  readonly markdown?: true;
  readonly json?: true;
}

/** `seatrial compare`. */
export function command(): Command {
  return new Command('compare')
    .argument('<folders...>', 'result folders; the others are compared with the first. Of one folder: its orchestrators with one of them')
    .option('--baseline <label>', 'of one folder: the orchestrator that the others are compared with (default: the first)')
    .option('--columns <names>', 'columns of runs.csv, separated by commas (default: the main ones)')
    .addOption(new Option('--expect <change>', 'a change that is allowed, such as "waitP99S<=+5%" or "kubernetes:usefulCpuShare>=-0.002" (repeatable); exit code 3 if the runs show that it does not hold').argParser((text: string, before: readonly string[]) => [...before, text]).default([], 'none'))
    .option('--strict', 'exit code 3 also where the runs do not decide whether an expectation holds')
    .option('--all', 'also show rows in which nothing differs')
    .option('--markdown', 'print Markdown, for a pull request')
    .option('--json', 'print everything as JSON')
    .action(execute);
}

async function execute(folders: readonly string[], given: CompareArguments): Promise<void> {
  if (given.markdown === true && given.json === true) throw new UsageError('--markdown and --json exclude each other; expected one of them');
  const [{ compareResults }, { readRunTables }, { measuresIn }, text, { judge }] = await Promise.all([
    import('../report/comparison.ts'),
    import('../report/results.ts'),
    import('../report/measures.ts'),
    import('../report/comparison-text.ts'),
    import('../report/change-expectation.ts'),
  ]);
  const tables = folders.map((folder) => ({ folder, results: readRunTables(folder) }));
  const valid = [...new Set(tables.flatMap(({ results }) => measuresIn(results.runs).map((measure) => measure.column)))];
  const known = (column: string, where: string): string => {
    if (!valid.includes(column)) throw new UsageError(`${where}: "${column}" is no numeric column of runs.csv here${suggestion(column, valid)}`);
    return column;
  };
  const expectations = await Promise.all(given.expect.map(async (written) => expectationOf(written, known)));
  const columns = given.columns?.split(',').map((column) => known(column.trim(), '--columns'));
  // What is expected of a column is compared, whatever is shown besides.
  const asked = [...new Set(expectations.map((one) => one.column))];
  const { headlineMeasures } = await import('../report/measures.ts');
  const shown = columns ?? headlineMeasures(tables.flatMap(({ results }) => results.runs)).map((measure) => measure.column);
  const comparison = compareResults(tables, { baseline: given.baseline, columns: shown.length + asked.length === 0 ? undefined : [...shown, ...asked.filter((column) => !shown.includes(column))] });
  const judged = judge(comparison, expectations);
  const idle = expectations.filter((one) => !judged.some((each) => each.expectation === one && !each.missing));
  if (idle.length > 0) throw new UsageError(`--expect ${idle[0]!.text}: no cell that was compared has this; expected a label and a column that both sides have`);
  const failed = judged.filter((one) => one.outcome === 'violated' || (given.strict === true && one.outcome === 'open'));
  if (given.json === true) process.stdout.write(`${JSON.stringify({ ...(text.comparisonData(comparison) as object), expectations: judged.map(plainly) }, null, 2)}\n`);
  else if (given.markdown === true) process.stdout.write(`${text.comparisonMarkdown(comparison, { all: given.all === true })}\n`);
  else process.stdout.write(`${text.comparisonText(comparison, { all: given.all === true })}\n`);
  for (const one of judged) {
    if (one.outcome === 'met') continue;
    process.stderr.write(`expectation ${one.expectation.text} ${one.outcome === 'violated' ? 'does not hold' : 'is not decided'} for ${one.cell}${folders.length > 2 ? ` of ${one.side}` : ''}: ${changeText(one)}\n`);
  }
  process.exitCode = failed.length > 0 ? ExitCode.expectation : ExitCode.ok;
}

async function expectationOf(written: string, known: (column: string, where: string) => string): Promise<ChangeExpectation> {
  const { readChangeExpectation } = await import('../report/change-expectation.ts');
  const expectation = readChangeExpectation(written);
  if (expectation === undefined) throw new UsageError(`--expect ${written}: expected a column, <=, >=, < or >, and a change, such as "waitP99S<=+5%" or "kubernetes:restoreP50S<=10"`);
  known(expectation.column, `--expect ${written}`);
  return expectation;
}

function changeText({ expectation, missing, change, low, high }: JudgedExpectation): string {
  if (missing) return 'only the baseline has it';
  if (Number.isNaN(change) && (Number.isNaN(low) || (!Number.isFinite(low) && !Number.isFinite(high)))) return 'the change is not determined';
  if (!Number.isNaN(change) && !Number.isFinite(change)) return 'it was zero, and is not any more';
  const text = (value: number): string => (expectation.relative ? `${value > 0 ? '+' : ''}${(value * 100).toFixed(2)} %` : `${value > 0 ? '+' : ''}${Number(value.toPrecision(6))}`);
  if (Number.isNaN(change)) return `changed by ${high === Infinity ? `at least ${text(low)}` : `at most ${text(high)}`} (a bound, with its 95 % interval)`;
  return `changed by ${text(change)}${low === high ? '' : ` (95 % interval ${text(low)} to ${text(high)})`}`;
}

function plainly({ expectation, side, cell, outcome, missing, change, low, high }: JudgedExpectation): unknown {
  const finite = (value: number): number | null => (Number.isFinite(value) ? value : null);
  return { expectation: expectation.text, side, cell, outcome, missing, change: finite(change), low: finite(low), high: finite(high) };
}
