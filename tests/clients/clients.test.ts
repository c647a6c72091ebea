import { afterAll, describe, expect, test } from 'bun:test';
import { Service } from '../../testkit/service.ts';
import { programs, runProgram, scenarios } from './programs.ts';

const deadlineMs = 120_000;
const service = await Service.start();

afterAll(() => service[Symbol.asyncDispose]());

for (const program of programs) {
  for (const transport of ['tls', 'wss'] as const) {
    for (const version of ['3.1.1', '5.0'] as const) {
      describe(`${program.name}, MQTT ${version} over ${transport}`, () => {
        let results: Promise<ReadonlyMap<string, string>> | null = null;
        /** One run serves all scenarios; the first test that asks starts it. */
        const run = () =>
          (results ??= runProgram(
            program,
            {
              host: 'localhost',
              address: service.ready.address,
              port: transport === 'tls' ? service.ready.mqtts : service.ready.wss,
              transport,
              version,
              ca: service.ready.ca,
              username: service.ready.username,
              password: service.password,
              prefix: `${program.name.replaceAll(/\W/g, '')}/${transport}/${version}/`,
            },
            deadlineMs,
          ));
        for (const scenario of scenarios) {
          test(scenario, async () => expect((await run()).get(scenario)).toBe('ok'), deadlineMs);
        }
      });
    }
  }
}
