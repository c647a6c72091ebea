import type { CertificateFiles } from './files.ts';

/** The process dies. */
export class Crash extends Error {
  override readonly name = 'Crash';
}

/** Files in memory for tests; the process can be made to die before any change. */
export class MemoryFiles implements CertificateFiles {
  readonly content: Map<string, string>;
  /** Changes that are still made before the process dies. */
  changesLeft = Number.POSITIVE_INFINITY;

  constructor(content: ReadonlyMap<string, string> = new Map()) {
    this.content = new Map(content);
  }

  file(name: string): string {
    return `/data/${name}`;
  }

  read(name: string): string | null {
    return this.content.get(name) ?? null;
  }

  write(name: string, data: string): void {
    this.#spend();
    this.content.set(name, data);
  }

  remove(name: string): void {
    if (!this.content.has(name)) return;
    this.#spend();
    this.content.delete(name);
  }

  #spend(): void {
    if (this.changesLeft === 0) throw new Crash('the process dies here');
    this.changesLeft -= 1;
  }
}
