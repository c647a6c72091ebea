import { ReasonCode, type ProtocolVersion } from '../../../packages/codec/types.ts';

/** Connect Return codes (MQTT 3.1.1 section 3.2.2.3). */
const returnCodes3 = [
  'connection accepted',
  'unacceptable protocol version',
  'identifier rejected',
  'server unavailable',
  'bad user name or password',
  'not authorized',
];

/** A code as people are shown it: `0x87 not authorized` in 5.0, `5 not authorized` in 3.x. */
export function codeNameOf(
  packet: 'connack' | 'disconnect' | 'publish' | 'suback',
  version: ProtocolVersion,
  code: number,
): string {
  if (version !== 5 && packet === 'connack') return named(String(code), returnCodes3[code]);
  const hex = `0x${code.toString(16).padStart(2, '0').toUpperCase()}`;
  if (version !== 5) return named(hex, code === 0x80 ? 'failure' : undefined);
  const key = Object.entries(ReasonCode).find(([, value]) => value === code)?.[0];
  return named(hex, key === undefined ? undefined : wordsOf(key));
}

function named(code: string, name: string | undefined): string {
  return name === undefined ? code : `${code} ${name}`;
}

/** `qosNotSupported` -> `qos not supported`. */
function wordsOf(key: string): string {
  return key.replaceAll(/([a-z])([A-Z])/g, '$1 $2').toLowerCase();
}
