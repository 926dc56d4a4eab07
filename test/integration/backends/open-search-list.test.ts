import { searchStage } from '../../support/stages/search-stage.ts';
import { describeListing } from './search/listing.ts';

describeListing(searchStage());
