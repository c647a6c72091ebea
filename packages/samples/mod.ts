/** The samples of `examples/`: which there are, and how their settings are filled in. Pure: who has the files reads them. */
export { fillSample } from './fill.ts';
export type { SampleValues } from './fill.ts';
export { sampleLanguage, sampleLanguages } from './languages.ts';
export type { SampleLanguage } from './languages.ts';
