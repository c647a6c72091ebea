import { InvalidArgumentError } from 'commander';
import type { ProtocolVersion, QoS } from '../../../packages/codec/types.ts';

/** Makes a parser for a whole number in a range, for an option of commander. */
export function wholeNumber(min: number, max: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (/^\d+$/.test(text) && value >= min && value <= max) return value;
    throw new InvalidArgumentError(`It takes a whole number from ${min} to ${max}.`);
  };
}

export const parsePort = wholeNumber(1, 65_535);
export const parseSeconds = wholeNumber(0, 0xffff_ffff);

export function parseQos(text: string): QoS {
  if (text === '0' || text === '1' || text === '2') return Number(text) as QoS;
  throw new InvalidArgumentError('It takes 0, 1 or 2.');
}

/** `3.1`, `3.1.1` or `5` (also `31`, `311`, `5.0`, `mqttv5` and the like, as other clients write it). */
export function parseVersion(text: string): ProtocolVersion {
  const versions: Record<string, ProtocolVersion> = { '31': 3, '3': 3, '311': 4, '4': 4, '5': 5, '50': 5 };
  const version =
    versions[
      text
        .toLowerCase()
        .replace(/^mqttv/, '')
        .replaceAll('.', '')
    ];
  if (version !== undefined) return version;
  throw new InvalidArgumentError('It takes 3.1, 3.1.1 or 5.');
}

/** Collects an option that may come several times. */
export function collect(text: string, previous: readonly string[] | undefined): readonly string[] {
  return [...(previous ?? []), text];
}

/** Pairs as MQTT.js takes them: a name that comes twice has a list. */
export type UserProperties = Record<string, string | string[]>;

/** Collects `name=value`. The value may be empty and may contain `=`. */
export function collectUserProperty(text: string, previous: UserProperties | undefined): UserProperties {
  const at = text.indexOf('=');
  if (at < 1) throw new InvalidArgumentError('It takes NAME=VALUE.');
  const name = text.slice(0, at);
  const value = text.slice(at + 1);
  const before = previous?.[name];
  return { ...previous, [name]: before === undefined ? value : [before, value].flat() };
}
