import { test } from 'node:test';
import { checkRandomRequests, checkRandomResponses } from '../fuzz/check-heads.ts';

/** A sample of what `npm run test:fuzz` tries a million times. */
test("random heads are passed on only as Node's strict parser reads them", () => {
  checkRandomRequests(20_000, 7);
  checkRandomResponses(5000, 8);
});
