import { suggestion } from '../engine/nearest.ts';
import { columnsOf } from '../metrics/columns.ts';
import { type Axis, AxisError, axisOf, type AxisValue, LABEL_COLUMN, textOf } from './axis.ts';
import type { Problem } from './problem.ts';
import { MOST_COMBINATIONS, type SweepSection } from './sweep-schema.ts';
import type { PathSegment } from './yaml-document.ts';

/** One combination of a sweep: a value per axis; `null` = the axis keeps what the scenario says. */
export interface Combination {
  readonly values: readonly (AxisValue | null)[];
  /** Labels of orchestrators that are left out of it. */
  readonly without: ReadonlySet<string>;
}

/** The axes of a sweep and the combinations to make, in order: the first axis slowest, included ones last. */
export interface Combinations {
  readonly axes: readonly Axis[];
  readonly combinations: readonly Combination[];
  /** Entries that `matrix` gives for the orchestrators; they take the place of the scenario's own. */
  readonly orchestrators: readonly unknown[] | null;
  readonly problems: readonly Problem[];
}

/** Axes of which each step sets all. */
interface Group {
  readonly axes: readonly number[];
  readonly length: number;
}

/**
 * Works out a sweep.
 * @param fromCommandLine axes set there: each takes the place of the scenario's axis of that name
 */
export function combinationsOf(section: SweepSection, fromCommandLine: readonly Axis[], where: (path: readonly PathSegment[]) => string): Combinations {
  const builder = new Builder(section, fromCommandLine, where);
  return builder.build();
}

/** Whether an axis is the one that a name means: its own, or the one path that it sets. */
export function isOver(axis: Axis, name: string): boolean {
  return axis.column === name || (axis.paths.length === 1 && axis.paths[0]!.join('.') === name);
}

class Builder {
  readonly #section: SweepSection;
  readonly #fromCommandLine: readonly Axis[];
  readonly #where: (path: readonly PathSegment[]) => string;
  readonly #problems: Problem[] = [];
  readonly #axes: Axis[] = [];
  readonly #groups: Group[] = [];
  /** Axes of the command line that took the place of one of the scenario. */
  readonly #replacing = new Set<Axis>();
  #orchestrators: readonly unknown[] | null = null;

  constructor(section: SweepSection, fromCommandLine: readonly Axis[], where: (path: readonly PathSegment[]) => string) {
    this.#section = section;
    this.#fromCommandLine = fromCommandLine;
    this.#where = where;
  }

