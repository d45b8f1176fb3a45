import { TIME_DECIMALS } from './format-cell.ts';

/** One column of a result file. */
export interface Column {
  readonly name: string;
  /** `s`, `share` (0 to 1), `count`, `text`... */
  readonly unit: string;
  /** Most decimals printed; `null` = text. */
  readonly decimals: number | null;
  readonly definition: string;
  /** Who fills it in: the metrics of a run, or whoever runs it. */
  readonly from: 'run' | 'metrics';
}

/** A result file: the single source for its header, its number format and its documentation. */
export interface OutputFile {
  readonly file: string;
  readonly rows: string;
  readonly columns: readonly Column[];
}

const SHARE_DECIMALS = 6;
const LEVEL_DECIMALS = 9;

function text(name: string, definition: string, from: Column['from'] = 'run'): Column {
  return { name, unit: 'text', decimals: null, definition, from };
}

function count(name: string, definition: string, from: Column['from'] = 'metrics'): Column {
  return { name, unit: 'count', decimals: 0, definition, from };
}

function share(name: string, definition: string): Column {
  return { name, unit: 'share', decimals: SHARE_DECIMALS, definition, from: 'metrics' };
}

function seconds(name: string, definition: string, from: Column['from'] = 'metrics'): Column {
  return { name, unit: 's', decimals: TIME_DECIMALS, definition, from };
}

/** A mean number of tasks over a time: fine enough for Little's law over all cells of a grid to hold to nine digits. */
function level(name: string, definition: string): Column {
  return { name, unit: 'tasks', decimals: LEVEL_DECIMALS, definition, from: 'metrics' };
}

function number(name: string, unit: string, definition: string, from: Column['from'] = 'metrics'): Column {
  return { name, unit, decimals: SHARE_DECIMALS, definition, from };
}

const RUN = text('run', 'run id: twelve hexadecimal digits, a hash of everything that determines the run');
const CELL = text('cell', 'identifies the combination of all that is compared, but for the seed: the label of the orchestrator, and in a sweep the values of its axes');
const LABEL = text('label', 'label of the orchestrator in the scenario; its name unless the scenario gives another');
const ORCHESTRATOR = text('orchestrator', 'name of the orchestrator');
const SEED = text('seed', 'root seed of the run');
const SERIES = [RUN, CELL, ORCHESTRATOR, SEED];

const RESOURCES = [
  { name: 'Cpu', word: 'CPU' },
  { name: 'Memory', word: 'memory' },
  { name: 'Gpu', word: 'GPU' },
];
const CENSORED = 'text such as `>3600` where tasks that never started (or never finished) leave it undetermined: the quantile with these tasks as far as they got, a lower bound';

/** What a machine delivers of the requests that run on it where it is over-committed. */
const delivered = (word: string): string =>
  word === 'CPU'
    ? 'on a machine whose containers request, or really use, more CPU than it has, capacity / requests or capacity / use of each request, the smaller of the two'
    : `on a machine whose containers request more ${word} than it has, capacity / requests of each`;

const UTILIZATION = RESOURCES.flatMap(({ name, word }) => [
  share(`useful${name}Share`, `useful ${word} time / (nominal capacity x window), at most 1: held, less duplicate, less lost. Batch: the run of the attempt that finished first, and of what still runs at the end${word === 'CPU' ? ', so request x pure run time also where want of CPU has stretched the run' : ''}; services: all time in which an instance makes progress, once (of several the one that began first)`),
  share(`held${name}Share`, `${word} physically taken by running containers / (nominal capacity x window), at most 1: the request as submitted; ${delivered(word)}`),
  share(`reserved${name}Share`, `${word} taken in the books of the orchestrator (request as translated, from bind to release) / (nominal capacity x window); above 1 where the books hold lost machines or over-commit`),
  share(`useful${name}ShareOfUp`, `useful ${word} time / capacity of machines while they did work (neither down nor hung), at most 1`),
]);

