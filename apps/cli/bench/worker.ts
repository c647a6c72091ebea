/** One thread of a load: waits for what `crew.ts` says, does it, and answers. */
import { Board } from './board.ts';
import { ConnectLoad } from './connect-load.ts';
import { MessageLoad } from './message-load.ts';
import { isMessagePlan } from './plan.ts';
import { ConnectionError } from '../symptom.ts';
import type { FromWorker, ToWorker } from './crew.ts';

declare const self: {
  onmessage: ((event: { readonly data: ToWorker }) => void) | null;
  postMessage(message: FromWorker): void;
};

let load: MessageLoad | ConnectLoad | null = null;

async function handle(message: ToWorker): Promise<FromWorker> {
  if (message.kind === 'connect') {
    const { plan, worker, board } = message;
    load = isMessagePlan(plan)
      ? new MessageLoad(plan, worker, new Board(plan, board))
      : new ConnectLoad(plan, worker, new Board({ publishers: 0, workers: plan.workers }, board));
    await load.connect();
    return { kind: 'connected' };
  }
  if (message.kind === 'end') {
    load?.end();
    return { kind: 'ended' };
  }
  if (load instanceof MessageLoad && message.times !== null) {
    return { kind: 'messages', part: await load.run(message.times) };
  }
  if (load instanceof ConnectLoad) return { kind: 'connections', part: load.part() };
  throw new Error('told to run before it was told to connect');
}

self.onmessage = ({ data }) => {
  handle(data).then(
    (answer) => self.postMessage(answer),
    (error: unknown) => {
      const symptom = error instanceof ConnectionError ? error.symptom : null;
      self.postMessage({ kind: 'failed', symptom, message: String(error) });
    },
  );
};
