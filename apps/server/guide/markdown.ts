import { Marked, type Token, type Tokens } from 'marked';
import { markPlaceholders } from './values.ts';

/** A document as HTML. The places of values are marked in all its texts; `fillText` and `fillHtml` put them in. */
export interface RenderedDocument {
  /** Its first heading, plain text. */
  readonly title: string;
  /** Escaped; holds no script and loads nothing. */
  readonly html: string;
  /** The headings of the second level. */
  readonly sections: readonly { readonly id: string; readonly text: string }[];
}

/**
 * Renders a document of this repository. HTML in it is not passed on: comments are dropped, the rest is shown as text.
 * @param resolve gives the address of what the document links to; null where the guide does not have it: then only the
 * text of the link is shown. The same for images.
 */
export function renderMarkdown(source: string, resolve: (href: string) => string | null): RenderedDocument {
  const sections: { id: string; text: string }[] = [];
  const slugs = new Slugs();
  let title = '';
  const escaped = (text: string) => Bun.escapeHTML(markPlaceholders(text));
  const marked = new Marked({ gfm: true });
  marked.use({
    renderer: {
      heading({ tokens, depth }) {
        const plain = plainText(tokens);
        const id = slugs.next(plain);
        if (depth === 1 && title === '') title = markPlaceholders(plain);
        if (depth === 2) sections.push({ id, text: markPlaceholders(plain) });
        const level = String(depth);
        return `<h${level} id="${Bun.escapeHTML(id)}">${this.parser.parseInline(tokens)}</h${level}>\n`;
      },
      code: ({ text, lang }) => codeBlock(markPlaceholders(text), lang ?? ''),
      codespan: ({ text }) => `<code>${escaped(text)}</code>`,
      text(token) {
        return 'tokens' in token && token.tokens !== undefined
          ? this.parser.parseInline(token.tokens)
          : escaped(token.text);
      },
      html: ({ text }) => (text.trimStart().startsWith('<!--') ? '' : Bun.escapeHTML(text)),
      link({ href, tokens }) {
        const text = this.parser.parseInline(tokens);
        const target = resolve(href);
        if (target === null) return text;
        const rel = /^https?:/.test(target) ? ' rel="noreferrer noopener"' : '';
        return `<a href="${Bun.escapeHTML(target)}"${rel}>${text}</a>`;
      },
      image({ href, text }) {
        const target = resolve(href);
        return target === null ? escaped(text) : `<img src="${Bun.escapeHTML(target)}" alt="${escaped(text)}">`;
      },
      table(token) {
        const row = (cells: readonly Tokens.TableCell[], name: 'th' | 'td') =>
          `<tr>${cells.map((cell) => `<${name}${name === 'th' ? ' scope="col"' : ''}>${this.parser.parseInline(cell.tokens)}</${name}>`).join('')}</tr>`;
        const hasHead = token.header.some((cell) => cell.text !== '');
        const head = hasHead ? `<thead>${row(token.header, 'th')}</thead>` : '';
        const body = token.rows.map((cells) => row(cells, 'td')).join('\n');
        // It can be scrolled, so it can be reached with the keyboard.
        return `<div class="table" tabindex="0"><table>${head}<tbody>${body}</tbody></table></div>\n`;
      },
    },
  });
  const html = marked.parser(marked.lexer(source));
  return { title, html, sections };
}

/** A block of code; a script adds a button that copies it. `code` is plain text. */
export function codeBlock(code: string, language: string): string {
  const name = /^[a-z]+$/.test(language) ? ` data-language="${language}"` : '';
  return `<div class="code"><pre tabindex="0"${name}><code>${Bun.escapeHTML(code)}</code></pre></div>\n`;
}

/** The text of inline tokens without their marks. */
export function plainText(tokens: readonly Token[]): string {
  return tokens
    .map((token) => {
      if ('tokens' in token && token.tokens !== undefined) return plainText(token.tokens);
      return 'text' in token && typeof token.text === 'string' ? token.text : '';
    })
    .join('');
}

/** Ids of headings, as code hosts make them, so that links in the documents lead to the same place everywhere. */
class Slugs {
  readonly #taken = new Set<string>();

  next(text: string): string {
    const slug = text
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
      .replaceAll(/\s/g, '-');
    let unique = slug;
    for (let count = 1; this.#taken.has(unique); count += 1) unique = `${slug}-${count}`;
    this.#taken.add(unique);
    return unique;
  }
}
