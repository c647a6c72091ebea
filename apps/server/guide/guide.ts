import { createHash } from 'node:crypto';
import { html } from 'hono/html';
import { sampleLanguages, type SampleLanguage } from '../../../packages/samples/mod.ts';
import { guideLanguages, preferredLanguage, type GuideLanguage } from './language.ts';
import { addressOf, contentSecurityPolicy, renderPage, type Page } from './layout.ts';
import { sampleSlug, type Library } from './library.ts';
import { renderMarkdown, type RenderedDocument } from './markdown.ts';
import { sampleBody, sampleFile } from './sample-page.ts';
import { settingsBox } from './settings-box.ts';
import { fillHtml, fillText, queryMark, queryOf, type GuideValues } from './values.ts';
import { words } from './words.ts';

/** What is asked for. */
export interface GuideRequest {
  /** Behind `/guide`, decoded: empty, or beginning with `/`. */
  readonly path: string;
  /** Address or id of a deployment, as the reader gave it; null where none was given. */
  readonly deployment: string | null;
  /** Scheme, name and port that the reader used. */
  readonly origin: string;
  readonly acceptLanguage: string | null;
}

/** What is answered. */
export type GuideAnswer =
  | { readonly kind: 'redirect'; readonly location: string }
  | {
      readonly kind: 'content';
      readonly status: 200 | 404;
      readonly body: string;
      /** Content-Type, ETag and the like. */
      readonly headers: Readonly<Record<string, string>>;
    };

/** A document with marks for its values. */
interface Rendered extends RenderedDocument {
  readonly language: GuideLanguage;
}

export interface GuideOptions {
  readonly library: Library;
  /** What is known of the deployment; null where there is none with the address or id that was given. */
  readonly values: (request: Pick<GuideRequest, 'deployment' | 'origin'>) => Promise<GuideValues | null>;
}

/** The connection guide as pages: the Markdown of `docs/` with the settings of a deployment in it. */
export class Guide {
  readonly #options: GuideOptions;
  /** Documents by language and slug: rendered once for all deployments, so that reading costs the service next to nothing. */
  readonly #rendered = new Map<string, Rendered>();

  constructor(options: GuideOptions) {
    this.#options = options;
  }

  async answer(request: GuideRequest): Promise<GuideAnswer> {
    const { path, deployment } = request;
    const query = deployment === null || deployment === '' ? '' : `?deployment=${encodeURIComponent(deployment)}`;
    const [, first = '', ...rest] = path.split('/');
    const slug = rest.join('/');
    const language = guideLanguages.find((one) => one === first);
    if (first === '' || (language !== undefined && rest.length === 0)) {
      const chosen = language ?? preferredLanguage(request.acceptLanguage);
      return { kind: 'redirect', location: addressOf(chosen, '', query) };
    }
    const spoken = language ?? preferredLanguage(request.acceptLanguage);
    const given = query === '' ? null : deployment;
    const values = await this.#options.values({ deployment: given, origin: request.origin });
    if (values === null) return this.#noDeployment(spoken, slug, given ?? '', request);
    const page = language === undefined ? null : await this.#page(slug, language, values);
    const answer =
      first === 'files' ? this.#file(rest, values) : first === 'images' ? this.#drawing(rest.join('/')) : page;
    return answer ?? this.#missing(spoken, values);
  }

  async #page(slug: string, language: GuideLanguage, values: GuideValues): Promise<GuideAnswer | null> {
    const query = queryOf(values);
    const sample = sampleLanguages.find((entry) => sampleSlug(entry) === slug);
    if (sample !== undefined) {
      const body = await sampleBody(sample, language, this.#options.library, values, query);
      return this.#framed(language, slug, values, { title: sample.title, html: body, sections: [] }, language);
    }
    const rendered = this.#render(slug, language);
    if (rendered === null) return null;
    const { title, html, sections } = rendered;
    const filled = {
      title: fillText(title, values),
      html: fillHtml(html, values),
      sections: sections.map(({ id, text }) => ({ id, text: fillText(text, values) })),
    };
    return this.#framed(language, slug, values, filled, rendered.language);
  }

