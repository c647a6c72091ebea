import { expect, test } from 'bun:test';
import { faults } from '../../packages/faults/mod.ts';
import { columnsOf } from './columns.ts';
import { renderSymptom } from './report.ts';
import type { Symptom } from './symptom.ts';

const refused: Symptom = {
  kind: 'connack',
  version: 5,
  code: 0x88,
  reasonString: faults['deployment.stopped'].reasonString,
  sent: { username: true, serverName: true, tls: true },
};

/** Long texts are broken into lines. */
function unwrapped(text: string): string {
  return text.replaceAll(/\s+/g, '');
}

test('a fault has what was seen, number, name, cause and remedy, in both languages', () => {
  for (const language of ['en', 'zh'] as const) {
    const lines = renderSymptom(refused, language).split('\n');
    expect(lines[0]).toStartWith('CONNACK 0x88 server unavailable: "error -6');
    const error = language === 'en' ? 'error' : '错误';
    expect(lines[1]).toBe(`  ${error} -6  deployment.stopped  ${faults['deployment.stopped'].title[language]}`);
    const text = unwrapped(lines.slice(2).join('\n'));
    expect(text).toContain(unwrapped(faults['deployment.stopped'].cause[language]));
    expect(text).toEndWith(unwrapped(faults['deployment.stopped'].remedy[language]));
    for (const line of lines.slice(1)) expect(columnsOf(line)).toBeLessThanOrEqual(110);
  }
});

test('a symptom without a fault is told as it is', () => {
  expect(renderSymptom({ kind: 'timeout', stage: 'connack' }, 'en')).toBe('no answer in time (before CONNACK)');
  expect(renderSymptom({ kind: 'timeout', stage: 'connack' }, 'zh')).toBe('未在时限内得到应答 (收到 CONNACK 之前)');
});

test('which part of the credentials is wrong is not claimed', () => {
  const lines = renderSymptom({ ...refused, version: 4, code: 4, reasonString: null }, 'en').split('\n');
  expect(lines[1]).toBe('  error -4  credentials  User name or password not accepted');
  expect(unwrapped(lines.slice(2).join('\n'))).toContain(unwrapped('A device is not told which.'));
});

test('a credential that ends while connected', () => {
  const symptom: Symptom = { kind: 'disconnect', code: 0x87, reasonString: faults['credentials.changed'].reasonString };
  expect(renderSymptom(symptom, 'en')).toContain('  error -4  credentials  The credential is no longer valid');
});

test('the text of a server cannot move the cursor', () => {
  expect(renderSymptom({ ...refused, reasonString: 'a\u001b[2Jb' }, 'en')).toStartWith(
    'CONNACK 0x88 server unavailable: "a?[2Jb"',
  );
});

test('3.x return codes have their own names', () => {
  expect(renderSymptom({ ...refused, version: 4, code: 2, reasonString: null }, 'en')).toStartWith(
    'CONNACK 2 identifier rejected\n',
  );
});
