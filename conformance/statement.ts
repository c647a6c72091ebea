/** A normative statement of a standard, by its number in Appendix B. */
export type Statement = {
  /** As the standard writes it: `MQTT-3.1.2-3`. */
  readonly id: string;
  /** What it says, in our words and one line. */
  readonly about: string;
} & (
  | { readonly kind: 'tested' }
  /** No behaviour of this server shows it from outside; the reason says why. */
  | { readonly kind: 'not testable'; readonly reason: string }
);

/** A statement that a test of this suite names in its title. */
export function tested(number: string, about: string): Statement {
  return { id: `MQTT-${number}`, about, kind: 'tested' };
}

/** A statement that cannot be tested on this server from outside. */
export function notTestable(number: string, about: string, reason: string): Statement {
  return { id: `MQTT-${number}`, about, kind: 'not testable', reason };
}

/** Why a statement cannot be tested, where many share the reason. */
export const because = {
  client: 'It is about what a client does; no answer of a server shows it.',
  noUserProperties: 'This server sends no User Properties of its own, so none can be too much.',
  noReasonString: 'This server sends no Reason String in this packet.',
  noEnhancedAuthentication: 'This server offers no enhanced authentication and never sends AUTH.',
  allSupported: 'It is about servers without this feature; this one has it.',
} as const;
