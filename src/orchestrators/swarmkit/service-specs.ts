import type { Shape } from '../../workload/shape.ts';
import type { MachineInventory } from '../../world/machine-inventory.ts';
import { type ComposeSettings, composeSettings } from './compose-settings.ts';
import { GPU_KIND, GPU_MODEL_LABEL, hasSlots, SLOT_KIND } from './node-descriptions.ts';
import type { SwarmkitOptions } from './options.ts';
import type { Constraint } from '../../workload/readers/compose/placement-constraint.ts';
import type { TaskSpec } from './scheduler/task-spec.ts';
import type { ServiceSpec, UpdateConfig } from './store/service-spec.ts';
import { labelConstraint } from './translate.ts';

const NANO_PER_MILLI = 1_000_000;

/** Parts of a specification that all services of one shape share. */
interface Template {
  readonly task: TaskSpec;
  readonly content: string;
  readonly compose: ComposeSettings | null;
  /** The first version of a service with one task: by far the most common. */
  single: ServiceSpec | null;
}

/** Makes service specifications from requests: from the neutral fields, or from the user's own Compose settings where there are any. */
export class ServiceSpecs {
  readonly #options: SwarmkitOptions;
  readonly #inventory: MachineInventory;
  readonly #shapes: readonly (Shape | null)[];
  readonly #templates: (Template | undefined)[] = [];

  constructor(shapes: readonly (Shape | null)[], inventory: MachineInventory, options: SwarmkitOptions) {
    this.#shapes = shapes;
    this.#inventory = inventory;
    this.#options = options;
  }

  /** @param size tasks of the job @param wanted those that should exist now */
  of(shapeIndex: number, size: number, wanted: number, version: number): ServiceSpec {
    const shape = this.#shapes[shapeIndex]!;
    const template = (this.#templates[shapeIndex] ??= this.#template(shape));
    if (size !== 1 || wanted !== 1 || version !== 0) return this.#make(template, shape, shapeIndex, size, wanted, version);
    return (template.single ??= this.#make(template, shape, shapeIndex, 1, 1, 0));
  }

  #make({ task, content, compose }: Template, shape: Shape, shapeIndex: number, size: number, wanted: number, version: number): ServiceSpec {
    const options = this.#options;
    const update: UpdateConfig = {
      parallelism: options.updateParallelism,
      delayUs: options.updateDelay,
      failureAction: options.updateFailureAction,
      monitorUs: options.updateMonitor,
      maxFailureRatio: options.updateMaxFailureRatio,
      order: options.updateOrder,
    };
    const job = shape.kind === 'batch';
    // Work that ends is a job, whatever the file calls it: a service would run it again and again.
    const mode = job ? (compose?.mode === 'global' || compose?.mode === 'global-job' ? 'global-job' : 'replicated-job') : compose?.mode === 'global' ? 'global' : 'replicated';
    return {
      version,
      shape: shapeIndex,
      mode,
      replicas: job ? size : wanted,
      maxConcurrent: size,
      task,
      content,
      restart: {
        condition: options.restartCondition,
        delayUs: options.restartDelay,
        maxAttempts: options.restartMaxAttempts,
        windowUs: options.restartWindow,
        ...compose?.restart,
      },
      update: { ...update, ...compose?.update },
      // A rollback that fails pauses: it has no failure action of its own here but that.
      rollback: { ...update, failureAction: 'pause', ...compose?.rollback },
    };
  }

  #template(shape: Shape): Template {
    const compose = shape.native?.format === 'compose' ? composeSettings(shape.native.spec) : null;
    const generic = [...(compose?.generic ?? [])];
    if (shape.gpuCount > 0 && !generic.some(({ kind }) => kind === GPU_KIND)) generic.push({ kind: GPU_KIND, count: shape.gpuCount });
    if (hasSlots(this.#inventory)) generic.push({ kind: SLOT_KIND, count: 1 });
    const task: TaskSpec = {
      nanoCpus: compose === null ? Math.round(shape.cpuMilli * NANO_PER_MILLI) : compose.nanoCpus,
      memoryBytes: compose === null ? Math.ceil(shape.memoryBytes) : compose.memoryBytes,
      generic,
      constraints: [...(compose?.constraints ?? shape.constraints.map((constraint) => labelConstraint(constraint)!)), ...this.#modelConstraints(shape)],
      platforms: compose?.platforms ?? [],
      maxReplicas: compose?.maxReplicas ?? this.#options.maxReplicasPerNode,
      hostPorts: compose?.hostPorts ?? [],
      spread: compose?.spread ?? this.#options.spread,
      logDriver: compose?.logDriver ?? '',
      volumeDrivers: [],
      networkDrivers: [],
    };
    return { task, content: JSON.stringify([shape.image, shape.failureShare, shape.native?.spec ?? null, { ...task, constraints: [] }]), compose, single: null };
  }

  /** Constraints are all to be met: "one of these models" is "none of the others". */
  #modelConstraints({ gpuModels }: Shape): Constraint[] {
    if (gpuModels.length === 0) return [];
    const others = [...new Set(this.#inventory.gpuModels)].filter((model) => !gpuModels.includes(model));
    return others.map((model): Constraint => ({ key: `node.labels.${GPU_MODEL_LABEL}`, operator: '!=', value: model }));
  }
}
