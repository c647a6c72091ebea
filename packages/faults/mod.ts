/** The catalogue of refusals, drops and closes. Docs, metrics, command line and doctor are made from it. */
import { faults } from './catalogue.ts';
import { faultNumbers } from './names.ts';
import type { FaultName, FaultNumber } from './names.ts';
import type { Fault } from './types.ts';

export { faults } from './catalogue.ts';
export { classes } from './classes.ts';
export type { FaultClass } from './classes.ts';
export { helpLanguages, languageHelp } from './languages/help.ts';
export type { LanguageHelp } from './languages/help.ts';
export type { HelpLanguage } from './languages/language.ts';
export type { FaultName, FaultNumber } from './names.ts';
export type { Audience, Fault, Text } from './types.ts';

/** The entry of the catalogue with this name. */
export function fault(name: FaultName): Fault {
  return faults[name];
}

/** Berth's error number of a fault: its class. */
export function faultNumber(name: FaultName): FaultNumber {
  return faultNumbers[name];
}

/**
 * The code of the CONNACK that refuses a CONNECT with this fault (MQTT 3.1.1 section 3.2.2.3, MQTT 5.0 section 3.2.2.2).
 * @param version protocol level of the CONNECT.
 * @returns null where the connection is closed without a CONNACK.
 */
export function connackCode(name: FaultName, version: 3 | 4 | 5): number | null {
  const { connack } = faults[name];
  if (connack === null) return null;
  return version === 5 ? connack.v5 : connack.v3;
}

/**
 * The Reason Code of the DISCONNECT that ends an open 5.0 connection with this fault (MQTT 5.0 section 3.14.2.1).
 * @returns null where there is no DISCONNECT. 3.x has none from the server.
 */
export function disconnectCode(name: FaultName): number | null {
  return faults[name].disconnect;
}

/** The Reason String of a fault, "error N: ..."; null where nothing is said. */
export function reasonStringOf(name: FaultName): string | null {
  return faults[name].reasonString;
}

/** All faults of one class, in the order of the catalogue. */
export function faultsOfNumber(number: number): readonly Fault[] {
  return Object.values(faults).filter((entry) => entry.number === number);
}
