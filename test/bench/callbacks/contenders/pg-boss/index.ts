import { fileURLToPath } from 'node:url';
import pg from 'pg';
import { startPostgres } from '../../../servers/postgres.ts';
import { startTypeScript } from '../../start-type-script.ts';
import type { Contender } from '../contender.ts';

const file = (name: string) => fileURLToPath(new URL(name, import.meta.url));
const DONE = `FROM pgboss.job WHERE name = 'friend-deleted' AND state = 'completed'`;

export const PG_BOSS: Contender = {
  name: 'pg-boss',
  label: 'pg-boss',
  meaning: 'one job per callback, retried as a whole; PostgreSQL',
  on: 'queues',
  needs: 'postgres',
  async start({ servers, effects, folder, cleanup }) {
    const databaseUrl = await startPostgres(servers.postgres, { folder, cleanup });
    const env = { ...effects.env, DATABASE_URL: databaseUrl };
    const worker = await startTypeScript(file('worker.ts'), { env }, cleanup);
    const receiver = await startTypeScript(file('receiver.ts'), { env }, cleanup);
    const pool = new pg.Pool({ connectionString: databaseUrl, max: 1 });
    cleanup.defer(() => pool.end());
    return {
      url: `http://127.0.0.1:${receiver}/`,
      ports: { receiver, worker, database: Number(new URL(databaseUrl).port) },
      databaseUrl,
      async countFinished() {
        const { rows } = await pool.query<{ count: string }>(`SELECT count(*) ${DONE}`);
        return Number(rows[0]?.count);
      },
      async finishedAt(since) {
        const text = `SELECT id, completed_on AS at ${DONE} AND created_on >= $1`;
        const { rows } = await pool.query<{ id: string; at: Date }>(text, [new Date(since)]);
        return new Map(rows.map(({ id, at }) => [id, at.getTime()]));
      },
    };
  },
};
