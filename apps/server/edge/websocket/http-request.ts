/** A request line and headers (RFC 9112 sections 3 and 5). */
export interface HttpRequest {
  readonly method: string;
  /** The request target up to the `?`. */
  readonly path: string;
  /** By lower-case name; the values of a repeated header joined with a comma (RFC 9110 section 5.2). */
  readonly headers: ReadonlyMap<string, string>;
}

const requestLine = /^([A-Z]+) (\/[\x21-\x7e]*) HTTP\/1\.1$/;
// Name, colon, value; no space before the colon, no folded lines (RFC 9112 section 5).
const headerLine = /^([!#$%&'*+\-.^_`|~0-9A-Za-z]+):[ \t]*([\t\x20-\x7e\x80-\xff]*)$/;
/** Headers that must not come twice: which one is meant would be a guess. */
const onlyOnce = new Set(['host', 'sec-websocket-key', 'sec-websocket-version']);

/**
 * Reads the head of a request, strictly.
 * @param head latin-1 text up to the empty line, without it.
 * @returns what is wrong with it, where it is not HTTP/1.1.
 */
export function parseHttpRequest(head: string): HttpRequest | string {
  const [first = '', ...lines] = head.split('\r\n');
  const [, method, target] = requestLine.exec(first) ?? [];
  if (method === undefined || target === undefined) return 'not a request line of HTTP/1.1';
  const headers = new Map<string, string>();
  for (const line of lines) {
    const [, name, rest] = headerLine.exec(line) ?? [];
    if (name === undefined || rest === undefined) return 'a header line that is not HTTP';
    const key = name.toLowerCase();
    const value = rest.trimEnd();
    const earlier = headers.get(key);
    if (earlier !== undefined && onlyOnce.has(key)) return `the header ${key} came twice`;
    headers.set(key, earlier === undefined ? value : `${earlier}, ${value}`);
  }
  const [path = ''] = target.split('?', 1);
  return { method, path, headers };
}

/** The members of a header that is a list, without the spaces around them (RFC 9110 section 5.6.1). */
export function listOf(value: string | undefined): string[] {
  if (value === undefined) return [];
  return value
    .split(',')
    .map((member) => member.trim())
    .filter((member) => member !== '');
}
