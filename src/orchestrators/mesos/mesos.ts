import type { OrchestratorDefinition } from '../orchestrator.ts';
import { checkJobNames } from './chronos/check-job-names.ts';
import { MesosCluster } from './mesos-cluster.ts';
import { MESOS_OPTIONS, type MesosOptions } from './mesos-options.ts';
import { checkMachineNames, checkReservations } from './reservations.ts';
import { machineTotal } from './resource-kinds.ts';
import { MESOS_TRANSLATIONS, translate } from './translate.ts';

/** Apache Mesos with Marathon for services and a batch framework or Chronos for jobs that end. */
export const mesos: OrchestratorDefinition<MesosOptions> = {
  name: 'mesos',
  models: 'Apache Mesos 1.12, Marathon 1.11, Chronos 3.0, Mesos-DNS 0.9',
  summary: 'Apache Mesos: resource offers by hierarchical DRF; Marathon runs services, a batch framework or Chronos runs jobs that end',
  capabilities: {
    queues: true,
    gangs: false,
    dependencies: false,
    fractionalCpu: true,
    gpu: true,
    gpuShares: false,
    constraints: true,
    priorities: false,
    finishedTasksHoldResources: false,
    replacesLostServices: true,
    replacesLostBatch: true,
  },
  options: MESOS_OPTIONS as OrchestratorDefinition<MesosOptions>['options'],
  translations: MESOS_TRANSLATIONS,
  nativeFormats: ['marathon'],
  translate,
  check: ({ frameworks, chronos, reservations, agent, master }, { workload, inventory }) => {
    checkMachineNames('agent.oversubscription.machines', agent.oversubscription?.machines ?? [], inventory);
    checkMachineNames('master.whitelist', master.whitelist ?? [], inventory);
    checkReservations(reservations, inventory, (machine) => machineTotal(inventory, machine));
    for (const entry of frameworks) if (entry.kind === 'chronos') checkJobNames(entry.settings ?? chronos, workload);
  },
  create: (context, options) => new MesosCluster(context, options),
};
