/**
 * For workers that encrypt: it moves the message and the stack of a failure into a payload, which the codec encrypts.
 * The SDK's worker and the workflow bundle load this file by its path. It is CommonJS, because the SDK calls `require`.
 */
const { DefaultFailureConverter }: typeof import('@temporalio/common') = require('@temporalio/common');

module.exports = { failureConverter: new DefaultFailureConverter({ encodeCommonAttributes: true }) };