const RUNS: OutputFile = {
  file: 'runs.csv',
  rows: 'run',
  columns: [
    RUN,
    text('scenario', 'name of the scenario'),
    CELL,
    LABEL,
    ORCHESTRATOR,
    SEED,
    count('machines', 'machines in the inventory'),
    count('submitted', 'tasks submitted until the end of the window = finished + cancelled + gaveUp + pendingAtEnd + runningAtEnd'),
    count('translated', 'of them tasks whose request was changed by a translation rule'),
    count('rejected', 'tasks that the orchestrator cannot express: never submitted'),
    count('started', 'tasks of which an instance has begun to do work'),
    count('finished', 'batch tasks whose client knows that they have finished'),
    count('cancelled', 'tasks that their client took back: services at the end of their lifetime'),
    count('gaveUp', 'tasks that their client stopped trying to run'),
    count('refused', 'refusals (one task may be refused many times)'),
    count('retries', 'submissions after the first'),
    count('failedAttempts', 'containers that failed by themselves or were killed for memory'),
    count('lostAttempts', 'containers that ended with their machine or supervisor'),
    count('pendingAtEnd', 'tasks without running instance at the end of the window'),
    count('runningAtEnd', 'tasks with a running instance at the end of the window (or done, but not reported to the client yet)'),
    count('initialTasks', 'tasks submitted at or before the start of the window; left out of waits and slowdowns unless the scenario counts them'),
    ...RESOURCES.map(({ name, word }) => share(`offeredLoad${name}`, `offered load: ${word} request x duration of all tasks submitted before the end of the window / (nominal capacity x time until then); tasks at time zero and services without end count up to the end of the window`)),
    ...UTILIZATION,
    share('duplicateCpuShare', 'CPU held by second and further instances of a task that ran at the same time, or after its work was done / (nominal capacity x window)'),
    share('lostCpuShare', 'CPU of work that came to nothing: held - useful - duplicate / (nominal capacity x window)'),
    share('fragmentedCpuShare', 'free CPU on machines at work that the typical mix of the workload cannot use / (nominal capacity x window)'),
    share('fragmentedGpuShare', 'the same for GPU, device by device'),
    share('downCpuShare', 'CPU of machines that were down or hung / (nominal capacity x window)'),
    { ...seconds('waitMeanS', 'mean wait from first submission to first start, through retries, over all submitted tasks; text such as `>12.5`, a lower bound, if any of them never started'), unit: 's or >s' },
    ...['50', '90', '95', '99'].map((p) => ({ ...seconds(`waitP${p}S`, `${p} % quantile of that wait over all submitted tasks; ${CENSORED}`), unit: 's or >s' })),
    seconds('startedWaitP50S', 'median wait of the tasks that started'),
    seconds('startedWaitP99S', '99 % quantile of the wait of the tasks that started'),
    share('censoredShare', 'share of submitted tasks that had not started when they ended or the window closed'),
    ...['50', '99'].map((p) => ({ ...number(`slowdownP${p}`, 'ratio or >ratio', `${p} % quantile over submitted batch tasks of (done - first submission) / pure run time; tasks without work left out; ${CENSORED}`) })),
    seconds('makespanS', 'first submission to last task done; empty unless every task of the workload finished or, being a service, was cancelled'),
    number('throughputPerHour', '1/h', 'tasks finished inside the window per hour'),
    count('decisions', 'placement decisions taken, successful or not'),
    seconds('decisionBusyS', 'simulated time that serial components were busy deciding'),
    count('machinesScored', 'machines looked at one by one in decisions'),
    count('offersSent', 'resource offers sent'),
    count('offersDeclined', 'resource offers declined'),
    count('conflicts', 'optimistic writes or commits that lost'),
    count('writes', 'writes to the API or the store'),
    count('cycles', 'allocation or scheduling cycles executed'),
    level('queueDepthMean', 'tasks waiting inside the orchestrator, mean over the window; empty if it has no queue'),
    count('queueDepthMax', 'most tasks that waited inside the orchestrator'),
    count('preemptions', 'instances pushed out for more important ones'),
    count('evictions', 'instances pushed out by the orchestrator otherwise'),
    number('fairnessJain', 'index', "Jain's index over the users' mean dominant shares: 1 = all alike, 1/n = one has all; empty if nobody held anything"),
    share('dominantShareMax', 'largest mean dominant share of a user: the largest of its shares of CPU, memory and GPU by the requests of running instances, followed over time; above 1 where machines are over-committed'),
    count('faults', 'faults that began inside the window'),
    count('faultsHit', 'of them faults that ended or cut off at least one attempt; the quantiles below are over these'),
    count('attemptsHit', 'attempts that faults ended or cut off'),
    seconds('detectP50S', 'median time from fault to detection, over the faults that were detected'),
    seconds('decideP50S', 'median time from fault to the first decision to replace, over the faults for which there was one'),
    seconds('replaceP50S', 'median time from fault to the first replacement bound, over the faults for which there was one'),
    ...['50', '90'].map((p) => ({ ...seconds(`restoreP${p}S`, `${p} % quantile of the time from fault until every task that it hit runs again, has ended or was cancelled (Kaplan-Meier: faults not restored by the end are censored; text such as \`>600\` where undetermined)`), unit: 's or >s' })),
    share('restoreCensoredShare', 'share of faults that hit an attempt and were not restored by the end of the window'),
    seconds('missingReplicaS', 'service tasks x time that faults left them without a reachable instance'),
    seconds('workRedoneS', 'run time of batch attempts that faults ended: to be done again'),
    seconds('duplicateRunS', 'time that attempts which a fault had cut off ran beside a replacement'),
    count('tasksLost', 'tasks that faults hit and that their client then gave up'),
    share('availabilityServices', 'share of the time between first start and end of services in which an instance ran on a machine that was up, not hung and not cut off'),
    seconds('staleRouteS', 'service tasks x time for which clients were sent to a machine where no instance of the task ran or could be reached (service discovery, endpoints or load balancer behind the truth); empty where the system publishes no such view'),
    seconds('unroutedS', 'service tasks x time for which an instance ran and could be reached, but no client was sent to it'),
    seconds('leaderlessS', 'time in the window during which an ensemble had no leader; empty where leadership is no notion of the orchestrator'),
    count('eventCount', 'simulation events executed', 'run'),
    count('recordCount', 'state changes logged', 'run'),
    text('digest', '64-bit hash over all state changes: equal digests = equal runs'),
  ],
};

