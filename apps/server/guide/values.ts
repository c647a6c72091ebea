/** What the guide knows of the deployment that it is read for. Nothing here is a secret. */
export interface GuideValues {
  /** Id that the reader gave; null where none was given. Links of the page carry it on. */
  readonly chosen: string | null;
  /** Host name that devices connect to; null where no deployment is known: the placeholder stays. */
  readonly address: string | null;
  /** What to type instead of `address` on the machine of the service itself; null where that is the address. */
  readonly localAddress: string | null;
  readonly type: 'serverless' | 'dedicated' | null;
  readonly ports: {
    readonly mqtts: number;
    readonly wss: number;
    readonly http: number;
    readonly mqtt?: number | undefined;
    readonly ws?: number | undefined;
  };
  /** Domain of the installation: addresses are `<id>.<domain>`. */
  readonly domain: string;
  /** Scheme, name and port under which the guide is read. */
  readonly origin: string;
  /** null where devices use the trust store of their system. */
  readonly ca: { readonly pem: string; readonly fingerprints: readonly string[] } | null;
}

/** As they are written in `docs/`: what they stand for is said in `docs/guide/README.md`. */
const placeholder = /http:\/\/localhost:18083\b|\b(?:ADDRESS|DOMAIN|8883|8084|18083)\b/g;

// Private-use characters, which no document has.
const [begin, end] = ['\uE000', '\uE001'];
const marked = new RegExp(`${begin}([^${end}]*)${end}`, 'g');

/** Where the query of the page goes in its links: that of a deployment which the reader chose. */
export const queryMark = '\uE002';

/** Marks the places of values in a text, so that a document is rendered once for all deployments. */
export function markPlaceholders(text: string): string {
  return text.replaceAll(placeholder, (found) => begin + found + end);
}

/** Puts the values into a text with marks. The result is plain text: escape it where it goes. */
export function fillText(text: string, values: GuideValues): string {
  return text.replaceAll(marked, (_mark, name: string) => valueOf(name, values));
}

/** Puts the values, escaped, into HTML with marks, and the query into its links. */
export function fillHtml(html: string, values: GuideValues): string {
  return html
    .replaceAll(marked, (_mark, name: string) => Bun.escapeHTML(valueOf(name, values)))
    .replaceAll(queryMark, Bun.escapeHTML(queryOf(values)));
}

/** What every link inside of the guide carries on: empty, or `?deployment=...`. */
export function queryOf({ chosen }: GuideValues): string {
  return chosen === null ? '' : `?deployment=${encodeURIComponent(chosen)}`;
}

function valueOf(name: string, values: GuideValues): string {
  switch (name) {
    case 'ADDRESS':
      return values.localAddress ?? values.address ?? name;
    case 'DOMAIN':
      return values.domain;
    case '8883':
      return String(values.ports.mqtts);
    case '8084':
      return String(values.ports.wss);
    case '18083':
      return String(values.ports.http);
    default:
      return values.origin;
  }
}
