import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import type { TraceFile } from '../../reader.ts';
import { traceFolder } from '../../testing/trace-folder.ts';
import { Workload } from '../../workload.ts';
import { kubernetesManifests } from './kubernetes-manifests.ts';
import { type NativeObject, podOfNative } from './native-object.ts';

function read(manifests: string | Uint8Array, options: object = {}, snapshot?: unknown) {
  const folder = traceFolder();
  const files = new Map<string, TraceFile>([['manifests', folder.file('app.yaml', manifests)]]);
  if (snapshot !== undefined) files.set('snapshot', folder.file('cluster.json', JSON.stringify(snapshot, null, 2)));
  const reading = kubernetesManifests.read(files, kubernetesManifests.options.parse({ format: 'kubernetes-manifests', manifests: 'app.yaml', ...options }));
  const workload = new Workload(reading.columns);
  const jobs = Array.from({ length: workload.jobCount }, (_, job) => ({ name: workload.jobName(job), size: workload.size(job), initial: workload.initialCount(job), submitS: reading.columns.jobSubmitUs[job]! / 1e6, shape: workload.shapes[reading.columns.jobShape[job]!]! }));
  return { ...reading, workload, jobs };
}

const POD = (more = '') => `
      containers:
      - name: main
        image: web:1
        resources: { requests: { cpu: 250m, memory: 512Mi } }${more}`;
const WEB = `
apiVersion: apps/v1
kind: Deployment
metadata: { name: web, namespace: shop }
spec:
  replicas: 3
  template:
    metadata: { labels: { app: web } }
    spec:${POD()}
`;

