/**
 * What the workflows and everything outside them agree on: ids, inputs, messages, search attributes.
 * Import it from this file. Both sides of the workflow sandbox do, so nothing in it may do I/O.
 */
export * from './contract/activities.ts';
export * from './contract/callback.ts';
export * from './contract/carried-state.ts';
export * from './contract/commands.ts';
export * from './contract/delivery.ts';
export * from './contract/describe-pairs.ts';
export * from './contract/ids.ts';
export * from './contract/input.ts';
export * from './contract/notices.ts';
export * from './contract/progress.ts';
export * from './contract/reconcile.ts';
export * from './contract/visibility.ts';
