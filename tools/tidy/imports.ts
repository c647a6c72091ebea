import { dirname, join } from 'node:path/posix';
import { type Layer, layers, testsMayCompose, testsMayImport } from './layers.ts';
import { type Fault, lineAt, type SourceFile, type Tree } from './tree.ts';

/** One import or re-export of a file. */
interface Import {
  readonly specifier: string;
  /** Whether it brings types only, which are gone when the program runs. */
  readonly typeOnly: boolean;
  readonly line: number;
}

const statement = /^[ \t]*(?:import|export)\b(?:[^'"`;=]*?\bfrom)?\s*['"]([^'"\n]+)['"]/gm;
const dynamic = /\bimport\(\s*['"]([^'"\n]+)['"]/g;
const reExport = /^[ \t]*export\b[^'"`;=]*?\bfrom\s*['"][^'"\n]+['"];?[ \t]*$/gm;

/** Tests and what is made for the tests beside it. */
const testFile = /(?:\.test\.tsx?|\/test-[\w-]+\.tsx?|\/fixtures\/[^/]+)$/;

/** Checks who imports whom, how, and that only `mod.ts` gathers. */
export function checkImports(tree: Tree): Fault[] {
  const sources = tree.files.filter((file) => /\.tsx?$/.test(file.path) && !file.path.endsWith('.d.ts'));
  const paths = new Set(tree.files.map((file) => file.path));
  return sources.flatMap((file) => {
    const layer = layerOf(file.path);
    if (layer === null) {
      return [fault(file, 1, 'belongs to no layer: move it, or add its folder to tools/tidy/layers.ts')];
    }
    return [...importsOf(file.text).flatMap((one) => judge(file, layer, one, paths)), ...judgeBarrel(file)];
  });
}

/** Every import, re-export and dynamic import of a text. */
export function importsOf(text: string): Import[] {
  return [statement, dynamic].flatMap((pattern) =>
    [...text.matchAll(pattern)].map((match) => ({
      specifier: match[1] ?? '',
      typeOnly: /^\s*(?:import|export)\s+type\b/.test(match[0]),
      line: lineAt(text, match.index + match[0].length - 1),
    })),
  );
}

function layerOf(path: string): Layer | null {
  return layers.find((layer) => within(path, layer.folder)) ?? null;
}

function judge(file: SourceFile, layer: Layer, one: Import, paths: ReadonlySet<string>): Fault[] {
  const relative = one.specifier.startsWith('.');
  const target = relative ? join(dirname(file.path), one.specifier) : packageOf(one.specifier);
  if (relative && !/\.(?:tsx?|json|css|html|txt|sql|mjs)$/.test(one.specifier)) {
    return [fault(file, one.line, `write the extension: '${one.specifier}.ts'`)];
  }
  if (relative && !paths.has(target)) {
    return [fault(file, one.line, `imports ${target}, which does not exist`)];
  }
  const isTest = testFile.test(file.path);
  const intoTestkit = target.startsWith('testkit/');
  const testOnly = ['testkit/', 'tests/', 'conformance/', 'bench/', 'tools/'];
  if (intoTestkit && !isTest && !testOnly.some((folder) => file.path.startsWith(folder))) {
    return [fault(file, one.line, `only tests import testkit/: move what ${file.path} needs out of it`)];
  }
  if (testFile.test(target) && !isTest) {
    return [fault(file, one.line, 'only tests import what is made for tests: move the shared part out of it')];
  }
  if (relative && layerOf(target) === layer) return [];
  const allowed: readonly string[] = [
    ...layer.mayImport,
    ...((one.typeOnly && layer.mayImportTypes) || []),
    ...(isTest ? testsMayImport : []),
  ];
  const permitted = allowed.some((prefix) => (relative ? within(target, prefix) : target === prefix));
  const composes = isTest && testsMayCompose.some((folder) => file.path.startsWith(folder));
  if (permitted || (composes && relative)) return [];
  const barrel = /^packages\/[^/]+\//.exec(target)?.[0];
  if (barrel !== undefined && allowed.includes(`${barrel}mod.ts`)) {
    return [fault(file, one.line, `import it from ${barrel}mod.ts, not from ${target}`)];
  }
  const what = relative ? target : `'${target}'`;
  return [fault(file, one.line, `${layer.folder} may not import ${what}. ${layer.instead}`)];
}

/** A barrel hides who needs whom; a package has one, `mod.ts`. */
function judgeBarrel(file: SourceFile): Fault[] {
  if (file.path.endsWith('/mod.ts')) return [];
  const withoutComments = file.text.replaceAll(/\/\*[\s\S]*?\*\//g, '').replaceAll(/^\s*\/\/.*$/gm, '');
  const rest = withoutComments.replaceAll(reExport, '').trim();
  if (rest !== '' || withoutComments.trim() === '') return [];
  return [
    fault(file, 1, 'only re-exports: import from the files themselves (the one barrel of a package is its mod.ts)'),
  ];
}

/** `node:fs` -> `node`, `bun:test` and `bun` -> `bun`, `@a/b/c` -> `@a/b`, `hono/x` -> `hono`; scopes listed whole (`@tanstack`) stay so. */
function packageOf(specifier: string): string {
  if (specifier.startsWith('node:')) return 'node';
  if (specifier.startsWith('bun:')) return 'bun';
  const [first = '', second] = specifier.split('/');
  if (!first.startsWith('@')) return first;
  const wholeScopes = ['@tanstack', '@radix-ui'];
  return wholeScopes.includes(first) || second === undefined ? first : `${first}/${second}`;
}

/** Whether a path is the file `prefix`, or lies in the folder `prefix` (which ends in `/`). */
function within(path: string, prefix: string): boolean {
  return prefix.endsWith('/') ? path.startsWith(prefix) : path === prefix;
}

function fault(file: SourceFile, line: number, message: string): Fault {
  return { path: file.path, line, message };
}
