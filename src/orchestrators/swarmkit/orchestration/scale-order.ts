import type { Task } from '../store/task.ts';
import { TaskState } from '../task-state.ts';

/**
 * Slots in the order in which a scale-down keeps them (manager/orchestrator/replicated/slot.go): copies are counted per node, first copies before second ones, running before not running,
 * low slot numbers before high ones; slots without a node or with several tasks come last.
 *
 * @param victims tasks of the workload that were chosen by this order when the user asked, moments ago: they go, whatever has changed since
 */
export function keepingOrder(slots: readonly (readonly Task[])[], victims: ReadonlySet<number> | null = null): readonly (readonly Task[])[] {
  const running = (slot: readonly Task[]): boolean => slot.some(({ state }) => state === TaskState.running);
  const sorted = [...slots].sort((a, b) => Number(running(b)) - Number(running(a)) || a[0]!.slot - b[0]!.slot);
  const copies = new Map<number, number>();
  const placed = sorted.map((slot) => {
    const node = slot.length === 1 ? slot[0]!.node : -1;
    if (node < 0) return { slot, copy: Infinity };
    const copy = (copies.get(node) ?? 0) + 1;
    copies.set(node, copy);
    return { slot, copy };
  });
  const order = placed.sort((a, b) => (a.copy === b.copy ? 0 : a.copy - b.copy)).map(({ slot }) => slot);
  return victims === null ? order : [...order.filter((slot) => !victims.has(slot[0]!.index)), ...order.filter((slot) => victims.has(slot[0]!.index))];
}
