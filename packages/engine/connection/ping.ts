import { decode, encode } from '../../codec/mod.ts';
import type { Connection } from './connection.ts';

const PINGRESP = encode(4, { type: 13 });

/** [MQTT-3.12.4-1] */
export function handlePingreq(connection: Connection, now: number): void {
  connection.intake.controlled(now);
  const { framer, version } = connection;
  decode(version, framer.header, framer.buffer, framer.bodyStart, framer.end);
  connection.writeAside(PINGRESP);
}
