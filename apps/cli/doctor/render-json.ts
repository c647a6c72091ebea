import { faultNumber } from '../../../packages/faults/mod.ts';
import type { Language } from '../language.ts';
import { toldOf, type Told } from './explanation.ts';
import { stepTitles, type Finding } from './finding.ts';
import { sniOf, type DoctorRequest } from './request.ts';
import type { Verdict } from './verdict.ts';

/** An examination for programs: one JSON document. Times are ISO 8601 in UTC. */
export function renderJson(
  request: DoctorRequest,
  atMs: number,
  findings: readonly Finding[],
  verdict: Verdict,
  language: Language,
): string {
  const { scheme, host, port, path } = request.connection.target;
  const document = {
    examinedAt: new Date(atMs).toISOString(),
    target: {
      scheme,
      host,
      port,
      ...(scheme === 'ws' || scheme === 'wss' ? { path } : {}),
      serverName: sniOf(request),
      username: request.connection.username,
    },
    findings: findings.map((finding) => findingOf(finding, request, language)),
    summary: { ok: verdict.ok, warnings: verdict.warnings, failed: verdict.failed, skipped: verdict.skipped },
    fault:
      verdict.first?.fault == null ? null : { name: verdict.first.fault, number: faultNumber(verdict.first.fault) },
    exitCode: verdict.exitCode,
  };
  return `${JSON.stringify(document, (_key, value: unknown) => (value instanceof Uint8Array ? Buffer.from(value).toString('base64') : value), 2)}\n`;
}

function findingOf(finding: Finding, request: DoctorRequest, language: Language) {
  const { step, status, seen, details } = finding;
  const told = toldOf(finding, request);
  return {
    step,
    title: stepTitles[step][language],
    status,
    seen: seen.map((text) => text[language]),
    ...(told === null ? {} : { fault: faultOf(told, request, language) }),
    details,
  };
}

function faultOf({ name, number, title, cause, remedy, help }: Told, request: DoctorRequest, language: Language) {
  return {
    name,
    number,
    title: title[language],
    cause: cause[language],
    remedy: remedy[language],
    ...(help === null
      ? {}
      : {
          help: {
            language: request.language,
            symptom: help.symptom[language],
            change: help.change[language],
            lines: help.lines,
          },
        }),
  };
}
