import type { PodAffinityTerm, PodSpec } from './pod-spec.ts';
import { RowCounts } from './row-counts.ts';

/** What a term is to the pod that carries it. */
export type TermKind = 'required affinity' | 'required anti-affinity' | 'preferred affinity' | 'preferred anti-affinity';

/** A term of affinity or anti-affinity that pods on nodes carry, with how many of them are on each node. Pods of any template that say the same share it. */
export interface CarriedTerm {
  readonly kind: TermKind;
  readonly term: PodAffinityTerm;
  /** Of a preferred term. */
  readonly weight: number;
  readonly counts: RowCounts;
}

/** Affinity terms of the pods that are on nodes: few even where many services keep their replicas apart by the same rule. */
export class CarriedTerms {
  /** Every term that any pod ever carried here, in order of appearance; some may be carried by none now. */
  readonly all: CarriedTerm[] = [];
  /** Pods on nodes that carry any. */
  carriers = 0;
  readonly #rows: number;
  readonly #byKey = new Map<string, CarriedTerm>();
  readonly #of = new Map<PodSpec, readonly CarriedTerm[]>();

  /** @param rows number of nodes */
  constructor(rows: number) {
    this.#rows = rows;
  }

  /** A pod comes onto a node (sign 1) or leaves it (-1). */
  count(spec: PodSpec, row: number, sign: number): void {
    const { podAffinity, podAntiAffinity } = spec;
    if (podAffinity.required.length + podAffinity.preferred.length + podAntiAffinity.required.length + podAntiAffinity.preferred.length === 0) return;
    const terms = this.#of.get(spec) ?? this.#termsOf(spec);
    this.carriers += sign;
    for (let i = 0; i < terms.length; i++) terms[i]!.counts.add(row, sign);
  }

  #termsOf(spec: PodSpec): readonly CarriedTerm[] {
    const terms = [
      ...spec.podAffinity.required.map((term) => this.#term('required affinity', term, 0)),
      ...spec.podAntiAffinity.required.map((term) => this.#term('required anti-affinity', term, 0)),
      ...spec.podAffinity.preferred.map(({ term, weight }) => this.#term('preferred affinity', term, weight)),
      ...spec.podAntiAffinity.preferred.map(({ term, weight }) => this.#term('preferred anti-affinity', term, weight)),
    ];
    this.#of.set(spec, terms);
    return terms;
  }

  #term(kind: TermKind, term: PodAffinityTerm, weight: number): CarriedTerm {
    const key = JSON.stringify([kind, weight, term.topologyKey, term.selector, term.namespaces, term.namespaceSelector]);
    let carried = this.#byKey.get(key);
    if (carried === undefined) {
      carried = { kind, term, weight, counts: new RowCounts(this.#rows) };
      this.#byKey.set(key, carried);
      this.all.push(carried);
    }
    return carried;
  }
}
