import type { DeploymentId } from '../../../packages/engine/ids.ts';
import type { EventKind } from '../../../packages/engine/ports.ts';
import { faultNumber } from '../../../packages/faults/mod.ts';
import type { FaultName } from '../../../packages/faults/mod.ts';
import { cleanClientId } from './event-record.ts';
import type { EventRecord } from './event-record.ts';
import { Ring } from './ring.ts';

export interface HistoryOptions {
  /** Events kept for each deployment. */
  readonly perDeployment: number;
  /** Events kept of connections that belong to no deployment. */
  readonly unplaced: number;
}

/** Conditions that all have to hold. */
export interface HistoryQuery {
  /** Null: connections that belong to no deployment. */
  readonly deployment: DeploymentId | null;
  /** Error number, 0 to -19. */
  readonly number?: number;
  readonly fault?: FaultName;
  readonly clientId?: string;
  readonly address?: string;
  /** Milliseconds since 1970; at this time or later. */
  readonly since?: number;
  /** At most as many; default 100. */
  readonly limit?: number;
}

const defaults: HistoryOptions = { perDeployment: 1000, unplaced: 10_000 };
const QUERY_LIMIT = 100;

/** What comes in floods from one client: a run of them is one entry, so that it does not push the others out. */
const mergedKinds: ReadonlySet<EventKind> = new Set(['message.dropped', 'publish.refused', 'reading.paused']);

/** The recent events, in memory: a ring for each deployment and one for what belongs to none. */
export class History {
  readonly #options: HistoryOptions;
  readonly #deployments = new Map<DeploymentId, Ring<EventRecord>>();
  readonly #unplaced: Ring<EventRecord>;

  constructor(options: Partial<HistoryOptions> = {}) {
    this.#options = { ...defaults, ...options };
    this.#unplaced = new Ring(this.#options.unplaced);
  }

  add(record: EventRecord): void {
    const ring = this.#ringFor(record.deployment);
    const last = ring.last;
    if (last !== undefined && isSame(last, record)) {
      ring.replaceLast({ ...last, lastAt: record.at, count: last.count + record.count });
    } else {
      ring.push(record);
    }
  }

  /** The entries that match, newest first. */
  query(query: HistoryQuery): EventRecord[] {
    const ring = query.deployment === null ? this.#unplaced : this.#deployments.get(query.deployment);
    const found: EventRecord[] = [];
    const limit = query.limit ?? QUERY_LIMIT;
    if (ring === undefined || limit <= 0) return found;
    const clientId = query.clientId === undefined ? undefined : cleanClientId(query.clientId);
    for (const entry of ring.newestFirst()) {
      if (!matches(entry, query, clientId)) continue;
      found.push(entry);
      if (found.length >= limit) break;
    }
    return found;
  }

  /** The deployment is gone for good. */
  forget(deployment: DeploymentId): void {
    this.#deployments.delete(deployment);
  }

  #ringFor(deployment: DeploymentId | null): Ring<EventRecord> {
    if (deployment === null) return this.#unplaced;
    const known = this.#deployments.get(deployment);
    if (known !== undefined) return known;
    const ring = new Ring<EventRecord>(this.#options.perDeployment);
    this.#deployments.set(deployment, ring);
    return ring;
  }
}

function isSame(last: EventRecord, next: EventRecord): boolean {
  return (
    mergedKinds.has(next.kind) &&
    last.kind === next.kind &&
    last.fault === next.fault &&
    last.clientId === next.clientId &&
    last.address === next.address &&
    last.port === next.port &&
    last.detail === next.detail
  );
}

function matches(entry: EventRecord, query: HistoryQuery, clientId: string | undefined): boolean {
  if (query.since !== undefined && entry.lastAt < query.since) return false;
  if (query.fault !== undefined && entry.fault !== query.fault) return false;
  if (query.number !== undefined && (entry.fault === null || faultNumber(entry.fault) !== query.number)) return false;
  if (clientId !== undefined && entry.clientId !== clientId) return false;
  return query.address === undefined || entry.address === query.address;
}
