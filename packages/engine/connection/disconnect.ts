import { decode, ReasonCode, type DisconnectPacket } from '../../codec/mod.ts';
import { shortenExpiry } from './connect.ts';
import type { Connection } from './connection.ts';
import type { Connected } from './connection-state.ts';

/** The client says goodbye (MQTT 5.0 section 3.14). */
export function handleDisconnect(connection: Connection, { broker, session }: Connected, now: number): void {
  const { framer, version } = connection;
  const packet = decode(version, framer.header, framer.buffer, framer.bodyStart, framer.end) as DisconnectPacket;
  const expiryInterval = packet.properties?.sessionExpiryInterval;
  if (expiryInterval !== undefined) {
    const wasPersistent = session.persistent;
    // [MQTT-3.14.2-2]: a session that was to end with the connection cannot be made to last now.
    if (session.expiryInterval === 0 && expiryInterval !== 0) {
      connection.close(
        'protocol.error',
        'Session Expiry Interval in DISCONNECT of a session that has none',
        now,
        ReasonCode.protocolError,
      );
      return;
    }
    session.expiryInterval = shortenExpiry(expiryInterval, version, broker.context.limits);
    // Ends with the connection now: nothing of it is to come back after a restart.
    if (wasPersistent && session.expiryInterval === 0) broker.context.store.deleteSession(session);
  }
  // [MQTT-3.14.4-3]: only a normal disconnection takes the will with it.
  const keepWill = packet.reasonCode !== ReasonCode.success;
  const detail = packet.reasonCode === ReasonCode.success ? null : `reason code 0x${packet.reasonCode.toString(16)}`;
  connection.depart(keepWill ? 'closed.with-will' : 'closed.by-client', keepWill, detail, now);
}

/** AUTH is for enhanced authentication only, which is not offered (MQTT 5.0 section 4.12). */
export function handleAuth(connection: Connection, now: number): void {
  const { framer, version } = connection;
  // Judged first: flags that are set make it malformed [MQTT-3.15.1-1].
  decode(version, framer.header, framer.buffer, framer.bodyStart, framer.end);
  connection.close('protocol.error', 'AUTH without enhanced authentication', now, ReasonCode.protocolError);
}
