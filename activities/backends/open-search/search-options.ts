import type { SearchAddress } from './search-client.ts';
import type { SearchGuard } from './search-guards.ts';

export type SearchOptions = SearchAddress & { index: string; guard: SearchGuard };
