import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { dirname, join as joinPath } from 'node:path/posix';
import { Marked, type Token, type Tokens } from 'marked';
import { sampleLanguages, type SampleLanguage } from '../../../packages/samples/mod.ts';
import type { GuideLanguage } from './language.ts';
import { plainText } from './markdown.ts';

/** A document of this repository that the guide shows. */
export interface GuideDocument {
  /** Path in the repository. */
  readonly path: string;
  readonly text: string;
  /** The language that it is written in: English where there is no translation. */
  readonly language: GuideLanguage;
}

/** One part of the table of contents. */
export interface NavigationGroup {
  readonly title: string;
  readonly entries: readonly { readonly slug: string; readonly title: string }[];
}

const index = 'docs/guide/README.md';
const images = 'docs/images';
const samplesIndex = 'examples/README.md';
const folders = [
  { folder: 'docs/guide', prefix: '' },
  { folder: 'docs/reference', prefix: 'reference/' },
] as const;

/** The documents, by the slug in their address. Their order and their titles are those of the index page. */
export class Library {
  readonly #root: string;
  /** English document by slug. */
  readonly #paths = new Map<string, string>();
  readonly #slugs = new Map<string, string>();
  readonly #texts = new Map<string, string>();
  readonly #navigation = new Map<GuideLanguage, readonly NavigationGroup[]>();

  /** @param root folder of the repository. */
  constructor(root: string = resolve(import.meta.dirname, '../../..')) {
    this.#root = root;
    this.#add('', index);
    this.#add('samples', samplesIndex);
    for (const { folder, prefix } of folders) {
      const names = existsSync(join(root, folder)) ? readdirSync(join(root, folder)) : [];
      for (const name of names.toSorted()) {
        if (/^[a-z0-9-]+\.md$/.test(name)) this.#add(prefix + name.replace(/\.md$/, ''), `${folder}/${name}`);
      }
    }
  }

  /** null where there is no such page. */
  find(slug: string, language: GuideLanguage): GuideDocument | null {
    const path = this.#paths.get(slug);
    if (path === undefined || !existsSync(join(this.#root, path))) return null;
    const translated = path.replace(/\.md$/, '.zh-CN.md');
    const isTranslated = language === 'zh-CN' && existsSync(join(this.#root, translated));
    const chosen = isTranslated ? translated : path;
    return { path: chosen, text: this.read(chosen), language: isTranslated ? 'zh-CN' : 'en' };
  }

  /**
   * What a link in a document leads to: a page of the guide by its slug, with the part behind `#`.
   * null where the guide does not have it.
   */
  linked(from: string, href: string): { readonly slug: string; readonly fragment: string } | null {
    const [target = '', fragment = ''] = href.split('#');
    const path = target === '' ? from : joinPath(dirname(from), target);
    const sample = sampleLanguages.find((entry) => path === `examples/${entry.folder}/${entry.main}`);
    const slug = sample === undefined ? this.#slugs.get(path.replace('.zh-CN.md', '.md')) : sampleSlug(sample);
    return slug === undefined ? null : { slug, fragment: fragment === '' ? '' : `#${fragment}` };
  }

  /** A drawing in `docs/images/` by its path there; null where there is none. Only drawings: they are text. */
  drawing(path: string): string | null {
    const isDrawing = /^(?:[a-z0-9-]+\/)*[A-Za-z0-9-]+(?:\.zh-CN)?\.svg$/.test(path);
    return isDrawing && existsSync(join(this.#root, images, path)) ? this.read(`${images}/${path}`) : null;
  }

  /** The path below `docs/images/` of a drawing that a document shows; null where it shows something else. */
  drawingOf(from: string, href: string): string | null {
    const path = joinPath(dirname(from), href);
    const name = path.startsWith(`${images}/`) ? path.slice(images.length + 1) : '';
    return this.drawing(name) === null ? null : name;
  }

  /** The table of contents: headings and first links of the lists of the index page. */
  navigation(language: GuideLanguage): readonly NavigationGroup[] {
    const known = this.#navigation.get(language) ?? this.#readNavigation(language);
    this.#navigation.set(language, known);
    return known;
  }

  #readNavigation(language: GuideLanguage): readonly NavigationGroup[] {
    const document = this.find('', language);
    if (document === null) return [];
    const groups: { title: string; entries: { slug: string; title: string }[] }[] = [];
    for (const token of new Marked({ gfm: true }).lexer(document.text)) {
      if (isHeading(token) && token.depth === 2) groups.push({ title: plainText(token.tokens), entries: [] });
      else if (isList(token)) groups.at(-1)?.entries.push(...this.#entriesOf(token, document.path));
    }
    return groups.filter((group) => group.entries.length > 0);
  }

  /** The text of a file of the repository. */
  read(path: string): string {
    const known = this.#texts.get(path);
    if (known !== undefined) return known;
    const text = readFileSync(join(this.#root, path), 'utf8');
    this.#texts.set(path, text);
    return text;
  }

  #add(slug: string, path: string): void {
    this.#paths.set(slug, path);
    this.#slugs.set(path, slug);
  }

  #entriesOf(list: Tokens.List, from: string): { slug: string; title: string }[] {
    return list.items.flatMap((item) => {
      const link = firstLink(item.tokens);
      const target = link === null ? null : this.linked(from, link.href);
      return link === null || target === null ? [] : [{ slug: target.slug, title: plainText(link.tokens) }];
    });
  }
}

/** The slug of the page of a sample. */
export function sampleSlug(sample: SampleLanguage): string {
  return `samples/${sample.name}`;
}

function isHeading(token: Token): token is Tokens.Heading {
  return token.type === 'heading';
}

function isList(token: Token): token is Tokens.List {
  return token.type === 'list';
}

function isLink(token: Token): token is Tokens.Link {
  return token.type === 'link';
}

function firstLink(tokens: readonly Token[]): Tokens.Link | null {
  for (const token of tokens) {
    if (isLink(token)) return token;
    const found = 'tokens' in token && token.tokens !== undefined ? firstLink(token.tokens) : null;
    if (found !== null) return found;
  }
  return null;
}
