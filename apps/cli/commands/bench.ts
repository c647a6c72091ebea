import type { Command } from 'commander';
import { isRefusedByLimit, limitHint } from '../bench/connection-limits.ts';
import { addBenchOptions, readBench, type BenchFlags } from '../bench/options.ts';
import type { Scenario } from '../bench/plan.ts';
import { renderProgress, renderResult } from '../bench/render.ts';
import { runBench, type Progress } from '../bench/run-bench.ts';
import type { Context } from '../context.ts';
import { CliError, exitCodes, exitCodesHelp } from '../exit.ts';
import { Session } from '../mqtt/session.ts';
import { ConnectionError } from '../symptom.ts';

/** Adds `berth bench`. */
export function addBench(program: Command, context: Context): void {
  const command = program.command('bench').description('load a broker and measure it');
  addBenchOptions(command)
    .addHelpText('after', `\n${help(context.command)}\n\n${exitCodesHelp}`)
    .action((scenario: Scenario, flags: BenchFlags) => bench(scenario, flags, context));
}

function help(berth: string): string {
  return `Scenarios:
  pairs    each publisher has a subscriber of its own
  fan-out  every subscriber gets every message
  fan-in   one subscriber gets the messages of all publishers
  shared   the subscribers share the messages of all publishers
  latency  pairs at a fixed rate
  connect  connections, one after the other or at a --rate, then the end
  idle     connections that do nothing

Latency counts from the time that a message was meant to be sent. Limits of a deployment slow a load down: the first
deployment has none on rates; others take --limit messagesPerSecond=none and the like. Every deployment takes 1000 sessions
unless --limit sessions=N says more: raise that before a load of more connections. Where connect or idle open fewer
connections than they were to, the figures are of those, and the exit code is 1.

Examples:
  ${berth} bench -u device -P PASSWORD
  ${berth} bench fan-out -u device -P PASSWORD --subscribers 900 --rate 100
  ${berth} bench latency -u device -P PASSWORD --rate 5000 --pid "$(cat berth-data/berth.pid)"
  ${berth} deployment set default --limit sessions=6000
  ${berth} bench idle --url wss://localhost:8084/mqtt -u device -P PASSWORD --connections 5000`;
}

async function bench(scenario: Scenario, flags: BenchFlags, context: Context): Promise<void> {
  const { plan, probe } = readBench(scenario, flags, context);
  // One ordinary connection first: it finds out, and says best, why there can be none.
  await (await Session.open(probe)).close();
  const progress = context.interactive ? new ProgressLine() : null;
  try {
    const result = await runBench(plan, (state) => progress?.show(state));
    progress?.clear();
    await context.write(flags.json === true ? `${JSON.stringify(result)}\n` : renderResult(result));
    // A warning of the result says it.
    if ('opened' in result && result.opened < result.connections) throw new CliError('', exitCodes.failure);
  } catch (error) {
    progress?.clear();
    if (error instanceof ConnectionError && isRefusedByLimit(error.symptom))
      context.error(`berth: ${limitHint[context.language]}`);
    throw error;
  }
}

/** One line of the terminal that is written over and over: on standard error, so that the result stays clean. */
class ProgressLine {
  #before: { readonly state: Progress; readonly at: number } | null = null;

  show(state: Progress): void {
    const at = performance.now();
    const seconds = this.#before === null ? 0 : (at - this.#before.at) / 1000;
    process.stderr.write(`\r\u001b[K${renderProgress(state, this.#before?.state ?? null, seconds)}`);
    this.#before = { state, at };
  }

  clear(): void {
    process.stderr.write('\r\u001b[K');
  }
}
