import type { RunRecord, RunTiming } from './run-record.ts';

/** Measures what a run cost. CPU time is that of the calling thread. */
export function timed(body: () => RunRecord): { record: RunRecord; timing: RunTiming } {
  const wall = performance.now();
  const cpu = process.threadCpuUsage();
  const record = body();
  const { user, system } = process.threadCpuUsage(cpu);
  const wallS = (performance.now() - wall) / 1000;
  return {
    record,
    timing: {
      wallS: rounded(wallS, 1000),
      cpuS: rounded((user + system) / 1e6, 1000),
      maxRssMb: rounded(process.resourceUsage().maxRSS / 1024, 10),
      eventsPerSecond: Math.round(record.eventCount / Math.max(wallS, 1e-6)),
    },
  };
}

function rounded(value: number, scale: number): number {
  return Math.round(value * scale) / scale;
}
