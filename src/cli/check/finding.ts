/** What one look at one component found. */
export type Finding = { component: string; state: 'ok' | 'warning' | 'fault'; message: string };
