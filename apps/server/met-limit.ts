import type { EngineAdmin } from '../../packages/engine/admin.ts';
import type { LimitName } from '../../packages/engine/limits.ts';
import type { EventSink } from '../../packages/engine/ports.ts';
import type { FaultName } from '../../packages/faults/mod.ts';
import type { MetLimit } from './control/app.ts';

/** By the code of the refusal: its fault, and the limit where it is one of a deployment. */
const known: Readonly<Record<string, { readonly fault: FaultName; readonly limit: LimitName | null }>> = {
  'limit.credentials': { fault: 'limit.credentials', limit: 'credentials' },
  'limit.access-rules': { fault: 'limit.access-rules', limit: 'accessRules' },
  'limit.access-rules-per-subject': { fault: 'limit.access-rules', limit: 'accessRulesPerSubject' },
  'limit.rest-rate': { fault: 'limit.rest-rate', limit: 'restRequestsPerSecond' },
  'limit.deployments': { fault: 'limit.deployments', limit: null },
};

/** A limit that the REST API met, as an event and a count like those that the engine meets. */
export function tellMetLimit(
  { code, deployment, message }: MetLimit,
  engine: Pick<EngineAdmin, 'limitReached'>,
  events: EventSink,
  now: number,
): void {
  const met = known[code];
  if (met === undefined) return;
  if (deployment !== null && met.limit !== null) engine.limitReached(deployment, met.limit);
  events.emit({
    kind: 'request.refused',
    at: now,
    fault: met.fault,
    deployment,
    connection: null,
    facts: null,
    protocolVersion: null,
    clientId: null,
    username: null,
    detail: message,
    count: 1,
  });
}
