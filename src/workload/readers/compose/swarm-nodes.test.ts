import { expect, test } from 'vitest';
import { MachineInventory } from '../../../world/machine-inventory.ts';
import { swarmNodes } from './swarm-nodes.ts';

const nodes = (...attributes: readonly Record<string, string>[]) => swarmNodes(new MachineInventory(attributes.map((of, i) => ({ name: `m${i}`, cpuMilli: 1, memoryBytes: 1, attributes: of }))));

test('the first machine is the manager where no machine says its role; otherwise those that say so are managers', () => {
  expect(nodes({}, {}, {}).map(({ role }) => role)).toEqual(['manager', 'worker', 'worker']);
  expect(nodes({}, { 'node.role': 'manager' }, { 'node.role': 'worker' }).map(({ role }) => role)).toEqual(['worker', 'manager', 'worker']);
  expect(nodes({ 'node.role': 'worker' }, {}).map(({ role }) => role)).toEqual(['worker', 'worker']);
});

test('attributes are labels of node and engine, but for what else swarm mode knows of a node', () => {
  const [node] = nodes({ disk: 'ssd', 'node.platform.os': 'windows', 'node.platform.arch': 'aarch64', 'node.ip': '10.0.0.7' });
  expect(node).toMatchObject({ os: 'windows', arch: 'aarch64', addr: '10.0.0.7', nodeLabels: new Map([['disk', 'ssd']]), engineLabels: new Map([['disk', 'ssd']]) });
  expect(nodes({})[0]).toMatchObject({ os: 'linux', arch: 'x86_64', addr: '' });
});

test('roles and addresses that are none are refused with the machine that has them', () => {
  expect(() => nodes({}, { 'node.role': 'leader' })).toThrow('machine m1: attribute node.role: "leader" is no role; expected manager or worker');
  expect(() => nodes({ 'node.ip': '10.0.0' })).toThrow('machine m0: attribute node.ip: "10.0.0" is no IP address');
});