const TIMELINE: OutputFile = {
  file: 'timeline.csv',
  rows: 'run x cell of the time grid; levels are means over the cell',
  columns: [
    ...SERIES,
    seconds('timeS', 'start of the cell'),
    ...['Cpu', 'Gpu', 'Memory'].flatMap((name) => [
      share(`reserved${name}Share`, `as in runs.csv, over the cell`),
      share(`held${name}Share`, `as in runs.csv, over the cell`),
      share(`useful${name}Share`, `as in runs.csv, over the cell`),
    ]),
    level('pending', 'submitted tasks that wait for an instance, first or new'),
    level('running', 'submitted tasks with a running instance'),
    number('machinesUp', 'machines', 'machines neither down nor hung'),
    share('leaderPresent', 'share of the cell in which every ensemble had a leader; empty where leadership is no notion of the orchestrator'),
    level('queueDepth', 'tasks waiting inside the orchestrator; empty if it has no queue'),
  ],
};

const RECOVERIES: OutputFile = {
  file: 'recoveries.csv',
  rows: 'run x fault that began inside the window; times are absolute simulated times',
  columns: [
    ...SERIES,
    { ...count('fault', 'number of the fault in the plan, from 0'), unit: 'index' },
    text('kind', 'what befell the machines', 'metrics'),
    text('label', 'what was asked for', 'metrics'),
    count('machines', 'machines concerned'),
    count('attemptsHit', 'attempts that the fault ended or cut off; of a drain, or of an eviction while the fault is in force, those that left because of it'),
    seconds('injectedS', 'when it began'),
    seconds('detectedS', 'when the orchestrator first held one of the machines for failed; empty = it did not'),
    seconds('decidedS', 'when it first decided to replace an instance that was hit'),
    seconds('replacedS', 'when it first bound a replacement'),
    seconds('restoredS', 'when the last task that was hit ran again where it could be reached, had ended or was cancelled; empty = not by the end, or nothing was hit'),
    text('restoredBy', 'how the last of them was: `in-place` (new instance on the same machine), `replacement` (on another), `returned` (the instance that was cut off), `ended`', 'metrics'),
    seconds('endedS', 'when the fault was undone; empty = not by the end'),
    seconds('capacityBlockedS', 'time until restored in which a task that was hit had no machine with enough capacity left in the books of the orchestrator'),
    seconds('missingReplicaS', 'service tasks x time without a reachable instance'),
    seconds('workRedoneS', 'run time of the batch attempts that it ended'),
    seconds('duplicateRunS', 'time that attempts which it had cut off ran beside a replacement'),
    count('tasksLost', 'tasks that it hit and that their client then gave up'),
  ],
};

const WAITS: OutputFile = {
  file: 'waits.csv',
  rows: 'run x point of the complementary distribution of waits; the last point of each kind has the share that never started',
  columns: [
    ...SERIES,
    text('kind', '`batch`, `service` or `all`', 'metrics'),
    seconds('waitS', 'a wait from first submission to first start'),
    share('shareLonger', 'share of all submitted tasks of the kind that waited longer or never started; initial tasks left out'),
  ],
};

