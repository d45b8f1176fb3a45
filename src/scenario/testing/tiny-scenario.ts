/** A small valid scenario, for tests that break it in one place. */
export const TINY_SCENARIO = `name: tiny
question: Does a tiny cluster keep up?
seeds: 1..2
workload:
  source:
    synthetic:
      generator: poisson
      horizon: 10min
      jobs:
        - name: batch
          meanGap: 10s
          duration: { kind: exponential, mean: 1min }
          shapes: [ { cpu: 1, memory: 1GiB } ]
cluster:
  machines:
    - { count: 4, cpu: 4, memory: 16GiB }
orchestrators:
  - reference/fifo
  - { use: reference/loss, label: loss }
faults:
  - { source: scripted, kind: crash, at: 3min, duration: 1min, pick: 1 }
`;
