import { describe, expect, test } from 'bun:test';
import { anchorsOf, checkDocuments } from './documents.ts';
import { checkImports, importsOf } from './imports.ts';
import { checkText } from './text.ts';
import { sourceFile, treeOf } from './tree.ts';

/** A tree of the given files; other paths do not exist. */
function tree(files: Record<string, string>) {
  const paths = Object.keys(files);
  return treeOf(
    Object.entries(files).map(([path, text]) => sourceFile(path, text)),
    (path) => paths.includes(path) || paths.some((one) => one.startsWith(`${path}/`)),
  );
}

const use = (path: string) => `import { x } from '${path}';\nexport const y = x;\n`;
const value = 'export const x = 1;\n';

describe('imports', () => {
  const refused: [from: string, specifier: string, target: string | null][] = [
    ['packages/codec/a.ts', '../faults/mod.ts', 'packages/faults/mod.ts'],
    ['packages/codec/a.ts', 'node:fs', null],
    ['packages/engine/topic/a.ts', '../session/b.ts', 'packages/engine/session/b.ts'],
    ['packages/engine/routing/a.ts', '../session/b.ts', 'packages/engine/session/b.ts'],
    ['packages/engine/routing/a.ts', '../../codec/mod.ts', 'packages/codec/mod.ts'],
    ['packages/engine/session/a.ts', '../routing/b.ts', 'packages/engine/routing/b.ts'],
    ['packages/engine/session/a.ts', '../connection/b.ts', 'packages/engine/connection/b.ts'],
    ['packages/engine/broker.ts', './connection/b.ts', 'packages/engine/connection/b.ts'],
    ['packages/engine/connection/a.ts', '../../codec/decode.ts', 'packages/codec/decode.ts'],
    ['packages/engine/connection/a.ts', '../../../apps/server/edge/b.ts', 'apps/server/edge/b.ts'],
    ['packages/engine/connection/a.ts', 'zod', null],
    ['apps/server/edge/a.ts', '../../../packages/codec/mod.ts', 'packages/codec/mod.ts'],
    ['apps/server/edge/a.ts', '../policy/b.ts', 'apps/server/policy/b.ts'],
    ['apps/server/edge/a.ts', '../certificates/b.ts', 'apps/server/certificates/b.ts'],
    ['apps/server/main.ts', './edge/b.ts', 'apps/server/edge/b.ts'],
    ['apps/server/control/a.ts', '../../../testkit/b.ts', 'testkit/b.ts'],
    ['apps/server/control/a.ts', './b.test.ts', 'apps/server/control/b.test.ts'],
    ['apps/server/control/a.ts', './test-service.ts', 'apps/server/control/test-service.ts'],
    ['apps/elsewhere/a.ts', './b.ts', 'apps/elsewhere/b.ts'],
  ];
  for (const [from, specifier, target] of refused) {
    test(`${from} may not import ${specifier}`, () => {
      const found = checkImports(tree({ [from]: use(specifier), ...(target === null ? {} : { [target]: value }) }));
      expect(found.filter((one) => one.path === from)).toHaveLength(1);
    });
  }

  const permitted: [from: string, specifier: string, target: string | null][] = [
    ['packages/engine/routing/a.ts', '../topic/b.ts', 'packages/engine/topic/b.ts'],
    ['packages/engine/connection/a.ts', '../broker.ts', 'packages/engine/broker.ts'],
    ['packages/engine/broker.ts', './routing/b.ts', 'packages/engine/routing/b.ts'],
    ['packages/engine/session/a.test.ts', '../../../testkit/b.ts', 'testkit/b.ts'],
    ['apps/server/control/a.test.ts', './test-service.ts', 'apps/server/control/test-service.ts'],
    ['apps/server/compose.ts', './edge/b.ts', 'apps/server/edge/b.ts'],
    ['apps/server/control/a.ts', 'hono/cors', null],
    ['apps/server/edge/a.ts', 'node:net', null],
    ['apps/cli/up.ts', '../server/main.ts', 'apps/server/main.ts'],
  ];
  for (const [from, specifier, target] of permitted) {
    test(`${from} may import ${specifier}`, () => {
      expect(checkImports(tree({ [from]: use(specifier), ...(target === null ? {} : { [target]: value }) }))).toEqual(
        [],
      );
    });
  }

  test('beside compose.ts only types may come from the folders of the server', () => {
    const files = { 'apps/server/edge/b.ts': 'export class x {}\n' };
    const value = checkImports(tree({ ...files, 'apps/server/a.ts': "import { x } from './edge/b.ts';\nnew x();\n" }));
    const type = checkImports(
      tree({ ...files, 'apps/server/a.ts': "import type { x } from './edge/b.ts';\nf<x>();\n" }),
    );
    expect([value.length, type.length]).toEqual([1, 0]);
  });

  test('finds imports over several lines, type imports, re-exports and dynamic ones, with their lines', () => {
    const text = [
      'import {',
      '  a,',
      '  b,',
      "} from './one.ts';",
      "import type { C } from './two.ts';",
      "export * from './three.ts';",
      ['const d = await import', "('./four.ts');"].join(''),
      "import './five.ts';",
    ].join('\n');
    expect(importsOf(text).map((one) => `${one.line} ${one.specifier}`)).toEqual([
      '4 ./one.ts',
      '5 ./two.ts',
      '6 ./three.ts',
      '8 ./five.ts',
      '7 ./four.ts',
    ]);
  });

  test('an import needs its extension and a target', () => {
    const found = checkImports(tree({ 'packages/codec/a.ts': use('./b') + "import { z } from './gone.ts';\n" }));
    expect(found.map((one) => one.message)).toEqual([
      "write the extension: './b.ts'",
      'imports packages/codec/gone.ts, which does not exist',
    ]);
  });

  test('only mod.ts gathers', () => {
    const gather = "/** All. */\nexport * from './b.ts';\nexport {\n  x,\n} from './b.ts';\n";
    const found = checkImports(
      tree({ 'packages/codec/index.ts': gather, 'packages/codec/mod.ts': gather, 'packages/codec/b.ts': value }),
    );
    expect(found.map((one) => one.path)).toEqual(['packages/codec/index.ts']);
  });
});

