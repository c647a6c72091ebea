import { describe, expect, test } from 'bun:test';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { faults, helpLanguages, languageHelp } from '../mod.ts';
import type { FaultName, HelpLanguage } from '../mod.ts';
import { changes } from './topics.ts';

const names = Object.keys(faults) as FaultName[];
const chinese = /[\u4e00-\u9fff]/;

/** The sample whose lines are shown. */
const samples: Partial<Record<HelpLanguage, string>> = {
  python: 'python/sample.py',
  java: 'java/Sample.java',
  go: 'go/sample.go',
  node: 'node/sample.mjs',
  esp32: 'esp32-arduino/esp32-arduino.ino',
  esp8266: 'esp8266-arduino/esp8266-arduino.ino',
  android: 'android/BerthDevice.kt',
  swift: 'swift/BerthDevice.swift',
};

test('every language has a title and something to say about every class that a device can meet', () => {
  for (const { name, title } of helpLanguages) {
    expect(title.length).toBeGreaterThan(5);
    const numbers = new Set(names.filter((fault) => languageHelp(fault, name) !== null).map((n) => faults[n].number));
    expect([...numbers].toSorted((a, b) => b - a)).toEqual([
      -1, -2, -3, -4, -5, -6, -7, -8, -9, -10, -11, -12, -13, -15,
    ]);
  }
});

test('a fault that no program can change has no help', () => {
  for (const { name } of helpLanguages) expect(languageHelp('closed.by-client', name)).toBeNull();
});

test('symptoms and changes are there in both languages', () => {
  for (const { en, zh } of Object.values(changes)) {
    expect(en).toMatch(/^[A-Z].*\.$/);
    expect(zh).toMatch(/。$/);
    expect(zh).toMatch(chinese);
  }
  for (const { name: language } of helpLanguages) {
    for (const name of names) {
      const help = languageHelp(name, language);
      if (help === null) continue;
      expect(help.symptom.en.length).toBeGreaterThan(2);
      expect([help.symptom.en, chinese.test(help.symptom.en)]).toEqual([help.symptom.en, false]);
      // What a library prints is the same everywhere; a sentence around it is not.
      const isSame = help.symptom.en === help.symptom.zh;
      expect(isSame || chinese.test(help.symptom.zh)).toBe(true);
    }
  }
});

describe('the lines to change', () => {
  const squeeze = (text: string) => text.replaceAll(/\s+/g, ' ');

  test.each(Object.entries(samples))('of %s stand in its sample', (language, path) => {
    const sample = squeeze(readFileSync(join(import.meta.dirname, '../../../examples', path), 'utf8'));
    const lines = new Set(names.flatMap((name) => languageHelp(name, language as HelpLanguage)?.lines ?? []));
    expect(lines.size).toBeGreaterThan(5);
    for (const line of lines) {
      if (!line.startsWith('$ ')) expect([line, sample.includes(squeeze(line))]).toEqual([line, true]);
    }
  });
});
