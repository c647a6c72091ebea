/** The certificates of a running service: kept in time, changed on request, shown by the listeners. */
import { X509Certificate } from 'node:crypto';
import { BootError } from '../config/boot-error.ts';
import { type CertificateAnswer, type Refusal, refusal } from './answer.ts';
import { type Certificates, ensureCertificates } from './ensure.ts';
import { type CertificateFiles, fileNames } from './files.ts';
import { Notices } from './notices.ts';
import type { OwnCertificate } from './own-certificate.ts';
import { OwnFiles } from './own-files.ts';
import type { OwnProblem } from './own-problem.ts';
import { cancelRollover, finishRollover, planRollover } from './rollover-requests.ts';
import { type CertificateStatus, statusOf, statusOfOwn } from './status.ts';

const complaintMs = 3_600_000;

/** What listeners show. */
export interface ShownCertificate {
  /** PEM: server certificate first, then what is above it but for the root. */
  readonly cert: string;
  readonly key: string;
}

export interface CertificateServiceOptions {
  readonly directory: CertificateFiles;
  readonly domain: string;
  readonly san: readonly string[];
  /** Paths of the operator's own files; null where Berth makes the certificates. */
  readonly own: { readonly cert: string; readonly key: string } | null;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  readonly log: { info(text: string): void; warn(text: string): void; error(text: string): void };
}

/** What is in use now. */
type Current =
  | { readonly source: 'berth'; readonly certificates: Certificates }
  | { readonly source: 'own'; readonly own: OwnCertificate };

/** Keeps the certificates. Everything that changes them runs one after the other. */
export class CertificateService {
  /** Shows a changed certificate on the listeners. A failure is logged, and tried again at the next `tick`. */
  onChange: (certificate: ShownCertificate) => Promise<void> = () => Promise.resolve();
  readonly #options: CertificateServiceOptions;
  readonly #ownFiles: OwnFiles | null;
  readonly #notices = new Notices();
  #current: Current;
  /** Whether the listeners still show what was before. */
  #pending = false;
  #refused: string | null = null;
  #complaint: { readonly text: string; readonly at: number } | null = null;
  #tail: Promise<unknown> = Promise.resolve();

  private constructor(options: CertificateServiceOptions, ownFiles: OwnFiles | null, current: Current) {
    this.#options = options;
    this.#ownFiles = ownFiles;
    this.#current = current;
  }

  /**
   * Reads or makes the certificates.
   * @throws BootError when a file is damaged, or the operator's own certificate is not good.
   */
  static async open(options: CertificateServiceOptions): Promise<CertificateService> {
    const { directory, domain, san, own, now } = options;
    if (own === null) {
      for (const name of [fileNames.ownChain, fileNames.ownRoot]) directory.remove(name);
      const certificates = await ensureCertificates(directory, { domain, san, now: now() });
      return new CertificateService(options, null, { source: 'berth', certificates });
    }
    const files = new OwnFiles({ ...own, domain, san });
    const look = files.read(now());
    if (look.kind === 'refused') throw bootError(look.problems);
    for (const warning of look.warnings) options.log.warn(warning);
    const service = new CertificateService(options, files, { source: 'own', own: look.certificate });
    service.#keepChain(look.certificate);
    return service;
  }

  /** What listeners are to show. */
  get shown(): ShownCertificate {
    return this.#current.source === 'own' ? this.#current.own : this.#current.certificates.server;
  }

  /** What devices are given, PEM; null where they use the trust store of their system. */
  get caFile(): string | null {
    return this.#current.source === 'own' ? this.#current.own.root : this.#current.certificates.ca.cert;
  }

