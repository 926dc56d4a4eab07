import { fileURLToPath } from 'node:url';
import pg from 'pg';
import { startPostgres } from '../../../servers/postgres.ts';
import { startTypeScript } from '../../start-type-script.ts';
import type { Contender } from '../contender.ts';

const file = (name: string) => fileURLToPath(new URL(name, import.meta.url));
const DONE = `FROM dbos.workflow_status WHERE status = 'SUCCESS'`;

export const DBOS: Contender = {
  name: 'dbos',
  label: 'DBOS',
  meaning:
    'one workflow per callback, one step per pair and side effect; receiver and worker are one process; PostgreSQL',
  on: 'queues',
  needs: 'postgres',
  async start({ servers, effects, folder, cleanup }) {
    const databaseUrl = await startPostgres(servers.postgres, { folder, cleanup });
    const env = { ...effects.env, DATABASE_URL: databaseUrl };
    const worker = await startTypeScript(file('app.ts'), { env }, cleanup);
    const pool = new pg.Pool({ connectionString: databaseUrl, max: 1 });
    cleanup.defer(() => pool.end());
    return {
      url: `http://127.0.0.1:${worker}/`,
      ports: { worker, database: Number(new URL(databaseUrl).port) },
      databaseUrl,
      async countFinished() {
        const { rows } = await pool.query<{ count: string }>(`SELECT count(*) ${DONE}`);
        return Number(rows[0]?.count);
      },
      async finishedAt(since) {
        const text = `SELECT workflow_uuid AS id, updated_at AS at ${DONE} AND created_at >= $1`;
        const { rows } = await pool.query<{ id: string; at: string }>(text, [Math.floor(since)]);
        return new Map(rows.map(({ id, at }) => [id, Number(at)]));
      },
    };
  },
};
