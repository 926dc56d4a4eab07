import { SIDE_EFFECTS } from '../../activities/index.ts';

type Listed = (typeof SIDE_EFFECTS)[number];

/** The side effects that every delivery with pairs can have. `relayCallback` needs the callback itself. */
export const PAIR_SIDE_EFFECTS = SIDE_EFFECTS.filter(
  (sideEffect): sideEffect is Exclude<Listed, { per: 'callback' }> => sideEffect.per !== 'callback',
);

export type PairSideEffectName = (typeof PAIR_SIDE_EFFECTS)[number]['name'];
