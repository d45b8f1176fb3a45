import { InputError } from '../../../engine/input-error.ts';
import { nearest } from '../../../engine/nearest.ts';
import type { MachineInventory } from '../../../world/machine-inventory.ts';
import { parseIp } from './ip-address.ts';
import type { ConstraintSubject } from './placement-constraint.ts';

/** Attributes of machines that are no labels but what swarm mode knows of a node; named as placement constraints name it. */
const ROLE = 'node.role';
const OS = 'node.platform.os';
const ARCH = 'node.platform.arch';
const IP = 'node.ip';
export const NODE_FACTS: readonly string[] = [ROLE, OS, ARCH, IP];

/**
 * The machines as nodes of a swarm, as far as placement constraints look at them. Attributes are labels of the node and of its engine, but for `node.role`, `node.platform.os`,
 * `node.platform.arch` and `node.ip`. Where no machine says its role the first is the manager: a swarm begins with `docker swarm init` on one machine, which is a manager and runs tasks like
 * any other unless it is drained (Docker documentation, "How nodes work"). Machines without a platform are `linux` and `x86_64`.
 * @throws InputError if a role or an address is none
 */
export function swarmNodes(inventory: MachineInventory): ConstraintSubject[] {
  const said = inventory.attributes.some((attributes) => attributes.has(ROLE));
  return inventory.names.map((name, node) => {
    const attributes = inventory.attributes[node]!;
    const labels = NODE_FACTS.some((fact) => attributes.has(fact)) ? new Map([...attributes].filter(([key]) => !NODE_FACTS.includes(key))) : attributes;
    return {
      id: name,
      hostname: name,
      addr: addressOf(attributes.get(IP), name),
      role: said ? roleOf(attributes.get(ROLE), name) : node === 0 ? 'manager' : 'worker',
      os: attributes.get(OS) ?? 'linux',
      arch: attributes.get(ARCH) ?? 'x86_64',
      nodeLabels: labels,
      engineLabels: labels,
    };
  });
}

function roleOf(role: string | undefined, machine: string): ConstraintSubject['role'] {
  if (role === undefined || role === 'worker' || role === 'manager') return role ?? 'worker';
  const hint = nearest(role, ['manager', 'worker']);
  throw new InputError(`machine ${machine}: attribute ${ROLE}: "${role}" is no role; expected manager or worker${hint === undefined ? '' : `; did you mean "${hint}"?`}`);
}

function addressOf(address: string | undefined, machine: string): string {
  if (address === undefined) return '';
  if (parseIp(address) === null) throw new InputError(`machine ${machine}: attribute ${IP}: "${address}" is no IP address`);
  return address;
}
