import type { EngineEvent } from '../../packages/engine/ports.ts';
import type { EdgeRefusal } from './edge/refusal.ts';

/** A connection that ended before the engine knew of it, as an event like all others. */
export function refusalEvent(refusal: EdgeRefusal): EngineEvent {
  const { at, fault, detail, listener, remoteAddress, remotePort, serverName, host, tlsVersion } = refusal;
  return {
    kind: 'connection.refused',
    at,
    fault,
    deployment: null,
    connection: null,
    facts: { listener, deployment: null, serverName, host, remoteAddress, remotePort, tlsVersion, acceptedAt: at },
    protocolVersion: null,
    clientId: null,
    username: null,
    detail,
    count: 1,
  };
}
