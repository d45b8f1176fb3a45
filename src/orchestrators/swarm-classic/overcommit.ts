/**
 * Capacity of an engine as the scheduler counts it: `--cluster-opt swarm.overcommit` as a whole per cent, truncated, and the allowance truncated again
 * (docker/classicswarm 1.2.9, cluster/engine.go, NewEngine, TotalCpus, TotalMemory). Below 20 CPUs the default of 5 % adds none.
 */
export function withOvercommit(amount: number, ratio: number): number {
  const percent = Math.trunc(ratio * 100);
  return amount + Math.trunc((amount * percent) / 100);
}
