import pg from 'pg';

/** What a PostgreSQL server has done and holds so far. */
export type DatabaseUse = { commits: number; walKiB: number; storedKiB: number };

const QUERY = `
  SELECT (SELECT sum(xact_commit) FROM pg_stat_database)::float8 AS commits,
         pg_wal_lsn_diff(pg_current_wal_lsn(), '0/0')::float8 / 1024 AS "walKiB",
         (SELECT sum(pg_database_size(datname)) FROM pg_database)::float8 / 1024 AS "storedKiB"`;

/** @returns undefined where there is no PostgreSQL */
export async function databaseUse(url: string | undefined): Promise<DatabaseUse | undefined> {
  if (url === undefined) return undefined;
  const client = new pg.Client(url);
  await client.connect();
  try {
    return (await client.query<DatabaseUse>(QUERY)).rows[0];
  } finally {
    await client.end();
  }
}
