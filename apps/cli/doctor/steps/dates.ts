import type { X509Certificate } from 'node:crypto';
import { oneLine } from '../certificate-path.ts';
import { both, failed, ok, warning, type Finding } from '../finding.ts';
import { spanOf, timeOf } from '../words.ts';

/** No clock that is right shows a time before this program was written. */
const writtenMs = Date.UTC(2026, 0, 1);
/** A clock that is further off than this is worth a word. */
const clockDriftMsMax = 5 * 60_000;
const dayMs = 86_400_000;

/** The time in which all certificates of a path are valid. */
interface Validity {
  readonly fromMs: number;
  readonly toMs: number;
  /** The certificate that ends first. */
  readonly first: X509Certificate;
}

function validityOf(certificates: readonly X509Certificate[]): Validity | null {
  const [leaf] = certificates;
  if (leaf === undefined) return null;
  let first = leaf;
  for (const certificate of certificates) {
    if (certificate.validToDate.getTime() < first.validToDate.getTime()) first = certificate;
  }
  return {
    fromMs: Math.max(...certificates.map(({ validFromDate }) => validFromDate.getTime())),
    toMs: first.validToDate.getTime(),
    first,
  };
}

/** Whether the clock has to be compared with another one before the dates can be judged. */
export function isClockInDoubt(certificates: readonly X509Certificate[], nowMs: number): boolean {
  const validity = validityOf(certificates);
  return validity === null || nowMs < validity.fromMs || nowMs > validity.toMs || nowMs < writtenMs;
}

/** Whether the clock is wrong, as far as that can be told. @param serverMs what the server takes for the time, or null. */
function isClockWrong(nowMs: number, serverMs: number | null): boolean {
  return nowMs < writtenMs || (serverMs !== null && Math.abs(nowMs - serverMs) > clockDriftMsMax);
}

/** The dates of the certificates against the clock of this machine. */
export function judgeDates(
  certificates: readonly X509Certificate[],
  nowMs: number,
  serverMs: number | null,
): Finding | null {
  const validity = validityOf(certificates);
  if (validity === null) return null;
  const { fromMs, toMs, first } = validity;
  const dates = both(
    `Valid from ${timeOf(fromMs)} to ${timeOf(toMs)}`,
    `有效期从 ${timeOf(fromMs)} 到 ${timeOf(toMs)}`,
  );
  const seen = both(`${dates.en}.`, `${dates.zh}。`);
  const details = { validFrom: new Date(fromMs).toISOString(), validTo: new Date(toMs).toISOString() };
  const isEarly = nowMs < fromMs;
  if (isEarly || nowMs > toMs) {
    const off = spanOf(isEarly ? fromMs - nowMs : nowMs - toMs);
    const which = first === certificates[0] ? '' : ` (${oneLine(first.subject)})`;
    const how = isEarly
      ? both(`On this clock it becomes valid in ${off.en}.`, `按本机时钟，证书将在 ${off.zh}后生效。`)
      : both(`On this clock it expired ${off.en} ago${which}.`, `按本机时钟，证书已过期 ${off.zh}${which}。`);
    const isServerInside = serverMs === null || (serverMs >= fromMs && serverMs <= toMs);
    if (isClockWrong(nowMs, serverMs) && isServerInside) return failed('validity', 'tls.clock', [seen, how], details);
    return failed(
      'validity',
      isEarly ? 'tls.certificate-not-yet-valid' : 'tls.certificate-expired',
      [seen, how],
      details,
    );
  }
  const leftMs = toMs - nowMs;
  if (leftMs < 7 * dayMs && leftMs < (toMs - fromMs) / 10) {
    const left = spanOf(leftMs);
    const soon = both(`It expires in ${left.en}.`, `证书将在 ${left.zh}后过期。`);
    return warning('validity', 'tls.certificate-expired', [seen, soon], details);
  }
  const [age, left] = [spanOf(nowMs - fromMs), spanOf(leftMs)];
  const counted = both(
    `${dates.en}: ${age.en} old, ${left.en} left.`,
    `${dates.zh}：已生效 ${age.zh}，剩余 ${left.zh}。`,
  );
  return ok('validity', counted, details);
}

/** The clock of this machine against that of the server, or else against the calendar. */
export function judgeClock(nowMs: number, serverMs: number | null): Finding {
  const details = {
    clock: new Date(nowMs).toISOString(),
    serverTime: serverMs === null ? null : new Date(serverMs).toISOString(),
    differenceSeconds: serverMs === null ? null : Math.round((nowMs - serverMs) / 1000),
  };
  const clock = both(`This clock: ${timeOf(nowMs)}.`, `本机时钟：${timeOf(nowMs)}。`);
  if (serverMs === null) {
    if (nowMs < writtenMs) return failed('clock', 'tls.clock', clock, details);
    return ok('clock', clock, details);
  }
  const off = spanOf(nowMs - serverMs);
  const server = both(`The server has ${timeOf(serverMs)}.`, `服务器时间：${timeOf(serverMs)}。`);
  if (Math.abs(nowMs - serverMs) <= clockDriftMsMax) {
    const apart = both(`${off.en} apart from the server.`, `与服务器相差 ${off.zh}。`);
    return ok('clock', [{ en: `${clock.en} ${apart.en}`, zh: `${clock.zh}${apart.zh}` }], details);
  }
  const late = nowMs < serverMs;
  const apart = both(
    `This clock is ${off.en} ${late ? 'behind' : 'ahead'}.`,
    `本机时钟${late ? '慢' : '快'} ${off.zh}。`,
  );
  return (nowMs < writtenMs ? failed : warning)('clock', 'tls.clock', [clock, server, apart], details);
}
