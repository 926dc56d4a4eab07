import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { startElasticsearch } from '../../support/servers/elasticsearch.ts';
import { searchStage } from '../../support/stages/search-stage.ts';
import { describeEachGuard } from './search/each-guard.ts';
import { describeLateDeletes } from './search/late-deletes.ts';
import { describeListing } from './search/listing.ts';

describe('Elasticsearch', () => {
  const stage = searchStage(startElasticsearch);

  test('it is what the tests below run on', async () => {
    const { tagline, version } = await stage.api.ask<{ tagline: string; version: object }>('GET', '');
    assert.equal(tagline, 'You Know, for Search');
    assert.ok(!('distribution' in version), 'OpenSearch has this field');
  });

  describeLateDeletes(stage);
  describeEachGuard(stage);
  describeListing(stage);
});
