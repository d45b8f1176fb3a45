/** A remark on one row of an input file. */
export interface RowNote {
  /** The file as the user named it. */
  readonly file: string;
  readonly line: number;
  readonly text: string;
}

/** Remarks of one kind: how many there are, and the first {@link LISTED_ROWS} of them. */
export interface RowNotes {
  readonly total: number;
  readonly listed: readonly RowNote[];
}

/** Most rows that a report lists one by one; all are counted. */
export const LISTED_ROWS = 100;

/** What became of the rows of a trace. `rows = accepted + rejected.total + outsideWindow + notSampled`. */
export interface ReadReport {
  /** Data rows read from the job list, header and blank lines not counted. */
  readonly rows: number;
  /** Rows that became jobs. */
  readonly accepted: number;
  /** Rows that cannot be used, of all files of the trace (unusable rows of a machine list come on top of `rows`). */
  readonly rejected: RowNotes;
  /** Rows used with a missing or contradictory value replaced, and how. */
  readonly repaired: RowNotes;
  /** Rows used with a value cut to its limit. */
  readonly clamped: RowNotes;
  /** Rows left out because the window asked for does not hold them. */
  readonly outsideWindow: number;
  /** Rows left out because the sample does not hold their job. */
  readonly notSampled: number;
  /** Jobs submitted at or before the start of the window: the first so many of the workload. 0 without a window. */
  readonly initialJobs: number;
  /** Length of the time in which jobs arrive: the window's length, or up to the last event of the trace. Microseconds. */
  readonly horizonUs: number;
}

/** Gathers a {@link ReadReport} while a reader reads. */
export class ReportBuilder {
  rows = 0;
  accepted = 0;
  outsideWindow = 0;
  notSampled = 0;
  readonly #rejected = new NotesBuilder();
  readonly #repaired = new NotesBuilder();
  readonly #clamped = new NotesBuilder();

  reject(file: string, line: number, text: string): void {
    this.#rejected.add(file, line, text);
  }

  repair(file: string, line: number, text: string): void {
    this.#repaired.add(file, line, text);
  }

  clamp(file: string, line: number, text: string): void {
    this.#clamped.add(file, line, text);
  }

  /** For the message when nothing is left: why the first row could not be used; '' when none was refused. */
  firstRejection(): string {
    const first = this.#rejected.finish().listed[0];
    return first === undefined ? '' : `; the first that cannot be used is line ${first.line}: ${first.text}`;
  }

  finish(initialJobs: number, horizonUs: number): ReadReport {
    return {
      rows: this.rows,
      accepted: this.accepted,
      rejected: this.#rejected.finish(),
      repaired: this.#repaired.finish(),
      clamped: this.#clamped.finish(),
      outsideWindow: this.outsideWindow,
      notSampled: this.notSampled,
      initialJobs,
      horizonUs,
    };
  }
}

class NotesBuilder {
  #total = 0;
  readonly #listed: RowNote[] = [];

  add(file: string, line: number, text: string): void {
    this.#total++;
    if (this.#listed.length < LISTED_ROWS) this.#listed.push({ file, line, text });
  }

  finish(): RowNotes {
    return { total: this.#total, listed: this.#listed };
  }
}
