import { searchStage } from '../../support/stages/search-stage.ts';
import { describeEachGuard } from './search/each-guard.ts';

describeEachGuard(searchStage());
