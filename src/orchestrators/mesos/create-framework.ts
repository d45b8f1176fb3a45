import { BatchFramework } from './batch/batch-framework.ts';
import { Chronos } from './chronos/chronos.ts';
import type { FrameworkSpec } from './framework-entries.ts';
import type { Framework, FrameworkParts } from './framework-parts.ts';
import { Marathon } from './marathon/marathon.ts';
import type { MesosOptions } from './mesos-options.ts';

/** Creates a framework of the kind that its entry names, with the entry's settings or else those of its kind. */
export function createFramework({ entry }: FrameworkSpec, parts: FrameworkParts, options: MesosOptions): Framework {
  switch (entry.kind) {
    case 'marathon':
      return new Marathon(parts, entry.settings ?? options.marathon);
    case 'chronos':
      return new Chronos(parts, entry.settings ?? options.chronos);
    case 'batch':
      return new BatchFramework(parts, entry.settings ?? options.batch);
  }
}
