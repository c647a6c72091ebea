import { dirname, join } from 'node:path/posix';
import type { Fault, SourceFile, Tree } from './tree.ts';

const link = /(?<!`)\[(?:[^\]\n]*)\]\(([^()\s]+)\)/g;
const codeSpan = /`([^`\n]+)`/g;
/** A path of this repository, as documents cite one. */
const citedPath = /^(?:packages|apps|testkit|conformance|tests|bench|examples|docs|tools|\.ci)\/[\w./-]*$/;
/** Says what was, so its paths may be gone. */
const history = new Set(['CHANGELOG.md']);

/** Checks that links of Markdown files lead somewhere and that the paths which they cite exist. */
export function checkDocuments(tree: Tree): Fault[] {
  const documents = tree.files.filter((file) => file.path.endsWith('.md'));
  const byPath = new Map(documents.map((file) => [file.path, file]));
  return documents.flatMap((file) =>
    proseOf(file.text).flatMap(({ text, line }) => [
      ...[...text.matchAll(link)].flatMap((match) => checkLink(tree, byPath, file, line, match[1] ?? '')),
      ...(history.has(file.path)
        ? []
        : [...text.matchAll(codeSpan)].flatMap((match) => checkPath(tree, file, line, match[1] ?? ''))),
    ]),
  );
}

/** The anchors that a renderer makes from headings: lower case, punctuation gone, blanks to hyphens. */
export function anchorsOf(text: string): Set<string> {
  const anchors = new Set<string>();
  for (const { text: line } of proseOf(text)) {
    const heading = /^#{1,6}\s+(.*?)\s*#*$/.exec(line)?.[1];
    if (heading === undefined) continue;
    const plain = heading.replaceAll(/\[([^\]]*)\]\([^)]*\)/g, '$1').toLowerCase();
    const slug = plain.replaceAll(/[^\p{L}\p{N}\s_-]/gu, '').replaceAll(/\s/g, '-');
    let unique = slug;
    for (let count = 1; anchors.has(unique); count += 1) unique = `${slug}-${count}`;
    anchors.add(unique);
  }
  for (const match of text.matchAll(/<a (?:id|name)="([^"]+)"/g)) anchors.add(match[1] ?? '');
  return anchors;
}

function checkLink(
  tree: Tree,
  documents: ReadonlyMap<string, SourceFile>,
  file: SourceFile,
  line: number,
  target: string,
): Fault[] {
  if (/^(?:[a-z][a-z+.-]*:|<)/i.test(target)) return [];
  const [rawPath = '', anchor] = target.split('#');
  const path = rawPath === '' ? file.path : join(dirname(file.path), decodeURI(rawPath));
  if (rawPath.startsWith('/') || path.startsWith('..') || !tree.exists(path)) {
    return [
      {
        path: file.path,
        line,
        message: `the link ${target} leads nowhere: cite a file of the repository, relative to this one`,
      },
    ];
  }
  const document = documents.get(path);
  if (anchor === undefined || document === undefined || anchorsOf(document.text).has(decodeURIComponent(anchor)))
    return [];
  return [{ path: file.path, line, message: `${path} has no heading #${anchor}` }];
}

function checkPath(tree: Tree, file: SourceFile, line: number, span: string): Fault[] {
  if (!citedPath.test(span) || tree.exists(span.replace(/\/$/, ''))) return [];
  return [{ path: file.path, line, message: `cites ${span}, which does not exist: correct the path` }];
}

/** Lines outside of fenced code. */
function proseOf(text: string): { text: string; line: number }[] {
  let fence: string | null = null;
  const prose: { text: string; line: number }[] = [];
  for (const [index, content] of text.split('\n').entries()) {
    const mark = /^\s*(```+|~~~+)/.exec(content)?.[1] ?? null;
    if (mark !== null && (fence === null || content.trim().startsWith(fence))) fence = fence === null ? mark : null;
    else if (fence === null) prose.push({ text: content, line: index + 1 });
  }
  return prose;
}
