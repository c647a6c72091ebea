import { codecTarget } from './codec-target.ts';
import { connectionTarget } from './connection-target.ts';
import { framerTarget } from './framer-target.ts';
import type { Target } from './target.ts';
import { upgradeTarget } from './upgrade-target.ts';
import { websocketTarget } from './websocket-target.ts';

export const targets: readonly Target[] = [codecTarget, framerTarget, connectionTarget, websocketTarget, upgradeTarget];
