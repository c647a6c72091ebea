import type { Guide, GuideAnswer, GuideOptions, GuideRequest } from './guide.ts';

/** The guide, made at the first request: few read it, and a start should be quick. */
export class LazyGuide {
  readonly #values: GuideOptions['values'];
  #guide: Promise<Guide> | null = null;

  constructor(values: GuideOptions['values']) {
    this.#values = values;
  }

  async answer(request: GuideRequest): Promise<GuideAnswer> {
    this.#guide ??= this.#make();
    return (await this.#guide).answer(request);
  }

  async #make(): Promise<Guide> {
    const [{ Guide }, { Library }] = await Promise.all([import('./guide.ts'), import('./library.ts')]);
    return new Guide({ library: new Library(), values: this.#values });
  }
}
