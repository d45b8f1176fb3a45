import { describe, expect, it } from 'vitest';
import { ExitOutcome } from '../world/exit-outcome.ts';
import { MachineState } from '../world/world-observer.ts';
import { RecordKind } from './log.ts';
import { measured, type Pen } from './testing/measured.ts';

const web = { shape: { kind: 'service' as const, cpuMilli: 1000 }, durationsUs: [Infinity] };

/** A service on two machines, submitted at 0, in a window of 100 s. */
function routes(write: (pen: Pen) => void) {
  const { value } = measured({ machines: [{}, {}], jobs: [web], windowS: [0, 100] }, (pen) => {
    pen.submit(0, 0);
    write(pen);
  });
  return [value('staleRouteS'), value('unroutedS')];
}

describe('the family of routes', () => {
  it('counts an instance as unrouted until clients are sent to it, and its route as stale once it is gone', () => {
    expect(routes((pen) => {
      pen.start(10, 0, 0, 0);
      pen.record(13, RecordKind.route, 0, 0);
      pen.end(50, 0, 0, 0, ExitOutcome.failed);
      pen.record(57, RecordKind.unroute, 0, 0);
    })).toEqual([7, 3]);
  });

  it('holds a route to a machine that is cut off for stale, until the machine is back', () => {
    expect(routes((pen) => {
      pen.start(10, 0, 0, 0);
      pen.record(10, RecordKind.route, 0, 0);
      pen.machine(20, 0, MachineState.cutOff);
      pen.machine(35, 0, MachineState.up);
    })).toEqual([15, 0]);
  });

  it('says nothing of systems that publish no view', () => {
    expect(routes((pen) => pen.start(10, 0, 0, 0))).toEqual([null, null]);
  });
});
