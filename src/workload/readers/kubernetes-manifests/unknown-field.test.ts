import { describe, expect, it } from 'vitest';
import { unknownField } from './unknown-field.ts';

const deployment = (template: object) => ({ apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'web', labels: { any: 'key' } }, spec: { replicas: 2, selector: { matchLabels: { app: 'web' } }, template } });

describe('strict validation of fields', () => {
  it('finds what is misspelt at any depth, lists and their entries included', () => {
    const path = (template: object) => unknownField('Deployment', deployment(template))?.path.join('.');
    expect(path({ spec: { containers: [{ name: 'a', image: 'b', ressources: { limits: { cpu: 1 } } }] } })).toBe('spec.template.spec.containers.0.ressources');
    expect(path({ spec: { containers: [{ name: 'a', readinessProbe: { periodSecond: 1 } }] } })).toBe('spec.template.spec.containers.0.readinessProbe.periodSecond');
    expect(path({ spec: { containers: [], tolerations: [{ key: 'a' }, { key: 'b', tolerationSecond: 5 }] } })).toBe('spec.template.spec.tolerations.1.tolerationSecond');
    expect(path({ metadata: { lables: {} }, spec: { containers: [] } })).toBe('spec.template.metadata.lables');
    expect(path({ spec: { containers: [], affinity: { podAntiAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [{ topologykey: 'zone' }] } } } })).toMatch(/0\.topologykey$/);
    expect(path({ spec: { containers: [], volumes: [{ name: 'v', emptyDir: { sizelimit: '1Gi' } }] } })).toMatch(/emptyDir\.sizelimit$/);
  });

  it('leaves keys alone that are the user\'s own: labels, annotations, resources, selectors', () => {
    const template = {
      metadata: { labels: { replicsa: 'x' }, annotations: { anything: 'y' } },
      spec: { nodeSelector: { disc: 'ssd' }, overhead: { cpu: 1 }, containers: [{ name: 'a', resources: { requests: { 'example.com/foo': 1 }, limits: {} }, env: [{ name: 'X', value: '1' }] }] },
    };
    expect(unknownField('Deployment', deployment(template))).toBeNull();
  });

  it('knows the fields of Jobs, autoscalers, budgets and Services', () => {
    expect(unknownField('CronJob', { spec: { schedule: '', jobTemplate: { spec: { backofLimit: 1 } } } })).toMatchObject({ field: 'backofLimit' });
    expect(unknownField('HorizontalPodAutoscaler', { spec: { scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web' }, maxReplicas: 3, targetCPUUtilizationPercentage: 50, metrics: [{ type: 'Resource', resource: { name: 'memory', target: { type: 'Utilization', averageUtilization: 60 } } }] } })).toBeNull();
    expect(unknownField('PodDisruptionBudget', { spec: { minAvailabel: 1 } })?.valid).toContain('minAvailable');
    expect(unknownField('Service', { spec: { selector: { app: 'x' }, ports: [{ port: 80, targetPort: 'http' }] }, status: { any: 1 } })).toBeNull();
  });
});
