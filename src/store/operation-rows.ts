import type { FailureDocument } from '../core/failure.ts';
import type { OperationRecord, OperationSummary, StepRecord } from '../operations/operation.ts';
import type { Plan } from '../operations/step.ts';
import type { Row } from './database.ts';
import { integer, integerOrNull, json, jsonOrNull, text, textOrNull, word, wordOrNull } from './row.ts';

/** The columns of a summary; reads neither plan nor input, which may be large. */
export const summaryColumns = `id, kind, environment, state, outcome, summary, failure, requested_by,
  created_at, started_at, finished_at, cancel_requested_at, cancel_requested_by`;

export function toSummary(row: Row): OperationSummary {
  return {
    id: text(row, 'id'),
    kind: text(row, 'kind'),
    environment: text(row, 'environment'),
    state: word(row, 'state'),
    outcome: wordOrNull(row, 'outcome'),
    summary: textOrNull(row, 'summary'),
    failure: jsonOrNull<FailureDocument>(row, 'failure'),
    requestedBy: text(row, 'requested_by'),
    createdAt: integer(row, 'created_at'),
    startedAt: integerOrNull(row, 'started_at'),
    finishedAt: integerOrNull(row, 'finished_at'),
    cancelRequestedAt: integerOrNull(row, 'cancel_requested_at'),
    cancelRequestedBy: textOrNull(row, 'cancel_requested_by'),
  };
}

export function toOperation(row: Row): OperationRecord {
  return {
    ...toSummary(row),
    idempotencyKey: text(row, 'idempotency_key'),
    input: json(row, 'input'),
    plan: jsonOrNull<Plan>(row, 'plan'),
    verdict: wordOrNull(row, 'verdict'),
  };
}

export function toStep(row: Row): StepRecord {
  return {
    id: text(row, 'id'),
    wave: integer(row, 'wave'),
    state: word(row, 'state'),
    attempt: integer(row, 'attempt'),
    output: jsonOrNull(row, 'output'),
    failure: jsonOrNull<FailureDocument>(row, 'failure'),
    startedAt: integerOrNull(row, 'started_at'),
    finishedAt: integerOrNull(row, 'finished_at'),
    completion: integerOrNull(row, 'completion'),
  };
}
