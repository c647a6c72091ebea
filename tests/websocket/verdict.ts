import type { Case, CaseResult } from './suite.ts';

/**
 * - `conforms`: as RFC 6455 and the suite want it. `text refused`: the case sends a text message, which MQTT forbids
 *   [MQTT-6.0.0-1], and the connection was closed with 1003. `not MQTT`: the case sends a binary message that is no MQTT, and
 *   the service closed, or, where it was empty, waited for more. `text not judged`: the case wants text that is not UTF-8 to be
 *   refused, and the echo server shows text to the layer as binary. `fails`: anything else.
 */
export type Verdict = 'conforms' | 'text refused' | 'not MQTT' | 'text not judged' | 'fails' | 'not run';

const good = new Set(['OK', 'NON-STRICT', 'INFORMATIONAL']);
const goodClose = new Set(['OK', 'INFORMATIONAL']);
const textRefused = 1003;
const normalClosure = 1000;

function conforms({ behavior, close }: CaseResult): boolean {
  return good.has(behavior) && goodClose.has(close);
}

/** Of the layer, with messages sent back. */
export function echoVerdict({ id, echo }: Case): Verdict {
  if (conforms(echo)) return 'conforms';
  // Section 6 is about UTF-8 in text.
  return id.startsWith('6.') ? 'text not judged' : 'fails';
}

/** Of the WebSocket port of the service, to which every message is MQTT or nothing. */
export function serviceVerdict({ id, service }: Case): Verdict {
  if (service === null) return 'not run';
  if (conforms(service)) return 'conforms';
  if (service.code === textRefused) return 'text refused';
  // Section 1.2 sends binary messages; its first is empty.
  if (id === '1.2.1' ? service.code === null : id.startsWith('1.2.') && service.code === normalClosure)
    return 'not MQTT';
  return 'fails';
}

/** Whether the case is as it should be on at least one of the two, and wrong on none. */
export function passes(one: Case): boolean {
  const verdicts = [echoVerdict(one), serviceVerdict(one)];
  const isJudged = verdicts.some((verdict) => verdict === 'conforms' || verdict === 'text refused');
  return isJudged && !verdicts.includes('fails');
}
