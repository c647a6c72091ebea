import type { World } from './world.ts';

/** The process is killed between two effects of the engine. */
export class Killed extends Error {
  readonly world: World;

  constructor(world: World) {
    super('killed');
    this.world = world;
  }
}
