/** Columns of the task list, in the order in which they are written. Meaning and units: docs/traces.md. */
export const TASK_COLUMNS = ['submit', 'job', 'tasks', 'kind', 'duration', 'cpu', 'memory', 'gpu', 'gpuMilli', 'gpuModels', 'image', 'priority', 'constraints', 'after', 'user', 'failureShare'] as const;
export const REQUIRED_TASK_COLUMNS = ['submit', 'job', 'duration', 'cpu', 'memory'] as const;

/** Columns of the machine list. */
export const MACHINE_COLUMNS = ['name', 'cpu', 'memory', 'gpu', 'gpuModel', 'slots', 'rack', 'zone', 'attributes'] as const;
export const REQUIRED_MACHINE_COLUMNS = ['name', 'cpu', 'memory'] as const;

export type TaskColumn = (typeof TASK_COLUMNS)[number];
export type MachineColumn = (typeof MACHINE_COLUMNS)[number];

/** Between the entries of a list inside a field. */
export const LIST_SEPARATOR = ';';
/** Between acceptable GPU models. */
export const MODEL_SEPARATOR = '|';
