import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { html, raw } from 'hono/html';
import type { NavigationGroup } from './library.ts';
import { otherLanguage, type GuideLanguage } from './language.ts';
import { words } from './words.ts';

/** A page before it has its frame. */
export interface Page {
  /** null for a page that is not part of the guide. */
  readonly slug: string | null;
  readonly language: GuideLanguage;
  /** The language of `body`, where it differs from that of the frame. */
  readonly bodyLanguage: GuideLanguage;
  readonly title: string;
  /** Escaped HTML. */
  readonly body: string;
  /** Escaped HTML in the language of the frame; stands below the first heading of the body. */
  readonly box: string;
  readonly sections: readonly { readonly id: string; readonly text: string }[];
  readonly navigation: readonly NavigationGroup[];
  /** What every link inside of the guide carries on: empty, or `?deployment=...`. */
  readonly query: string;
}

type Html = ReturnType<typeof html>;

const style = readFileSync(join(import.meta.dirname, 'style.css'), 'utf8');
const script = readFileSync(join(import.meta.dirname, 'copy-code.js'), 'utf8');

// The policy names the hash of exactly what stands between the tags.
const styleElement = raw(`<style>${style}</style>`);
const scriptElement = raw(`<script>${script}</script>`);

/** Nothing is loaded from anywhere, and nothing runs but the one script of the page. */
export const contentSecurityPolicy = [
  "default-src 'none'",
  `style-src ${hashOf(style)}`,
  `script-src ${hashOf(script)}`,
  "img-src 'self'",
  "form-action 'self'",
  "base-uri 'none'",
  "frame-ancestors 'none'",
].join('; ');

/** How many headings make it worth listing them. */
const sectionsMin = 4;

/** Where a page is. */
export function addressOf(language: GuideLanguage, slug: string, query: string): string {
  return `/guide/${language}/${slug}${query}`;
}

/** The whole HTML document. It works without its script, and on a narrow screen. */
export async function renderPage(page: Page): Promise<string> {
  const { language, slug, query, title } = page;
  const word = words[language];
  const other = otherLanguage(language);
  const otherName = other === 'en' ? 'English' : '简体中文';
  const switchTo = addressOf(other, slug ?? '', query);
  const name = slug === '' ? `Berth: ${word.guide}` : `${title} - Berth`;
  const note =
    page.bodyLanguage === language ? '' : html`<p class="quiet" lang="${language}">${word.noTranslation}</p>`;
  const [, heading = '', rest = page.body] = /^([^]*?<\/h1>)([^]*)$/.exec(page.body) ?? [];
  return String(
    await html`<!doctype html>
      <html lang="${language}">
        <head>
          <meta charset="utf-8" />
          <meta name="viewport" content="width=device-width, initial-scale=1" />
          <meta name="color-scheme" content="light dark" />
          <title>${name}</title>
          <link rel="icon" href="/guide/images/icon.svg" type="image/svg+xml" />
          <link rel="alternate" hreflang="${other}" href="${switchTo}" />
          ${styleElement}
        </head>
        <body data-copy="${word.copy}" data-copied="${word.copied}">
          <a class="skip" href="#content">${word.skip}</a>
          <header>
            <a class="brand" href="${addressOf(language, '', query)}"><strong>Berth</strong> ${word.guide}</a>
            <a class="switch" href="${switchTo}" lang="${other}" hreflang="${other}">${otherName}</a>
          </header>
          <div class="columns">
            ${contents(page)}
            <main id="content" tabindex="-1">
              <article lang="${page.bodyLanguage}">
                ${raw(heading)} ${note} ${raw(page.box)} ${onThisPage(page)} ${raw(rest)}
              </article>
              ${neighbours(page)}
            </main>
          </div>
          ${scriptElement}
        </body>
      </html>`,
  );
}

function contents({ navigation, language, slug, query }: Page): Html {
  const word = words[language];
  const entry = (one: { slug: string; title: string }) => {
    const current = one.slug === slug ? raw(' aria-current="page"') : '';
    return html`<li><a href="${addressOf(language, one.slug, query)}" ${current}>${one.title}</a></li>`;
  };
  const groups = navigation.map(
    (group) =>
      html`<p>${group.title}</p>
        <ul>
          ${group.entries.map(entry)}
        </ul>`,
  );
  return html`<nav class="contents" aria-label="${word.contents}">
    <details>
      <summary>${word.contents}</summary>
      ${groups}
    </details>
  </nav>`;
}

function onThisPage({ sections, language, bodyLanguage }: Page): Html | string {
  if (sections.length < sectionsMin) return '';
  const items = sections.map(({ id, text }) => html`<li><a href="#${id}">${text}</a></li>`);
  return html`<nav aria-label="${words[language].onThisPage}" lang="${language}">
    <details class="sections">
      <summary>${words[language].onThisPage}</summary>
      <ul lang="${bodyLanguage}">
        ${items}
      </ul>
    </details>
  </nav>`;
}

function neighbours({ navigation, language, slug, query }: Page): Html | string {
  const all = navigation.flatMap((group) => group.entries);
  const at = all.findIndex((entry) => entry.slug === slug);
  // The beginning of the guide stands before all others.
  if (at === -1 && slug !== '') return '';
  const [before, after] = [all[at - 1], all[at + 1]];
  const link = (entry: { slug: string; title: string } | undefined, rel: string, label: string) =>
    entry === undefined
      ? html`<span></span>`
      : html`<a rel="${rel}" href="${addressOf(language, entry.slug, query)}"
          ><span class="quiet">${label}</span><br />${entry.title}</a
        >`;
  return html`<nav class="neighbours" aria-label="${words[language].pages}">
    ${link(before, 'prev', words[language].previous)} ${link(after, 'next', words[language].next)}
  </nav>`;
}

function hashOf(text: string): string {
  return `'sha256-${createHash('sha256').update(text).digest('base64')}'`;
}
