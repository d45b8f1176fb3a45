import { expect, test } from 'vitest';
import { RecordKind } from '../../metrics/log.ts';
import { EMPTY_SHAPE } from '../../workload/shape.ts';
import { buildWorkload } from '../../workload/workload-builder.ts';
import { MachineInventory } from '../../world/machine-inventory.ts';
import { assemble, type AssemblyOptions } from '../assemble.ts';
import { Recorder } from '../testing/recorder.ts';
import { composeRequest } from './compose-request.ts';
import { DockerCli, type PickerFactory } from './docker-cli.ts';
import { MemoPicker, ScanPicker } from './node-picker.ts';
import { swarmClassic } from './swarm-classic.ts';

const SECOND = 1_000_000;

interface Wanted {
  readonly name: string;
  readonly compose: object;
  readonly replicas?: number;
}

/** Services, ten seconds apart, on machines of which the first has an SSD. */
function start(services: readonly Wanted[], { machines = 3, options = {}, Picker = MemoPicker as PickerFactory } = {}) {
  const records = new Recorder();
  const assembly = assemble({
    definition: { ...swarmClassic, create: (context, own) => new DockerCli(context, own as never, Picker) } as AssemblyOptions['definition'],
    inventory: new MachineInventory(Array.from({ length: machines }, (_, i) => ({ name: `n${i}`, cpuMilli: 8000, memoryBytes: 2 ** 34, attributes: i === 0 ? { storage: 'ssd' } : {} }))),
    workload: buildWorkload(
      'shop',
      services.map(({ name, compose, replicas = 1 }, i) => ({ name, submitUs: i * 10 * SECOND, shape: { ...EMPTY_SHAPE, kind: 'service' as const, native: { format: 'compose' as const, spec: compose } }, durationsUs: Array.from({ length: replicas }, () => Infinity) })),
    ),
    seed: 1,
    collectors: [records],
    options,
  });
  const placed = () => records.of(RecordKind.start).map(({ a, b }) => `${assembly.workload.taskName(a)}@n${b}`);
  return { ...assembly, records, placed };
}

test('a service says its expressions in labels and, behind them, in its environment', () => {
  const request = composeRequest(
    {
      labels: { 'com.docker.swarm.constraints': '["region==eu*"]', 'com.docker.swarm.affinities': 'nonsense', tier: 'web' },
      environment: ['constraint:storage==ssd', 'affinity:container!=~db', 'reschedule:on-node-failure', 'PATH=/bin'],
      ports: ['8080:80', '127.0.0.1:53:53/udp', '443', '9000-9001:90-91', { target: 70, published: '7000', host_ip: '::' }],
      links: ['db:database'],
      volumes_from: ['data:ro', 'container:old:rw'],
      network_mode: 'service:proxy',
    },
    (service) => `${service}/0`,
  );
  expect(request).toMatchObject({ constraints: ['region==eu*', 'storage==ssd'], affinities: ['container!=~db'], whitelists: [], reschedule: ['on-node-failure'], links: ['db/0'], volumesFrom: ['data/0', 'old'], networkMode: 'container:proxy/0' });
  expect(request.portBindings.map(({ port, hostIp, hostPort }) => `${hostIp}|${hostPort}|${port}`)).toEqual(['|8080|80/tcp', '127.0.0.1|53|53/udp', '||443/tcp', '|9000|90/tcp', '|9001|91/tcp', '::|7000|70/tcp']);
  expect(composeRequest({ environment: { 'constraint:storage': '=ssd', 'reschedule:off': '' } }, String)).toMatchObject({ constraints: ['storage==ssd'], reschedule: ['off'] });
});

test.each([MemoPicker, ScanPicker])('constraints, affinities, links and published ports of Compose files decide where containers go (%o)', (Picker) => {
  const run = start(
    [
      { name: 'db', compose: { environment: ['constraint:storage==ssd'] } },
      { name: 'cache', compose: { environment: ['affinity:container==db'] } },
      { name: 'apart', compose: { environment: ['affinity:container!=db', 'affinity:container!=~nobody'] } },
      { name: 'app', compose: { links: ['db'] } },
      { name: 'web', compose: { ports: ['80:80'] }, replicas: 4 },
      { name: 'host', compose: { network_mode: 'host', expose: ['22'] }, replicas: 3 },
      { name: 'listed', compose: { environment: { 'whitelist:node': '=n1|n9' } } },
    ],
    { Picker },
  );
  run.simulation.run(100 * SECOND);
  const placed = run.placed();
  expect(placed).toEqual(expect.arrayContaining(['db@n0', 'cache@n0', 'app@n0', 'listed@n1']));
  expect(placed).not.toContain('apart@n0');
  expect(placed.filter((text) => text.startsWith('web')).map((text) => text.split('@')[1]).sort()).toEqual(['n0', 'n1', 'n2']);
  expect(run.log.reasons).toContain('Unable to find a node that satisfies the following conditions \n[port 80 (Bridge mode)]');
  expect(run.orchestrator.invariants()).toEqual([]);
});

test('the memo takes the same decisions as the scan when containers that are being created hide their ports', () => {
  const services = Array.from({ length: 40 }, (_, i) => ({ name: `s${i}`, compose: i % 2 === 0 ? { network_mode: 'host', expose: ['22'] } : { ports: [`${80 + (i % 6)}:80`] }, replicas: 3 }));
  const digests = [MemoPicker, ScanPicker].map((Picker) => {
    const run = start(services, { machines: 12, Picker });
    run.simulation.run(600 * SECOND);
    return run.log.digest.toString();
  });
  expect(digests[0]).toBe(digests[1]);
});

test('the reschedule policy is that of each container', () => {
  const run = start(
    [
      { name: 'db', compose: { environment: ['constraint:storage==ssd'] } },
      { name: 'moves', compose: { environment: ['affinity:container==~db', 'reschedule:on-node-failure'] } },
      { name: 'stays', compose: { environment: ['affinity:container==~db', 'reschedule:off'] } },
    ],
    { options: { reschedule: 'off' } },
  );
  run.simulation.run(60 * SECOND);
  expect(run.placed()).toEqual(['db@n0', 'moves@n0', 'stays@n0']);
  run.world.crash(0);
  run.simulation.run(900 * SECOND);
  expect(run.records.of(RecordKind.decide).map(({ a }) => run.workload.taskName(a))).toEqual(['moves']);
});

test.each([
  [['reschedule:off', 'reschedule:on-node-failure'], 'too many reschedule policies'],
  [['reschedule:sometimes'], 'invalid reschedule policy: sometimes'],
])('reschedule policies %o are refused in the words of the manager', (environment, reason) => {
  const run = start([{ name: 'a', compose: { environment } }]);
  run.simulation.run(5 * SECOND);
  expect(run.log.reasons).toEqual([reason]);
});
