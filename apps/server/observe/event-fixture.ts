import type { ConnectionId, DeploymentId } from '../../../packages/engine/ids.ts';
import type { ConnectionFacts, DeploymentCounters, EngineEvent } from '../../../packages/engine/ports.ts';

/** Noon of a day; tests count from here. */
export const noon = Date.UTC(2026, 0, 31, 12, 0, 0);
export const deploymentA = 'a1b2c3' as DeploymentId;
export const deploymentB = 'd4e5f6' as DeploymentId;

export const facts: ConnectionFacts = {
  listener: 'mqtts',
  deployment: null,
  serverName: 'a1b2c3.berth.localhost',
  host: null,
  remoteAddress: '192.0.2.1',
  remotePort: 50_000,
  tlsVersion: 'TLSv1.3',
  acceptedAt: noon,
};

/** A refused log-in, or what the test makes of it. */
export function event(changes: Partial<EngineEvent> = {}): EngineEvent {
  return {
    kind: 'connection.refused',
    at: noon,
    fault: 'credentials.wrong-password',
    deployment: deploymentA,
    connection: 7 as ConnectionId,
    facts,
    protocolVersion: 4,
    clientId: 'sensor-1',
    username: 'alice',
    detail: null,
    count: 1,
    ...changes,
  };
}

/** Every counter has another value, so that two that are swapped show. */
export function distinctCounters(): DeploymentCounters {
  return {
    connections: 1,
    sessions: 102,
    subscriptions: 3,
    retainedMessages: 4,
    retainedBytes: 5,
    queuedMessages: 6,
    queuedBytes: 7,
    connectsAccepted: 8,
    connectsRefused: 9,
    packetsReceived: 10,
    packetsSent: 11,
    bytesReceived: 12,
    bytesSent: 13,
    publishesReceivedQoS0: 1000,
    publishesReceivedQoS1: 200,
    publishesReceivedQoS2: 30,
    publishesSentQoS0: 4000,
    publishesSentQoS1: 500,
    publishesSentQoS2: 60,
    messagesDroppedQueue: 7000,
    messagesDroppedBuffer: 800,
    messagesDroppedExpired: 90,
    messagesDroppedTooLarge: 2,
    publishesDenied: 24,
    subscribesDenied: 25,
    readPauses: 26,
  };
}
