import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { judgeErrors, judgeTraffic, type TrafficWindow, windowBetween } from './judge-watch.ts';

const limits = { maxErrorRate: 0.01, maxLatencyFactor: 3 };
const bounds = [10, 50, 100, 500];

function traffic(counts: number[], errors = 0): TrafficWindow {
  return {
    requests: counts.reduce((sum, count) => sum + count, 0),
    errors,
    latencyBoundsMs: bounds,
    latencyCounts: counts,
  };
}

describe('judgeTraffic', () => {
  it('lets a release stay that is as good as the old one', () => {
    assert.equal(judgeTraffic(traffic([100, 5, 0, 0]), traffic([1000, 50, 0, 0]), limits), undefined);
  });

  it('names the share of failures when it is above what the old release had', () => {
    assert.match(
      judgeTraffic(traffic([100, 0, 0, 0], 10), traffic([100, 0, 0, 0], 0), limits) ?? '',
      /10\.0% of 100 requests failed \(old release 0\.0%/,
    );
  });

  it('does not judge by one or two failures', () => {
    assert.equal(judgeTraffic(traffic([2, 0, 0, 0], 2), null, limits), undefined);
  });

  it('accepts failures that the old release had as well', () => {
    assert.equal(judgeTraffic(traffic([100, 0, 0, 0], 10), traffic([100, 0, 0, 0], 10), limits), undefined);
  });

  it('names the latency when its 95th percentile grew beyond the factor', () => {
    assert.match(
      judgeTraffic(traffic([0, 0, 0, 100]), traffic([100, 0, 0, 0]), limits) ?? '',
      /latency is 500 ms \(old release 10 ms/,
    );
  });

  it('does not judge latency by few requests', () => {
    assert.equal(judgeTraffic(traffic([0, 0, 0, 10]), traffic([100, 0, 0, 0]), limits), undefined);
  });
});

describe('judgeErrors', () => {
  it('leaves latency to the end of the watch', () => {
    assert.equal(judgeErrors(traffic([0, 0, 0, 100]), traffic([100, 0, 0, 0]), limits), undefined);
  });
});

describe('windowBetween', () => {
  it('takes the whole reading when the counters started anew in between', () => {
    const after = traffic([5, 0, 0, 0]);
    assert.equal(windowBetween(traffic([50, 0, 0, 0]), after), after);
  });
});
