/** A value of a result table: a text only where a quantile is not determined (`>3600`) or the column holds text; `null` = not defined, an empty cell. */
export type CellValue = number | string | null;

/** A row of a result table: its columns in order. */
export type ResultRow = readonly (readonly [column: string, value: CellValue])[];
