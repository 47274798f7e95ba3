import { test } from 'node:test';
import { checkRandomRequests, checkRandomResponses } from './check-heads.ts';

const requests = Number(process.env['MAINSTAY_FUZZ_HEADS'] ?? 1_000_000);
const responses = Math.ceil(requests / 4);
const seed = Number(process.env['MAINSTAY_FUZZ_SEED'] ?? 1);

test(`of ${requests} random requests nothing is passed on that Node's strict parser refuses or frames otherwise`, () => {
  checkRandomRequests(requests, seed);
});

test(`of ${responses} random responses nothing is passed on that Node's strict parser refuses or frames otherwise`, () => {
  checkRandomResponses(responses, seed + 1);
});
