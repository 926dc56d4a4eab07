/** (b) Verifies and validates, and keeps the callback nowhere: a crash after the answer loses it. */
import { handWrittenReceiver, listen } from './hand-written.ts';

listen(handWrittenReceiver(() => undefined));
