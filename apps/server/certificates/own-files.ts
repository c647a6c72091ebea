import { readFileSync } from 'node:fs';
import { checkOwnCertificate, type OwnCertificate } from './own-certificate.ts';
import type { OwnProblem } from './own-problem.ts';

/** Where the operator's certificate lies, and what it has to be good for. */
export interface OwnFilesOptions {
  readonly cert: string;
  readonly key: string;
  readonly domain: string;
  readonly san: readonly string[];
  /** Reads a file as text; throws as `node:fs` does. */
  readonly readFile?: (path: string) => string;
}

/** What a look at the files found. */
export type OwnLook =
  | { readonly kind: 'unchanged' }
  | { readonly kind: 'accepted'; readonly certificate: OwnCertificate; readonly warnings: readonly string[] }
  | { readonly kind: 'refused'; readonly problems: readonly OwnProblem[] };

/**
 * The operator's two files. They are looked at from time to time and compared as text: that also sees links that were
 * pointed elsewhere (certbot, Kubernetes) and works on every file system.
 */
export class OwnFiles {
  readonly #options: OwnFilesOptions;
  /** What was accepted or refused last, and what was bad once and may only be half-written. */
  #judged: string | null = null;
  #doubted: string | null = null;

  constructor(options: OwnFilesOptions) {
    this.#options = options;
  }

  /** Reads and judges the files, whatever they were before. */
  read(now: number): Exclude<OwnLook, { kind: 'unchanged' }> {
    const content = this.#content();
    this.#judged = content.mark;
    this.#doubted = null;
    return this.#judge(content, now);
  }

  /**
   * Looks for a change. A good pair is taken at once. A bad one is refused, once, when it is still the same at the next
   * look: files are not always written in one go.
   */
  look(now: number): OwnLook {
    const content = this.#content();
    if (content.mark === this.#judged) {
      this.#doubted = null;
      return { kind: 'unchanged' };
    }
    const found = this.#judge(content, now);
    if (found.kind === 'refused' && this.#doubted !== content.mark) {
      this.#doubted = content.mark;
      return { kind: 'unchanged' };
    }
    this.#judged = content.mark;
    this.#doubted = null;
    return found;
  }

  #judge({ cert, key }: Content, now: number): Exclude<OwnLook, { kind: 'unchanged' }> {
    const { cert: certPath, key: keyPath, domain, san } = this.#options;
    if (typeof cert !== 'string')
      return { kind: 'refused', problems: [cert, ...(typeof key === 'string' ? [] : [key])] };
    if (typeof key !== 'string') return { kind: 'refused', problems: [key] };
    const result = checkOwnCertificate({ certPath, cert, keyPath, key, domain, san, now });
    return result.ok
      ? { kind: 'accepted', certificate: result.certificate, warnings: result.warnings }
      : { kind: 'refused', problems: result.problems };
  }

  #content(): Content {
    const cert = this.#readFile(this.#options.cert, 'certificate');
    const key = this.#readFile(this.#options.key, 'key');
    return { cert, key, mark: JSON.stringify([cert, key]) };
  }

  #readFile(path: string, what: string): string | OwnProblem {
    try {
      return this.#options.readFile?.(path) ?? readFileSync(path, 'utf8');
    } catch (error) {
      return unreadable(path, what, error);
    }
  }
}

interface Content {
  readonly cert: string | OwnProblem;
  readonly key: string | OwnProblem;
  readonly mark: string;
}

function unreadable(path: string, what: string, error: unknown): OwnProblem {
  const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown error';
  const words: Record<string, [string, string]> = {
    ENOENT: ['it does not exist', `Check the path in --${what === 'key' ? 'key' : 'cert'}.`],
    EACCES: ['permission denied', 'Let the user that runs Berth read it, and the directories above it.'],
    EISDIR: ['it is a directory', 'Give the path of the file in it.'],
  };
  const [reason, remedy] = words[code] ?? [code, 'Check the path and its permissions.'];
  return { message: `The ${what} file ${path} cannot be read: ${reason}.`, remedy };
}
