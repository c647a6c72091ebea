import type { Selectable } from 'kysely';
import type { Deployment } from '../../../packages/api/mod.ts';
import type { DeploymentsTable } from './database/tables.ts';
import { differingLimits, effectiveLimits, parseOverrides } from './limit-overrides.ts';

/** What a deployment's row does not say. */
export interface Surroundings {
  readonly domain: string;
  readonly ports: { readonly mqtts: number; readonly wss: number };
  /** null where the deployment is not live. */
  readonly counters: Readonly<{ connections: number; sessions: number; subscriptions: number }> | null;
}

/** A deployment as the REST API shows it. */
export function presentDeployment(row: Selectable<DeploymentsTable>, surroundings: Surroundings): Deployment {
  const overrides = parseOverrides(row.limits);
  const { domain, ports, counters } = surroundings;
  return {
    id: row.id,
    name: row.name,
    type: row.type,
    state: row.state,
    address: `${row.id}.${domain}`,
    ports: {
      mqtts: ports.mqtts,
      wss: ports.wss,
      ...(row.mqtt_port === null ? {} : { mqtt: row.mqtt_port }),
      ...(row.ws_port === null ? {} : { ws: row.ws_port }),
    },
    limits: differingLimits(overrides),
    effectiveLimits: effectiveLimits(overrides),
    createdAt: new Date(row.created_at).toISOString(),
    counters: {
      connections: counters?.connections ?? 0,
      sessions: counters?.sessions ?? 0,
      subscriptions: counters?.subscriptions ?? 0,
    },
  };
}
