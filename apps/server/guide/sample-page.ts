import { html, raw } from 'hono/html';
import { fillSample, type SampleLanguage } from '../../../packages/samples/mod.ts';
import type { GuideLanguage } from './language.ts';
import { addressOf } from './layout.ts';
import type { Library } from './library.ts';
import { codeBlock } from './markdown.ts';
import { fillText, markPlaceholders, type GuideValues } from './values.ts';
import { words } from './words.ts';

type Html = ReturnType<typeof html>;

/** Samples that run where a person reads the guide and that send SNI for a name without a dot, such as `localhost`. */
const takeLocalAddress: ReadonlySet<string> = new Set(['python', 'node', 'go']);

/** A file of a sample as a user gets it: the main one with its settings filled in. */
export function sampleFile(sample: SampleLanguage, name: string, library: Library, values: GuideValues): string {
  const text = library.read(`examples/${sample.folder}/${name}`);
  if (name !== sample.main) return text;
  const local = takeLocalAddress.has(sample.name) ? values.localAddress : null;
  const host = local ?? values.address;
  return fillSample(text, sample, {
    ...(host === null ? {} : { host }),
    tlsPort: values.ports.mqtts,
    wssPort: values.ports.wss,
    ...(values.ca === null ? {} : { caPem: values.ca.pem }),
  });
}

/** Where a file of a sample is downloaded. */
export function sampleFileAddress(sample: SampleLanguage, name: string, query: string): string {
  return `/guide/files/${sample.name}/${name}${query}`;
}

/** The page of a sample: its files, to copy and to download. Escaped HTML. */
export async function sampleBody(
  sample: SampleLanguage,
  language: GuideLanguage,
  library: Library,
  values: GuideValues,
  query: string,
): Promise<string> {
  const word = words[language].sample;
  const file = (name: string): Html => {
    const kind = name.replace(/^.*\./, '');
    return html`<h2 id="${name}">${name}</h2>
      <p><a href="${sampleFileAddress(sample, name, query)}" download>${word.download}</a></p>
      ${raw(codeBlock(sampleFile(sample, name, library, values), kind))}`;
  };
  const webSocket = sample.hasWebSocket ? html`<p>${fillText(markPlaceholders(word.overWebSocket), values)}</p>` : '';
  const commands =
    sample.run.length === 0
      ? ''
      : html`<p>${word.commands}</p>
          ${raw(codeBlock(sample.run.join('\n'), 'sh'))}`;
  return String(
    await html`<h1>${sample.title}</h1>
      <p>${word.introduction} ${word.password} ${word.tested[sample.tested]}</p>
      ${webSocket} ${commands}
      <p><a href="${addressOf(language, 'samples', query)}">${word.run}</a></p>
      ${[sample.main, ...sample.others].map(file)}`,
  );
}