  #render(slug: string, language: GuideLanguage): Rendered | null {
    const key = `${language}/${slug}`;
    const known = this.#rendered.get(key);
    if (known !== undefined) return known;
    const { library } = this.#options;
    const document = library.find(slug, language);
    if (document === null) return null;
    const rendered = renderMarkdown(withoutFrame(document.text), (href) => {
      if (href.startsWith('https:')) return href;
      const drawing = library.drawingOf(document.path, href);
      if (drawing !== null) return `/guide/images/${drawing}`;
      const target = library.linked(document.path, href);
      if (target === null) return null;
      const isHere = target.slug === slug && target.fragment !== '';
      return isHere ? target.fragment : addressOf(language, target.slug, queryMark) + target.fragment;
    });
    const kept = { ...rendered, language: document.language };
    this.#rendered.set(key, kept);
    return kept;
  }

  async #framed(
    language: GuideLanguage,
    slug: string,
    values: GuideValues,
    rendered: RenderedDocument,
    bodyLanguage: GuideLanguage,
  ): Promise<GuideAnswer> {
    const isReference = slug.startsWith('reference/');
    const isOpen = slug === '' || values.address === null;
    const address = addressOf(language, slug, '');
    const box = isReference ? '' : String(await settingsBox(language, values, address, isOpen));
    return this.#html(200, { ...rendered, slug, language, bodyLanguage, box, query: queryOf(values) });
  }

  async #html(
    status: 200 | 404,
    page: Omit<Page, 'body' | 'navigation'> & { readonly html: string },
  ): Promise<GuideAnswer> {
    const navigation = this.#options.library.navigation(page.language);
    const text = await renderPage({ ...page, body: page.html, navigation });
    return content(status, text, { 'Content-Type': 'text/html; charset=utf-8' });
  }

  #drawing(path: string): GuideAnswer | null {
    const text = this.#options.library.drawing(path);
    return text === null ? null : content(200, text, { 'Content-Type': 'image/svg+xml; charset=utf-8' });
  }

  #file([name = '', ...path]: readonly string[], values: GuideValues): GuideAnswer | null {
    const sample: SampleLanguage | undefined = sampleLanguages.find((entry) => entry.name === name);
    const file = [sample?.main, ...(sample?.others ?? [])].find((one) => one === path.join('/'));
    if (sample === undefined || file === undefined) return null;
    return content(200, sampleFile(sample, file, this.#options.library, values), {
      'Content-Type': 'text/plain; charset=utf-8',
      'Content-Disposition': `attachment; filename="${path.at(-1) ?? file}"`,
    });
  }

  #missing(language: GuideLanguage, values: GuideValues): Promise<GuideAnswer> {
    const { title, text } = words[language].missing;
    return this.#apology(language, title, html`<p>${text}</p>`, '', queryOf(values));
  }

  /** Says so, and asks again. */
  async #noDeployment(
    language: GuideLanguage,
    slug: string,
    given: string,
    { origin }: GuideRequest,
  ): Promise<GuideAnswer> {
    const values = await this.#options.values({ deployment: null, origin });
    if (values === null) throw new Error('the guide has no values');
    const { noDeployment, deployment, deploymentHelp } = words[language].missing;
    const unknown = { ...values, address: null, localAddress: null, type: null };
    const box = settingsBox(language, unknown, addressOf(language, slug, ''), true);
    const text = html`<p role="alert">${deployment(given)} ${deploymentHelp}</p>
      ${box}`;
    return this.#apology(language, noDeployment, text, slug, '');
  }

  /** A page for what is not there, with a way back. */
  async #apology(
    language: GuideLanguage,
    title: string,
    text: ReturnType<typeof html>,
    slug: string,
    query: string,
  ): Promise<GuideAnswer> {
    const body = await html`<h1>${title}</h1>
      ${text}
      <p><a href="${addressOf(language, slug, query)}">${words[language].missing.back}</a></p>`;
    const frame = { slug: null, language, bodyLanguage: language, box: '', sections: [], query };
    return this.#html(404, { ...frame, title, html: String(body) });
  }
}

/** What the frame of a page says already: the other language, and what the placeholders stand for. */
function withoutFrame(text: string): string {
  return text
    .replace(/^\[(?:简体中文|English)\]\([^)]*\)\n/m, '')
    .replace(/^<!-- placeholders -->$[^]*?^<!-- \/placeholders -->$/m, '');
}

function content(status: 200 | 404, body: string, headers: Readonly<Record<string, string>>): GuideAnswer {
  const etag = `"${createHash('sha256').update(body).digest('base64url').slice(0, 22)}"`;
  return {
    kind: 'content',
    status,
    body,
    headers: {
      ...headers,
      ETag: etag,
      // Asked again each time, because the settings may have changed; answered with 304 where they have not.
      'Cache-Control': 'no-cache',
      'Content-Security-Policy': contentSecurityPolicy,
      'Referrer-Policy': 'no-referrer',
    },
  };
}
