import { faultNumber, helpLanguages, type FaultName } from '../../../packages/faults/mod.ts';
import { padTo, wrap } from '../columns.ts';
import type { Language } from '../language.ts';
import { lineWidth, paragraph } from '../paragraph.ts';
import { toldOf, type Told } from './explanation.ts';
import { stepTitles, type Finding, type Status, type StepName } from './finding.ts';
import { sniOf, type DoctorRequest } from './request.ts';
import type { Verdict } from './verdict.ts';
import { timeOf } from './words.ts';

/** Writes an examination for people, a finding at a time. */
export class TextReport {
  readonly #request: DoctorRequest;
  readonly #language: Language;
  readonly #colours: boolean;
  /** A fault is explained where it comes first. */
  readonly #explained = new Set<FaultName>();

  constructor(request: DoctorRequest, language: Language, colours: boolean) {
    this.#request = request;
    this.#language = language;
    this.#colours = colours;
  }

  head(atMs: number): string {
    const { scheme, host, port, path } = this.#request.connection.target;
    const say = phrases[this.#language];
    const name = host.includes(':') ? `[${host}]` : host;
    const url = `${scheme}://${name}:${port}${scheme === 'ws' || scheme === 'wss' ? path : ''}`;
    const sni = scheme === 'mqtts' || scheme === 'wss' ? say.sni(sniOf(this.#request)) : '';
    return `${url}${sni}${say.user(this.#request.connection.username)}${say.comma}${timeOf(atMs)}\n\n`;
  }

  /** The line that stands while a step is under way. */
  progress(step: StepName): string {
    return `  ${padTo('...', statusWidth)}${stepTitles[step][this.#language]}`;
  }

  finding(finding: Finding): string {
    const { step, status, seen } = finding;
    const say = phrases[this.#language];
    const head = `  ${this.#colour(status, padTo(say.statuses[status], statusWidth))}${padTo(stepTitles[step][this.#language], titleWidth)}`;
    const lines = seen.flatMap((text) => wrap(text[this.#language], lineWidth - seenIndent.length));
    const shown = lines.map((line, index) => (index === 0 ? head : seenIndent) + line);
    const told = toldOf(finding, this.#request);
    if (told !== null) shown.push(...this.#explain(told));
    return `${shown.join('\n')}\n`;
  }

  foot({ ok, warnings, failed, skipped, first, exitCode }: Verdict): string {
    const say = phrases[this.#language];
    const sum = say.sum(failed, warnings, ok, skipped);
    const reason =
      first?.fault == null
        ? []
        : [say.first(faultNumber(first.fault), first.fault, stepTitles[first.step][this.#language], exitCode)];
    return `\n${[sum, ...reason].join('\n')}\n`;
  }

  #explain({ name, number, title, cause, remedy, help }: Told): string[] {
    const say = phrases[this.#language];
    const head = `${textIndent}${say.error} ${number}  ${name}  ${title[this.#language]}`;
    if (this.#explained.has(name)) return [`${head}${say.above}`];
    this.#explained.add(name);
    const lines = [
      head,
      ...paragraph(textIndent, say.cause, cause[this.#language]),
      ...paragraph(textIndent, say.remedy, remedy[this.#language]),
    ];
    if (help === null) return lines;
    const language = helpLanguages.find((one) => one.name === this.#request.language)?.title ?? '';
    return [
      ...lines,
      ...paragraph(textIndent, say.shows(language), help.symptom[this.#language]),
      ...paragraph(textIndent, say.change, help.change[this.#language]),
      ...help.lines.map((line) => `${textIndent}    ${line}`),
    ];
  }

  #colour(status: Status, text: string): string {
    return this.#colours ? `\u001B[${colours[status]}m${text}\u001B[0m` : text;
  }
}

const statusWidth = 13;
const titleWidth = 22;
const seenIndent = ' '.repeat(2 + statusWidth + titleWidth);
const textIndent = ' '.repeat(6);
const colours: Readonly<Record<Status, number>> = { ok: 32, warning: 33, failed: 31, skipped: 90 };

const phrases = {
  en: {
    statuses: { ok: 'ok', warning: 'warning', failed: 'FAILED', skipped: 'not examined' },
    sni: (name: string | null) => (name === null ? ', no SNI' : ''),
    user: (name: string | null) => (name === null ? ', no user name' : `, user name "${name}"`),
    comma: ', ',
    error: 'error',
    above: ' (see above)',
    cause: 'Cause:  ',
    remedy: 'Remedy: ',
    shows: (title: string) => `${title} shows: `,
    change: 'Change: ',
    sum: (failed: number, warnings: number, ok: number, skipped: number) =>
      `${failed} failed, ${warnings} warning${warnings === 1 ? '' : 's'}, ${ok} ok${skipped === 0 ? '' : `, ${skipped} not examined`}.`,
    first: (number: number, name: string, step: string, exitCode: number) =>
      `Begin with "${step}": error ${number}, ${name} (exit code ${exitCode}).`,
  },
  zh: {
    statuses: { ok: '正常', warning: '警告', failed: '失败', skipped: '未检查' },
    sni: (name: string | null) => (name === null ? '，不发送 SNI' : ''),
    user: (name: string | null) => (name === null ? '，无用户名' : `，用户名 "${name}"`),
    comma: '，',
    error: '错误',
    above: '（见上文）',
    cause: '原因：',
    remedy: '处理：',
    shows: (title: string) => `${title} 显示：`,
    change: '修改：',
    sum: (failed: number, warnings: number, ok: number, skipped: number) =>
      `${failed} 项失败，${warnings} 项警告，${ok} 项正常${skipped === 0 ? '' : `，${skipped} 项未检查`}。`,
    first: (number: number, name: string, step: string, exitCode: number) =>
      `请先处理“${step}”：错误 ${number}，${name}（退出码 ${exitCode}）。`,
  },
} as const;
