import type { Text } from '../../../packages/faults/mod.ts';
import type { Finding } from './finding.ts';

/** Shorter ones would take ordinary words apart; they are never written in the first place. */
const lengthMin = 4;

/**
 * A last net: nothing here writes the password, but a server may send it back in a text of its own.
 * @returns a function that takes the password out of what was seen.
 */
export function hideIn(password: string | null): (finding: Finding) => Finding {
  if (password === null || password.length < lengthMin) return (finding) => finding;
  const hide = (text: string): string => text.replaceAll(password, '***');
  const hideText = ({ en, zh }: Text): Text => ({ en: hide(en), zh: hide(zh) });
  return (finding) => ({
    ...finding,
    seen: finding.seen.map(hideText),
    details: hideDeep(finding.details, hide) as Finding['details'],
  });
}

function hideDeep(value: unknown, hide: (text: string) => string): unknown {
  if (typeof value === 'string') return hide(value);
  if (Array.isArray(value)) return value.map((one) => hideDeep(one, hide));
  if (value instanceof Uint8Array || typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, hideDeep(one, hide)]));
}
