import type { Responses } from './endpoint-definition.ts';
import type { Operation } from './openapi.ts';

type Checked = { operationId: string; responses: Responses };
type AnswerCheck = {
  answer(definition: Checked, status: number, body: unknown, headers: Record<string, unknown>): void;
  kept(definition: Checked, body: unknown, sent: Headers): void;
  /** @param operation Documents the errors, too. */
  passed(definition: Checked, response: Response, operation: Operation): void;
  /** @param response Renders an error that a handler threw. */
  failed(operation: Operation, response: Response): void;
};

/** Checks the responses of all endpoints. Undefined, except in tests: a check takes longer than the response. */
export let answerCheck: AnswerCheck | undefined;

/** Checks every response from now on. */
export function checkAnswersWith(newCheck: AnswerCheck): void {
  answerCheck = newCheck;
}