describe('text', () => {
  const of = (path: string, text: string) => checkText(tree({ [path]: text })).map((one) => one.line);

  test('words that have a better one', () => {
    expect(of('packages/engine/a.ts', '// the tenant\n// multi-tenant\nconst namespace = 1;\n')).toEqual([1, 3]);
    expect(of('README.md', 'A Kubernetes namespace is fine in prose.\n')).toEqual([]);
    expect(of('docs/a.md', ['to do', ['TO', 'DO: x'].join(''), ''].join('\n'))).toEqual([2]);
    expect(of('packages/a.ts', "const xmlns = 'namespace'; // tidy-allow: the word of the XML standard\n")).toEqual([]);
  });

  test('every test runs', () => {
    expect(of('packages/a.test.ts', "test.only('x', f);\ntest('y', f);\ndescribe.skip('z', f);\n")).toEqual([1, 3]);
  });

  test('registries are named nowhere', () => {
    const host = ['registry', 'npmjs', 'org'].join('.');
    expect(of('package-lock.json', `{\n      "resolved": "https://elsewhere/x.tgz",\n "a": "${host}"\n}`)).toEqual([
      2, 3,
    ]);
  });

  test('files stay short; tests and generated ones may be long', () => {
    const long = 'const a = 1;\n'.repeat(401);
    expect(of('packages/a.ts', long)).toEqual([400]);
    expect(of('packages/a.test.ts', long)).toEqual([]);
    expect(of('packages/b.ts', `// Generated by tools/x.ts\n${long}`)).toEqual([]);
  });
});

describe('documents', () => {
  test('links lead to files and headings', () => {
    const found = checkDocuments(
      tree({
        'README.md':
          '# A\n[ok](docs/a.md#a-heading) [web](https://example.com) [me](#a)\n[no](docs/b.md)\n[no](docs/a.md#b)\n',
        'docs/a.md': '## A `heading`!\n[up](../README.md)\n```\n[not a link](x.md)\n```\n[out](../../x.md)\n',
      }),
    );
    expect(found.map((one) => `${one.path}:${one.line}`)).toEqual(['README.md:3', 'README.md:4', 'docs/a.md:6']);
  });

  test('cited paths exist', () => {
    const files = {
      'ARCHITECTURE.md': '`packages/codec/` `packages/codec/a.ts`\n`packages/codec/b.ts`\n',
      'packages/codec/a.ts': '',
    };
    expect(checkDocuments(tree(files)).map((one) => one.line)).toEqual([2]);
  });

  test('headings of both languages make anchors', () => {
    expect([...anchorsOf('# 你好，世界\n## Same\n## Same\n')]).toEqual(['你好世界', 'same', 'same-1']);
  });
});
