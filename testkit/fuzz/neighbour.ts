import type { DeploymentId } from '../../packages/engine/ids.ts';
import type { EngineBench } from '../engine-bench.ts';
import type { EngineClient } from '../engine-client.ts';
import { must } from './target.ts';

/** A client that does nothing wrong: what it publishes to itself with QoS 1 arrives, at once and once. */
export class Neighbour {
  readonly deployment: DeploymentId;
  readonly #client: EngineClient;
  #published = 0;

  constructor(bench: EngineBench, deployment: DeploymentId) {
    this.deployment = deployment;
    this.#client = bench.connect(
      { clientId: 'neighbour', username: 'neighbour', version: 5 },
      { serverName: `${deployment}.berth.test` },
    );
    this.#client.subscribe('neighbour', { qos: 1, packetIdentifier: 7 });
    must(this.#client.names().join() === 'SUBACK 7 0x1', 'a neighbour could not subscribe');
  }

  exchange(): void {
    const payload = `neighbour ${++this.#published}`;
    this.#client.publish('neighbour', payload, { qos: 1, packetIdentifier: 9 });
    const came = this.#client.take();
    const message = came.find((packet) => packet.type === 3);
    must(message !== undefined, 'a message of a neighbour did not arrive');
    must(new TextDecoder().decode(message.payload) === payload, 'a neighbour got something else');
    must(
      came.some((packet) => packet.type === 4 && packet.packetIdentifier === 9),
      'a neighbour got no PUBACK',
    );
    must(came.length === 2, 'a neighbour got more than its own');
    this.#client.puback(message.packetIdentifier);
    must(this.#client.ended === null, 'a neighbour was disconnected');
  }

  leave(): void {
    this.#client.lose();
  }
}
