import { describe, expect, test } from 'vitest';
import { FilterGroup, OfferFilters } from './offer-filters.ts';

const free = (cpus: number, mem: number) => Float64Array.of(cpus, mem);

describe('what was refused', () => {
  test('blocks what it contains, entry by entry, until more is free in any entry', () => {
    const filters = new OfferFilters(1, 2);
    filters.add(0, free(2000, 512), new FilterGroup(1, [0]));
    expect(filters.blocks(0, free(2000, 512), 0)).toBe(true);
    expect(filters.blocks(0, free(1000, 512), 0)).toBe(true);
    expect(filters.blocks(0, free(1000, 513), 0)).toBe(false);
  });

  test('in bulk counts as what was free then, also after that has changed', () => {
    const filters = new OfferFilters(2, 2);
    const books = Float64Array.of(2000, 512, 4000, 1024);
    const group = new FilterGroup(1, null);
    filters.addAll(group, [1]);
    expect([0, 1].map((agent) => filters.blocks(agent, books, agent * 2))).toEqual([true, false]);
    filters.beforeChange(0, books, 0);
    books[0] = 3000;
    expect(filters.blocks(0, books, 0)).toBe(false);
    filters.beforeChange(0, books, 0);
    books[0] = 1500;
    expect(filters.blocks(0, books, 0)).toBe(true);
    filters.expire(group);
    expect(filters.blocks(0, books, 0)).toBe(false);
  });

  test('is forgotten when offers are revived, and for an agent that is new', () => {
    const filters = new OfferFilters(1, 2);
    const books = free(2000, 512);
    filters.addImplied(new FilterGroup(1, [0]));
    expect(filters.blocks(0, books, 0)).toBe(true);
    filters.clear();
    expect(filters.blocks(0, books, 0)).toBe(false);
    filters.addAll(new FilterGroup(2, null), []);
    filters.removeAgent(0);
    expect(filters.blocks(0, books, 0)).toBe(false);
  });
});
