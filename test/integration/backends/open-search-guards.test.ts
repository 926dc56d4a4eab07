import { searchStage } from '../../support/stages/search-stage.ts';
import { describeLateDeletes } from './search/late-deletes.ts';

describeLateDeletes(searchStage());