const TRANSLATIONS: OutputFile = {
  file: 'translations.csv',
  rows: 'run x rule of the translation table of its orchestrator',
  columns: [
    RUN,
    CELL,
    ORCHESTRATOR,
    text('rule', 'key of the rule'),
    text('meaning', 'what the system cannot express and what is done instead'),
    count('shapes', 'distinct requests to which it applied', 'run'),
    count('tasks', 'tasks to which it applied', 'run'),
    count('rejectedTasks', 'of them tasks that could not be expressed at all', 'run'),
  ],
};

const COMPONENTS: OutputFile = {
  file: 'components.csv',
  rows: 'run x serial component of the control plane (scheduler, allocator) of systems that keep such books',
  columns: [
    ...SERIES,
    text('component', 'name of the component'),
    count('decisions', 'attempts to place a job; requests with those sent again, of an API server', 'run'),
    count('commits', 'transactions that went through whole', 'run'),
    count('conflicts', 'transactions that lost anything to another component', 'run'),
    number('conflictFraction', 'ratio', 'conflicts per transaction that went through whole', 'run'),
    count('abandonedJobs', 'jobs given up; requests answered "too many requests"', 'run'),
    seconds('busyS', 'simulated time spent deciding; of an API server per seat', 'run'),
    { ...share('busyShare', 'that time / time from zero to the end of the window: the busyness of the Omega paper'), from: 'run' },
    count('jobs', 'jobs that came to their first attempt', 'run'),
    seconds('jobWaitMeanS', 'mean time from the arrival of a job at the component to its first attempt, or of a request until it has a seat', 'run'),
  ],
};

const ELECTIONS: OutputFile = {
  file: 'elections.csv',
  rows: 'run x change of leader',
  columns: [
    ...SERIES,
    text('ensemble', 'the roles that elect one leader'),
    text('cause', 'why the last leader went'),
    text('lastLeader', 'role that led before'),
    seconds('leaderlessFromS', 'when nobody led any more', 'run'),
    seconds('leaderlessToS', 'when the next one led', 'run'),
    seconds('firstWriteS', 'first write that succeeded after', 'run'),
    count('term', 'term or epoch of the new leader', 'run'),
    count('delayedDecisions', 'placement decisions that had to wait for it', 'run'),
  ],
};

const TASKS: OutputFile = {
  file: 'tasks.csv',
  rows: 'attempt of a task (on request); a task that was never bound has one row with attempt 0',
  columns: [
    RUN,
    text('task', 'name of the task', 'metrics'),
    count('attempt', 'number of the attempt, from 1'),
    seconds('submitS', 'first submission of the task'),
    seconds('bindS', 'when the orchestrator committed capacity'),
    seconds('startS', 'when the container began to do work'),
    seconds('endS', 'when the container ended, or the orchestrator took the capacity back before there was one'),
    text('machine', 'name of the machine', 'metrics'),
    text('outcome', '`finished`, `failed`, `out-of-memory`, `stopped`, `machine-lost`, `supervisor-lost`; `released` (no container came of it), `running`, `starting`; without attempt: `pending`, `rejected`, `refused`, `cancelled`, `gave-up`', 'metrics'),
    text('reason', 'why: `evicted`, `preempted`, or the last refusal in the words of the system', 'metrics'),
    seconds('doneS', 'when the task was over for its client: known to have finished, cancelled or given up; the same on all rows of the task, empty = not by the end'),
  ],
};

const FAILURES: OutputFile = {
  file: 'failures.csv',
  rows: 'run that did not complete; it is in no other file',
  columns: [...SERIES, text('error', 'what broke'), text('command', 'repeats the run')],
};

const TIMING: OutputFile = {
  file: 'timing.csv',
  rows: 'run; the only file that depends on the computer',
  columns: [
    RUN,
    seconds('wallS', 'wall-clock time', 'run'),
    seconds('cpuS', 'processor time', 'run'),
    number('maxRssMb', 'MB', 'most memory that the process had had by the end of the run', 'run'),
    number('eventsPerSecond', '1/s', 'simulation events per second of wall-clock time', 'run'),
  ],
};

const FAULTS: OutputFile = {
  file: 'faults.csv',
  rows: 'fault of the plan (one file per seed); can be read back as a plan',
  columns: [
    { ...count('fault', 'number of the fault, from 0', 'run'), unit: 'index' },
    text('kind', 'what befalls the machines'),
    text('label', 'what was asked for'),
    seconds('atS', 'when it begins', 'run'),
    seconds('durationS', 'until it is undone; empty = never', 'run'),
    number('factor', 'ratio', 'how many times slower, for kinds that have a factor; else 1', 'run'),
    text('machines', 'names of the machines, joined by spaces'),
  ],
};

