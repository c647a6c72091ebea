/**
 * What a record of the journal is, by the first character of its key (`session/records.ts`): for those who count records and do
 * not read them. A session is also the record of a will whose session ends with its connection.
 */
export const recordKinds = {
  s: 'sessions',
  f: 'subscriptions',
  m: 'messages',
  i: 'inFlight',
  q: 'receipts',
  r: 'retained',
  p: 'contents',
} as const;

export type RecordKind = (typeof recordKinds)[keyof typeof recordKinds];

/** @returns what the record is; null where no record has such a key. */
export function recordKindOf(key: string): RecordKind | null {
  const first = key.charAt(0);
  return first in recordKinds ? recordKinds[first as keyof typeof recordKinds] : null;
}
