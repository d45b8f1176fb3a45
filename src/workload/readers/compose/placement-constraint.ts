import { type IpAddress, inSubnet, parseIp, parseSubnet, sameIp } from './ip-address.ts';

/** One parsed placement constraint (manager/constraint/constraint.go). */
export interface Constraint {
  readonly key: string;
  readonly operator: '==' | '!=';
  readonly value: string;
}

/** A constraint that the control API refuses; the message is its own. */
export class ConstraintError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'ConstraintError';
  }
}

/** What constraints and spread preferences look at. */
export interface ConstraintSubject {
  readonly id: string;
  readonly hostname: string;
  /** Address the node was last seen from; '' = unknown. */
  readonly addr: string;
  readonly role: 'worker' | 'manager';
  readonly os: string;
  readonly arch: string;
  readonly nodeLabels: ReadonlyMap<string, string>;
  readonly engineLabels: ReadonlyMap<string, string>;
}

const KEY = /^[a-z_][a-z0-9\-_.]+$/i;
const VALUE = /^[a-z0-9:\-_ \t\n\f\r.*()?+[\]\\^$|/]+$/i;
const OPERATORS = ['==', '!='] as const;

/** Parses `key == value`; `==` is looked for first, anywhere. @throws ConstraintError in the words of the control API */
export function parseConstraint(text: string): Constraint {
  for (const operator of OPERATORS) {
    const at = text.indexOf(operator);
    if (at < 0) continue;
    const key = text.slice(0, at).trim();
    const value = text.slice(at + operator.length).trim();
    if (!KEY.test(key)) throw new ConstraintError(`key '${key}' is invalid`);
    if (!VALUE.test(value)) throw new ConstraintError(`value '${value}' is invalid`);
    return { key, operator, value };
  }
  throw new ConstraintError(`constraint expected one operator from ${OPERATORS.join(', ')}`);
}

/** Whether a constraint holds for a plain string: the whole of it, letters in either case. */
export function constraintMatches({ operator, value }: Constraint, text: string): boolean {
  return equalFold(value, text) === (operator === '==');
}

/** Whether a node meets all constraints. A key that is none of the known ones is met by no node, whatever its operator. */
export function nodeMatches(constraints: readonly Constraint[], node: ConstraintSubject): boolean {
  return constraints.every((constraint) => meets(constraint, node));
}

function meets(constraint: Constraint, node: ConstraintSubject): boolean {
  switch (constraint.key.toLowerCase()) {
    case 'node.id':
      return constraintMatches(constraint, node.id);
    case 'node.hostname':
      return constraintMatches(constraint, node.hostname);
    case 'node.ip':
      return meetsAddress(constraint, parseIp(node.addr));
    case 'node.role':
      return constraintMatches(constraint, node.role);
    case 'node.platform.os':
      return constraintMatches(constraint, node.os);
    case 'node.platform.arch':
      return constraintMatches(constraint, node.arch);
    default: {
      const label = labelValue(constraint.key, node);
      return label !== null && constraintMatches(constraint, label);
    }
  }
}

/** An address or a subnet; anything else is met by no node. */
function meetsAddress({ operator, value }: Constraint, addr: IpAddress | null): boolean {
  const ip = parseIp(value);
  if (ip !== null) return (addr !== null && sameIp(ip, addr)) === (operator === '==');
  const subnet = parseSubnet(value);
  return subnet !== null && (addr !== null && inSubnet(addr, subnet)) === (operator === '==');
}

const NODE_LABELS = 'node.labels.';
const ENGINE_LABELS = 'engine.labels.';

/** Value of `node.labels.x` or `engine.labels.x` (prefix in any case, label exact); '' = the node has no such label, `null` = it is no such descriptor. */
export function labelValue(descriptor: string, node: ConstraintSubject): string | null {
  const lower = descriptor.toLowerCase();
  if (lower.startsWith(NODE_LABELS) && descriptor.length > NODE_LABELS.length) return node.nodeLabels.get(descriptor.slice(NODE_LABELS.length)) ?? '';
  if (lower.startsWith(ENGINE_LABELS) && descriptor.length > ENGINE_LABELS.length) return node.engineLabels.get(descriptor.slice(ENGINE_LABELS.length)) ?? '';
  return null;
}

/** Equality under Unicode's simple case folding (Go strings.EqualFold). */
function equalFold(a: string, b: string): boolean {
  return a === b || (a.length === b.length && a.toLowerCase().toUpperCase() === b.toLowerCase().toUpperCase());
}
