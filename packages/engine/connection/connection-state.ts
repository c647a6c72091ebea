import type { DeploymentId } from '../ids.ts';
import type { FaultName } from '../../faults/mod.ts';
import type { Broker } from '../broker.ts';
import type { Session } from '../session/session.ts';
import type { Timer } from '../timers.ts';
import type { Login } from './connect.ts';

/**
 * Where a connection stands (MQTT 5.0 section 3.1). `awaitingConnect`: nothing but CONNECT may come.
 * `authenticating`: packets behind CONNECT wait. `refusing`: it is told in a moment why it may not connect.
 * `connected`: has a session. `closed`: for good.
 */
export type ConnectionState =
  | { readonly kind: 'awaitingConnect'; readonly timer: Timer }
  | { readonly kind: 'authenticating'; readonly login: Login }
  | { readonly kind: 'refusing'; readonly fault: FaultName; readonly timer: Timer }
  | { readonly kind: 'connected'; readonly broker: Broker; readonly session: Session }
  | { readonly kind: 'closed' };

/** A connection that has a session: what packet handlers work with. */
export type Connected = Extract<ConnectionState, { kind: 'connected' }>;

/** What CONNECT said; the deployment is null where the address led to none. */
export interface Identity {
  readonly deployment: DeploymentId | null;
  readonly clientId: string;
  readonly username: string | null;
}
