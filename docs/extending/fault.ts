import { DURATION_US, type Fault, type FaultKindDefinition, type FaultSource, type Plugin, z } from '../../src/index.ts';

/** A kind says what happens to machines: here they go on at half their speed, as with a failing power supply. */
const brownout: FaultKindDefinition = {
  name: 'brownout',
  summary: 'example: machines run at half speed',
  takesFactor: false,
  create: ({ world }) => ({
    begin: ({ machines }) => machines.forEach((machine) => world.slow(machine, 2)),
    end: ({ machines }) => machines.forEach((machine) => world.slow(machine, 1)),
  }),
};

const ROLLING = z.strictObject({
  source: z.literal('rolling'),
  kind: z.literal('brownout'),
  at: DURATION_US.describe('when the first machine is hit'),
  every: DURATION_US.describe('distance of the machines'),
  duration: DURATION_US.describe('how long each is hit'),
});

/** A source says when, and which: here one machine after the other. What befalls one machine must not depend on which others there are. */
const rolling: FaultSource<z.output<typeof ROLLING>> = {
  name: 'rolling',
  summary: 'example: one machine after the other, in order',
  schema: ROLLING,
  faults: ({ kind, at, every, duration }, { inventory, fromUs, untilUs }) =>
    inventory.names
      .map((label, machine) => ({ kind: kind as string as Fault['kind'], atUs: at + machine * every, machines: [machine], durationUs: duration, factor: 1, label }))
      .filter(({ atUs }) => atUs >= fromUs && atUs < untilUs),
};

export default { name: 'example-fault', faultKinds: [brownout], faultSources: [rolling] } satisfies Plugin;
