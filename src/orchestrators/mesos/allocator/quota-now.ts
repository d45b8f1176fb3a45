import type { AllocatorState } from './allocator-state.ts';
import { QuotaCycle } from './quota.ts';

/** The books of quota with which a cycle would begin now; undefined = no role has quota. Work proportional to the agents. */
export function quotaNow(state: AllocatorState): QuotaCycle | undefined {
  if (state.quotas.size === 0) return undefined;
  const { books } = state;
  const { columns } = state.parts;
  const unreserved = columns.columns.map((column) => column.reservedTo === '' && !column.revocable && column.scalar);
  const available = new Float64Array(columns.names.length);
  for (let agent = 0; agent < books.capacity; agent++) {
    if (books.known[agent] === 0) continue;
    for (let c = 0; c < books.width; c++) if (unreserved[c]) available[columns.nameOf[c]!]! += books.free[agent * books.width + c]!;
  }
  return new QuotaCycle(
    columns,
    state.quotas,
    (role) => {
      const consumed = state.charged.get(role)?.slice() ?? new Float64Array(columns.names.length);
      for (let c = 0; c < books.width; c++) {
        const { reservedTo, scalar } = columns.columns[c]!;
        if (!scalar || (reservedTo !== role && !reservedTo.startsWith(`${role}/`))) continue;
        for (let agent = 0; agent < books.capacity; agent++) consumed[columns.nameOf[c]!]! += books.total[agent * books.width + c]!;
      }
      return consumed;
    },
    available,
  );
}
