import type { Collector, RecordKind } from '../../metrics/log.ts';

export interface RecordedEvent {
  readonly timeUs: number;
  readonly kind: RecordKind;
  readonly a: number;
  readonly b: number;
  readonly c: number;
}

/** Keeps all records of a small run, for tests. */
export class Recorder implements Collector {
  readonly events: RecordedEvent[] = [];

  record(timeUs: number, kind: RecordKind, a: number, b: number, c: number): void {
    this.events.push({ timeUs, kind, a, b, c });
  }

  /** Records of one kind in order. */
  of(kind: RecordKind): RecordedEvent[] {
    return this.events.filter((event) => event.kind === kind);
  }
}
