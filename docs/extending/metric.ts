import { type MetricDefinition, type Plugin, RAN, RecordKind } from '../../src/index.ts';

/** A metric hears of every state change and ends in values for its columns of runs.csv: here the mean number of machines on which anything ran. */
const machinesInUse: MetricDefinition = {
  name: 'machines-in-use',
  columns: [{ name: 'machinesInUseMean', unit: 'machines', decimals: 6, definition: 'machines with at least one container at work, mean over the window' }],
  create({ inventory, window }) {
    const running = new Int32Array(inventory.count);
    let inUse = 0;
    let sinceUs = window.fromUs;
    let integralUs = 0;
    const advance = (timeUs: number): void => {
      const untilUs = Math.min(timeUs, window.toUs);
      if (untilUs <= sinceUs) return;
      integralUs += inUse * (untilUs - sinceUs);
      sinceUs = untilUs;
    };
    return {
      record(timeUs, kind, _task, machine, outcome) {
        if (kind === RecordKind.start) {
          advance(timeUs);
          if (running[machine]!++ === 0) inUse++;
        } else if (kind === RecordKind.end && outcome >= RAN) {
          advance(timeUs);
          if (--running[machine]! === 0) inUse--;
        }
      },
      finish(nowUs) {
        advance(nowUs);
        return [integralUs / (window.toUs - window.fromUs)];
      },
    };
  },
};

export default { name: 'example-metric', metrics: [machinesInUse] } satisfies Plugin;