describe('the reader of Kubernetes manifests', () => {
  it('makes a Deployment a service of as many tasks as replicas, with the object as it is written under native', () => {
    const { jobs, report, machines } = read(WEB);
    expect(jobs).toHaveLength(1);
    expect(jobs[0]).toMatchObject({ name: 'shop/web', size: 3, shape: { kind: 'service', cpuMilli: 250, memoryBytes: 512 * 2 ** 20, image: 'web:1', user: 'shop', priority: 0 } });
    expect(jobs[0]!.shape.native).toMatchObject({ format: 'kubernetes', spec: { kind: 'Deployment', spec: { replicas: 3, template: { metadata: { labels: { app: 'web' } } } } } });
    expect(podOfNative(jobs[0]!.shape.native!.spec as NativeObject)).toMatchObject({ metadata: { namespace: 'shop', labels: { app: 'web' } }, spec: { containers: [{ image: 'web:1' }] } });
    expect(report).toMatchObject({ rows: 1, accepted: 1, rejected: { total: 0 } });
    expect(machines).toBeNull();
  });

  it('takes the run time of Jobs from an annotation, their tasks from completions', () => {
    const job = (annotations: string, spec = '') => `
kind: Job
metadata: { name: sum, annotations: {${annotations}} }
spec:
  parallelism: 2${spec}
  template:
    spec:${POD()}
`;
    const { jobs, columns } = read(job("seatrial.dev/duration: 10min, seatrial.dev/submit-at: 1h, seatrial.dev/failure-share: '0.25'", '\n  completions: 5'));
    expect(jobs[0]).toMatchObject({ size: 5, submitS: 3600, shape: { kind: 'batch', failureShare: 0.25 } });
    expect([...columns.taskDurationUs]).toEqual(Array.from({ length: 5 }, () => 600e6));
    expect(read(job(''), { jobDuration: '5min' }).columns.taskDurationUs).toEqual(Float64Array.of(300e6, 300e6));
    expect(() => read(job(''))).toThrow(/^app\.yaml:3: metadata\.annotations: Job sum: how long its pods run is not in the object; expected the annotation seatrial\.dev\/duration: 10min/);
    expect(() => read(job('seatrial.dev/duration: soon'))).toThrow(/^app\.yaml:3: metadata\.annotations\.seatrial\.dev\/duration: /);
  });

  it('submits the runs of a CronJob at their times, named by their minute', () => {
    const cron = (fields: string) => `
kind: CronJob
metadata: { name: nightly }
spec:
  schedule: "30 */6 * * *"${fields}
  jobTemplate:
    metadata: { annotations: { seatrial.dev/duration: 20min } }
    spec:
      template:
        spec:
          containers: [{ resources: { requests: { cpu: 1 } } }]
`;
    const { jobs, report } = read(cron(''));
    expect(jobs.map(({ name, submitS }) => [name, submitS / 3600])).toEqual([0.5, 6.5, 12.5, 18.5].map((hour) => [`nightly-${Date.UTC(2026, 0, 1) / 60_000 + hour * 60}`, hour]));
    expect(report).toMatchObject({ rows: 1, accepted: 1 });
    expect(() => read(cron('\n  suspend: true'))).toThrow(/holds nothing that runs/);
    expect(() => read(cron('').replace('30 */6', '61 *'))).toThrow(/^app\.yaml:5: spec\.schedule: /);
  });

  it('resolves priority classes, and keeps autoscalers, budgets and services with the objects that they concern', () => {
    const { jobs, report } = read(`${WEB.replace('spec:\n      containers', 'spec:\n      priorityClassName: high\n      containers')}
---
kind: PriorityClass
metadata: { name: high }
value: 1000
---
kind: HorizontalPodAutoscaler
metadata: { name: web, namespace: shop }
spec: { scaleTargetRef: { kind: Deployment, name: web }, minReplicas: 2, maxReplicas: 9 }
---
kind: PodDisruptionBudget
metadata: { name: web, namespace: shop }
spec: { minAvailable: 2, selector: { matchLabels: { app: web } } }
---
kind: Service
metadata: { name: other, namespace: shop }
spec: { selector: { app: other } }
---
kind: ConfigMap
metadata: { name: settings }
---
`);
    expect(jobs).toHaveLength(1);
    // Room for what the autoscaler may ask for; wanted at first is what the Deployment says.
    expect(jobs[0]).toMatchObject({ size: 9, initial: 3, shape: { priority: 1000 } });
    expect((jobs[0]!.shape.native!.spec as NativeObject).related!.map(({ kind }) => kind).sort()).toEqual(['HorizontalPodAutoscaler', 'PodDisruptionBudget', 'PriorityClass']);
    expect(report).toMatchObject({ rows: 6, accepted: 5, rejected: { total: 1, listed: [{ text: 'ConfigMap: not part of the model' }] } });
  });

  it('takes a limit for the request where there is none, the larger of init steps and containers, GPUs and node selectors', () => {
    const { jobs } = read(`
kind: Pod
metadata: { name: one }
spec:
  nodeSelector: { disk: ssd, nvidia.com/gpu.product: A100, topology.kubernetes.io/zone: b }
  affinity: { nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [{ matchExpressions: [{ key: arch, operator: NotIn, values: [arm64] }] }] } } }
  initContainers: [{ resources: { requests: { cpu: 3 } } }]
  containers: [{ resources: { limits: { cpu: 2, memory: 1Gi, nvidia.com/gpu: 2 }, requests: { memory: 512Mi } } }]
`);
    expect(jobs[0]).toMatchObject({
      size: 1,
      shape: {
        kind: 'service',
        cpuMilli: 3000,
        memoryBytes: 512 * 2 ** 20,
        gpuCount: 2,
        gpuMilli: 1000,
        gpuModels: ['A100'],
        constraints: [
          { attribute: 'disk', operator: '==', value: 'ssd' },
          { attribute: 'zone', operator: '==', value: 'b' },
          { attribute: 'arch', operator: '!=', value: 'arm64' },
        ],
      },
    });
  });

  it('reads a snapshot: nodes as machines, pods by their controllers on the nodes that they are on', () => {
    const node = (name: string, zone: string, more: object = {}) => ({ kind: 'Node', metadata: { name, labels: { 'topology.kubernetes.io/zone': zone } }, status: { allocatable: { cpu: '3920m', memory: '12Gi', pods: '110', 'nvidia.com/gpu': '1' } }, ...more });
    const pod = (name: string, owner: object | null, nodeName: string | undefined, phase: string) => ({
      kind: 'Pod',
      metadata: { name, namespace: 'shop', labels: { app: 'web' }, ...(owner && { ownerReferences: [{ controller: true, ...owner }] }) },
      spec: { ...(nodeName && { nodeName }), containers: [{ image: 'web:1', resources: { requests: { cpu: '100m' } }, volumeMounts: [{ name: `token-${name}` }] }], volumes: [{ name: `token-${name}` }] },
      status: { phase },
    });
    const web = { kind: 'ReplicaSet', name: 'web-6d4' };
    const snapshot = {
      kind: 'List',
      metadata: { resourceVersion: '' },
      items: [
        node('n0', 'a'),
        node('n1', 'b', { spec: { unschedulable: true, taints: [{ key: 'dedicated', value: 'gpu', effect: 'NoSchedule' }] } }),
        pod('web-6d4-x', web, 'n0', 'Running'),
        pod('web-6d4-y', web, 'n1', 'Running'),
        pod('web-6d4-z', web, undefined, 'Pending'),
        pod('old', { kind: 'Job', name: 'old' }, 'n1', 'Succeeded'),
      ],
    };
    const { jobs, machines, report } = read(WEB, {}, snapshot);
    expect(machines).toEqual([
      { name: 'n0', cpuMilli: 3920, memoryBytes: 12 * 2 ** 30, slots: 110, gpuCount: 1, gpuModel: '', zone: 'a', attributes: { 'topology.kubernetes.io/zone': 'a' } },
      expect.objectContaining({ name: 'n1', zone: 'b', attributes: { 'topology.kubernetes.io/zone': 'b', 'seatrial.dev/taints': 'dedicated=gpu:NoSchedule;node.kubernetes.io/unschedulable=:NoSchedule' } }),
    ]);
    expect(jobs.map(({ name, size }) => [name, size])).toEqual([['shop/web', 3], ['shop/web-6d4', 3]]);
    expect(jobs[1]!.shape.native!.spec).toMatchObject({ kind: 'ReplicaSet', metadata: { annotations: { 'seatrial.dev/nodes': 'n0,n1,' } } });
    expect(report).toMatchObject({ rows: 7, accepted: 6, rejected: { total: 1, listed: [{ file: 'cluster.json', text: 'Pod shop/old: has ended (Succeeded)' }] } });
    const line = JSON.stringify(snapshot, null, 2).split('\n').findIndex((text) => text.includes('"old"')) + 1;
    expect(Math.abs(report.rejected.listed[0]!.line - line)).toBeLessThan(4);
  });

  it('counts a DaemonSet by the nodes that there are, or that it is told of', () => {
    const daemon = WEB.replace('Deployment', 'DaemonSet').replace('  replicas: 3\n', '');
    expect(read(daemon, { daemonNodes: 7 }).jobs[0]!.size).toBe(7);
    expect(() => read(daemon)).toThrow(/^app\.yaml:2: kind: a DaemonSet runs on every node, and it is not said how many there are/);
  });

  it('reads gzip, and names file, line and path of a mistake', () => {
    expect(read(gzipSync(WEB)).jobs).toHaveLength(1);
    expect(() => read(WEB.replace('250m', '250mm'))).toThrow(/^app\.yaml:13: spec\.template\.spec\.containers\.0\.resources\.requests\.cpu: "250mm" is not a Kubernetes quantity/);
    expect(() => read(WEB.replace('250m', '-250m'))).toThrow(/^app\.yaml:13: spec\.template\.spec\.containers\.0\.resources\.requests\.cpu: "-250m" is negative; expected 0 or more/);
    expect(() => read(WEB.replace('replicas: 3', 'replicsa: 3'))).toThrow('app.yaml:6: spec.replicsa: there is no such field (did you mean "replicas"?)');
    expect(() => read(WEB.replace('replicas: 3', 'replicas: 3\n  selector: { matchLabels: { app: other } }'))).toThrow('spec.selector.matchLabels.app: the selector does not match the labels of the template');
    const pod = (more: string) => () => read(WEB.replace(POD(), `${POD()}\n      ${more}`));
    // Strict validation goes all the way down.
    expect(() => read(WEB.replace('resources:', 'ressources:'))).toThrow(/^app\.yaml:13: spec\.template\.spec\.containers\.0\.ressources: there is no such field \(did you mean "resources"\?\)/);
    expect(pod('tolerations: [{ key: a, operater: Exists }]')).toThrow(/^app\.yaml:14: spec\.template\.spec\.tolerations\.0\.operater: there is no such field \(did you mean "operator"\?\)/);
    expect(pod('volumes: [{ name: data, emptyDir: {} }]')().report).toMatchObject({ accepted: 1, rejected: { total: 0 } });
    expect(pod('tolerations: { operator: Exists }')).toThrow(/^app\.yaml:14: spec\.template\.spec\.tolerations: .*expected array/);
    expect(pod('topologySpreadConstraints: [{ maxSkew: 0, topologyKey: zone, whenUnsatisfiable: DoNotSchedule }]')).toThrow(/^app\.yaml:14: spec\.template\.spec\.topologySpreadConstraints\.0\.maxSkew: /);
    expect(pod('affinity: { podAntiAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [{ labelSelector: {} }] } }')).toThrow(/requiredDuringSchedulingIgnoredDuringExecution\.0\.topologyKey: /);
    expect(pod('affinity: { nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [{ matchExpressions: [{ key: a, operator: Inn }] }] } } }')).toThrow(/matchExpressions\.0\.operator: /);
    // As the API's decoder has it, null is as good as absent.
    expect(podOfNative(pod('affinity: { nodeAffinity: null }')().jobs[0]!.shape.native!.spec as NativeObject).spec).toMatchObject({ affinity: {} });
    expect(() => read('['.repeat(50_000))).toThrow('app.yaml:1: is nested too deeply');
    expect(() => read(WEB.replace('replicas: 3', 'replicas: three'))).toThrow(/^app\.yaml:6: spec\.replicas: /);
    expect(() => read(WEB.replace('Deployment', 'Deploymnet'))).toThrow(/^app\.yaml:3: kind: there is no kind "Deploymnet" \(did you mean "Deployment"\?\)/);
    expect(() => read(WEB.replace('replicas: 3', 'replicas: 3\n  strategy: { rollingUpdate: { maxSurge: some } }'))).toThrow(/^app\.yaml:7: spec\.strategy\.rollingUpdate\.maxSurge: .*expected a number of pods or a share/);
    expect(() => read(WEB.replace('namespace: shop', 'namespace: shop, annotations: { seatrial.dev/load: 0s=2 5min }'))).toThrow(/^app\.yaml:4: metadata\.annotations\.seatrial\.dev\/load: "5min" is no step of a load/);
    expect(() => read(WEB.replace('namespace: shop', 'namespace: shop, annotations: { seatrial.dev/answer-after: 2s }'))).toThrow(/there is no annotation "seatrial\.dev\/answer-after"; did you mean "seatrial\.dev\/answers-after"\?/);
    expect(() => read(`${WEB}---${WEB}`)).toThrow(/^app\.yaml:17: metadata\.name: duplicate Deployment "shop\/web", first on line 4/);
    expect(() => read('a: [1')).toThrow(/^app\.yaml:1: /);
    expect(() => read('{"a": 1\n"b": 2}')).toThrow(/^app\.yaml:[12]: /);
    expect(() => read('- 1\n')).toThrow(/^app\.yaml:1: is no Kubernetes object/);
    expect(() => read('kind: Namespace\nmetadata: { name: x }\n')).toThrow(/^app\.yaml: holds nothing that runs \(1 objects\)/);
  });
});
