import { describe, expect, test } from 'bun:test';
import { X509Certificate } from 'node:crypto';
import { make } from '../../../server/certificates/test-chain.ts';
import { isClockInDoubt, judgeClock, judgeDates } from './dates.ts';

const day = 86_400_000;
const begin = Date.UTC(2027, 0, 1);
const root = await make({ subject: 'Root', issuer: null, notBefore: begin - 100 * day, days: 400 });
const leaf = await make({ subject: 'host', issuer: root, names: ['host'], notBefore: begin, days: 90 });
const chain = [leaf, root].map(({ cert }) => new X509Certificate(cert));

/** Status and fault of dates and clock. */
function judged(now: number, server: number | null): (string | null | undefined)[] {
  const dates = judgeDates(chain, now, server);
  const clock = judgeClock(now, server);
  return [dates?.status, dates?.fault, clock.status, clock.fault];
}

describe('dates of the certificate and the clock', () => {
  test('all in order', () => {
    expect(judged(begin + 30 * day, null)).toEqual(['ok', null, 'ok', null]);
    expect(judged(begin + 30 * day, begin + 30 * day + 60_000)).toEqual(['ok', null, 'ok', null]);
  });

  test('1970 is a clock that was never set, whatever the server says', () => {
    expect(judged(0, null)).toEqual(['failed', 'tls.clock', 'failed', 'tls.clock']);
    expect(judged(0, begin + day)).toEqual(['failed', 'tls.clock', 'failed', 'tls.clock']);
  });

  test('a clock some months behind: only the time of the server tells it from a certificate that is too early', () => {
    expect(judged(begin - 60 * day, begin + day)).toEqual(['failed', 'tls.clock', 'warning', 'tls.clock']);
    expect(judged(begin - 60 * day, null)).toEqual(['failed', 'tls.certificate-not-yet-valid', 'ok', null]);
    expect(judged(begin - 60 * day, begin - 60 * day)).toEqual(['failed', 'tls.certificate-not-yet-valid', 'ok', null]);
  });

  test('a clock years ahead, and a certificate that has expired', () => {
    expect(judged(begin + 900 * day, begin + day)).toEqual(['failed', 'tls.clock', 'warning', 'tls.clock']);
    expect(judged(begin + 91 * day, begin + 91 * day)).toEqual(['failed', 'tls.certificate-expired', 'ok', null]);
    expect(judged(begin + 91 * day, null)).toEqual(['failed', 'tls.certificate-expired', 'ok', null]);
  });

  test('a clock that is off within the dates', () => {
    expect(judged(begin + 30 * day, begin + 31 * day)).toEqual(['ok', null, 'warning', 'tls.clock']);
  });

  test('the end is near only when little of its life is left', () => {
    expect(judged(begin + 85 * day, null).slice(0, 2)).toEqual(['warning', 'tls.certificate-expired']);
    expect(judged(begin + 80 * day, null).slice(0, 2)).toEqual(['ok', null]);
  });

  test('the certificate that ends first counts, and is named', () => {
    const late = judgeDates([chain[1] as X509Certificate], begin + 301 * day, null);
    expect(late?.fault).toBe('tls.certificate-expired');
    const [, second] = judgeDates(chain, begin + 400 * day, null)?.seen ?? [];
    expect(second?.en).toBe('On this clock it expired 310 days ago.');
  });

  test('the server is asked for its time only when the clock is in doubt', () => {
    expect(isClockInDoubt(chain, begin + day)).toBe(false);
    for (const now of [0, begin - day, begin + 91 * day]) expect(isClockInDoubt(chain, now)).toBe(true);
  });
});
