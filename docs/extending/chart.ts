import type { ChartDefinition, Plugin } from '../../src/index.ts';

/** A chart gets the rows of the result files, as texts by column, and gives a Vega-Lite specification with plain numbers: here the finished tasks of each system. */
const finished: ChartDefinition = {
  name: 'finished',
  build({ series, label }) {
    const rows = series.map(({ label: system, runs }) => ({ system, finished: runs.reduce((sum, run) => sum + Number(run['finished']), 0) / runs.length }));
    if (rows.every((row) => row.finished === 0)) return undefined;
    const best = rows.toSorted((a, b) => b.finished - a.finished)[0]!;
    return {
      title: `${best.system} finished most tasks`,
      description: `Bars, one per system: tasks finished, mean over seeds. ${rows.map((row) => `${row.system} ${row.finished.toFixed(1)}`).join(', ')}.`,
      table: { columns: ['system', 'finished'], rows: rows.map((row) => [row.system, row.finished.toFixed(1)]) },
      spec: {
        $schema: 'https://vega.github.io/schema/vega-lite/v6.json',
        title: `Tasks finished${label === '' ? '' : `, ${label}`}`,
        width: 480,
        data: { values: rows },
        mark: 'bar',
        encoding: { y: { field: 'system', type: 'nominal', title: null, sort: null }, x: { field: 'finished', type: 'quantitative', title: 'tasks' } },
      },
    };
  },
};

export default { name: 'example-chart', charts: [finished] } satisfies Plugin;
