import { BARE } from './bare/index.ts';
import { BULL_MQ } from './bull-mq/index.ts';
import type { Contender } from './contender.ts';
import { DBOS } from './dbos/index.ts';
import { OBVIOUS } from './obvious/index.ts';
import { PG_BOSS } from './pg-boss/index.ts';
import { UNFRIEND } from './unfriend.ts';

/** In the order in which they are reported. */
export const CONTENDERS: readonly Contender[] = [...UNFRIEND, OBVIOUS, ...BARE, BULL_MQ, DBOS, PG_BOSS];
