import { paretoFront } from '../../statistics/pareto-front.ts';
import type { Cell } from '../cells.ts';
import { measureOf } from '../measures.ts';
import { INK, isReference } from '../palette.ts';
import type { Estimate } from '../summary.ts';
import { cellEstimate, sweepSeedsText } from '../sweep-view.ts';
import { round } from './effects.ts';
import { axisName, headerOf, MOST_PANELS, panelsOf, seriesLook, spec, spoken, valueAxis } from './panels.ts';
import type { NamedChart, SweepChartDefinition } from './sweep-chart.ts';

const GOOD = measureOf('usefulCpuShare');
const SLOW = measureOf('restoreP50S');
const MOST_COLUMNS = 3;

interface Point {
  readonly cell: Cell;
  readonly useful: Estimate;
  readonly restore: Estimate;
}

/**
 * Useful share against recovery time: what can be chosen (orchestrator, options, cluster) as points, one panel per circumstance (work, faults), the choices that no other
 * beats in both joined by a line. Ideals are drawn and do not compete; cells whose recovery time is a bound are left out.
 */
export const pareto: SweepChartDefinition = {
  build(view): readonly NamedChart[] {
    const points = view.cells.flatMap((cell): Point[] => {
      const [useful, restore] = [cellEstimate(cell, GOOD.column), cellEstimate(cell, SLOW.column)];
      return useful === undefined || restore === undefined || restore.atLeast || useful.atLeast ? [] : [{ cell, useful, restore }];
    });
    if (points.length < 2) return [];
    const given = view.axes.flatMap((axis, i) => (view.circumstances.includes(axis.column) ? [i] : []));
    // Names of several circumstances have no room in a header: the subtitle has them.
    const panelOf = (cell: Cell): string => given.map((i) => (given.length === 1 ? headerOf(view, i, cell.levels[i]!) : cell.levels[i]!)).join(', ');
    const chosen = (cell: Cell): string => view.axes.flatMap((_, i) => (given.includes(i) || cell.levels[i] === '' ? [] : [cell.levels[i]!])).join(', ');
    const groups = [...Map.groupBy(points, (point) => panelOf(point.cell))];
    const pages = Array.from({ length: Math.ceil(groups.length / MOST_COLUMNS) }, (_, i) => groups.slice(i * MOST_COLUMNS, (i + 1) * MOST_COLUMNS));
    const left = view.cells.length - points.length;
    return pages.slice(0, MOST_PANELS).map((page, i): NamedChart => {
      const onFront = new Set(page.flatMap(([, own]) => frontOf(own)));
      const drawn = page.flatMap(([, own]) => own);
      // Ideals restore at once and would stretch the axis: they stand at its edge.
      const systems = points.filter((point) => !isReference(point.cell.orchestrator));
      const judged = systems.length > 0 ? systems : points;
      const x = valueAxis(SLOW, judged.flatMap(({ restore }) => ends(restore).filter((value) => value > 0)), 'Median time to restore');
      const [least, most] = [Math.min, Math.max].map((of) => of(...judged.map(({ restore }) => x.clamp(restore.mean)))) as [number, number];
      const edge = points.some(({ restore }) => restore.mean < x.clamp(restore.mean));
      // Labels of points in the right half stand left of them.
      const middle = x.logarithmic ? Math.sqrt(least * most) : (least + most) / 2;
      const shares = drawn.flatMap(({ useful }) => ends(useful));
      const margin = 0.15 * (Math.max(...shares) - Math.min(...shares)) + 0.001;
      const y = { scale: { domain: [round(Math.max(0, Math.min(...shares) - margin)), round(Math.min(1, Math.max(...shares) + margin))], nice: false, zero: false }, axis: { title: 'Useful CPU share', labelExpr: "format(datum.value * 100, '.1~f') + '\u202F%'", tickCount: 5, grid: true } };
      const title = `Useful CPU against time to restore, by what can be chosen`;
      const subtitle = `${sweepSeedsText(view, 'whiskers')}; line: choices that none beats in both (Pareto front of the means); the vertical axis does not begin at zero${edge ? '; ideals that restore sooner stand at the left edge' : ''}${left > 0 ? `; left out: ${left} cells without a determined recovery time` : ''}`;
      const subtitleWithPanels = given.length < 2 ? subtitle : `${subtitle}; panels: ${given.map((i) => axisName(view, i)).join(', ')}`;
      const describe = ({ cell, useful, restore }: Point): string => `${cell.name} ${GOOD.format(useful.mean)}, ${SLOW.format(restore.mean)}${onFront.has(cell) ? ' (on the front)' : ''}`;
      const description = `Scatter plot. ${title}: ${spoken(drawn.map(describe))}. ${subtitleWithPanels}.`;
      const values = page.flatMap(([panel, own]) => {
        const order = frontOf(own);
        const named = labelled(own, order, shares);
        return own.map(({ cell, useful, restore }) => ({ series: cell.label, column: panel, row: '', useful: round(useful.mean), usefulLow: round(ends(useful)[0]!), usefulHigh: round(ends(useful)[1]!), restore: round(x.clamp(restore.mean)), restoreLow: round(x.clamp(ends(restore)[0]!)), restoreHigh: round(x.clamp(ends(restore)[1]!)), choice: named.has(cell) ? (chosen(cell) === '' ? cell.label : chosen(cell)) : '', right: x.clamp(restore.mean) > middle, front: order.indexOf(cell) }));
      });
      const look = seriesLook(view);
      const at = { x: { field: 'restore', type: 'quantitative', scale: x.scale, axis: { ...x.axis, labelAngle: 0, labelFlush: true } }, y: { field: 'useful', type: 'quantitative', ...y } };
      const panels = panelsOf(page.map(([panel]) => panel), [''], 74, 220);
      return {
        name: `pareto${pages.length === 1 ? '' : `-${i + 1}`}`,
        chart: {
          title,
          description,
          spec: spec(panels, { title, subtitle: subtitleWithPanels, description }, values, [
            { transform: [{ filter: 'datum.front >= 0' }], mark: { type: 'line', interpolate: 'step-before', color: INK.axis, strokeWidth: 1.5 }, encoding: { ...at, order: { field: 'front', type: 'quantitative' } } },
            { mark: { type: 'rule', strokeWidth: 1, opacity: 0.7 }, encoding: { x: at.x, y: { ...at.y, field: 'usefulLow' }, y2: { field: 'usefulHigh' }, color: look.color } },
            { mark: { type: 'rule', strokeWidth: 1, opacity: 0.7 }, encoding: { y: at.y, x: { ...at.x, field: 'restoreLow' }, x2: { field: 'restoreHigh' }, color: look.color } },
            { mark: { type: 'point', filled: true, size: 70, opacity: 1 }, encoding: { ...at, color: look.color, shape: look.shape } },
            ...[false, true].map((right) => ({ transform: [{ filter: `datum.front >= 0 && ${right ? '' : '!'}datum.right` }], mark: { type: 'text', align: right ? 'right' : 'left', dx: right ? -8 : 8, dy: -9, fontSize: 11, color: INK.text }, encoding: { ...at, text: { field: 'choice' } } })),
          ]),
          table: { columns: ['', ...view.axes.map((axis) => axis.column), 'useful CPU', 'time to restore', 'on the front'], rows: drawn.map(({ cell, useful, restore }) => [cell.label, ...cell.levels, GOOD.format(useful.mean), SLOW.format(restore.mean), onFront.has(cell) ? 'yes' : '']) },
        },
      };
    });
  },
};

/** Those on the front whose label does not run into one above it; the table names all. */
function labelled(points: readonly Point[], front: readonly Cell[], shares: readonly number[]): ReadonlySet<Cell> {
  // A label needs about a twelfth of the height.
  const apart = (Math.max(...shares) - Math.min(...shares)) / 12;
  const named = new Set<Cell>();
  let last = Number.POSITIVE_INFINITY;
  for (const cell of front) {
    const { mean } = points.find((point) => point.cell === cell)!.useful;
    if (last - mean < apart) continue;
    named.add(cell);
    last = mean;
  }
  return named;
}

/** The cells that no other beats, from the most useful down. */
function frontOf(points: readonly Point[]): readonly Cell[] {
  const systems = points.filter((point) => !isReference(point.cell.orchestrator));
  return paretoFront(systems.map(({ useful, restore }) => ({ a: useful.mean, b: restore.mean }))).map((i) => systems[i]!.cell);
}

function ends({ mean, halfWidth }: Estimate): readonly [number, number] {
  const width = Number.isNaN(halfWidth) ? 0 : halfWidth;
  return [mean - width, mean + width];
}