  build(): Combinations {
    const { matrix = {}, zip = [] } = this.#section;
    for (const [name, written] of Object.entries(matrix)) {
      const axis = this.#axis(name, written, ['sweep', 'matrix', name]);
      if (axis?.column === LABEL_COLUMN) this.#orchestrators = axis.values.map(({ value }) => value);
      else if (axis !== null) this.#groups.push({ axes: [this.#axes.push(axis) - 1], length: axis.values.length });
    }
    (Array.isArray(zip) ? zip : [zip]).forEach((group, i) => this.#zip(group, Array.isArray(zip) ? ['sweep', 'zip', i] : ['sweep', 'zip']));
    for (const axis of this.#fromCommandLine) {
      if (!this.#replacing.has(axis)) this.#groups.push({ axes: [this.#axes.push(axis) - 1], length: axis.values.length });
    }
    const included = this.#included();
    const total = this.#groups.reduce((product, group) => product * group.length, 1);
    if (total > MOST_COMBINATIONS) this.#problem(['sweep'], `the axes have ${total} combinations; at most ${MOST_COMBINATIONS}`);
    if (this.#problems.length > 0) return { axes: this.#axes, combinations: [], orchestrators: this.#orchestrators, problems: this.#problems };
    const combinations = this.#excluded([...this.#product(total), ...included]);
    if (combinations.length === 0 && this.#problems.length === 0) this.#problem(['sweep', 'exclude'], 'every combination is left out');
    return { axes: this.#withIncluded(included), combinations, orchestrators: this.#orchestrators, problems: this.#problems };
  }

  #problem(path: readonly PathSegment[], message: string): void {
    this.#problems.push({ path: path.join('.'), where: this.#where(path), message });
  }

  /** An axis of the scenario, or the one of the command line that takes its place. */
  #axis(name: string, written: unknown, source: readonly PathSegment[]): Axis | null {
    try {
      const axis = axisOf(name, written, source);
      if (axis.column !== LABEL_COLUMN && columnsOf('runs.csv').some(({ name: column }) => column === axis.column)) {
        throw new AxisError(`runs.csv has a column "${axis.column}" already; give the axis another name`);
      }
      if (this.#axes.some(({ column }) => column === axis.column)) throw new AxisError(`there are two axes "${axis.column}"`);
      const other = this.#fromCommandLine.find((candidate) => isOver(axis, candidate.column));
      if (other === undefined) return axis;
      this.#replacing.add(other);
      return { ...axis, values: other.values };
    } catch (error) {
      if (!(error instanceof AxisError)) throw error;
      this.#problem(source, error.message);
      return null;
    }
  }

  #zip(group: Readonly<Record<string, unknown>>, source: readonly PathSegment[]): void {
    const members: number[] = [];
    let length = 0;
    let first = '';
    for (const [name, written] of Object.entries(group)) {
      const axis = this.#axis(name, written, [...source, name]);
      if (axis === null) continue;
      const index = this.#axes.push(axis) - 1;
      // What the command line varies instead goes its own way.
      if ([...this.#replacing].some(({ values }) => values === axis.values)) {
        this.#groups.push({ axes: [index], length: axis.values.length });
        continue;
      }
      if (members.length > 0 && axis.values.length !== length) this.#problem([...source, name], `has ${axis.values.length} values, and ${first} has ${length}; axes that advance together are of one length`);
      if (members.length === 0) {
        length = axis.values.length;
        first = name;
      }
      members.push(index);
    }
    if (members.length > 0) this.#groups.push({ axes: members, length });
  }

  *#product(total: number): Generator<Combination> {
    for (let i = 0; i < total; i++) {
      const values: (AxisValue | null)[] = Array.from({ length: this.#axes.length }, () => null);
      let rest = i;
      for (const group of this.#groups.toReversed()) {
        for (const axis of group.axes) values[axis] = this.#axes[axis]!.values[rest % group.length]!;
        rest = Math.floor(rest / group.length);
      }
      yield { values, without: new Set() };
    }
  }

  /** Combinations of `include`; what only they vary becomes an axis. */
  #included(): Combination[] {
    const combinations: { values: (AxisValue | null)[]; without: Set<string> }[] = [];
    this.#section.include?.forEach((assignment, i) => {
      const values: (AxisValue | null)[] = [];
      for (const [name, written] of Object.entries(assignment)) {
        const source = ['sweep', 'include', i, name];
        const column = name === 'orchestrators' ? LABEL_COLUMN : name;
        let index = this.#axes.findIndex((axis) => axis.column === column);
        try {
          const axis = axisOf(name, [written], source);
          if (index < 0) index = this.#axes.push({ ...axis, values: [] }) - 1;
          if (axis.values.length !== 1) throw new AxisError('expected one value');
          // A value that the axis has by a label of its own may be named by it.
          values[index] = this.#axes[index]!.values.find(({ text }) => text === textOf(written)) ?? { ...axis.values[0]!, source };
        } catch (error) {
          if (!(error instanceof AxisError)) throw error;
          this.#problem(source, error.message);
        }
      }
      combinations.push({ values, without: new Set() });
    });
    return combinations.map(({ values, without }) => ({ values: this.#axes.map((_, axis) => values[axis] ?? null), without }));
  }

  #withIncluded(included: readonly Combination[]): Axis[] {
    return this.#axes.map((axis, i) => {
      const further = included.flatMap(({ values }) => (values[i] === null || values[i] === undefined || axis.values.some(({ text }) => text === values[i]!.text) ? [] : [values[i]]));
      return { ...axis, values: [...axis.values, ...new Map(further.map((value) => [value.text, value])).values()] };
    });
  }

  #excluded(all: readonly Combination[]): Combination[] {
    let left: readonly Combination[] = all.map(({ values, without }) => ({ values: this.#axes.map((_, i) => values[i] ?? null), without }));
    this.#section.exclude?.forEach((assignment, i) => {
      const source = ['sweep', 'exclude', i];
      const { orchestrators: label, ...wanted } = assignment;
      const columns = this.#axes.map(({ column }) => column);
      for (const name of Object.keys(wanted)) {
        if (!columns.includes(name)) this.#problem([...source, name], `the sweep has no axis "${name}"${suggestion(name, columns)}`);
      }
      const matches = (combination: Combination): boolean => Object.entries(wanted).every(([name, value]) => combination.values[columns.indexOf(name)]?.text === textOf(value));
      // Values that the command line gives instead need not hold what the scenario leaves out.
      const isOthers = this.#axes.some(({ column, values }) => Object.hasOwn(wanted, column) && [...this.#replacing].some((axis) => axis.values === values));
      if (this.#problems.length === 0 && !isOthers && !left.some(matches)) this.#problem(source, 'leaves nothing out: no combination has these values');
      left = label === undefined ? left.filter((combination) => !matches(combination)) : left.map((combination) => (matches(combination) ? { ...combination, without: new Set([...combination.without, textOf(label)]) } : combination));
    });
    return [...left];
  }
}
