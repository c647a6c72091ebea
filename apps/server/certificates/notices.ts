import type { CertificateStatus } from './status.ts';

const dayMs = 86_400_000;
const hourMs = 3_600_000;

/** A line for the log. */
export interface Notice {
  readonly level: 'info' | 'warn';
  readonly text: string;
}

/** How near something is when it is told, farthest first. */
const switchSteps = [7 * dayMs, dayMs, hourMs];
const expirySteps = [30 * dayMs, 7 * dayMs, dayMs];

/** Tells of what comes near, each step once. */
export class Notices {
  #told = new Set<string>();

  /** What is to be told now. */
  take(status: CertificateStatus, now: number): Notice[] {
    const notices: Notice[] = [];
    const { rollover, server, source } = status;
    if (rollover?.phase === 'planned') {
      const at = rollover.switchAt;
      if (this.#isNew(`switch ${at}`, switchSteps, Date.parse(at) - now)) {
        const text = `The server certificate will be signed by the new root from ${at} on: by then every device needs the CA file that carries both.`;
        notices.push({ level: 'warn', text });
      }
    }
    if (
      rollover?.phase === 'switched' &&
      this.#isNew(`end ${rollover.endsAt}`, expirySteps, Date.parse(rollover.endsAt) - now)
    ) {
      notices.push({ level: 'info', text: `The old root leaves the CA file on ${rollover.endsAt}, when it ends.` });
    }
    if (source === 'own' && this.#isNew(`own ${server.fingerprint}`, expirySteps, Date.parse(server.notAfter) - now)) {
      notices.push({ level: 'warn', text: `The certificate of your own ends on ${server.notAfter}. Renew it.` });
    }
    return notices;
  }

  /** Whether a step has been reached that was not told. */
  #isNew(what: string, steps: readonly number[], leftMs: number): boolean {
    const reached = steps.findLast((step) => leftMs <= step);
    if (reached === undefined) return false;
    const key = `${what} ${reached}`;
    if (this.#told.has(key)) return false;
    this.#told.add(key);
    return true;
  }
}
