/** A table of the page with what has to be known to read it. */
export interface PageTable {
  readonly title: string;
  readonly note: string;
  readonly columns: readonly string[];
  readonly rows: readonly (readonly string[])[];
}
