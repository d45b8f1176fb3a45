/** What a node says it has of one kind: a number, or names. */
export type GenericDescription = { readonly kind: string; readonly count: number } | { readonly kind: string; readonly named: readonly string[] };

/** What one task was given of one kind. */
export interface GenericClaim {
  readonly kind: string;
  readonly count: number;
  /** Names taken, for kinds that have names. */
  readonly named: readonly string[];
}

export const NO_CLAIMS: readonly GenericClaim[] = [];

interface Stock {
  readonly total: number;
  available: number;
  /** Names not taken, in order; `null` for a discrete kind. */
  readonly names: string[] | null;
}

/** Generic resources of one node that are not taken (api/genericresource). */
export class GenericResources {
  readonly #stock = new Map<string, Stock>();

  constructor(described: readonly GenericDescription[]) {
    for (const entry of described) {
      const names = 'named' in entry ? [...entry.named] : null;
      const total = 'named' in entry ? entry.named.length : entry.count;
      this.#stock.set(entry.kind, { total, available: total, names });
    }
  }

  available(kind: string): number {
    return this.#stock.get(kind)?.available ?? 0;
  }

  /** A request for none of a kind, or of a kind that the node does not have, is never met (resource_management.go, HasEnough). */
  hasEnough(kind: string, count: number): boolean {
    const stock = this.#stock.get(kind);
    return stock !== undefined && count > 0 && count <= stock.available;
  }

  /** Takes what is asked for, the first names that are free; a kind of which there is not enough gives nothing. */
  claim(requests: readonly { readonly kind: string; readonly count: number }[]): readonly GenericClaim[] {
    const claims: GenericClaim[] = [];
    for (const { kind, count } of requests) {
      const stock = this.#stock.get(kind);
      if (stock === undefined || count > stock.available) continue;
      stock.available -= count;
      claims.push({ kind, count, named: stock.names === null ? [] : stock.names.splice(0, count) });
    }
    return claims;
  }

  /** Gives back, never more than the node has. */
  reclaim(claims: readonly GenericClaim[]): void {
    for (const { kind, count, named } of claims) {
      const stock = this.#stock.get(kind);
      if (stock === undefined) continue;
      stock.available = Math.min(stock.total, stock.available + count);
      stock.names?.push(...named);
    }
  }
}
