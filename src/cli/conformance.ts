import { Command } from 'commander';
import { ExitCode } from './exit-code.ts';
import { textTable } from './text-table.ts';

/** `seatrial conformance`. */
export function command(): Command {
  return new Command('conformance')
    .option('--cases <path>', 'a file of recorded decisions (one JSON object per line), or a folder of such files; default: those that come with the product')
    .option('--json', 'print the result as JSON')
    .action(execute);
}

async function execute(given: { readonly cases?: string; readonly json?: true }): Promise<void> {
  const [{ CONFORMANCE_SUITES }, { checkCases, readCases, bundledCases }] = await Promise.all([import('../orchestrators/conformance-registry.ts'), import('../experiment/conformance-run.ts')]);
  const cases = given.cases === undefined ? bundledCases(CONFORMANCE_SUITES) : readCases(given.cases);
  const result = checkCases(cases, CONFORMANCE_SUITES);
  const broken = result.disagreements.length > 0 || result.suites.some((suite) => suite.complete && suite.uncovered > 0);
  if (given.json === true) process.stdout.write(`${JSON.stringify(result, null, 2)}\n`);
  else {
    const rows = result.suites.map((suite) => [suite.name, suite.cases, suite.agree, suite.disagree, suite.uncovered, suite.complete ? '' : 'incomplete: the model of this system is not finished']);
    process.stdout.write(`${textTable([['suite', 'cases', 'agree', 'disagree', 'uncovered', ''], ...rows])}\n`);
    for (const { suite, id, where, expected, got } of result.disagreements) process.stdout.write(`\n${suite} ${id} (${where}) disagrees\n  expected ${expected}\n  got      ${got}\n`);
    for (const { suite, missing, cases: count } of result.missing) process.stdout.write(`\n${suite}: ${count} uncovered, missing: ${missing}\n`);
    if (result.unclaimed > 0) process.stdout.write(`\n${result.unclaimed} ${result.unclaimed === 1 ? 'case belongs' : 'cases belong'} to no suite${result.unclaimed > result.unclaimedAt.length ? ', the first of them' : ''}\n${result.unclaimedAt.map((where) => `  ${where}\n`).join('')}`);
  }
  process.exitCode = broken ? ExitCode.expectation : ExitCode.ok;
}
