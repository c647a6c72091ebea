/**
 * Style as a test: the rules of the layout that no linter knows. `bun tools/tidy.ts` prints one line per fault,
 * each with what to write instead, and exits with 1 if there is any.
 */
import { resolve } from 'node:path';
import { checkDocuments } from './tidy/documents.ts';
import { checkImports } from './tidy/imports.ts';
import { readTree } from './tidy/tree.ts';
import { checkText } from './tidy/text.ts';

const root = resolve(import.meta.dirname, '..');
const tree = readTree(root);
const faults = [...checkImports(tree), ...checkText(tree), ...checkDocuments(tree)];

for (const fault of faults.toSorted((a, b) => (a.path < b.path ? -1 : a.path > b.path ? 1 : a.line - b.line))) {
  console.log(`${fault.path}:${fault.line}: ${fault.message}`);
}
console.log(`tidy: ${tree.files.length} files, ${faults.length === 0 ? 'no faults' : `${faults.length} faults`}`);
process.exitCode = faults.length === 0 ? 0 : 1;
