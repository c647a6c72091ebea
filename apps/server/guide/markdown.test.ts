import { describe, expect, test } from 'bun:test';
import { renderMarkdown } from './markdown.ts';
import { fillHtml, type GuideValues } from './values.ts';

const values: GuideValues = {
  chosen: null,
  address: 'plant.example.com',
  localAddress: null,
  type: null,
  ports: { mqtts: 8883, wss: 8084, http: 18_083 },
  domain: 'example.com',
  origin: 'http://localhost:18083',
  ca: null,
};

function render(source: string, address = 'plant.example.com'): string {
  return fillHtml(renderMarkdown(source, (href) => `/x/${href}`).html, { ...values, address });
}

describe('a document', () => {
  test('has the ids of headings that code hosts make, also in Chinese and for two of one name', () => {
    const { html, title, sections } = renderMarkdown(
      '# A `b`\n## -1: Address\n## -1：连接地址\n## Two\n## Two\n',
      () => null,
    );
    expect(title).toBe('A b');
    expect(sections.map((section) => section.id)).toEqual(['-1-address', '-1连接地址', 'two', 'two-1']);
    expect(html).toContain('<h2 id="two-1">Two</h2>');
  });

  test('passes no markup on: comments go, other HTML is text', () => {
    const html = render('<!-- made by -->\n\n<script>alert(1)</script>\n\na <b onclick="x">b</b>\n');
    expect(html).not.toContain('<!--');
    expect(html).not.toMatch(/<(?:script|b)\b/);
    expect(html).toContain('&lt;script&gt;');
  });

  test('shows an image that the guide has, and the text of any other', () => {
    expect(render('![a "harbour"](a.svg)')).toBe('<p><img src="/x/a.svg" alt="a &quot;harbour&quot;"></p>\n');
    const html = renderMarkdown('![a harbour](b.svg)', () => null).html;
    expect(html).toBe('<p>a harbour</p>\n');
  });

  test('shows a link that leads nowhere as text', () => {
    expect(render('[there](gone.md)')).toContain('<a href="/x/gone.md">there</a>');
    expect(renderMarkdown('[there](gone.md)', () => null).html).toBe('<p>there</p>\n');
  });

  test('keeps tables and code within their box, reachable with the keyboard', () => {
    const html = render('| a | b |\n|---|---|\n| `x\\|y` | z |\n\n```sh\nls <dir>\n```\n');
    expect(html).toContain('<div class="table" tabindex="0">');
    expect(html).toContain('<th scope="col">a</th>');
    expect(html).toContain('<code>x|y</code>');
    expect(html).toContain('<pre tabindex="0" data-language="sh"><code>ls &lt;dir&gt;</code></pre>');
  });
});

describe('values', () => {
  const evil = `"><img src=x onerror=alert(1)>`;

  test('are escaped wherever they go', () => {
    const source =
      '# ADDRESS\n\nADDRESS `ADDRESS` **ADDRESS**\n\n```sh\nADDRESS\n```\n\n| ADDRESS |\n|---|\n| ADDRESS |\n';
    const html = render(source, evil);
    expect(html).not.toContain('<img');
    expect(html.match(/&lt;img/g)).toHaveLength(7);
  });

  test('do not move the anchors of headings', () => {
    expect(render('## The ADDRESS', evil)).toStartWith('<h2 id="the-address">The &quot;&gt;');
  });

  test('are not read as Markdown', () => {
    expect(render('ADDRESS', '[a](b) `c` *d*')).toBe('<p>[a](b) `c` *d*</p>\n');
  });
});
