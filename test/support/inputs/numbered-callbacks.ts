import { createHash } from 'node:crypto';
import { composeCallback } from '../../../src/callback/compose-request.ts';
import { FRIEND_DELETE } from '../../../src/callback/schema.ts';

/** A callback that no other callback has the RequestId or the bytes of. */
export type NumberedCallback = {
  command: string;
  requestId: string;
  query: string;
  body: string;
};

export type NumberedOptions = {
  sdkAppId: string;
  token: string;
  command: string;
  /** Of the sender: two senders with different names never send the same RequestId. */
  sender: string;
  number: number;
};

/** Composes a signed callback of any command. */
export function composeNumbered({
  sdkAppId,
  token,
  command,
  sender,
  number,
}: NumberedOptions): NumberedCallback {
  const requestId = `${sender}-${number}`;
  const pairs = [{ from: `from-${number}`, to: `to-${number}` }];
  const { query, body } = composeCallback({ sdkAppId, token, pairs, requestId, now: Date.now() });
  query.set('CallbackCommand', command);
  return {
    command,
    requestId,
    query: query.toString(),
    body: command === FRIEND_DELETE ? body : composeMessage(command, number),
  };
}

/** A message as the vendor describes it. The receiver reads no field of it but the command. */
function composeMessage(command: string, number: number): string {
  return JSON.stringify({
    CallbackCommand: command,
    From_Account: `from-${number}`,
    To_Account: `to-${number}`,
    MsgSeq: number,
    MsgRandom: 2_837_546,
    MsgTime: 1_557_481_126,
    MsgKey: `${number}_2837546_1557481126`,
    OnlineOnlyFlag: 0,
    MsgBody: [{ MsgType: 'TIMTextElem', MsgContent: { Text: 'red packet' } }],
    CloudCustomData: 'your cloud custom data',
  });
}

/** By which a body is known in a ledger. */
export function digestOf(body: string | Buffer): string {
  return createHash('sha256').update(body).digest('hex').slice(0, 32);
}