/** Every result file that holds figures of runs. */
const PER_SEED = 'over the seeds of the cell, in the unit of the column';
const AGGREGATE: OutputFile = {
  file: 'aggregate.csv',
  rows: 'cell x column of runs.csv that has a value in one of its runs; written by `seatrial report`',
  columns: [
    CELL,
    text('label', 'label of the orchestrator in the scenario'),
    ORCHESTRATOR,
    text('column', 'column of runs.csv'),
    text('unit', 'unit of that column: `s`, `share`, `1/h`; empty for counts and ratios'),
    count('runs', 'runs of the cell', 'run'),
    count('defined', 'of them runs in which the column has a value; what follows is over these', 'run'),
    count('censored', 'of them runs in which only a lower bound is known', 'run'),
    text('mean', `mean ${PER_SEED}; text such as \`>12.5\` where one of them is a lower bound`),
    number('meanLow', 'unit of the column', 'lower end of the 95 % interval of the mean (Student t); empty for one seed, and where a run has no value or a bound', 'run'),
    number('meanHigh', 'unit of the column', 'upper end of it', 'run'),
    number('bootstrapLow', 'unit of the column', 'lower end of the 95 % BCa bootstrap interval of the mean (2,000 resamples, fixed seed)', 'run'),
    number('bootstrapHigh', 'unit of the column', 'upper end of it', 'run'),
    text('median', `median ${PER_SEED}; text such as \`>12.5\` where bounds leave it undetermined`),
    number('medianLow', 'unit of the column', 'lower end of the distribution-free interval of the median with at least 95 % confidence (order statistics); empty for fewer than six seeds', 'run'),
    number('medianHigh', 'unit of the column', 'upper end of it', 'run'),
    number('deviation', 'unit of the column', `standard deviation ${PER_SEED}`, 'run'),
    number('minimum', 'unit of the column', `smallest value ${PER_SEED}`, 'run'),
    number('maximum', 'unit of the column', `largest value ${PER_SEED}`, 'run'),
    text('baseline', 'cell that this one is compared with: equal axes under the first orchestrator of the plan (`seatrial report --baseline` names another), or, where there is one orchestrator, the first cell'),
    text('pairing', '`same inputs`: pairs with equal seed, workload, machines and faults; `same seeds`: paired by seed, inputs differ; `independent`: no seed in common'),
    count('pairs', 'pairs compared', 'run'),
    number('difference', 'unit of the column', 'mean of this cell less mean of the baseline, over the pairs', 'run'),
    number('differenceLow', 'unit of the column', 'lower end of the 95 % interval of the difference (paired Student t; Welch where independent)', 'run'),
    number('differenceHigh', 'unit of the column', 'upper end of it', 'run'),
    number('pHolm', 'probability', 'two-sided p-value of "no difference", after the correction of Holm for all rows of one `column`', 'run'),
    number('varianceReduction', 'share', 'part of the variance of the difference that common random numbers took away; only where pairs had the same inputs', 'run'),
    text('verdict', '`better`, `worse`, `higher`, `lower`, `no difference seen`, `identical` or `not determined`, at 5 % after the correction'),
  ],
};

const STEADY: OutputFile = {
  file: 'steady.csv',
  rows: 'cell x level of timeline.csv, without the warm-up; written by `seatrial report`',
  columns: [
    CELL,
    text('label', 'label of the orchestrator in the scenario'),
    ORCHESTRATOR,
    text('column', 'column of timeline.csv'),
    seconds('warmUpS', 'end of the warm-up, the same for all orchestrators of one setting: the latest cut of MSER-5 on the mean over seeds', 'run'),
    text('steady', '`yes` where the best cut lies in the first half of the window for every orchestrator of the setting; otherwise the level still moves, and no mean is given'),
    count('runs', 'runs of the cell', 'run'),
    number('mean', 'unit of the column', 'mean over seeds of the level after the warm-up', 'run'),
    number('meanLow', 'unit of the column', 'lower end of its 95 % interval over seeds (Student t)', 'run'),
    number('meanHigh', 'unit of the column', 'upper end of it', 'run'),
  ],
};

export const OUTPUT_FILES: readonly OutputFile[] = [RUNS, TIMELINE, RECOVERIES, WAITS, TRANSLATIONS, COMPONENTS, ELECTIONS, TASKS, FAILURES, TIMING, FAULTS, AGGREGATE, STEADY];

/** Columns of a file in order. */
export function columnsOf(file: string): readonly Column[] {
  const found = OUTPUT_FILES.find((each) => each.file === file);
  if (found === undefined) throw new RangeError(`there is no result file "${file}"`);
  return found.columns;
}
