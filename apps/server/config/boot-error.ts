/** Something that keeps the server from starting, said so that a person can act on it. */
export class BootError extends Error {
  override readonly name = 'BootError';
  /** What to do about it: one sentence. */
  readonly remedy: string;

  /** @param message what is wrong, one sentence without a secret. */
  constructor(message: string, remedy: string, options?: ErrorOptions) {
    super(message, options);
    this.remedy = remedy;
  }

  /** Both sentences, as they are printed. */
  toSentence(): string {
    return `${this.message} ${this.remedy}`;
  }
}
