/** Takes the rows of (f) and does nothing with them. */
import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import { ready } from './ready.ts';

const BATCH = 100;
/** How long it waits when there is no row, in ms. */
const IDLE_MS = 100;

const pool = new pg.Pool({ connectionString: process.env.DATABASE_URL, max: 1 });
const TAKE = {
  name: 'take',
  text: `DELETE FROM outbox WHERE request_id IN (
    SELECT request_id FROM outbox LIMIT ${BATCH} FOR UPDATE SKIP LOCKED
  ) RETURNING body`,
};
ready();
for (;;) {
  const { rows } = await pool.query(TAKE);
  if (rows.length < BATCH) await delay(IDLE_MS);
}