  /** Path of a file that holds it; null like `caFile`. */
  get caPath(): string | null {
    if (this.#current.source === 'berth') return this.#current.certificates.ca.path;
    return this.#current.own.root === null ? null : this.#options.directory.file(fileNames.ownRoot);
  }

  /** SHA-256 of the first certificate of the CA file, or of the server certificate where there is none. */
  get fingerprint(): string {
    return new X509Certificate(this.caFile ?? this.shown.cert).fingerprint256;
  }

  status(): CertificateStatus {
    const current = this.#current;
    if (current.source === 'own') return statusOfOwn(current.own.server, current.own.root, this.#refused);
    const { ca, server, rollover } = current.certificates;
    return statusOf(ca.cert, server.cert, rollover);
  }

  /** Does what is due: renewal, switch, end of a rollover, a changed file of the operator. Call every few seconds. */
  tick(): Promise<void> {
    return this.#serial(async () => {
      const now = this.#options.now();
      try {
        if (this.#ownFiles !== null) this.#lookAtOwn(this.#ownFiles, now);
        else if (this.#isDue(now)) await this.#ensure(false);
      } catch (error) {
        this.#complain(error instanceof BootError ? error.toSentence() : String(error), now);
      }
      await this.#show();
      for (const { level, text } of this.#notices.take(this.status(), now)) this.#options.log[level](text);
    });
  }

  /** Makes a new server certificate, or reads the operator's files again, and shows it. */
  renew(): Promise<CertificateAnswer> {
    return this.#serial(async () => {
      if (this.#ownFiles === null) await this.#ensure(true);
      else {
        const look = this.#ownFiles.read(this.#options.now());
        if (look.kind === 'refused') {
          const { message, remedy } = joined(look.problems);
          this.#refused = `${message} ${remedy}`;
          return refusal('certificate.invalid', message, `${remedy} The certificate in use stays.`);
        }
        this.#accept(look.certificate, look.warnings);
      }
      await this.#show();
      return { ok: true, status: this.status() };
    });
  }

  /** Makes a second root, or moves the time of the switch. @param at milliseconds since 1970, `now`, or null: in 30 days. */
  planRollover(at: number | 'now' | null): Promise<CertificateAnswer> {
    return this.#changeRoots((directory, now) => planRollover(directory, at, now));
  }

  /** Goes back to the old root alone. */
  cancelRollover(): Promise<CertificateAnswer> {
    return this.#changeRoots(cancelRollover);
  }

  /** Takes the old root out of the CA file, once the new one signs. */
  finishRollover(): Promise<CertificateAnswer> {
    return this.#changeRoots(finishRollover);
  }

  #changeRoots(
    change: (directory: CertificateFiles, now: number) => Refusal | null | Promise<Refusal | null>,
  ): Promise<CertificateAnswer> {
    return this.#serial(async () => {
      if (this.#current.source === 'own') return ownInUse();
      const refused = await change(this.#options.directory, this.#options.now());
      if (refused !== null) return refused;
      await this.#ensure(false);
      await this.#show();
      return { ok: true, status: this.status() };
    });
  }

  /** Whether the files say that something has to be done; cheap, because it is asked all the time. */
  #isDue(now: number): boolean {
    if (this.#current.source === 'own') return false;
    const { server, rollover } = this.#current.certificates;
    if (now >= server.renewAt) return true;
    if (rollover?.phase === 'planned') return now >= rollover.switchAt;
    return rollover?.phase === 'switched' && now >= rollover.endsAt;
  }

  async #ensure(force: boolean): Promise<void> {
    const { directory, domain, san, log, now } = this.#options;
    const before = this.#current.source === 'berth' ? this.#current.certificates : null;
    const certificates = await ensureCertificates(directory, { domain, san, now: now(), force });
    this.#current = { source: 'berth', certificates };
    if (certificates.issued) this.#pending = true;
    if (before?.rollover?.phase !== 'switched' && certificates.rollover?.phase === 'switched') {
      log.warn('The server certificate is signed by the new root from now on. The CA file still carries both roots.');
    } else if (certificates.issued) log.info('The server certificate has been renewed.');
    if (before?.rollover != null && certificates.rollover === null) {
      log.info('The CA file carries one root again. Hand it out anew.');
    }
  }

  #lookAtOwn(files: OwnFiles, now: number): void {
    const look = files.look(now);
    if (look.kind === 'accepted') this.#accept(look.certificate, look.warnings);
    else if (look.kind === 'refused') {
      const { message, remedy } = joined(look.problems);
      this.#refused = `${message} ${remedy}`;
      this.#options.log.error(`The changed certificate is not taken, the one in use stays: ${this.#refused}`);
    }
  }

  #accept(own: OwnCertificate, warnings: readonly string[]): void {
    const isSame = this.#current.source === 'own' && this.#current.own.cert === own.cert;
    this.#refused = null;
    for (const warning of warnings) this.#options.log.warn(warning);
    if (isSame) return;
    this.#current = { source: 'own', own };
    this.#keepChain(own);
    this.#pending = true;
    this.#options.log.info('The changed certificate is in use.');
  }

  /** For the commands of this machine, which have to trust what the listeners show. */
  #keepChain(own: OwnCertificate): void {
    const { directory } = this.#options;
    if (own.root === null) directory.remove(fileNames.ownRoot);
    else directory.write(fileNames.ownRoot, own.root);
    directory.write(fileNames.ownChain, own.chain.map((certificate) => ended(certificate.toString())).join(''));
  }

  async #show(): Promise<void> {
    if (!this.#pending) return;
    try {
      await this.onChange(this.shown);
      this.#pending = false;
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      this.#complain(`The new certificate cannot be shown on the listeners yet: ${reason}.`, this.#options.now());
    }
  }

  /** Once an hour: what goes wrong at one look goes wrong at the next. */
  #complain(text: string, now: number): void {
    if (this.#complaint?.text === text && Math.abs(now - this.#complaint.at) < complaintMs) return;
    this.#complaint = { text, at: now };
    this.#options.log.error(text);
  }

  #serial<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#tail.then(work);
    this.#tail = done.catch(() => {});
    return done;
  }
}

function ownInUse(): Refusal {
  return refusal(
    'certificate.own',
    'The server certificate is one of your own, so the authority of Berth signs nothing.',
    'Leave --cert and --key out to use the authority of Berth.',
  );
}

function bootError(problems: readonly OwnProblem[]): BootError {
  const { message, remedy } = joined(problems);
  return new BootError(message, remedy);
}

/** All of them in one text; the last remedy apart. */
function joined(problems: readonly OwnProblem[]): OwnProblem {
  const last = problems.at(-1) ?? { message: '', remedy: '' };
  const before = problems.slice(0, -1).map(({ message, remedy }) => `${message} ${remedy}`);
  return { message: [...before, last.message].join(' '), remedy: last.remedy };
}

function ended(pem: string): string {
  return pem.endsWith('\n') ? pem : `${pem}\n`;
}
