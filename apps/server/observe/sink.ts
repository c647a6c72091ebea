import type { DeploymentId } from '../../../packages/engine/ids.ts';
import type { EngineEvent, EventSink } from '../../../packages/engine/ports.ts';
import type { EventLog } from './event-log.ts';
import { toRecord } from './event-record.ts';
import type { EventRecord } from './event-record.ts';
import { FaultCounts } from './fault-counts.ts';
import type { History } from './history.ts';

/** The one EventSink: hands each event to the log, the history and the metrics. Never throws. */
export class Sink implements EventSink {
  readonly faultCounts = new FaultCounts();
  readonly #log: EventLog;
  readonly #history: History;
  #failures = 0;

  constructor(log: EventLog, history: History) {
    this.#log = log;
    this.#history = history;
  }

  /** Events that one of the receivers could not take: a defect, shown in the metrics. */
  get failures(): number {
    return this.#failures;
  }

  emit(event: EngineEvent): void {
    // Each on its own: what one cannot take, the others still get.
    try {
      if (event.fault !== null) this.faultCounts.add(event.deployment, event.fault, event.count);
    } catch {
      this.#failures++;
    }
    try {
      this.#tell(toRecord(event));
    } catch {
      this.#failures++;
    }
  }

  #tell(record: EventRecord): void {
    try {
      this.#history.add(record);
    } catch {
      this.#failures++;
    }
    try {
      this.#log.event(record);
    } catch {
      this.#failures++;
    }
  }

  /** The deployment is gone for good: its history and its counts go too. */
  forget(deployment: DeploymentId): void {
    this.faultCounts.forget(deployment);
    this.#history.forget(deployment);
  }
}
